"""What the DeepDream tab shows: the picture, its curve, its classes; a film and its progress."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore import images
from demos import ui


class Dream(ui.Panel):
    """A picture with its curve and its classes."""

    MARKUP = '<div class="dream">${(value && value.html) || ""}</div>'
    STYLES = ("deep_dream.css",)


def draw_step(
    picture: np.ndarray,
    state: str,
    curve: Sequence[float],
    total: int,
    now: Sequence[tuple[str, float]],
    before: tuple[str, float],
    octaves_at: Sequence[int] = (),
) -> str:
    """The picture; beside it how far it is, the curve so far and the most probable classes."""
    rows = "".join(f"<li><span>{escape(name)}</span><b>{share:.0%}</b></li>" for name, share in now)
    height, width = picture.shape[:2]  # said ahead, so that nothing moves while it is decoded
    return (
        f'<img alt="The dream" style="aspect-ratio:{width}/{height}" '
        f'src="{images.to_data_uri(picture, quality=90)}"><div>'
        f'<p class="big">{state}</p>{draw_curve(curve, total, octaves_at)}'
        f"<p>Raised from {curve[0]:.2f} to <b>{curve[-1]:.2f}</b>; at each upright line a larger "
        "octave begins</p>"
        f"<ol>{rows}</ol>"
        f'<p class="soft">the photograph: {escape(before[0])} {before[1]:.0%}</p></div>'
    )


def draw_curve(curve: Sequence[float], total: int, octaves_at: Sequence[int] = ()) -> str:
    """What is raised, step by step, on an axis as long as the whole way; an upright line before
    each step, counted from 0, at which an octave begins."""
    low, high = min(curve), max(max(curve), min(curve) + 1e-6)
    points = " ".join(
        f"{200 * index / max(total - 1, 1):.1f},{95 - 90 * (value - low) / (high - low):.1f}"
        for index, value in enumerate(curve)
    )
    marks = "".join(f"M{200 * (at - 0.5) / max(total - 1, 1):.1f} 0V99" for at in octaves_at)
    return (
        '<svg viewBox="0 0 200 100" preserveAspectRatio="none" role="img" '
        'aria-label="What is raised, step by step">'
        f'<path d="M0 99H200{marks}" fill="none" stroke="currentColor" opacity=".4" '
        'vector-effect="non-scaling-stroke"/>'
        f'<polyline points="{points}" fill="none" stroke="var(--color-accent)" '
        'stroke-width="2.5" vector-effect="non-scaling-stroke"/></svg>'
    )

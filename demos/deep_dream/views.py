"""What the DeepDream tab shows: the picture, its curve, its classes; a video and its progress."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore.core import images
from demos import components as ui
from demos.lesson import charts
from demos.lesson.class_names import soften

CURVE = (360, 92)  # pixels: low, so that the classes below are on the first screen


class Dream(ui.Panel):
    """A picture with its curve and its classes."""

    MARKUP = '<div class="dream">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)


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
    rows = "".join(
        f"<li><span>{escape(soften(name))}</span><b>{share:.0%}</b></li>" for name, share in now
    )
    height, width = picture.shape[:2]  # said ahead, so that nothing moves while it is decoded
    return (
        f'<img alt="The dream" style="aspect-ratio:{width}/{height}" '
        f'src="{images.to_data_uri(picture, quality=90)}"><div>'
        f'<p class="big">{state}</p>{draw_curve(curve, total, octaves_at)}'
        "<p>Dashed lines: a larger octave begins</p>"
        f"<ol>{rows}</ol>"
        f'<p class="soft">the photograph: {escape(soften(before[0]))} {before[1]:.0%}</p></div>'
    )


def draw_curve(curve: Sequence[float], total: int, octaves_at: Sequence[int] = ()) -> str:
    """What is raised, step by step, on an axis as long as the whole way; a dashed line before each
    step, counted from 0, at which an octave begins."""
    raised = charts.Line("raised", range(1, len(curve) + 1), curve)
    marks = [charts.Mark(at + 0.5) for at in octaves_at]
    x = charts.Axis(low=1, high=max(total, 2), text=lambda step: f"step {step:g}")
    title = f"Raised from {curve[0]:.2f} to {curve[-1]:.2f}"
    return charts.draw_chart([raised, *marks], title=title, x=x, size=CURVE)

"""Small drawings of the feature maps tab, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore import images


def draw_figure(image: np.ndarray, caption: str, width: int, *, smooth: bool = False) -> str:
    """A picture ``width`` pixels wide with a line below it."""
    kind = "smooth" if smooth else ""
    return (
        f'<figure style="width:{width}px;max-width:100%"><img class="{kind}" style="width:100%" '
        f'src="{images.to_data_uri(image, format="png")}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def draw_bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """Names with shares in [0, 1] as bars, the first in another colour."""
    parts = [f"<h4>{escape(title)}</h4>"]
    for place, (name, share) in enumerate(rows):
        first = " first" if place == 0 else ""
        parts.append(
            f'<span>{escape(str(name))}</span><span class="track{first}">'
            f'<i style="width:{100 * share:.1f}%"></i></span><b>{share:.1%}</b>'
        )
    return f'<div class="bars">{"".join(parts)}</div>'


def draw_curve(
    values: Sequence[float], total: int, title: str, *, level: tuple[float, str] | None = None
) -> str:
    """Values over steps as a line; the axis is as long as the whole way.

    ``level`` is a value to compare with, drawn as a dashed line with its words.
    """
    width, height, left, bottom = 420, 240, 52, 26
    marks = [level[0]] if level else []
    low, high = min(0.0, *values, *marks), max(*values, *marks, 1e-6, 0.0)
    span = (high - low) or 1.0

    def at(step: int, value: float) -> str:
        x = left + (width - left - 10) * step / max(total - 1, 1)
        return f"{x:.1f},{height - bottom - (height - bottom - 14) * (value - low) / span:.1f}"

    points = " ".join(at(step, value) for step, value in enumerate(values))
    ticks = "".join(
        f'<text x="{left - 6}" y="{float(at(0, value).split(",")[1]) + 5:.0f}" '
        f'text-anchor="end">{value:.1f}</text>'
        for value in sorted({low, high})
    )
    line = ""
    if level:
        y = float(at(0, level[0]).split(",")[1])
        line = (
            f'<path d="M{left} {y:.1f}H{width - 10}" stroke="#3f8fcc" stroke-width="2" '
            f'stroke-dasharray="6 4"/><text x="{width - 10}" y="{y - 5 if y > 24 else y + 16:.1f}" '
            f'text-anchor="end">{escape(level[1])}</text>'
        )
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{ticks}{line}'
        f'<path d="M{left} 8V{height - bottom}H{width - 10}" fill="none" stroke="currentColor"/>'
        f'<polyline points="{points}" fill="none" stroke="#d9762b" stroke-width="3"/>'
        f'<text x="{width - 10}" y="{height - 6}" text-anchor="end">step {total}</text></svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )


def draw_histogram(
    values: np.ndarray,
    title: str,
    *,
    bins: int = 24,
    value_range: tuple[float, float] | None = None,
    colour: str = "#3f8fcc",
) -> str:
    """How many values fall where, as columns; an empty one has no height."""
    width, height, bottom = 300, 150, 24
    counts, edges = np.histogram(values, bins=bins, range=value_range)
    step = width / bins
    columns = "".join(
        f'<rect x="{index * step + 1:.1f}" width="{step - 2:.1f}" '
        f'y="{height - bottom - (h := (height - bottom - 18) * count / max(counts.max(), 1)):.1f}" '
        f'height="{h:.1f}" fill="{colour}"/>'
        for index, count in enumerate(counts)
    )
    ends = [
        f'<text x="0" y="13">most: {counts.max():,}</text>',
        f'<text x="0" y="{height - 6}">{edges[0]:.3g}</text>',
        f'<text x="{width}" y="{height - 6}" text-anchor="end">{edges[-1]:.3g}</text>',
    ]
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{columns}<path d="M0 {height - bottom}H{width}" '
        f'stroke="currentColor"/>{"".join(ends)}</svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )


def draw_spread(mean: np.ndarray, deviation: np.ndarray, title: str, limit: float) -> str:
    """A channel a line, from mean - deviation to mean + deviation; the scale ends at ±limit."""
    width, height, bottom = 330, 190, 24
    middle, step = (height - bottom) / 2, width / len(mean)

    def at(value: float) -> float:
        return middle - middle * float(np.clip(value / limit, -1, 1))

    lines = "".join(
        f'<path d="M{(i + 0.5) * step:.1f} {at(m - s):.1f}V{at(m + s):.1f}" stroke="#3f8fcc" '
        f'stroke-width="{max(1, step * 0.7):.1f}"/>'
        f'<rect x="{i * step:.1f}" y="{at(m) - 1.5:.1f}" width="{max(1.5, step):.1f}" height="3" '
        'fill="#d9762b"/>'
        for i, (m, s) in enumerate(zip(mean, deviation, strict=True))
    )
    return (
        f'<figure><svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="{escape(title)}">{lines}<path d="M0 {middle}H{width}" stroke="currentColor" '
        f'stroke-dasharray="3 3"/><text x="0" y="14">{limit:.2g}</text>'
        f'<text x="0" y="{height - bottom}">−{limit:.2g}</text>'
        f'<text x="{width}" y="{height - 6}" text-anchor="end">{len(mean)} channels</text></svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )

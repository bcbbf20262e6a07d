"""Drawings of the style transfer lesson, as HTML made of numbers and escaped text."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from cvcore.core import drawing, images
from demos.lesson import charts

STYLE = """<style>
.sty { color: var(--body-text-color); font-size: 1.05rem; }
.sty img { width: 100%; max-height: 400px; object-fit: contain; display: block; }
.sty .big { font-size: 1.2rem; margin: .3rem 0; font-variant-numeric: tabular-nums; }
.sty .pair { display: flex; flex-wrap: wrap; gap: .8rem; align-items: flex-start; }
.sty .pair > * { flex: 1 1 260px; min-width: 0; margin: 0; }
.sty figcaption { font-size: 1.1rem; font-variant-numeric: tabular-nums; }
.sty .numbers svg { width: 100%; height: 2.3rem; display: block; fill: var(--color-accent); }
.sty .scroll { overflow-x: auto; }
.sty.sty table { border: 0 !important; border-collapse: collapse; width: 100%;
  font-variant-numeric: tabular-nums; }
.sty.sty tr, .sty.sty tbody { border: 0 !important; background: none; }
.sty.sty th, .sty.sty td { border: 0; border-bottom: 1px solid var(--border-color-primary);
  padding: .25rem .4rem; text-align: left; vertical-align: top; color: inherit; background: none; }
.sty .short img { max-height: 290px; object-position: left top; }
.sty .gram { width: 118px; image-rendering: pixelated; }
.sty .bar { background: var(--color-accent); height: .8rem; border-radius: .2rem; }
</style>"""
COLOURS = {
    "style": charts.VERMILION, "content": charts.BLUE, "smoothness": charts.GREEN,
    "total": charts.GREY,
}  # fmt: skip


def draw_page(html: str) -> str:
    return f'{STYLE}<div class="sty">{html}</div>'


def draw_picture(image: np.ndarray, alt: str) -> str:
    return f'<img alt="{escape(alt)}" src="{images.to_data_uri(image, quality=90)}">'


def draw_figure(image: np.ndarray, alt: str, caption: str) -> str:
    """A picture over a line of HTML."""
    return f"<figure>{draw_picture(image, alt)}<figcaption>{caption}</figcaption></figure>"


def draw_numbers(numbers: Mapping[str, np.ndarray]) -> str:
    """Rows of 100 bars, up for plus and down for minus, one row a list of numbers."""
    limit = max(float(np.abs(values).max()) for values in numbers.values()) or 1.0
    rows = []
    for name, values in numbers.items():
        bars = "".join(
            f'<rect x="{3 * index}" y="{20 - max(height, 0):.1f}" width="2.2" '
            f'height="{max(abs(height), 0.3):.1f}"/>'
            for index, height in enumerate((19 * values / limit).tolist())
        )
        rows.append(
            f'<div class="numbers">{escape(name)}<svg viewBox="0 0 300 40" '
            f'preserveAspectRatio="none" role="img" aria-label="{escape(name)}: 100 numbers">'
            f"{bars}</svg></div>"
        )
    return "".join(rows)


def draw_curves(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    *,
    title: str,
    x_max: float,
    x_word: str,
    level: tuple[str, float] | None = None,
    size: tuple[int, int] = charts.HALF,
) -> str:
    """Lines of (x, value) points, values on a logarithmic axis; ``level`` is a dashed line."""
    values = [value for points in curves.values() for _, value in points if value > 0]
    if level:
        values.append(level[1])
    if not values:
        return ""
    top = math.ceil(math.log10(max(values)) + 1e-9)
    low = min(max(math.floor(math.log10(min(values))), top - 3), top - 1)
    parts: list[charts.Line | charts.Mark] = [
        charts.Line(name, *zip(*points, strict=True), COLOURS[name], note=f"{points[-1][1]:.3g}")
        for name, points in curves.items()
        if points
    ]
    if level:
        parts.append(charts.Mark(level[1], level[0], axis="y", colour=COLOURS["style"]))
    y = charts.Axis("loss", 10.0**low, 10.0**top, is_log=True)
    return charts.draw_chart(parts, title=title, x=charts.Axis(x_word, 0, x_max), y=y, size=size)


def draw_layers(errors: Mapping[str, float]) -> str:
    """How far each layer's style still is, as bars."""
    most = max([*errors.values(), 1e-9])
    rows = "".join(
        f'<tr><td>{number}</td><td>{escape(name)}</td><td>{error:.3f}</td><td style="width:45%">'
        f'<div class="bar" style="width:{100 * error / most:.0f}%"></div></td></tr>'
        for number, (name, error) in enumerate(errors.items(), start=1)
    )
    return f"<table><tr><th></th><th>layer</th><th>style loss</th><th></th></tr>{rows}</table>"


def draw_gram(gram: np.ndarray, limit: float) -> str:
    """A matrix as a picture: blue below zero, red above, by the square root of its entries."""
    roots = np.sign(gram) * np.sqrt(np.abs(gram))  # so that small entries show as well
    limit = limit**0.5
    colours = drawing.colourise(roots, colormap="diverging", vmin=-limit, vmax=limit)
    return f'<img class="gram" alt="Gram matrix" src="{images.to_data_uri(colours, format="png")}">'

"""Drawings of the style transfer lesson, as HTML made of numbers and escaped text."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from cvcore.core import drawing, images
from demos import components as ui
from demos.lesson import charts

RAIL = (300, 130)  # pixels: a chart as wide as the rail
INSET_SIDE = 160  # pixels
COLOURS = {
    "style": charts.VERMILION, "content": charts.BLUE, "smoothness": charts.GREEN,
    "total": charts.GREY,
}  # fmt: skip


class Views(ui.Panel):
    """Several pictures, matrices or charts on the stage."""

    MARKUP = '<div class="views">${(value && value.html) || ""}</div>'
    STYLES = ("views.css",)


class Says(ui.JsComponent):
    """What is said in the rail of the painting that is shown with ``elem_id`` ``shown``."""

    STYLES = ("rail.css",)

    def __init__(self, shown: str) -> None:
        self.MARKUP = f'<div class="says" data-with="{shown}"></div>'
        super().__init__()


def draw_painting(
    picture: np.ndarray,
    *words: str,
    before: np.ndarray | None = None,
    style: np.ndarray | None = None,
    notes: Sequence[str] = (),
) -> dict:
    """A painting on the stage with words in its corners, the photograph ``before`` it, and the
    style small."""
    html = ui.draw_after(picture, "The painting")
    if before is not None:
        html += ui.draw_before(images.to_data_uri(before, quality=80))
    if style is not None:
        small = images.to_data_uri(images.shrink(style, INSET_SIDE), quality=80)
        html += f'<img class="inset" alt="The style" src="{small}">'
    html += ui.draw_corners(*words)
    if notes:
        html += ui.draw_corners(*notes, place="top")
    return {"html": html, "ratio": picture.shape[1] / picture.shape[0]}


def draw_picture(image: np.ndarray, alt: str) -> str:
    """A picture as large as its place allows."""
    height, width = image.shape[:2]
    return (
        f'<img class="fit" style="--ratio:{width / height:.4f}" alt="{escape(alt)}" '
        f'src="{images.to_data_uri(image, quality=90)}">'
    )


def draw_figure(image: np.ndarray | None, alt: str, caption: str) -> str:
    """A picture over a line of HTML; without one its place stays empty."""
    picture = "" if image is None else draw_picture(image, alt)
    return f"<figure><div>{picture}</div><figcaption>{caption}</figcaption></figure>"


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
    source = images.to_data_uri(colours, format="png")
    return f'<img class="fit gram" alt="Gram matrix" src="{source}">'

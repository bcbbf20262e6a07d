"""Drawings of the latent space lesson: sprites, curves and panels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cvcore.core import images
from demos import components as ui
from demos.lesson import charts

ROUND, STRAIGHT = "#1f7a52", "#b8541a"  # told apart by the colour-blind


def to_sprite(pictures: np.ndarray, columns: int) -> dict[str, Any]:
    """Pictures uint8 (N, S, S, 3) as one picture, row by row, for the page's scripts."""
    count, side = pictures.shape[:2]
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, side, side, 3), np.uint8)
    padded[:count] = pictures
    grid = padded.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    grid = np.ascontiguousarray(grid.reshape(rows * side, columns * side, 3))
    return {
        "src": images.to_data_uri(grid, quality=92), "side": side, "count": count,
        "columns": columns, "rows": rows,
    }  # fmt: skip


def number(x: float, digits: int = 2) -> str:
    return f"{x:.{digits}f}".replace("-", "−")


def draw_picture(picture: np.ndarray, caption: str, width: int | None = 150) -> str:
    """One picture, enlarged, with its caption; the caption is trusted markup.

    ``width`` is in pixels, None as wide as its place.
    """
    size = "" if width is None else f' style="width:{width}px"'
    return (
        f'<figure{size}><img alt="" style="width:100%" '
        f'src="{images.to_data_uri(picture, format="png")}"><figcaption>{caption}</figcaption>'
        "</figure>"
    )


def draw_strip(pictures: np.ndarray, caption: str, columns: int | None = None) -> str:
    """Pictures beside each other as one wide picture under a caption."""
    sprite = to_sprite(pictures, columns or len(pictures))
    return (
        f'<figure class="strip"><figcaption>{caption}</figcaption>'
        f'<img alt="" src="{sprite["src"]}"></figure>'
    )


def draw_curves(
    lines: Sequence[charts.Line], *, title: str, x: str, y: str = "", marks: Sequence[float] = ()
) -> str:
    """Lines in one small chart; dashed marks at places of ``x``."""
    dashes = [charts.Mark(place, colour=charts.GREY) for place in marks]
    return charts.draw_chart([*lines, *dashes], title=title, x=x, y=y, size=charts.HALF)


class Panel(ui.Panel):
    """Numbers with their drawing, in this tab's look."""

    MARKUP = '<div class="latent panel">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)


class _Widget(ui.JsComponent):
    STYLES = ("style.css",)


class LatentGrid(_Widget):
    """Numbered pictures; a click gives one to A, B, C or D. Fires ``choose`` with the letters."""

    SCRIPTS = ("grid.js",)
    MARKUP = """<div class="latent"><div class="letters" role="group"
      aria-label="A click on a picture gives it to"></div><div class="cells" role="group"
      aria-label="Pictures made from random latents"></div></div>"""


class Morph(_Widget):
    """Two paths as videos under one slider, with their curves; all frames are there at once."""

    SCRIPTS = ("morph.js",)
    MARKUP = """<div class="latent morph" hidden><div class="main"><div class="stage"></div>
      <div class="plots"></div></div><div class="bar"><button type="button" class="play"
      aria-label="Play">▶</button><input type="range" min="0" value="0"
      aria-label="Morph from A to B"><output></output></div></div>"""


class Plane(_Widget):
    """A square of pictures between four corners; the one under the pointer is shown large."""

    SCRIPTS = ("plane.js",)
    MARKUP = """<div class="latent plane" hidden><div class="board" tabindex="0" role="application"
      aria-label="Drag through the plane; arrow keys move"><img alt="" draggable="false"><i></i>
      <b class="a">A</b><b class="b">B</b><b class="c">C</b><b class="d">D</b></div>
      <div class="large"><div class="view"></div><output></output></div></div>"""


class Quiz(_Widget):
    """Real and generated digits to tell apart; fires ``judge`` with those called generated."""

    SCRIPTS = ("quiz.js",)
    MARKUP = """<div class="latent quiz" hidden><div class="cells" role="group"
      aria-label="Digits: choose those that you think were made"></div>
      <div class="bar"><button type="button" class="judge">These are made</button>
      <output></output></div></div>"""

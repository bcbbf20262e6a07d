"""Drawings of the latent space lesson: sprites, curves and panels."""

from collections.abc import Sequence

import numpy as np

from cvcore.core import images
from demos import components as ui
from demos.components.plane import to_sprite
from demos.lesson import charts

ROUND, STRAIGHT = "#1f7a52", "#b8541a"  # told apart by the colour-blind


def number(x: float, digits: int = 2) -> str:
    return f"{x:z.{digits}f}".replace("-", "−")


def draw_picture(picture: np.ndarray, caption: str, width: int | None = 150) -> str:
    """One picture, enlarged, with its caption; the caption is trusted markup.

    In a row the stage gives it as much of its height as ``width`` says beside the others; None is
    as wide as its place.
    """
    size = "" if width is None else f' style="--w:{width}"'
    return (
        f'<figure{size}><img alt="" '
        f'src="{images.to_data_uri(picture, format="png")}"><figcaption>{caption}</figcaption>'
        "</figure>"
    )


def draw_whole(picture: np.ndarray) -> str:
    """One square picture, as large as its place allows."""
    return f'<img class="fit" alt="" src="{images.to_data_uri(picture, format="png")}">'


def draw_figure(picture: np.ndarray, caption: str, kind: str = "") -> str:
    """One square picture over its caption, trusted markup; ``kind`` says where it stands."""
    return (
        f'<figure class="{kind}"><div>{draw_whole(picture)}</div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def draw_strip(
    pictures: np.ndarray, caption: str, columns: int | None = None, *, is_whole: bool = False
) -> str:
    """Pictures beside each other as one wide picture under a caption; ``is_whole``: a square one,
    as large as its place allows."""
    sprite = to_sprite(pictures, columns or len(pictures))
    picture = f'<img alt="" src="{sprite["src"]}">'
    if is_whole:
        picture = f'<div class="cell"><img class="fit" alt="" src="{sprite["src"]}"></div>'
    return (
        f'<figure class="strip{" whole" if is_whole else ""}"><figcaption>{caption}</figcaption>'
        f"{picture}</figure>"
    )


def draw_curves(
    lines: Sequence[charts.Line], *, title: str, x: str, y: str,
    marks: Sequence[float] = (), size: tuple[int, int] = charts.HALF,
) -> str:  # fmt: skip
    """Lines in one chart; dashed marks at places of ``x``."""
    dashes = [charts.Mark(place, colour=charts.GREY) for place in marks]
    return charts.draw_chart([*lines, *dashes], title=title, x=x, y=y, size=size)


class Panel(ui.Panel):
    """Numbers with their drawing, in this tab's look."""

    MARKUP = '<div class="latent panel">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)


class OwnPanel(Panel):
    """What is searched for and found; while it is empty it says how to begin."""

    MARKUP = '<div class="latent panel own">${(value && value.html) || ""}</div>'


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
    MARKUP = """<div class="latent morph" hidden><div class="stage"></div>
      <div class="bar"><button type="button" class="play"
      aria-label="Play">▶</button><input type="range" min="0" value="0"
      aria-label="Morph from A to B"><output></output></div><div class="plots"></div></div>"""


class Plane(ui.Plane):
    """The square between A, B, C and D."""

    MARKUP = """<div class="plane" hidden><div class="cell"><div class="board fit"
      tabindex="0" role="application" aria-label="Drag through the plane; arrow keys move">
      <img alt="" draggable="false"><i></i>
      <b class="a">A</b><b class="b">B</b><b class="c">C</b><b class="d">D</b></div></div>
      <div class="cell"><div class="view fit"></div></div><output></output></div>"""


class Quiz(_Widget):
    """Real and generated digits to tell apart; fires ``judge`` with those called generated."""

    SCRIPTS = ("quiz.js",)
    MARKUP = """<div class="latent quiz" hidden><div class="cells" role="group"
      aria-label="Digits: choose those that you think were made"></div>
      <div class="bar"><button type="button" class="judge">These are made</button>
      <output></output></div></div>"""

"""Drawings of the latent space lesson: sprites, curves and panels."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from cvcore import images
from demos import ui

ROUND, STRAIGHT, MARK = "#1f7a52", "#b8541a", "#3f8fcc"  # told apart by the colour-blind


def to_sprite(pictures: np.ndarray, columns: int) -> dict[str, Any]:
    """Pictures uint8 (N, S, S, 3) as one picture, row by row, for the page's scripts."""
    count, side = pictures.shape[:2]
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, side, side, 3), np.uint8)
    padded[:count] = pictures
    sheet = padded.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    sheet = np.ascontiguousarray(sheet.reshape(rows * side, columns * side, 3))
    return {
        "src": images.to_data_uri(sheet, quality=92), "side": side, "count": count,
        "columns": columns, "rows": rows,
    }  # fmt: skip


def number(x: float, digits: int = 2) -> str:
    return f"{x:.{digits}f}".replace("-", "−")


def draw_picture(picture: np.ndarray, caption: str, width: int = 150) -> str:
    """One picture, enlarged, with its caption; the caption is trusted markup."""
    return (
        f'<figure style="width:{width}px"><img alt="" style="width:100%" '
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
    series: Sequence[tuple[str, str, np.ndarray, np.ndarray]],
    *,
    title: str,
    marks: Sequence[float] = (),
) -> str:
    """Lines (name, colour, x, y) in one drawing; dashed marks at x places."""
    every_x = np.concatenate([x for _, _, x, _ in series])
    every_y = np.concatenate([y for _, _, _, y in series])
    low, high = float(every_y.min()), float(every_y.max())
    high = max(high, low + 1e-6)

    def place(x: np.ndarray) -> np.ndarray:
        first, last = every_x.min(), every_x.max()
        return 44 + 346 * (np.asarray(x) - first) / max(last - first, 1e-9)

    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="'
        + " ".join(
            f"{px:.1f},{118 - 106 * (py - low) / (high - low):.1f}"
            for px, py in zip(place(x), y, strict=True)
        )
        + '"/>'
        for _, colour, x, y in series
    )
    dashes = "".join(
        f'<line class="mark" data-place="{i}" x1="{x:.1f}" x2="{x:.1f}" y1="8" y2="122"/>'
        for i, x in enumerate(place(np.array(marks, np.float64)) if len(marks) else ())
    )
    legend = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour, _, _ in series
    )
    return (
        f'<figure class="curves"><figcaption><b>{escape(title)}</b> {legend}</figcaption>'
        f'<svg viewBox="0 0 400 140" role="img" aria-label="{escape(title)}">'
        f'<text x="40" y="16" text-anchor="end">{number(high)}</text>'
        f'<text x="40" y="121" text-anchor="end">{number(low)}</text>'
        f'<text x="44" y="138">{every_x.min():g}</text>'
        f'<text x="390" y="138" text-anchor="end">{every_x.max():g}</text>'
        f"{dashes}{lines}</svg></figure>"
    )


class Panel(ui.Panel):
    """Numbers with their drawing, in this tab's look."""

    MARKUP = '<div class="latent panel">${(value && value.html) || ""}</div>'
    STYLES = ("latent_space.css",)


class _Widget(ui.Drawn):
    STYLES = ("latent_space.css",)


class LatentGrid(_Widget):
    """Numbered pictures; a click gives one to A, B, C or D. Fires ``choose`` with the letters."""

    SCRIPTS = ("latent_space_grid.js",)
    MARKUP = """<div class="latent"><div class="letters" role="group"
      aria-label="A click on a picture gives it to"></div><div class="cells" role="group"
      aria-label="Pictures made from random latents"></div></div>"""


class Morph(_Widget):
    """Two paths as films under one slider, with their curves; all frames are there at once."""

    SCRIPTS = ("latent_space_morph.js",)
    MARKUP = """<div class="latent morph" hidden><div class="main"><div class="stage"></div>
      <div class="plots"></div></div><div class="bar"><button type="button" class="play"
      aria-label="Play">▶</button><input type="range" min="0" value="0"
      aria-label="Morph from A to B"><output></output></div></div>"""


class Plane(_Widget):
    """A square of pictures between four corners; the one under the pointer is shown large."""

    SCRIPTS = ("latent_space_plane.js",)
    MARKUP = """<div class="latent plane" hidden><div class="board" tabindex="0" role="application"
      aria-label="Drag through the plane; arrow keys move"><img alt="" draggable="false"><i></i>
      <b class="a">A</b><b class="b">B</b><b class="c">C</b><b class="d">D</b></div>
      <div class="large"><div class="view"></div><output></output></div></div>"""


class Quiz(_Widget):
    """Real and made digits to tell apart; fires ``judge`` with those called made."""

    SCRIPTS = ("latent_space_quiz.js",)
    MARKUP = """<div class="latent quiz" hidden><div class="cells" role="group"
      aria-label="Digits: choose those that you think were made"></div>
      <div class="bar"><button type="button" class="judge">These are made</button>
      <output></output></div></div>"""

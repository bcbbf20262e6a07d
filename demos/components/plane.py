"""A square of pictures, to be dragged through."""

from typing import Any

import numpy as np

from cvcore.core import images
from demos.components.js_component import JsComponent


def to_sprite(pictures: np.ndarray, columns: int, quality: int = 92) -> dict[str, Any]:
    """Pictures uint8 (N, S, S, 3) as one picture, row by row, for the page's scripts."""
    count, side = pictures.shape[:2]
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, side, side, 3), np.uint8)
    padded[:count] = pictures
    grid = padded.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
    grid = np.ascontiguousarray(grid.reshape(rows * side, columns * side, 3))
    return {
        "src": images.to_data_uri(grid, quality=quality), "side": side, "count": count,
        "columns": columns, "rows": rows,
    }  # fmt: skip


class Plane(JsComponent):
    """A square of pictures of which the one under the pointer is shown large.

    Its value is a dict: ``sprite``, as many pictures a side; without more the shares of the four
    corners are told, by the names of ``corners``. With ``axes``, ``[[name, numbers from the left],
    [name, from above]]``, the place is told in their numbers; ``points``, ``[[x, y, word, colour],
    ...]`` in shares of the square from its upper left, are written over it, a word in one of ten
    colours; with ``ground`` "dark" they stand alone.
    """

    MARKUP = """<div class="plane" hidden><div class="cell"><div class="board fit"
      tabindex="0" role="application" aria-label="Drag through the plane; arrow keys move">
      <img alt="" draggable="false"><canvas></canvas><i></i></div></div>
      <div class="cell"><div class="view fit"></div></div><output></output></div>"""
    SCRIPTS = ("plane.js",)
    STYLES = ("plane.css",)

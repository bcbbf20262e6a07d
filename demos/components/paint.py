"""A picture to paint a region on, in the browser."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.core.errors import InputError
from demos.components.brush import Brush, draw_canvas, draw_tools

CELLS = 112  # a side of the mask that comes back


class Painter(Brush):
    """Its value is a picture's data address; fires ``paint`` with the mask, a string of 0 and 1 for
    112 x 112 cells over the whole picture, whatever its sides."""

    MARKUP = (
        '<div class="drawn paint">'
        + draw_canvas("Paint a region with the mouse or a finger")
        + draw_tools(8)
        + "</div>"
    )
    SCRIPTS = ("paint.js",)

    def __init__(self, value: str | None = None, **kwargs: Any) -> None:
        super().__init__(value, **kwargs)

    def api_info(self) -> dict[str, str]:
        return {"type": "string"}

    def example_payload(self) -> str:
        return ""

    def example_value(self) -> str:
        return ""


def read_mask(event: gr.EventData) -> np.ndarray:
    """The painted mask bool (112, 112) out of a ``paint`` event."""
    cells = getattr(event, "mask", "")
    if not isinstance(cells, str) or len(cells) != CELLS**2 or set(cells) - {"0", "1"}:
        raise InputError("The painted region did not arrive whole: paint it again.")
    return np.frombuffer(cells.encode(), np.uint8).reshape(CELLS, CELLS) == ord("1")

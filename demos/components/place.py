"""A picture with a drawing over it, in which a place is chosen."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from demos.components.js_component import JsComponent

MOST_PNG = 20_000  # numbers: a smaller picture is sent as it is, a larger one as JPEG
# The place that was pointed at stands at the component; it becomes the field's text.
READ_PLACE = "() => document.getElementById('ID').querySelector('.place-view').dataset.place ?? ''"


class PlaceView(JsComponent):
    """A picture with a drawing over it; a click, or arrow keys and Enter, choose a place.

    Its value comes from ``to_view``. Fires ``place``; ``connect`` hands the place to the lesson.
    """

    MARKUP = """<div class="place-view"><div class="fit frame" tabindex="0" role="application"
      aria-label="The picture: click a place, or move with the arrow keys and press Enter">
      <img alt="" hidden><svg aria-hidden="true"></svg></div></div>"""
    SCRIPTS = ("place.js",)
    STYLES = ("place.css",)

    def connect(self, tab: Any, place: gr.Textbox) -> None:
        """Hand what is chosen to a field of the lesson's ``Tab``: see ``read_place``."""
        js = READ_PLACE.replace("ID", str(self.elem_id))
        tab.run(self.place, None, None, place, api_name=None, js=js)  # type: ignore[attr-defined]


def to_view(
    image: np.ndarray, drawing: str, place: tuple[int, int] | None, *, alt: str,
    size_hw: tuple[int, int] | None = None, near: np.ndarray | None = None, step: float = 1,
) -> dict[str, Any]:  # fmt: skip
    """For ``PlaceView``: ``drawing`` is trusted SVG in pixels of the picture, whose first pixel's
    middle is at 0.5. ``size_hw``: of the picture, where ``image`` is a larger drawing of it. With
    ``near``, places (N, 2), pointing chooses the nearest of them. An arrow key goes ``step``
    pixels."""
    height, width = size_hw or image.shape[:2]
    return {
        "src": images.to_data_uri(image, format="png" if image.size < MOST_PNG else "jpeg"),
        "width": width,
        "height": height,
        "drawing": drawing,
        "place": None if place is None else [place[0], place[1]],
        "alt": alt,
        "near": None if near is None else np.round(near, 1).tolist(),
        "step": step,
    }


def read_place(text: Any, image: np.ndarray) -> tuple[int, int] | None:
    """The pixel (x, y) that a text such as "0.25,0.5" names: shares of the picture's width and
    height, 0 to 1. None for an empty text: then a view chooses itself."""
    if text is None or text == "":
        return None
    try:
        across, down = (float(part) for part in str(text).split(","))
        is_inside = 0 <= across <= 1 and 0 <= down <= 1
    except ValueError:
        is_inside = False
    if not is_inside:
        raise InputError(
            "The place is given as two shares of the picture's width and height, such as 0.25,0.5."
        )
    height, width = image.shape[:2]
    return min(int(across * width), width - 1), min(int(down * height), height - 1)

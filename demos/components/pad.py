"""A pad to draw a digit on, in the browser."""

import base64
import binascii

import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.recognition.digits import EMPTY
from demos.components.js_component import JsComponent

MAX_DRAWING = 400_000  # characters of a data address
START = "data:image/png;base64,"


class DigitPad(JsComponent):
    """A black pad; fires ``draw`` with the drawing as a data address, and ``wipe``.

    Its value is a dict whose ``src`` is the drawing shown.
    """

    MARKUP = """<canvas class="pad" width="280" height="280" tabindex="0" data-draws
      aria-label="Draw a digit here; by keyboard: arrow keys move the pen, Space lowers and lifts
      it"></canvas>
      <button type="button" class="clear">Clear</button>"""
    SCRIPTS = ("pad.js",)
    STYLES = ("pad.css",)


def read_drawing(source: str) -> np.ndarray:
    """The pad's drawing, a PNG data address, as uint8 (H, W, 3)."""
    if not isinstance(source, str) or not source.startswith(START) or len(source) > MAX_DRAWING:
        raise InputError(EMPTY)
    try:
        return images.load_image(base64.b64decode(source[len(START) :], validate=True))
    except binascii.Error:
        raise InputError(EMPTY) from None

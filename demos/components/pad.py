"""A pad to draw a digit on, in the browser."""

import base64
import binascii

import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.recognition.digits import EMPTY
from demos.components.brush import Brush, draw_canvas, draw_tools

MAX_DRAWING = 400_000  # characters of a data address
START = "data:image/png;base64,"


class DigitPad(Brush):
    """A black pad; fires ``draw`` with the drawing as a data address, and ``wipe``.

    Its value is a dict whose ``src`` is the drawing shown.
    """

    MARKUP = f'<div class="drawn pad">{draw_canvas("Draw a digit here")}{draw_tools(8)}</div>'
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

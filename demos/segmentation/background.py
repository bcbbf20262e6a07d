"""The visitor's own background.

It stays in the page, which hands it to whoever answers the webcam's frames: to the browser's own
Worker, or to the server, which keeps it for the visit.
"""

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.core.folders import PICTURE_SUFFIXES
from demos import components as ui

SIDE = 1024  # pixels: enough behind any frame
_ACCEPT = ",".join(("image/*", *PICTURE_SUFFIXES))


class OwnBackground(ui.JsComponent):
    """A file, dropped or from the clipboard; fires ``upload`` with ``{src: address}``, which is ""
    for none, once the server needs it."""

    MARKUP = f"""<div class="own-background" role="group"
aria-label="Your own background" data-side="{SIDE}" data-bytes="{images.MAX_FILE_BYTES}">
<img alt="Your own background" hidden><button type="button" class="choose">Choose</button>
<button type="button" class="paste">Paste</button>
<button type="button" class="clear" aria-label="Remove the picture" hidden>✕</button>
<output>Choose, paste or drop a picture.</output>
<input type="file" accept="{_ACCEPT}" aria-label="Picture file" hidden></div>"""
    SCRIPTS = ("background.js",)
    STYLES = ("background.css",)


def read_background(event: gr.EventData) -> np.ndarray | None:
    """The picture of an ``upload``, as large as frames need it; ``InputError`` for what is none."""
    src = getattr(event, "src", "")
    return take_background(images.load_data_uri(src) if src else None)


def take_background(picture: np.ndarray | None) -> np.ndarray | None:
    """A picture to put behind people, as large as frames need it."""
    return None if picture is None else images.shrink(picture, SIDE)

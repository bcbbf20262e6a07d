"""The one way in for a visitor's picture, and the row of sample pictures."""

import base64
from typing import Any

import gradio as gr
import numpy as np

from cvcore import images, samples
from cvcore.errors import InputError

THUMBNAIL_SIDE = 160  # pixels


class SafeImage(gr.Image):
    """A picture input that decodes files itself: handlers get uint8 (H, W, 3) RGB, or None.

    EXIF rotation, transparency, 16 bits, palettes and animations are taken care of; what cannot
    be read becomes one sentence on the page.
    """

    def get_block_name(self) -> str:
        return "image"

    def preprocess(self, payload: Any) -> np.ndarray | None:
        if payload is None or not (payload.path or payload.url):
            return None
        try:
            if payload.path:
                return images.load_image(payload.path)
            return images.load_image(_read_data_address(payload.url))
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except Exception:
            raise gr.Error(images.UNREADABLE, print_exception=False) from None


def _read_data_address(address: str) -> bytes:
    """The bytes of a ``data:...;base64,`` address; refused above the limit for files."""
    if len(address) > images.MAX_FILE_BYTES * 4 // 3:
        raise InputError(f"This file is too large: at most {images.MAX_FILE_BYTES // 10**6} MB.")
    return base64.b64decode(address.partition(",")[2], validate=True)


class SampleStrip(gr.HTML):
    """Thumbnails that load a sample picture with one click; fires ``pick`` with its name."""

    def __init__(self, names: tuple[str, ...], **kwargs: Any) -> None:
        rows = [samples.index()[name] for name in names]
        value = [
            {"name": row.name, "title": row.title, "src": _thumbnail(row.name)} for row in rows
        ]
        super().__init__(
            value=value,
            html_template="""<div class="samples" role="group" aria-label="Sample pictures">
              {{#each value}}<button type="button" data-name="{{this.name}}"
                title="{{this.title}}" aria-label="Use the sample {{this.title}}"><img
                src="{{this.src}}" alt=""></button>{{/each}}</div>""",
            js_on_load="""element.addEventListener('click', event => {
              const button = event.target.closest('button');
              if (button) trigger('pick', {name: button.dataset.name});
            });""",
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}}


def _thumbnail(name: str) -> str:
    image = samples.load_sample(name)
    side = min(image.shape[:2])
    square = images.resize(images.centre_crop(image, side), (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return images.to_data_uri(square, quality=80)


def pick_sample(event: gr.EventData) -> str:
    """The file of the sample that was clicked."""
    name = str(getattr(event, "name", ""))
    if name not in samples.index():
        raise InputError(f"There is no sample called {name!r}.")
    return str(samples.index()[name].path)

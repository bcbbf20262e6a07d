"""The one way in for a visitor's picture, and the row of sample pictures."""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.context import LocalContext

from cvcore.core import images, reading, samples
from cvcore.core.errors import InputError
from demos.server.errors import PictureMessage, RefusedPictureError
from demos.server.notes import send_note, to_note_key
from demos.server.static_files import publish

THUMBNAIL_SIDE = 160  # pixels
EXAMPLE = "assets/samples/chelsea.jpg"  # in calls through the API: from the repository's folder
TAKES_PICTURE = "takes-picture"  # what ``stale.js`` knows such fields by
GONE = "This picture was left alone for too long and is no longer here: choose it again."


_told: deque[tuple[str | None, int]] = deque(maxlen=1000)


def load_and_tell(source: str | bytes, address: str) -> np.ndarray:
    """A picture uint8 (H, W, 3); what was assumed of it is told, once for an address and visitor.

    ``picture_notes.js`` writes it under the picture, and keeps it for the visit.
    """
    try:
        image, notes = reading.read(source, max_side=images.MAX_SIDE)
    except InputError as error:
        raise RefusedPictureError(str(error), address) from None
    key = (getattr(LocalContext.request.get(None), "session_hash", None), hash(address))
    if notes and key not in _told:
        _told.append(key)
        send_note(to_note_key(address), " ".join(notes))
    return image


class SafeImage(gr.Image):
    """A picture input that decodes files itself: handlers get uint8 (H, W, 3) RGB, or None.

    EXIF rotation, colour profiles, transparency, 16 bits, palettes and animations are taken care
    of; what had to be assumed is told under the picture, and what cannot be read becomes one
    sentence under it, where it stands instead of the answers.
    """

    takes_picture = True
    empties = True  # whether answers go with a picture that is refused

    def get_config(self, *args: Any) -> dict[str, Any]:
        config = super().get_config(*args)
        return config | {"elem_classes": [TAKES_PICTURE, *(config.get("elem_classes") or ())]}

    def get_block_name(self) -> str:
        return "image"

    def example_payload(self) -> dict[str, Any]:
        return {"path": EXAMPLE, "url": EXAMPLE, "meta": {"_type": "gradio.FileData"}}

    def example_value(self) -> str:
        return EXAMPLE

    def preprocess(self, payload: Any) -> np.ndarray | None:
        if payload is None or not (payload.path or payload.url):
            return None
        address = payload.path or payload.url
        try:
            return self.read(payload)
        except InputError as error:
            raise PictureMessage(str(error), address, self.elem_id or self._id) from None
        except FileNotFoundError:
            raise PictureMessage(GONE, address, self.elem_id or self._id) from None
        except Exception:
            raise PictureMessage(images.UNREADABLE, address, self.elem_id or self._id) from None

    def read(self, payload: Any) -> np.ndarray:
        """The file or data address that was sent."""
        if not payload.path:
            return load_and_tell(images.read_data_uri(payload.url), payload.url)
        os.utime(payload.path)  # in use: it is deleted an hour after this
        return load_and_tell(payload.path, payload.path)


class DataPicture(gr.Textbox):
    """A picture as a data address, for calls through the API: it stays in memory.

    Handlers get uint8 (H, W, 3) RGB, or None.
    """

    def get_block_name(self) -> str:
        return "textbox"

    def preprocess(self, payload: str | None) -> np.ndarray | None:
        try:
            return load_and_tell(images.read_data_uri(payload), payload) if payload else None
        except InputError as error:
            raise gr.Error(str(error), print_exception=False) from None


class PictureStrip(gr.HTML):
    """Thumbnails that load a picture with one click; fires ``pick`` with its name.

    ``rows`` have a ``name``, a ``title`` and a ``path``; ``kind`` says what they are. ``fails``
    says of some, by name, what goes wrong there, ``unsure`` of others what the answer wavers
    between.
    """

    def __init__(
        self, rows: Sequence[Any], kind: str = "sample", *, fails: Mapping[str, str] | None = None,
        unsure: Mapping[str, str] | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.rows, self.kind = rows, kind
        marks = {"where it fails": fails or {}, "where it is unsure": unsure or {}}
        hints = {name: hint for hard in marks.values() for name, hint in hard.items()}
        value = [
            {
                "name": row.name,
                "title": row.title,
                "hint": hints.get(row.name, row.title),
                "mark": next((mark for mark, hard in marks.items() if row.name in hard), ""),
                "src": _thumbnail(str(row.path)),
            }
            for row in rows
        ]
        super().__init__(
            value=value,
            html_template=f"""<div class="samples" role="group"
              aria-label="{kind.title()} pictures">
              {{{{#each value}}}}<button type="button" data-name="{{{{this.name}}}}"
                title="{{{{this.hint}}}}" aria-label="Use the {kind} {{{{this.title}}}}"><img
                src="{{{{this.src}}}}" alt=""><span>{{{{this.title}}}}</span>
                <em>{{{{this.mark}}}}</em></button>
              {{{{/each}}}}</div>""",
            js_on_load="""element.addEventListener('click', event => {
              const button = event.target.closest('button');
              if (button) trigger('pick', {name: button.dataset.name});
            });""",
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}}


@cache
def _thumbnail(path: str) -> str:
    image = images.load_image(path)
    side = min(image.shape[:2])
    square = images.resize(images.centre_crop(image, side), (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return publish(f"{Path(path).stem}.jpg", images.to_jpeg(square, quality=80))


def pick_sample(event: gr.EventData) -> str:
    """The file of the sample that was clicked."""
    name = str(getattr(event, "name", ""))
    if name not in samples.index():
        raise InputError(f"There is no sample called {name!r}.")
    return str(samples.index()[name].path)

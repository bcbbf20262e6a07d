"""A picture of a face that never touches the disk: from the browser straight into memory."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images, samples
from cvcore.core.errors import InputError, NoPictureError
from cvcore.core.folders import PICTURE_SUFFIXES
from demos.components.js_component import load_script
from demos.components.live import NO_CAMERA
from demos.components.pictures import TAKES_PICTURE, load_and_tell
from demos.server.static_files import publish

SAMPLES = ("ardern_2018", "ardern_2022", "obama_2005", "astronaut")
GROUP = "group"  # all samples side by side
PREFIX = "sample:"
PREVIEW_HEIGHT = 640  # pixels

TEMPLATE = """<section class="face-picture" tabindex="0" aria-label="Picture of a face">
<p class="title"></p>
<div class="frame"><img alt="Chosen picture" hidden><video hidden playsinline muted></video>
<svg></svg><p class="hint">Drop, paste or choose a face</p></div>
<div class="tools"><button type="button" class="choose">Choose</button>
<button type="button" class="camera">Webcam</button>
<button type="button" class="clear" aria-label="Remove the picture">✕</button></div>
<div class="samples" role="group" aria-label="Sample faces"></div>
<output></output><input type="file" accept="ACCEPT" hidden aria-label="picture file"></section>"""
# by name, too: not every system knows that .heic or .jfif is a picture
TEMPLATE = TEMPLATE.replace("ACCEPT", ",".join(("image/*", *PICTURE_SUFFIXES)))

STYLE = """
.face-picture { color: var(--body-text-color); outline-offset: 3px; }
.title { margin: 0 0 .2rem; font-weight: 600; font-size: 1.05rem; }
.title:empty { display: none; }
.frame { position: relative; min-height: 9rem; display: grid; place-items: center;
  border-radius: 6px; overflow: hidden; background: var(--background-fill-secondary);
  border: 1px solid var(--border-color-primary); }
.over .frame { border: 2px dashed var(--color-accent); }
.frame img, .frame video { display: block; max-width: 100%; max-height: 15rem; }
.frame [hidden] { display: none; }
.frame svg { position: absolute; }
.frame rect { fill: transparent; stroke: #3f8fcc; stroke-width: 3;
  vector-effect: non-scaling-stroke; }
.frame rect[role] { cursor: pointer; pointer-events: all; }
.frame rect[role]:hover { stroke-width: 5; }
.frame rect:focus-visible { stroke-width: 7; stroke: #d9762b; outline: none; }
.frame rect.chosen { stroke: #ffb000; stroke-width: 4; }
.frame circle { fill: #ffb000; pointer-events: none; }
.hint { margin: 0; padding: 1rem; text-align: center; color: var(--body-text-color-subdued); }
.tools { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .3rem; }
.tools button { flex: 1; padding: 3px; font-size: .9375rem; cursor: pointer; border-radius: 6px;
  color: var(--body-text-color); background: var(--background-fill-secondary);
  border: 1px solid var(--border-color-primary); }
.tools .clear { flex: 0 0 2.2rem; }
.tools button:hover, .tools button:focus-visible { border-color: var(--color-accent); }
.samples { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .3rem; }
.samples button { width: 2.8rem; height: 2.8rem; padding: 0; overflow: hidden; cursor: pointer;
  border-radius: 6px; border: 2px solid var(--border-color-primary); background: none; }
.samples button:hover, .samples button:focus-visible { border-color: var(--color-accent); }
.samples img { width: 100%; height: 100%; object-fit: cover; object-position: top; display: block; }
.samples .wide { width: 6rem; }
output { display: block; font-size: 1rem; } output:empty { display: none; }
/* As large as its place on the stage; small in the rail. */
&.fill .face-picture { position: relative; height: 100%; display: grid; gap: .3rem;
  grid-template: minmax(0, 1fr) / auto minmax(0, 1fr); align-items: start; }
&.fill .face-picture > * { margin: 0; }
&.fill .title { position: absolute; z-index: 1; left: 10px; top: 10px; padding: 3px 10px;
  border-radius: 8px; color: #fff; background: #000a; pointer-events: none; }
&.fill :is(.frame, output, .picture-note) { grid-column: 1 / -1; }
&.fill .frame { height: 100%; min-height: min(14rem, 50vw); container-type: size;
  background: var(--stage-back); }
&.fill .frame img { width: min(100cqw, 100cqh * var(--ratio, 1)); max-width: none;
  max-height: none; margin: 0; }
&.fill .frame video { width: 100%; height: 100%; max-height: none; object-fit: contain; }
&.fill .hint { color: #fff; }
&.fill .tools { flex-wrap: nowrap; } &.fill .samples { justify-content: flex-end; }
@media (max-width: 760px) {
  &.fill .face-picture { grid-template-columns: minmax(0, 1fr); }
  &.fill .tools { flex-wrap: wrap; } &.fill .samples { justify-content: flex-start; }
}
.lesson-rail & .frame { min-height: 5rem; }
.lesson-rail & .frame :is(img, video) { max-height: 7rem; }
"""


class FacePicture(gr.HTML):
    """Upload, paste, webcam or sample; faces found are framed, and a click picks one.

    Its value is ``{"src": address, "face": (x, y) or None}``, where the address is a ``data:``
    address or ``sample:NAME``, and the place that of the face picked, in shares of the picture's
    sides: it means the same face whatever detector finds it. Fires ``upload`` when there is a new
    picture, ``select`` for a face; without ``pickable`` frames are only shown.
    """

    takes_picture = True
    empties = True

    def __init__(
        self,
        value: dict | None = None,
        *,
        title: str = "",
        names: tuple[str, ...] = SAMPLES,
        faces: list | None = None,
        pickable: bool = True,
        elem_classes: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        previews = [{"name": name, "title": title_of(name), "src": preview(name)} for name in names]
        self.faces = faces or []  # else Gradio takes the name for an event of its own
        super().__init__(
            value,
            html_template=TEMPLATE,
            css_template=STYLE,
            js_on_load=load_script(__name__, "private_picture.js"),
            label=title or "Picture",
            title=title,
            samples=previews,
            faces=self.faces,
            pickable=pickable,
            max_bytes=images.MAX_FILE_BYTES,
            max_side=images.MAX_SIDE,
            no_camera=NO_CAMERA,
            elem_classes=[TAKES_PICTURE, *elem_classes],
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": "a data: address, or sample:NAME"}

    def example_payload(self) -> str:
        return PREFIX + SAMPLES[0]

    def example_value(self) -> str:
        return PREFIX + SAMPLES[0]


def title_of(name: str) -> str:
    return "All samples" if name == GROUP else samples.index()[name].title


@cache
def preview(name: str) -> str:
    """The address of a small view of a sample."""
    image = load_face_sample(name)
    height, width = image.shape[:2]
    wide = round(width * PREVIEW_HEIGHT / height)
    small = images.resize(image, (PREVIEW_HEIGHT, wide))
    return publish(f"{name}.jpg", images.to_jpeg(small, quality=80))


@cache
def load_face_sample(name: str) -> np.ndarray:
    """A sample face; ``group`` is all of them side by side."""
    if name != GROUP:
        if name not in SAMPLES:
            raise InputError(f"There is no sample called {name!r}: choose {', '.join(SAMPLES)}.")
        return _freeze(samples.load_sample(name))
    portraits = []
    for one in SAMPLES:
        image = samples.load_sample(one)
        wide = round(image.shape[1] * 400 / image.shape[0])
        portraits.append(images.resize(image, (400, wide)))
    return _freeze(np.concatenate(portraits, axis=1))


def _freeze(image: np.ndarray) -> np.ndarray:
    """All visitors get this very array: nobody may draw on it."""
    image.flags.writeable = False
    return image


def to_value(name: str) -> dict:
    """The value that shows a sample."""
    return {"src": PREFIX + name, "face": None}


def read_picture(value: dict | str | None) -> tuple[np.ndarray, tuple[float, float] | None]:
    """The picture uint8 (H, W, 3) and the place (x, y) of the face picked in it, if any.

    InputError when there is no picture, or it is none.
    """
    src, face = (value.get("src"), value.get("face")) if isinstance(value, dict) else (value, None)
    if not src:
        raise NoPictureError(images.NO_PICTURE)
    if isinstance(src, str) and src.startswith(PREFIX):
        image = load_face_sample(src.removeprefix(PREFIX))
    else:
        image = load_and_tell(images.read_data_uri(src), src)
    return image, read_place(face)


def read_place(value: Any) -> tuple[float, float] | None:
    """A place in shares of a picture's sides, as the page sends it; None for anything else."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(x, int | float) and 0 <= x <= 1 for x in value):  # NaN neither
        return None
    return float(value[0]), float(value[1])


def to_overlay(faces: tuple, chosen: int, size_hw: tuple[int, int]) -> list[dict]:
    """Frames and landmarks as shares of the picture's sides, for the page."""
    scale = np.array([size_hw[1], size_hw[0]], np.float32)
    return [
        {
            "box": (face.box_xyxy.reshape(2, 2) / scale).ravel().round(4).tolist(),
            "points": (face.landmarks / scale).round(4).tolist(),
            "chosen": index == chosen,
        }
        for index, face in enumerate(faces)
    ]

"""What the views of the lesson share: the picture, a place in it, and how both are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.components.js_component import link_styles

SAMPLE = "camera"
MOST_PNG = 20_000  # numbers: a smaller picture is sent as it is, a larger one as JPEG
SIDE = 640  # pixels: larger pictures are shrunk to this, so that every view answers at once
# The place that was pointed at stands at the component; it becomes the field's text.
READ_PLACE = "() => document.getElementById('ID').querySelector('.place-view').dataset.place ?? ''"


@dataclass(frozen=True)
class Parts:
    """What a view's ``build`` is given."""

    tab: lesson.Tab
    lazy: lesson.LazyTabs
    picture: ui.SafeImage
    place: ui.Choice  # a text: see ``read_place``
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)  # controls that Live has, too

    def add(
        self, title: str, section: gr.Tab, show: Callable, outputs: list, settings: lesson.Controls,
        api_name: str,
    ) -> list[gr.events.Dependency]:  # fmt: skip
        """Compute a view of the picture when it is opened, and whenever picture or settings change
        while it is open."""
        return self.lazy.add(
            title, section, show, [self.picture], outputs, settings=settings, api_name=api_name,
            kind="stream", follows=[one.change for one in (self.picture, *settings)],
        )  # fmt: skip


def build_parts(tab: lesson.Tab, titles: Sequence[str]) -> Parts:
    """The picture, and the place that is looked at in all views alike."""
    picture = tab.stage.picture_input(sample=SAMPLE)
    with tab.stage.panels:
        gr.HTML(
            link_styles(__name__, "page.css"), visible="hidden", elem_id="classical-features-style"
        )
    with tab.stage.controls():
        place = ui.Choice("", label="Place")
    return Parts(tab, lesson.LazyTabs(tab, titles), picture, place)


def prepare(image: np.ndarray | None) -> np.ndarray:
    """A picture of at most 640 pixels a side; InputError when there is none."""
    return images.shrink(images.check_image(image), SIDE)


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


class PlaceView(ui.JsComponent):
    """A picture with a drawing over it; a click, or arrow keys and Enter, choose a place.

    Its value comes from ``to_view``. Fires ``place``; ``connect`` hands the place to the lesson.
    """

    MARKUP = """<div class="place-view"><div class="fit frame" tabindex="0" role="application"
      aria-label="The picture: click a place, or move with the arrow keys and press Enter">
      <img alt="" hidden><svg aria-hidden="true"></svg></div></div>"""
    SCRIPTS = ("place.js",)
    STYLES = ("style.css",)

    def connect(self, parts: Parts) -> None:
        js = READ_PLACE.replace("ID", str(self.elem_id))
        parts.tab.run(self.place, None, None, parts.place, api_name=None, js=js)  # type: ignore[attr-defined]


def build_place(name: str) -> PlaceView:
    """A view's picture, the wider of what stands side by side."""
    return PlaceView(
        label="picture", elem_id=f"classical-features-{name}",
        elem_classes=["fill", "picture-back", "wider"],
    )  # fmt: skip


def to_view(
    image: np.ndarray, drawing: str, place: tuple[int, int] | None, *, alt: str,
    size_hw: tuple[int, int] | None = None, near: np.ndarray | None = None,
) -> dict[str, Any]:  # fmt: skip
    """For ``PlaceView``: ``drawing`` is trusted SVG in pixels of the picture, whose first pixel's
    middle is at 0.5. ``size_hw``: of the picture, where ``image`` is a larger drawing of it. With
    ``near``, places (N, 2), pointing chooses the nearest of them."""
    height, width = size_hw or image.shape[:2]
    return {
        "src": images.to_data_uri(image, format="png" if image.size < MOST_PNG else "jpeg"),
        "width": width,
        "height": height,
        "drawing": drawing,
        "place": None if place is None else [place[0], place[1]],
        "alt": alt,
        "near": None if near is None else np.round(near, 1).tolist(),
    }


def say_instead(sentence: str) -> dict[str, str]:
    """For a ``Panel``: what to do where there is nothing to be told."""
    return {"html": f'<p class="instead" role="alert">{escape(sentence)}</p>'}


class Panel(ui.Panel):
    """Numbers with their drawing, in this lesson's look."""

    MARKUP = '<div class="features-panel">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)

"""What the views of the lesson share: the picture, a place in it, and how both are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images
from demos import components as ui
from demos import lesson
from demos.components.js_component import link_styles

SAMPLE = "camera"
SIDE = 640  # pixels: larger pictures are shrunk to this, so that every view answers at once


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


class PlaceView(ui.PlaceView):
    """A picture in which a place is chosen, in this lesson's look."""

    STYLES = ("style.css",)


def build_place(name: str) -> PlaceView:
    """A view's picture, the wider of what stands side by side."""
    return PlaceView(
        label="picture", elem_id=f"classical-features-{name}",
        elem_classes=["fill", "picture-back", "wider"],
    )  # fmt: skip


def say_instead(sentence: str) -> dict[str, str]:
    """For a ``Panel``: what to do where there is nothing to be told."""
    return {"html": f'<p class="instead" role="alert">{escape(sentence)}</p>'}


class Panel(ui.Panel):
    """Numbers with their drawing, in this lesson's look."""

    MARKUP = '<div class="features-panel">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)

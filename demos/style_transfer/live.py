"""The webcam, painted frame by frame."""

import gradio as gr
import numpy as np

from cvcore import style_transfer
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson

SIDE = 384  # pixels of a frame's longer side: so that many come a second


def read_numbers(
    style: np.ndarray | None, second: np.ndarray | None, mix: float, stroke: float
) -> np.ndarray | None:
    """What the webcam paints with; read once a style, not once a frame."""
    if style is None:
        return None
    return style_transfer.mix_numbers(style, style, second=second, mix=mix, stroke=stroke)


def stylise_frame(
    frame: np.ndarray,
    numbers: np.ndarray | str | None,
    strength: float,
    keep_colours: bool,
    side: float,
    name: str | None,
) -> tuple[np.ndarray, str]:
    """One webcam frame, painted, and where the time went.

    ``name`` is one of the bundled styles; without it, ``numbers`` are those of the style in the
    rail, or the name of the style that stands there at first.
    """
    watch = Stopwatch()
    if not name and isinstance(numbers, str):
        name = numbers
    if name:
        numbers = style_transfer.style_numbers(style_transfer.load_style(name))
        watch.lap("style numbers")
    if numbers is None:
        raise InputError("There is no style picture yet: upload one or click a style.")
    small = style_transfer.fit(frame, int(side), resample="bilinear")
    watch.lap("preprocess")
    painted = style_transfer.paint(small, style_transfer.weaken(numbers, small, strength))
    watch.lap("network")
    if keep_colours:
        painted = style_transfer.keep_colours(small, painted)
    watch.lap("colours")
    return painted, ui.badge(watch.ms)


def build(
    tab: lesson.Tab, style: gr.Image, second: gr.Image, controls: lesson.Controls, first: str
) -> None:
    """The camera; all but its size is chosen for one pass.

    ``first`` is the style that stands in the rail until another is chosen.
    """
    stage = tab.stage
    numbers = gr.State(first)  # until the page has read its pictures
    names = [(row.title, row.name) for row in style_transfer.index().values()]
    section = stage.live()
    with stage.controls(lesson.LIVE):
        side = ui.Slider(128, 640, SIDE, step=32, label="Webcam size, pixels")
        badge = ui.Badge(label="timings")
        # for calls through the API alone, not for links
        name = ui.Dropdown(
            [("as chosen", ""), *names], value="", label="Style", visible=False,
            elem_classes=["personal"],
        )  # fmt: skip
    chosen = [controls["strength"], controls["keep_colours"], side, name]
    with section:
        tab.live(stylise_frame, [numbers, *chosen], extra_outputs=[badge])
    mix, stroke = controls["mix"], controls["stroke"]
    inputs = [style, second, mix, stroke]
    tab.on_open(read_numbers, inputs, numbers, show_progress="hidden")
    tab.run(
        [style.change, second.change, mix.input, stroke.input], read_numbers, inputs, numbers,
        api_name=None, kind="stream",
    )  # fmt: skip

"""The webcam, painted frame by frame."""

import base64
from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np

from cvcore import style_transfer
from cvcore.core import checks
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from cvcore.style_transfer import fast, whirls
from demos import components as ui
from demos import lesson

SIDE = 384  # pixels of a frame's longer side: so that many come a second
MAX_SIDE = 640
STREAK_UNIT = 4096  # streaks travel in whole numbers, so many to one


def read_numbers(
    style: np.ndarray | None, second: np.ndarray | None, mix: float, stroke: float
) -> str:
    """What the webcam paints with: 100 numbers with commas between them, or '' without a style.

    They are read once a style, not once a frame.
    """
    if style is None:
        return ""
    numbers = style_transfer.mix_numbers(style, style, second=second, mix=mix, stroke=stroke)
    return ",".join(f"{number:.9g}" for number in numbers)  # exact in single precision


def to_numbers(written: str) -> np.ndarray:
    """Numbers float32 (100,), as ``read_numbers`` writes them or by a bundled style's name."""
    if not written:
        raise InputError("There is no style picture yet: upload one or click a style.")
    if "," not in written:
        return style_transfer.style_numbers(style_transfer.load_style(written))
    try:
        numbers = np.array([float(number) for number in written.split(",", 100)], dtype=np.float32)
    except ValueError:
        numbers = np.empty(0)
    if numbers.shape != (100,) or not (np.abs(numbers) < 1000).all():
        raise InputError(
            "A style is 100 numbers with commas between them, or a bundled one's name."
        )
    return numbers


def stylise_frame(
    frame: np.ndarray,
    strength: float,
    keep_colours: bool,
    side: float,
    name: str | None = "",
    numbers: str | None = "",
) -> tuple[np.ndarray, str]:
    """One webcam frame, painted, and where the time went.

    ``name`` is one of the bundled styles; without it, ``numbers`` are those of the style in the
    rail, or the name of the style that stands there at first.
    """
    watch = Stopwatch()
    style = to_numbers(name or numbers or "")
    small = style_transfer.fit(frame, int(side), resample="bilinear")
    watch.lap("preprocess")
    painted = style_transfer.paint(small, style_transfer.weaken(style, small, strength))
    watch.lap("network")
    if keep_colours:
        painted = style_transfer.keep_colours(small, painted)
    watch.lap("colours")
    return painted, ui.badge(watch.ms)


def tell_browser(question: dict[str, Any]) -> Any:
    """What the browser needs for its own answers: the numbers of a bundled ``style``, the
    ``painters`` that styles have of their own, or the ``streaks`` of a picture's size."""
    if "style" in question:
        return to_numbers(str(question["style"])).tolist()
    if "painters" in question:
        return [asdict(own) | {"numbers": own.numbers.tolist()} for own in fast.list_own_painters()]
    sides = (checks.check_whole("A side", side, 1, MAX_SIDE) for side in question["streaks"])
    streaks = np.rint(whirls.draw_streaks(*sides) * STREAK_UNIT)
    whole = np.clip(streaks, -32768, 32767).astype("<i2")
    return base64.b64encode(whole.tobytes()).decode()


def build(
    tab: lesson.Tab, style: gr.Image, second: gr.Image, controls: lesson.Controls, first: str
) -> None:
    """The camera; all but its size is chosen for one pass.

    ``first`` is the style that stands in the rail until another is chosen.
    """
    stage = tab.stage
    names = [(row.title, row.name) for row in style_transfer.index().values()]
    section = stage.live()
    with stage.controls(lesson.LIVE):
        side = ui.Slider(128, MAX_SIDE, SIDE, step=32, label="Webcam size, pixels")
        badge = ui.Badge(label="timings")
        # for calls through the API alone, not for links
        name = ui.Dropdown(
            [("as chosen", ""), *names], value="", label="Style", visible=False,
            elem_classes=["personal"],
        )  # fmt: skip
        # kept by the page, which paints with them, too; a name until it has read its pictures
        numbers = gr.Textbox(
            first, label="Style numbers", visible="hidden", elem_classes=["personal"]
        )
    chosen = [controls["strength"], controls["keep_colours"], side, name, numbers]
    with section:
        tab.live(
            stylise_frame, chosen, extra_outputs=[badge],
            browser=lesson.InBrowser(__name__, tell_browser),
        )  # fmt: skip
    mix, stroke = controls["mix"], controls["stroke"]
    inputs = [style, second, mix, stroke]
    tab.on_open(read_numbers, inputs, numbers, show_progress="hidden")
    tab.run(
        [style.change, second.change, mix.input, stroke.input], read_numbers, inputs, numbers,
        api_name=None, kind="stream",
    )  # fmt: skip

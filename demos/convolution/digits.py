"""A pad for a digit beside a view, and the digit that is kept of it."""

from typing import Any, NamedTuple

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.recognition import digits
from demos import components as ui
from demos import lesson

FIRST = 472  # of the test digits, a 9 that the three networks lose one after the other
STRIDE = 57  # from one test digit to the next: through all kinds
PAD_SIDE = 280


class Pad(NamedTuple):
    """The pad's parts."""

    component: ui.DigitPad
    digit: gr.State
    """784 numbers from 0 to 1; empty once it was wiped, None before it was ever shown."""
    more: gr.Button


def read_digit(kept: Any) -> np.ndarray:
    """What a state keeps as float32 (28, 28); the first test digit where there is nothing yet.

    Raises ``InputError`` where the pad was wiped.
    """
    if kept is None:
        return take_digit(FIRST)
    if not len(kept):
        raise InputError(digits.EMPTY)
    return np.array(kept, dtype=np.float32).reshape(digits.SIDE, digits.SIDE)


def read_picture(picture: np.ndarray | None) -> np.ndarray:
    """A picture of one digit, for calls through the API; the first test digit without one."""
    return take_digit(FIRST) if picture is None else digits.to_digit(images.check_image(picture))


def take_digit(index: int) -> np.ndarray:
    """One of the 500 test digits, counted round, as float32 (28, 28)."""
    from cvcore.recognition import datasets

    test = datasets.load_digits().test
    return test.pictures[index % len(test), 0].numpy().copy()


def keep_drawing(event: gr.EventData) -> list[float]:
    """What is on the pad, as MNIST has it."""
    return _to_list(digits.to_digit(ui.read_drawing(getattr(event, "src", ""))))


def show_test_digit(count: int) -> tuple[dict, list[float], int]:
    """The next test digit on the pad, its numbers, and how many have been shown."""
    digit = take_digit(FIRST + STRIDE * count)
    return {"src": _to_source(digit)}, _to_list(digit), count + 1


def _to_list(digit: np.ndarray) -> list[float]:
    return digit.astype(float).ravel().tolist()


def _to_source(digit: np.ndarray) -> str:
    levels = np.repeat(np.rint(255 * digit).astype(np.uint8)[..., None], 3, axis=2)
    return images.to_data_uri(images.resize(levels, (PAD_SIDE, PAD_SIDE)), format="png")


def build_pad(tab: lesson.Tab, elem_id: str, section: gr.Tab) -> Pad:
    """The pad, with the first test digit on it once its view is opened, and a button for others."""
    pad = ui.DigitPad(elem_id=elem_id)
    more = gr.Button("Another test digit", size="sm")
    digit, count, opened = gr.State(None), gr.State(1), gr.State(False)
    tab.run(pad.draw, keep_drawing, None, digit, api_name=None, kind="stream")
    tab.run(pad.wipe, lambda: [], None, digit, api_name=None)
    tab.run(more.click, show_test_digit, count, [pad, digit, count], api_name=None)
    section.select(lambda: True, None, opened, api_visibility="private", show_progress="hidden")
    tab.run(opened.change, lambda: {"src": _to_source(take_digit(FIRST))}, None, pad, api_name=None)
    return Pad(pad, digit, more)

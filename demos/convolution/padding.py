"""Padding modes compared where the truth is known."""

from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import convolution
from cvcore.convolution import BorderError
from cvcore.convolution.operation import SHOW, to_picture
from cvcore.core import images
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import Report
from demos.convolution.controls import CHANNELS, Panel, Window, to_changes
from demos.convolution.names import PADDING
from demos.convolution.picture import prepare_picture

BORDER_SIDE = 64  # pixels


def compare_borders(
    picture: np.ndarray | None, kernel: Any, dilation: float = Window.dilation
) -> tuple[str, str, str, dict]:
    """Padding modes against the truth: cards of pictures, which is best, badge, numbers."""
    watch = Stopwatch()
    operation = Window(kernel, padding="same", dilation=dilation).to_operation()
    image = prepare_picture(picture, CHANNELS[0], max_side=BORDER_SIDE)
    borders = convolution.compare_padding(
        image, operation.kernel, dilation=operation.dilation, bias=operation.bias
    )
    watch.lap("convolution")
    numbers = to_numbers(borders)
    worst = max(numbers["largest_errors"])
    cards = [_card("the truth", "it could look beyond the border", borders[0].ground_truth)]
    for border in borders:
        note = f"mean error at the border {border.mean_error:.1f}"
        cards.append(_card(border.padding_mode, note, border.result, border.error, worst))
    best = min(borders, key=lambda border: border.mean_error)
    text = (
        "Here the picture's own border was cut off before the convolution, so the truth is known. "
        "Below each result: how far it is from the truth, from 0 (dark) to "
        f"{worst:.0f} (yellow) grey levels. **Best here: {best.padding_mode}**, off by "
        f"{best.mean_error:.1f} on average."
    )
    watch.lap("drawing")
    cards = f'<div class="cards">{"".join(cards)}</div>'
    return cards, text, ui.badge(watch.ms), numbers


def to_numbers(borders: Sequence[BorderError]) -> dict[str, list]:
    """How far each mode is off at the border, in grey levels, for those who call the page."""
    return {
        "padding_modes": [border.padding_mode for border in borders],
        "mean_errors": [border.mean_error for border in borders],
        "largest_errors": [float(border.error.max()) for border in borders],
    }


def _card(
    title: str,
    note: str,
    result: np.ndarray,
    error: np.ndarray | None = None,
    worst: float = 0.0,
) -> str:
    pictures = [("result", to_picture(result, show=SHOW[1]))]
    if error is not None:
        colours = cvcore.core.drawing.colourise(error, vmin=0, vmax=max(worst, 1e-9))
        pictures.append(("error map", colours))
    shown = "".join(
        f'<img src="{images.to_data_uri(picture, format="png")}" alt="{name}: {escape(title)}">'
        for name, picture in pictures
    )
    return f"<figure><figcaption><b>{escape(title)}</b>{escape(note)}</figcaption>{shown}</figure>"


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, panel: Panel) -> None:
    """The best mode in a sentence, and a card for each."""
    section = tab.stage.views[PADDING]
    with section:
        finding = gr.Markdown(label="finding", elem_id="convolution-padding-finding")
        maps = Report(
            label="maps", elem_id="convolution-padding-maps", elem_classes=["fill", "tall"]
        )
    with tab.stage.told(PADDING):
        badge = ui.Badge(label="timings")
        numbers = gr.JSON(visible=False, label="numbers")
    inputs = [panel.picture, panel.picture_kernel, panel.window["dilation"]]
    lazy.add(
        PADDING, section, compare_borders, inputs, [maps, finding, badge, numbers],
        kind="stream", api_name="convolution_padding", follows=to_changes(inputs),
    )  # fmt: skip

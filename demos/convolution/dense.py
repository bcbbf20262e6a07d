"""Why not a dense layer: the bill, a template, shifted digits, all filters at once, flattening."""

import json
from dataclasses import dataclass, fields
from html import escape
from typing import Any, TypeAlias

import gradio as gr
import numpy as np

from cvcore.convolution import template
from cvcore.convolution.bill import BYTES, Wiring
from cvcore.convolution.shifts import MAX_SHIFT
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.components.js_component import read_static
from demos.convolution import dense_bill, dense_filters, dense_shift, dense_template
from demos.convolution.canvas import NumberTable
from demos.convolution.controls import OWN, follow_presets, to_changes
from demos.convolution.digits import Pad, build_pad, read_digit, read_picture
from demos.convolution.names import ARCHITECTURES, DENSE, MATRIX

STEPS = BILL, TEMPLATE, SHIFT, FILTERS, FLATTEN = (
    "bill", "template", "shift", "filters", "flatten",
)  # fmt: skip
WRONG = """Where slides and books are often wrong, with the sum:

* **LeNet-5, last layers:** 120 · 84 + 84 = **10,164** and 84 · 10 + 10 = **850**.
  Tables with 10,081 and 841 count one bias for a whole layer; each unit has its own.
* **A convolution's weights:** F·F·D·K + K, with D channels in and K filters, each with a bias:
  5 · 5 · 6 · 16 + 16 = **2,416** in LeNet-5. F·F·K forgets the depth, F·F·D·K the biases.
* **The loop filter on the 9** (view Matrix), rows 4 and 5 of the map: **−5 −1 −5** and
  **−3 −5 −3**, each divided by 9; the first is (−1−1−1 −1+1−1 −1−1+1) / 9 = −0.56.
* **1920 × 1080 × 3 values to 4 million units** (view Why not dense?):
  6,220,800 · 4,000,000 = **24.9 trillion** weights, not 24 million.
"""


Part: TypeAlias = tuple[gr.Column, tuple[str, ...]]  # and the steps at which it is shown


@dataclass(frozen=True)
class DenseSettings:
    """The view's controls: which step is shown, and what each is set by."""

    step: str = BILL
    width: int = Wiring.width
    height: int = Wiring.height
    channels: int = Wiring.channels
    units: int = Wiring.units
    filters: int = Wiring.filters
    kernel: int = Wiring.kernel
    number: str = Wiring.number
    cells: Any = None
    threshold: float = dense_template.FIRST_THRESHOLD
    right: float = 3
    down: float = 0
    relu: bool = False

    def to_wiring(self) -> Wiring:
        """Of the bill; its numbers are checked where it is made out."""
        return Wiring(
            self.width, self.height, self.channels, self.units, self.filters, self.kernel,
            self.number,
        )  # fmt: skip


class CellTable(NumberTable):
    """A small field to draw on, whose size is the template's."""

    styles = ("walk.css", "cells.css")


class Sheet(gr.HTML):
    """Tables and cards of this view."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(css_template=read_static(__name__, "refused.css", "dense.css"), **kwargs)


def show_dense(kept: Any, settings: DenseSettings) -> tuple[Any, ...]:
    """The step that is shown, of bill, template, board, answers, columns, vector; the others stay
    as they are. What does not fit is told in the step's place."""
    skip = gr.skip()
    at = {name: place for place, name in enumerate(STEPS)}
    if settings.step not in at:
        raise InputError(f"Choose one of: {', '.join(STEPS)}.")
    outputs: list[Any] = [skip] * 6
    try:
        if settings.step == BILL:
            outputs[0] = dense_bill.show_bill(settings.to_wiring())[0]
        elif settings.step == TEMPLATE:
            outputs[1] = dense_template.show_template(settings.cells, settings.threshold)[0]
        elif settings.step == SHIFT:
            outputs[2:4] = _show_shift(read_digit(kept), settings)
        elif settings.step == FILTERS:
            outputs[4] = dense_filters.column_value(read_digit(kept), settings.relu)
        else:
            outputs[5] = dense_filters.flat_value(read_digit(kept))
    except InputError as error:
        told = f'<p class="refused" role="alert">{escape(str(error))}</p>'
        place = {BILL: 0, TEMPLATE: 1, SHIFT: 3, FILTERS: 4, FLATTEN: 5}[settings.step]
        outputs[place] = {"message": str(error)} if place > 3 else told
        if settings.step == SHIFT:
            outputs[2] = {}
    return tuple(outputs)


def _show_shift(digit: np.ndarray, settings: DenseSettings) -> list[Any]:
    answers, _ = dense_shift.show_answers(digit, settings.down, settings.right)
    board = dense_shift.board_value(digit, round(settings.down), round(settings.right))
    return [board, answers]


def follow_board(kept: Any, event: gr.EventData) -> tuple[Any, int, int]:
    """While the digit is dragged: what the networks say, and the sliders."""
    down, right = getattr(event, "down", 0), getattr(event, "right", 0)
    return dense_shift.show_answers(read_digit(kept), down, right)[0], right, down


def answer_shift(
    picture: np.ndarray | None = None,
    right: float = DenseSettings.right,
    down: float = DenseSettings.down,
) -> dict:
    """Three networks on a shifted digit: their answers and probabilities, as plain numbers."""
    return dense_shift.show_answers(read_picture(picture), down, right)[1]


def answer_column(picture: np.ndarray | None = None, row: float = 12, column: float = 12) -> dict:
    """All 32 filters of the first layer on one patch of a digit, as plain numbers."""
    return dense_filters.answer_column(read_picture(picture), row, column)


def answer_bill(wiring: Wiring) -> dict:
    """What a dense layer, a local one and a convolution learn, keep and multiply."""
    return dense_bill.show_bill(wiring)[1]


def answer_template(cells: Any, threshold: float) -> dict:
    """The template of the 9 on a field of 11 x 9 cells, as plain numbers."""
    return dense_template.show_template(cells, threshold)[1]


def show_accuracy(settings: DenseSettings) -> Any:
    """The accuracy on the test digits, moved as the sliders say, where that step is shown."""
    if settings.step != SHIFT:
        return gr.skip()
    return dense_shift.show_accuracy(settings.down, settings.right)


def show_dropped(event: gr.EventData) -> str:
    """The accuracy on the test digits, moved as the digit was that has been let go."""
    return dense_shift.show_accuracy(getattr(event, "down", 0), getattr(event, "right", 0))


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """The steps' controls beside the stage, one of which is shown."""
    stage = tab.stage
    section = stage.views[DENSE]
    with stage.controls(DENSE):
        step = ui.Radio(list(STEPS), value=BILL, label="Step")
        shown, controls, pad = _build_rails(tab, section)
    with section:
        places, parts, accuracy = _build_stage()
    settings = lesson.Controls(DenseSettings, step=step, **controls)
    runs = lazy.add(
        DENSE, section, show_dense, [pad.digit], parts, settings=settings, api_name=None,
        kind="stream", follows=[step.change, pad.digit.change, *to_changes(controls.values())],
    )  # fmt: skip
    _, _, board, answers, *_ = parts
    for run in runs:
        tab.run(
            run.then, show_accuracy, [], accuracy, settings=settings, api_name=None, kind="stream"
        )
    sliders = [controls["right"], controls["down"]]
    tab.run(board.move, follow_board, pad.digit, [answers, *sliders], api_name=None, kind="stream")
    tab.run(board.drop, show_dropped, None, accuracy, api_name=None, kind="stream")
    _show_chosen(tab, step, shown + places)
    _add_endpoints(tab, controls)
    with stage.panel("Slides that are wrong", DENSE, ARCHITECTURES, MATRIX):
        gr.Markdown(WRONG)


def _build_rails(tab: lesson.Tab, section: gr.Tab) -> tuple[list[Part], dict[str, Any], Pad]:
    """What stands in the rail at which steps, the controls by field, and the pad."""
    d = DenseSettings()
    with gr.Column() as bill:
        controls = _build_bill()
    with gr.Column(visible=False) as template:
        cells, threshold = _build_template(tab)
    with gr.Column(visible=False) as drawing:
        gr.Markdown("**Draw a digit** with the mouse or a finger")
        pad = build_pad(tab, "convolution-dense-pad", section)
    with gr.Column(visible=False) as shift, gr.Column(elem_classes=["in-twos"]):
        right = ui.Slider(-MAX_SHIFT, MAX_SHIFT, d.right, step=1, label="Right")
        down = ui.Slider(-MAX_SHIFT, MAX_SHIFT, d.down, step=1, label="Down")
    with gr.Column(visible=False) as relu_place:
        relu = gr.Checkbox(d.relu, label="Then ReLU", container=False)
    controls |= {
        "cells": cells, "threshold": threshold, "right": right, "down": down, "relu": relu,
    }  # fmt: skip
    shown: list[Part] = [
        (bill, (BILL,)), (template, (TEMPLATE,)), (drawing, (SHIFT, FILTERS, FLATTEN)),
        (shift, (SHIFT,)), (relu_place, (FILTERS,)),
    ]  # fmt: skip
    return shown, controls, pad


def _build_bill() -> dict[str, Any]:
    """The picture and the layers, by field of ``Wiring``."""
    d = Wiring()
    with gr.Column(elem_classes=["in-twos"]):
        numbers = {
            "width": ui.Number(d.width, label="Picture's width", precision=0),
            "height": ui.Number(d.height, label="Height", precision=0),
            "channels": ui.Number(d.channels, label="Channels", precision=0),
            "units": ui.Number(d.units, label="Hidden units", precision=0),
            "filters": ui.Number(d.filters, label="Filters", precision=0),
            "kernel": ui.Number(d.kernel, label="Filter's side", precision=0),
        }
    with gr.Accordion("Precision", open=False):
        kept_as = ui.Dropdown(list(BYTES), value=d.number, label="A number is a")
    return numbers | {"number": kept_as}


def _build_template(tab: lesson.Tab) -> tuple[NumberTable, gr.Slider]:
    """The field of cells, what it can begin with, and the threshold."""
    names = list(dense_template.FIELDS)
    first = dense_template.FIRST_FIELD
    preset = ui.Dropdown([*names, OWN], value=first, label="Cells", elem_classes=["beside"])
    cells = CellTable(
        dense_template.field_value(first), limit=template.ROWS, label="cells under a template",
        elem_id="convolution-template-cells",
    )  # fmt: skip
    follow_presets(tab, preset, cells, {one: dense_template.field_value(one) for one in names})
    more, count = gr.Button("A 9 of the test digits", size="sm"), gr.State(0)
    tab.run(more.click, dense_template.take_test_nine, count, [cells, count], api_name=None)
    threshold = ui.Slider(
        dense_template.LOW, dense_template.HIGH, DenseSettings.threshold, step=1, label="Threshold"
    )
    return cells, threshold


def _build_stage() -> tuple[list[Part], list[Any], Sheet]:
    """The place of each step, what is shown in them in the order of ``show_dense``, and the
    accuracy, which comes after it."""
    fill = ["fill", "tall"]
    with gr.Column(elem_classes=fill) as bill_place:
        bill = Sheet(label="bill", elem_id="convolution-dense-bill")
    with gr.Column(visible=False) as template_place:
        template = Sheet(label="template", elem_id="convolution-dense-template")
    with gr.Column(visible=False) as shift_place:
        with gr.Row():
            with gr.Column(scale=2, min_width=180):
                board = dense_shift.ShiftBoard(elem_id="convolution-dense-board")
            with gr.Column(scale=5, min_width=300):
                answers = Sheet(label="answers", elem_id="convolution-dense-answers")
        accuracy = Sheet(label="accuracy", elem_id="convolution-dense-accuracy")
    with gr.Column(visible=False, elem_classes=fill) as filters_place:
        filters = dense_filters.FilterColumns(
            elem_id="convolution-dense-filters", elem_classes=fill
        )
    with gr.Column(visible=False) as flat_place:
        flat = dense_filters.FlatVolume(elem_id="convolution-dense-flat")
    places: list[Part] = [
        (bill_place, (BILL,)), (template_place, (TEMPLATE,)), (shift_place, (SHIFT,)),
        (filters_place, (FILTERS,)), (flat_place, (FLATTEN,)),
    ]  # fmt: skip
    return places, [bill, template, board, answers, filters, flat], accuracy


_SHOW = """(step) => STEPS.map((own) => ({__type__: 'update', visible: own.includes(step)}))"""


def _show_chosen(tab: lesson.Tab, step: gr.Radio, parts: list[Part]) -> None:
    """In the browser alone: what belongs to the chosen step, also where a link chose it."""
    js = _SHOW.replace("STEPS", json.dumps([own for _, own in parts]))
    tab.run(step.change, None, step, [part for part, _ in parts], api_name=None, js=js)


def _add_endpoints(tab: lesson.Tab, controls: dict[str, Any]) -> None:
    """Each step by itself, for those who call the page."""
    picture = ui.SafeImage(visible=False, label="A picture of one digit")
    row, column = (
        ui.Slider(0, 25, 12, step=1, label=label, visible=False) for label in ("Row", "Column")
    )
    numbers = gr.JSON(visible=False, label="numbers")
    wiring = lesson.Controls(Wiring, **{one.name: controls[one.name] for one in fields(Wiring)})
    tab.endpoint(answer_bill, [], numbers, settings=wiring, api_name="convolution_dense_bill")
    tab.endpoint(
        answer_template, [controls["cells"], controls["threshold"]], numbers,
        api_name="convolution_dense_template",
    )  # fmt: skip
    tab.endpoint(
        answer_shift, [picture, controls["right"], controls["down"]], numbers,
        api_name="convolution_dense_shift",
    )  # fmt: skip
    tab.endpoint(
        answer_column, [picture, row, column], numbers, api_name="convolution_dense_column"
    )

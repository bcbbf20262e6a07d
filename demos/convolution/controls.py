"""The settings of the convolution tab and the controls that set them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from cvcore.convolution import PADDING_MODES, kernels, windows
from cvcore.convolution.operation import SHOW, Operation
from cvcore.core import checks
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import NumberTable
from demos.convolution.names import MATRIX, PADDING, PICTURE, POOLING
from demos.convolution.presets import MATRICES, MAX_MATRIX, kernel_value, matrix_value

MAX_KERNEL = 7  # rows and columns
PADDINGS = ("valid", "same", "full", *map(str, range(1, 9)))
OWN = "your own"  # what a table is called whose numbers are no preset's
LIMIT = 1_000_000  # of a bias or a channel's factor, either way, as of a cell
CHANNELS = ("grey", "each of R, G, B", "depth: R + G + B")
FIRST_MATRIX = "digit 9"


@dataclass(frozen=True)
class Window:
    """A kernel and how it slides: see ``cvcore.convolution.convolve``."""

    kernel: Any = "loop"  # a name, rows of numbers, or a table's value
    stride: float = 1  # cells, 1 to 8
    padding: str = "valid"  # a word or cells on every side
    padding_mode: str = "zero"  # what lies outside
    dilation: float = 1  # 1 to 8
    transposed: bool = False
    output_padding: float = 0  # rows and columns more, of a transposed convolution, 0 to 7

    def to_operation(self, *, depth: bool = False) -> Operation:
        """With ``depth`` the kernel has a factor for each of R, G and B."""
        kernel = self.kernel
        if isinstance(kernel, str):
            kernel = kernel_value(kernel)
        elif not isinstance(kernel, dict):
            kernel = {"cells": kernel}
        weights = kernels.check_kernel(kernel.get("cells"), max_side=MAX_KERNEL)
        divide_by = str(kernel.get("divide_by", "nothing"))
        channels = kernel.get("channels", [1, 1, 1])
        if depth and (not isinstance(channels, list) or len(channels) != 3):
            raise InputError("A kernel with depth needs three factors: for R, G and B.")
        return Operation(
            weights,
            divisor=kernels.kernel_divisor(weights, divide_by),
            bias=_check_limit("The bias", kernel.get("bias", 0)),
            stride=checks.check_whole("The stride", self.stride, 1, windows.MAX_STRIDE),
            padding=self.padding,
            padding_mode=self.padding_mode,
            dilation=checks.check_whole("The dilation", self.dilation, 1, windows.MAX_DILATION),
            transposed=bool(self.transposed),
            channel_weights=tuple(_check_limit("A channel's factor", c) for c in channels)
            if depth
            else None,
            output_padding=checks.check_whole("The output padding", self.output_padding, 0, 7)
            if self.transposed
            else 0,
        )


def _check_limit(name: str, value: Any) -> float:
    number = checks.as_number(value, -LIMIT, LIMIT)
    if number is None:
        raise InputError(
            f"{name} must be a number from −{LIMIT:,} to {LIMIT:,}; got {checks.show(value)}."
        )
    return number


@dataclass(frozen=True)
class MatrixSettings(Window):
    """The window over a small matrix, and the pooling that follows."""

    pool_size: float = 2  # cells, 1 to 4
    pool_stride: float = 1  # cells, 1 to 4


@dataclass(frozen=True)
class PictureSettings(Window):
    """The window over a picture, and how its result is shown."""

    kernel: Any = "Sobel x"
    channels: str = CHANNELS[0]
    show: str = SHOW[1]

    def to_operation(self) -> Operation:
        return super().to_operation(depth=self.channels == CHANNELS[2])


@dataclass(frozen=True)
class Panel:
    """The controls beside the views."""

    matrix: NumberTable
    picture: gr.Image
    kernel: NumberTable  # for the matrix
    picture_kernel: NumberTable
    window: dict[str, Any]  # by field of ``Window``, without the kernel and the last
    output_padding: gr.Slider  # the last, which came later: calls may give values in their order
    look: dict[str, Any]  # the other fields of ``PictureSettings``


def build_panel(tab: lesson.Tab) -> Panel:
    """Input and kernel, the window, and what a picture's channels are, each in its views."""
    stage, d = tab.stage, PictureSettings()
    picture = stage.picture_input(sample="chelsea")
    with stage.controls(MATRIX):
        matrix = _build_matrix(tab)
        kernel = _build_kernel(tab, MatrixSettings.kernel, "convolution-kernel")
    with stage.controls(PICTURE, POOLING, PADDING, lesson.LIVE):
        picture_kernel = _build_kernel(tab, PictureSettings.kernel, "convolution-picture-kernel")
    window, output_padding = _build_window(stage)
    with stage.more(PICTURE, lesson.LIVE):
        look = {
            "channels": ui.Dropdown(list(CHANNELS), value=d.channels, label="Channels"),
            "show": ui.Dropdown(list(SHOW), value=d.show, label="Show the result"),
        }
    return Panel(matrix, picture, kernel, picture_kernel, window, output_padding, look)


# What of a table makes it a preset.
_NAME = """const presets = PRESETS;
  const read = (one) => JSON.stringify(
    one.cells ? [one.cells, one.divide_by, one.bias, one.channels] : String(one).trim());
  const name = (one) => Object.keys(presets).find((key) => read(presets[key]) === read(one)) || OWN;
"""
_CHOOSE = "(chosen, table) => { const presets = PRESETS; return presets[chosen] || table; }"
_RENAME = f"(table) => {{ {_NAME} return name(table); }}"
_OPEN = f"""(chosen, table) => {{ {_NAME} const same = {{__type__: 'update'}};
  if (chosen === name(table)) return [same, same];
  return presets[chosen] ? [presets[chosen], same] : [same, name(table)]; }}"""


def follow_presets(
    tab: lesson.Tab,
    menu: gr.Dropdown,
    table: NumberTable | gr.Textbox,
    presets: Mapping[str, dict | str],
) -> None:
    """A preset that is chosen, or named by a link, fills the table; a table that a visitor changes
    is called by the preset that it equals, or the visitor's own."""

    def write(script: str) -> str:
        return script.replace("PRESETS", json.dumps(presets)).replace("OWN", json.dumps(OWN))

    tab.run(menu.input, None, [menu, table], table, api_name=None, js=write(_CHOOSE))
    tab.run(table.change, None, table, menu, api_name=None, js=write(_RENAME))
    tab.run(tab.opened.change, None, [menu, table], [table, menu], api_name=None, js=write(_OPEN))


def _build_matrix(tab: lesson.Tab) -> NumberTable:
    preset = ui.Dropdown(
        [*MATRICES, OWN], value=FIRST_MATRIX, label="Input", elem_classes=["beside"]
    )
    with gr.Accordion("Type or draw the input", open=False):
        matrix = NumberTable(
            matrix_value(FIRST_MATRIX), limit=MAX_MATRIX, label="matrix",
            elem_id="convolution-matrix",
        )  # fmt: skip
    follow_presets(tab, preset, matrix, {name: matrix_value(name) for name in MATRICES})
    return matrix


def _build_kernel(tab: lesson.Tab, first: str, elem_id: str) -> NumberTable:
    preset = ui.Dropdown(
        [*kernels.KERNELS, OWN], value=first, label="Kernel", elem_classes=["beside"]
    )
    kernel = NumberTable(
        kernel_value(first), limit=MAX_KERNEL, centred=True, label="kernel", elem_id=elem_id
    )
    named = {name: kernel_value(name) for name in kernels.KERNELS}
    follow_presets(tab, preset, kernel, named)
    return kernel


def _build_window(stage: lesson.Stage) -> tuple[dict[str, Any], gr.Slider]:
    """Stride, padding, what lies outside, dilation, transposed, by field of ``Window``, and the
    output padding."""
    d, views = Window(), (MATRIX, PICTURE, lesson.LIVE)
    with stage.controls(*views, PADDING), gr.Column(elem_classes=["in-twos"]):
        with stage.part(*views):
            stride = ui.Slider(1, 8, d.stride, step=1, label="Stride")
        with stage.part(*views, PADDING):
            dilation = ui.Slider(1, 8, d.dilation, step=1, label="Dilation")
    with stage.controls(*views):
        padding = ui.Dropdown(
            list(PADDINGS), value=d.padding, label="Padding", elem_id="convolution-padding",
            elem_classes=["beside"],
        )  # fmt: skip
    with stage.more(*views):
        padding_mode = ui.Dropdown(list(PADDING_MODES), value=d.padding_mode, label="Outside is")
        transposed = gr.Checkbox(d.transposed, label="Transposed convolution", container=False)
        output_padding = _build_output_padding(transposed)
    window = {
        "stride": stride, "padding": padding, "padding_mode": padding_mode, "dilation": dilation,
        "transposed": transposed,
    }  # fmt: skip
    return window, output_padding


def _build_output_padding(transposed: gr.Checkbox) -> gr.Slider:
    """Shown where it acts: beside a transposed convolution."""
    d = Window()
    slider = ui.Slider(
        0, 7, d.output_padding, step=1, label="Output padding", visible=d.transposed,
        elem_id="convolution-output-padding",
    )  # fmt: skip
    transposed.change(
        lambda on: gr.update(visible=on), transposed, slider, show_progress="hidden",
        api_visibility="private",
    )  # fmt: skip
    return slider


def to_changes(components: Any) -> list[Any]:
    """What a visitor's change fires: a table's or picture's new value, a control's input."""
    return [
        component.change if isinstance(component, NumberTable | gr.Image) else component.input
        for component in components
    ]

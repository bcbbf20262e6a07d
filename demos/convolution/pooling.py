"""Max and average pooling, side by side."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.convolution import windows
from cvcore.convolution.operation import largest_difference, pool_snippet, pool_torch
from cvcore.core import checks
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import NumberTable, PoolWalk, pool_value
from demos.convolution.controls import CHANNELS, Panel, PictureSettings, Window, to_changes
from demos.convolution.names import POOLING
from demos.convolution.picture import prepare_picture
from demos.convolution.presets import POOL_EXAMPLE, read_matrix
from demos.convolution.views import build_snippet, describe_check, to_csv, to_numbers

POOLED_SIDE = 160  # pixels: small enough that single pixels can be seen
MAX_TABLE = 16  # rows and columns
SOURCES = {"matrix": 2, "picture": 4}  # what can be pooled, and a window that suits it
FIRST_SOURCE = "matrix"


def pool_input(
    source: str,
    matrix: Any = None,
    picture: np.ndarray | None = None,
    kernel: Any = PictureSettings.kernel,
    kernel_first: bool = False,
    size: float = SOURCES[FIRST_SOURCE],
    stride: float = SOURCES[FIRST_SOURCE],
) -> tuple[dict, str, str, str, Any, dict]:
    """Max and average pooling, side by side: canvas, sizes, torch program, badge, CSV, numbers.

    ``source`` picks the matrix or the picture, which is pooled in grey; with ``kernel_first`` what
    the kernel and ReLU make of the picture.
    """
    if source not in SOURCES:
        raise InputError(f"Pool one of: {', '.join(SOURCES)}.")
    if source == "matrix":
        return _pool(read_matrix(matrix), size, stride, is_picture=False)
    image = prepare_picture(picture, CHANNELS[0], max_side=POOLED_SIDE).astype(np.float64)
    if kernel_first:
        image = Window(kernel, padding="same").to_operation().apply(image)
        image = np.rint(np.clip(image, 0, 255))  # ReLU, and whole numbers to look at
    return _pool(image, size, stride, is_picture=True)


def _pool(image: np.ndarray, size: float, stride: float, *, is_picture: bool) -> tuple:
    watch = Stopwatch()
    size = checks.check_whole("The pooling size", size, 1, windows.MAX_KERNEL)
    stride = checks.check_whole("The pooling stride", stride, 1, windows.MAX_STRIDE)
    fits = [windows.fit_window(side, size, stride=stride) for side in image.shape]
    sizes = "  \n".join(windows.describe_fit(*fits).splitlines())
    try:
        value, maps = pool_value(image, size, stride, is_picture=is_picture)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", "", None, {}
    watch.lap("pooling and drawing")
    differences = [
        largest_difference(maps[mode], pool_torch(image, size, stride, mode))
        for mode in ("max", "average")
    ]
    check = describe_check(["max_pool2d", "avg_pool2d"], differences, float(np.abs(image).max()))
    left = maps["max"].size / image.size
    never = float((maps["wins"] == 0).mean())
    sizes += (
        f"  \n{check}  \n{left:.1%} of the numbers are left; {never:.0%} of the input's cells won "
        "no window, so max pooling forgets them."
    )
    table = "\n\n".join(f"{mode}\n{to_csv(maps[mode])}" for mode in ("max", "average"))
    file = ui.download_value("pooled.csv", table.encode(), "text/csv")
    numbers = {"share_of_numbers_left": left, "share_of_cells_without_a_win": never}
    if not is_picture:  # whose maps are pictures, too large to be sent as numbers at every move
        names = {"max pooling": "max", "average pooling": "average", "windows won": "wins"}
        numbers |= to_numbers({words: maps[name] for words, name in names.items()})
    return value, sizes, pool_snippet(image, size, stride), ui.badge(watch.ms), file, numbers


def suggest_window(source: str) -> tuple[int, int]:
    """Size and stride that suit what is pooled."""
    return SOURCES[source], SOURCES[source]


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, panel: Panel) -> None:
    """What is pooled and by which window, and the canvas."""
    first, stage = SOURCES[FIRST_SOURCE], tab.stage
    with stage.controls(POOLING, first=True):
        source = ui.Radio(list(SOURCES), value=FIRST_SOURCE, label="Input")
        size = ui.Slider(1, 16, first, step=1, label="Pooling size")
        stride = ui.Slider(1, 16, first, step=1, label="Pooling stride")
        with gr.Accordion("Edit the matrix", open=False):
            matrix = NumberTable({"cells": POOL_EXAMPLE}, limit=MAX_TABLE, label="matrix")
        kernel_first = gr.Checkbox(False, label="First the kernel and ReLU (picture)")
    section = stage.views[POOLING]
    with section:
        walk = PoolWalk(
            label="pooled maps", elem_id="convolution-pool-walk", elem_classes=["fill", "tall"]
        )
        with gr.Row(elem_classes=["told"]):
            sizes = gr.Markdown(label="sizes", elem_id="convolution-pool-sizes")
    snippet = build_snippet(stage, POOLING)
    with stage.told(POOLING):
        badge = ui.Badge(label="timings")
        file = ui.Download("Pooled maps as a table")
        numbers = gr.JSON(visible=False, label="numbers")
    inputs = [
        source, matrix, panel.picture, panel.picture_kernel, kernel_first, size, stride,
    ]  # fmt: skip
    outputs = [walk, sizes, snippet, badge, file, numbers]
    lazy.add(
        POOLING, section, pool_input, inputs, outputs, api_name="convolution_pool", kind="stream",
        follows=to_changes(inputs[1:]),
    )  # fmt: skip
    suited = tab.run(source.input, suggest_window, source, [size, stride], api_name=None)
    tab.run(suited.then, pool_input, inputs, outputs, api_name=None)

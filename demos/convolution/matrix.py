"""A kernel on a small matrix, number by number."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

from cvcore import convolution
from cvcore.convolution import windows
from cvcore.convolution.operation import largest_difference, pool_torch
from cvcore.core import checks
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import ConvolutionWalk, walk_value
from demos.convolution.controls import MAX_KERNEL, MatrixSettings, Panel, to_changes
from demos.convolution.names import MATRIX
from demos.convolution.presets import read_matrix
from demos.convolution.views import (
    build_snippet,
    describe_check,
    describe_finding,
    describe_sizes,
    to_csv,
    to_numbers,
)


def walk_matrix(matrix: Any, settings: MatrixSettings) -> tuple[dict, str, str, str, Any, dict]:
    """A small matrix convolved, by ReLU, pooled: canvas, sizes, finding, badge, CSV, numbers."""
    watch = Stopwatch()
    image = read_matrix(matrix)
    operation = settings.to_operation()
    size = checks.check_whole("The pooling size", settings.pool_size, 1, MAX_KERNEL)
    step = checks.check_whole("The pooling stride", settings.pool_stride, 1, MAX_KERNEL)
    sizes = describe_sizes(operation, image.shape)
    try:
        result = operation.apply(image)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", "", None, {}
    relu = np.maximum(result, 0)
    branches = {}
    if min(relu.shape) >= size:
        branches = {
            f"{mode} pool": convolution.pool(relu, size, stride=step, mode=mode)
            for mode in ("max", "average")
        }
    watch.lap("convolution")
    value = walk_value(operation, image, result, relu=relu, branches=branches)
    watch.lap("drawing")
    file = ui.download_value("feature_map.csv", to_csv(result).encode(), "text/csv")
    numbers = to_numbers({"feature map": result, "ReLU": relu, **branches})
    return value, sizes, describe_finding(operation, result), ui.badge(watch.ms), file, numbers


def check_matrix(matrix: Any, settings: MatrixSettings) -> tuple[str, str]:
    """The same numbers by torch: how far they differ, and a program that prints them."""
    image = read_matrix(matrix)
    operation = settings.to_operation()
    size, step = int(settings.pool_size), int(settings.pool_stride)
    try:
        result = operation.apply(image)
    except windows.NothingFitsError:
        return "", ""
    differences = [largest_difference(result, operation.apply_torch(image))]
    names = ["conv_transpose2d" if operation.transposed else "conv2d"]
    relu = np.maximum(result, 0)
    fits = min(relu.shape) >= size
    if fits:
        names += ["max_pool2d", "avg_pool2d"]
        differences += [
            largest_difference(
                convolution.pool(relu, size, stride=step, mode=mode),
                pool_torch(relu, size, step, mode),
            )
            for mode in ("max", "average")
        ]
    snippet = operation.torch_snippet(image, pool=(size, step) if fits else None)
    return describe_check(names, differences, float(np.abs(result).max())), snippet


def once_opened(fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn`` once the lesson counts as opened: this view shows before a link sets its controls."""

    def handle(opened: int, matrix: Any, settings: MatrixSettings) -> Any:
        return fn(matrix, settings) if opened else gr.skip()

    return handle


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, panel: Panel) -> None:
    """The canvas, what is said about it, and the pooling that follows."""
    d, stage = MatrixSettings(), tab.stage
    with stage.controls(MATRIX), gr.Column(elem_classes=["in-twos"]):
        pooling = {
            "pool_size": ui.Slider(1, 4, d.pool_size, step=1, label="Pooling size"),
            "pool_stride": ui.Slider(1, 4, d.pool_stride, step=1, label="Pooling stride"),
        }
    section = stage.views[MATRIX]
    with section:
        walk = ConvolutionWalk(
            label="feature map", elem_id="convolution-walk", elem_classes=["fill", "tall"]
        )
        with gr.Row(elem_classes=["told"]):
            finding = gr.Markdown(label="finding", elem_id="convolution-finding")
            with gr.Column():
                sizes = gr.Markdown(label="sizes", elem_id="convolution-sizes")
                check = gr.Markdown("Comparing with torch …", elem_id="convolution-check")
    snippet = build_snippet(stage, MATRIX)
    with stage.told(MATRIX):
        badge = ui.Badge(label="timings")
        file = ui.Download("Feature map as a table")
        numbers = gr.JSON(visible=False, label="numbers")
    settings = lesson.Controls(
        MatrixSettings, kernel=panel.kernel, **panel.window, **pooling,
        output_padding=panel.output_padding,
    )  # fmt: skip
    outputs = [walk, sizes, finding, badge, file, numbers]
    inputs = [tab.opened, panel.matrix]
    tab.endpoint(
        walk_matrix, [panel.matrix], outputs, settings=settings, api_name="convolution_matrix"
    )
    fn = once_opened(walk_matrix)
    runs = [tab.on_open(fn, inputs, outputs, settings=settings)]
    runs += lazy.add(
        MATRIX, section, fn, inputs, outputs, settings=settings, api_name=None, kind="stream",
        follows=to_changes([panel.matrix, *settings]),
    )  # fmt: skip
    for run in runs:
        tab.run(
            run.then, once_opened(check_matrix), inputs, [check, snippet], settings=settings,
            api_name=None, kind="stream",
        )  # fmt: skip

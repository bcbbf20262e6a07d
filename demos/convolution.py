"""Tab: convolution and pooling. A window slides over numbers, multiplies and adds up."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from cvcore import kernels, layers
from cvcore.operation import SHOW
from demos import convolution_handlers as handlers
from demos import convolution_views as views
from demos import ui
from demos.convolution_canvas import ConvolutionWalk, NumberTable, PoolWalk, Report

TITLE = "Convolution and pooling"
SHORT = "Convolution"  # on the tab's button
SUMMARY = "A small window slides over the numbers of a picture, multiplies, and adds up."

LESSON = r"""
A **convolution** lays a small table of weights, the **kernel** $K$, on every patch of the input
$X$. It multiplies cell by cell and adds up; the sum, plus a **bias** $b$, is one cell of the
**feature map**:
$$Y_{i,j} = b + \sum_{u,v} K_{u,v}\; X_{iS + uD - P,\; jS + vD - P}$$
The answer is large where the patch looks like the kernel, wherever in the picture that is. With
colour the kernel has a **depth**: one table a channel, and all their products go into one sum.

A window of $F$ cells, moved by a **stride** $S$ over $W$ cells with **padding** $P$ on both sides,
fits this often; **dilation** $D$ stretches the window to $D(F-1)+1$:
$$\left\lfloor \frac{W - F + 2P}{S} \right\rfloor + 1$$
*valid* pads nothing, *same* keeps the size (at stride 1), *full* counts every window that touches a
cell. A **transposed** convolution runs these shapes backwards: every input cell stamps the kernel,
times its value, onto a larger output.

**ReLU** keeps what is above 0. **Pooling** keeps one number a window: the maximum or the average.
The maximum stays the same when what it found moves a little. Libraries do not flip the kernel, so
strictly this is cross-correlation; it makes no difference to a network, which learns its weights.
"""

PADDINGS = ["valid", "same", "full", "1", "2", "3"]


MATRIX, PICTURE, WEBCAM = "Small matrix", "Picture", "Webcam"
POOLING, PADDING, STACKS = "Pooling", "Padding compared", "Sizes and stacks"


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    view = gr.State()  # the name of the view that is open; None for a call through the API
    with gr.Row():
        with gr.Column(scale=2, min_width=320) as panel:
            with gr.Row():
                with gr.Column(min_width=190) as matrix_box:
                    preset = ui.Dropdown(list(handlers.MATRICES), value="digit 9", label="Input")
                    matrix = NumberTable(
                        handlers.matrix_value("digit 9"),
                        limit=handlers.MAX_MATRIX,
                        elem_id="convolution-matrix",
                    )
                with gr.Column(min_width=190, visible=False) as picture_box:
                    picture = tab.picture_input(
                        sample="chelsea", elem_id="convolution-picture", height=200
                    )
                with gr.Column(min_width=190):
                    named = ui.Dropdown(list(kernels.KERNELS), value="loop", label="Kernel")
                    kernel = NumberTable(
                        handlers.kernel_value("loop"),
                        limit=handlers.MAX_KERNEL,
                        centred=True,
                        elem_id="convolution-kernel",
                    )
            with gr.Column() as window_box:
                window = _build_window()
            with gr.Row(visible=False) as look_box:
                channels = ui.Dropdown(
                    list(handlers.CHANNELS), value=handlers.CHANNELS[0], label="Channels"
                )
                show = ui.Dropdown(list(SHOW), value=SHOW[1], label="Show the result")
        with gr.Column(scale=4, min_width=320), gr.Tabs() as opened:
            with gr.Tab(MATRIX):
                _build_matrix(tab, view, matrix, kernel, window)
            with gr.Tab(PICTURE) as block:
                _build_picture(tab, view, block, picture, kernel, window, channels, show)
            with gr.Tab(WEBCAM):
                tab.live(handlers.process_frame, [kernel, *window, channels, show])
            with gr.Tab(POOLING) as block:
                _build_pooling(tab, view, block, picture, kernel)
            with gr.Tab(PADDING) as block:
                _build_padding(tab, view, block, picture, kernel, window)
            with gr.Tab(STACKS) as block:
                _build_stacks(tab, block)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.convolution:convolve",
        "cvcore.convolution:convolve_transposed",
        "cvcore.convolution:pool",
        "cvcore.windows:output_size",
        "cvcore.layers:describe_stack",
    )
    tab.run(preset.input, handlers.matrix_value, preset, matrix, api_name=None)
    tab.run(named.input, handlers.kernel_value, named, kernel, api_name=None)
    tab.on_open(lambda: MATRIX, None, view)
    opened.select(
        show_controls,
        None,
        [view, panel, matrix_box, picture_box, window_box, look_box],
        js=ui.STOP_CAMERAS,
        show_progress="hidden",
        api_visibility="private",
    )


def show_controls(event: gr.SelectData) -> list[Any]:
    """Beside each view, only the controls that it listens to."""
    name = str(event.value)
    return [
        name,
        gr.Column(visible=name != STACKS),
        gr.Column(visible=name == MATRIX),
        gr.Column(visible=name in (PICTURE, POOLING, PADDING)),
        gr.Column(visible=name != POOLING),
        gr.Row(visible=name in (PICTURE, WEBCAM)),
    ]


def only_in(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    """``fn`` with one argument more, the open view: nothing is computed for a view unseen."""

    @wraps(fn)
    def gated(*args: Any) -> Any:
        *values, view = args
        return fn(*values) if view in (None, name) else gr.skip()

    signature = inspect.signature(fn)
    view = inspect.Parameter("view", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    gated.__signature__ = signature.replace(parameters=[*signature.parameters.values(), view])
    return gated


def _build_window() -> list[Any]:
    """Stride, padding, what lies outside, dilation, transposed: as handlers take them."""
    with gr.Row():
        stride = ui.Slider(1, 8, 1, step=1, label="Stride", min_width=120)
        dilation = ui.Slider(1, 8, 1, step=1, label="Dilation", min_width=120)
    with gr.Row():
        padding = ui.Dropdown(
            PADDINGS,
            value="valid",
            label="Padding",
            allow_custom_value=True,
            min_width=120,
            elem_id="convolution-padding",
        )
        padding_mode = ui.Dropdown(
            ["zero", "reflect", "replicate"], value="zero", label="Outside is", min_width=120
        )
    transposed = gr.Checkbox(False, label="Transposed convolution", container=False)
    return [stride, padding, padding_mode, dilation, transposed]


def _changes(*components: Any) -> list[Any]:
    """What a visitor's change fires: a table's or picture's new value, a control's input."""
    return [
        component.change if isinstance(component, NumberTable | gr.Image) else component.input
        for component in components
    ]


def _build_matrix(tab: ui.Tab, view: gr.State, matrix: Any, kernel: Any, window: list) -> None:
    walk = ConvolutionWalk(elem_id="convolution-walk")
    finding = gr.Markdown(elem_id="convolution-finding")
    with gr.Row():
        with gr.Column(min_width=280):
            sizes = gr.Markdown(elem_id="convolution-sizes")
            check = gr.Markdown("Comparing with torch …", elem_id="convolution-check")
        with gr.Column(min_width=280), gr.Row():
            pool_size = ui.Slider(1, 4, 2, step=1, label="Pooling size", min_width=120)
            pool_stride = ui.Slider(1, 4, 1, step=1, label="Pooling stride", min_width=120)
    snippet = _build_snippet()
    with gr.Row():
        badge = ui.Badge()
        file = ui.Download("Feature map as a table")
    inputs = [matrix, kernel, *window, pool_size, pool_stride]
    outputs, checked = [walk, sizes, finding, badge, file], [check, snippet]
    tab.on_open(handlers.walk_matrix, inputs, outputs)
    tab.on_open(handlers.check_matrix, inputs, checked)
    tab.run(
        _changes(*inputs),
        only_in(MATRIX, handlers.walk_matrix),
        [*inputs, view],
        outputs,
        api_name="convolution_matrix",
        kind="stream",
    ).then(
        ui.guard(only_in(MATRIX, handlers.check_matrix)),
        [*inputs, view],
        checked,
        show_progress="hidden",
        api_visibility="private",
    )


def _build_snippet() -> gr.Code:
    with gr.Accordion("The same in torch, to copy and run", open=False):
        return gr.Code(language="python", interactive=False, show_label=False)


def _build_picture(
    tab: ui.Tab,
    view: gr.State,
    block: gr.Tab,
    picture: Any,
    kernel: Any,
    window: list[Any],
    channels: Any,
    show: Any,
) -> None:
    walk = ConvolutionWalk(elem_id="convolution-picture-walk")
    sizes = gr.Markdown(elem_id="convolution-picture-sizes")
    check = gr.Markdown("Comparing with torch …", elem_id="convolution-picture-check")
    snippet = _build_snippet()
    with gr.Row():
        badge = ui.Badge()
        file = ui.Download("Feature map as a picture")
        source = ui.Download("picture.png, for the torch program")
    inputs = [picture, kernel, *window, channels]
    outputs, checked = [walk, sizes, badge, file], [check, snippet, source]
    then = {"show_progress": "hidden", "api_visibility": "private"}
    tab.run(
        _changes(*inputs, show),
        only_in(PICTURE, handlers.walk_picture),
        [*inputs, show, view],
        outputs,
        api_name="convolution",
        kind="stream",
    ).then(ui.guard(only_in(PICTURE, handlers.check_picture)), [*inputs, view], checked, **then)
    tab.run(block.select, handlers.walk_picture, [*inputs, show], outputs, api_name=None).then(
        ui.guard(handlers.check_picture), inputs, checked, **then
    )


def _build_pooling(tab: ui.Tab, view: gr.State, block: gr.Tab, picture: Any, kernel: Any) -> None:
    with gr.Row():
        source = ui.Radio(list(views.POOL_SOURCES), value="matrix", label="Input")
        kernel_first = gr.Checkbox(False, label="First the kernel and ReLU (picture)")
        size = ui.Slider(1, 16, 2, step=1, label="Pooling size", min_width=120)
        stride = ui.Slider(1, 16, 2, step=1, label="Pooling stride", min_width=120)
    walk = PoolWalk(elem_id="convolution-pool-walk")
    sizes = gr.Markdown(elem_id="convolution-pool-sizes")
    with gr.Accordion("Edit the matrix", open=False):
        matrix = NumberTable({"cells": handlers.POOL_EXAMPLE}, limit=16)
    snippet = _build_snippet()
    with gr.Row():
        badge = ui.Badge()
        file = ui.Download("Pooled maps as a table")
    inputs = [source, matrix, picture, kernel, kernel_first, size, stride]
    outputs = [walk, sizes, snippet, badge, file]
    tab.run(
        _changes(*inputs[1:]),
        only_in(POOLING, views.pool_input),
        [*inputs, view],
        outputs,
        api_name="convolution_pool",
        kind="stream",
    )
    tab.run(block.select, views.pool_input, inputs, outputs, api_name=None)
    tab.run(
        source.input,
        lambda name: (views.POOL_SOURCES[name],) * 2,
        source,
        [size, stride],
        api_name=None,
    ).then(ui.guard(views.pool_input), inputs, outputs, api_visibility="private")


def _build_padding(
    tab: ui.Tab, view: gr.State, block: gr.Tab, picture: Any, kernel: Any, window: list[Any]
) -> None:
    finding = gr.Markdown(elem_id="convolution-padding-finding")
    maps = Report(elem_id="convolution-padding-maps")
    badge = ui.Badge()
    dilation = window[3]
    inputs, outputs = [picture, kernel, dilation], [maps, finding, badge]
    tab.run(
        _changes(*inputs),
        only_in(PADDING, views.compare_borders),
        [*inputs, view],
        outputs,
        api_name="convolution_padding",
        kind="stream",
    )
    tab.run(block.select, views.compare_borders, inputs, outputs, api_name=None)


def _build_stacks(tab: ui.Tab, block: gr.Tab) -> None:
    name = next(iter(layers.STACKS))
    with gr.Row():
        with gr.Column(scale=1, min_width=280):
            preset = ui.Dropdown(list(layers.STACKS), value=name, label="Stack")
            text = gr.Textbox(
                layers.STACKS[name],
                lines=12,
                max_lines=26,
                label="One layer a line",
                elem_id="convolution-stack-text",
            )
            gr.Markdown(
                "`input 28x28x1` · `conv 32 3x3 same stride 2` · `conv 32 3x3 padding 1` · "
                "`max pool 2x2 stride 2` · `flatten` · `dense 10` · `relu`"
            )
        with gr.Column(scale=3, min_width=320):
            table = Report(elem_id="convolution-stack")
    tab.run(
        [text.change],
        views.describe_stack,
        text,
        table,
        api_name="convolution_stack",
        kind="stream",
    )
    tab.run(block.select, views.describe_stack, text, table, api_name=None)
    tab.run(preset.input, lambda chosen: layers.STACKS[chosen], preset, text, api_name=None)

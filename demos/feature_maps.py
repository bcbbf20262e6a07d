"""Tab: feature maps. What does a network compute inside, layer by layer?"""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.errors import InputError
from cvcore.timing import Stopwatch
from demos import feature_maps_digits as digits
from demos import feature_maps_layer as layer_views
from demos import feature_maps_live as live
from demos import feature_maps_unit as unit_views
from demos import ui
from demos.feature_maps_kept import (
    DEFAULT_MODEL,
    Kept,
    to_channel,
    to_grid,
    to_stages,
)
from demos.feature_maps_widgets import ChannelView, MapGrid, Stages

TITLE = "Feature maps"
SUMMARY = "What does a network compute inside, layer by layer? Pick a stage, a layer, a channel."
DEFAULT_LAYER = "act1"
SORTS = [("number", "index"), ("mean", "mean"), ("maximum", "maximum")]
SCALES = [("each channel", "channel"), ("the layer", "layer"), ("all layers of its kind", "global")]

LESSON = r"""
Every layer turns a stack of maps into another stack of maps. Channel $c$ of a **convolution** is
$$y_c = \sum_k w_{c,k} * x_k + b_c$$
a small window that slides over *all* maps below it: a detector for one pattern, and its map says
where the pattern is. **ReLU** cuts away what is below zero, so most places of most maps are
exactly 0. Early maps are large and simple (edges, colours), late maps small and abstract: while the
picture shrinks, the number of channels grows.

**Receptive field.** A place in a late map sees more of the picture than a place in an early one.
Put together from the windows on the way: with window $k$, stride $s$, padding $p$, place $i$ sees
from $i\,s-p$ to $i\,s-p+k-1$ of the maps below; layer upon layer this gives the box on the picture.

**Batch norm** moves each channel to mean $\beta$ and deviation $\gamma$:
$y=\gamma\,\frac{x-\mu}{\sqrt{\sigma^2+\varepsilon}}+\beta$, with the $\mu$ and $\sigma^2$ of the
training pictures, not of yours.

**Back to pixels.** The gradient of one place by the pixels tells which pixels would change it most.
*Guided* backpropagation drops what would lower anything on the way: sharper, but it also shows
edges that the unit does not need.

**What it likes best** starts from noise and follows that gradient upwards. Plain pixels end in
high-frequency noise that fools the network; as Fourier coefficients of decorrelated colours,
jittered, turned and zoomed a little at every step, the pattern has to be robust, and shapes appear.

**Silence.** Set a channel to zero and let the rest of the network run: what the answer loses is
what the channel gave. Gradient times activation estimates it for all channels at once; in the last
layer, where only averaging and a weighted sum follow, the estimate is exact.
"""


def look(
    image: np.ndarray | None,
    model: str = DEFAULT_MODEL,
    layer: str = DEFAULT_LAYER,
    sort: str = "index",
    scale: str = "channel",
) -> tuple[dict, dict, dict, int, int, int, str, str, Kept]:
    """Run the network once: stages, all maps of a layer, and the most active channel large."""
    watch = Stopwatch()
    fm = cvcore.feature_maps
    images.check_image(image)
    known = [row.name for row in fm.list_layers(model)]
    if not layer or (layer not in known and layer == DEFAULT_LAYER):
        layer = fm.default_layer(model)
    watch.lap("layers")
    maps, means = fm.survey(image, layer, model=model)
    kept = Kept(model, maps, image)
    watch.lap("network")
    channel = int(maps.order("mean")[0])
    values = (
        to_stages(model, layer, means),
        to_grid(kept, sort, scale, channel),
        to_channel(kept, channel),
    )
    watch.lap("drawing")
    return *values, channel, *values[2]["place"], layer, ui.badge(watch.ms), kept


def redraw(kept: Kept | None, sort: str, scale: str, channel: int) -> dict:
    """The grid in another order or other colours; no network runs."""
    if kept is None:
        return gr.skip()
    return to_grid(kept, sort, scale, int(channel or 0))


def choose_channel(
    kept: Kept | None, channel: int, sort: str, scale: str
) -> tuple[dict, dict, int, int]:
    """One channel large, and marked in the grid; its strongest place is chosen."""
    if kept is None:
        raise InputError(images.NO_PICTURE)
    view = to_channel(kept, channel)
    return view, to_grid(kept, sort, scale, int(channel)), *view["place"]


def pick_channel(event: gr.EventData) -> int:
    """The channel that was clicked in the grid."""
    return int(getattr(event, "channel", 0) or 0)


def pick_layer(event: gr.EventData) -> str:
    """The layer that was clicked in the row of stages."""
    return str(getattr(event, "name", ""))


def pick_place(event: gr.EventData) -> tuple[int, int]:
    """The place that was clicked in the map or on the picture."""
    return int(getattr(event, "row", 0) or 0), int(getattr(event, "column", 0) or 0)


def choose_model(model: str) -> Iterator[tuple[Any, str, Any]]:
    """Fetch the model if need be; without a network the bundled one goes on."""
    try:
        for sentence in ui.fetch_model(model):
            yield gr.skip(), sentence, gr.skip()
    except InputError as error:
        yield DEFAULT_MODEL, str(error), DEFAULT_LAYER
        return
    yield model, "", cvcore.feature_maps.default_layer(model)


def only_when_open(title: str, fn: Callable) -> Callable:
    """``fn``, run only while its view is the one that is open."""

    def handle(view: str, *inputs: Any) -> Any:
        return fn(*inputs) if view == title else gr.skip()

    return handle


def when_ready(fn: Callable) -> Callable:
    """``fn``, run only once there is a pass to look at (its first input)."""

    def handle(kept: Kept | None, *inputs: Any) -> Any:
        return gr.skip() if kept is None else fn(kept, *inputs)

    return handle


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    with gr.Tabs():
        with gr.Tab("Your picture"):
            model, layer = _build_picture(tab)
        with gr.Tab("Webcam") as section:
            live.build(tab, section, model, layer)
        with gr.Tab("Draw a digit, see every map") as section:
            digits.build(tab, section)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.activations:record",
        "cvcore.feature_maps:extract",
        "cvcore.feature_maps:unit_gradient",
        "cvcore.feature_maps:channel_effects",
        "cvcore.maximisation:maximise",
        "cvcore.receptive_field:_slide",
    )


def _build_picture(tab: ui.Tab) -> tuple[gr.Dropdown, gr.Textbox]:
    kept, view = gr.State(), gr.State("pixels")
    stages = Stages(elem_id="feature-maps-stages")
    with gr.Row():
        with gr.Column(scale=5, min_width=260):
            picture = tab.picture_input(
                sample="chelsea", elem_id="feature-maps-picture", height=200
            )
            model = ui.Dropdown(
                ui.list_models("classification"), value=DEFAULT_MODEL, label="Model"
            )
            notice = gr.Markdown()
            layer = gr.Textbox(DEFAULT_LAYER, visible="hidden", label="Layer")
        with gr.Column(scale=16, min_width=320):
            with gr.Row():
                sort = ui.Dropdown(SORTS, value="index", label="Sort by", min_width=120)
                scale = ui.Dropdown(SCALES, value="channel", label="Colours span", min_width=160)
                channel = ui.Number(0, label="Channel", precision=0, minimum=0, min_width=100)
            with gr.Row():
                with gr.Column(min_width=300):
                    grid = MapGrid(elem_id="feature-maps-grid")
                with gr.Column(min_width=300):
                    large = ChannelView(elem_id="feature-maps-channel")
            badge = ui.Badge()

    gr.Markdown("## Look closer")
    with gr.Tabs():

        def connect(
            title: str, section: gr.Tab, fn: Callable, inputs: list, outputs: Any, api_name: str,
            *, controls: list | None = None, follows: list | None = None,
        ) -> None:  # fmt: skip
            """Run a view when it is opened or a control is moved, and while it is open with what
            it follows; an event that a control has is the view's endpoint."""
            section.select(
                lambda: title, None, view, api_visibility="private", show_progress="hidden"
            )
            if controls:
                tab.run(section.select, when_ready(fn), inputs, outputs, api_name=None)
            tab.run(controls or section.select, fn, inputs, outputs, api_name=api_name)
            tab.run(
                [kept.change, *(follows or [])], only_when_open(title, fn), [view, *inputs],
                outputs, api_name=None, kind="stream",
            )  # fmt: skip

        row, column = unit_views.build(tab, connect, kept, channel)
        layer_views.build(tab, connect, kept, channel)

    inputs = [picture, model, layer, sort, scale]
    outputs = [stages, grid, large, channel, row, column, layer, badge, kept]
    hidden = {"api_visibility": "private", "show_progress": "hidden"}
    tab.on_open(look, inputs, outputs)
    tab.run(picture.change, look, inputs, outputs, api_name="feature_maps")
    tab.run(stages.pick, pick_layer, None, layer, api_name=None, show_progress="hidden").then(
        ui.guard(look), inputs, outputs, api_visibility="private"
    )
    tab.run(
        model.input, choose_model, model, [model, notice, layer], api_name=None, kind="heavy"
    ).then(ui.guard(look), inputs, outputs, api_visibility="private")
    tab.run([sort.input, scale.input], redraw, [kept, sort, scale, channel], grid, api_name=None)
    chosen = [kept, channel, sort, scale]
    shown = [large, grid, row, column]
    tab.run(grid.pick, pick_channel, None, channel, api_name=None, show_progress="hidden").then(
        ui.guard(choose_channel), chosen, shown, **hidden
    )
    tab.run([channel.submit, channel.blur], choose_channel, chosen, shown, api_name=None)
    tab.run(large.place, pick_place, None, [row, column], api_name=None, show_progress="hidden")
    return model, layer

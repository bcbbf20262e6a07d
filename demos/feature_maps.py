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
from demos import feature_maps_save as saving
from demos import feature_maps_unit as unit_views
from demos import ui
from demos.feature_maps_kept import (
    DEFAULT_MODEL,
    SCALES,
    Kept,
    to_channel,
    to_grid,
    to_stages,
)
from demos.feature_maps_widgets import ChannelView, MapGrid, Stages

TITLE = "Feature maps"
SUMMARY = "What does a network compute inside, layer by layer? Pick a stage, a layer, a channel."
NETWORKS = ("efficientnet_lite0",)  # made ready
DEFAULT_LAYER = "act1"
STOPPED = "The download was stopped."
# Beside the browser's own numbers, which a link may have set, those that the picture gave.
FILL = """(large, channel, row, column) => !large || !large.place ? [channel, row, column] : [
  channel ?? large.channel, row ?? large.place[0], column ?? large.place[1]]"""
MOVE = """(large, row, column) => large && large.map && row !== null && column !== null
  ? {...large, place: [row, column]} : large"""
SORTS = [("number", "index"), ("mean", "mean"), ("maximum", "maximum")]

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
    channel: int | None = None,
    row: int | None = None,
    column: int | None = None,
) -> tuple[dict, dict, dict, int, int, int, str, str, Kept]:
    """Run the network once: stages, all maps of a layer, and one channel large.

    Without a channel the most active one is shown, without a place its strongest.
    """
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
    channel = int(maps.order("mean")[0]) if channel is None else channel
    channel = fm.check_channel(channel, len(maps.maps))
    place = None
    if row is not None and column is not None:
        place = fm.check_place((row, column), fm.find_layer(model, layer))
    values = (
        to_stages(model, layer, means),
        to_grid(kept, sort, scale, channel),
        to_channel(kept, channel, place),
    )
    watch.lap("drawing")
    return *values, channel, *values[2]["place"], layer, ui.badge(watch.ms), kept


def open_lesson(
    image: np.ndarray | None, model: str, layer: str, sort: str, scale: str, *chosen: int | None
) -> tuple[dict, dict, dict, str, Kept]:
    """As ``look``; channel and place of a link give way to the most active where there are none."""
    try:
        values = look(image, model, layer, sort, scale, *chosen)
    except InputError:
        values = look(image, model, layer, sort, scale)
    return *values[:3], *values[-2:]


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
    return ui.read_int(event, "channel")


def pick_layer(event: gr.EventData) -> str:
    """The layer that was clicked in the row of stages."""
    return str(getattr(event, "name", ""))


def pick_place(event: gr.EventData) -> tuple[int, int]:
    """The place that was clicked in the map or on the picture."""
    return ui.read_int(event, "row"), ui.read_int(event, "column")


def choose_model(model: str) -> Iterator[tuple[Any, str, Any, Any]]:
    """Fetch the model if need be, beside a Stop; without a network the bundled one goes on."""
    try:
        for sentence in ui.fetch_model(model):
            yield gr.skip(), sentence, gr.skip(), gr.update(visible=True)
    except InputError as error:
        yield DEFAULT_MODEL, str(error), DEFAULT_LAYER, gr.update(visible=False)
        return
    yield model, "", cvcore.feature_maps.default_layer(model), gr.update(visible=False)


def give_up_model() -> tuple[str, str, str, Any]:
    """After a download was stopped the bundled model goes on."""
    return DEFAULT_MODEL, STOPPED, DEFAULT_LAYER, gr.update(visible=False)


def only_when_open(title: str, fn: Callable) -> Callable:
    """``fn``, run only while its view is the one that is open and there is a pass to look at."""

    def handle(view: str, kept: Kept | None, *inputs: Any) -> Any:
        return gr.skip() if view != title or kept is None else fn(kept, *inputs)

    return handle


def when_ready(fn: Callable) -> Callable:
    """``fn``, run only once there is a pass to look at (its first input)."""

    def handle(kept: Kept | None, *inputs: Any) -> Any:
        return gr.skip() if kept is None else fn(kept, *inputs)

    return handle


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    with gr.Tabs() as views:
        with gr.Tab("Your picture", id="your-picture"):
            shared = _build_picture(tab)
        with gr.Tab("Webcam") as section:
            live.build(tab, section, views, *shared)
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


def _build_picture(tab: ui.Tab) -> tuple[ui.SafeImage, gr.Dropdown, gr.Textbox]:
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
            stop = gr.Button("Stop the download", variant="stop", size="sm", visible=False)
            layer = ui.Choice(DEFAULT_LAYER, label="Layer")
        with gr.Column(scale=16, min_width=320):
            with gr.Row():
                sort = ui.Dropdown(SORTS, value="index", label="Sort by", min_width=120)
                scale = ui.Dropdown(SCALES, value="channel", label="Colours span", min_width=160)
                channel = ui.Number(None, label="Channel", precision=0, minimum=0, min_width=100)
            with gr.Row():
                with gr.Column(min_width=300):
                    grid = MapGrid(elem_id="feature-maps-grid")
                with gr.Column(min_width=300):
                    large = ChannelView(elem_id="feature-maps-channel")
            badge = ui.Badge()
            saving.build(tab, kept, sort, scale)

    gr.Markdown("## Look closer")
    with gr.Tabs():

        def note_open(title: str, section: gr.Tab) -> None:
            """The other views rest while this one is open."""
            section.select(
                lambda: title, None, view, api_visibility="private", show_progress="hidden"
            )

        def connect(
            title: str, section: gr.Tab, fn: Callable, inputs: list, outputs: Any, api_name: str,
            *, controls: list | None = None, follows: list | None = None,
        ) -> None:  # fmt: skip
            """Run a view when it is opened or a control is moved, and while it is open with what
            it follows; an event that a control has is the view's endpoint."""
            note_open(title, section)
            if controls:
                tab.run(section.select, when_ready(fn), inputs, outputs, api_name=None)
            tab.run(controls or section.select, fn, inputs, outputs, api_name=api_name)
            tab.run(
                [kept.change, *(follows or [])], only_when_open(title, fn), [view, *inputs],
                outputs, api_name=None, kind="stream",
            )  # fmt: skip

        row, column = unit_views.build(tab, connect, note_open, kept, channel)
        layer_views.build(tab, connect, kept, channel)

    inputs, unit = [picture, model, layer, sort, scale], [channel, row, column]
    outputs = [stages, grid, large, *unit, layer, badge, kept]
    hidden = {"api_visibility": "private", "show_progress": "hidden"}
    # What a link has set may come while the tab's first pass runs, so these passes set no control.
    # Another picture is looked at in the same channel and place, so that the two compare.
    for event in (tab.opened.change, picture.change):
        tab.run(
            event, open_lesson, [*inputs, *unit], [stages, grid, large, badge, kept], api_name=None,
        ).then(None, [large, *unit], unit, js=FILL, **hidden)  # fmt: skip
    single = gr.Button(visible=False)
    tab.run(single.click, look, [*inputs, *unit], outputs, api_name="feature_maps")
    tab.run(stages.pick, pick_layer, None, layer, api_name=None, kind="stream").then(
        ui.guard(look), inputs, outputs, api_visibility="private"
    )
    fetched = [model, notice, layer, stop]
    chosen = tab.run(
        model.input, choose_model, model, fetched, api_name=None, kind="heavy",
    )  # fmt: skip
    seen = chosen.then(ui.guard(look), inputs, outputs, api_visibility="private")
    stop.click(None, None, None, cancels=[chosen, seen], api_visibility="private").then(
        give_up_model, None, fetched, **hidden
    ).then(ui.guard(look), inputs, outputs, api_visibility="private")
    tab.run([sort.input, scale.input], redraw, [kept, sort, scale, channel], grid, api_name=None)
    asked = [kept, channel, sort, scale]
    shown = [large, grid, row, column]
    tab.run(grid.pick, pick_channel, None, channel, api_name=None, kind="stream").then(
        ui.guard(choose_channel), asked, shown, **hidden
    )
    tab.run([channel.submit, channel.blur], choose_channel, asked, shown, api_name=None)
    tab.run(large.place, pick_place, None, [row, column], api_name=None, kind="stream")
    tab.run([row.input, column.input], None, [large, row, column], large, api_name=None, js=MOVE)
    return picture, model, layer

"""One picture through a network: its stages, all maps of a layer, one channel large."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.feature_maps import layer as layer_views
from demos.feature_maps import save as saving
from demos.feature_maps import unit as unit_views
from demos.feature_maps.controls import (
    DEFAULTS,
    SAMPLE,
    SCALES,
    SHOWN,
    SORTS,
    Settings,
    build_source,
)
from demos.feature_maps.state import LessonState, check_state, to_channel, to_grid, to_stages
from demos.feature_maps.widgets import ChannelView, Favourite, MapGrid, Refusal, Stages

MAPS, CHANNEL = "Maps", "Channel"
OF_LAYER = (
    MAPS, CHANNEL, *unit_views.VIEWS, layer_views.TWO, layer_views.DEAD, layer_views.NORM,
)  # fmt: skip
STOPPED = "The download was stopped."
_FITS = """const fits = (x, size) => Number.isInteger(x) && x >= 0 && x < size;
  const empty = (x) => x === null || x === '';
  const name = (x) => empty(x) ? 'An empty field is none' : `There is no ${x} here`;
  const refuse = (word, x, size, kept) =>
    `${word}: ${name(x)}. Choose one from 0 to ${size - 1}; ${kept} stays.`;"""
# Beside the browser's own numbers, which a link may have set, those that the picture gave.
FILL = f"""(large, channel, row, column, layer) => {{ {_FITS}
  if (!large || !large.place) return [channel, row, column, ''];
  const sizes = [large.count, ...large.map_hw], own = [large.channel, ...large.place];
  const place = [channel, row, column].map((x, i) => empty(x) ? own[i] : x);
  const wrong = place.findIndex((x, i) => !fits(x, sizes[i]));
  if (large.layer !== layer || wrong < 0) return [...place, ''];
  const word = ['Channel', 'Row', 'Column'][wrong];
  return [...own, refuse(word, place[wrong], sizes[wrong], own[wrong])];
}}"""
MOVE = f"""(large, row, column) => {{ {_FITS}
  const there = large && large.map && fits(row, large.map_hw[0]) && fits(column, large.map_hw[1]);
  return there ? {{...large, place: [row, column]}} : large; }}"""
# What is typed counts where the layer has it; else the shown one stays, and a sentence says so.
CHECK_CHANNEL = f"""(channel, large, due) => {{ {_FITS}
  if (!large || !large.map) return [channel, due, ''];
  const {{count, channel: shown}} = large;
  if (!fits(channel, count)) return [shown, due, refuse('Channel', channel, count, shown)];
  return [channel, channel === shown ? due : String(Number(due) + 1), '']; }}"""
CHECK_PLACE = f"""(row, column, large) => {{ {_FITS}
  if (!large || !large.map) return [row, column, ''];
  const [height, width] = large.map_hw, [ownRow, ownColumn] = large.place;
  if (!fits(row, height)) return [ownRow, ownColumn, refuse('Row', row, height, ownRow)];
  if (!fits(column, width)) return [ownRow, ownColumn, refuse('Column', column, width, ownColumn)];
  return [row, column, '']; }}"""


def look(
    image: np.ndarray | None, settings: Settings
) -> tuple[dict, dict, dict, int, int, int, str, str, LessonState]:
    """Run the network once: stages, all maps of a layer, and one channel large.

    Without a channel the most active one is shown, without a place its strongest.
    """
    watch = Stopwatch()
    fm = cvcore.feature_maps
    images.check_image(image)
    model, layer = settings.model, settings.layer
    known = [row.name for row in fm.list_layers(model)]
    if not layer or (layer not in known and layer == DEFAULTS.layer):
        layer = fm.default_layer(model)
    watch.lap("layers")
    maps, means = fm.survey(image, layer, model=model)
    state = LessonState(model, maps, image)
    watch.lap("network")
    channel = int(maps.order("mean")[0]) if settings.channel is None else settings.channel
    channel = fm.check_channel(channel, len(maps.maps))
    place = None
    if settings.row is not None and settings.column is not None:
        place = fm.check_place((settings.row, settings.column), fm.find_layer(model, layer))
    values = (
        to_stages(model, layer, means),
        to_grid(state, settings.sort, settings.scale, settings.shown, channel),
        to_channel(state, channel, place),
    )
    watch.lap("drawing")
    return *values, channel, *values[2]["place"], layer, ui.badge(watch.ms), state


def look_anew(
    image: np.ndarray | None, model: str, layer: str, sort: str, scale: str, shown: str
) -> tuple[dict, dict, dict, int, int, int, str, str, LessonState]:
    """``look`` at another layer, of which no channel is chosen yet."""
    return look(image, Settings(model, layer, sort, scale, shown=shown))


def open_lesson(
    image: np.ndarray | None, settings: Settings
) -> tuple[dict, dict, dict, str, LessonState]:
    """As ``look``; channel and place of a link give way to the most active where there are none."""
    try:
        values = look(image, settings)
    except InputError:
        values = look(image, replace(settings, channel=None, row=None, column=None))
    return *values[:3], *values[-2:]


def redraw(
    state: LessonState | None, sort: str, scale: str, shown: str, channel: int | None
) -> dict:
    """The grid in another order or other colours, or more of it; no network runs."""
    if state is None:
        return gr.skip()
    return to_grid(state, sort, scale, shown, -1 if channel is None else int(channel))


def choose_channel(
    state: LessonState | None, channel: int, sort: str, scale: str, shown: str
) -> tuple[dict, dict, int, int]:
    """One channel large, and marked in the grid; its strongest place is chosen."""
    state = check_state(state)
    view = to_channel(state, channel)
    return view, to_grid(state, sort, scale, shown, int(channel)), *view["place"]


def pick_channel(event: gr.EventData) -> int:
    """The channel that was clicked in the grid."""
    return lesson.read_int(event, "channel")


def pick_layer(event: gr.EventData) -> str:
    """The layer that was clicked in the row of stages."""
    return str(getattr(event, "name", ""))


def pick_place(event: gr.EventData) -> tuple[int, int]:
    """The place that was clicked in the map or on the picture."""
    return lesson.read_int(event, "row"), lesson.read_int(event, "column")


def choose_model(model: str) -> Iterator[tuple[Any, str, Any, Any]]:
    """Fetch the model if need be, beside a Stop; without a network the bundled one goes on."""
    try:
        for sentence in lesson.fetch_model(model):
            yield gr.skip(), sentence, gr.skip(), gr.update(visible=True)
    except InputError as error:
        yield DEFAULTS.model, str(error), DEFAULTS.layer, gr.update(visible=False)
        return
    yield model, "", cvcore.feature_maps.default_layer(model), gr.update(visible=False)


def give_up_model() -> tuple[str, str, str, Any]:
    """After a download was stopped the bundled model goes on."""
    return DEFAULTS.model, STOPPED, DEFAULTS.layer, gr.update(visible=False)


def build(tab: lesson.Tab) -> tuple[gr.Dropdown, gr.Textbox]:
    """Stages, picture and maps, and closer looks at them; returns model and layer."""
    stage, state, source = tab.stage, gr.State(), build_source()
    picture = stage.picture_input(sample=SAMPLE)
    with stage.show(MAPS):
        grid = MapGrid(label="maps", elem_id="feature-maps-grid", elem_classes=["fill"])
    with stage.show(CHANNEL):
        large = ChannelView(
            label="channel map", elem_id="feature-maps-channel", elem_classes=["fill", "tall"]
        )
    channel, refused = _build_channel(stage)
    lazy = lesson.LazyTabs(tab, [MAPS, unit_views.PIXELS, unit_views.SILENCE, *layer_views.VIEWS])
    row, column, refused_place = unit_views.build(tab, lazy, state, channel, source, CHANNEL)
    layer_views.build(tab, lazy, state, channel, source)
    lazy.note_others(stage.views)
    with stage.controls(*OF_LAYER, lesson.LIVE):
        stages = Stages(label="stages", elem_id="feature-maps-stages")
        layer = ui.Choice(DEFAULTS.layer, label="Layer")
    with stage.controls(CHANNEL):
        Favourite(elem_id="feature-maps-ahead")
    sort, scale, shown = _build_look(stage)
    with stage.more(*OF_LAYER, layer_views.KERNELS, lesson.LIVE):
        model = ui.Dropdown(
            lesson.list_models("classification"), value=DEFAULTS.model, label="Model"
        )
        notice = gr.Markdown()
        stop = gr.Button("Stop the download", variant="stop", size="sm", visible=False)
    with stage.told(MAPS, CHANNEL, *unit_views.VIEWS):
        badge = ui.Badge(label="timings")
        saving.build(tab, state, sort, scale, source)
    controls = lesson.Controls(
        Settings, model=model, layer=layer, sort=sort, scale=scale, channel=channel, row=row,
        column=column, shown=shown,
    )  # fmt: skip
    outputs = [stages, grid, large, channel, row, column, layer, badge, state]
    _connect_passes(tab, picture, controls, stages, [notice, stop], outputs, refused)
    _connect_unit(tab, state, controls, grid, large)
    _connect_typing(tab, state, controls, grid, large, [refused, refused_place])
    return model, layer


def _build_channel(stage: lesson.Stage) -> tuple[gr.Number, Refusal]:
    """The channel that is looked at, and where a wrong one is refused."""
    with stage.controls(CHANNEL, *unit_views.VIEWS, layer_views.DEAD, layer_views.NORM):
        channel = ui.Number(DEFAULTS.channel, label="Channel", precision=0, elem_classes=["beside"])
        refused = Refusal(elem_id="feature-maps-refused")
    return channel, refused


def _build_look(stage: lesson.Stage) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown]:
    """Which maps are seen, in which order and in which colours."""
    with stage.controls(MAPS):
        sort = ui.Dropdown(SORTS, value=DEFAULTS.sort, label="Sort by")
        scale = ui.Dropdown(SCALES, value=DEFAULTS.scale, label="Colours span")
        shown = ui.Dropdown(SHOWN, value=DEFAULTS.shown, label="Maps")
    return sort, scale, shown


def _connect_passes(
    tab: lesson.Tab, picture: gr.Image, controls: lesson.Controls, stages: Stages,
    download: list, outputs: list, refused: Refusal,
) -> None:  # fmt: skip
    """What makes the network run."""
    _, grid, large, *unit, layer, badge, state = outputs
    hidden = {"api_visibility": "private", "show_progress": "hidden"}
    # What a link has set may come while the tab's first pass runs, so these passes set no control.
    # Another picture is looked at in the same channel and place, so that the two compare.
    for event in (tab.opened.change, picture.change):
        tab.run(
            event, open_lesson, [picture], [stages, grid, large, badge, state],
            settings=controls, api_name=None,
        ).then(None, [large, *unit, layer], [*unit, refused], js=FILL, **hidden)  # fmt: skip
    tab.endpoint(look, [picture], outputs, settings=controls, api_name="feature_maps")
    inputs = [picture, *(controls[name] for name in ("model", "layer", "sort", "scale", "shown"))]
    picked = tab.run(stages.pick, pick_layer, None, layer, api_name=None, kind="stream")
    tab.run(picked.then, look_anew, inputs, outputs, api_name=None)
    notice, stop = download
    model, fetched = controls["model"], [controls["model"], notice, layer, stop]
    chosen = tab.run(model.input, choose_model, model, fetched, api_name=None, kind="heavy")
    seen = tab.run(chosen.then, look_anew, inputs, outputs, api_name=None)
    stopped = stop.click(None, None, None, cancels=[chosen, seen], api_visibility="private")
    given_up = tab.run(
        stopped.then, give_up_model, None, fetched, api_name=None, show_progress="hidden"
    )
    tab.run(given_up.then, look_anew, inputs, outputs, api_name=None)


def _connect_unit(
    tab: lesson.Tab, state: gr.State, controls: lesson.Controls, grid: MapGrid, large: ChannelView
) -> None:
    """What draws the pass anew: order and colours, another channel, another place."""
    looks = [controls[name] for name in ("sort", "scale", "shown")]
    channel, place = controls["channel"], [controls["row"], controls["column"]]
    events = [look.input for look in looks]
    tab.run(events, redraw, [state, *looks, channel], grid, api_name=None)
    picked = tab.run(grid.pick, pick_channel, None, channel, api_name=None, kind="stream")
    tab.run(
        picked.then, choose_channel, [state, channel, *looks], [large, grid, *place],
        api_name=None, show_progress="hidden",
    )  # fmt: skip
    moved = tab.run(large.place, pick_place, None, place, api_name=None, kind="stream")
    for event in (moved.then, *(part.input for part in place)):
        tab.run(event, None, [large, *place], large, api_name=None, js=MOVE)


def _connect_typing(
    tab: lesson.Tab, state: gr.State, controls: lesson.Controls, grid: MapGrid,
    large: ChannelView, refused: list[Refusal],
) -> None:  # fmt: skip
    """A channel, row or column that is typed is shown, or refused beneath its field."""
    looks = [controls[name] for name in ("sort", "scale", "shown")]
    channel, place = controls["channel"], [controls["row"], controls["column"]]
    due = gr.Textbox("0", visible="hidden", label="due, channel")
    tab.run(
        [channel.submit, channel.blur], None, [channel, large, due], [channel, due, refused[0]],
        api_name=None, js=CHECK_CHANNEL,
    )  # fmt: skip
    tab.run(
        due.change, choose_channel, [state, channel, *looks], [large, grid, *place], api_name=None
    )
    ended = [event for part in place for event in (part.submit, part.blur)]
    tab.run(ended, None, [*place, large], [*place, refused[1]], api_name=None, js=CHECK_PLACE)

"""What the tab keeps of one pass through the network, and the values that widgets draw from it."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import checks, drawing, images, samples
from cvcore.core.errors import InputError, NoPictureError
from cvcore.engine import registry
from cvcore.feature_maps import visualizations
from cvcore.probes.map_grid import Grid, draw_grid, fit_grid
from cvcore.probes.stages import find_stage
from demos import lesson
from demos.feature_maps.controls import DEFAULTS, SAMPLE, SHOWN, STRONGEST, Source

MIN_CELL = 28  # pixels: smaller maps are enlarged to this
MAX_GRID_SIDE = 1400  # pixels
SHEET = 1.65  # the stage's width by its height
OVERLAY_OPACITY = 0.55


@dataclass(frozen=True, eq=False)  # each pass is another one, even of the same picture
class LessonState:
    """One picture's pass: sorting, colours and a chosen channel need no network any more."""

    model: str
    maps: "cvcore.feature_maps.FeatureMaps" = field(repr=False)
    picture: np.ndarray = field(repr=False)  # uint8, as it came in

    @property
    def layer(self) -> str:
        return self.maps.layer

    @property
    def labels(self) -> tuple[str, ...]:
        return registry.load_labels(self.model)

    @property
    def top_class(self) -> int:
        return int(self.maps.logits.argmax())


def check_state(state: LessonState | None) -> LessonState:
    """The pass that is kept; ``NoPictureError`` if there is none yet."""
    if state is None:
        raise NoPictureError(images.NO_PICTURE)
    return state


def find_pass(state: LessonState | None, source: Source) -> LessonState:
    """The pass that is kept, or a new one where there is none or the source is another."""
    if state is None:
        picture, model, layer = None, DEFAULTS.model, ""
    else:
        picture, model, layer = state.picture, state.model, state.layer
    if source.image is not None:
        picture = source.image
    elif picture is None:
        picture = samples.load_sample(SAMPLE)
    if source.model and source.model != model:
        model, layer = source.model, ""
    layer = source.layer or layer or cvcore.feature_maps.default_layer(model)
    same = state is not None and (model, layer) == (state.model, state.layer)
    if same and np.array_equal(picture, state.picture):
        return state
    maps, _ = cvcore.feature_maps.survey(picture, layer, model=model)
    return LessonState(model, maps, picture)


def answer_alone(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A handler of a pass, its first value, that makes the pass where there is none yet: its last
    value is a ``Source``. The pass is its last result, for the caller's next question."""
    if inspect.isgeneratorfunction(fn):

        @wraps(fn)
        def answering(state: LessonState | None, *values: Any) -> Iterator[tuple]:
            *values, source = values
            source.check_model()
            state = find_pass(state, source)
            for answer in fn(state, *values):
                yield answer, state
    else:

        @wraps(fn)
        def answering(state: LessonState | None, *values: Any) -> tuple:
            *values, source = values
            source.check_model()
            state = find_pass(state, source)
            answer = fn(state, *values)
            return (*answer, state) if isinstance(answer, tuple) else (answer, state)

    own = inspect.signature(fn)
    last = inspect.Parameter("source", inspect.Parameter.KEYWORD_ONLY)
    answering.__signature__ = own.replace(parameters=[*own.parameters.values(), last])  # type: ignore[attr-defined]
    return answering


def add_endpoint(
    tab: lesson.Tab, fn: Callable[..., Any], inputs: list, outputs: list, source: lesson.Controls,
    *, api_name: str, **kwargs: Any,
) -> None:  # fmt: skip
    """``fn`` about the pass, its first input, for calls through the API, which may come first."""
    state, *_ = inputs
    tab.endpoint(
        answer_alone(fn), inputs, [*outputs, state], settings=source, api_name=api_name, **kwargs
    )


def add_view(
    lazy: lesson.LazyTabs, name: str, section: gr.Tab, fn: Callable[..., Any], *,
    inputs: list, outputs: list, source: lesson.Controls, api_name: str,
    unit: int = 0, here: Callable[..., Any] | None = None,
    controls: Sequence[Any] = (), follows: Sequence[Any] = (),
) -> None:  # fmt: skip
    """An inner tab about the pass, its first input; until there is one it is empty.

    The next ``unit`` inputs are a channel, or a channel, row and column: while a visitor types what
    the layer has not, the view stays as it is. ``here`` answers the page in place of ``fn``.
    """
    state, *_ = inputs

    def show_once_there(state: LessonState | None, *values: Any) -> Any:
        there = has_unit(check_state(state), values[:unit])
        return (here or fn)(state, *values) if there else gr.skip()

    lazy.add(
        name, section, show_once_there, inputs, outputs, api_name=None, kind="stream",
        controls=controls, follows=[state.change, *follows],
    )  # fmt: skip
    add_endpoint(lazy.tab, fn, inputs, outputs, source, api_name=api_name)


def has_unit(state: LessonState, unit: Sequence[Any]) -> bool:
    """Whether the layer has this channel, or this channel, row and column."""
    sizes = state.maps.maps.shape
    return all(
        checks.as_whole(place, 0, size - 1) is not None
        for place, size in zip(unit, sizes, strict=False)
    )


def number(x: float) -> str:
    """Two digits after the point, a true minus sign."""
    return f"{x:.2f}".replace("-", "−")


def size_words(shape: tuple[int, ...]) -> str:
    return f"{shape[-2]} × {shape[-1]}"


@lru_cache(maxsize=16)
def _number_blocks(model: str) -> dict[str, int]:
    """A model's blocks, by their modules, from 1 on."""
    layers = cvcore.feature_maps.list_layers(model)
    blocks = dict.fromkeys(_block_of(row) for row in layers)
    return {block: place for place, block in enumerate(filter(None, blocks), start=1)}


def _block_of(row: "cvcore.feature_maps.Layer") -> str:
    """The module of a layer's block; "" for one in no block."""
    return row.name if row.kind == "block" else row.block


def name_layer(model: str, layer: str) -> str:
    """``"28 × 28, stage 3, block 5, activation"``: a layer by what can be seen of it."""
    row = cvcore.feature_maps.find_layer(model, layer)
    number = _number_blocks(model).get(_block_of(row))
    place = [] if number is None else [find_stage(layer), f"block {number}"]
    kind = "output" if row.kind == "block" else row.kind
    return ", ".join(filter(None, [size_words(row.shape), *place, kind]))


def to_stages(model: str, layer: str, means: list[np.ndarray]) -> dict:
    """The value of ``Stages``: the row of stages, and the layers of the one shown."""
    layers = cvcore.feature_maps.list_layers(model)
    chosen = cvcore.feature_maps.find_layer(model, layer)
    stages = []
    for index, mean in enumerate(means):
        rows = [row for row in layers if row.stage == index]
        counts = [row.shape[0] for row in rows]
        picture = drawing.colourise(mean, colormap="viridis" if mean.min() >= 0 else "diverging")
        active = [row for row in rows if row.kind == "activation"]
        fewest, most = min(counts), max(counts)
        stages.append(
            {
                "size": size_words(rows[0].shape),
                "channels": f"{fewest}–{most} maps" if fewest < most else f"{most} maps",
                "layers": f"{len(rows)} layers",
                "layer": (active or rows)[-1].name,
                "src": images.to_data_uri(picture, format="png"),
            }
        )
    shown = [row for row in layers if row.stage == chosen.stage]
    return {
        "stages": stages,
        "stage": chosen.stage,
        "layer": layer,
        "title": name_layer(model, layer),
        "layers": [
            {
                "name": row.name,
                "short": row.name.rpartition(".")[2] if row.kind != "block" else "output",
                "block": _block_of(row),
                "number": _number_blocks(model).get(_block_of(row), 0),
                "kind": row.kind,
                "channels": row.shape[0],
                "shape": list(row.shape),
            }
            for row in shown
        ],
    }


def choose_maps(state: LessonState, sort: str, shown: str) -> np.ndarray:
    """Channels in order, all or the strongest: those of the greatest mean, or, in the order of
    maxima, maximum."""
    if shown not in dict(SHOWN).values():
        raise InputError(f"Show the strongest maps or all of them, got {shown!r}.")
    order = state.maps.order(sort)
    if shown == "all":
        return order
    strongest = state.maps.order("mean" if sort == "index" else sort)[:STRONGEST]
    return order[np.isin(order, strongest)]


def draw_maps(
    state: LessonState, sort: str, scale: str, shown: str = "all", aspect: float = 1.15
) -> Grid:
    """Maps of the layer as one picture, about ``aspect`` times as wide as high."""
    return draw_grid(
        state.maps.maps,
        channels=choose_maps(state, sort, shown),
        scale=scale,
        value_range=state.maps.kind_range,
        aspect=aspect,
        cell_side=MIN_CELL,
    )


def to_grid(state: LessonState, sort: str, scale: str, shown: str, chosen: int) -> dict:
    """The value of ``MapGrid``: maps as one picture, and the numbers of each channel."""
    maps, grid = state.maps, draw_maps(state, sort, scale, shown, SHEET)
    picture = grid.image
    if max(picture.shape[:2]) > MAX_GRID_SIDE:
        shrunk = MAX_GRID_SIDE / max(picture.shape[:2])
        picture = fit_grid(picture, round(picture.shape[1] * shrunk))
    numbers = maps.statistics
    signed = maps.maps.min() < 0
    colours = "blue below 0, red above" if signed else "dark low, bright high"
    return {
        "src": images.to_data_uri(picture, quality=90),
        "columns": grid.columns,
        "cell": list(grid.cell_hw),
        "size": list(grid.image.shape[:2]),
        "channels": grid.channels.tolist(),
        "chosen": int(chosen),
        "caption": f"{_count_words(grid, maps)} of {size_words(maps.maps.shape)} · {colours}"
        " · click one",
        "mean": numbers.mean.round(4).tolist(),
        "maximum": numbers.maximum.round(4).tolist(),
        "zeros": numbers.zeros.round(4).tolist(),
        "layer": maps.layer,
    }


def _count_words(grid: Grid, maps: "cvcore.feature_maps.FeatureMaps") -> str:
    few, all_ = len(grid.channels), len(maps.maps)
    return f"{all_} channels" if few == all_ else f"the {few} strongest of {all_} channels"


def to_channel(state: LessonState, channel: int, place: tuple[int, int] | None = None) -> dict:
    """The value of ``ChannelView``: one map with its numbers, and what each place sees.

    ``place``, (row, column), is the marked one, by default the strongest.
    """
    maps = state.maps
    channel = cvcore.feature_maps.check_channel(channel, len(maps.maps))
    values, numbers = maps.maps[channel], maps.statistics
    view = cvcore.feature_maps.receptive_field(state.model, maps.layer)
    colormap = "diverging" if values.min() < 0 else "viridis"
    overlay = drawing.draw_heatmap(maps.image, values, opacity=OVERLAY_OPACITY, colormap=colormap)
    places = maps.strongest_places(channel)
    drawn_ahead = visualizations.load_visualization(state.model, maps.layer, channel)
    return {
        "title": f"Channel {channel} of {name_layer(state.model, maps.layer)} ({maps.layer})",
        "channel": channel,
        "count": len(maps.maps),
        "layer": maps.layer,
        "map": images.to_data_uri(drawing.colourise(values, colormap=colormap), format="png"),
        "overlay": images.to_data_uri(overlay),
        "map_hw": list(values.shape),
        "input_hw": list(view.input_hw),
        "rows": [_span(view.rows, index) for index in range(values.shape[0])],
        "columns": [_span(view.columns, index) for index in range(values.shape[1])],
        "values": [round(value, 3) for value in values.ravel().tolist()],
        "strongest": [[row, column, float(values[row, column])] for row, column in places.tolist()],
        "place": places[0].tolist() if place is None else list(place),
        "favourite": "" if drawn_ahead is None else images.to_data_uri(drawn_ahead, quality=90),
        "facts": [
            ["mean", number(numbers.mean[channel])],
            ["maximum", number(numbers.maximum[channel])],
            ["exactly zero", f"{numbers.zeros[channel]:.0%}"],
            ["a place sees", _tell_field(view)],
            ["next place", f"{view.stride_hw[0]} pixels on" if view.stride_hw[0] else "the same"],
        ],
    }


def _tell_field(view: "cvcore.probes.receptive_field.ReceptiveField") -> str:
    """What a place sees, also where that reaches beyond the input."""
    height, width = view.size_hw
    if np.isinf(height):
        return "everything"
    seen = f"{width:.0f} × {height:.0f} pixels"
    if height <= view.input_hw[0] and width <= view.input_hw[1]:
        return seen
    return f"{seen}, more than the input's {view.input_hw[1]} × {view.input_hw[0]}"


def _span(axis, position: int) -> list[int]:
    first, last = axis.see(position)
    return [first, last + 1]

"""What the tab keeps of one pass through the network, and the values that widgets draw from it."""

from dataclasses import dataclass, field

import numpy as np

import cvcore
from cvcore import drawing, favourites, images, weights
from cvcore.map_grid import Grid, draw_grid, fit_grid

DEFAULT_MODEL = "efficientnet_lite0"
SCALES = [("each channel", "channel"), ("the layer", "layer"), ("all layers of its kind", "global")]
MIN_CELL = 28  # pixels: smaller maps are enlarged to this
MAX_GRID_SIDE = 1100  # pixels
OVERLAY_OPACITY = 0.55


@dataclass(frozen=True, eq=False)  # each pass is another one, even of the same picture
class Kept:
    """One picture's pass: sorting, colours and a chosen channel need no network any more."""

    model: str
    maps: "cvcore.feature_maps.FeatureMaps" = field(repr=False)
    picture: np.ndarray = field(repr=False)  # uint8, as it came in

    @property
    def layer(self) -> str:
        return self.maps.layer

    @property
    def labels(self) -> tuple[str, ...]:
        return weights.load_labels(self.model)

    @property
    def top_class(self) -> int:
        return int(self.maps.logits.argmax())


def number(x: float) -> str:
    """Two digits after the point, a true minus sign."""
    return f"{x:.2f}".replace("-", "−")


def size_words(shape: tuple[int, ...]) -> str:
    return f"{shape[-2]} × {shape[-1]}"


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
        "end": f"{len(weights.load_labels(model)):,} classes",
        "layers": [
            {
                "name": row.name,
                "short": row.name.rpartition(".")[2] if row.kind != "block" else "output",
                "block": row.block if row.kind != "block" else row.name,
                "kind": row.kind,
                "channels": row.shape[0],
                "shape": list(row.shape),
            }
            for row in shown
        ],
    }


def draw_kept(kept: Kept, sort: str, scale: str) -> Grid:
    """All maps of the layer as one picture."""
    return draw_grid(
        kept.maps.maps,
        channels=kept.maps.order(sort),
        scale=scale,
        value_range=kept.maps.kind_range,
        aspect=1.15,
        cell_side=MIN_CELL,
    )


def to_grid(kept: Kept, sort: str, scale: str, chosen: int) -> dict:
    """The value of ``MapGrid``: all maps as one picture, and the numbers of each channel."""
    maps, grid = kept.maps, draw_kept(kept, sort, scale)
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
        "caption": f"{len(maps.maps)} channels of {size_words(maps.maps.shape)} · {colours}"
        " · click one",
        "mean": numbers.mean.round(4).tolist(),
        "maximum": numbers.maximum.round(4).tolist(),
        "zeros": numbers.zeros.round(4).tolist(),
        "layer": maps.layer,
    }


def to_channel(kept: Kept, channel: int, place: tuple[int, int] | None = None) -> dict:
    """The value of ``ChannelView``: one map with its numbers, and what each place sees.

    ``place``, (row, column), is the marked one, by default the strongest.
    """
    maps = kept.maps
    channel = cvcore.feature_maps.check_channel(channel, len(maps.maps))
    values, numbers = maps.maps[channel], maps.statistics
    view = cvcore.feature_maps.receptive_field(kept.model, maps.layer)
    colormap = "diverging" if values.min() < 0 else "viridis"
    overlay = drawing.draw_heatmap(maps.image, values, opacity=OVERLAY_OPACITY, colormap=colormap)
    places = maps.strongest_places(channel)
    height, width = view.size_hw
    favourite = favourites.load_favourite(kept.model, maps.layer, channel)
    seen = "everything" if np.isinf(height) else f"{height:.0f} × {width:.0f} pixels"
    return {
        "title": f"Channel {channel} of {maps.layer}",
        "channel": channel,
        "map": images.to_data_uri(drawing.colourise(values, colormap=colormap), format="png"),
        "overlay": images.to_data_uri(overlay),
        "map_hw": list(values.shape),
        "input_hw": list(view.input_hw),
        "rows": [_span(view.rows, index) for index in range(values.shape[0])],
        "columns": [_span(view.columns, index) for index in range(values.shape[1])],
        "values": [round(value, 3) for value in values.ravel().tolist()],
        "strongest": [[row, column, float(values[row, column])] for row, column in places.tolist()],
        "place": places[0].tolist() if place is None else list(place),
        "favourite": "" if favourite is None else images.to_data_uri(favourite, quality=90),
        "facts": [
            ["mean", number(numbers.mean[channel])],
            ["maximum", number(numbers.maximum[channel])],
            ["exactly zero", f"{numbers.zeros[channel]:.0%}"],
            ["a place sees", seen],
            ["next place", f"{view.stride_hw[0]} pixels on" if view.stride_hw[0] else "the same"],
        ],
    }


def _span(axis, position: int) -> list[int]:
    first, last = axis.see(position)
    return [first, last + 1]

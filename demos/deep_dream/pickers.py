"""Choosing by picture: layers by a small dream of one's own picture, channels by what they like."""

from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.deep_dream.layers import LAYERS
from cvcore.feature_maps import visualizations
from cvcore.probes.stages import name_layer
from demos import components as ui
from demos import lesson

COLUMNS = 8
THUMBNAIL_SIDE = 128  # pixels


class _Picker(ui.JsComponent):
    SCRIPTS = ("pickers.js",)
    STYLES = ("pickers.css",)


class LayerPicker(_Picker):
    """A small dream a layer, with what the layer draws; fires ``pick`` with the layer's name."""

    MARKUP = '<div class="layers" role="group" aria-label="Layers, from early to late"></div>'


class ChannelPicker(_Picker):
    """What each channel of a layer likes best; fires ``pick`` with the channel."""

    MARKUP = """<div class="channels" tabindex="0" role="application"
      aria-label="Channels of the layer: arrow keys move, Enter chooses">
      <div class="channel-grid"><img alt="What each channel likes best" hidden>
      <i class="over" hidden></i><i class="chosen" hidden></i></div></div>
      <output class="note"></output>"""


def draw_layers(image: np.ndarray, layer: str) -> Iterator[dict]:
    """The value of ``LayerPicker`` for a picture, growing by a layer at a time."""
    items = []
    for name, picture in cvcore.deep_dream.grid.draw_thumbnails(image):
        source = images.to_data_uri(images.shrink(picture, THUMBNAIL_SIDE), quality=75)
        items.append(
            {"layer": name, "words": LAYERS[name], "place": name_layer(name), "src": source}
        )
        yield {"items": list(items), "chosen": layer}


def draw_channels(layer: str, channel: int, model: str) -> dict:
    """The value of ``ChannelPicker`` for a layer."""
    tiles = visualizations.load_visualizations(model, layer)
    if tiles is None:
        return {"src": "", "count": 0}
    count, side = len(tiles), tiles.shape[1]
    rows = -(-count // COLUMNS)
    grid = np.full((rows * COLUMNS, side, side, 3), 128, np.uint8)
    grid[:count] = tiles
    grid = grid.reshape(rows, COLUMNS, side, side, 3).swapaxes(1, 2)
    return {
        "src": images.to_data_uri(grid.reshape(rows * side, COLUMNS * side, 3), quality=80),
        "columns": COLUMNS,
        "rows": rows,
        "count": count,
        "chosen": int(channel) if channel is not None and 0 <= channel < count else 0,
    }


def pick_layer(asked: int, aim: str, event: gr.EventData) -> tuple[str, int]:
    """The layer whose picture was clicked, and how many dreams are asked for: one more where the
    layer counts."""
    name = str(getattr(event, "layer", ""))
    if name not in LAYERS:
        return gr.skip(), gr.skip()
    return name, asked if aim == "class" else asked + 1


def pick_channel(event: gr.EventData) -> int:
    """The channel whose picture was clicked."""
    return lesson.read_int(event, "channel")


def build_channels(tab: lesson.Tab, number: gr.Number, elem_id: str) -> ChannelPicker:
    """A picker that fills in a number field."""
    picker = ChannelPicker(elem_id=elem_id, label=elem_id.removeprefix("deep-dream-"))
    tab.run(picker.pick, pick_channel, None, number, api_name=None, kind="stream")
    return picker

"""The webcam through the network: all maps of the chosen layer, frame by frame."""

from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore.errors import InputError
from demos import ui
from demos.feature_maps_kept import DEFAULT_MODEL

LIVE_CHANNELS = 64
LIVE_WIDTH = 760  # pixels of the grid


def show_frame(
    frame: np.ndarray,
    model: str = DEFAULT_MODEL,
    layer: str = "",
    count: int = LIVE_CHANNELS,
    scale: str = "channel",
) -> np.ndarray:
    """The first channels of a layer for one frame, as a grid; the network stops at the layer."""
    if count is None or not 1 <= count <= 256 or count != int(count):
        raise InputError(f"Choose a number of channels from 1 to 256, got {count}.")
    fm = cvcore.feature_maps
    layer = layer or fm.default_layer(model)
    maps = fm.extract_live(frame, layer, model=model)[: int(count)]
    grid = cvcore.map_grid.draw_grid(
        cvcore.map_grid.shrink_maps(maps, LIVE_WIDTH), scale=scale, aspect=1.4, cell_side=28
    )
    return cvcore.map_grid.fit_grid(grid.image, LIVE_WIDTH)


def prepare(model: str, layer: str) -> Iterator[str]:
    """Make the fast engine ready, which takes a while the first time, and say so."""
    yield "Preparing the network for the webcam; the first time this takes up to a minute …"
    show_frame(np.zeros((480, 640, 3), np.uint8), model, layer)
    yield f"The first maps of **{layer}**; model and layer are those chosen under *Your picture*."


def build(tab: ui.Tab, section: gr.Tab, model: gr.Dropdown, layer: gr.Textbox) -> None:
    """The webcam beside the grid."""
    with gr.Row():
        count = ui.Slider(1, 256, LIVE_CHANNELS, step=1, label="Channels shown")
        scale = ui.Radio(
            [("each channel", "channel"), ("the layer", "layer")],
            value="channel",
            label="Colours span",
        )
    notice = gr.Markdown()
    tab.run(section.select, prepare, [model, layer], notice, api_name=None)
    tab.live(show_frame, [model, layer, count, scale])

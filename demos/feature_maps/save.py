"""A layer's maps as files: the grid as a picture, the numbers for NumPy."""

import io

import gradio as gr
import numpy as np

from cvcore.core import images
from demos import components as ui
from demos import lesson
from demos.feature_maps.state import LessonState, add_endpoint, check_state, draw_maps


def save_layer(state: LessonState | None, sort: str, scale: str) -> tuple[dict, dict]:
    """The grid as it is shown (PNG), and maps, picture and logits as an NPZ file."""
    state = check_state(state)
    stem = f"{state.model}-{state.layer}"
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, maps=state.maps.maps, picture=state.maps.image, logits=state.maps.logits
    )
    grid = images.to_png(draw_maps(state, sort, scale).image)
    return (
        ui.download_value(f"{stem}.png", grid, "image/png"),
        ui.download_value(f"{stem}.npz", buffer.getvalue(), "application/zip"),
    )


def build(
    tab: lesson.Tab, state: gr.State, sort: gr.Dropdown, scale: gr.Dropdown,
    source: lesson.Controls,
) -> None:  # fmt: skip
    """A button that makes the files, and the links to them."""
    make = gr.Button("Save this layer", size="sm", min_width=140, scale=0)
    grid = ui.Download("The grid (PNG)")
    maps = ui.Download("The maps (NPZ)")
    inputs, files = [state, sort, scale], [grid, maps]
    tab.run(make.click, save_layer, inputs, files, api_name=None)
    add_endpoint(tab, save_layer, inputs, files, source, api_name="feature_maps_save")
    state.change(
        lambda: (None, None), None, files, api_visibility="private", show_progress="hidden"
    )

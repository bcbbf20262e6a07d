"""A layer's maps as files: the grid as a picture, the numbers for NumPy."""

import io

import gradio as gr
import numpy as np

from cvcore import images
from cvcore.errors import InputError
from demos import ui
from demos.feature_maps_kept import Kept, draw_kept


def save_layer(kept: Kept | None, sort: str, scale: str) -> tuple[dict, dict]:
    """The grid as it is shown (PNG), and maps, picture and logits as an NPZ file."""
    if kept is None:
        raise InputError(images.NO_PICTURE)
    stem = f"{kept.model}-{kept.layer}"
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, maps=kept.maps.maps, picture=kept.maps.image, logits=kept.maps.logits
    )
    grid = images.to_png(draw_kept(kept, sort, scale).image)
    return (
        ui.download_value(f"{stem}.png", grid, "image/png"),
        ui.download_value(f"{stem}.npz", buffer.getvalue(), "application/zip"),
    )


def build(tab: ui.Tab, kept: gr.State, sort: gr.Dropdown, scale: gr.Dropdown) -> None:
    """A button that makes the files, and the links to them."""
    with gr.Row():
        make = gr.Button("Save this layer", size="sm", min_width=140, scale=0)
        grid = ui.Download("The grid (PNG)")
        maps = ui.Download("The maps (NPZ)")
    tab.run(make.click, save_layer, [kept, sort, scale], [grid, maps], api_name="feature_maps_save")
    kept.change(
        lambda: (None, None), None, [grid, maps], api_visibility="private", show_progress="hidden"
    )

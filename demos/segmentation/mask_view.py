"""The picture with its mask, drawn in the browser, so that the threshold acts at once."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.segmentation import Mask
from demos import components as ui

SHOWN_SIDE = 640  # pixels


class MaskView(ui.JsComponent):
    """Mask, probability, cut-out and a truth to brush; its value comes from ``to_view``.

    Fires ``truth`` with ``{mask: data address}`` when the truth was brushed.
    """

    MARKUP = """<div class="masker">
<div class="modes" role="tablist" aria-label="What the picture shows"></div>
<p class="says" role="status"></p>
<canvas tabindex="0" aria-label="The picture with its mask"></canvas>
<div class="tools" hidden><label>Brush <input type="range" min="1" max="20" value="5"></label>
<button type="button" data-brush="paint">Paint</button>
<button type="button" data-brush="erase">Rub out</button>
<button type="button" data-act="copy">Start from the network's mask</button>
<button type="button" data-act="clear">Clear</button></div></div>"""
    SCRIPTS = ("mask_view.js",)
    STYLES = ("mask_view.css",)


def to_view(image: np.ndarray, mask: Mask, *, threshold: float, opacity: float) -> dict[str, Any]:
    """What the browser needs to draw: the picture and the probability (0 to 255)."""
    shown = images.shrink(image, SHOWN_SIDE)
    grey = np.rint(mask.probability * 255).astype(np.uint8)
    if grey.shape != shown.shape[:2]:
        grey = images.resize(grey, shown.shape[:2], resample="box")
    return {
        "src": images.to_data_uri(shown),
        "probability": images.to_data_uri(np.repeat(grey[..., None], 3, axis=2), format="png"),
        "threshold": threshold,
        "opacity": opacity,
    }


def fit_mask(inside: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """A mask bool (h, w) at the picture's size; InputError when its shape is another one."""
    height, width = inside.shape
    if abs(np.log(width / height * size_hw[0] / size_hw[1])) > 0.05:
        raise InputError(
            f"The mask has {width} x {height} pixels and the picture "
            f"{size_hw[1]} x {size_hw[0]}: use a mask of the same shape."
        )
    return images.resize(inside.astype(np.uint8) * 255, size_hw, resample="bilinear") > 127


def to_mask(picture: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """An uploaded picture of a mask, uint8 (h, w, 3), as bool (H, W).

    Of two values (0 and 1, or 0 and 255) the greater one is inside; of more, what is lighter than
    the middle. Raises InputError for another shape, or when nothing is inside.
    """
    grey = np.rint(picture.mean(axis=2))
    values = np.unique(grey)
    mask = fit_mask(grey == values[1] if len(values) == 2 else grey > 127, size_hw)
    if not mask.any():
        raise InputError("Nothing is inside this mask: make inside white and outside black.")
    return mask


def read_annotation(event: gr.EventData, size_hw: tuple[int, int]) -> np.ndarray:
    """The annotated truth bool (H, W) out of a ``truth`` event."""
    picture = images.load_data_uri(getattr(event, "mask", ""))
    return fit_mask(picture[..., 0] > 127, size_hw)

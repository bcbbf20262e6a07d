"""The picture with its mask, drawn in the browser, so that the threshold acts at once."""

import os
from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images, masks
from cvcore.core.errors import InputError
from cvcore.segmentation import Mask
from demos import components as ui

SHOWN_SIDE = 960  # pixels


class SafeMask(ui.SafeImage):
    """A picture input for a mask, read as files of masks are: handlers get bool (h, w), or None.

    As a picture its transparency and its palette's numbers would be lost.
    """

    empties = False  # the picture's own mask is there without it

    def read(self, payload: Any) -> np.ndarray:
        if not payload.path:
            return masks.read_data_uri(payload.url, max_side=images.MAX_SIDE)
        os.utime(payload.path)  # in use: it is deleted an hour after this
        return masks.read_mask(payload.path, max_side=images.MAX_SIDE)


class MaskView(ui.Brush):
    """Mask, probability, cut-out and a truth to draw, by the lesson's view; its value comes from
    ``to_view``.

    Fires ``truth`` with ``{mask: data address}`` when the truth was brushed.
    """

    MARKUP = (
        '<div class="drawn">'
        + ui.draw_canvas("The picture with its mask", draws=False)
        + '<p class="says" role="status"></p>'
        + ui.draw_tools(5, ("copy", "Start from the network's mask"))
        + "</div>"
    )
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


def to_mask(picture: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """An uploaded mask, bool (h, w) or a picture of it, as bool (H, W): see ``cvcore.core.masks``.

    Raises InputError for another shape, or when nothing is inside, or nothing outside.
    """
    mask = masks.fit_mask(masks.to_mask(picture), size_hw)
    if not mask.any():
        raise InputError(masks.NOTHING)
    if mask.all():
        raise InputError(f"Nothing is outside this mask: {masks.NEEDS}, or transparent.")
    return mask


def read_annotation(event: gr.EventData, size_hw: tuple[int, int]) -> np.ndarray:
    """The annotated truth bool (H, W) out of a ``truth`` event."""
    picture = images.load_data_uri(getattr(event, "mask", ""))
    return masks.fit_mask(picture[..., 0] > 127, size_hw)

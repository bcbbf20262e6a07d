"""How right is the mask? Dice, IoU and the disagreement with a truth, brushed or uploaded."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.segmentation_drawing import draw_disagreement
from demos import ui
from demos.segmentation_kept import Kept, need
from demos.segmentation_view import MaskView, read_brush, to_mask
from demos.segmentation_views import draw_figure, draw_formulas, draw_key, draw_page, draw_sentence

TITLE = "Right or wrong?"
NO_TRUTH = (
    "There is no truth yet: choose “Brush a truth” above the picture and paint, or upload a mask."
)


def compare(kept: Kept | None, truth: np.ndarray | None, threshold: float = 0.5) -> dict:
    """Dice and IoU of the mask and the truth, written out, and where they disagree."""
    need(kept)
    if truth is None or truth.shape != kept.image.shape[:2]:
        return {"html": draw_sentence(NO_TRUTH)}
    predicted = kept.mask.above(threshold)
    overlap = cvcore.segmentation.compare_masks(predicted, truth)
    figure = draw_figure(draw_disagreement(kept.image, predicted, truth), draw_key(overlap))
    words = "<div>" + draw_formulas(overlap) + "<p>T: truth, P: prediction, in pixels.</p></div>"
    return {
        "html": draw_page(f'<div class="row">{figure}{words}</div>'),
        "dice": overlap.dice,
        "iou": overlap.iou,
        "both": overlap.both,
        "predicted": overlap.predicted,
        "truth": overlap.truth,
    }


def take_brush(kept: Kept | None, event: gr.EventData) -> np.ndarray | None:
    """The truth that was brushed on the picture; None when everything was rubbed out."""
    truth = read_brush(event, need(kept).image.shape[:2])
    return truth if truth.any() else None


def take_file(
    kept: Kept | None, picture: np.ndarray | None, view: dict | None
) -> tuple[np.ndarray | None, Any]:
    """The truth of an uploaded mask, or none once it is removed, and the view with it."""
    if kept is None and picture is None:
        return None, gr.skip()
    need(kept)
    truth = None if picture is None else to_mask(picture, kept.image.shape[:2])
    shown = "" if truth is None else images.to_data_uri(images.to_rgb(truth), format="png")
    # The number tells the view that this is to be drawn, also when the mask is the same again.
    number = ((view or {}).get("truth_number") or 0) + 1
    return truth, {**(view or {}), "truth": shown, "truth_number": number}


def compare_file(
    image: np.ndarray | None, mask: np.ndarray | None, model: str, threshold: float
) -> dict:
    """Dice and IoU of a picture's prediction and a mask's picture, in one call."""
    if mask is None:
        images.check_image(image)
        return {"html": draw_sentence(NO_TRUTH)}
    predicted = cvcore.segmentation.predict_mask(image, model=model)
    return compare(Kept(image, predicted), to_mask(mask, image.shape[:2]), threshold)


def build(
    tab: ui.Tab, connect: Any, view: MaskView, kept: gr.State, picture: Any, model: Any,
    threshold: Any,
) -> gr.State:  # fmt: skip
    """The section; returns what holds the truth."""
    with gr.Tab(TITLE) as section:
        truth, single = gr.State(), gr.Button(visible=False)
        panel = ui.Panel({"html": draw_sentence(NO_TRUTH)}, elem_id="segmentation-truth")
        upload = ui.SafeImage(
            label="Or upload a mask: white is inside, black outside", sources=["upload"],
            height=160, elem_id="segmentation-mask",
        )  # fmt: skip
    # A stroke that comes while another is on its way waits: the last one counts.
    tab.run(view.truth, take_brush, kept, truth, api_name=None, kind="stream")
    tab.run(
        [upload.upload, upload.clear], take_file, [kept, upload, view], [truth, view],
        api_name=None, show_progress_on=upload,  # a wrong mask must not cover the view
    )  # fmt: skip
    connect(TITLE, section, compare, [kept, truth, threshold], panel, controls=[truth.change])
    tab.run(
        picture.change, lambda: (None, None), None, [truth, upload], api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run(
        single.click, compare_file, [picture, upload, model, threshold], panel,
        api_name="segmentation_compare",
    )  # fmt: skip
    return truth

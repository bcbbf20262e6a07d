"""How right is the mask? Dice, IoU and the disagreement with a truth, brushed or uploaded."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.segmentation import DEFAULT_THRESHOLD
from cvcore.segmentation.drawing import AGREED, EXTRA, MISSED, draw_disagreement, draw_edges
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import TRUTH
from demos.segmentation.mask_view import (
    SHOWN_SIDE,
    MaskView,
    SafeMask,
    read_annotation,
    to_mask,
)
from demos.segmentation.state import LessonState, check_state, once_there
from demos.segmentation.views import (
    draw_boundary_key,
    draw_edge_key,
    draw_example,
    draw_figure,
    draw_formulas,
    draw_key,
    draw_measures,
    draw_page,
    draw_sentence,
)

THRESHOLDS = tuple(step / 100 for step in range(101))  # those of the slider
NO_TRUTH = "There is no truth yet: paint what belongs to it on the picture, or upload a mask."
PIXELS, EDGES, BOUNDARY = SHOWN = "pixels", "edges", "boundary"


@dataclass(frozen=True)
class TruthSettings:
    """Which mask is compared, and what of it is drawn."""

    threshold: float = DEFAULT_THRESHOLD  # probability, 0 to 1
    shown: str = PIXELS  # one of ``SHOWN``


class TruthPanel(ui.JsComponent):
    """The answer of ``compare_all``, which follows the threshold in the browser: numbers that come
    after the mask would stand beside another one."""

    MARKUP = '<div class="compared"></div>'
    SCRIPTS = ("truth.js",)
    STYLES = ("truth.css",)


def compare(
    state: LessonState | None,
    ground_truth: np.ndarray | None,
    settings: TruthSettings = TruthSettings(),
) -> dict:
    """Dice and IoU of the mask and the truth, written out, where they disagree, and the distances
    between their edges."""
    check_state(state)
    if ground_truth is None or ground_truth.shape != state.image.shape[:2]:
        return {"html": draw_sentence(NO_TRUTH) + draw_worked_example()}
    threshold = settings.threshold
    predicted = state.mask.above(threshold)
    overlap = cvcore.segmentation.compare_masks(predicted, ground_truth)
    figure, numbers = draw_shown(state.image, predicted, ground_truth, settings.shown)
    words = "<div>" + draw_formulas(overlap) + "<p>T: truth, P: prediction, in pixels.</p></div>"
    return {
        "html": draw_page(f'<div class="row">{figure}{words}</div>'),
        "threshold": threshold,
        "dice": overlap.dice,
        "iou": overlap.iou,
        "both": overlap.both,
        "predicted": overlap.predicted,
        "truth": overlap.ground_truth,
        "shown": settings.shown,
        **numbers,
    }


def draw_shown(
    image: np.ndarray, predicted: np.ndarray, ground_truth: np.ndarray, shown: str
) -> tuple[str, dict]:
    """The drawing asked for, and the measures that Dice and IoU are not, as numbers."""
    measures = cvcore.segmentation.measures
    if shown not in SHOWN:
        raise InputError(f"There is no drawing {shown!r}: choose {', '.join(SHOWN)}.")
    numbers: dict[str, Any] = {"sentence": ""}
    band = measures.compare_boundaries(predicted, ground_truth)
    numbers |= {"boundary_iou": band.iou, "boundary_band": measures.find_width(image.shape[:2])}
    edges = None
    try:
        general = measures.generalise_dice(predicted, ground_truth)
        numbers |= {"generalised_dice": general.value, "weights": general.weights}
        edges = measures.measure_edges(predicted, ground_truth)
        numbers |= {
            "hausdorff": edges.hausdorff, "hausdorff_95": edges.hausdorff_95,
            "edge_distance": edges.mean, "farthest": edges.farthest,
        }  # fmt: skip
    except InputError as error:  # an empty mask
        numbers["sentence"] = str(error)
    if shown == EDGES and edges is not None:
        drawn = draw_edges(image, predicted, ground_truth, edges.farthest)
        return draw_figure(drawn, draw_edge_key(edges.hausdorff)), numbers
    if shown == BOUNDARY:
        bands = [measures.find_boundary(mask) for mask in (predicted, ground_truth)]
        return draw_figure(draw_disagreement(image, *bands), draw_boundary_key(band)), numbers
    overlap = cvcore.segmentation.compare_masks(predicted, ground_truth)
    drawn = draw_disagreement(image, predicted, ground_truth)
    return draw_figure(drawn, draw_key(overlap)), numbers


def draw_worked_example() -> str:
    """Two small masks whose Dice is 62/74, to be changed by clicks."""
    return draw_page(draw_example(*cvcore.segmentation.measures.make_example()))


def compare_all(
    state: LessonState | None,
    ground_truth: np.ndarray | None,
    settings: TruthSettings = TruthSettings(),
) -> tuple[dict, str]:
    """``compare``, with what ``TruthPanel`` needs to say the same of every other threshold, and the
    other measures."""
    result = compare(state, ground_truth, settings)
    if "dice" not in result:
        return result, ""
    probability = state.mask.probability
    overlaps = cvcore.segmentation.compare_at(probability, ground_truth, THRESHOLDS)
    picture = images.shrink(state.image, SHOWN_SIDE)
    planes = [np.rint(probability * 255).astype(np.uint8), ground_truth.astype(np.uint8) * 255]
    planes = [
        one if one.shape == picture.shape[:2]
        else images.resize(one, picture.shape[:2], resample="box")
        for one in planes
    ]  # fmt: skip
    result |= {
        "counts": [[one.both, one.predicted] for one in overlaps],
        "src": images.to_data_uri(picture),
        "planes": images.to_data_uri(np.dstack([*planes, np.zeros_like(planes[0])]), format="png"),
        "colours": [AGREED, EXTRA, MISSED],
    }
    return result, draw_page(draw_measures(result))


def take_annotation(state: LessonState | None, event: gr.EventData) -> np.ndarray | None:
    """The truth that was brushed on the picture; None when everything was rubbed out."""
    ground_truth = read_annotation(event, check_state(state).image.shape[:2])
    return ground_truth if ground_truth.any() else None


def take_file(
    state: LessonState | None, picture: np.ndarray | None, view: dict | None
) -> tuple[np.ndarray | None, Any]:
    """The truth of an uploaded mask, or none once it is removed, and the view with it."""
    if state is None and picture is None:
        return None, gr.skip()
    check_state(state)
    if picture is None:
        ground_truth, shown = None, ""
    else:
        ground_truth = to_mask(picture, state.image.shape[:2])
        shown = images.to_data_uri(images.to_rgb(ground_truth), format="png")
    # The number tells the view that this is to be drawn, also when the mask is the same again.
    number = ((view or {}).get("truth_number") or 0) + 1
    return ground_truth, {**(view or {}), "truth": shown, "truth_number": number}


def compare_file(
    image: np.ndarray | None, mask: np.ndarray | None, model: str, settings: TruthSettings
) -> dict:
    """All measures of a picture's prediction and a mask's picture, in one call."""
    if mask is None:
        images.check_image(image)
        return {"html": draw_sentence(NO_TRUTH)}
    predicted = cvcore.segmentation.predict_mask(image, model=model)
    return compare(LessonState(image, predicted), to_mask(mask, image.shape[:2]), settings)


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, threshold: gr.Slider,
    view: MaskView, picture: gr.Image, model: gr.Radio,
) -> tuple[gr.State, SafeMask]:  # fmt: skip
    """The comparison; returns what holds the ground truth, and where its file is uploaded."""
    ground_truth = gr.State()
    panel = TruthPanel(
        {"html": draw_sentence(NO_TRUTH) + draw_worked_example()}, label="comparison",
        elem_id="segmentation-truth", elem_classes=["fill"],
    )  # fmt: skip
    with tab.stage.controls(TRUTH):
        upload = SafeMask(
            label="Or a mask: white is inside", sources=["upload"],
            height=100, elem_id="segmentation-mask",
        )  # fmt: skip
        shown = ui.Radio(
            SHOWN, value=PIXELS, label="Show where they differ by", elem_id="segmentation-shown"
        )
        measures = gr.HTML(label="other measures", elem_id="segmentation-measures")
        example = gr.Button("Worked example: Dice 0.838", size="sm")
    settings = lesson.Controls(TruthSettings, threshold=threshold, shown=shown)
    # A stroke that comes while another is on its way waits: the last one counts.
    tab.run(view.truth, take_annotation, state, ground_truth, api_name=None, kind="stream")
    tab.run(
        [upload.upload, upload.clear], take_file, [state, upload, view], [ground_truth, view],
        api_name=None, show_progress_on=upload,  # a wrong mask must not cover the view
    )  # fmt: skip
    lazy.add(
        TRUTH, tab.stage.views[TRUTH], once_there(compare_all), [state, ground_truth],
        [panel, measures], api_name=None, kind="stream", settings=settings,
        follows=[state.change, ground_truth.change, threshold.change, shown.change],
    )  # fmt: skip
    tab.run(
        example.click, lambda: {"html": draw_worked_example()}, None, panel, api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run(
        picture.change, lambda: (None, None), None, [ground_truth, upload], api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.endpoint(
        compare_file, [picture, upload, model], panel, settings=settings,
        api_name="segmentation_compare",
    )  # fmt: skip
    return ground_truth, upload

"""Suppression, step by step: thousands of boxes become a few.

The confidence limit drops the weak boxes; non-maximum suppression (NMS) then drops those that say
once more what a surer box of their class has said. ``explain_suppression`` keeps every step.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from cvcore.core.checks import MAX_SEED, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.detection.boxes import check_boxes, iou_of_checked
from cvcore.detection.predictions import Detections, RawPredictions, find_class_ids
from cvcore.engine.isolation import undisturbed

DEFAULT_CONFIDENCE = 0.25
DEFAULT_IOU = 0.45
MAX_BOXES = 300


@dataclass(frozen=True, eq=False)
class NmsStep:
    """One turn of non-maximum suppression; the numbers are row indices of the boxes given."""

    kept: int  # the most confident box still there
    suppressed: np.ndarray  # (K,) boxes that overlap it too much
    ious: np.ndarray  # (K,) by how much


@undisturbed
def nms_steps(
    xyxy: np.ndarray, confidence: np.ndarray, class_id: np.ndarray, iou: float
) -> list[NmsStep]:
    """Non-maximum suppression within each class, turn by turn.

    The most confident box (N, 4) is kept and every box of its class with a greater IoU than
    ``iou`` goes; then the most confident of those left, and so on. Equal confidences keep their
    order. InputError for a box or a confidence that is no ordinary number.
    """
    xyxy, class_id = check_boxes(xyxy), np.asarray(class_id)
    confidence = np.asarray(confidence, np.float64)
    if not len(xyxy) == len(confidence) == len(class_id):
        raise ValueError("Boxes, confidences and classes must be as many.")
    if not np.isfinite(confidence).all():
        raise InputError("A confidence is no ordinary number.")
    iou = check_share("The IoU limit", iou)
    left = np.argsort(-confidence, kind="stable")
    steps = []
    while left.size:
        best, rest = left[0], left[1:]
        overlap = iou_of_checked(xyxy[best : best + 1], xyxy[rest])[0]
        goes = (overlap > iou) & (class_id[rest] == class_id[best])
        steps.append(NmsStep(int(best), rest[goes], overlap[goes]))
        left = rest[~goes]
    return steps


@dataclass(frozen=True, eq=False)
class Suppression:
    """How candidates became detections."""

    proposed: int  # boxes that the network proposes
    candidates: Detections  # those above the confidence limit, of the chosen classes, not clipped
    steps: tuple[NmsStep, ...]  # indices into candidates
    detections: Detections

    def _repr_html_(self) -> str:
        return self.detections._repr_html_()


def suppress(
    raw: RawPredictions,
    *,
    confidence: float = DEFAULT_CONFIDENCE,
    iou: float = DEFAULT_IOU,
    classes: Collection[str] | None = None,
    max_boxes: int = MAX_BOXES,
) -> Detections:
    """Detections from stored predictions: confidence limit, then NMS within each class.

    ``classes`` are the labels wanted (None or empty: all). Raises InputError unless both limits
    are in [0, 1] and the labels are known.
    """
    return explain_suppression(
        raw, confidence=confidence, iou=iou, classes=classes, max_boxes=max_boxes
    ).detections


@undisturbed
def explain_suppression(
    raw: RawPredictions,
    *,
    confidence: float = DEFAULT_CONFIDENCE,
    iou: float = DEFAULT_IOU,
    classes: Collection[str] | None = None,
    max_boxes: int = MAX_BOXES,
    multi_label: bool = False,
) -> Suppression:
    """The same as ``suppress``, with all candidates and every step of the NMS.

    With ``multi_label`` a box counts once for each class above the limit, as benchmarks do it;
    else only for its best class.
    """
    confidence = check_share("The confidence limit", confidence)
    iou = check_share("The IoU limit", iou)
    max_boxes = check_whole("The number of boxes", max_boxes, 0, MAX_SEED)
    rows = np.flatnonzero(raw.objectness >= confidence)  # no class score is greater than that
    scores = raw.class_scores(rows)
    if wanted := find_class_ids(classes, raw.labels):
        others = np.setdiff1d(np.arange(scores.shape[1]), wanted)
        scores[:, others] = -1
    if multi_label:
        at, class_id = np.nonzero(scores >= confidence)
    else:
        class_id = scores.argmax(axis=1)
        at = np.flatnonzero(scores[np.arange(len(rows)), class_id] >= confidence)
        class_id = class_id[at]
    score = scores[at, class_id]
    order = np.argsort(-score, kind="stable")
    candidates = _gather(raw, rows[at][order], class_id[order], score[order])
    steps = nms_steps(candidates.xyxy, candidates.confidence, candidates.class_id, iou)
    kept = np.array([step.kept for step in steps[:max_boxes]], dtype=np.int64)
    detections = _gather(
        raw, candidates.row[kept], candidates.class_id[kept], candidates.confidence[kept], clip=True
    )
    return Suppression(len(raw.xyxy), candidates, tuple(steps), detections)


def _gather(
    raw: RawPredictions,
    rows: np.ndarray,
    class_id: np.ndarray,
    confidence: np.ndarray,
    *,
    clip: bool = False,
) -> Detections:
    xyxy = raw.xyxy[rows]
    if clip:
        height, width = raw.letterbox.image_hw
        xyxy = np.clip(xyxy, 0, np.array([width, height, width, height], np.float32))
    labels = raw.labels
    return Detections(xyxy, confidence, class_id, tuple(labels[i] for i in class_id), rows)


def check_share(name: str, value: float) -> float:
    """``value`` as a float in [0, 1], else InputError."""
    return check_setting(name, value, 0, 1)

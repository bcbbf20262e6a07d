"""Suppression, step by step: thousands of boxes become a few.

The confidence limit drops the weak boxes; non-maximum suppression (NMS) then drops those that say
once more what a surer box of their class has said. ``explain_suppression`` keeps every step.
Softer ways keep more: they lower a score instead of dropping the box, or let the boxes that go vote
on where the one that stays lies.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from cvcore.core.checks import MAX_SEED, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.detection.boxes import check_boxes, iou_of_checked
from cvcore.detection.predictions import Detections, RawPredictions, find_class_ids
from cvcore.engine.isolation import undisturbed

DEFAULT_CONFIDENCE = 0.25
DEFAULT_IOU = 0.45
MAX_BOXES = 300
MAX_CANDIDATES = 3000  # with a box for each class: some networks score all of them above nothing
SIGMA = 0.5  # of the Gaussian in soft suppression, as in the paper
NMS, SOFT_LINEAR, SOFT_GAUSSIAN, VOTING = METHODS = (
    "NMS",
    "soft, linear",
    "soft, Gaussian",
    "box voting",
)


def _nothing() -> np.ndarray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class NmsStep:
    """One turn of non-maximum suppression; the numbers are row indices of the boxes given."""

    kept: int  # the most confident box still there
    suppressed: np.ndarray  # (K,) boxes that overlap it too much
    ious: np.ndarray  # (K,) by how much
    score: float = 1.0  # of the box that is kept, when its turn comes
    # soft suppression alone: (L,) boxes that stay with a lower score, their overlap, that score
    lowered: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    lowered_ious: np.ndarray = field(default_factory=_nothing)
    lowered_scores: np.ndarray = field(default_factory=_nothing)


@undisturbed
def nms_steps(
    xyxy: np.ndarray, confidence: np.ndarray, class_id: np.ndarray, iou: float
) -> list[NmsStep]:
    """Non-maximum suppression within each class, turn by turn.

    The most confident box (N, 4) is kept and every box of its class with a greater IoU than
    ``iou`` goes; then the most confident of those left, and so on. Equal confidences keep their
    order. InputError for a box or a confidence that is no ordinary number.
    """
    xyxy, confidence, class_id = _check_scored(xyxy, confidence, class_id)
    iou = check_share("The IoU limit", iou)
    left = np.argsort(-confidence, kind="stable")
    steps = []
    while left.size:
        best, rest = left[0], left[1:]
        overlap = iou_of_checked(xyxy[best : best + 1], xyxy[rest])[0]
        goes = (overlap > iou) & (class_id[rest] == class_id[best])
        steps.append(NmsStep(int(best), rest[goes], overlap[goes], float(confidence[best])))
        left = rest[~goes]
    return steps


def _check_scored(
    xyxy: np.ndarray, confidence: np.ndarray, class_id: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    xyxy, class_id = check_boxes(xyxy), np.asarray(class_id)
    confidence = np.asarray(confidence, np.float64)
    if not len(xyxy) == len(confidence) == len(class_id):
        raise ValueError("Boxes, confidences and classes must be as many.")
    if not np.isfinite(confidence).all():
        raise InputError("A confidence is no ordinary number.")
    return xyxy, confidence, class_id


@undisturbed
def soft_nms_steps(
    xyxy: np.ndarray,
    confidence: np.ndarray,
    class_id: np.ndarray,
    iou: float,
    *,
    method: str = SOFT_LINEAR,
    least: float = 0.001,
    sigma: float = SIGMA,
) -> list[NmsStep]:
    """Soft suppression within each class, turn by turn: scores fall, few boxes go.

    The box (N, 4) with the greatest score is kept; each box of its class that overlaps it keeps
    the share 1 - IoU of its score where the IoU is greater than ``iou`` ("soft, linear"), or the
    share exp(-IoU² / ``sigma``), whatever the IoU ("soft, Gaussian"). What falls below ``least`` (0
    to 1) goes. Equal scores keep their order. Bodla et al., "Soft-NMS: Improving Object Detection
    With One Line of Code", ICCV 2017, arXiv:1704.04503.
    """
    xyxy, confidence, class_id = _check_scored(xyxy, confidence, class_id)
    iou, least = check_share("The IoU limit", iou), check_share("The least score", least)
    sigma = check_setting("Sigma", sigma, 0.001, 100)
    if method not in (SOFT_LINEAR, SOFT_GAUSSIAN):
        raise InputError(f"There is no soft suppression {method!r}: choose linear or Gaussian.")
    score = confidence.copy()
    left = np.argsort(-confidence, kind="stable")
    left = left[score[left] >= least]
    steps = []
    while left.size:
        first = int(score[left].argmax())  # the first of equals
        best, rest = left[first], np.delete(left, first)
        overlap = iou_of_checked(xyxy[best : best + 1], xyxy[rest])[0]
        overlap[class_id[rest] != class_id[best]] = 0
        if method == SOFT_LINEAR:
            share = np.where(overlap > iou, 1 - overlap, 1.0)
        else:
            share = np.exp(-(overlap**2) / sigma)
        score[rest] *= share
        goes, falls = score[rest] < least, share < 1
        stays = falls & ~goes
        steps.append(
            NmsStep(
                int(best), rest[goes], overlap[goes], float(score[best]),
                rest[stays], overlap[stays], score[rest[stays]],
            )
        )  # fmt: skip
        left = rest[~goes]
    return steps


@undisturbed
def vote_boxes(
    xyxy: np.ndarray, confidence: np.ndarray, class_id: np.ndarray, kept: np.ndarray, iou: float
) -> np.ndarray:
    """Where the ``kept`` boxes (K,) lie once all boxes have voted: float64 (K, 4).

    Each is the mean of all boxes (N, 4) of its class that overlap it by more than ``iou``, itself
    among them, weighted by their confidences (N,). Gidaris and Komodakis, "Object Detection via a
    Multi-Region and Semantic Segmentation-Aware CNN Model", ICCV 2015, arXiv:1505.01749.
    """
    xyxy, confidence, class_id = _check_scored(xyxy, confidence, class_id)
    iou, kept = check_share("The IoU limit", iou), np.asarray(kept, np.int64)
    weights = (iou_of_checked(xyxy[kept], xyxy) > iou) & (class_id[kept][:, None] == class_id)
    weights[np.arange(len(kept)), kept] = True  # also where the limit is 1
    weights = weights * np.maximum(confidence, 1e-12)
    return weights @ xyxy / weights.sum(axis=1, keepdims=True)


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
    method: str = NMS,
) -> Detections:
    """Detections from stored predictions: confidence limit, then suppression within each class.

    ``classes`` are the labels wanted (None or empty: all). ``method``: "NMS", "soft, linear" or
    "soft, Gaussian" (``soft_nms_steps``), or "box voting" (NMS, then ``vote_boxes``). Raises
    InputError unless both limits are in [0, 1] and the labels and the method are known.
    """
    return explain_suppression(
        raw, confidence=confidence, iou=iou, classes=classes, max_boxes=max_boxes, method=method
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
    method: str = NMS,
) -> Suppression:
    """The same as ``suppress``, with all candidates and every step of the suppression.

    With ``multi_label`` a box counts once for each class above the limit, as benchmarks do it, of
    which the 3,000 surest are candidates; else only for its best class.
    """
    confidence = check_share("The confidence limit", confidence)
    iou = check_share("The IoU limit", iou)
    max_boxes = check_whole("The number of boxes", max_boxes, 0, MAX_SEED)
    if method not in METHODS:
        raise InputError(f"There is no suppression {method!r}: choose {', '.join(METHODS)}.")
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
    if multi_label:
        order = order[:MAX_CANDIDATES]
    at, class_id, score = rows[at][order], class_id[order], score[order]
    candidates = _gather(raw, at, class_id, score, raw.xyxy[at])
    return _suppress(raw, candidates, (confidence, iou), max_boxes, method)


def _suppress(
    raw: RawPredictions, found: Detections, limits: tuple[float, float], most: int, method: str
) -> Suppression:
    """What is left of candidates, the surest first; ``limits``: confidence and IoU."""
    confidence, iou = limits
    boxes = found.xyxy, found.confidence, found.class_id
    if method in (SOFT_LINEAR, SOFT_GAUSSIAN):
        steps = soft_nms_steps(*boxes, iou, method=method, least=confidence)
    else:
        steps = nms_steps(*boxes, iou)
    kept = np.array([step.kept for step in steps[:most]], dtype=np.int64)
    score = found.confidence[kept]
    if method in (SOFT_LINEAR, SOFT_GAUSSIAN):
        score = np.array([step.score for step in steps[:most]], found.confidence.dtype)
    xyxy = vote_boxes(*boxes, kept, iou) if method == VOTING else found.xyxy[kept]
    height, width = raw.letterbox.image_hw
    xyxy = np.clip(xyxy, 0, [width, height, width, height]).astype(found.xyxy.dtype)
    detections = _gather(raw, found.row[kept], found.class_id[kept], score, xyxy)
    return Suppression(len(raw.xyxy), found, tuple(steps), detections)


def _gather(
    raw: RawPredictions,
    rows: np.ndarray,
    class_id: np.ndarray,
    confidence: np.ndarray,
    xyxy: np.ndarray,
) -> Detections:
    labels = raw.labels
    return Detections(xyxy, confidence, class_id, tuple(labels[i] for i in class_id), rows)


def check_share(name: str, value: float) -> float:
    """``value`` as a float in [0, 1], else InputError."""
    return check_setting(name, value, 0, 1)

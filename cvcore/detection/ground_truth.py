"""Was a detection right? True and false positives, precision and recall.

A detection is a true positive when it overlaps a truth box of its class enough (IoU at least the
limit) and no more confident detection has taken that truth box; else it is a false positive. A
truth box that nobody takes is missed. Everingham et al., "The PASCAL Visual Object Classes
Challenge", IJCV 2010.
"""

from dataclasses import dataclass, field

import numpy as np

from cvcore.core.errors import InputError
from cvcore.detection import Detections, check_share
from cvcore.detection.boxes import box_iou

DEFAULT_IOU_LIMIT = 0.5  # a true positive needs at least this


@dataclass(frozen=True, eq=False)
class GroundTruthMatch:
    """How N detections, most confident first, fit T truth boxes."""

    iou: np.ndarray  # (N,) with the best truth box of the detection's class, 0 if there is none
    ground_truth: np.ndarray  # (N,) index of the truth box it took, -1 for a false positive
    missed: np.ndarray  # indices of truth boxes that no detection took
    precision: np.ndarray = field(repr=False)  # (N,) of the detections up to each one
    recall: np.ndarray = field(repr=False)  # (N,)

    @property
    def is_true_positive(self) -> np.ndarray:
        return self.ground_truth >= 0

    @property
    def average_precision(self) -> float:
        """Area under the precision-recall curve, as ``average_precision`` computes it."""
        return average_precision(self.precision, self.recall)


def match_ground_truth(
    detections: Detections,
    xyxy: np.ndarray,
    class_id: np.ndarray,
    *,
    iou_limit: float = DEFAULT_IOU_LIMIT,
) -> GroundTruthMatch:
    """Match detections with truth boxes (T, 4) of the classes (T,), the most confident first.

    Raises InputError for a limit outside [0, 1] or a truth box without an area.
    """
    iou_limit = check_share("The IoU limit", iou_limit)
    xyxy = np.asarray(xyxy, np.float64).reshape(-1, 4)
    if not np.isfinite(xyxy).all() or (xyxy[:, 2:] <= xyxy[:, :2]).any():
        raise InputError("A truth box needs a width and a height: draw it again.")
    same = detections.class_id[:, None] == np.asarray(class_id, np.int64)[None, :]
    overlap = np.where(same, box_iou(detections.xyxy, xyxy), 0.0)  # (N, T)
    taken = np.full(len(detections), -1)
    free = np.ones(len(xyxy), bool)
    for number, row in enumerate(overlap):
        candidates = np.where(free & same[number], row, -1.0)
        if len(candidates) and candidates.max() >= max(iou_limit, 1e-9):
            taken[number] = candidates.argmax()
            free[taken[number]] = False
    hits = np.cumsum(taken >= 0)
    count = np.arange(1, len(detections) + 1)
    return GroundTruthMatch(
        overlap.max(axis=1, initial=0.0),
        taken,
        np.flatnonzero(free),
        hits / count,
        hits / max(len(xyxy), 1),
    )


def average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """COCO's average precision: the mean, over recalls 0, 0.01 ... 1, of the best precision there.

    >>> average_precision(np.array([1.0, 0.5]), np.array([0.5, 0.5]))  # one of two found
    0.504950495049505
    """
    precision, recall = np.asarray(precision, np.float64), np.asarray(recall, np.float64)
    if not len(precision):
        return 0.0
    best = np.maximum.accumulate(precision[::-1])[::-1]  # the best at this recall or more
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(at < len(best), best[np.minimum(at, len(best) - 1)], 0.0).mean())

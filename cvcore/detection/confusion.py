"""Which class is taken for which? Predicted against true, box by box.

Boxes are paired by where they lie, whatever their class: the surest detection takes the truth box
that it overlaps most, if by more than a limit and if that one is still free; then the next. What
stays alone stands in the row or column "background": a miss, or a box around nothing. As
ultralytics does it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cvcore.detection import check_share
from cvcore.detection.boxes import box_iou
from cvcore.detection.labels import GroundTruth

BACKGROUND = "background"
DEFAULT_IOU_LIMIT = 0.45  # that of ultralytics' matrix

Scored = tuple[np.ndarray, np.ndarray, np.ndarray]  # xyxy (N, 4), confidence (N,), class_id (N,)


@dataclass(frozen=True)
class Case:
    """One box, or pair of boxes, counted in a cell."""

    picture: int  # index of the picture
    detection: int = -1  # index of the detection; -1: the object was missed
    truth: int = -1  # index of the truth box; -1: there is nothing
    iou: float = 0.0


@dataclass(frozen=True, eq=False)
class ConfusionMatrix:
    """Counts of boxes; the last row and column are the background."""

    counts: np.ndarray  # int64 (C + 1, C + 1): [true class, predicted class]
    cases: dict[tuple[int, int], list[Case]] = field(repr=False)
    """What stands behind each count that is not 0, by (true class, predicted class)."""

    def occurring(self) -> list[int]:
        """The classes that are in the truth or were predicted, without the background."""
        seen = self.counts.sum(axis=0) + self.counts.sum(axis=1)
        return np.flatnonzero(seen[:-1]).tolist()


def count_confusions(
    found: Sequence[Scored],
    truths: Sequence[GroundTruth],
    num_classes: int,
    *,
    confidence: float = 0.25,
    iou_limit: float = DEFAULT_IOU_LIMIT,
) -> ConfusionMatrix:
    """The matrix over pictures: what was ``found`` in each, and what is there.

    A detection counts above the ``confidence`` limit, a pair above ``iou_limit`` (both 0 to 1).
    """
    confidence = check_share("The confidence limit", confidence)
    iou_limit = check_share("The IoU limit", iou_limit)
    counts = np.zeros((num_classes + 1, num_classes + 1), np.int64)
    cases: dict[tuple[int, int], list[Case]] = {}
    for number, (scored, truth) in enumerate(zip(found, truths, strict=True)):
        for case in pair_boxes(scored, truth, number, confidence, iou_limit):
            true = int(truth.class_id[case.truth]) if case.truth >= 0 else num_classes
            said = int(scored[2][case.detection]) if case.detection >= 0 else num_classes
            counts[true, said] += 1
            cases.setdefault((true, said), []).append(case)
    return ConfusionMatrix(counts, cases)


def pair_boxes(
    found: Scored, truth: GroundTruth, picture: int, confidence: float, iou_limit: float
) -> list[Case]:
    """One picture's pairs, then its misses and what was found where nothing is."""
    xyxy, score, _ = found
    overlap = box_iou(xyxy, truth.xyxy)  # (N, T)
    free = np.ones(len(truth.class_id), bool)
    pairs, alone = [], []
    for number in np.argsort(-np.asarray(score), kind="stable").tolist():
        if score[number] <= confidence:
            continue
        row = np.where(free, overlap[number], -1.0)
        best = int(row.argmax()) if len(row) else -1
        if best >= 0 and row[best] > iou_limit:
            free[best] = False
            pairs.append(Case(picture, number, best, float(row[best])))
        else:
            alone.append(Case(picture, number))
    return [*pairs, *(Case(picture, truth=int(i)) for i in np.flatnonzero(free)), *alone]

"""How alike two boxes are: IoU, and what GIoU, DIoU and CIoU add to it.

IoU is 0 for every pair that does not touch, however far apart: as a loss it has no slope there.
Each of the others takes something away that has one. A box is ``(x1, y1, x2, y2)`` in pixels.
"""

import math
from dataclasses import dataclass

import numpy as np

from cvcore.core.errors import InputError
from cvcore.detection.boxes import check_boxes

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class BoxOverlap:
    """Two boxes, with every number that the four measures are made of (pixels, square pixels)."""

    shared: float  # area of both
    union: float  # area of either
    enclosing: Box  # the smallest box around both
    centres: tuple[tuple[float, float], tuple[float, float]]
    centre_distance: float
    diagonal: float  # of the enclosing box
    aspect: float  # v: 0 for two boxes of one aspect ratio, at most 1
    alpha: float  # how much v counts: more, the better the boxes overlap

    @property
    def iou(self) -> float:
        """Shared area over the union's: 0 to 1."""
        return self.shared / self.union

    @property
    def empty_share(self) -> float:
        """The part of the enclosing box that belongs to neither: 0 to 1."""
        x1, y1, x2, y2 = self.enclosing
        enclosing = (x2 - x1) * (y2 - y1)
        return (enclosing - self.union) / enclosing

    @property
    def distance_share(self) -> float:
        """The squared distance of the centres over that of the enclosing box's corners: 0 to 1."""
        return (self.centre_distance / self.diagonal) ** 2

    @property
    def giou(self) -> float:
        """IoU less the empty part of the enclosing box: above -1, to 1."""
        return self.iou - self.empty_share

    @property
    def diou(self) -> float:
        """IoU less the squared distance of the centres, as a share: above -1, to 1."""
        return self.iou - self.distance_share

    @property
    def ciou(self) -> float:
        """DIoU less ``alpha`` times ``aspect``."""
        return self.diou - self.alpha * self.aspect


def compare_boxes(first: np.ndarray, second: np.ndarray) -> BoxOverlap:
    """Two boxes ``(x1, y1, x2, y2)`` by all four measures, which equal those of torchvision.ops.

    Raises InputError for a box without an area, or with a value that is no ordinary number.
    GIoU: Rezatofighi et al., CVPR 2019, arXiv:1902.09630. DIoU and CIoU: Zheng et al., AAAI 2020,
    arXiv:1911.08287.

    >>> both = compare_boxes([0, 0, 2, 2], [1, 0, 3, 2])
    >>> [round(value, 4) for value in (both.iou, both.giou, both.diou)]
    [0.3333, 0.3333, 0.2564]
    """
    a, b = (_check_one(box) for box in (first, second))
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    sides_a, sides_b = a[2:] - a[:2], b[2:] - b[:2]
    union = float(sides_a.prod() + sides_b.prod()) - shared
    corner, other = np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])
    centre_a, centre_b = (a[:2] + a[2:]) / 2, (b[:2] + b[2:]) / 2
    angles = [math.atan(width / height) for width, height in (sides_a, sides_b)]
    aspect = 4 / math.pi**2 * (angles[0] - angles[1]) ** 2
    rest = 1 - shared / union + aspect
    return BoxOverlap(
        shared, union, (*map(float, corner), *map(float, other)),  # type: ignore[arg-type]
        (tuple(map(float, centre_a)), tuple(map(float, centre_b))),  # type: ignore[arg-type]
        float(np.hypot(*(centre_a - centre_b))), float(np.hypot(*(other - corner))),
        aspect, aspect / rest if rest > 0 else 0.0,
    )  # fmt: skip


def _check_one(box: np.ndarray) -> np.ndarray:
    rows = check_boxes(np.asarray(box).reshape(1, -1))
    if (rows[0, 2:] <= rows[0, :2]).any():
        raise InputError("A box needs a width and a height: draw it again.")
    return rows[0]

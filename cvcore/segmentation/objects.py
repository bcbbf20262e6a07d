"""From a mask to single objects: who is who, how many, how large."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core import notebook
from cvcore.core.errors import InputError
from cvcore.segmentation.drawing import draw_objects

DEFAULT_DISTANCE = 3  # pixels between the centres of two objects that touch


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of a mask."""

    labels: np.ndarray = field(repr=False)  # int32 (H, W): 0 is background, then 1, 2, ...
    areas: np.ndarray  # int64 (N,), pixels
    centres: np.ndarray = field(repr=False)  # float64 (N, 2): x, y in pixels

    @property
    def count(self) -> int:
        return len(self.areas)

    def _repr_html_(self) -> str:
        black = np.zeros((*self.labels.shape, 3), np.uint8)
        drawn = draw_objects(black, self.labels)
        return notebook.picture_html(drawn, f"{self.count} objects")


def count_objects(
    mask: np.ndarray,
    *,
    split_touching: bool = True,
    min_area: int = 12,
    min_distance: float = DEFAULT_DISTANCE,
) -> Objects:
    """Count the objects of a mask, bool (H, W).

    Connected components (pixels that touch, also at corners) are objects. With ``split_touching``
    those that only touch are parted: every pixel's distance to the background makes hills, each
    round object has one, and a watershed (Meyer, 1994) draws the border where their waters meet.
    Hills closer than ``min_distance`` pixels are one; smaller objects than ``min_area`` pixels are
    dropped.
    """
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.bool_:
        raise TypeError("Expected a bool mask (H, W).")
    if min_area < 1 or min_distance < 0:
        raise InputError("The least area is at least 1 pixel and the distance at least 0.")
    labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]
    if split_touching and mask.any():
        labels = _part_touching(mask, min_distance)
    areas = np.bincount(labels.ravel())
    kept = np.flatnonzero(areas >= min_area)
    kept = kept[kept > 0]
    renumber = np.zeros(len(areas), np.int32)
    renumber[kept] = np.arange(1, len(kept) + 1)
    labels = renumber[labels]
    ys, xs = np.nonzero(labels)
    owner = labels[ys, xs]
    areas = np.bincount(owner, minlength=len(kept) + 1)[1:]
    sums = [np.bincount(owner, weights=axis, minlength=len(kept) + 1)[1:] for axis in (xs, ys)]
    centres = np.stack(sums, axis=1) / np.maximum(areas, 1)[:, None]
    return Objects(labels, areas.astype(np.int64), centres)


def _part_touching(mask: np.ndarray, min_distance: float) -> np.ndarray:
    padded = np.pad(mask.astype(np.uint8), 1)  # the picture's edge counts as background
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    smooth = cv2.GaussianBlur(distance, (0, 0), 1.0)
    reach = 2 * max(1, round(min_distance)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    tops = (smooth >= cv2.dilate(smooth, window) - 1e-6) & (padded > 0)
    seeds = cv2.connectedComponents(cv2.dilate(tops.astype(np.uint8), np.ones((3, 3))))[1]
    # Each seed stands on its own hill; the background is a seed as well.
    markers = np.where(padded > 0, seeds * (padded > 0), 0).astype(np.int32)
    background = markers.max() + 1
    markers[padded == 0] = background
    hills = 255 - np.rint(255 * smooth / max(float(smooth.max()), 1e-6)).astype(np.uint8)
    flooded = cv2.watershed(cv2.merge([hills] * 3), markers)
    flooded[flooded == background] = 0
    # The watershed leaves borders one pixel wide (-1): they go to the nearest object.
    borders = (flooded <= 0) & (padded > 0)
    if borders.any() and (flooded > 0).any():
        _, nearest = cv2.distanceTransformWithLabels(
            (flooded <= 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        owner = np.zeros(nearest.max() + 1, np.int32)
        owner[nearest[flooded > 0]] = flooded[flooded > 0]
        flooded[borders] = owner[nearest[borders]]
    flooded[padded == 0] = 0
    return np.maximum(flooded, 0)[1:-1, 1:-1]

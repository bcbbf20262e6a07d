"""From a mask to single objects: who is who, how many, how large."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import to_number
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.segmentation.drawing import draw_objects

DEFAULT_DISTANCE = 3  # pixels between the centres of two objects that touch
MIN_DEPTH = 0.5  # pixels: what a slanted edge's steps make of a bar are no hills of their own


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


@undisturbed
def count_objects(
    mask: np.ndarray,
    *,
    split_touching: bool = True,
    min_area: int = 12,
    min_distance: float = DEFAULT_DISTANCE,
) -> Objects:
    """Count the objects of a mask, bool (H, W).

    Connected components (pixels that touch, also at corners) are objects; those of fewer than
    ``min_area`` pixels are dropped. With ``split_touching`` each component is parted where objects
    only touch: every pixel's distance to the background makes hills, each round object has one,
    and a watershed (Meyer, 1994; scikit-image's) floods them level by level until their waters
    meet. Hills closer than ``min_distance`` pixels are one, as are those with a pass between them
    that is less than half a pixel lower, and no part is smaller than ``min_area``. So a component
    may become several objects, but never vanishes, and two never become one.
    """
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.bool_:
        raise TypeError("Expected a bool mask (H, W).")
    min_area, min_distance = to_number(min_area), to_number(min_distance)
    if not (1 <= min_area < np.inf and 0 <= min_distance < np.inf):  # also refuses NaN
        raise InputError("The least area is at least 1 pixel and the distance at least 0.")
    if split_touching:
        labels = _part_touching(mask, min_area, min_distance)
    else:
        labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1]
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


def _part_touching(mask: np.ndarray, min_area: float, min_distance: float) -> np.ndarray:
    """The parts of a mask's components, int (H, W) from 1 on; none reaches over two components."""
    from scipy import ndimage
    from skimage.measure import label
    from skimage.morphology import local_maxima
    from skimage.segmentation import watershed

    padded = np.pad(mask, 1)  # the picture's edge counts as background
    distance = ndimage.distance_transform_edt(padded)
    height = np.where(padded, ndimage.gaussian_filter(distance, 1.0), 0).round(6)
    tops = label(local_maxima(height, connectivity=2) & padded, connectivity=2)
    parts = watershed(-distance, tops, mask=padded)
    parts = watershed(-distance, parts, mask=padded, connectivity=2)  # what hangs on by a corner
    return _join_hills(parts, height, min_area, min_distance)[parts][1:-1, 1:-1]


def _join_hills(
    parts: np.ndarray, height: np.ndarray, min_area: float, min_distance: float
) -> np.ndarray:
    """For each of the parts, 0 to N, the number of the part that it belongs to.

    Parts that touch are one where their hills are too near, the pass between them is hardly lower
    than the lower hill, or one of them is too small: the highest passes are looked at first.
    """
    from scipy import ndimage

    count = int(parts.max())
    numbers = np.arange(count + 1)
    places = ndimage.maximum_position(height, parts, numbers[1:]) if count else []
    tops = np.array([(0, 0), *places], np.float64)
    heights = np.array([0, *(height[place] for place in places)])
    areas = np.bincount(parts.ravel(), minlength=count + 1)
    owner = numbers.tolist()

    def find(one: int) -> int:
        while owner[one] != one:
            owner[one] = owner[owner[one]]
            one = owner[one]
        return one

    def join(low: int, high: int) -> None:
        owner[low] = high
        areas[high] += areas[low]

    passes = _find_passes(parts, height)
    for one, other, saddle in passes:
        low, high = sorted((find(one), find(other)), key=lambda part: heights[part])
        if low != high and (
            heights[low] - saddle < MIN_DEPTH or math.dist(tops[low], tops[high]) < min_distance
        ):
            join(low, high)
    for one, other, _ in passes:
        low, high = sorted((find(one), find(other)), key=lambda part: areas[part])
        if low != high and areas[low] < min_area:
            join(low, high)
    return np.array([find(one) for one in numbers.tolist()], np.int32)


def _find_passes(parts: np.ndarray, height: np.ndarray) -> list[tuple[int, int, float]]:
    """Each two parts that touch, and how high the highest place between them is; highest first."""
    pairs, saddles = [], []
    rows, columns = parts.shape
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = np.s_[: rows - down, max(-right, 0) : columns - max(right, 0)]
        there = np.s_[down:, max(right, 0) : columns + min(right, 0)]
        touch = (parts[here] != parts[there]) & (parts[here] > 0) & (parts[there] > 0)
        pairs.append(np.sort(np.stack([parts[here][touch], parts[there][touch]]), axis=0))
        saddles.append(np.minimum(height[here][touch], height[there][touch]))
    (one, other), saddle = np.concatenate(pairs, axis=1), np.concatenate(saddles)
    order = np.argsort(-saddle, kind="stable")
    _, first = np.unique(np.stack([one, other])[:, order], axis=1, return_index=True)
    chosen = order[np.sort(first)]
    return list(
        zip(one[chosen].tolist(), other[chosen].tolist(), saddle[chosen].tolist(), strict=True)
    )

"""Parts of a picture to change: windows and masks, from coarse to fine."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    pass


Maps = Iterator[tuple[np.ndarray, float]]


def split_evenly(cells: np.ndarray, most: int) -> list[np.ndarray]:
    """Rows in groups of nearly the same size, at most ``most`` each.

    >>> [len(group) for group in split_evenly(np.zeros((10, 2)), 4)]
    [4, 3, 3]
    """
    return np.array_split(cells, -(-len(cells) // most))


def grid_starts(side: int, window: int, stride: int) -> np.ndarray:
    """Where windows start along an axis: captum's grid, until the whole axis is covered.

    >>> grid_starts(10, 4, 3).tolist()
    [0, 3, 6]
    """
    return np.arange(-(-max(side - window, 0) // stride) + 1) * stride


def coarse_to_fine(count: int, *, first: int = 4) -> list[np.ndarray]:
    """The cells of a count x count grid, as int (N, 2), in passes: every 4th row and column first
    (or every ``first``, a power of 2), then every 2nd, then all. Each pass leaves out what came
    before."""
    passes, seen = [], np.zeros((count, count), bool)
    for step in (2**k for k in reversed(range(first.bit_length()))):
        new = np.zeros_like(seen)
        new[::step, ::step] = True
        new &= ~seen
        seen |= new
        if new.any():
            passes.append(np.argwhere(new))
    return passes


def spread_windows(drops: np.ndarray, starts: np.ndarray, window: int, side: int) -> np.ndarray:
    """Each pixel's mean (side, side) over the windows that cover it, from their drops (n, n)."""
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for (row, column), drop in np.ndenumerate(drops):
        place = (
            slice(starts[row], starts[row] + window),
            slice(starts[column], starts[column] + window),
        )
        total[place] += drop
        count[place] += 1
    return total / count


def make_masks(
    rng: np.random.Generator, count: int, side: int, *, cells: int, keep: float
) -> np.ndarray:
    """Random smooth masks float32 (count, side, side) in [0, 1]."""
    step = -(-side // cells)
    masks = np.empty((count, side, side), np.float32)
    for mask in masks:
        grid = (rng.random((cells + 1, cells + 1)) < keep).astype(np.float32)
        large = cv2.resize(grid, ((cells + 1) * step,) * 2, interpolation=cv2.INTER_LINEAR)
        top, left = rng.integers(0, step, 2)
        mask[:] = large[top : top + side, left : left + side]
    return masks

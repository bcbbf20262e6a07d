"""Four ways of making a small map large again, as the way up of a segmentation network does.

Each output number is a weighted sum of the small map's numbers; the weights say where it comes
from. They are written out here, so that a page can show them; the numbers equal PyTorch's.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError

MAX_SIDE = 8  # cells of the map
MAX_KERNEL = 4
POOL = 2  # cells: side of a pooling window, and how many times larger the map becomes


@dataclass(frozen=True, eq=False)
class Pooled:
    """A map (H, W) after max pooling with windows of 2 x 2."""

    map: np.ndarray  # float64 (H, W)
    small: np.ndarray  # float64 (H / 2, W / 2)
    winners: np.ndarray  # int64 (H / 2, W / 2): index into the flat map of each window's maximum


@dataclass(frozen=True, eq=False)
class Enlarged:
    """A small map made larger."""

    output: np.ndarray  # float64 (H, W)
    weights: np.ndarray = field(repr=False)  # (H, W, h, w): how much of each small number is in it

    @property
    def hits(self) -> np.ndarray:
        """(H, W): how many of the small map's numbers have a part in each output number."""
        return np.count_nonzero(self.weights, axis=(2, 3))


def pool_map(numbers: Any) -> Pooled:
    """Max pooling of a map with even sides of 2 to 8 cells; of equal numbers the first wins."""
    cells = check_map(numbers, MAX_SIDE, "map")
    high, wide = cells.shape
    if high % POOL or wide % POOL:
        raise InputError(f"The map is {high} x {wide}: give it an even number of rows and columns.")
    windows = cells.reshape(high // POOL, POOL, wide // POOL, POOL).swapaxes(1, 2)
    flat = windows.reshape(high // POOL, wide // POOL, POOL * POOL)
    at = flat.argmax(axis=2)
    rows, columns = np.indices(at.shape)
    winners = (POOL * rows + at // POOL) * wide + POOL * columns + at % POOL
    return Pooled(cells, flat.max(axis=2), winners)


def check_map(numbers: Any, most: int, name: str) -> np.ndarray:
    """Rows of numbers as float64 (H, W), else InputError."""
    try:
        cells = np.array([[float(cell) for cell in row] for row in numbers], np.float64)
    except (TypeError, ValueError):
        cells = np.zeros(0)
    if cells.ndim != 2 or not cells.size:
        raise InputError(f"The {name} is rows of equally many numbers: write them as 1 2, 3 4.")
    if not np.isfinite(cells).all() or np.abs(cells).max() > 1e6:
        raise InputError(
            f"A number of the {name} is too large, or none: write -1000000 to 1000000."
        )
    if max(cells.shape) > most:
        high, wide = cells.shape
        raise InputError(f"The {name} is {high} x {wide}: it may have at most {most} x {most}.")
    return cells


def enlarge_nearest(small: np.ndarray) -> Enlarged:
    """Each number four times: ``torch.nn.Upsample(scale_factor=2)``."""
    high, wide = small.shape
    return _apply(_pick(high), _pick(wide), small)


def _pick(side: int) -> np.ndarray:
    return np.repeat(np.eye(side), POOL, axis=0)


def enlarge_bilinear(small: np.ndarray) -> Enlarged:
    """Between the centres of the cells in a straight line: ``mode="bilinear"``,
    ``align_corners=False``."""
    return _apply(_mix(small.shape[0]), _mix(small.shape[1]), small)


def _mix(side: int) -> np.ndarray:
    """Weights (2 side, side) along one direction."""
    at = np.clip((np.arange(POOL * side) + 0.5) / POOL - 0.5, 0, None)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, side - 1)
    weights = np.zeros((POOL * side, side))
    rows = np.arange(POOL * side)
    np.add.at(weights, (rows, low), 1 - (at - low))
    np.add.at(weights, (rows, high), at - low)
    return weights


def _apply(rows: np.ndarray, columns: np.ndarray, small: np.ndarray) -> Enlarged:
    weights = np.einsum("ai,bj->abij", rows, columns)
    return Enlarged(rows @ small @ columns.T, weights)


def unpool(pooled: Pooled) -> Enlarged:
    """Each number back to where its maximum was, zeros elsewhere: ``torch.nn.MaxUnpool2d(2)``.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    """
    weights = np.zeros((pooled.map.size, pooled.small.size))
    weights[pooled.winners.ravel(), np.arange(pooled.small.size)] = 1
    output = (weights @ pooled.small.ravel()).reshape(pooled.map.shape)
    return Enlarged(output, weights.reshape(*pooled.map.shape, *pooled.small.shape))


def convolve_transposed(small: np.ndarray, kernel: Any, stride: int = 2) -> Enlarged:
    """Each number times the whole kernel (1 to 4 cells a side), laid down ``stride`` cells (1 to 4)
    further for each; where copies overlap they add up.

    ``torch.nn.ConvTranspose2d`` without padding and bias. Where the stride does not divide the
    kernel's side the overlaps are uneven: a checkerboard. Odena, Dumoulin and Olah, "Deconvolution
    and Checkerboard Artifacts", Distill 2016.
    """
    cells = check_map(kernel, MAX_KERNEL, "kernel")
    stride = check_whole("The stride", stride, 1, 4)
    (high, wide), (k_high, k_wide) = small.shape, cells.shape
    weights = np.zeros(
        ((high - 1) * stride + k_high, (wide - 1) * stride + k_wide, high, wide)
    )  # fmt: skip
    for i in range(high):
        for j in range(wide):
            top, left = i * stride, j * stride
            weights[top : top + k_high, left : left + k_wide, i, j] = cells
    return Enlarged(np.einsum("abij,ij->ab", weights, small), weights)

"""RoI pooling and RoIAlign: a region of any size becomes a small grid of one size.

RoI max pooling: Girshick, "Fast R-CNN", ICCV 2015, arXiv:1504.08083. The region is cut into a grid
of bins and each bin keeps its greatest value. Bins start at ``floor(i h / H)`` and end before
``ceil((i+1) h / H)``, so they overlap where the region's height is no multiple of the grid's.

RoIAlign: He et al., "Mask R-CNN", ICCV 2017, arXiv:1703.06870. Nothing is rounded: the bins are all
of one size and overlap nowhere, and each is the mean of some points in it, whose values are read
between the cells by bilinear interpolation.
"""

from dataclasses import dataclass

import numpy as np

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError

DEFAULT_OUTPUT_HW = (3, 3)
DEFAULT_SAMPLES = 2  # points along each side of a bin of RoIAlign, as in Mask R-CNN
MAX_SIDE = 16
MAX_SAMPLES = 8


@dataclass(frozen=True)
class Bin:
    """One cell of the output: the rows and columns of the matrix it covers, and its greatest."""

    top: int
    left: int
    bottom: int  # not included, like right
    right: int
    row: int  # where the greatest value stands in the matrix
    column: int
    value: float


@dataclass(frozen=True, eq=False)
class RoiPooling:
    output: np.ndarray  # (H, W) float64
    bins: tuple[tuple[Bin, ...], ...]  # H rows of W


@dataclass(frozen=True)
class Sample:
    """A point that RoIAlign reads, between four cells."""

    y: float  # in cells; the middle of the cell in row 0 stands at 0.5
    x: float
    cells: tuple[tuple[int, int], ...]  # (row, column) of those it reads, each once
    weights: tuple[float, ...]  # how much of each: they sum to 1
    value: float


@dataclass(frozen=True)
class AlignedBin:
    """One cell of RoIAlign's output: what of the matrix it covers, and the mean of its points."""

    top: float
    left: float
    bottom: float
    right: float
    samples: tuple[Sample, ...]
    value: float


@dataclass(frozen=True, eq=False)
class RoiAlignment:
    output: np.ndarray  # (H, W) float64
    bins: tuple[tuple[AlignedBin, ...], ...]  # H rows of W


def roi_pool(
    matrix: np.ndarray,
    region: tuple[int, int, int, int],
    output_hw: tuple[int, int] = DEFAULT_OUTPUT_HW,
) -> RoiPooling:
    """Pool ``region`` (top, left, height, width) of a matrix (rows, columns) to ``output_hw``.

    Raises InputError when the region does not lie inside the matrix, or for values that are not
    numbers.

    >>> roi_pool(np.arange(24).reshape(4, 6), (0, 0, 4, 6)).output.tolist()
    [[7.0, 9.0, 11.0], [13.0, 15.0, 17.0], [19.0, 21.0, 23.0]]
    """
    matrix = _check_matrix(matrix)
    rows, columns = matrix.shape
    top = check_whole("The region's top row", region[0], 0, rows - 1)
    left = check_whole("The region's left column", region[1], 0, columns - 1)
    height = check_whole("The region's height", region[2], 1, rows - top)
    width = check_whole("The region's width", region[3], 1, columns - left)
    out_h, out_w = _check_output(output_hw)
    bins = tuple(
        tuple(
            _find_greatest(matrix, top + y0, left + x0, top + y1, left + x1)
            for x0, x1 in _cut(width, out_w)
        )
        for y0, y1 in _cut(height, out_h)
    )
    return RoiPooling(np.array([[one.value for one in row] for row in bins]), bins)


def roi_align(
    matrix: np.ndarray,
    region: tuple[float, float, float, float],
    output_hw: tuple[int, int] = DEFAULT_OUTPUT_HW,
    *,
    samples: int = DEFAULT_SAMPLES,
) -> RoiAlignment:
    """Align ``region`` (top, left, height, width; fractions allowed) to ``output_hw``.

    As ``torchvision.ops.roi_align(..., aligned=True)``: the cell in row i covers i to i + 1, and
    its value stands in its middle. Beyond the outermost middles a point reads the edge's cells.
    Raises InputError when the region does not lie inside the matrix, or for values that are not
    numbers.

    >>> roi_align(np.arange(16).reshape(4, 4), (0, 0, 4, 4), (2, 2)).output.tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    matrix = _check_matrix(matrix)
    rows, columns = matrix.shape
    top = check_setting("The region's top edge", region[0], 0, rows - 0.01)
    left = check_setting("The region's left edge", region[1], 0, columns - 0.01)
    height = check_setting("The region's height", region[2], 0.01, rows - top)
    width = check_setting("The region's width", region[3], 0.01, columns - left)
    out_h, out_w = _check_output(output_hw)
    samples = check_whole("The points along a side of a bin", samples, 1, MAX_SAMPLES)
    high, wide = height / out_h, width / out_w
    bins = tuple(
        tuple(
            _align_bin(matrix, top + i * high, left + j * wide, (high, wide), samples)
            for j in range(out_w)
        )
        for i in range(out_h)
    )
    return RoiAlignment(np.array([[one.value for one in row] for row in bins]), bins)


def _align_bin(
    matrix: np.ndarray, top: float, left: float, size_hw: tuple[float, float], samples: int
) -> AlignedBin:
    """The mean of samples x samples points, evenly spread over a bin."""
    high, wide = size_hw
    shares = [(k + 0.5) / samples for k in range(samples)]
    points = tuple(
        _read_between(matrix, top + high * down, left + wide * right)
        for down in shares
        for right in shares
    )
    value = float(np.mean([one.value for one in points]))
    return AlignedBin(top, left, top + high, left + wide, points, value)


def _read_between(matrix: np.ndarray, y: float, x: float) -> Sample:
    """Bilinear interpolation between the middles of the four cells around a point."""
    parts: dict[tuple[int, int], float] = {}
    for row, down in _weigh(y - 0.5, matrix.shape[0]):
        for column, right in _weigh(x - 0.5, matrix.shape[1]):
            if down * right > 0:
                parts[row, column] = parts.get((row, column), 0.0) + down * right
    value = sum(weight * float(matrix[cell]) for cell, weight in parts.items())
    return Sample(y, x, tuple(parts), tuple(parts.values()), value)


def _weigh(at: float, count: int) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two cells beside a place, and how much of each; at the edge its cell alone."""
    at = min(max(at, 0.0), count - 1.0)
    first = int(at)
    return (first, 1 - (at - first)), (min(first + 1, count - 1), at - first)


def _check_matrix(matrix: np.ndarray) -> np.ndarray:
    matrix = np.asarray(matrix, np.float64)
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        raise InputError("Every cell of the matrix must hold a number: fill in the empty ones.")
    return matrix


def _check_output(output_hw: tuple[int, int]) -> tuple[int, int]:
    return (
        check_whole("The output's height", output_hw[0], 1, MAX_SIDE),
        check_whole("The output's width", output_hw[1], 1, MAX_SIDE),
    )


def _cut(length: int, parts: int) -> list[tuple[int, int]]:
    return [(i * length // parts, -(-(i + 1) * length // parts)) for i in range(parts)]


def _find_greatest(matrix: np.ndarray, top: int, left: int, bottom: int, right: int) -> Bin:
    part = matrix[top:bottom, left:right]
    row, column = np.unravel_index(part.argmax(), part.shape)
    return Bin(
        top, left, bottom, right, top + int(row), left + int(column), float(part[row, column])
    )

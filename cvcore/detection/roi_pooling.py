"""RoI max pooling: a region of any size becomes a small grid of one size.

Girshick, "Fast R-CNN", ICCV 2015, arXiv:1504.08083. The region is cut into a grid of bins and each
bin keeps its greatest value. Bins start at ``floor(i h / H)`` and end before ``ceil((i+1) h / H)``,
so they overlap where the region's height is no multiple of the grid's.
"""

from dataclasses import dataclass

import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError

DEFAULT_OUTPUT_HW = (3, 3)
MAX_SIDE = 16


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
    matrix = np.asarray(matrix, np.float64)
    if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
        raise InputError("Every cell of the matrix must hold a number: fill in the empty ones.")
    rows, columns = matrix.shape
    top = check_whole("The region's top row", region[0], 0, rows - 1)
    left = check_whole("The region's left column", region[1], 0, columns - 1)
    height = check_whole("The region's height", region[2], 1, rows - top)
    width = check_whole("The region's width", region[3], 1, columns - left)
    out_h = check_whole("The output's height", output_hw[0], 1, MAX_SIDE)
    out_w = check_whole("The output's width", output_hw[1], 1, MAX_SIDE)
    bins = tuple(
        tuple(
            _find_greatest(matrix, top + y0, left + x0, top + y1, left + x1)
            for x0, x1 in _cut(width, out_w)
        )
        for y0, y1 in _cut(height, out_h)
    )
    return RoiPooling(np.array([[one.value for one in row] for row in bins]), bins)


def _cut(length: int, parts: int) -> list[tuple[int, int]]:
    return [(i * length // parts, -(-(i + 1) * length // parts)) for i in range(parts)]


def _find_greatest(matrix: np.ndarray, top: int, left: int, bottom: int, right: int) -> Bin:
    part = matrix[top:bottom, left:right]
    row, column = np.unravel_index(part.argmax(), part.shape)
    return Bin(
        top, left, bottom, right, top + int(row), left + int(column), float(part[row, column])
    )

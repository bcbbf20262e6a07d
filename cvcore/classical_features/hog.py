"""Histograms of oriented gradients: which way edges run, cell by cell, whatever the light.

N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005. The
features are those of ``skimage.feature.hog``; the histograms before their normalisation, which it
does not tell, are counted here and lead to the same features.
"""

from dataclasses import dataclass, field

import numpy as np
from skimage.feature import hog

from cvcore.classical_features.pixels import to_grey
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError, UnfitPictureError
from cvcore.core.images import Picture

NORMS = ("L2-Hys", "L2", "L1", "L1-sqrt")


@dataclass(frozen=True)
class HogSettings:
    """Cells, blocks and their norm."""

    cell: int = 8
    """2 to 64 pixels: the side of a cell."""
    orientations: int = 9
    """2 to 24 parts of the half circle."""
    block: int = 2
    """1 to 4 cells: the side of a block, over which is normalised."""
    norm: str = "L2-Hys"
    """One of ``NORMS``."""
    light: float = 1
    """0.05 to 1: greys are multiplied by this before anything is measured."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", check_whole("Pixels a cell", self.cell, 2, 64))
        count = check_whole("Orientations", self.orientations, 2, 24)
        object.__setattr__(self, "orientations", count)
        object.__setattr__(self, "block", check_whole("Cells a block", self.block, 1, 4))
        object.__setattr__(self, "light", check_setting("The light", self.light, 0.05, 1))
        if self.norm not in NORMS:
            raise InputError(f"Block norm: choose one of {', '.join(NORMS)}.")


@dataclass(frozen=True, eq=False)
class Hog:
    """A picture's histograms of gradients."""

    settings: HogSettings
    histograms: np.ndarray = field(repr=False)
    """float64 (R, C, O): before the normalisation, the mean over a cell's pixels of the gradient's
    length, by its direction."""
    blocks: np.ndarray = field(repr=False)
    """float64 (R - B + 1, C - B + 1, B, B, O), as ``skimage.feature.hog`` has them."""

    @property
    def features(self) -> np.ndarray:
        """float64 (N,): all numbers of all blocks, what a classifier is given."""
        return self.blocks.ravel()

    @property
    def cells(self) -> np.ndarray:
        """float64 (R, C, O): each cell after the normalisation, the mean of its blocks."""
        total, count = np.zeros_like(self.histograms), np.zeros(self.histograms.shape[:2])
        rows, columns, block = *self.blocks.shape[:2], self.settings.block
        for i in range(block):
            for j in range(block):
                total[i : i + rows, j : j + columns] += self.blocks[:, :, i, j]
                count[i : i + rows, j : j + columns] += 1
        return total / count[..., None]

    def find_blocks(self, row: int, column: int) -> list[tuple[int, int]]:
        """Rows and columns of the blocks that a cell belongs to, 1 to B x B of them."""
        block = self.settings.block
        rows = range(max(0, row - block + 1), min(row, self.blocks.shape[0] - 1) + 1)
        columns = range(max(0, column - block + 1), min(column, self.blocks.shape[1] - 1) + 1)
        return [(i, j) for i in rows for j in columns]

    def tell_cell(self, row: int, column: int) -> np.ndarray:
        """float64 (K, O): a cell's histogram as it stands in each of its blocks."""
        return np.array(
            [self.blocks[i, j, row - i, column - j] for i, j in self.find_blocks(row, column)]
        )


def measure_hog(image: Picture, settings: HogSettings | None = None) -> Hog:
    """The histograms of a picture's greys. What is left at the right and below, less than a cell,
    is not looked at.

    UnfitPictureError where the picture is smaller than a block; InputError for settings out of
    range and for what is no picture.
    """
    settings = settings or HogSettings()
    cell, block = settings.cell, settings.block
    grey = to_grey(image).astype(np.float64) / 255 * settings.light
    rows, columns = grey.shape[0] // cell, grey.shape[1] // cell
    if min(rows, columns) < block:
        side = cell * block
        raise UnfitPictureError(
            f"This picture is smaller than a block of {side} x {side} pixels: choose a larger "
            "picture, smaller cells or fewer cells a block."
        )
    blocks = hog(
        grey, settings.orientations, (cell, cell), (block, block), settings.norm,
        feature_vector=False,
    )  # fmt: skip
    return Hog(settings, _count(grey, rows, columns, settings), blocks)


def _count(grey: np.ndarray, rows: int, columns: int, settings: HogSettings) -> np.ndarray:
    down, right = np.zeros_like(grey), np.zeros_like(grey)
    down[1:-1] = grey[2:] - grey[:-2]
    right[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    length = np.hypot(right, down)
    angle = np.rad2deg(np.arctan2(down, right)) % 180
    count, cell = settings.orientations, settings.cell
    part = np.minimum((angle / (180 / count)).astype(np.int64), count - 1)
    inside = (slice(rows * cell), slice(columns * cell))
    row, column = np.indices(grey.shape)
    place = ((row // cell) * columns + column // cell) * count + part
    total = np.bincount(
        place[inside].ravel(), length[inside].ravel(), minlength=rows * columns * count
    )
    return total.reshape(rows, columns, count) / cell**2

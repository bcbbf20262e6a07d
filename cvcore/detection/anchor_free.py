"""What one cell of a detector without anchors says: class scores, and how far each side is.

A side's distance is a distribution over whole strides whose mean counts (Distribution Focal Loss).
There is no objectness, as the class score itself is taught to be the IoU of the cell's box (Quality
Focal Loss). Both: Li et al., "Generalized Focal Loss", NeurIPS 2020, arXiv:2006.04388. How the
network's numbers become these: ``distance_heads``.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cvcore.core.checks import check_whole
from cvcore.detection.boxes import Letterbox
from cvcore.detection.distance_heads import find_middles
from cvcore.detection.predictions import RawPredictions
from cvcore.detection.yolo_heads import Grid, sigmoid

SIDES = ("left", "top", "right", "bottom")


def mean_distance(shares: np.ndarray) -> np.ndarray:
    """The mean (...) of distributions (..., B) over 0, 1, ..., B - 1 strides.

    >>> mean_distance(np.array([0, 0.25, 0.5, 0.25])).item()
    2.0
    """
    return np.asarray(shares, np.float64) @ np.arange(np.shape(shares)[-1])


def spread_distance(shares: np.ndarray) -> np.ndarray:
    """Their standard deviation (...), in strides: how unsure a side is.

    >>> spread_distance(np.array([0.5, 0, 0.5])).item()
    1.0
    """
    bins = np.arange(np.shape(shares)[-1])
    apart = bins - mean_distance(shares)[..., None]
    return np.sqrt((np.asarray(shares, np.float64) * apart**2).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class CellAnswer:
    """All that one cell says, and the box that follows from it."""

    grid: Grid
    row: int
    column: int
    letterbox: Letterbox = field(repr=False)
    scores: np.ndarray = field(repr=False)  # (C,) float32 in [0, 1]
    shares: np.ndarray = field(repr=False)  # (4, B) float32: a distribution for each of ``SIDES``

    @property
    def centre(self) -> tuple[float, float]:
        """From where the distances are told: x, y in pixels of the network's input."""
        x, y = find_middles(np.array(self.row), np.array(self.column), self.grid.stride).tolist()
        return x, y

    @cached_property
    def strides(self) -> np.ndarray:
        """(4,) the mean distance of each side, in strides."""
        return mean_distance(self.shares)

    @cached_property
    def spread(self) -> np.ndarray:
        """(4,) the standard deviation of each, in strides."""
        return spread_distance(self.shares)

    @property
    def pixels(self) -> np.ndarray:
        """(4,) the mean distances in pixels of the network's input."""
        return self.strides * self.grid.stride

    @property
    def xyxy(self) -> np.ndarray:
        """(4,) the box in pixels of the picture."""
        x, y = self.centre
        left, top, right, bottom = self.pixels
        box = np.array([[x - left, y - top, x + right, y + bottom]])
        return self.letterbox.to_image(box)[0]

    def list_best(self, count: int = 5) -> list[tuple[int, float]]:
        """Class and score of the best classes, the best first."""
        best = np.argsort(-self.scores, kind="stable")[:count]
        return [(int(i), float(self.scores[i])) for i in best]


@dataclass(frozen=True)
class AnchorAnswer:
    """What a network with anchors says of one of its grids at a place: the best anchor's answer."""

    grid: Grid
    row: int
    column: int
    anchor: tuple[float, float]  # width and height in pixels of the network's input
    objectness: float
    class_id: int
    probability: float  # of that class, if there is an object
    xyxy: np.ndarray = field(compare=False, repr=False)  # (4,) in pixels of the picture
    anchor_xyxy: np.ndarray = field(compare=False, repr=False)  # around the cell's middle

    @property
    def score(self) -> float:
        """Objectness times the probability of the class."""
        return self.objectness * self.probability


def find_cell(letterbox: Letterbox, grid: Grid, x: float, y: float) -> tuple[int, int]:
    """Row and column of the cell in which a place (x, y) of the picture lies, in its pixels."""
    at = letterbox.to_input(np.array([[x, y, x, y]], np.float64))[0]
    column, row = (int(value // grid.stride) for value in at[:2])
    return min(max(row, 0), grid.rows - 1), min(max(column, 0), grid.columns - 1)


def best_scores(raw: RawPredictions, number: int) -> np.ndarray:
    """The greatest class score of each cell of a grid, (rows, columns) in [0, 1]."""
    start, grid = _find_grid(raw, number)
    rows = np.arange(start, start + grid.rows * grid.columns)
    return raw.class_scores(rows).max(axis=1).reshape(grid.rows, grid.columns)


def find_best_cell(raw: RawPredictions, number: int) -> tuple[int, int]:
    """Row and column of the cell with the greatest class score of a grid."""
    scores = best_scores(raw, number)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    return int(row), int(column)


def find_best_grid(raw: RawPredictions) -> int:
    """The number of the grid whose best cell has the greatest score of all."""
    return max(range(len(raw.grids)), key=lambda number: best_scores(raw, number).max())


def read_cell(raw: RawPredictions, number: int, row: int, column: int) -> CellAnswer:
    """What a cell says in a grid of the predictions, which must have distributions.

    InputError for a row or a column that there is not.
    """
    assert raw.distances is not None
    start, grid = _find_grid(raw, number)
    row = check_whole("The row", row, 0, grid.rows - 1)
    column = check_whole("The column", column, 0, grid.columns - 1)
    at = start + row * grid.columns + column
    scores = raw.class_scores(np.array([at]))[0]
    return CellAnswer(grid, row, column, raw.letterbox, scores, raw.distances[at])


def read_anchors(raw: RawPredictions, x: float, y: float) -> list[AnchorAnswer]:
    """What a network with anchors says at a place (x, y) of the picture, in its pixels: of each
    grid the anchor with the greatest score, the finest grid first."""
    assert raw.raw is not None
    found = []
    for number, grid in enumerate(raw.grids):
        start, _ = _find_grid(raw, number)
        row, column = find_cell(raw.letterbox, grid, x, y)
        per_anchor = grid.rows * grid.columns
        rows = start + np.arange(len(grid.anchors)) * per_anchor + row * grid.columns + column
        scores = raw.class_scores(rows)
        best = int(scores.max(axis=1).argmax())
        class_id = int(scores[best].argmax())
        at, size = int(rows[best]), grid.anchors[best]
        found.append(
            AnchorAnswer(
                grid, row, column, size, float(raw.objectness[at]), class_id,
                float(sigmoid(raw.class_logits[at, class_id])), raw.xyxy[at],
                _place_anchor(raw.letterbox, grid, row, column, size),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: one.grid.stride)


def _place_anchor(
    letterbox: Letterbox, grid: Grid, row: int, column: int, size: tuple[float, float]
) -> np.ndarray:
    """(4,) an anchor around the middle of its cell, in pixels of the picture."""
    middle = (np.array([column, row]) + 0.5) * grid.stride
    half = np.array(size) / 2
    return letterbox.to_image(np.concatenate([middle - half, middle + half])[None])[0]


def _find_grid(raw: RawPredictions, number: int) -> tuple[int, Grid]:
    """Where a grid's predictions begin, and the grid."""
    sizes = [grid.rows * grid.columns * max(1, len(grid.anchors)) for grid in raw.grids]
    return sum(sizes[:number]), raw.grids[number]

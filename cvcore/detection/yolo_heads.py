"""A YOLO network's numbers, decoded into boxes.

YOLOv3: a cell says ``tx, ty, tw, th, to`` and class logits for each of its anchors, and
``x = (sigmoid(tx) + column) stride``, ``w = anchor_w exp(tw)`` (Redmon and Farhadi, "YOLOv3: An
Incremental Improvement", 2018, arXiv:1804.02767). Newer networks have no anchors: their heads
give centre, size and class scores themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvcore.models.yolo_anchors import ANCHORS, STRIDES


@dataclass(frozen=True)
class Grid:
    """One of the grids that a network lays over its input."""

    stride: int  # pixels of the input a cell
    rows: int
    columns: int
    anchors: tuple[tuple[float, float], ...]  # width and height in input pixels; () without


@dataclass(frozen=True, eq=False)
class Decoded:
    """M boxes, grid by grid; within a grid anchor by anchor, then row by row."""

    grids: tuple[Grid, ...]
    xyxy: np.ndarray  # (M, 4) float32, pixels of the network's input
    class_logits: np.ndarray  # (M, C) float32
    raw: np.ndarray | None  # (M, 5) tx, ty, tw, th, to
    cells: np.ndarray  # (M, 4) int: number of the grid, row, column, anchor
    # (M, 4, B) float32: of each side the shares of distances of 0 to B - 1 strides
    distances: np.ndarray | None = None


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow.

    >>> sigmoid(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


def decode_heads(
    heads: Sequence[np.ndarray],
    *,
    strides: Sequence[int] = STRIDES,
    anchors: Sequence[Sequence[tuple[float, float]]] = ANCHORS,
) -> Decoded:
    """The boxes of one picture from a head a grid, each (1, A (5 + C), rows, columns)."""
    grids, boxes, raws, logits, cells = [], [], [], [], []
    for number, (head, stride, sizes) in enumerate(zip(heads, strides, anchors, strict=True)):
        rows, columns = head.shape[2:]
        grids.append(Grid(stride, rows, columns, tuple(sizes)))
        values = head[0].reshape(len(sizes), -1, rows * columns)  # (A, 5 + C, cells)
        cell = list_cells(number, grids[-1])
        raw = values[:, :5].transpose(0, 2, 1).reshape(-1, 5)
        corner = cell[:, [2, 1]]  # column, row
        size = np.asarray(sizes, np.float32)[cell[:, 3]]
        centre = (sigmoid(raw[:, :2]) + corner) * np.float32(stride)
        half = np.exp(np.minimum(raw[:, 2:4], 20)) * size / 2
        boxes.append(np.concatenate((centre - half, centre + half), axis=1))
        raws.append(raw)
        logits.append(values[:, 5:].transpose(0, 2, 1).reshape(len(raw), -1))
        cells.append(cell)
    return Decoded(
        tuple(grids),
        np.concatenate(boxes).astype(np.float32),
        np.concatenate(logits),
        np.concatenate(raws),
        np.concatenate(cells),
    )


def decode_anchor_free(
    output: np.ndarray, strides: Sequence[int], input_hw: tuple[int, int]
) -> Decoded:
    """The boxes of one picture from (1, 4 + C, M): x, y, width, height, class scores in [0, 1]."""
    grids = tuple(Grid(s, input_hw[0] // s, input_hw[1] // s, ()) for s in strides)
    cells = np.concatenate([list_cells(number, grid) for number, grid in enumerate(grids)])
    values = output[0].T.astype(np.float32)
    if len(values) != len(cells):
        raise ValueError(f"Expected {len(cells)} boxes for {input_hw} pixels, got {output.shape}.")
    half = values[:, 2:4] / 2
    xyxy = np.concatenate((values[:, :2] - half, values[:, :2] + half), axis=1)
    p = np.clip(values[:, 4:], 1e-7, 1 - 1e-7)
    return Decoded(grids, xyxy, np.log(p / (1 - p)), None, cells)


def list_cells(number: int, grid: Grid) -> np.ndarray:
    """(A rows columns, 4): number of the grid, row, column, anchor."""
    shape = (max(1, len(grid.anchors)), grid.rows, grid.columns)
    anchor, row, column = np.indices(shape).reshape(3, -1)
    return np.stack((np.full_like(row, number), row, column, anchor), axis=1)

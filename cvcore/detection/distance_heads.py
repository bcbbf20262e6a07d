"""A NanoDet's numbers, decoded into boxes.

No anchors: each cell says how far the box's sides are from its middle. And no objectness: a class
score says at once that the object is there and how well its box fits. A distance is not one number
but a distribution over 0, 1 ... B - 1 strides; its mean counts. Li et al., "Generalized Focal Loss:
Learning Qualified and Distributed Bounding Boxes for Dense Object Detection", NeurIPS 2020,
arXiv:2006.04388; RangiLyu, "NanoDet", 2021.
"""

from collections.abc import Sequence

import numpy as np

from cvcore.detection.yolo_heads import Decoded, Grid, list_cells

STRIDES = (8, 16, 32)  # pixels of the network's input
BINS = 11  # strides from 0 to 10
PAD = 0  # the network was trained on pictures with black around them


def decode_distances(
    heads: Sequence[np.ndarray], *, strides: Sequence[int] = STRIDES, bins: int = BINS
) -> Decoded:
    """The boxes of one picture from a head a grid, each (1, C + 4 ``bins``, rows, columns).

    After the C class logits come the sides left, top, right and bottom, ``bins`` numbers each.
    """
    grids, boxes, logits, shares, cells = [], [], [], [], []
    for number, (head, stride) in enumerate(zip(heads, strides, strict=True)):
        rows, columns = head.shape[2:]
        grids.append(Grid(stride, rows, columns, ()))
        values = head[0].reshape(-1, rows * columns).T  # (cells, C + 4 B)
        sides = values[:, -4 * bins :].reshape(-1, 4, bins)
        share = np.exp(sides - sides.max(axis=2, keepdims=True))
        share /= share.sum(axis=2, keepdims=True)
        distance = share @ np.arange(bins, dtype=np.float32) * np.float32(stride)
        cell = list_cells(number, grids[-1])
        middle = find_middles(cell[:, 1], cell[:, 2], stride)
        boxes.append(np.concatenate((middle - distance[:, :2], middle + distance[:, 2:]), axis=1))
        logits.append(values[:, : -4 * bins])
        shares.append(share)
        cells.append(cell)
    return Decoded(
        tuple(grids),
        np.concatenate(boxes).astype(np.float32),
        np.concatenate(logits),
        None,
        np.concatenate(cells),
        np.concatenate(shares),
    )


def find_middles(row: np.ndarray, column: np.ndarray, stride: int) -> np.ndarray:
    """(N, 2) x, y from where a cell's distances are told, in pixels of the network's input."""
    return (np.stack((column, row), axis=-1) + np.float32(0.5)) * np.float32(stride)

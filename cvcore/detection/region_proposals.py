"""Proposals by a network: a score and four numbers for every anchor of a feature map.

A region proposal network (Ren et al., "Faster R-CNN", NeurIPS 2015, arXiv:1506.01497) says of each
anchor how likely it holds an object of whatever class, and how its box is to be moved and
stretched. YOLOv3-tiny says the same five numbers of each of its anchors, before its class scores
come into it, so its objectness stands in for a proposal network here. It differs in two things: an
anchor's middle stays in its own cell, and a cell has three anchors instead of nine.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.detection.predictions import RawPredictions

ALL_ANCHORS = "all"
ANCHOR_COLOUR, BOX_COLOUR = (255, 255, 255), (255, 214, 10)
SHOWN_SIDE = 640  # pixels: of the pictures drawn here
MAX_SHOWN = 200


@dataclass(frozen=True, eq=False)
class Proposals:
    """Anchors of one map, those with the greatest objectness first."""

    row: np.ndarray  # (P,) int64: of the predictions
    anchors: np.ndarray = field(repr=False)  # (P, 4) xyxy, pixels of the picture
    boxes: np.ndarray = field(repr=False)  # (P, 4) xyxy: the anchors moved and stretched
    score: np.ndarray  # (P,) objectness, 0 to 1
    numbers: np.ndarray = field(repr=False)  # (P, 4) tx, ty, tw, th


def check_map(raw: RawPredictions, grid: int) -> int:
    """The number of one of the network's maps; InputError for models without anchors."""
    if raw.raw is None:
        raise InputError("This model has no anchors: choose YOLOv3-tiny.")
    return check_whole("The map", grid, 0, len(raw.grids) - 1)


def score_map(raw: RawPredictions, grid: int, anchor: int | None = None) -> np.ndarray:
    """Objectness (rows, columns) of one anchor of every cell; without it the greatest of all."""
    grid = check_map(raw, grid)
    size = raw.grids[grid]
    values = raw.objectness[raw.cells[:, 0] == grid]
    values = values.reshape(len(size.anchors), size.rows, size.columns)
    if anchor is None:
        return values.max(axis=0)
    return values[check_whole("The anchor", anchor, 0, len(size.anchors) - 1)]


def propose(
    raw: RawPredictions, grid: int | None = None, anchor: int | None = None, *, most: int = 10
) -> Proposals:
    """The ``most`` anchors with the greatest objectness: of one map, or of all (None)."""
    most = check_whole("The number of proposals", most, 1, 100_000)
    if grid is None:
        check_map(raw, 0)
        rows = np.arange(len(raw.xyxy))
    else:
        rows = np.flatnonzero(raw.cells[:, 0] == check_map(raw, grid))
    if anchor is not None:
        rows = rows[raw.cells[rows, 3] == check_whole("The anchor", anchor, 0, 2)]
    rows = rows[np.argsort(-raw.objectness[rows], kind="stable")[:most]]
    assert raw.raw is not None
    return Proposals(
        rows, list_anchor_boxes(raw, rows), raw.xyxy[rows].astype(np.float64),
        raw.objectness[rows], raw.raw[rows, :4],
    )  # fmt: skip


def list_anchor_boxes(raw: RawPredictions, rows: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) in pixels of the picture that the network gives where tx, ty, tw, th are 0."""
    boxes = []
    for number, row, column, anchor in raw.cells[rows].tolist():
        grid = raw.grids[number]
        wide, high = grid.anchors[anchor]
        x, y = (column + 0.5) * grid.stride, (row + 0.5) * grid.stride
        boxes.append((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))
    return raw.letterbox.to_image(np.array(boxes, np.float32).reshape(-1, 4)).astype(np.float64)


def draw_scores(
    image: Picture, raw: RawPredictions, grid: int, anchor: int | None = None
) -> np.ndarray:
    """The picture under its objectness, a square a cell: dark 0, bright 1."""
    picture, scale = _to_shown(as_image(image))
    values = score_map(raw, grid, anchor)
    size = raw.grids[grid]
    colours = colourise(values, colormap="inferno", vmin=0, vmax=1)
    out = picture.astype(np.float32) * 0.35
    weight = np.full(picture.shape[:2], 0.35, np.float32)
    for row in range(size.rows):
        for column in range(size.columns):
            corner = np.array([column, row, column + 1, row + 1], np.float32) * size.stride
            x1, y1, x2, y2 = _to_pixels(raw.letterbox.to_image(corner[None])[0] * scale, out)
            if x2 > x1 and y2 > y1:
                out[y1:y2, x1:x2] += 0.65 * colours[row, column]
                weight[y1:y2, x1:x2] = 1.0
    return np.clip(out, 0, 255).astype(np.uint8)


def draw_moves(image: Picture, proposals: Proposals) -> np.ndarray:
    """Each anchor in white, its box in yellow, and an arrow from middle to middle."""
    picture, scale = _to_shown(as_image(image))
    picture = (picture * 0.6).astype(np.uint8)
    pairs = list(zip(proposals.anchors[::-1], proposals.boxes[::-1], strict=True))
    for anchor, box in ((anchor * scale, box * scale) for anchor, box in pairs):
        _draw_dashed(picture, anchor)
        x1, y1, x2, y2 = np.rint(box).astype(int).tolist()
        cv2.rectangle(picture, (x1, y1), (x2, y2), BOX_COLOUR, 2, cv2.LINE_AA)
    for anchor, box in ((anchor * scale, box * scale) for anchor, box in pairs):
        for start, end in ((anchor[:2], box[:2]), (anchor[2:], box[2:])):
            _draw_arrow(picture, start, end)
    return picture


def _draw_arrow(picture: np.ndarray, start: np.ndarray, end: np.ndarray) -> None:
    length = float(np.hypot(*(end - start)))
    if length >= 3:
        a, b = (tuple(np.rint(one).astype(int).tolist()) for one in (start, end))
        cv2.arrowedLine(
            picture, a, b, (255, 90, 60), 2, cv2.LINE_AA, tipLength=min(0.5, 9 / length)
        )


def _draw_dashed(picture: np.ndarray, box: np.ndarray, dash: int = 8) -> None:
    x1, y1, x2, y2 = np.rint(box).astype(int).tolist()
    for x in range(x1, x2, 2 * dash):
        for y in (y1, y2):
            cv2.line(picture, (x, y), (min(x + dash, x2), y), ANCHOR_COLOUR, 1, cv2.LINE_AA)
    for y in range(y1, y2, 2 * dash):
        for x in (x1, x2):
            cv2.line(picture, (x, y), (x, min(y + dash, y2)), ANCHOR_COLOUR, 1, cv2.LINE_AA)


def _to_shown(image: np.ndarray) -> tuple[np.ndarray, float]:
    scale = SHOWN_SIDE / max(image.shape[:2])
    size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _to_pixels(box: np.ndarray, picture: np.ndarray) -> tuple[int, int, int, int]:
    high, wide = picture.shape[:2]
    x1, y1, x2, y2 = np.rint(box).astype(int).tolist()
    return max(x1, 0), max(y1, 0), min(x2, wide), min(y2, high)

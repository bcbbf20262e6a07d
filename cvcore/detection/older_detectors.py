"""The detectors before YOLO, one step of each carried out on a picture.

R-CNN: Girshick et al., CVPR 2014, arXiv:1311.2524. Fast R-CNN: Girshick, ICCV 2015,
arXiv:1504.08083. Faster R-CNN: Ren et al., NeurIPS 2015, arXiv:1506.01497.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from cvcore.core.checks import check_number, check_setting, check_whole, show
from cvcore.core.drawing import class_colour, colourise
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.detection import DEFAULT_MODEL, DEFAULT_SIZE, RawPredictions, suppress
from cvcore.detection.boxes import box_iou, fit_letterbox
from cvcore.detection.drawing import draw_boxes
from cvcore.detection.roi_pooling import RoiPooling, roi_pool
from cvcore.detection.sliding_window import DEFAULT_STRIDE, WindowScale
from cvcore.engine import checkpoints, registry
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier

SHOWN_SIDE = 480  # pixels: of the pictures drawn here
MAP_LAYER, MAP_STRIDE = "backbone.4", 16  # of YOLOv3-tiny, where its finer grid starts
RPN_SHORT_SIDE, RPN_STRIDE = 600, 16  # pixels: Faster R-CNN's input, and VGG16's stride
ANCHOR_SIDES, ANCHOR_RATIOS = (128, 256, 512), (0.5, 1.0, 2.0)


@dataclass(frozen=True, eq=False)
class CutOut:
    """A proposal as R-CNN's network gets it."""

    xyxy: tuple[int, int, int, int]  # pixels of the picture
    picture: np.ndarray = field(repr=False)  # (side, side, 3) uint8, whatever its proportions were
    label: str
    probability: float


@dataclass(frozen=True, eq=False)
class PooledRegion:
    """A region of the picture on a feature map, pooled to a size that dense layers can take."""

    feature_map: np.ndarray = field(repr=False)  # (rows, columns): one channel
    channel: int
    region: tuple[int, int, int, int]  # top, left, height, width in cells
    pooled: RoiPooling = field(repr=False)


def draw_windows(
    image: Picture, scales: Sequence[WindowScale], *, stride: float = DEFAULT_STRIDE
) -> np.ndarray:
    """Every window of the middle size in white, and one window of each size in colour."""
    picture, scale = _to_shown(image)
    if not scales:
        return picture
    stride = check_setting("The step", stride, 0.01, 1)
    middle = scales[len(scales) // 2]
    step = max(1, round(stride * middle.side))
    lines = picture.copy()
    for row in range(middle.rows):
        for column in range(middle.columns):
            _draw_box(lines, _square(column * step, row * step, middle.side), scale, (255,) * 3, 1)
    picture = cv2.addWeighted(picture, 0.5, lines, 0.5, 0)
    for number, one in enumerate(scales):
        _draw_box(picture, _square(0, 0, one.side), scale, class_colour(number), 2)
    return picture


@undisturbed
def cut_out(
    image: Picture, xyxy: np.ndarray, *, side: int = 112, model: str = "efficientnet_lite0"
) -> tuple[CutOut, ...]:
    """Each region (N, 4) warped to a square and classified: one pass of the network a region."""
    image, side = as_image(image), check_whole("The side", side, 1, 4096)
    boxes, crops = np.asarray(xyxy, int).tolist(), []
    for x1, y1, x2, y2 in boxes:
        crop = image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
        crops.append(cv2.resize(crop, (224, 224), interpolation=cv2.INTER_AREA))
    probabilities = classifier.predict_batch(crops, model=model)
    labels = registry.load_labels(model)
    return tuple(
        CutOut(
            (x1, y1, x2, y2),
            cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA),
            labels[int(row.argmax())],
            float(row.max()),
        )
        for (x1, y1, x2, y2), crop, row in zip(boxes, crops, probabilities, strict=True)
    )


@undisturbed
def pool_region(image: Picture, box_xyxy: np.ndarray) -> PooledRegion:
    """A box (4,) in pixels, cut from the feature map of one pass over the whole picture.

    The channel shown is the one that answers more inside the box than outside, by the most.
    """
    image = as_image(image)
    import torch

    from cvcore.engine.tensors import to_batch
    from cvcore.probes.hooks import record

    letterbox = fit_letterbox(image.shape[:2], DEFAULT_SIZE, square=False)
    network = checkpoints.load_model(DEFAULT_MODEL)
    batch = to_batch(letterbox.apply(image), device=next(network.parameters()).device)
    with torch.inference_mode():
        maps = record(network, batch, [MAP_LAYER])[MAP_LAYER][0].cpu().numpy()
    rows, columns = maps.shape[1:]
    x1, y1, x2, y2 = letterbox.to_input(np.asarray(box_xyxy, np.float32)[None])[0] / MAP_STRIDE
    left, top = (int(np.clip(np.floor(v), 0, n - 1)) for v, n in ((x1, columns), (y1, rows)))
    right, bottom = (
        int(np.clip(np.ceil(v), low + 1, n)) for v, low, n in ((x2, left, columns), (y2, top, rows))
    )
    inside = maps[:, top:bottom, left:right].mean(axis=(1, 2))
    channel = int((inside - maps.mean(axis=(1, 2))).argmax())
    region = (top, left, bottom - top, right - left)
    return PooledRegion(maps[channel], channel, region, roi_pool(maps[channel], region))


def draw_region(pooled: PooledRegion) -> np.ndarray:
    """The feature map, a square a cell, with the region and its 3 x 3 bins."""
    cell = max(1, SHOWN_SIDE // max(pooled.feature_map.shape))
    colours = colourise(pooled.feature_map)
    picture = np.repeat(np.repeat(colours, cell, axis=0), cell, axis=1)
    for row in pooled.pooled.bins:
        for one in row:
            box = (one.left, one.top, one.right, one.bottom)
            _draw_box(picture, box, cell, (255, 255, 255), 1)
    top, left, height, width = pooled.region
    _draw_box(picture, (left, top, left + width, top + height), cell, (255, 80, 60), 3)
    return picture


def list_anchors(
    centre_xy: tuple[float, float],
    *,
    sides: Sequence[float] = ANCHOR_SIDES,
    ratios: Sequence[float] = ANCHOR_RATIOS,
) -> np.ndarray:
    """The anchors (sides x ratios, 4) xyxy of one cell: area side^2, height / width the ratio.

    Raises InputError for a side or a ratio that is not above 0.

    >>> list_anchors((0, 0), sides=(4,), ratios=(1.0, 4.0)).tolist()
    [[-2.0, -2.0, 2.0, 2.0], [-1.0, -4.0, 1.0, 4.0]]
    """
    sides = [check_setting("An anchor's side", side, 0.001, 1e6) for side in _each(sides)]
    ratios = [check_setting("An anchor's ratio", ratio, 0.001, 1000) for ratio in _each(ratios)]
    centre = np.array([check_number("The centre", one) for one in _each(centre_xy)])
    if centre.size != 2:
        raise InputError(f"A centre is two numbers, x and y; got {show(centre_xy)}.")
    sizes = [(side / ratio**0.5, side * ratio**0.5) for side in sides for ratio in ratios]
    half = np.array(sizes, np.float64) / 2
    return np.concatenate((centre - half, centre + half), axis=1)


def _each(values: Any) -> Iterable[Any]:
    """Several numbers one by one; a single one is left to be checked."""
    return values if np.ndim(values) else (values,)


def draw_anchors(image: Picture, box_xyxy: np.ndarray) -> tuple[np.ndarray, int, float]:
    """The nine anchors of the cell in a box's middle, the best in colour.

    Returns the picture, how many anchors the whole picture has, and the best one's IoU with the
    box.
    """
    image = as_image(image)
    scale = RPN_SHORT_SIDE / min(image.shape[:2])
    box = np.asarray(box_xyxy, np.float64) * scale
    cell = np.floor((box[:2] + box[2:]) / 2 / RPN_STRIDE)
    anchors = list_anchors(tuple((cell + 0.5) * RPN_STRIDE))
    overlap = box_iou(box[None], anchors)[0]
    best = int(overlap.argmax())
    picture, shown = _to_shown(image)
    for anchor in anchors:
        _draw_box(picture, anchor, shown / scale, (255, 255, 255), 1)
    _draw_box(picture, anchors[best], shown / scale, (255, 214, 10), 3)
    corner = cell * RPN_STRIDE
    _draw_box(picture, (*corner, *(corner + RPN_STRIDE)), shown / scale, (255, 80, 60), 2)
    rows, columns = (int(side * scale) // RPN_STRIDE for side in image.shape[:2])
    return picture, rows * columns * len(anchors), float(overlap[best])


def draw_one_pass(image: Picture, raw: RawPredictions) -> np.ndarray:
    """YOLO's coarse grid and what it found."""
    picture, scale = _to_shown(image)
    grid, lines = raw.grids[0], picture.copy()
    for row in range(grid.rows):
        for column in range(grid.columns):
            corner = np.array([column, row, column + 1, row + 1], np.float32) * grid.stride
            _draw_box(lines, raw.letterbox.to_image(corner[None])[0], scale, (255,) * 3, 1)
    picture = cv2.addWeighted(picture, 0.6, lines, 0.4, 0)
    found = suppress(raw)
    return draw_boxes(picture, found.scaled(scale))


def find_main_box(image: Picture, raw: RawPredictions) -> np.ndarray:
    """The surest detection (4,) xyxy; the middle of the picture where nothing was found."""
    image = as_image(image)
    found = suppress(raw)
    if len(found):
        return found.xyxy[0]
    height, width = image.shape[:2]
    return np.array([width / 4, height / 4, 3 * width / 4, 3 * height / 4], np.float32)


def _to_shown(image: Picture) -> tuple[np.ndarray, float]:
    """The picture with its longer side at ``SHOWN_SIDE``, and how much larger that made it."""
    image = as_image(image)
    scale = SHOWN_SIDE / max(image.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), scale


def _square(left: float, top: float, side: float) -> tuple[float, float, float, float]:
    return left, top, left + side, top + side


def _draw_box(
    picture: np.ndarray, box: Sequence[float], scale: float, colour: tuple[int, ...], line: int
) -> None:
    x1, y1, x2, y2 = (round(float(value) * scale) for value in box)
    cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), colour, line, cv2.LINE_AA)

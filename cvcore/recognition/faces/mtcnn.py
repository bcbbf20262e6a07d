"""Faces found in three stages, each keeping fewer boxes than the one before.

Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks",
IEEE SPL 2016 (arXiv:1604.02878). Networks and rules are those of facenet-pytorch, and so are the
boxes; every resized picture comes from one table of sums, which makes it several times faster.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core.images import Picture, as_image
from cvcore.engine.predictor import load_predictor

WINDOW = 12  # pixels: what P-Net looks at
STRIDE = 2  # pixels between P-Net's windows
FACTOR = 0.709  # from one picture of the pyramid to the next: half the area
THRESHOLDS = (0.6, 0.7, 0.7)  # least probability of a face in each stage
MIN_FACE = 20  # pixels
MAX_LEVEL_PIXELS = 4_000_000
BATCH = 256


@dataclass(frozen=True, eq=False)
class Level:
    """One picture of the pyramid and what P-Net found in it."""

    scale: float  # its size over the whole picture's
    size_hw: tuple[int, int]
    probabilities: np.ndarray = field(repr=False)  # (h, w): a face in the window at that place
    boxes: np.ndarray = field(repr=False)  # (N, 5) xyxy and probability, in whole-picture pixels


@dataclass(frozen=True, eq=False)
class Cascade:
    """Every stage's boxes (N, 5): x0, y0, x1, y1 in pixels of the picture, probability."""

    levels: tuple[Level, ...]
    pnet: np.ndarray
    """Squares that P-Net proposes, all levels together."""
    rnet: np.ndarray
    """Squares that R-Net kept and moved."""
    onet: np.ndarray
    """The faces, largest first."""
    landmarks: np.ndarray
    """(N, 5, 2), x and y of eyes, nose and corners of the mouth, left in the picture first."""


class AreaSampler:
    """Resizes any part of a picture by averaging; the picture is summed up once."""

    def __init__(self, image: np.ndarray) -> None:
        self.size_hw = image.shape[:2]
        self._sums = cv2.integral(image, sdepth=cv2.CV_32S)  # (H + 1, W + 1, 3)

    def resize(
        self, size_hw: tuple[int, int], window: tuple[int, int, int, int] | None = None
    ) -> np.ndarray:
        """float32 (h, w, 3): each pixel the mean of those it covers, edges rounded outwards.

        ``window`` is x0, y0, x1, y1 in whole pixels, within the picture; by default all of it.
        """
        x0, y0, x1, y1 = window or (0, 0, self.size_hw[1], self.size_hw[0])
        top, bottom = _bins(y1 - y0, size_hw[0])
        left, right = _bins(x1 - x0, size_hw[1])
        table = self._sums[y0 : y1 + 1, x0 : x1 + 1]
        rows = table[bottom] - table[top]  # (h, x1 - x0 + 1, 3)
        sums = rows[:, right] - rows[:, left]
        counts = (bottom - top)[:, None] * (right - left)[None, :]
        return sums.astype(np.float32) / counts[..., None].astype(np.float32)


def _bins(length: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    steps = np.arange(count + 1) * length
    return steps[:-1] // count, -(-steps[1:] // count)


def find_faces(
    image: Picture,
    *,
    min_face: float = MIN_FACE,
    thresholds: tuple[float, float, float] = THRESHOLDS,
) -> Cascade:
    """Run all three stages on a picture, keeping what each one found.

    Faces less than ``min_face`` pixels wide are not looked for: a greater value is faster.
    """
    image = as_image(image)
    height, width = image.shape[:2]
    sampler = AreaSampler(image)
    levels = tuple(
        _propose(sampler, scale, thresholds[0]) for scale in list_scales(height, width, min_face)
    )
    found = [level.boxes for level in levels] or [np.zeros((0, 9), np.float32)]
    boxes = np.concatenate(found)
    boxes = boxes[suppress(boxes, 0.7)]
    spans = boxes[:, 2:4] - boxes[:, :2]
    boxes[:, :4] += boxes[:, 5:] * np.tile(spans, 2)
    pnet = _to_squares(boxes[:, :5])
    rnet = _refine(sampler, pnet, thresholds[1])
    onet, landmarks = locate(sampler, rnet, threshold=thresholds[2])
    levels = tuple(
        Level(one.scale, one.size_hw, one.probabilities, one.boxes[:, :5]) for one in levels
    )
    return Cascade(levels, pnet, rnet, onet, landmarks)


def list_scales(height: int, width: int, min_face: float = MIN_FACE) -> list[float]:
    """Scales of the pyramid, largest first: a face of ``min_face`` fills P-Net's window there."""
    scale, scales = WINDOW / min_face, []
    while min(height, width) * scale >= WINDOW:
        if height * width * scale * scale <= MAX_LEVEL_PIXELS:
            scales.append(scale)
        scale *= FACTOR
    return scales


def _propose(sampler: AreaSampler, scale: float, threshold: float) -> Level:
    height, width = sampler.size_hw
    size_hw = int(height * scale + 1), int(width * scale + 1)
    moves, probabilities = load_predictor("mtcnn_pnet")(_to_input(sampler.resize(size_hw)[None]))
    heat = probabilities[0, 1]
    rows, columns = np.nonzero(heat >= threshold)
    corners = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
    scale32 = np.float32(scale)
    boxes = np.concatenate(
        [
            np.floor((corners + 1) / scale32),
            np.floor((corners + WINDOW) / scale32),
            heat[rows, columns, None],
            moves[0][:, rows, columns].T,
        ],
        axis=1,
    )
    return Level(scale, size_hw, heat, boxes[suppress(boxes, 0.5)])


def _refine(sampler: AreaSampler, boxes: np.ndarray, threshold: float) -> np.ndarray:
    crops, boxes = _cut(sampler, boxes, 24)
    moves, probabilities = _run("mtcnn_rnet", crops, (4, 2))
    kept = probabilities[:, 1] > threshold
    boxes = np.column_stack([boxes[kept, :4], probabilities[kept, 1]])
    picked = suppress(boxes, 0.7)
    return _to_squares(_move(boxes[picked], moves[kept][picked]))


def locate(
    sampler: AreaSampler, boxes: np.ndarray, *, threshold: float = THRESHOLDS[2]
) -> tuple[np.ndarray, np.ndarray]:
    """O-Net alone on squares (N, 4 or 5): boxes (M, 5) and landmarks (M, 5, 2), largest first."""
    crops, boxes = _cut(sampler, boxes, 48)
    moves, points, probabilities = _run("mtcnn_onet", crops, (4, 10, 2))
    kept = probabilities[:, 1] > threshold
    boxes = np.column_stack([boxes[kept, :4], probabilities[kept, 1]])
    spans = boxes[:, 2:4] - boxes[:, :2] + 1
    points = points[kept].reshape(-1, 2, 5).transpose(0, 2, 1)  # all x come before all y
    landmarks = points * spans[:, None] + boxes[:, None, :2] - 1
    boxes = _move(boxes, moves[kept])
    picked = suppress(boxes, 0.7, of_smaller=True)
    sides = boxes[picked, 2:4] - boxes[picked, :2]
    picked = picked[np.argsort(-sides.prod(axis=1), kind="stable")]
    return boxes[picked], landmarks[picked]


def suppress(boxes: np.ndarray, threshold: float, *, of_smaller: bool = False) -> np.ndarray:
    """Non-maximum suppression: indices int64 of the boxes (N, 5 or more) to keep, best first.

    A box goes when its intersection with a better one exceeds ``threshold`` of their union, or of
    the smaller box (whose sides then count one pixel more, as in the first implementation).
    """
    x0, y0, x1, y1 = boxes[:, :4].T
    extra = 1 if of_smaller else 0
    areas = (x1 - x0 + extra) * (y1 - y0 + extra)
    order = np.argsort(-boxes[:, 4], kind="stable")
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        wide = np.minimum(x1[best], x1[rest]) - np.maximum(x0[best], x0[rest]) + extra
        high = np.minimum(y1[best], y1[rest]) - np.maximum(y0[best], y0[rest]) + extra
        shared = np.maximum(wide, 0) * np.maximum(high, 0)
        if of_smaller:
            whole = np.minimum(areas[best], areas[rest])
        else:
            whole = areas[best] + areas[rest] - shared
        order = rest[shared <= threshold * whole]
    return np.array(kept, dtype=np.int64)


def _to_input(pixels: np.ndarray) -> np.ndarray:
    """(N, h, w, 3) in [0, 255] to (N, 3, h, w) in about [-1, 1]."""
    return ((pixels - np.float32(127.5)) * np.float32(0.0078125)).transpose(0, 3, 1, 2).copy()


def _cut(sampler: AreaSampler, boxes: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The boxes' parts of the picture, side x side, and the boxes that lie in it at all."""
    height, width = sampler.size_hw
    corners = np.trunc(boxes[:, :4]).astype(int)
    x0, y0 = np.maximum(corners[:, 0], 1) - 1, np.maximum(corners[:, 1], 1) - 1
    x1, y1 = np.minimum(corners[:, 2], width), np.minimum(corners[:, 3], height)
    inside = (x1 > x0) & (y1 > y0)
    windows = np.stack([x0, y0, x1, y1], axis=1)[inside]
    crops = [sampler.resize((side, side), tuple(window)) for window in windows]
    pixels = np.stack(crops) if crops else np.zeros((0, side, side, 3), np.float32)
    return _to_input(pixels), boxes[inside]


def _run(name: str, crops: np.ndarray, widths: tuple[int, ...]) -> list[np.ndarray]:
    """A network's outputs for any number of crops, none included."""
    parts = [[np.zeros((0, width), np.float32)] for width in widths]
    for start in range(0, len(crops), BATCH):
        for part, output in zip(
            parts, load_predictor(name)(crops[start : start + BATCH]), strict=True
        ):
            part.append(output)
    return [np.concatenate(part) for part in parts]


def _move(boxes: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Each corner moved by a share of the box's side."""
    spans = np.tile(boxes[:, 2:4] - boxes[:, :2] + 1, 2)
    return np.column_stack([boxes[:, :4] + moves * spans, boxes[:, 4]])


def _to_squares(boxes: np.ndarray) -> np.ndarray:
    spans = boxes[:, 2:4] - boxes[:, :2]
    side = spans.max(axis=1, keepdims=True, initial=0)
    corners = boxes[:, :2] + spans * 0.5 - side * 0.5
    return np.column_stack([corners, corners + side, boxes[:, 4]])

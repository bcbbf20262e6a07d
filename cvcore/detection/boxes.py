"""Boxes: their overlap, and how a picture and its boxes stand in a network's input.

A box is ``(x1, y1, x2, y2)`` (``xyxy``): left, top, right, bottom, in pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image

PAD_VALUE = 114  # the grey around a letterboxed picture


def check_boxes(xyxy: np.ndarray) -> np.ndarray:
    """Boxes as float64 (N, 4), whatever numbers they come in; InputError unless all are finite.

    Half floats overflow when sides are multiplied, and small integers wrap.
    """
    try:
        boxes = np.asarray(xyxy, np.float64)
    except (TypeError, ValueError, RuntimeError):  # a tensor may be on a card, or have slopes
        raise InputError("Boxes are rows of four numbers: x1, y1, x2, y2.") from None
    if not boxes.size:
        boxes = boxes.reshape(-1, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise InputError(f"Boxes are rows of four numbers, (N, 4); got the shape {boxes.shape}.")
    if not np.isfinite(boxes).all():
        raise InputError("A box holds a value that is no ordinary number.")
    return boxes


def box_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair: (N, 4) and (M, 4) xyxy give float64 (N, M) in [0, 1].

    Any kind of numbers is computed with in float64. A box whose right edge is left of its left one,
    or its bottom above its top, is empty: it overlaps nothing. InputError for NaN and infinity.

    >>> box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2]])).round(4).tolist()
    [[0.3333]]
    """
    return iou_of_checked(check_boxes(first), check_boxes(second))


def iou_of_checked(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """``box_iou`` of what ``check_boxes`` has seen already."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = _area(first)[:, None] + _area(second)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _area(xyxy: np.ndarray) -> np.ndarray:
    return np.clip(xyxy[:, 2:] - xyxy[:, :2], 0, None).prod(axis=1)


@dataclass(frozen=True)
class Letterbox:
    """How a picture stands in a network's input: shrunk or enlarged by ``scale``, then padded."""

    image_hw: tuple[int, int]
    input_hw: tuple[int, int]
    resized_hw: tuple[int, int]
    top: int  # rows of padding above
    left: int  # columns of padding on the left
    scale: float  # input pixels a picture pixel

    def apply(self, image: Picture, *, pad: int = PAD_VALUE) -> np.ndarray:
        """The picture (H, W, 3) as the network's input picture, uint8; ``pad``, a grey level, is
        what it is padded with."""
        image = as_image(image)
        height, width = self.resized_hw
        if image.shape[:2] != self.resized_hw:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        canvas = np.full((*self.input_hw, 3), pad, np.uint8)
        canvas[self.top : self.top + height, self.left : self.left + width] = image
        return canvas

    def to_image(self, xyxy: np.ndarray) -> np.ndarray:
        """Boxes (N, 4) from the network's input pixels to the picture's pixels."""
        shift = np.array([self.left, self.top, self.left, self.top], np.float32)
        return (xyxy - shift) / np.float32(self.scale)

    def to_input(self, xyxy: np.ndarray) -> np.ndarray:
        """Boxes (N, 4) from the picture's pixels to the network's input pixels."""
        shift = np.array([self.left, self.top, self.left, self.top], np.float32)
        return xyxy * np.float32(self.scale) + shift


def fit_letterbox(
    image_hw: tuple[int, int], input_size: int, *, stride: int = 32, square: bool = True
) -> Letterbox:
    """Fit a picture into a square of ``input_size`` pixels, keeping its proportions.

    With ``square`` False the input is only as large as it must be: its shorter side is the least
    multiple of ``stride`` that the resized picture fits into.
    """
    scale = min(input_size / image_hw[0], input_size / image_hw[1])
    height, width = (max(1, round(side * scale)) for side in image_hw)
    resized = height, width
    if square:
        wanted = (input_size, input_size)
    else:
        wanted = (-(-height // stride) * stride, -(-width // stride) * stride)
    top, left = (
        round((outer - inner) / 2 - 0.1) for outer, inner in zip(wanted, resized, strict=True)
    )
    return Letterbox(image_hw, wanted, resized, top, left, scale)

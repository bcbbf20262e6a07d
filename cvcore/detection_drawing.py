"""Detections drawn on pictures; every function returns a new picture."""

import colorsys
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from cvcore.detection import Detections


@cache
def class_colour(class_id: int) -> tuple[int, int, int]:
    """A strong colour (R, G, B) for a class or a track; neighbours differ clearly."""
    hue = (0.58 + class_id * 0.618034) % 1  # steps of the golden ratio never bunch
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, 0.95))


def draw_boxes(
    image: np.ndarray, detections: Detections, *, track_ids: Sequence[int] | None = None
) -> np.ndarray:
    """Boxes with label and confidence on a picture (H, W, 3); with tracks, a number each."""
    picture = image.copy()
    size = max(picture.shape[:2]) / 640
    line = max(2, round(2.5 * size))
    scale, thick = max(0.45, 0.6 * size), max(1, round(1.6 * size))
    for number in reversed(range(len(detections))):  # the most confident on top
        key = int(detections.class_id[number])
        text = f"{detections.label[number]} {detections.confidence[number]:.2f}"
        if track_ids is not None:
            key = int(track_ids[number])
            text = f"{key} {text}"
        colour = class_colour(key)
        x1, y1, x2, y2 = detections.xyxy[number].round().astype(int).tolist()
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, line, cv2.LINE_AA)
        (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        tall = height + below + line
        top = y1 - tall if y1 >= tall else y1
        left = max(0, min(x1, picture.shape[1] - width - 2 * line))
        cv2.rectangle(picture, (left, top), (left + width + 2 * line, top + tall), colour, -1)
        cv2.putText(
            picture,
            text,
            (left + line, top + height + line),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            _ink(colour),
            thick,
            cv2.LINE_AA,
        )
    return picture


def draw_blurred(image: np.ndarray, detections: Detections) -> np.ndarray:
    """The picture with the inside of every box made unrecognisable."""
    picture = image.copy()
    for x1, y1, x2, y2 in detections.xyxy.round().astype(int):
        part = picture[y1:y2, x1:x2]
        if part.size:
            few = cv2.resize(part, (6, 6), interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return picture


def _ink(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever reads better on the colour."""
    red, green, blue = colour
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)

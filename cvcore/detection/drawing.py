"""Detections drawn on pictures; every function returns a new picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.drawing import class_colour, draw_labelled_boxes
from cvcore.core.images import Picture, as_image
from cvcore.detection.predictions import Detections


def draw_boxes(
    image: Picture, detections: Detections, *, track_ids: Sequence[int] | np.ndarray | None = None
) -> np.ndarray:
    """Boxes with label and confidence on a picture (H, W, 3); with tracks, a number each."""
    keys, texts = detections.class_id, detections.texts()
    if track_ids is not None:
        keys = np.asarray(track_ids)
        texts = [f"{key} {text}" for key, text in zip(keys, texts, strict=True)]
    colours = [class_colour(int(key)) for key in keys]
    return draw_labelled_boxes(image, detections.xyxy, texts, colours)


def draw_blurred(image: Picture, detections: Detections) -> np.ndarray:
    """The picture with the inside of every box made unrecognisable."""
    image = as_image(image)
    picture = image.copy()
    for x1, y1, x2, y2 in detections.xyxy.round().astype(int):
        part = picture[y1:y2, x1:x2]
        if part.size:
            few = cv2.resize(part, (6, 6), interpolation=cv2.INTER_AREA)
            part[:] = cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return picture


def draw_cut_out(
    image: Picture, boxes: Sequence[tuple[np.ndarray, tuple[int, int, int]]], *, side: int = 220
) -> np.ndarray:
    """The part of a picture (H, W, 3) around some boxes, which are outlined in their colours.

    ``boxes``: (x1, y1, x2, y2) in pixels, and a colour. Around them stays as much as they are large
    themselves, at least 60 pixels; the longer side of the result is ``side`` pixels.
    """
    image, side = as_image(image), check_whole("The side", side, 16, 4096)
    every = np.array([box for box, _ in boxes], np.float64).reshape(-1, 4)
    height, width = image.shape[:2]
    low, high = every[:, :2].min(axis=0), every[:, 2:].max(axis=0)
    room = np.maximum((high - low) / 2, 30)
    x1, y1 = np.clip(np.floor(low - room), 0, (width - 2, height - 2)).astype(int)
    x2, y2 = np.clip(np.ceil(high + room), (x1 + 1, y1 + 1), (width, height)).astype(int)
    scale = side / max(x2 - x1, y2 - y1)
    size = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    part = cv2.resize(image[y1:y2, x1:x2], size, interpolation=shrinks)
    for box, colour in boxes:
        corners = np.rint((np.asarray(box, float) - (x1, y1, x1, y1)) * scale).astype(int).tolist()
        for ink, thick in (((0, 0, 0), 4), (colour, 2)):
            cv2.rectangle(part, corners[:2], corners[2:], ink, thick, cv2.LINE_AA)
    return part

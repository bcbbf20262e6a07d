"""Detections drawn on pictures; every function returns a new picture."""

from collections.abc import Sequence

import cv2
import numpy as np

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

"""Pictures of what region-based detectors do; every function returns a new picture."""

from collections.abc import Sequence

import cv2
import numpy as np

from cvcore.core.drawing import class_colour, draw_labelled_boxes
from cvcore.core.images import Picture, as_image
from cvcore.detection.boxes import box_iou
from cvcore.detection.region_cnn import RegionDetections
from cvcore.detection.selective_search import Grouping

SHOWN_SIDE = 640  # pixels
FIRST, SECOND = (230, 97, 1), (94, 60, 200)  # the two regions merged last: orange, violet
TRUTH, BEST = (255, 214, 10), (40, 200, 120)
MOST_BOXES = 400


def draw_regions(image: Picture, grouping: Grouping, merges: int) -> np.ndarray:
    """The regions after so many merges, each in its mean colour; the two merged last are tinted."""
    labels = grouping.labels_after(merges)
    high, wide = labels.shape
    small = cv2.resize(as_image(image), (wide, high), interpolation=cv2.INTER_AREA)
    flat = labels.ravel()
    count = np.maximum(np.bincount(flat), 1)
    means = [np.bincount(flat, small[..., c].ravel()) / count for c in range(3)]
    picture = np.stack(means, axis=1)[flat].reshape(small.shape)
    if merges:
        last, before = grouping.merges[merges - 1], grouping.labels_after(merges - 1)
        for number, colour in ((last.first, FIRST), (last.second, SECOND)):
            picture[before == number] = 0.3 * picture[before == number] + 0.7 * np.array(colour)
    size = _fit(small)
    picture = cv2.resize(picture.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    numbers = cv2.resize(labels.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    edge = np.zeros(numbers.shape, bool)
    edge[:, 1:] |= numbers[:, 1:] != numbers[:, :-1]
    edge[1:] |= numbers[1:] != numbers[:-1]
    picture[edge] = 255
    if merges:
        box = grouping.boxes[last.made] * (size[0] / wide)
        picture = draw_labelled_boxes(picture, box[None], [""], [(255, 255, 255)])
    return picture


def draw_proposals(image: Picture, proposals: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """Proposals (P, 4) in white, truth boxes (T, 4) in yellow, for each the best one in green."""
    picture, scale = _to_shown(image)
    picture = (picture * 0.7).astype(np.uint8)
    for box in proposals[:MOST_BOXES] * scale:
        x1, y1, x2, y2 = np.rint(box).astype(int).tolist()
        cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), (235, 235, 235), 1, cv2.LINE_AA)
    if not len(truths):
        return picture
    boxes, texts, colours = [*truths], ["truth"] * len(truths), [TRUTH] * len(truths)
    if len(proposals):
        overlap = box_iou(proposals, truths)
        best = overlap.argmax(axis=0)
        boxes += [*proposals[best]]
        texts += [f"IoU {overlap[row, t]:.2f}" for t, row in enumerate(best)]
        colours += [BEST] * len(truths)
    return draw_labelled_boxes(picture, np.array(boxes) * scale, texts, colours)


def draw_found(image: Picture, found: RegionDetections, labels: Sequence[str]) -> np.ndarray:
    """What is left after suppression: boxes with class and score."""
    picture, scale = _to_shown(image)
    texts = [f"{name} {score:.2f}" for name, score in zip(found.label, found.score, strict=True)]
    colours = [class_colour(list(labels).index(name)) for name in found.label]
    return draw_labelled_boxes(picture, found.xyxy * scale, texts, colours)


def cut(image: Picture, box_xyxy: np.ndarray, most: int = 227) -> np.ndarray:
    """A box as it stands in the picture, in its own proportions, at most so many pixels long."""
    image = as_image(image)
    high, wide = image.shape[:2]
    x1, y1, x2, y2 = np.rint(box_xyxy).astype(int).tolist()
    x1, y1 = min(max(x1, 0), wide - 1), min(max(y1, 0), high - 1)
    part = image[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    scale = most / max(part.shape[:2])
    size = [max(1, round(side * scale)) for side in part.shape[1::-1]]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def _fit(image: np.ndarray) -> tuple[int, int]:
    scale = SHOWN_SIDE / max(image.shape[:2])
    high, wide = (max(1, round(side * scale)) for side in image.shape[:2])
    return wide, high


def _to_shown(image: Picture) -> tuple[np.ndarray, float]:
    image = as_image(image)
    size = _fit(image)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), SHOWN_SIDE / max(image.shape[:2])

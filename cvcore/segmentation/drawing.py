"""Masks on pictures: every function returns a new picture and leaves its input alone."""

import cv2
import numpy as np

from cvcore.core.checks import check_setting
from cvcore.core.images import Picture, as_image, check_size_hw

DEFAULT_OPACITY = 0.5
BLUR = 0.04  # of a background, as a share of the longer side
OVERLAY = (214, 39, 160)  # magenta: rare in photographs
# Safe for the colour-blind: right, predicted but not true, true but not predicted.
AGREED, EXTRA, MISSED = (0, 158, 115), (213, 94, 0), (86, 180, 233)
BACKGROUNDS = {
    "white": (255, 255, 255),
    "green": (0, 177, 64),
    "blue": (0, 71, 187),
}


def draw_overlay(
    image: Picture,
    mask: np.ndarray,
    *,
    opacity: float = DEFAULT_OPACITY,
    colour: tuple[int, int, int] = OVERLAY,
) -> np.ndarray:
    """Colour the mask, bool (H, W), and draw its outline; ``opacity`` 0 leaves the outline."""
    image = as_image(image)
    opacity = check_setting("The opacity", opacity, 0, 1)
    drawn = image.copy()
    drawn[mask] = np.rint(image[mask] * (1 - opacity) + np.array(colour) * opacity)
    return draw_outline(drawn, mask, colour=colour)


def draw_outline(
    image: Picture, mask: np.ndarray, *, colour: tuple[int, int, int] = OVERLAY, times: int = 1
) -> np.ndarray:
    """Draw the border of a mask, bool (H, W), so many times as thick as otherwise."""
    image = as_image(image)
    drawn = image.copy()
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    thick = times * max(1, round(max(image.shape[:2]) / 400))
    cv2.drawContours(drawn, contours, -1, colour, thick)
    return drawn


def draw_disagreement(
    image: Picture, prediction: np.ndarray, ground_truth: np.ndarray, *, opacity: float = 0.65
) -> np.ndarray:
    """Green where both masks agree on the object, red what is too much, blue what is missed."""
    image, opacity = as_image(image), check_setting("The opacity", opacity, 0, 1)
    drawn = cv2.addWeighted(image, 0.6, np.full_like(image, 128), 0.4, 0)
    for where, colour in (
        (prediction & ground_truth, AGREED),
        (prediction & ~ground_truth, EXTRA),
        (ground_truth & ~prediction, MISSED),
    ):
        drawn[where] = np.rint(image[where] * (1 - opacity) + np.array(colour) * opacity)
    return drawn


def draw_objects(image: Picture, labels: np.ndarray) -> np.ndarray:
    """Outline every object of int labels (H, W) in a colour of its own."""
    image = as_image(image)
    drawn = image.copy()
    edges = np.zeros(labels.shape, bool)
    edges[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edges[1:] |= labels[1:] != labels[:-1]
    edges[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    edges[:-1] |= labels[1:] != labels[:-1]
    edges &= labels > 0
    hue = (labels[edges].astype(np.int64) * 67) % 180
    colours = np.stack([hue, np.full_like(hue, 220), np.full_like(hue, 255)], axis=-1)
    if len(colours):
        drawn[edges] = cv2.cvtColor(colours[None].astype(np.uint8), cv2.COLOR_HSV2RGB)[0]
    return drawn


def replace_background(
    image: Picture, probability: np.ndarray, background: Picture | tuple[int, int, int]
) -> np.ndarray:
    """Put the object before a picture (H, W, 3) or a colour; edges stay soft.

    Probabilities from 0.25 to 0.75 are stretched over 0 to 1: what is sure is kept whole.
    """
    image = as_image(image)
    if isinstance(background, tuple):
        behind = np.full_like(image, background)
    else:
        behind = as_image(background)
    alpha = np.clip((probability - 0.25) * 2, 0, 1).astype(np.float32)
    return cv2.blendLinear(image, np.ascontiguousarray(behind), alpha, 1 - alpha)


def fit_background(picture: Picture, size_hw: tuple[int, int]) -> np.ndarray:
    """The middle of a picture, as large as covers ``size_hw`` (height, width)."""
    picture = as_image(picture)
    height, width = check_size_hw(size_hw)
    scale = max(height / picture.shape[0], width / picture.shape[1])
    h, w = min(round(height / scale), picture.shape[0]), min(round(width / scale), picture.shape[1])
    h, w = max(h, 1), max(w, 1)
    top, left = (picture.shape[0] - h) // 2, (picture.shape[1] - w) // 2
    middle = picture[top : top + h, left : left + w]
    shrinks = h > height
    return cv2.resize(
        middle, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )


def cut_out(image: Picture, mask: np.ndarray) -> np.ndarray:
    """The picture with the mask, bool (H, W), as its opacity: uint8 (H, W, 4).

    What is outside is black under its transparency, so that nothing of it is saved.
    """
    image = as_image(image)
    alpha = mask.astype(np.uint8)
    return np.dstack([image * alpha[..., None], alpha * 255])


def blur_background(
    image: Picture, probability: np.ndarray, *, strength: float = BLUR
) -> np.ndarray:
    """Keep the object sharp and blur the rest; ``strength`` as a share of the longer side.

    The background is blurred without the object in it, so that the object's colours do not bleed.
    """
    image, strength = as_image(image), check_setting("The strength", strength, 0, 1)
    scale = 4
    height, width = image.shape[:2]
    small_size = (max(1, width // scale), max(1, height // scale))
    keep = cv2.resize(1 - probability, small_size, interpolation=cv2.INTER_AREA) + 1e-3
    small = cv2.resize(image, small_size, interpolation=cv2.INTER_AREA).astype(np.float32)
    sigma = max(0.5, strength * max(height, width) / scale)
    colours = cv2.GaussianBlur(small * keep[..., None], (0, 0), sigma)
    amount = cv2.GaussianBlur(keep, (0, 0), sigma)
    small = np.clip(colours / amount[..., None], 0, 255).astype(np.uint8)
    return replace_background(image, probability, cv2.resize(small, (width, height)))


def draw_edges(
    image: Picture, prediction: np.ndarray, ground_truth: np.ndarray,
    pair: tuple[tuple[int, int], tuple[int, int]],
) -> np.ndarray:  # fmt: skip
    """The edges of two masks, bool (H, W), and a line between two places (x, y) on them."""
    image = as_image(image)
    drawn = cv2.addWeighted(image, 0.5, np.full_like(image, 128), 0.5, 0)
    drawn = draw_outline(drawn, ground_truth, colour=MISSED, times=3)
    drawn = draw_outline(drawn, prediction, colour=EXTRA, times=3)
    thick = max(2, round(max(image.shape[:2]) / 250))
    for colour, width in (((0, 0, 0), thick + 4), ((255, 255, 255), thick)):
        cv2.line(drawn, *pair, colour, width, cv2.LINE_AA)
        for place in pair:
            cv2.circle(drawn, place, 2 * width, colour, -1, cv2.LINE_AA)
    return drawn

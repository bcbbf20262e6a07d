"""Digits as these lessons take them: checked, chosen by the settings, spoilt on purpose."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from cvcore.autoencoders.settings import MAX_HOLE, NUMBERS, SIDE, Settings
from cvcore.core.checks import check_seed, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Part, choose_examples, load_digits, make_generator

NOISE, HOLES = 11, 12  # what random numbers are for
MAX_VALUE = 20.0  # of a pixel with noise, either way
NO_MASK = f"The hole must be a mask of the shape ({SIDE}, {SIDE})."
NO_PICTURES = "The digits must be numbers of the shape (N, 28, 28), white ink of 1 on black of 0."


def check_pictures(pictures: Any) -> np.ndarray:
    """Float32 (N, 28, 28) of digits (N, 28, 28) or one (28, 28); with noise they may leave [0, 1].

    ``InputError`` for another shape, whole numbers (as of 0 to 255), and what is no number.
    """
    try:
        array = np.asarray(pictures)
    except (ValueError, TypeError) as error:
        raise InputError(NO_PICTURES) from error
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.shape[1:] != (SIDE, SIDE) or not len(array):
        raise InputError(f"{NO_PICTURES[:-1]}; got the shape {np.shape(pictures)}.")
    if array.dtype.kind in "iu":
        raise InputError("The digits hold whole numbers: divide what goes from 0 to 255 by 255.")
    if array.dtype.kind not in "fb":
        raise InputError(NO_PICTURES)
    array = np.ascontiguousarray(array, np.float32)
    if not (np.abs(array) <= MAX_VALUE).all():  # no number is not, either
        raise InputError("A digit holds a value that is not about 0 to 1: draw or choose another.")
    return array


def check_masks(masks: Any, count: int) -> np.ndarray:
    """Bool (N, 28, 28), True where something is rubbed out."""
    try:
        array = np.asarray(masks)
    except (ValueError, TypeError) as error:
        raise InputError(NO_MASK) from error
    if array.ndim == 2:
        array = array[None]
    if array.shape != (count, SIDE, SIDE) or array.dtype.kind not in "biuf":
        raise InputError(NO_MASK)
    return array > 0


def to_tensor(pictures: np.ndarray) -> Tensor:
    """(N, 1, 28, 28) of (N, 28, 28)."""
    return torch.from_numpy(pictures)[:, None]


def to_array(pictures: Tensor) -> np.ndarray:
    """float32 (N, 28, 28) of (N, 1, 28, 28)."""
    return pictures[:, 0].numpy()


def choose_kind(part: Part, only: int | None) -> Part:
    """The digits of one kind, or all."""
    return part if only is None else part.take(torch.nonzero(part.labels == only).flatten())


def choose_training(settings: Settings) -> Part:
    """The digits that a training with these settings sees."""
    part = choose_kind(load_digits().training, settings.only)
    return part.take(choose_examples(part.labels, settings.examples, settings.seed))


def draw_noise(pictures: Tensor, sigma: float, generator: torch.Generator) -> Tensor:
    """Pictures with normal noise of the deviation ``sigma`` added."""
    return pictures + sigma * torch.randn(pictures.shape, generator=generator)


def draw_holes(count: int, side: int, generator: torch.Generator) -> Tensor:
    """Bool (N, 1, 28, 28): a square of that side in each, its place evenly drawn."""
    corners = torch.randint(0, SIDE - side + 1, (2, count, 1), generator=generator)
    along = torch.arange(SIDE)
    rows, columns = (along >= corners) & (along < corners + side)
    return (rows[:, :, None] & columns[:, None, :])[:, None]


@undisturbed
def add_noise(pictures: np.ndarray, sigma: float, *, seed: int = 0) -> np.ndarray:
    """Digits (N, 28, 28) with normal noise of the deviation ``sigma`` (0 to 1) added, float32.

    They may leave [0, 1]. The same for a seed. ``InputError`` for what cannot be.
    """
    digits = check_pictures(pictures)
    words, low, high = NUMBERS["noise"]
    sigma = check_setting(words, sigma, low, high)
    generator = make_generator(check_seed(seed), NOISE)
    return to_array(draw_noise(to_tensor(digits), sigma, generator))


@undisturbed
def cut_holes(pictures: np.ndarray, side: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Digits (N, 28, 28) with a black square of ``side`` pixels (1 to 20) at a random place each,
    and masks bool (N, 28, 28), True inside it. The same for a seed."""
    digits = check_pictures(pictures)
    side = check_whole("The side of the hole", side, 1, MAX_HOLE)
    masks = draw_holes(len(digits), side, make_generator(check_seed(seed), HOLES))[:, 0].numpy()
    return np.where(masks, np.float32(0), digits), masks

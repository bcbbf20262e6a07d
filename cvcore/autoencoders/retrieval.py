"""Retrieval: the nearest digits by their codes, beside the nearest by their pixels
(Krizhevsky and Hinton, "Using Very Deep Autoencoders for Content-Based Image Retrieval", 2011)."""

from dataclasses import dataclass, field

import numpy as np

from cvcore.autoencoders.model import Model
from cvcore.autoencoders.pictures import check_pictures, choose_training, to_array
from cvcore.autoencoders.restoration import load_test
from cvcore.core.checks import check_whole
from cvcore.engine.isolation import undisturbed

MAX_COUNT = 50


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest of the M digits that the model has learnt from, for N digits asked."""

    pictures: np.ndarray = field(repr=False)  # float32 (M, 28, 28)
    labels: np.ndarray = field(repr=False)  # int64 (M,)
    by_code: np.ndarray = field(repr=False)  # int64 (N, count): which, the nearest first
    by_pixels: np.ndarray = field(repr=False)  # (N, count)
    code_distances: np.ndarray = field(repr=False)  # float64 (N, count), Euclidean
    pixel_distances: np.ndarray = field(repr=False)  # (N, count)


@dataclass(frozen=True)
class Retrieval:
    """The share, 0 to 1, of the nearest ``count`` that are of the class asked for."""

    count: int
    by_code: float
    by_pixels: float
    numbers: int
    """Of a code; of the pixels there are 784."""


@undisturbed
def find_neighbours(model: Model, pictures: np.ndarray, *, count: int = 5) -> Neighbours:
    """The nearest ``count`` (1 to 50) training digits of each digit (N, 28, 28)."""
    asked = check_pictures(pictures)
    count = check_whole("The number of neighbours", count, 1, MAX_COUNT)
    part = choose_training(model.settings)
    known = to_array(part.pictures)
    codes, code_distances = _search(model.encode(asked), model.encode(known), count)
    pixels, pixel_distances = _search(_flatten(asked), _flatten(known), count)
    return Neighbours(known, part.labels.numpy(), codes, pixels, code_distances, pixel_distances)


@undisturbed
def measure_retrieval(model: Model, *, count: int = 5) -> Retrieval:
    """How many of the nearest ``count`` of each held-back test digit are of its class."""
    digits, labels = load_test(model)
    found = find_neighbours(model, digits, count=count)
    by_code, by_pixels = (
        float((found.labels[which] == labels[:, None]).mean())
        for which in (found.by_code, found.by_pixels)
    )
    return Retrieval(found.by_code.shape[1], by_code, by_pixels, model.bottleneck)


def _flatten(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1)


def _search(asked: np.ndarray, known: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of ``known`` (M, d) are nearest to each of ``asked`` (N, d), and how far."""
    a, b = asked.astype(np.float64), known.astype(np.float64)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    order = np.argsort(squares, axis=1, kind="stable")[:, :count]
    return order, np.sqrt(np.take_along_axis(squares, order, axis=1).clip(0))

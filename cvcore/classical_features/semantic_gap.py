"""The semantic gap: pictures of one thing that lie far apart in pixels, and others that do not.

The same digit moved by a few pixels, and a digit of another class: which of the two is nearer to
it, by its pixels, by its HOG and by one SIFT descriptor of the whole picture?
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from cvcore.classical_features.hog import HogSettings, measure_hog
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.recognition import datasets

MEASURES = ("pixels", "HOG", "SIFT")
DATA = ("digits", "clothes")
SIDE = 28  # pixels
MOST_SHIFT = 8  # pixels
GALLERY = 600  # pictures that may be nearer, as many of each class; of clothes there are 400
ASKED = 60  # pictures of the curve
LARGER = 4  # times as large for SIFT, which expects a photograph
CELLS = HogSettings(cell=7)


@dataclass(frozen=True, eq=False)
class Gap:
    """A picture, itself moved, and the nearest picture of another class by one measure."""

    measure: str
    picture: np.ndarray = field(repr=False)
    """float32 (28, 28) in [0, 1]."""
    moved: np.ndarray = field(repr=False)
    other: np.ndarray = field(repr=False)
    label: str
    """The picture's class; empty where it is not known, as of one's own drawing."""
    other_label: str
    to_moved: float
    """Euclidean distance."""
    to_other: float

    @property
    def holds(self) -> bool:
        """The moved picture is the nearer one, as it should be."""
        return self.to_moved < self.to_other


def count_pictures(data: str = "digits") -> int:
    """How many pictures there are to choose from."""
    return len(_load(data)[2])


def shift(pixels: np.ndarray, right: int) -> np.ndarray:
    """A picture (28, 28) moved to the right by 0 to 8 pixels; what comes in at the left goes on as
    the edge does."""
    right = check_whole("The shift", right, 0, MOST_SHIFT)
    wide = np.pad(pixels, ((0, 0), (right, 0)), mode="edge")
    return wide[:, : pixels.shape[1]]


def describe(pictures: np.ndarray, measure: str) -> np.ndarray:
    """Pictures float (N, 28, 28) in [0, 1] as float32 (N, D) by one of ``MEASURES``.

    "pixels": as they are. "HOG": scikit-image's, cells of 7 x 7 pixels. "SIFT": OpenCV's
    descriptor, whose 4 x 4 cells cover the whole picture, made four times as large. InputError for
    others.
    """
    if measure not in MEASURES:
        raise InputError(f"Measure: choose one of {', '.join(MEASURES)}.")
    if measure == "pixels":
        return pictures.reshape(len(pictures), -1).astype(np.float32)
    greys = np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)
    if measure == "HOG":
        colours = np.repeat(greys[..., None], 3, axis=3)
        return np.array([measure_hog(one, CELLS).features for one in colours], np.float32)
    side = SIDE * LARGER
    sift = cv2.SIFT.create()
    whole = [cv2.KeyPoint((side - 1) / 2, (side - 1) / 2, side / 6, 0)]
    large = (cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in greys)
    return np.concatenate([sift.compute(one, whole)[1] for one in large])


def compare(pixels: np.ndarray, label: str, right: int, measure: str, data: str = "digits") -> Gap:
    """A picture (28, 28) beside itself moved by ``right`` pixels, and the nearest of the bundled
    pictures that are not of its class (of any class where ``label`` is empty)."""
    gallery, labels, _, _, classes = _load(data)
    moved = shift(pixels, right)
    own, there = describe(np.stack([pixels, moved]), measure)
    apart = np.linalg.norm(_describe_gallery(data, measure) - own, axis=1)
    if label:
        apart[[classes[one] == label for one in labels]] = np.inf
    nearest = int(apart.argmin())
    return Gap(
        measure, pixels, moved, gallery[nearest], label, classes[labels[nearest]],
        float(np.linalg.norm(own - there)), float(apart[nearest]),
    )  # fmt: skip


def choose(index: int, data: str = "digits") -> tuple[np.ndarray, str]:
    """The test picture of this number, float32 (28, 28), and its class."""
    _, _, tests, labels, classes = _load(data)
    index = check_whole("The picture's number", index, 0, len(tests) - 1)
    return tests[index], classes[labels[index]]


def measure_gap(
    measure: str, data: str = "digits", shifts: Sequence[int] = tuple(range(MOST_SHIFT + 1))
) -> list[float]:
    """Of 60 test pictures the share that lie nearer to themselves, moved by each of the ``shifts``,
    than to any bundled picture of another class."""
    return list(_measure(measure, data, tuple(shifts)))


@cache
def _measure(measure: str, data: str, shifts: tuple[int, ...]) -> tuple[float, ...]:
    _, labels, tests, asked, _ = _load(data)
    tests, asked = tests[:ASKED], asked[:ASKED]
    own = describe(tests, measure)
    apart = np.linalg.norm(own[:, None] - _describe_gallery(data, measure)[None], axis=2)
    apart[asked[:, None] == labels[None]] = np.inf
    nearest = apart.min(axis=1)
    shares = []
    for right in shifts:
        there = describe(np.stack([shift(one, right) for one in tests]), measure)
        shares.append(float((np.linalg.norm(own - there, axis=1) < nearest).mean()))
    return tuple(shares)


@cache
def _load(data: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    if data not in DATA:
        raise InputError(f"Pictures: choose one of {', '.join(DATA)}.")
    found = datasets.load_digits() if data == "digits" else datasets.load_clothes("grey")
    chosen = datasets.choose_examples(found.training.labels, GALLERY, 0)
    order = datasets.choose_examples(found.test.labels, len(found.test), 0)
    gallery, tests = found.training.take(chosen), found.test.take(order)
    return (
        gallery.pictures[:, 0].numpy(), gallery.labels.numpy(), tests.pictures[:, 0].numpy(),
        tests.labels.numpy(), found.classes,
    )  # fmt: skip


@cache
def _describe_gallery(data: str, measure: str) -> np.ndarray:
    return describe(_load(data)[0], measure)

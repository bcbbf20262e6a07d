"""What is to be told apart: digits, clothes, faces from other pieces of photographs."""

from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np

from cvcore.core import images
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import digits

DIGITS, CLOTHES, FACES = TASKS = ("digits", "clothes", "faces")
EXAMPLES = {DIGITS: 1000, CLOTHES: 400, FACES: 140}  # to learn from, as usual
MOST = {DIGITS: 4000, CLOTHES: 400, FACES: 140}
LEAST = 20
SIDES = {DIGITS: 28, CLOTHES: 64, FACES: 25}  # pixels of a picture
LEAST_SIDE = 16  # pixels: of a picture of one's own
FACES_LEARNT = 70  # of each kind; the other thirty are held back
SEED = 0


@dataclass(frozen=True, eq=False)
class Task:
    """Grey pictures of some classes, in two parts; what is held back is never learnt from."""

    name: str
    classes: tuple[str, ...]
    pictures: np.ndarray = field(repr=False)  # float32 (N, S, S) in [0, 1], to learn from
    labels: np.ndarray = field(repr=False)  # int64 (N,)
    held_back: np.ndarray = field(repr=False)  # float32 (M, S, S) in [0, 1]
    held_back_labels: np.ndarray = field(repr=False)  # int64 (M,)

    @property
    def side(self) -> int:
        """Pixels of a picture: 28 (digits), 64 (clothes), 25 (faces)."""
        return self.pictures.shape[1]


def check_task(name: str) -> str:
    """One of ``TASKS``; ``InputError`` otherwise."""
    if name not in TASKS:
        raise InputError(f"There is no task {name!r}: choose one of {', '.join(TASKS)}.")
    return name


@undisturbed
def load_task(name: str, examples: int | None = None) -> Task:
    """Pictures to learn from and others held back.

    "digits": MNIST, 28 x 28, 500 held back. "clothes": grey photographs of ten kinds, 64 x 64, 100
    held back. "faces": faces and other pieces of photographs, 25 x 25, scikit-image's
    ``lfw_subset`` (Huang et al., 2007), 60 held back. ``examples`` is how many are learnt from,
    as evenly many of each class as there are: by default 1,000, 400 and 140, which are all of the
    latter two.
    """
    check_task(name)
    most = MOST[name]
    count = EXAMPLES[name] if examples is None else examples
    return _load(name, check_whole("The number of examples", count, LEAST, most))


@undisturbed
def read_picture(name: str, picture: images.Picture) -> np.ndarray:
    """A picture as one of the task's, float32 (S, S) in [0, 1]: of a digit its ink, else the middle
    square in grey.

    Raises ``InputError`` for one without ink, or of fewer than 16 pixels a side.
    """
    side = SIDES[check_task(name)]
    if name == DIGITS:
        return digits.to_digit(picture)
    image = images.as_image(picture, min_side=LEAST_SIDE)
    square = images.centre_crop(image, min(image.shape[:2]))
    how = "box" if len(square) >= side else "bilinear"
    small = images.resize(square, (side, side), resample=how)
    return small.mean(axis=2, dtype=np.float32) / np.float32(255)


@cache
def _load_all(name: str) -> Task:
    if name == FACES:
        return _load_faces()
    from cvcore.recognition import datasets  # which needs PyTorch

    data = datasets.load_digits() if name == DIGITS else datasets.load_clothes("colour")
    known, held = data.training, data.test
    return Task(
        name, data.classes, known.pictures.mean(dim=1).numpy(), known.labels.numpy(),
        held.pictures.mean(dim=1).numpy(), held.labels.numpy(),
    )  # fmt: skip


@lru_cache(maxsize=8)  # visitors choose the number: 4,000 digits are 12 MB
def _load(name: str, examples: int) -> Task:
    task = _load_all(name)
    order = np.random.default_rng(SEED).permutation(len(task.labels))
    place = np.empty_like(order)
    for label in range(len(task.classes)):
        own = order[task.labels[order] == label]
        place[own] = np.arange(len(own))
    chosen = np.argsort(place, kind="stable")[:examples]
    return Task(
        name, task.classes, task.pictures[chosen], task.labels[chosen],
        task.held_back, task.held_back_labels,
    )  # fmt: skip


def _load_faces() -> Task:
    from skimage import data

    pictures = data.lfw_subset().astype(np.float32)
    half = len(pictures) // 2
    parts = []
    for label, rows in enumerate((pictures[half:], pictures[:half])):
        order = np.random.default_rng(SEED + label).permutation(half)
        parts.append((rows[order[:FACES_LEARNT]], rows[order[FACES_LEARNT:]]))
    known, held = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    return Task(
        FACES, ("no face", "face"), known, np.repeat([0, 1], FACES_LEARNT),
        held, np.repeat([0, 1], half - FACES_LEARNT),
    )  # fmt: skip

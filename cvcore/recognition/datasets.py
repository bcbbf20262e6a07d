"""The bundled pictures that lessons learn from, in three parts: to train on, to validate with, and
to test with once at the end."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import torch
from torch import Tensor

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed

DIGIT_SIDE, DIGITS_PER_CLASS = 28, 500
HELD_BACK_PER_DIGIT = 100  # half validates, half tests
CLOTHES = (
    "dress", "hat", "longsleeve", "outwear", "pants",
    "shirt", "shoes", "shorts", "skirt", "t-shirt",
)  # fmt: skip
CLOTHES_SIDE = 80  # of a picture in the bundled sheet, a row a class
CLOTHES_PARTS = (40, 10, 10)  # of each class: training, validation, test
SIDES = {"colour": 64, "grey": 28, "large": 128}  # of a picture, by its look


@dataclass(frozen=True, eq=False)
class Part:
    """Pictures with their classes."""

    pictures: Tensor = field(repr=False)  # float32 (N, C, S, S) in [0, 1]
    labels: Tensor = field(repr=False)  # int64 (N,)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> "Part":
        return Part(self.pictures[indices], self.labels[indices])

    def to(self, device: "torch.device | str") -> "Part":
        return Part(self.pictures.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class Data:
    """Pictures of some classes in three parts."""

    kind: str
    """"digits", "clothes" or "own"."""
    classes: tuple[str, ...]
    training: Part = field(repr=False)
    validation: Part = field(repr=False)
    """Held back: for the curves, early stopping and the best epoch."""
    test: Part = field(repr=False)
    """Held back: scored once at the end, decides nothing."""
    notes: tuple[str, ...] = ()
    """A sentence each on what was left out, and on classes of very different sizes."""

    @cached_property
    def digest(self) -> str:
        """Tells other pictures of the same classes apart: of all pictures and labels."""
        hashed = hashlib.sha256()
        for part in (self.training, self.validation, self.test):
            hashed.update(part.pictures.cpu().contiguous().numpy().tobytes())
            hashed.update(part.labels.cpu().numpy().tobytes())
        return hashed.hexdigest()

    @property
    def size(self) -> tuple[int, int, int]:
        """Channels, side and classes: what a network is built for."""
        channels, side = self.training.pictures.shape[1:3]
        return channels, side, len(self.classes)


def make_generator(*numbers: int, device: "torch.device | str" = "cpu") -> torch.Generator:
    """A generator whose draws hang on these whole numbers alone."""
    (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(seed >> 1))


def choose_examples(labels: Tensor, count: int, seed: int) -> Tensor:
    """Indices of ``count`` examples, as evenly many of each class as there are; all if fewer.

    Those of a smaller count are among those of a greater one with the same seed.
    """
    order = torch.randperm(len(labels), generator=make_generator(seed, 0))
    place = torch.empty_like(order)
    for label in labels.unique():
        own = labels[order] == label
        place[own] = torch.arange(int(own.sum()))
    return order[torch.argsort(place, stable=True)][:count]


@cache
def _read_digits() -> tuple[Tensor, Tensor]:
    """float32 (5000, 1, 28, 28) in [0, 1], white on black, and int64 (5000,)."""
    registry.check_files("mnist_5000")
    sheet = images.load_image(registry.get_weight("mnist_5000").paths[0], max_side=2800)[..., 0]
    rows = sheet.reshape(-1, DIGIT_SIDE, 100, DIGIT_SIDE).swapaxes(1, 2)
    digits = rows.reshape(-1, 1, DIGIT_SIDE, DIGIT_SIDE).astype(np.float32) / 255
    return torch.from_numpy(digits), torch.arange(len(digits)) // DIGITS_PER_CLASS


def split_digits(labels: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Indices of digits to train on, and of the held-back hundred of each kind, kind by kind."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    held = torch.cat([order[labels[order] == d][:HELD_BACK_PER_DIGIT] for d in range(10)])
    return order[~torch.isin(order, held)], held


@cache
@undisturbed
def load_digits() -> Data:
    """The bundled MNIST digits, (N, 1, 28, 28) in 16 greys: 4,000 to train on, 500 and 500 held
    back, those that the bundled digits network has never seen."""
    digits, labels = _read_digits()
    keep, held = split_digits(labels, 0)
    everything = Part(digits, labels)
    halves = held.view(10, 2, -1)
    return Data(
        "digits",
        tuple("0123456789"),
        everything.take(keep),
        everything.take(halves[:, 0].flatten()),
        everything.take(halves[:, 1].flatten()),
    )


def to_part(pictures: Sequence[np.ndarray], labels: Sequence[int]) -> Part:
    """A part of uint8 pictures (S, S) or (S, S, 3), all of one size."""
    array = np.stack(list(pictures))
    array = array[:, None] if array.ndim == 3 else array.transpose(0, 3, 1, 2)
    floats = torch.from_numpy(np.ascontiguousarray(array)).float() / 255
    return Part(floats, torch.tensor(list(labels), dtype=torch.int64))


def fit_picture(picture: images.Picture, look: str) -> np.ndarray:
    """The middle square as uint8 (64, 64, 3), (128, 128, 3) for "large", (28, 28) for "grey"."""
    image = images.as_image(picture)
    side, short = SIDES[look], min(image.shape[:2])
    resample = "box" if short >= side else "bilinear"
    square = images.resize(images.centre_crop(image, short), (side, side), resample=resample)
    return square if look != "grey" else np.rint(square.mean(axis=2)).astype(np.uint8)


def check_look(look: str) -> str:
    """ "colour", "grey" or "large"; InputError otherwise."""
    if look not in SIDES:
        raise InputError(f"There is no look {look!r}: choose one of {', '.join(SIDES)}.")
    return look


@undisturbed
def load_clothes(look: str = "colour") -> Data:
    """The bundled photographs of ten kinds of clothes: 400 to train on, 100 and 100 held back.

    They are (N, 3, 64, 64); with ``look`` "grey" (N, 1, 28, 28), with "large" (N, 3, 128, 128).
    """
    return _load_clothes(check_look(look))


@cache
def _load_clothes(look: str) -> Data:
    registry.check_files("clothes")
    path = registry.get_weight("clothes").paths[0]
    count = sum(CLOTHES_PARTS)
    sheet = images.load_image(path, max_side=CLOTHES_SIDE * count)
    rows = sheet.reshape(len(CLOTHES), CLOTHES_SIDE, count, CLOTHES_SIDE, 3).swapaxes(1, 2)
    parts, start = [], 0
    for part in CLOTHES_PARTS:
        chosen = [
            (fit_picture(np.ascontiguousarray(picture), look), label)
            for label, row in enumerate(rows)
            for picture in row[start : start + part]
        ]
        parts.append(to_part(*zip(*chosen, strict=True)))
        start += part
    training, validation, test = parts
    return Data("clothes", CLOTHES, training, validation, test)

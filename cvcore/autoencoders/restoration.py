"""What an autoencoder puts right: noise (Vincent et al., ICML 2008) and holes (Pathak et al., CVPR
2016); and what it spoils, as it was never taught it."""

from dataclasses import dataclass, field

import numpy as np

from cvcore.autoencoders.model import Model, measure_error
from cvcore.autoencoders.pictures import (
    add_noise,
    check_masks,
    check_pictures,
    choose_kind,
    cut_holes,
    to_array,
)
from cvcore.core.checks import show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import CLOTHES, load_clothes, load_digits

__all__ = [
    "Restoration", "add_noise", "cut_holes", "fill_hole", "measure_denoising",
    "measure_inpainting", "measure_strangers",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Restoration:
    """Pictures, what was given in, and what came out; N of them, float32 (N, 28, 28)."""

    pictures: np.ndarray = field(repr=False)  # as they should be
    inputs: np.ndarray = field(repr=False)  # as they were given in; noise may leave [0, 1]
    outputs: np.ndarray = field(repr=False)  # in [0, 1]
    labels: np.ndarray = field(repr=False)  # int64 (N,), of the pictures' classes
    errors_before: np.ndarray = field(repr=False)
    """float64 (N,): mean squared difference a pixel from the pictures, of inputs cut off to [0, 1],
    as outputs are."""
    errors_after: np.ndarray = field(repr=False)  # (N,) and of outputs
    masks: np.ndarray | None = field(default=None, repr=False)
    """Bool (N, 28, 28), True in the hole, inside which alone errors are then measured."""

    @property
    def before(self) -> float:
        """The mean error of the inputs."""
        return float(self.errors_before.mean())

    @property
    def after(self) -> float:
        """The mean error of the outputs."""
        return float(self.errors_after.mean())


@undisturbed
def measure_denoising(model: Model, sigma: float, *, seed: int = 0) -> Restoration:
    """The held-back test digits, 500 or the 50 of the one kind, with noise of the deviation
    ``sigma`` (0 to 1) on them, and what the model makes of them."""
    digits, labels = load_test(model)
    inputs = add_noise(digits, sigma, seed=seed)
    outputs = model.rebuild(inputs)
    before, after = measure_error(inputs.clip(0, 1), digits), measure_error(outputs, digits)
    return Restoration(digits, inputs, outputs, labels, before, after)


@undisturbed
def measure_inpainting(model: Model, side: int, *, seed: int = 0) -> Restoration:
    """The held-back test digits, with a square of ``side`` pixels (1 to 20) rubbed out at a random
    place, and filled by the model; errors are those inside the hole."""
    digits, labels = load_test(model)
    inputs, masks = cut_holes(digits, side, seed=seed)
    outputs = np.where(masks, model.rebuild(inputs), inputs)
    before, after = (_measure_inside(one, digits, masks) for one in (inputs, outputs))
    return Restoration(digits, inputs, outputs, labels, before, after, masks)


@undisturbed
def measure_strangers(model: Model, kind: str = "shoes") -> Restoration:
    """Photographs of clothes, grey and 28 x 28, through the bottleneck of digits.

    ``kind`` is one of ten, or "all". Nothing is spoilt, so ``before`` is 0.
    """
    data = load_clothes("grey")
    if kind != "all" and kind not in CLOTHES:
        raise InputError(f"There are no {show(kind)}: choose one of {', '.join(CLOTHES)}, or all.")
    part = choose_kind(data.training, None if kind == "all" else CLOTHES.index(kind))
    pictures = to_array(part.pictures)
    outputs = model.rebuild(pictures)
    before = np.zeros(len(pictures))
    after = measure_error(outputs, pictures)
    return Restoration(pictures, pictures, outputs, part.labels.numpy(), before, after)


@undisturbed
def fill_hole(model: Model, digit: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A digit (28, 28) whose hole, where ``mask`` (28, 28) is True, the model fills.

    All else stays. ``InputError`` for a mask without a hole, and where nothing else is left.
    """
    digits = check_pictures(digit)
    masks = check_masks(mask, len(digits))
    if len(digits) != 1:
        raise InputError("Fill the hole of one digit at a time.")
    if not masks.any():
        raise InputError("Nothing is rubbed out yet: rub a hole into the digit.")
    if masks.all():
        raise InputError("All is rubbed out: leave a part of the digit.")
    inputs = np.where(masks, np.float32(0), digits)
    return np.where(masks, model.rebuild(inputs), inputs)[0]


def load_test(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Held-back digits (N, 28, 28) that decided nothing, and their classes, as the model knows."""
    part = choose_kind(load_digits().test, model.settings.only)
    return to_array(part.pictures), part.labels.numpy()


def _measure_inside(outputs: np.ndarray, targets: np.ndarray, masks: np.ndarray) -> np.ndarray:
    gaps = np.square(outputs.astype(np.float64) - targets) * masks
    return gaps.sum(axis=(1, 2)) / masks.sum(axis=(1, 2))

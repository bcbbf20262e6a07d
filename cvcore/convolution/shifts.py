"""What a shift does to networks that differ in what they make of a place.

Three networks learned the same 4,000 centred digits, none of them shifted
(``python -m cvcore.training.convolution.shift``); here digits are moved under their eyes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.digits import EMPTY, SIDE

if TYPE_CHECKING:
    from torch import Tensor, nn

NETWORKS = {
    "MLP": "shift_mlp",
    "convnet, flattened": "shift_flattening",
    "convnet, pooled": "shift_pooled",
}
"""The networks by the names that are shown, with their rows in the index of weights."""
MAX_SHIFT = 10  # pixels, either way
FURTHEST = 8  # pixels of the curve
WAYS = ((0, 1), (0, -1), (1, 0), (-1, 0))  # right, left, down, up: rows, columns


@dataclass(frozen=True, eq=False)
class ShiftAnswer:
    """A digit at its place, and what each network takes it for."""

    digit: np.ndarray = field(repr=False)
    """float32 (28, 28) in [0, 1], as it was shown to the networks."""
    probabilities: Mapping[str, np.ndarray]
    """(10,) of each network, by its name."""
    ink_left: float
    """Share of the ink that is still in the frame, 0 to 1."""


def shift(digits: "np.ndarray | Tensor", down: int, right: int) -> "np.ndarray | Tensor":
    """(..., H, W) moved by whole pixels; what leaves the frame is lost, what comes in is black."""
    moved = digits * 0
    height, width = digits.shape[-2:]
    if abs(down) >= height or abs(right) >= width:
        return moved
    to = np.s_[..., max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)]
    of = np.s_[..., max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)]
    moved[to] = digits[of]
    return moved


def check_digit(digit: np.ndarray) -> np.ndarray:
    """float32 (28, 28) in [0, 1] with ink in it; InputError otherwise."""
    try:
        array = np.asarray(digit, dtype=np.float32)
    except (TypeError, ValueError):
        raise InputError(EMPTY) from None
    if array.shape != (SIDE, SIDE) or not np.isfinite(array).all():
        raise InputError(f"A digit must be {SIDE}x{SIDE} ordinary numbers from 0 to 1.")
    if array.min() < 0 or array.max() > 1:
        raise InputError("A digit's numbers must lie between 0, black, and 1, white.")
    if not array.any():
        raise InputError(EMPTY)
    return array


def _load(name: str) -> "nn.Module":
    from cvcore.engine import checkpoints

    return checkpoints.load_model(NETWORKS[name])


@undisturbed
def recognise_shifted(digit: np.ndarray, down: int = 0, right: int = 0) -> ShiftAnswer:
    """Move a digit by whole pixels, -10 to 10, and ask all three networks.

    ``digit`` is float32 (28, 28) in [0, 1], white ink on black, as
    :func:`cvcore.recognition.digits.to_digit` makes it. Raises ``InputError`` when it is empty, a
    number is out of range, or nothing of it is left in the frame.
    """
    import torch

    digit = check_digit(digit)
    down = check_whole("The shift down", down, -MAX_SHIFT, MAX_SHIFT)
    right = check_whole("The shift to the right", right, -MAX_SHIFT, MAX_SHIFT)
    moved = shift(digit, down, right)
    if not moved.any():
        raise InputError("Nothing of the digit is left in the frame: shift it back a little.")
    found = {}
    for name in NETWORKS:
        model = _load(name)
        batch = torch.from_numpy(moved)[None, None].to(next(model.parameters()).device)
        with torch.inference_mode():
            found[name] = model(batch)[0].softmax(dim=0).cpu().numpy()
    return ShiftAnswer(moved, found, float(moved.sum() / digit.sum()))


@undisturbed
def count_right(model: "nn.Module", pictures: "Tensor", labels: "Tensor") -> int:
    """How many of (N, 1, 28, 28) are answered rightly; the model is in evaluation mode."""
    import torch

    device = next(model.parameters()).device
    with torch.inference_mode():
        return sum(
            int((model(batch.to(device)).argmax(dim=1).cpu() == truth).sum())
            for batch, truth in zip(pictures.split(250), labels.split(250), strict=True)
        )


@lru_cache(maxsize=(2 * MAX_SHIFT + 1) ** 2)
def measure_at(down: int, right: int) -> Mapping[str, float]:
    """Accuracy, 0 to 1, on the 500 test digits when all are moved so; kept once measured."""
    from cvcore.recognition.datasets import load_digits

    down = check_whole("The shift down", down, -MAX_SHIFT, MAX_SHIFT)
    right = check_whole("The shift to the right", right, -MAX_SHIFT, MAX_SHIFT)
    test = load_digits().test
    moved = shift(test.pictures, down, right)
    return {name: count_right(_load(name), moved, test.labels) / len(test) for name in NETWORKS}


@lru_cache(maxsize=1)
def measure_curve() -> Mapping[str, tuple[float, ...]]:
    """Accuracy at shifts of 0 to 8 pixels, by network: of the 500 test digits every fourth is moved
    to the right, to the left, down, up."""
    from cvcore.recognition.datasets import load_digits

    test = load_digits().test
    found: dict[str, tuple[float, ...]] = {}
    for name in NETWORKS:
        found[name] = score_shifts(_load(name), test.pictures, test.labels)
    return found


def score_shifts(model: "nn.Module", pictures: "Tensor", labels: "Tensor") -> tuple[float, ...]:
    """Accuracy of one network at shifts of 0 to 8 pixels, the four ways taken in turn."""
    shares = []
    for far in range(FURTHEST + 1):
        right = sum(
            count_right(model, shift(pictures[way::4], far * down, far * across), labels[way::4])
            for way, (down, across) in enumerate(WAYS)
        )
        shares.append(right / len(labels))
    return tuple(shares)

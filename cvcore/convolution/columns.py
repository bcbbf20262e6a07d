"""All filters of a layer at one place: the patch, a number a filter, and where they stand.

And what "flatten" makes of a volume: the same numbers in a row, by their index.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cvcore import convolution
from cvcore.convolution.shifts import check_digit
from cvcore.core.checks import check_whole
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.digits import SIDE

NETWORK = "digits_cnn"
OUTPUT = SIDE - 2  # rows and columns of the first layer's maps


@dataclass(frozen=True, eq=False)
class Column:
    """What a layer makes of one patch."""

    patch: np.ndarray = field(repr=False)  # float32 (3, 3)
    products: np.ndarray = field(repr=False)  # float32 (32, 3, 3): patch times each filter
    sums: np.ndarray = field(repr=False)  # float32 (32,), with the biases, before ReLU


@lru_cache(maxsize=1)
@undisturbed
def load_filters() -> tuple[np.ndarray, np.ndarray]:
    """The first layer of the bundled digits network: float32 (32, 3, 3), and biases (32,)."""
    from cvcore.engine import checkpoints

    state = checkpoints.load_state(NETWORK)
    return state["conv1.weight"][:, 0].numpy(), state["conv1.bias"].numpy()


def read_column(digit: np.ndarray, row: int, column: int) -> Column:
    """The patch whose upper left cell is ``row``, ``column`` (0 to 25) under all 32 filters.

    ``digit`` is float32 (28, 28) in [0, 1]. Raises ``InputError`` when it is empty, or a place lies
    outside.
    """
    digit = check_digit(digit)
    row = check_whole("The row", row, 0, OUTPUT - 1)
    column = check_whole("The column", column, 0, OUTPUT - 1)
    filters, biases = load_filters()
    patch = digit[row : row + 3, column : column + 3]
    products = patch * filters
    return Column(patch, products, products.sum(axis=(1, 2)) + biases)


def read_volume(digit: np.ndarray) -> np.ndarray:
    """The layer's whole answer, before ReLU: float32 (32, 26, 26)."""
    digit = check_digit(digit)
    filters, biases = load_filters()
    maps = [
        convolution.convolve(digit, weights, bias=float(bias))
        for weights, bias in zip(filters, biases, strict=True)
    ]
    return np.stack(maps)


@undisturbed
def read_last_volume(digit: np.ndarray) -> np.ndarray:
    """What the network flattens: float32 (128, 3, 3), after the last ReLU."""
    import torch

    from cvcore.engine import checkpoints
    from cvcore.probes import hooks

    model = checkpoints.load_model(NETWORK)
    batch = torch.from_numpy(check_digit(digit))[None, None]
    with torch.inference_mode():
        found = hooks.record(model, batch.to(next(model.parameters()).device), ["act3"])
    return found["act3"][0].cpu().numpy()


def flat_index(shape: tuple[int, int, int], channel: int, row: int, column: int) -> tuple[int, int]:
    """Where a value of a volume (C, H, W) stands once it is flat, from 0 on: in torch, whose
    channels come first, and in Keras, whose channels come last.

    >>> flat_index((128, 3, 3), 5, 1, 2)
    (50, 645)
    """
    channels, height, width = shape
    channel = check_whole("The channel", channel, 0, channels - 1)
    row = check_whole("The row", row, 0, height - 1)
    column = check_whole("The column", column, 0, width - 1)
    first = (channel * height + row) * width + column
    return first, (row * width + column) * channels + channel

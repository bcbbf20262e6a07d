"""Four normalisations of one batch of maps, and which numbers each takes together.

All subtract the mean and divide by the deviation; they differ in what these are of. Batch norm: one
channel of all pictures (Ioffe and Szegedy, ICML 2015). Layer norm: all channels of one picture (Ba,
Kiros and Hinton, 2016). Instance norm: one channel of one picture (Ulyanov, Vedaldi and Lempitsky,
2016). Group norm: some channels of one picture (Wu and He, ECCV 2018).
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cvcore.convolution.columns import read_volume
from cvcore.core.checks import check_number, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

KINDS = ("batch", "layer", "instance", "group")
EPSILON = 1e-5  # that of torch
CHANNELS, QUARTERS = 6, 2  # of the batch that is shown: H x W is 2 x 2
OTHERS = (0, 350)  # test digits beside the visitor's: a 0 and a 7
MAX_GAIN = 10


@dataclass(frozen=True, eq=False)
class Normalised:
    """A batch before and after; every array (N, C, H, W)."""

    values: np.ndarray = field(repr=False)
    result: np.ndarray = field(repr=False)
    means: np.ndarray = field(repr=False)
    """Of the slice that each number belongs to."""
    variances: np.ndarray = field(repr=False)
    """The same, divided by the count, as all four are in use."""
    slices: np.ndarray = field(repr=False)
    """int64: which slice each number belongs to, from 0 on."""
    epsilon: float = EPSILON


def normalise(
    values: object, kind: str = "batch", *, groups: int = 2, epsilon: float = EPSILON
) -> Normalised:
    """Normalise a batch (N, C, H, W) without learned scale and shift.

    Numbers equal those of ``torch.nn.functional.batch_norm`` (in training), ``layer_norm`` over
    (C, H, W), ``instance_norm`` and ``group_norm``. ``groups`` divides C and is read by "group"
    alone. Raises ``InputError`` when a number is not finite, a slice would hold one number only, or
    a setting does not fit.
    """
    array = check_batch(values)
    if kind not in KINDS:
        raise InputError(f"The normalisation must be one of: {', '.join(KINDS)}.")
    epsilon = check_number("Epsilon", epsilon)
    if epsilon <= 0:
        raise InputError("Epsilon must be above 0: it keeps the division from failing.")
    slices = find_slices(array.shape, kind, groups)
    counts = np.bincount(slices.ravel())
    if counts.min() < 2:
        raise InputError("A slice of one number would become 0: give more pictures or places.")
    means = (np.bincount(slices.ravel(), array.ravel()) / counts)[slices]
    squares = (array - means) ** 2
    variances = (np.bincount(slices.ravel(), squares.ravel()) / counts)[slices]
    result = (array - means) / np.sqrt(variances + epsilon)
    return Normalised(array, result, means, variances, slices, epsilon)


def find_slices(shape: tuple[int, ...], kind: str, groups: int = 2) -> np.ndarray:
    """int64 (N, C, H, W): numbers of the same slice bear the same index."""
    pictures, channels, height, width = shape
    n, c = np.arange(pictures)[:, None], np.arange(channels)[None]
    if kind == "group":
        groups = check_whole("The number of groups", groups, 1, channels)
        if channels % groups:
            raise InputError(
                f"{channels} channels cannot be divided into {groups} equal groups: take a "
                "number that divides them."
            )
        index = n * groups + c // (channels // groups)
    else:
        index = {"batch": 0 * n + c, "layer": n + 0 * c, "instance": n * channels + c}[kind]
    return np.broadcast_to(index[:, :, None, None], (pictures, channels, height, width))


def check_batch(values: object) -> np.ndarray:
    """float64 (N, C, H, W) of ordinary numbers; InputError otherwise."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 4 or not array.size:
        raise InputError("A batch has four sizes: pictures, channels, rows, columns.")
    if not np.isfinite(array).all():
        raise InputError("Every number of the batch must be an ordinary number.")
    return array


def make_batch(digit: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """A small real batch, float64 (3, 6, 2, 2): a digit (28, 28), a 0 and a 7 of the test part
    under the first six filters of the digits network, after ReLU, each map as its quarters' maxima.

    The digit's maps are then multiplied by ``gain``, 0 to 10: what is brighter by so much.
    """
    gain = check_number("The gain", gain)
    if not 0 <= gain <= MAX_GAIN:
        raise InputError(f"The gain must be a number from 0 to {MAX_GAIN}.")
    return np.concatenate([_to_quarters(digit)[None] * gain, _read_others()])


def _to_quarters(digit: np.ndarray) -> np.ndarray:
    maps = np.maximum(read_volume(digit)[:CHANNELS].astype(np.float64), 0)
    half = maps.shape[1] // QUARTERS
    return maps.reshape(CHANNELS, QUARTERS, half, QUARTERS, half).max(axis=(2, 4))


@lru_cache(maxsize=1)
@undisturbed
def _read_others() -> np.ndarray:
    from cvcore.recognition.datasets import load_digits

    pictures = load_digits().test.pictures[:, 0].numpy()
    return np.stack([_to_quarters(pictures[index]) for index in OTHERS])

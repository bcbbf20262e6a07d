"""The decoder's picture of latent space: a plane of codes, each decoded."""

import numpy as np
from scipy.special import ndtri

from cvcore.autoencoders.model import Model
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.probes.latent_paths import span_plane

MIN_SIDE, MAX_SIDE = 2, 24
EDGE = 0.02  # of the normal distribution, left out at either end


@undisturbed
def decode_plane(
    model: Model, side: int = 15, *, centre: np.ndarray | None = None,
    axes: tuple[int, int] = (0, 1),
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Codes float32 (side, side, d) of a plane and their digits (side, side, 28, 28); side 2 to 24.

    Along ``axes``, two of the d numbers, codes stand at evenly spaced quantiles, from 2 to 98 %, of
    a normal distribution (as in Kingma and Welling's figure 4): of N(0, 1) for a variational
    autoencoder, of the deviation and mean that the training codes have for a plain one. The other
    numbers are those of ``centre`` (d,), by default 0, or the training codes' mean. Columns go
    along the first axis, rows from the top along the second, downwards. With a bottleneck of 1
    there is one row. ``InputError`` for what cannot be.
    """
    side = check_whole("The number of digits a side", side, MIN_SIDE, MAX_SIDE)
    size = model.bottleneck
    axes = _check_axes(axes, size)
    usual, deviation = np.zeros(size), np.ones(size)
    if not model.settings.variational:
        usual = model.code_mean.astype(np.float64)
        deviation = np.sqrt(np.diag(model.code_covariance).astype(np.float64).clip(0))
    middle = usual if centre is None else model.check_codes(centre)[0]
    return _decode(model, place_codes(usual, deviation, side, axes=axes, middle=middle))


@undisturbed
def decode_between(
    model: Model, corners: np.ndarray, side: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Codes float32 (side, side, d) of a plane between four codes (4, d), and their digits.

    The corners stand top left, top right, bottom left, bottom right. Of a variational autoencoder
    the ways between them are along the sphere, as its prior has them; of a plain one straight.
    """
    side = check_whole("The number of digits a side", side, MIN_SIDE, MAX_SIDE)
    four = model.check_codes(corners)
    if len(four) != 4:
        raise InputError(f"A plane has four corners; got {len(four)}.")
    mode = "slerp" if model.settings.variational else "lerp"
    return _decode(model, span_plane(four, np.linspace(0, 1, side), mode=mode))


def place_codes(
    usual: np.ndarray, deviation: np.ndarray, side: int, *, axes: tuple[int, int],
    middle: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Codes (side, side, d) at quantiles of a normal distribution with that mean and deviation
    (d,) along two axes; of d = 1 one row."""
    across, up = axes
    quantiles = ndtri(np.linspace(EDGE, 1 - EDGE, side))
    codes = np.tile(middle.astype(np.float64), (side if across != up else 1, side, 1))
    if across != up:
        codes[..., up] = (usual[up] + deviation[up] * quantiles[::-1])[:, None]
    codes[..., across] = usual[across] + deviation[across] * quantiles
    return codes


def _check_axes(axes: tuple[int, int], size: int) -> tuple[int, int]:
    try:
        across, up = axes
    except (TypeError, ValueError) as error:
        raise InputError("A plane has two axes.") from error
    if size == 1:
        return 0, 0
    across, up = (check_whole("An axis", axis, 0, size - 1) for axis in (across, up))
    if across == up:
        raise InputError("The two axes of a plane must differ.")
    return across, up


def _decode(model: Model, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = codes.astype(np.float32)
    pictures = model.decode(codes.reshape(-1, codes.shape[-1]))
    return codes, pictures.reshape(*codes.shape[:2], *pictures.shape[1:])

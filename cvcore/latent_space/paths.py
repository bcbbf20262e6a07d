"""Ways through the generators' latent space: paths, planes, walks, sums. NumPy alone.

Straight ways, those along the sphere, and why: ``cvcore.probes.latent_paths``.

Inner latents may hold one part of 128 numbers for all of a generator, or one part for each of its
blocks, in one row.
"""

import numpy as np
from scipy.special import ndtri

from cvcore.core.checks import MAX_SEED, as_whole, check_whole, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.probes.latent_paths import lerp, slerp, span_plane

LATENT_SIZE = 128
MODES = ("slerp", "lerp")
MAX_FRAMES = 240
MAX_PARTS = 8  # of a row, more than any generator has blocks
# Streams of random numbers beside a seed's own, so that its pictures are not met there again.
WALK, SEARCH = 1, 2


def check_count(n: float, *, least: int = 1, most: int = MAX_FRAMES, what: str = "frames") -> int:
    """``n`` as a whole number in the range, or ``InputError``."""
    number = as_whole(n, least, most)
    if number is None:
        raise InputError(f"Choose a whole number of {what} from {least} to {most}, got {show(n)}.")
    return number


def check_seed(seed: float) -> int:
    """``seed`` as a whole number from 0 to 999,999, or ``InputError``."""
    seed = 0 if seed is None else seed
    number = as_whole(seed, 0, 999_999)
    if number is None:
        raise InputError(f"Choose a whole number from 0 to 999,999 as the seed, got {show(seed)}.")
    return number


def check_latents(z: np.ndarray) -> np.ndarray:
    """``z`` as float64 (N, 128 k), k parts a row; a single latent (128 k,) becomes one row."""
    z = np.asarray(z, np.float64)
    rows = z[None] if z.ndim == 1 else z
    if rows.ndim != 2 or rows.shape[1] not in LATENT_SIZE * np.arange(1, MAX_PARTS + 1):
        raise ValueError(f"Latents must have the shape (N, {LATENT_SIZE}), got {z.shape}.")
    if not np.isfinite(rows).all():
        raise InputError("A latent holds a value that is no number: sample a new one.")
    return rows


@undisturbed
def sample(n: int, *, seed: int, stream: int = 0) -> np.ndarray:
    """``n`` latents z float64 (n, 128) from a normal distribution, the same ones for a seed.

    Each ``stream`` of a seed gives other latents.
    """
    n = check_count(n, most=1000, what="pictures")
    seed = check_seed(seed)
    stream = check_whole("The stream", stream, 0, MAX_SEED)
    rng = np.random.default_rng([seed, stream] if stream else seed)
    return ndtri(rng.random((n, LATENT_SIZE)))


def measure_lengths(w: np.ndarray) -> np.ndarray:
    """The lengths (N,) of rows (N, 128 k); of several parts, the root of their mean square."""
    w = check_latents(w)
    return np.linalg.norm(w, axis=1) / np.sqrt(w.shape[1] / LATENT_SIZE)


def interpolate(z_a: np.ndarray, z_b: np.ndarray, n: int, *, mode: str = "slerp") -> np.ndarray:
    """``n`` latents (n, 128 k) from ``z_a`` to ``z_b`` (128 k,), both included.

    ``mode`` is "slerp", along the sphere, or "lerp", straight through it.
    """
    if mode not in MODES:
        raise InputError(f"The path is one of {', '.join(MODES)}, got {mode!r}.")
    (a,), (b,) = check_latents(z_a), check_latents(z_b)
    if a.shape != b.shape:
        raise ValueError(f"Both ends need the same shape, got {a.shape} and {b.shape}.")
    t = np.linspace(0, 1, check_count(n, least=2))
    return (slerp if mode == "slerp" else lerp)(a, b, t)


def random_walk(z: np.ndarray, stops: np.ndarray, n: int) -> np.ndarray:
    """A closed walk (n, 128 k) from ``z`` (128 k,) past ``stops`` (S, 128 k), along the sphere."""
    (start,) = check_latents(z)
    stops, n = check_latents(stops), check_count(n, least=2)
    corners = [start, *stops, start]
    place = np.linspace(0, len(corners) - 1, n)
    walk = []
    for t in place:
        leg = min(int(t), len(corners) - 2)
        walk.append(slerp(corners[leg], corners[leg + 1], np.array([t - leg]))[0])
    return np.array(walk)


def plane(corners: np.ndarray, side: int) -> np.ndarray:
    """A square between four latents (4, 128 k): (side, side, 128 k).

    The corners lie top left, top right, bottom left, bottom right. Rows first, then columns, both
    along the sphere.
    """
    corners = check_latents(corners)
    if len(corners) != 4:
        raise ValueError(f"A plane has four corners, got {len(corners)}.")
    t = np.linspace(0, 1, check_count(side, least=2, most=16, what="pictures a side"))
    return span_plane(corners, t)


def average(z: np.ndarray) -> np.ndarray:
    """The mean (128 k,) of latents (N, 128 k), brought to their mean length."""
    z = check_latents(z)
    mean = z.mean(axis=0)
    if np.linalg.norm(mean) > 1e-9:
        mean *= np.linalg.norm(z, axis=1).mean() / np.linalg.norm(mean)
    return mean


def combine(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """A - B + C (128 k,) of three groups of latents, each (N, 128 k), averaged first.

    As in Radford et al., "Unsupervised Representation Learning with Deep Convolutional Generative
    Adversarial Networks", ICLR 2016. The sum is brought to the groups' mean length.
    """
    groups = [check_latents(group) for group in (a, b, c)]
    first, second, third = (average(group) for group in groups)
    total = first - second + third
    length = np.mean([np.linalg.norm(group, axis=1).mean() for group in groups])
    norm = np.linalg.norm(total)
    return total * (length / norm) if norm > 1e-9 else total

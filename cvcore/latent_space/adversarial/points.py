"""Points in the plane to be imitated, and how well generated ones do; without PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cvcore.core.errors import InputError
from cvcore.latent_space.adversarial.settings import POINTS, Settings

VIEW = 3.0  # the plane is looked at from -VIEW to VIEW along both axes
COUNT = 4000  # points of a set
RADIUS = 2.0  # of the ring and the half side of the grid
SIGMA = {"ring": 0.1, "grid": 0.08}  # of each Gaussian
MIN_OWN, MAX_OWN = 10, 2000  # points of one's own
NEAR = 0.15  # of each other: how near two points count as alike, where there are no Gaussians
SHARE = 0.01  # of the generated points that a mode must have to count as covered


@dataclass(frozen=True)
class Quality:
    """How well generated points imitate real ones."""

    good: float
    """Share (0 to 1) of generated points within three standard deviations of a Gaussian's centre,
    or, where there are none, within 0.15 of a real point."""
    covered: float
    """Share (0 to 1) of modes, or of real points, that generated points are near to."""
    modes: int | None = None
    """Gaussians that have a hundredth of the generated points or more within three standard
    deviations; None where there are none."""
    of: int | None = None


def list_centres(data: str) -> np.ndarray:
    """float64 (K, 2): where the Gaussians of "ring" and "grid" lie; (0, 2) for other data."""
    if data == "ring":
        angles = np.arange(8) * np.pi / 4
        return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if data == "grid":
        places = np.linspace(-RADIUS, RADIUS, 5)
        return np.stack(np.meshgrid(places, places), axis=2).reshape(-1, 2)
    return np.empty((0, 2))


def draw_points(data: str, count: int = COUNT, *, seed: int = 0) -> np.ndarray:
    """``count`` points float32 (count, 2) of "ring", "grid", "moons" or "spiral", in random order,
    the same ones for a seed."""
    if data not in POINTS[:-1]:
        raise InputError(f"There are no points of this kind: choose {', '.join(POINTS[:-1])}.")
    rng = np.random.default_rng((seed, POINTS.index(data)))
    spread = rng.standard_normal((count, 2))
    if data in SIGMA:
        centres = list_centres(data)
        points = centres[rng.permutation(count) % len(centres)] + SIGMA[data] * spread
    elif data == "moons":
        angle, is_low = rng.uniform(0, np.pi, count), rng.permutation(count) % 2
        x = np.where(is_low, 0.75, -0.75) + 1.5 * np.cos(angle) * np.where(is_low, -1, 1)
        y = np.where(is_low, 0.4, -0.4) + 1.5 * np.sin(angle) * np.where(is_low, -1, 1)
        points = np.stack([x, y], axis=1) + 0.07 * spread
    else:
        way = np.sqrt(rng.uniform(0.03, 1, count))
        angle = 3 * np.pi * way
        points = 2.4 * way[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points += 0.05 * spread
    return points.astype(np.float32)


def check_points(points: Any) -> np.ndarray:
    """One's own points float32 (N, 2), 10 to 2,000 of them within the view; ``InputError``
    otherwise."""
    try:
        array = np.asarray([] if points is None else points, np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.empty((0, 0))
    if array.size == 0:
        raise InputError("There are no points yet: draw some on the plane.")
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise InputError("Points are pairs of ordinary numbers: draw them on the plane.")
    if len(array) < MIN_OWN:
        raise InputError(f"So few points show nothing: draw {MIN_OWN} or more, got {len(array)}.")
    if len(array) > MAX_OWN:
        raise InputError(f"There may be {MAX_OWN:,} points at most: clear the plane, draw fewer.")
    if np.abs(array).max() > VIEW:
        raise InputError(f"Points lie between -{VIEW:g} and {VIEW:g}: draw them on the plane.")
    return array.astype(np.float32)


def load_points(settings: Settings, own: Any = None) -> np.ndarray:
    """The points of these settings, one's ``own`` for the data "own"."""
    if settings.data == "own":
        return check_points(own)
    return draw_points(settings.data, seed=settings.seed)


def measure_quality(
    samples: np.ndarray, data: str, real: np.ndarray | Sequence = ()
) -> Quality:  # fmt: skip
    """How well generated points (N, 2) imitate those of ``data``; ``real`` points (M, 2) are needed
    where that has no Gaussians.

    The measure for Gaussians is the usual one (Srivastava et al., VEEGAN, NeurIPS 2017), but a mode
    must have a hundredth of the points here, where one was enough there.
    """
    samples = np.asarray(samples, np.float64)
    centres = list_centres(data)
    if len(centres):
        near = _measure_distances(samples, centres) < 3 * SIGMA[data]
        modes = int((near.mean(axis=0) >= SHARE).sum())
        good = float(near.any(axis=1).mean())
        return Quality(good, modes / len(centres), modes, len(centres))
    near = _measure_distances(samples, np.asarray(real, np.float64)) < NEAR
    return Quality(float(near.any(axis=1).mean()), float(near.any(axis=0).mean()))


def _measure_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N, M) distances of points (N, 2) from points (M, 2)."""
    return np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])

"""Ways between points of any latent space: straight, along the sphere, a plane. NumPy alone.

A latent of a Gaussian in d dimensions has a length near the root of d, whatever its direction. A
straight path between two of them cuts through the inside, nearer to the mean; the path along the
sphere does not (White, "Sampling Generative Networks", 2016, with Shoemake's slerp of 1985).
"""

import numpy as np

from cvcore.engine.isolation import undisturbed


@undisturbed
def slerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Along the great circle from ``a`` to ``b`` (d,) at the shares ``t`` (N,): (N, d).

    The length goes evenly from that of ``a`` to that of ``b``. Opposite latents have no single
    great circle between them: then any at right angles is taken.
    """
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    if min(length_a, length_b) < 1e-12:
        return lerp(a, b, t)
    unit_a, unit_b = a / length_a, b / length_b
    t = np.asarray(t, np.float64)[:, None]
    angle = np.arccos(np.clip(unit_a @ unit_b, -1, 1))
    length = (1 - t) * length_a + t * length_b
    if angle < 1e-6:
        return lerp(a, b, t[:, 0])
    # The direction at right angles to a, on the way to b (stable for angles near 180 degrees).
    across = unit_b - (unit_a @ unit_b) * unit_a
    if np.linalg.norm(across) < 1e-6:
        axis = np.zeros_like(unit_a)
        axis[np.abs(unit_a).argmin()] = 1
        across = axis - (axis @ unit_a) * unit_a
    across /= np.linalg.norm(across)
    return length * (np.cos(t * angle) * unit_a + np.sin(t * angle) * across)


def lerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The straight line from ``a`` to ``b`` (d,) at the shares ``t`` (N,): (N, d)."""
    t = np.asarray(t, np.float64)[:, None]
    return (1 - t) * a + t * b


PATHS = {"slerp": slerp, "lerp": lerp}


def span_plane(corners: np.ndarray, t: np.ndarray, *, mode: str = "slerp") -> np.ndarray:
    """A square between four latents (4, d) at the shares ``t`` (S,) of each side: (S, S, d).

    The corners lie top left, top right, bottom left, bottom right. Rows first, then columns, both
    along the sphere, or with ``mode`` "lerp" straight.
    """
    go = PATHS[mode]
    left, right = go(corners[0], corners[2], t), go(corners[1], corners[3], t)
    return np.stack([go(a, b, t) for a, b in zip(left, right, strict=True)])

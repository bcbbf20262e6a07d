"""Steadier answers from a video: a running mean over frames, and how often the answer jumps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cvcore.core.checks import as_number, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

WINDOW = 100  # frames over which flicker is counted


@dataclass(frozen=True, eq=False)
class Smoothing:
    """A running mean of probabilities, and the first places of the last 100 frames."""

    probabilities: np.ndarray  # (C,) float64, smoothed; sums to 1
    raw_winners: tuple[int, ...]  # class index of the first place a frame, oldest first
    smooth_winners: tuple[int, ...]

    @property
    def raw_flicker(self) -> int:
        """How often the first place of the single frames changed."""
        return count_flips(self.raw_winners)

    @property
    def smooth_flicker(self) -> int:
        """How often the first place of the running mean changed."""
        return count_flips(self.smooth_winners)


@undisturbed
def smooth(
    state: Smoothing | None, probabilities: np.ndarray, *, inertia: float = 0.8
) -> Smoothing:
    """Take the next frame's probabilities (C,) into an exponential moving average.

    ``mean_t = inertia * mean_(t-1) + (1 - inertia) * p_t``; the first frame is the first mean.
    An inertia of 0 is no smoothing; at 0.8 the mean looks back about five frames, 1 / (1 - 0.8).
    A change in the number of classes starts anew. Raises ``InputError`` unless the inertia lies
    in 0 to 0.99.
    """
    share = as_number(inertia, 0, 0.99)
    if share is None:
        raise InputError(f"Choose an inertia between 0 and 0.99, got {show(inertia)}.")
    p = np.asarray(probabilities, np.float64)
    if state is None or state.probabilities.shape != p.shape:
        state = Smoothing(p, (), ())
    mean = share * state.probabilities + (1 - share) * p
    return Smoothing(
        mean,
        (*state.raw_winners, int(p.argmax()))[-WINDOW:],
        (*state.smooth_winners, int(mean.argmax()))[-WINDOW:],
    )


def count_flips(winners: Sequence[int]) -> int:
    """How often neighbours differ in a sequence of class indices.

    >>> count_flips([3, 3, 7, 3])
    2
    """
    return sum(a != b for a, b in pairwise(winners))

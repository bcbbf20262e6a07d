"""How good is a map? Take its pixels away, or put them back, and watch the probability.

Deletion and insertion are those of Petsiuk et al., "RISE", BMVC 2018 (arXiv:1806.07421).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.saliency.target import BATCH, Target

STEPS = 32
BLUR = 5.0  # sigma in pixels of the picture that insertion starts from


@dataclass(frozen=True, eq=False)
class Scores:
    """Probability of the class against the share of pixels taken away or put back."""

    shares: np.ndarray  # (steps + 1,) float64, 0 to 1
    deletion: np.ndarray  # (steps + 1,) the most important pixels turn black first
    insertion: np.ndarray  # (steps + 1,) the most important pixels become sharp first

    @property
    def deletion_auc(self) -> float:
        """Area under the curve, 0 to 1; lower is better."""
        return area(self.deletion)

    @property
    def insertion_auc(self) -> float:
        """Area under the curve, 0 to 1; higher is better."""
        return area(self.insertion)


def area(curve: np.ndarray) -> float:
    """The mean of the trapezia under a curve over [0, 1] at even steps.

    Of scores the steps are the shares that were asked for, 0 to 1, also where they do not come to a
    whole number of pixels; other programs divide by the pixels that were really changed.

    >>> area(np.array([1.0, 0.0]))
    0.5
    """
    return float((curve[1:] + curve[:-1]).mean() / 2)


def order_pixels(heatmap: np.ndarray) -> np.ndarray:
    """Each pixel's place int64 (H, W) in the order of importance; 0 is the most important."""
    order = np.argsort(-heatmap.ravel(), kind="stable")
    places = np.empty(order.size, np.int64)
    places[order] = np.arange(order.size)
    return places.reshape(heatmap.shape)


def score_map(x: np.ndarray, heatmap: np.ndarray, target: Target, *, steps: int = STEPS) -> Scores:
    """Deletion and insertion curves of a map (H, W) for an input float32 (3, H, W).

    For the difference of two classes the curves are of the first class alone.
    """
    *_, scores = score_gradually(x, heatmap, target, steps=steps)
    assert scores is not None  # the last one is
    return scores


@undisturbed
def score_gradually(
    x: np.ndarray, heatmap: np.ndarray, target: Target, *, steps: int = STEPS
) -> Iterator[Scores | None]:
    """The same, but None after every few pictures, so that the work can be stopped."""
    steps = check_whole("The number of steps", steps, 2, 500)
    target = Target(target.model, target.class_idx)
    places = order_pixels(heatmap)
    shares = np.linspace(0, 1, steps + 1)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), BLUR) for plane in x])
    ways = ((x, np.zeros_like(x)), (blurred, x))  # from, to
    curves: list[list[float]] = [[], []]
    for curve, (start, end) in zip(curves, ways, strict=True):
        for first in range(0, len(shares), BATCH):
            some = shares[first : first + BATCH]
            curve.extend(target.ask([np.where(places < s * places.size, end, start) for s in some]))
            yield None
    yield Scores(shares, *map(np.array, curves))


def share_inside(heatmap: np.ndarray, mask: np.ndarray) -> float | None:
    """The share (0 to 1) of a map's positive part that lies inside a mask bool (H, W).

    Raises ``InputError`` for an empty mask. A map without a positive part gives None.
    """
    if mask.shape != heatmap.shape or mask.dtype != np.bool_:
        raise ValueError(f"Expected a bool mask {heatmap.shape}, got {mask.dtype} {mask.shape}.")
    if not mask.any():
        raise InputError("Nothing is painted yet: draw over a part of the picture.")
    positive = np.clip(heatmap, 0, None)
    return float(positive[mask].sum() / positive.sum()) if positive.any() else None

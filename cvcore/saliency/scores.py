"""How good is a map? Take its pixels away, or put them back, and watch the probability.

Deletion and insertion are those of Petsiuk et al., "RISE", BMVC 2018 (arXiv:1806.07421); average
drop and average increase those of Chattopadhay et al., "Grad-CAM++", WACV 2018 (arXiv:1710.11063).
"""

from collections.abc import Iterator, Sequence
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
    seen: float  # the probability, 0 to 1, where the picture is seen through its map

    @property
    def deletion_auc(self) -> float:
        """Area under the curve, 0 to 1; lower is better."""
        return area(self.deletion)

    @property
    def insertion_auc(self) -> float:
        """Area under the curve, 0 to 1; higher is better."""
        return area(self.insertion)

    @property
    def change(self) -> "Change":
        """How the probability changes where the picture is seen through its map."""
        return Change(float(self.deletion[0]), self.seen)

    @property
    def drop(self) -> float:
        """The share of the probability that is lost then, 0 to 1; lower is better."""
        return self.change.drop

    @property
    def is_increase(self) -> bool:
        """The class is more probable then."""
        return self.change.is_increase


@dataclass(frozen=True)
class Change:
    """The probability of a class in a picture, and in the picture seen through its map."""

    before: float  # 0 to 1
    seen: float  # 0 to 1

    @property
    def drop(self) -> float:
        """max(0, before - seen) / before, 0 to 1; lower is better."""
        return max(0.0, self.before - self.seen) / self.before if self.before > 0 else 0.0

    @property
    def is_increase(self) -> bool:
        """The class is more probable through the map."""
        return self.seen > self.before


def average_drop(changes: Sequence[Change]) -> float:
    """The mean drop, 0 to 1, of the maps of several pictures; lower is better. ``InputError`` for
    none."""
    return float(np.mean([one.drop for one in _check_some(changes)]))


def average_increase(changes: Sequence[Change]) -> float:
    """The share, 0 to 1, of pictures whose class is more probable through their maps; higher is
    better. ``InputError`` for none."""
    return float(np.mean([one.is_increase for one in _check_some(changes)]))


def _check_some(changes: Sequence[Change]) -> Sequence[Change]:
    if not changes:
        raise InputError("There are no scores yet: measure the map of at least one picture.")
    return changes


def see_through(x: np.ndarray, heatmap: np.ndarray, target: Target) -> float:
    """The probability of the class, 0 to 1, in a picture float32 (3, H, W) times its map (H, W),
    which is scaled to [0, 1]."""
    return float(target.ask([x * to_window(heatmap)])[0])


def to_window(heatmap: np.ndarray) -> np.ndarray:
    """A map (H, W) as what it lets through, float32 0 to 1: scaled from its least to its greatest
    value, what speaks against the class counted as 0; nothing of a constant map."""
    values = np.clip(heatmap, 0, None) if heatmap.min() < 0 else heatmap
    spread = float(np.ptp(values))
    return ((values - values.min()) / (spread or 1.0)).astype(np.float32)


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
    deletion, insertion = map(np.array, curves)
    yield Scores(shares, deletion, insertion, see_through(x, heatmap, target))


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

"""How good is a map? Take its pixels away, or put them back, and watch the probability.

Deletion and insertion are those of Petsiuk et al., "RISE", BMVC 2018 (arXiv:1806.07421).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from cvcore.errors import InputError
from cvcore.saliency.target import Target
from cvcore.windows import check_whole

STEPS = 32
BLUR = 5.0  # sigma in pixels of the picture that insertion starts from


@dataclass(frozen=True)
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
    steps = check_whole("The number of steps", steps, 2, 500)
    target = Target(target.model, target.class_idx)
    places = order_pixels(heatmap)
    shares = np.linspace(0, 1, steps + 1)
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), BLUR) for plane in x])
    black = np.zeros_like(x)

    def follow(start: np.ndarray, end: np.ndarray) -> np.ndarray:
        pictures = [np.where(places < share * places.size, end, start) for share in shares]
        return target.ask(pictures)

    return Scores(shares, follow(x, black), follow(blurred, x))


def share_inside(heatmap: np.ndarray, mask: np.ndarray) -> float:
    """The share (0 to 1) of a map's positive part that lies inside a mask bool (H, W).

    Raises ``InputError`` for an empty mask. A map without a positive part gives 0.
    """
    if mask.shape != heatmap.shape or mask.dtype != np.bool_:
        raise ValueError(f"Expected a bool mask {heatmap.shape}, got {mask.dtype} {mask.shape}.")
    if not mask.any():
        raise InputError("Nothing is painted yet: draw over a part of the picture.")
    positive = np.clip(heatmap, 0, None)
    return float(positive[mask].sum() / positive.sum()) if positive.any() else 0.0

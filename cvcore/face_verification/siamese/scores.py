"""How well distances tell pairs of one kind from pairs of two; without PyTorch."""

from dataclasses import dataclass, field

import numpy as np

from cvcore.core.errors import InputError

ROC_POINTS = 120  # of the curve that is kept
BINS = 60


@dataclass(frozen=True, eq=False)
class Separation:
    """Distances of pairs of one kind and of two, and every threshold on them."""

    auc: float
    """Area under the ROC curve: how often a pair of one kind is nearer than one of two."""
    false_accepts: np.ndarray = field(repr=False)
    """float64 (P,) share of pairs of two kinds at or below a threshold, from 0 to 1 ..."""
    true_accepts: np.ndarray = field(repr=False)
    """... and of pairs of one kind, at the same thresholds: the ROC curve."""
    threshold: float
    """The distance at which both kinds of error are about as frequent ..."""
    equal_error: float
    """... and how frequent they are, 0 to 1."""
    edges: np.ndarray = field(repr=False)  # float64 (61,) distances, of the histograms
    same: np.ndarray = field(repr=False)  # float64 (60,) share of those pairs in each bin
    different: np.ndarray = field(repr=False)
    pairs: tuple[int, int]
    """How many pairs there are of each."""


def separate(same: np.ndarray, different: np.ndarray, *, most: float | None = None) -> Separation:
    """How well distances (N,) of pairs of one kind lie below those (M,) of pairs of two.

    The histograms end at ``most``, where all beyond are counted; by default at the greatest.
    ``InputError`` where there are no pairs of one sort, or distances that are no numbers.
    """
    same, different = (np.asarray(one, np.float64).ravel() for one in (same, different))
    if not len(same) or not len(different):
        raise InputError("Give at least one pair of one kind and one pair of two.")
    if not (np.isfinite(same).all() and np.isfinite(different).all()):
        raise InputError("Distances must be ordinary numbers.")
    thresholds, place = np.unique(np.concatenate([same, different]), return_inverse=True)
    counts = [
        np.bincount(part, minlength=len(thresholds))
        for part in (place[: len(same)], place[len(same) :])
    ]
    true, false = (
        np.concatenate([[0.0], np.cumsum(count) / count.sum()]) for count in counts
    )  # fmt: skip
    auc = float(np.trapezoid(true, false))
    gap = np.abs(false - (1 - true))
    best = int(gap[1:].argmin()) + 1
    top = float(thresholds[-1] if most is None else most) or 1.0
    edges = np.linspace(0, top, BINS + 1)
    shares = [
        np.histogram(np.minimum(one, top), edges)[0] / len(one) for one in (same, different)
    ]  # fmt: skip
    keep = _thin(false, true)
    return Separation(
        auc, false[keep], true[keep], float(thresholds[best - 1]),
        float((false[best] + 1 - true[best]) / 2), edges, shares[0], shares[1],
        (len(same), len(different)),
    )  # fmt: skip


def _thin(false: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Indices of a curve's points that are evenly far along it, its ends among them."""
    way = false + true  # grows from 0 to 2
    return np.unique(
        np.searchsorted(way, np.linspace(0, way[-1], ROC_POINTS)).clip(0, len(way) - 1)
    )

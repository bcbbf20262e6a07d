"""How often a threshold errs: false accepts, false rejects, and what lies between them."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from cvcore.core.checks import as_number, check_setting, show
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed

BINS = 400  # between similarity -1 and 1
MOST_RATIO = 1_000_000  # and 1 / 1,000,000: pairs of strangers are too few to say more
METHODS = ("sface", "lbp", "eigenfaces")


@dataclass(frozen=True, eq=False)
class ErrorRates:
    """Counts of pairs by similarity, for pairs of one person and of different persons."""

    same: np.ndarray  # (400,) pairs with a similarity in each two-hundredth of -1 to 1
    different: np.ndarray  # (400,)

    @classmethod
    def from_scores(cls, same: np.ndarray, different: np.ndarray) -> "ErrorRates":
        """From the similarities, -1 to 1, of pairs (N,) and (M,)."""
        return cls(*(np.histogram(one, BINS, (-1, 1))[0] for one in (same, different)))

    @property
    def edges(self) -> np.ndarray:
        return np.linspace(-1, 1, BINS + 1)

    def false_accept(self, threshold: float | np.ndarray) -> float | np.ndarray:
        """Share of pairs of different persons at or above the threshold (even within a bin)."""
        return 1 - self._below(self.different, threshold)

    def false_reject(self, threshold: float | np.ndarray) -> float | np.ndarray:
        """Share of one person's pairs below the threshold."""
        return self._below(self.same, threshold)

    def _below(self, counts: np.ndarray, threshold: float | np.ndarray) -> float | np.ndarray:
        total = np.concatenate([[0], np.cumsum(counts)]) / max(counts.sum(), 1)
        return np.interp(threshold, self.edges, total)

    @property
    def roc(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The receiver operating characteristic: false-accept rates, true-accept rates and
        thresholds, each (401,), from the strictest threshold to the laxest."""
        edges = self.edges[::-1]
        accepted = np.asarray(self.false_accept(edges)), 1 - np.asarray(self.false_reject(edges))
        return *accepted, edges

    @property
    def auc(self) -> float:
        """Area under the ROC curve, 0 to 1: how often one person's pair is more alike than
        strangers', those in one bin counting half."""
        false_accepts, true_accepts, _ = self.roc
        return float(np.trapezoid(true_accepts, false_accepts))

    @property
    def best_threshold(self) -> float:
        """The edge where the two shares of errors together are least (the middle, if several).

        It shows a method at its best, on the very pairs that it was found on. The default of
        ``THRESHOLDS`` is another: near ``equal_error``, where neither kind of error is favoured.
        """
        errors = np.add(self.false_accept(self.edges), self.false_reject(self.edges))
        best = np.flatnonzero(errors <= errors.min() + 1e-12)
        return float(self.edges[best[len(best) // 2]])

    def accuracy(self, threshold: float) -> float:
        """Share of right verdicts when both kinds of pairs are equally frequent."""
        return 1 - float(self.false_accept(threshold) + self.false_reject(threshold)) / 2

    @property
    def equal_error(self) -> tuple[float, float]:
        """The threshold at which both rates are the same, and that rate."""
        gaps = self.false_accept(self.edges) - self.false_reject(self.edges)
        threshold = float(np.interp(0, -gaps, self.edges))
        return threshold, float(self.false_reject(threshold))

    def threshold_for(self, false_accept: float) -> float:
        """The least threshold (an edge) whose false-accept rate is at most the given one."""
        enough = self.false_accept(self.edges) <= false_accept + 1e-12
        return float(self.edges[np.argmax(enough)])


@cache
def load_rates(method: str = "sface") -> ErrorRates:
    """The error rates measured on LFW with one of ``METHODS``."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    arrays = load_lesson()
    return ErrorRates(arrays[f"{method}_same"], arrays[f"{method}_different"])


@cache
def load_lesson() -> dict[str, np.ndarray]:
    """The bundled arrays of this lesson: pair counts by method, eigenfaces, logistic fit."""
    from safetensors.numpy import load_file

    registry.check_files("face_lessons")
    (path,) = registry.get_weight("face_lessons").paths
    return load_file(path)


@undisturbed
def likelihood_ratio(similarity: float) -> float:
    """How many times as frequent a similarity is among one person's pairs as among strangers'.

    ``similarity`` is SFace's cosine, -1 to 1 (InputError otherwise). Above 1 speaks for the same
    person, below 1 for two; kept within 1 / 1,000,000 and 1,000,000. It is the odds of a logistic
    curve fitted to LFW pairs, both kinds weighing the same (Brümmer and du Preez,
    "Application-independent evaluation of speaker detection", 2006).
    """
    similarity = check_setting("The similarity", similarity, -1, 1)
    slope, middle = load_lesson()["sface_logistic"].astype(float)
    ratio = np.exp(slope * (similarity - middle))
    return float(np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO))


@undisturbed
def probability_same(similarity: float, *, prior: float = 0.5) -> float:
    """Probability, 0 to 1, that two faces so similar are one person's, by Bayes' rule.

    ``similarity`` is SFace's cosine, -1 to 1. ``prior`` is the probability that they are before
    anybody looks, above 0 and below 1: 0.5 if one pair in two is one person's; 1 / 30 for somebody
    who may be any of a class of 30; 0.00001 for any of a city of 100,000. The odds after are the
    odds before times ``likelihood_ratio``. InputError for numbers out of range.
    """
    number = as_number(prior, 0, 1)
    if number is None or not 0 < number < 1:
        raise InputError(f"The prior must be a number above 0 and below 1; got {show(prior)}.")
    odds = likelihood_ratio(similarity) * number / (1 - number)
    return odds / (1 + odds)


@undisturbed
def fit_logistic(same: np.ndarray, different: np.ndarray, *, steps: int = 100) -> tuple:
    """Slope and middle of the logistic curve that fits similarities (N,), (M,) best.

    Newton's method on the cross-entropy, both kinds weighing the same, with a weak pull (as in
    Platt's method) that keeps separable pairs finite.
    """
    x = np.concatenate([same, different])
    features = np.stack([x, np.ones_like(x)], axis=1)
    soft = 1 / (len(same) + 2), 1 / (len(different) + 2)
    target = np.concatenate([np.full(len(same), 1 - soft[0]), np.full(len(different), soft[1])])
    weight = np.concatenate(
        [np.full(len(same), 0.5 / len(same)), np.full(len(different), 0.5 / len(different))]
    )
    beta = np.array([10.0, -3.0])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-features @ beta))
        gradient = features.T @ (weight * (p - target))
        hessian = features.T @ (features * (weight * p * (1 - p))[:, None])
        step = np.linalg.solve(hessian + 1e-12 * np.eye(2), gradient)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    return float(beta[0]), float(-beta[1] / beta[0])

"""Top-k classification: from a picture to the most probable classes, and what softmax does.

The network runs once for a picture and gives 1,000 logits; everything else here (probabilities,
temperature, top-k, ranks) is arithmetic on those logits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import lazy_loader
import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import MAX_SEED, as_whole, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.classifier import (
    DEFAULT_MODEL,
    MAX_K,
    TopK,
    _check_temperature,
    find_top,
    list_models,
    predict_batch,
    predict_logits,
    predict_topk,
    run_network,
    softmax,
    to_topk,
)

__all__ = [
    "DEFAULT_MODEL",
    "MAX_K",
    "SoftmaxTerms",
    "TopK",
    "find_top",
    "list_models",
    "predict_batch",
    "predict_logits",
    "predict_topk",
    "rank_n_accuracy",
    "run_network",
    "softmax",
    "softmax_terms",
    "to_topk",
    "true_ranks",
]

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "leaders",
        "out_of_distribution",
        "preprocessing_faults",
        "rank_n",
        "robustness",
        "smoothing",
        "variants",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


@dataclass(frozen=True, eq=False)
class SoftmaxTerms:
    """The softmax of the k strongest classes, term by term.

    ``p_i = exp((z_i - z_max) / T) / sum_j exp((z_j - z_max) / T)``. Taking the greatest logit off
    changes no probability and keeps the exponentials from overflowing; the first term becomes 1.
    """

    class_indices: np.ndarray  # (k,) int64
    logits: np.ndarray  # (k,) z_i
    exponentials: np.ndarray  # (k,) exp((z_i - z_max) / T), in [0, 1]
    rest: float  # the sum of the exponentials of all the other classes
    total: float  # the denominator: exponentials.sum() + rest
    probabilities: np.ndarray  # (k,) exponentials / total

    def _repr_html_(self) -> str:
        labels = [f"class {number}" for number in self.class_indices]
        return notebook.bars_html(labels, self.probabilities)


@undisturbed
def softmax_terms(logits: np.ndarray, k: int = 5, *, temperature: float = 1.0) -> SoftmaxTerms:
    """Write the softmax of logits (C,) out for its k greatest entries."""
    temperature = _check_temperature(temperature)
    z = np.asarray(logits, np.float64)
    top = find_top(z, k)
    e = np.exp((z - z.max()) / temperature)
    total = float(e.sum())
    shown = e[top]
    return SoftmaxTerms(
        top, z[top], shown, max(total - float(shown.sum()), 0.0), total, shown / total
    )


@undisturbed
def true_ranks(scores: np.ndarray, targets: Sequence[int]) -> np.ndarray:
    """The place int64 (N,) of the true class in each row of scores (N, C); 1 is the best.

    Scores are logits or probabilities. Of equal scores the lower class index comes first, as in
    the top-k list.
    """
    scores, targets = np.asarray(scores), np.asarray(targets)
    if scores.ndim != 2 or targets.shape != scores.shape[:1]:
        raise ValueError(
            f"Expected scores (N, C) and N targets, got {scores.shape} and {targets.shape}."
        )
    if not np.issubdtype(targets.dtype, np.integer) and targets.size:
        raise TypeError(f"Targets must be whole class indices, got {targets.dtype}.")
    if targets.size and not (targets.min() >= 0 and targets.max() < scores.shape[1]):
        raise ValueError(f"Targets must lie in 0..{scores.shape[1] - 1}.")
    if np.isnan(scores).any():
        raise ValueError("Scores must be numbers, got NaN.")
    targets = targets.astype(np.int64)
    own = np.take_along_axis(scores, targets[:, None], axis=1)
    before = np.arange(scores.shape[1]) < targets[:, None]
    return 1 + (scores > own).sum(axis=1) + ((scores == own) & before).sum(axis=1)


@undisturbed
def rank_n_accuracy(probabilities: np.ndarray, targets: Sequence[int], n: int) -> float:
    """Share (0 to 1) of pictures whose true class is among the n most probable.

    ``probabilities`` is (N, C), ``targets`` holds N class indices. Rank-1 accuracy is the usual
    accuracy. Raises ``ValueError`` when n is below 1 or there is no picture.
    """
    places = as_whole(n, 1, MAX_SEED)
    if places is None:
        raise InputError(f"n must be a whole number of at least 1, got {show(n)}.")
    ranks = true_ranks(probabilities, targets)
    if not len(ranks):
        raise ValueError("There is no picture to measure.")
    return float((ranks <= places).mean())

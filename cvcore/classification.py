"""Top-k classification: from a picture to the most probable classes, and what softmax does.

The network runs once for a picture and gives 1,000 logits; everything else here (probabilities,
temperature, top-k, ranks) is arithmetic on those logits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cvcore import device, runtime, weights
from cvcore.errors import InputError
from cvcore.preprocessing import get_recipe, prepare

DEFAULT_MODEL = "efficientnet_lite0"
BATCH_SIZES = {"gpu": 32, "cpu": 4}  # a CPU's cache holds few pictures' activations
MAX_K = 20


@dataclass(frozen=True)
class TopK:
    """The k most probable classes of one picture, most probable first."""

    class_indices: np.ndarray  # (k,) int64
    labels: tuple[str, ...]
    probabilities: np.ndarray  # (k,) float64 in [0, 1]
    logits: np.ndarray = field(repr=False)  # (num_classes,) float32, of all classes


@dataclass(frozen=True)
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


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities float64 (..., C) from logits (..., C): ``exp(z/T)``, divided by their sum.

    A temperature above 1 flattens the answer, below 1 sharpens it; the order of the classes never
    changes (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015,
    arXiv:1503.02531). Raises ``InputError`` unless the temperature is between 0.01 and 100.

    >>> softmax(np.array([0.0, np.log(3.0)])).round(2).tolist()
    [0.25, 0.75]
    """
    _check_temperature(temperature)
    z = np.asarray(logits, np.float64)
    e = np.exp((z - z.max(axis=-1, keepdims=True)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


def softmax_terms(logits: np.ndarray, k: int = 5, *, temperature: float = 1.0) -> SoftmaxTerms:
    """Write the softmax of logits (C,) out for its k greatest entries."""
    _check_temperature(temperature)
    z = np.asarray(logits, np.float64)
    top = find_top(z, k)
    e = np.exp((z - z.max()) / temperature)
    total = float(e.sum())
    shown = e[top]
    return SoftmaxTerms(
        top, z[top], shown, max(total - float(shown.sum()), 0.0), total, shown / total
    )


def find_top(scores: np.ndarray, k: int) -> np.ndarray:
    """Indices int64 (k,) of the k greatest of scores (C,); of equal ones the first comes first.

    Raises ``InputError`` unless k is a whole number from 1 to 20.
    """
    if k not in range(1, MAX_K + 1) or isinstance(k, bool):  # 5.0 is in a range, 2.5 and NaN not
        raise InputError(f"Choose a k from 1 to {MAX_K}, got {k}.")
    return np.argsort(-scores, kind="stable")[: int(k)]


def to_topk(
    logits: np.ndarray, labels: Sequence[str], k: int = 5, *, temperature: float = 1.0
) -> TopK:
    """The k most probable of C classes from logits (C,); see ``find_top``."""
    probabilities = softmax(logits, temperature)
    top = find_top(np.asarray(logits), k)
    return TopK(top, tuple(labels[i] for i in top), probabilities[top], np.asarray(logits))


def predict_logits(images: Sequence[np.ndarray], *, model: str = DEFAULT_MODEL) -> np.ndarray:
    """Logits float32 (N, C) of N pictures, each uint8 (H, W, 3) of any size.

    Pictures are resized, cropped and scaled as the weights were trained, and go through the
    network a few at a time. Raises ``InputError`` for an unknown model or a picture that is none.
    """
    get_recipe(model)
    return run_network([prepare(image, model) for image in images], model=model)


def run_network(inputs: Sequence[np.ndarray], *, model: str = DEFAULT_MODEL) -> np.ndarray:
    """Logits float32 (N, C) of N prepared inputs, each float32 (3, H, W), all of one size."""
    get_recipe(model)
    predict = runtime.load_predictor(model)
    if not len(inputs):
        return np.zeros((0, len(weights.load_labels(model))), np.float32)
    size = BATCH_SIZES["gpu" if device.has_gpu() else "cpu"]
    chunks = (inputs[start : start + size] for start in range(0, len(inputs), size))
    return np.concatenate([predict(np.stack(chunk))[0] for chunk in chunks]).astype(np.float32)


def predict_batch(
    images: Sequence[np.ndarray], *, model: str = DEFAULT_MODEL, temperature: float = 1.0
) -> np.ndarray:
    """Probabilities float64 (N, C) of N pictures, each uint8 (H, W, 3) of any size."""
    return softmax(predict_logits(images, model=model), temperature)


def predict_topk(
    image: np.ndarray, k: int = 5, *, model: str = DEFAULT_MODEL, temperature: float = 1.0
) -> TopK:
    """The k most probable ImageNet classes of a picture uint8 (H, W, 3).

    Raises ``InputError`` for a k outside 1 to 20, an unknown model, or a picture that is none.
    """
    logits = predict_logits([image], model=model)[0]
    return to_topk(logits, weights.load_labels(model), k, temperature=temperature)


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


def rank_n_accuracy(probabilities: np.ndarray, targets: Sequence[int], n: int) -> float:
    """Share (0 to 1) of pictures whose true class is among the n most probable.

    ``probabilities`` is (N, C), ``targets`` holds N class indices. Rank-1 accuracy is the usual
    accuracy. Raises ``ValueError`` when n is below 1 or there is no picture.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}.")
    ranks = true_ranks(probabilities, targets)
    if not len(ranks):
        raise ValueError("There is no picture to measure.")
    return float((ranks <= n).mean())


def list_models() -> tuple[str, ...]:
    """Names of all classification weights, the bundled ones first."""
    return weights.list_names("classification")


def _check_temperature(temperature: float) -> None:
    if temperature is None or not 0.01 <= temperature <= 100:  # also refuses NaN
        raise InputError(f"Choose a temperature between 0.01 and 100, got {temperature}.")

"""A classifier's logits, its probabilities and its k most probable classes.

The network runs once for a picture and gives 1,000 logits; everything else here is arithmetic on
those logits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import as_number, as_whole, show
from cvcore.core.errors import InputError
from cvcore.core.images import Picture
from cvcore.engine import device, predictor, registry
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.preprocessing import get_recipe, prepare

DEFAULT_MODEL = "efficientnet_lite0"
BATCH_SIZES = {"gpu": 32, "cpu": 4}  # a CPU's cache holds few pictures' activations
MAX_K = 20


@dataclass(frozen=True, eq=False)
class TopK:
    """The k most probable classes of one picture, most probable first."""

    class_indices: np.ndarray  # (k,) int64
    labels: tuple[str, ...]
    probabilities: np.ndarray  # (k,) float64 in [0, 1]
    logits: np.ndarray = field(repr=False)  # (num_classes,) float32, of all classes

    def _repr_html_(self) -> str:
        return notebook.bars_html(self.labels, self.probabilities)


@undisturbed
def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities float64 (..., C) from logits (..., C): ``exp(z/T)``, divided by their sum.

    A temperature above 1 flattens the answer, below 1 sharpens it; the order of the classes never
    changes (Hinton et al., "Distilling the Knowledge in a Neural Network", 2015,
    arXiv:1503.02531). Raises ``InputError`` unless the temperature is between 0.01 and 100.

    >>> softmax(np.array([0.0, np.log(3.0)])).round(2).tolist()
    [0.25, 0.75]
    """
    temperature = _check_temperature(temperature)
    z = np.asarray(logits, np.float64)
    e = np.exp((z - z.max(axis=-1, keepdims=True)) / temperature)
    return e / e.sum(axis=-1, keepdims=True)


@undisturbed
def find_top(scores: np.ndarray, k: int) -> np.ndarray:
    """Indices int64 (k,) of the k greatest of scores (C,); of equal ones the first comes first.

    Raises ``InputError`` unless k is a whole number from 1 to 20.
    """
    count = as_whole(k, 1, MAX_K)
    if count is None:
        raise InputError(f"Choose a k from 1 to {MAX_K}, got {show(k)}.")
    return np.argsort(-scores, kind="stable")[:count]


def to_topk(
    logits: np.ndarray, labels: Sequence[str], k: int = 5, *, temperature: float = 1.0
) -> TopK:
    """The k most probable of C classes from logits (C,); see ``find_top``."""
    probabilities = softmax(logits, temperature)
    top = find_top(np.asarray(logits), k)
    return TopK(top, tuple(labels[i] for i in top), probabilities[top], np.asarray(logits))


@undisturbed
def predict_logits(images: Sequence[Picture], *, model: str = DEFAULT_MODEL) -> np.ndarray:
    """Logits float32 (N, C) of N pictures, each uint8 (H, W, 3) of any size.

    Pictures are resized, cropped and scaled as the weights were trained, and go through the
    network a few at a time. Raises ``InputError`` for an unknown model or a picture that is none.
    """
    get_recipe(model)
    return run_network([prepare(image, model) for image in images], model=model)


@undisturbed
def run_network(inputs: Sequence[np.ndarray], *, model: str = DEFAULT_MODEL) -> np.ndarray:
    """Logits float32 (N, C) of N prepared inputs, each float32 (3, H, W), all of one size."""
    get_recipe(model)
    predict = predictor.load_predictor(model)
    if not len(inputs):
        return np.zeros((0, len(registry.load_labels(model))), np.float32)
    size = BATCH_SIZES["gpu" if device.has_gpu() else "cpu"]
    chunks = (inputs[start : start + size] for start in range(0, len(inputs), size))
    return np.concatenate([predict(np.stack(chunk))[0] for chunk in chunks]).astype(np.float32)


@undisturbed
def predict_batch(
    images: Sequence[Picture], *, model: str = DEFAULT_MODEL, temperature: float = 1.0
) -> np.ndarray:
    """Probabilities float64 (N, C) of N pictures, each uint8 (H, W, 3) of any size."""
    return softmax(predict_logits(images, model=model), temperature)


@undisturbed
def predict_topk(
    image: Picture, k: int = 5, *, model: str = DEFAULT_MODEL, temperature: float = 1.0
) -> TopK:
    """The k most probable ImageNet classes of a picture.

    Raises ``InputError`` for a k outside 1 to 20, an unknown model, or a picture that is none.
    """
    logits = predict_logits([image], model=model)[0]
    return to_topk(logits, registry.load_labels(model), k, temperature=temperature)


def list_models() -> tuple[str, ...]:
    """Names of all classification weights, the bundled ones first."""
    return registry.list_names("classification")


def _check_temperature(temperature: float) -> float:
    number = as_number(temperature, 0.01, 100)
    if number is None:
        raise InputError(f"Choose a temperature between 0.01 and 100, got {show(temperature)}.")
    return number

"""The variational autoencoder's formulas (Kingma and Welling, "Auto-Encoding Variational Bayes",
ICLR 2014). They take NumPy arrays or tensors, and give the same kind.

The evidence lower bound of a picture x is E[ln p(x | z)] - KL(q(z | x), N(0, 1)), where q(z | x)
is a normal distribution with the encoder's means and variances. It is the negative of the loss at
beta 1, with "mse" up to a constant (p is then normal with variance 1/2).
"""

from typing import TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.autoencoders.settings import CHOICES
from cvcore.core.checks import show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

Array = TypeVar("Array", np.ndarray, Tensor)


def _to_tensors(*arrays: np.ndarray | Tensor) -> list[Tensor]:
    tensors = [one if isinstance(one, Tensor) else torch.from_numpy(np.asarray(one, np.float64))
               for one in arrays]  # fmt: skip
    first = tensors[0].shape
    for tensor in tensors[1:]:
        if tensor.shape != first:
            raise InputError(
                f"All need the same shape, got {tuple(first)} and {tuple(tensor.shape)}."
            )
    return tensors


def _like(result: Tensor, given: np.ndarray | Tensor) -> np.ndarray | Tensor:
    return result if isinstance(given, Tensor) else result.numpy()


@undisturbed
def compute_kl(means: Array, log_variances: Array) -> Array:
    """KL(N(mean, variance), N(0, 1)) of each unit, nats: (mean² + variance - 1 - ln variance) / 2.

    Both are (N, d), as is what comes back. ``InputError`` for shapes that differ.
    """
    mu, log = _to_tensors(means, log_variances)
    return _like(kl(mu, log), means)


@undisturbed
def reparameterise(means: Array, log_variances: Array, draws: Array) -> Array:
    """Codes z = mean + deviation x draw, all (N, d), where draws are from N(0, 1).

    What is random comes from outside, so that the loss has a slope in mean and deviation.
    """
    mu, log, epsilon = _to_tensors(means, log_variances, draws)
    return _like(draw(mu, log, epsilon), means)


def kl(means: Tensor, log_variances: Tensor) -> Tensor:
    """``compute_kl`` of tensors."""
    return (means.square() + log_variances.exp() - 1 - log_variances) / 2


def draw(means: Tensor, log_variances: Tensor, draws: Tensor) -> Tensor:
    """``reparameterise`` of tensors."""
    return means + (log_variances / 2).exp() * draws


@undisturbed
def compute_reconstruction(outputs: Array, targets: Array, loss: str = "mse") -> Array:
    """The reconstruction term (N,) of pictures (N, ...) in [0, 1], summed over their pixels.

    "mse": squared differences. "bce": -(t ln y + (1 - t) ln(1 - y)), nats, ln at least -100.
    ``InputError`` for another loss, shapes that differ, and with "bce" for values outside [0, 1].
    """
    y, t = _to_tensors(outputs, targets)
    if loss not in CHOICES["loss"]:
        known = ", ".join(CHOICES["loss"])
        raise InputError(f"There is no loss {show(loss)}: choose one of {known}.")
    if loss == "mse":
        pixels = (y - t).square()
    else:
        if not all(bool(((one >= 0) & (one <= 1)).all()) for one in (y, t)):
            raise InputError("Binary cross-entropy needs values from 0 to 1.")
        pixels = F.binary_cross_entropy(y, t, reduction="none")
    return _like(pixels.flatten(1).sum(dim=1), outputs)


def reconstruct(logits: Tensor, targets: Tensor, loss: str) -> Tensor:
    """``compute_reconstruction`` of logits (N, ...), safe where a pixel is as good as sure."""
    if loss == "bce":
        pixels = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    else:
        pixels = (logits.sigmoid() - targets).square()
    return pixels.flatten(1).sum(dim=1)

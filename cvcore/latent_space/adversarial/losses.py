"""What each network lowers, on the discriminator's logits; D(x) is their sigmoid."""

from torch import Tensor
from torch.nn import functional as F


def discriminator_loss(kind: str, real: Tensor, made: Tensor) -> Tensor:
    """D's loss, a scalar, of the logits of real and of generated examples (N,).

    "minimax" and "non_saturating": -log D(x) - log(1 - D(G(z))), means; 2 log 2 = 1.386 where D
    answers one half to all. "hinge": max(0, 1 - real) + max(0, 1 + made) on the logits.
    """
    if kind == "hinge":
        return F.relu(1 - real).mean() + F.relu(1 + made).mean()
    return F.softplus(-real).mean() + F.softplus(made).mean()


def generator_losses(kind: str, made: Tensor) -> Tensor:
    """G's loss for each generated example, from its logits s (N,): "minimax" log(1 - D(G(z))),
    "non_saturating" -log D(G(z)), "hinge" -s.

    Their slopes along s are -D(G(z)), -(1 - D(G(z))) and -1.
    """
    if kind == "minimax":
        return -F.softplus(made)
    return F.softplus(-made) if kind == "non_saturating" else -made

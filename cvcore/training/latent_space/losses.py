"""The losses of both networks, from the discriminator's logits.

Non-saturating and minimax (Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014), and
hinge (Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018).
"""

import torch
from torch import Tensor
from torch.nn import functional as F

LOSSES = ("non-saturating", "minimax", "hinge")


def discriminator_loss(
    real: Tensor, made: Tensor, loss: str, weights: Tensor | None = None
) -> Tensor:
    """From the logits of real and of made pictures, both (N,), the latter with weights (N,)."""
    if loss == "hinge":
        real, made = F.relu(1 - real), F.relu(1 + made)
    else:
        real, made = F.softplus(-real), F.softplus(made)
    weights = torch.ones_like(made) if weights is None else weights
    return real.mean() + (weights * made).sum() / weights.sum()


def generator_loss(made: Tensor, loss: str) -> Tensor:
    """From the discriminator's logits of made pictures (N,)."""
    if loss == "hinge":
        return -made.mean()
    if loss == "minimax":  # log(1 - D): falls flat where the discriminator is sure
        return -F.softplus(made).mean()
    return F.softplus(-made).mean()

"""Three losses that bring pictures of one kind together and others apart, and who is compared."""

import torch
from torch import Tensor
from torch.nn import functional as F


def euclidean(a: Tensor, b: Tensor) -> Tensor:
    """Distances (N,) of embeddings (N, D); where they are equal the gradient is 0."""
    return torch.linalg.vector_norm(a - b, dim=1)


def contrastive_loss(distance: Tensor, same: Tensor, margin: float) -> Tensor:
    """d² for a pair of one kind; for others (margin - d)², and 0 beyond the margin; all (N,).

    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR
    2006), without their factor of one half.
    """
    return torch.where(same, distance.square(), (margin - distance).clamp(min=0).square())


def triplet_loss(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    """max(0, d(anchor, positive)² - d(anchor, negative)² + margin), all (N,).

    Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and
    Clustering" (CVPR 2015), without bringing the embeddings to length 1.
    """
    return (to_positive.square() - to_negative.square() + margin).clamp(min=0)


def cross_entropy_loss(logit: Tensor, same: Tensor) -> Tensor:
    """-log of the probability of the truth, sigmoid(logit) that the pair is of one kind; (N,).

    Koch, Zemel and Salakhutdinov, "Siamese Neural Networks for One-shot Image Recognition" (2015).
    """
    return F.binary_cross_entropy_with_logits(logit, same.to(logit.dtype), reduction="none")


@torch.no_grad()
def choose_semi_hard(to_positive: Tensor, to_others: Tensor, allowed: Tensor) -> Tensor:
    """For each anchor the semi-hard negative among M others, int64 (N,).

    ``to_positive`` (N,) and ``to_others`` (N, M) are distances, ``allowed`` bool (N, M) says which
    of the others are of another kind than the anchor; each has at least one. Taken is the nearest
    that is farther than the positive: where it is less than the margin farther, it is semi-hard
    (Schroff et al., 2015), else it has no loss. Where none is farther, the farthest is taken.
    """
    far = allowed & (to_others > to_positive[:, None])
    nearest = to_others.masked_fill(~far, torch.inf)
    farthest = to_others.masked_fill(~allowed, -torch.inf)
    return torch.where(far.any(dim=1), nearest.argmin(dim=1), farthest.argmax(dim=1))

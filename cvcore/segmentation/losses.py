"""What a segmentation network is trained to make small."""

from torch import Tensor
from torch.nn import functional as F

SMOOTH = 10.0  # pixels


def soft_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Dice with probabilities in place of yes and no, of each picture: (N,), 1 is perfect.

    Both are (N, 1, H, W), ``target`` in [0, 1]. Milletari, Navab and Ahmadi, "V-Net", 3DV 2016
    (arXiv:1606.04797). Ten pixels are added above and below the line, so that a picture without
    the object is defined.
    """
    probability = logits.sigmoid()
    both = (probability * target).sum(dim=(1, 2, 3))
    total = probability.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3))
    return (2 * both + SMOOTH) / (total + SMOOTH)


def loss_bce_dice(logits: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy, which judges pixels, plus 1 - Dice, which judges the shape."""
    logits, target = logits.float(), target.float()
    return F.binary_cross_entropy_with_logits(logits, target) + 1 - soft_dice(logits, target).mean()

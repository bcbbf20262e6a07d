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


def edge_weights(target: Tensor, weight: float, width: int = 5) -> Tensor:
    """How much each pixel counts: 1, and ``weight`` in a band around the edges of ``target``.

    ``target`` is (N, 1, H, W) in [0, 1]; the band is about ``width`` pixels wide, which is odd.
    """
    most = F.max_pool2d(target, width, stride=1, padding=width // 2)
    least = -F.max_pool2d(-target, width, stride=1, padding=width // 2)
    return 1 + (weight - 1) * (most - least)


def loss_bce_dice(logits: Tensor, target: Tensor, *, edge: float = 1.0) -> Tensor:
    """Binary cross-entropy, which judges pixels, plus 1 - Dice, which judges the shape.

    Both are (N, 1, H, W). Pixels near an edge count ``edge`` times in the first.
    """
    logits, target = logits.float(), target.float()
    weights = edge_weights(target, edge) if edge != 1 else None
    pixels = F.binary_cross_entropy_with_logits(logits, target, weights)
    return pixels + 1 - soft_dice(logits, target).mean()

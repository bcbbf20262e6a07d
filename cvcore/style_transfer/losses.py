"""What style transfer compares: Gram matrices, features, and neighbouring pixels.

Gatys, Ecker and Bethge, "A Neural Algorithm of Artistic Style", 2015. Every error is divided by
the size of what it is compared with, so that 1 means "as far off as nothing at all", layers weigh
the same, and one set of weights fits networks as different as VGG19 and EfficientNet-Lite0.
"""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, eq=False)
class StyleTarget:
    """What is kept of a style at one layer; where things were is gone."""

    mean: Tensor = field(repr=False)  # (C,)
    gram: Tensor = field(repr=False)  # (C, C), of the maps without their means


def gram_matrix(maps: Tensor, *, centre: bool = False) -> Tensor:
    """How often two channels answer together: (1, C, H, W) to (C, C).

    Entry i, j is the mean over all places of channel i times channel j; with ``centre`` each
    channel's own mean is taken off first.
    """
    if maps.ndim != 4 or maps.shape[0] != 1:
        raise ValueError(f"Expected shape (1, C, H, W), got {tuple(maps.shape)}.")
    flat = maps[0].flatten(1)  # (C, H x W)
    if centre:
        flat = flat - flat.mean(dim=1, keepdim=True)
    return flat @ flat.T / flat.shape[1]


def total_variation(image: Tensor) -> Tensor:
    """The mean square difference between neighbouring pixels of (1, C, H, W), both ways."""
    across = (image[..., :, 1:] - image[..., :, :-1]).square().mean()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    return across + down


def read_style(maps: Tensor) -> StyleTarget:
    """The style of a layer's maps (1, C, H, W).

    The paper's Gram matrix mixes two things, the channels' means and how they vary together, and
    the means drown the rest in most networks. Here the two stand apart and count alike.
    """
    return StyleTarget(maps[0].mean(dim=(1, 2)), gram_matrix(maps, centre=True))


def style_error(maps: Tensor, target: StyleTarget) -> Tensor:
    """How far the means and the Gram matrix of ``maps`` are off, as shares of their size."""
    own = read_style(maps)
    return relative_error(own.mean, target.mean) + relative_error(own.gram, target.gram)


def relative_error(value: Tensor, target: Tensor) -> Tensor:
    return (value - target).square().sum() / target.square().sum().clamp(min=1e-12)


def content_error(maps: Tensor, target: Tensor) -> Tensor:
    """How far features are from ``target``, both (1, C, H, W), as a share of their spread."""
    spread = (target - target.mean(dim=(2, 3), keepdim=True)).square().mean()
    return (maps - target).square().mean() / spread.clamp(min=1e-12)

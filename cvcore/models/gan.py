"""A small generator and its discriminator, for pictures of 32 or 64 pixels.

Upsampling blocks and skip-layer excitation (FastGAN: Liu et al., "Towards Faster and Stabilized GAN
Training", ICLR 2021), and a mapping network whose inner latents set the scales of each block
(Karras et al., "A Style-Based Generator Architecture", CVPR 2019); a residual discriminator that
sees how much a batch varies; with classes, a projection discriminator (Miyato and Koyama, ICLR
2018).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LATENT_SIZE = 128
CLASS_SIZE = 32  # numbers that a class adds to the latent
ADDED = ("mapping.", ".style.", "constant")  # parameters that early states do not have
WIDTHS = {4: 192, 8: 160, 16: 128, 32: 96, 64: 40}  # channels of the generator by map side


class Mapping(nn.Module):
    """Latents z (N, 128) to inner latents w (N, 128), which are measured from their mean.

    Only the direction of z counts: it is brought to the length at which latents of a Gaussian lie.
    What three layers make of it is added, nothing at first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(LATENT_SIZE, LATENT_SIZE), nn.LeakyReLU(0.2),
            nn.Linear(LATENT_SIZE, LATENT_SIZE), nn.LeakyReLU(0.2),
            nn.Linear(LATENT_SIZE, LATENT_SIZE),
        )  # fmt: skip
        nn.init.zeros_(self.layers[-1].weight)
        nn.init.zeros_(self.layers[-1].bias)
        self.register_buffer("mean", torch.zeros(LATENT_SIZE))

    def forward(self, z: Tensor) -> Tensor:
        z = F.normalize(z, dim=1) * LATENT_SIZE**0.5
        return z + self.layers(z) - self.mean


class UpBlock(nn.Module):
    """Twice 3 x 3 convolution, batch norm and SiLU, with nearest upsampling between.

    Inner latents set the channels' scales and biases after each norm: none of them at first.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.style = nn.Linear(LATENT_SIZE, 4 * channels_out)
        nn.init.zeros_(self.style.weight)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:  # (N, C, S, S) -> (N, C', 2S, 2S)
        scale1, bias1, scale2, bias2 = self.style(w)[..., None, None].chunk(4, dim=1)
        x = F.silu(self.bn1(self.conv1(x)) * (1 + scale1) + bias1)
        x = self.bn2(self.conv2(F.interpolate(x, scale_factor=2.0)))
        return F.silu(x * (1 + scale2) + bias2)


class Excitation(nn.Module):
    """Gates the channels of a large map by a small one (skip-layer excitation)."""

    def __init__(self, channels_small: int, channels_large: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_small, channels_large, 4)
        self.mix = nn.Conv2d(channels_large, channels_large, 1)

    def forward(self, small: Tensor, large: Tensor) -> Tensor:  # (N, c, s, s), (N, C, S, S)
        gate = self.conv(F.adaptive_avg_pool2d(small, 4))  # (N, C, 1, 1)
        return large * torch.sigmoid(self.mix(F.silu(gate)))


class Generator(nn.Module):
    """Inner latents w, and classes (N,) where there are any, to pictures (N, C, side, side).

    ``mapping`` makes them of latents z. They are (N, 128), or (N, ``depth``, 128) with one for the
    first map and one for each block; what gates the 32 x 32 maps is their block's. The output is in
    [-1, 1]. ``width`` is the share of the usual channels.
    """

    def __init__(
        self, side: int = 64, channels: int = 3, classes: int = 0, *, width: float = 1.0
    ) -> None:
        super().__init__()
        self.side, self.classes = side, classes
        widths = {s: round(count * width) for s, count in WIDTHS.items()}
        sides = [s for s in widths if s <= side]
        self.mapping = Mapping()
        self.label = nn.Embedding(classes, CLASS_SIZE) if classes else None
        size = LATENT_SIZE + (CLASS_SIZE if classes else 0)
        self.start = nn.Linear(size, widths[4] * 16, bias=False)
        self.start_bn = nn.BatchNorm2d(widths[4])
        # What the mean of the inner latents grows from: none of it hangs on a latent.
        self.constant = nn.Parameter(torch.zeros(widths[4], 4, 4))
        self.ups = nn.ModuleList(UpBlock(widths[a], widths[b]) for a, b in pairwise(sides))
        self.depth, self.gated = len(sides), sides.index(32)
        self.skip = Excitation(widths[4], widths[32])
        self.to_picture = nn.Conv2d(widths[side], channels, 3, padding=1)

    def load_early(self, state: dict[str, Tensor]) -> None:
        """A state of before there was a mapping network: w is then z at its usual length."""
        missing, unexpected = self.load_state_dict(state, strict=False)
        new = [key for key in missing if not any(word in key for word in ADDED)]
        if new or unexpected:
            raise RuntimeError(f"Not a generator's state: {[*new, *unexpected]}")

    def example_inputs(self) -> tuple[Tensor, ...]:
        """What ``forward`` takes, for two pictures."""
        w = torch.zeros(2, self.depth, LATENT_SIZE)
        return (w, torch.zeros(2, dtype=torch.long)) if self.classes else (w,)

    def _begin(self, w: Tensor, classes: Tensor | None) -> Tensor:  # -> (N, 192, 4, 4)
        if self.label is not None:
            w = torch.cat([w, self.label(classes)], dim=1)
        x = self.start(w).unflatten(1, (-1, 4, 4))
        if self.to_picture.weight.is_contiguous(memory_format=torch.channels_last):
            x = x.contiguous(memory_format=torch.channels_last)
        return F.silu(self.start_bn(x) + self.constant)

    def forward(self, w: Tensor, classes: Tensor | None = None) -> Tensor:
        w = w + self.mapping.mean
        each = (w,) * self.depth if w.ndim == 2 else w.unbind(dim=1)
        x = self._begin(each[0], classes)
        smallest = x if w.ndim == 2 else self._begin(each[self.gated], classes)
        for up, own in zip(self.ups, each[1:], strict=True):
            x = up(x, own)
            if x.shape[-1] == 32:
                x = self.skip(smallest, x)
        return torch.tanh(self.to_picture(x))


class DownBlock(nn.Module):
    """Half the side, with a residual path."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.skip = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:  # (N, C, S, S) -> (N, C', S/2, S/2)
        y = self.conv2(F.leaky_relu(self.conv1(x), 0.2))
        return F.leaky_relu(y + self.skip(F.avg_pool2d(x, 2)), 0.2) * 0.7071


class Discriminator(nn.Module):
    """Pictures (N, C, side, side) in [-1, 1] to logits (N,): greater means "looks real".

    How much the pictures of a batch differ counts too, or its ``first`` ones; to score pictures one
    by one, give the ``spread`` (N,) of a typical batch (see ``measure_spread``).
    """

    def __init__(
        self, side: int = 64, channels: int = 3, classes: int = 0, *, width: float = 1.0
    ) -> None:
        super().__init__()
        widths = {64: 32, 32: 64, 16: 112, 8: 160, 4: 224}
        widths = {s: round(count * width) for s, count in widths.items()}
        self.side = side
        sides = [s for s in widths if s <= side]
        self.start = nn.Conv2d(channels, widths[side], 3, padding=1)
        self.downs = nn.ModuleList(DownBlock(widths[a], widths[b]) for a, b in pairwise(sides))
        # One more map: how much the pictures of a batch differ (Karras et al., ICLR 2018).
        self.end = nn.Conv2d(widths[4] + 1, widths[4], 3, padding=1)
        self.score = nn.Linear(widths[4], 1)
        self.label = nn.Embedding(classes, widths[4]) if classes else None
        for layer in self.modules():  # so that no signal fades on its way through the layers
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, 0.2)
                nn.init.zeros_(layer.bias)

    def _reduce(self, pictures: Tensor) -> Tensor:  # (N, C, S, S) -> (N, 224, 4, 4)
        x = F.leaky_relu(self.start(pictures), 0.2)
        for down in self.downs:
            x = down(x)
        return x

    def measure_spread(self, pictures: Tensor) -> Tensor:
        """How much the last maps of the pictures differ: a scalar."""
        return self._reduce(pictures).float().std(dim=0, unbiased=False).mean()

    def example_inputs(self) -> tuple[Tensor, ...]:
        """What ``forward`` takes, for two pictures."""
        pictures = torch.zeros(2, self.start.in_channels, self.side, self.side)
        classes = () if self.label is None else (torch.zeros(2, dtype=torch.long),)
        return (pictures, torch.zeros(2), *classes)

    def forward(
        self, pictures: Tensor, spread: Tensor | None = None, classes: Tensor | None = None,
        first: int | None = None,
    ) -> Tensor:  # fmt: skip
        x = self._reduce(pictures)
        if spread is None:
            spread = x[:first].float().std(dim=0, unbiased=False).mean().to(x.dtype)
            spread = spread.expand(len(x))
        x = torch.cat([x, spread.view(-1, 1, 1, 1).expand(-1, 1, 4, 4)], dim=1)
        features = F.leaky_relu(self.end(x), 0.2).mean(dim=(2, 3))  # (N, 224)
        score = self.score(features)[:, 0]
        if self.label is not None:
            score = score + (self.label(classes) * features).sum(dim=1)
        return score


def build_face_generator() -> Generator:
    """For 64 x 64 pictures in colour."""
    return Generator(64, 3)


def build_face_discriminator() -> Discriminator:
    return Discriminator(64, 3)


def build_digit_generator() -> Generator:
    """For 32 x 32 digits in grey, of ten classes."""
    return Generator(32, 1, 10, width=0.5)


def build_digit_discriminator() -> Discriminator:
    return Discriminator(32, 1, 10, width=0.5)

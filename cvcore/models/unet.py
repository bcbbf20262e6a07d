"""U-Nets: a class for every pixel.

Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
MICCAI 2015 (arXiv:1505.04597). The picture shrinks on the way down, until a pixel of the features
has seen most of it, and grows again on the way up; at every level a skip connection hands the way
up the sharp features of the way down. We leave the paper where most do: convolutions are padded
(so the answer is as large as the picture), a batch norm follows each, and the way up grows by
nearest-neighbour upsampling. The person network's way down is EfficientNet-Lite0.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.models.efficientnet_lite import build_efficientnet_lite0


@dataclass(frozen=True, eq=False)
class Levels:
    """What a forward pass went through; level 0 is the finest."""

    down: tuple[Tensor, ...]
    """Features (N, C, H, W) at every level of the way down; the last is the bottom of the U."""
    up: tuple[Tensor, ...]
    """Features at every level of the way up, finest first; one fewer than ``down``."""
    logits: Tensor  # (N, 1, H, W), at the input's size


def _double_conv(c_in: int, c_out: int) -> nn.Sequential:
    """Twice: 3x3 convolution, batch norm, ReLU."""
    layers: list[nn.Module] = []
    for channels in (c_in, c_out):
        layers += [
            nn.Conv2d(channels, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


class PlainEncoder(nn.Module):
    """Two convolutions a level, a 2x2 maximum between levels.

    Pictures are brought to mean 0 and standard deviation 1 each: microscopes differ in brightness
    far more than in what they show.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        pairs = zip((3, *widths), widths, strict=False)
        self.levels = nn.ModuleList(_double_conv(c_in, c_out) for c_in, c_out in pairs)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = x - x.mean(dim=(1, 2, 3), keepdim=True)
        x = x / (x.square().mean(dim=(1, 2, 3), keepdim=True).sqrt() + 0.01)
        features = []
        for index, level in enumerate(self.levels):
            x = level(F.max_pool2d(x, 2) if index else x)
            features.append(x)  # (N, widths[index], H / 2**index, W / 2**index)
        return tuple(features)


class EfficientEncoder(nn.Module):
    """EfficientNet-Lite0 without its head, read out before every halving."""

    widths = (16, 24, 40, 112, 320)
    stages = (1, 2, 3, 5, 7)  # the stage (exclusive) that ends each level

    def __init__(self) -> None:
        super().__init__()
        source = build_efficientnet_lite0()
        self.register_buffer("mean", source.mean, persistent=False)
        self.register_buffer("std", source.std, persistent=False)
        self.conv_stem, self.bn1, self.act1 = source.conv_stem, source.bn1, source.act1
        self.blocks = source.blocks

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = (x - self.mean) / self.std
        x = self.act1(self.bn1(self.conv_stem(x)))
        features = []
        for number, stage in enumerate(self.blocks, start=1):
            x = stage(x)
            if number in self.stages:
                features.append(x)  # (N, widths[i], H / 2**(i + 1), W / 2**(i + 1))
        return tuple(features)


class UNet(nn.Module):
    """Input float (N, 3, H, W), RGB in [0, 1]; output logits (N, 1, H, W) of "belongs to it".

    H and W are multiples of the network's stride. ``widths_up`` are the channels of the way up,
    finest first.
    """

    def __init__(self, encoder: nn.Module, widths: Sequence[int], widths_up: Sequence[int]) -> None:
        super().__init__()
        self.encoder = encoder
        below = (*widths_up[1:], widths[-1])
        self.decoder = nn.ModuleList(
            _double_conv(c_below + c_skip, c_out)
            for c_below, c_skip, c_out in zip(below, widths[:-1], widths_up, strict=True)
        )
        self.head = nn.Conv2d(widths_up[0], 1, 1)

    def walk(self, x: Tensor, *, cut: Collection[int] = ()) -> Levels:
        """The forward pass with everything on the way; skip connections in ``cut`` carry zeros."""
        down = self.encoder(x)
        up, logits = self.rise(down, x.shape[-2:], cut=cut)
        return Levels(down, up, logits)

    def rise(
        self, down: Sequence[Tensor], size_hw: tuple[int, int], *, cut: Collection[int] = ()
    ) -> tuple[tuple[Tensor, ...], Tensor]:
        """The way up from the features of the way down: those of every level, and the logits."""
        y, up = down[-1], list[Tensor]()
        for level in reversed(range(len(self.decoder))):
            skip = torch.zeros_like(down[level]) if level in cut else down[level]
            y = F.interpolate(y, scale_factor=2, mode="nearest")
            y = self.decoder[level](torch.cat([y, skip], dim=1))
            up.insert(0, y)
        logits = self.head(y)
        if logits.shape[-1] != size_hw[-1]:  # the finest level is half the picture's size
            logits = F.interpolate(logits, scale_factor=2, mode="bilinear", align_corners=False)
        return tuple(up), logits

    def forward(self, x: Tensor) -> Tensor:
        return self.walk(x).logits


def build_person_unet() -> UNet:
    """Five levels, from half the picture's size to a 32nd; stride 32."""
    return UNet(EfficientEncoder(), EfficientEncoder.widths, (24, 32, 64, 128))


def build_nuclei_unet() -> UNet:
    """Five levels of 24 to 160 channels, from the picture's own size to a sixteenth; stride 16."""
    widths = (24, 48, 96, 160, 160)
    return UNet(PlainEncoder(widths), widths, widths[:-1])


def build_small_unet() -> UNet:
    """The smallest U worth the name: two levels down, 16, 32 and 64 channels; stride 4."""
    widths = (16, 32, 64)
    return UNet(PlainEncoder(widths), widths, widths[:-1])

"""A network that paints a picture in any style in one pass; the style is 100 numbers.

Ghiasi et al., "Exploring the Structure of a Real-time, Arbitrary Neural Artistic Stylization
Network", 2017, in the small size that Magenta made for telephones. The picture shrinks to a
quarter, passes five residual blocks and grows again. After each convolution an instance norm
wipes out every map's own mean and spread and puts others in their place, which are read off the
100 numbers: those alone carry the style.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

STYLE_NUMBERS = 100


class Conv(nn.Conv2d):
    """A convolution that mirrors the picture at its edges."""

    def __init__(self, inputs: int, outputs: int, size: int, *, stride: int = 1) -> None:
        super().__init__(
            inputs, outputs, size, stride, padding=size // 2, padding_mode="reflect"
        )  # fmt: skip


class StyledConv(Conv):
    """A convolution, and an instance norm whose scale and shift come from the style."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__(inputs, outputs, size)
        self.scale = nn.Linear(STYLE_NUMBERS, outputs)
        self.shift = nn.Linear(STYLE_NUMBERS, outputs)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        maps = super().forward(maps)
        return F.instance_norm(
            maps, weight=self.scale(style)[0], bias=self.shift(style)[0], eps=1e-5
        )  # fmt: skip


class Residual(nn.Module):
    """Two styled convolutions, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = StyledConv(channels, channels, 3)
        self.conv2 = StyledConv(channels, channels, 3)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        return maps + self.conv2(self.conv1(maps, style).relu(), style)


class StyleNetwork(nn.Module):
    """(1, 3, H, W) in [0, 1] and a style (1, 100) to (1, 3, H, W); H, W in multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = nn.ModuleList([Conv(3, 8, 9), Conv(8, 16, 3, stride=2)])
        self.contract.append(Conv(16, 32, 3, stride=2))
        self.residual = nn.ModuleList(Residual(32) for _ in range(5))
        self.expand = nn.ModuleList([StyledConv(32, 16, 3), StyledConv(16, 8, 3)])
        self.expand.append(StyledConv(8, 3, 9))

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        maps = image
        for conv in self.contract:
            maps = conv(maps).relu()  # (1, 32, H / 4, W / 4) at the end
        for block in self.residual:
            maps = block(maps, style)
        for conv in self.expand[:2]:
            maps = conv(F.interpolate(maps, scale_factor=2.0, mode="nearest"), style).relu()
        return torch.sigmoid(self.expand[2](maps, style))


def build_style_network() -> StyleNetwork:
    """The untrained network."""
    return StyleNetwork()

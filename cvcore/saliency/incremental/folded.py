"""EfficientNet-Lite's layers with batch normalisation folded into the convolutions.

They work on rows: a cell's channels lie together, (cells, C), so that a 1x1 convolution is one
matrix product.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from cvcore.models.efficientnet_lite import DepthwiseSeparable, InvertedResidual, SameConv2d


@dataclass(frozen=True, eq=False)
class Pointwise:
    """A 1x1 convolution with its normalisation folded in: ``rows @ weight + bias``."""

    weight: Tensor  # (C_in, C_out)
    bias: Tensor  # (C_out,)

    def __call__(self, rows: Tensor) -> Tensor:
        return torch.addmm(self.bias, rows, self.weight)


@dataclass(frozen=True, eq=False)
class Spatial:
    """A convolution over neighbours, folded, with TensorFlow's "same" padding, then ReLU6."""

    weight: Tensor  # (C_out, C_in / groups, K, K)
    bias: Tensor
    stride: int
    groups: int

    @property
    def kernel(self) -> int:
        return self.weight.shape[-1]

    def out_side(self, side: int) -> int:
        return -(-side // self.stride)

    def padding(self, side: int) -> tuple[int, int]:
        """Zeros before and after an axis of ``side`` cells."""
        total = max((self.out_side(side) - 1) * self.stride + self.kernel - side, 0)
        return total // 2, total - total // 2

    def on_padded(self, rows: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """Rows of N parts of ``size_hw`` cells, padding included, to the rows of their outputs."""
        x = rows.view(-1, *size_hw, rows.shape[1]).permute(0, 3, 1, 2)  # (N, C, H, W)
        return self._convolve(x, 0).clamp_(0, 6)

    def on_whole(self, rows: Tensor, side: int, *, limited: bool = True) -> Tensor:
        """The same for N whole feature maps of ``side`` cells a side, without their padding.

        Unless ``limited``, before ReLU6.
        """
        x = rows.view(-1, side, side, rows.shape[1]).permute(0, 3, 1, 2)
        before, after = self.padding(side)
        if before == after:
            rows = self._convolve(x, before)
        else:
            rows = self._convolve(F.pad(x, (before, after, before, after)), 0)
        return rows.clamp_(0, 6) if limited else rows

    def on_changes(self, maps: Tensor, padding: tuple[int, int, int, int]) -> Tensor:
        """How the outputs before ReLU6 differ, as rows, where the inputs differ by ``maps``
        (N, H, W, C) with ``padding`` zeros left, right, above and below, or less than none."""
        inner = padding[0] if len(set(padding)) == 1 and padding[0] > 0 else 0  # quicker
        if not inner and any(padding):
            maps = F.pad(maps, (0, 0, *padding))
        x = maps.permute(0, 3, 1, 2)
        y = F.conv2d(x, self.weight, None, self.stride, inner, groups=self.groups)
        return y.permute(0, 2, 3, 1).reshape(-1, y.shape[1])

    def back(self, rows: Tensor, side: int) -> Tensor:
        """Slopes by the outputs before ReLU6, rows of N whole maps, to slopes by the inputs, rows
        of maps of ``side`` cells a side."""
        out, (before, _) = self.out_side(side), self.padding(side)
        x = rows.view(-1, out, out, rows.shape[1]).permute(0, 3, 1, 2)
        y = F.conv_transpose2d(x, self.weight, None, self.stride, groups=self.groups)
        y = y[:, :, before : before + side, before : before + side]
        return y.permute(0, 2, 3, 1).reshape(-1, y.shape[1])

    def _convolve(self, x: Tensor, padding: int) -> Tensor:
        y = F.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return y.permute(0, 2, 3, 1).reshape(-1, y.shape[1])


@dataclass(frozen=True, eq=False)
class Block:
    """Widen, filter over neighbours, narrow; each part but the filter may be missing."""

    expand: Pointwise | None
    spatial: Spatial
    project: Pointwise | None
    has_skip: bool

    def to(self, dtype: torch.dtype) -> "Block":
        """The same block, computing in another type."""
        parts = {"expand": self.expand, "spatial": self.spatial, "project": self.project}
        changed: dict[str, Any] = {
            name: replace(part, weight=part.weight.to(dtype), bias=part.bias.to(dtype))
            for name, part in parts.items()
            if part is not None
        }
        return replace(self, **changed)

    @property
    def dtype(self) -> torch.dtype:
        return self.spatial.weight.dtype

    def widen(self, rows: Tensor) -> Tensor:
        return rows if self.expand is None else self.expand(rows).clamp_(0, 6)

    def finish(self, filtered: Tensor, rows: Tensor) -> Tensor:
        """Narrow the filter's outputs and add the block's input ``rows`` at the same cells."""
        out = filtered if self.project is None else self.project(filtered)
        return out.add_(rows) if self.has_skip else out


def _fold(conv: SameConv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    weight, bias = fuse_conv_bn_weights(
        conv.weight, None, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    return weight.detach(), bias.detach()


def fold_pointwise(conv: SameConv2d, norm: nn.BatchNorm2d) -> Pointwise:
    """A 1x1 convolution and the normalisation after it as one layer."""
    weight, bias = _fold(conv, norm)
    return Pointwise(weight[:, :, 0, 0].T.contiguous(), bias)


def fold_spatial(conv: SameConv2d, norm: nn.BatchNorm2d) -> Spatial:
    """A convolution over neighbours and the normalisation after it as one layer."""
    return Spatial(*_fold(conv, norm), conv.stride[0], conv.groups)


def fold_block(block: DepthwiseSeparable | InvertedResidual) -> Block:
    """A block of the network, its normalisations folded in."""
    if isinstance(block, DepthwiseSeparable):
        spatial = fold_spatial(block.conv_dw, block.bn1)
        return Block(None, spatial, fold_pointwise(block.conv_pw, block.bn2), False)
    return Block(
        fold_pointwise(block.conv_pw, block.bn1),
        fold_spatial(block.conv_dw, block.bn2),
        fold_pointwise(block.conv_pwl, block.bn3),
        block.has_skip,
    )

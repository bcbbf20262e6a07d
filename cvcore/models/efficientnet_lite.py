"""EfficientNet-Lite: small ImageNet classifiers without attention gates or swish.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019
(arXiv:1905.11946); the Lite variants (ReLU6, no squeeze-and-excitation) are Google's, 2020.
Parameter names are those of timm's ``tf_efficientnet_lite0`` and so on, so its state dicts load
here and ours load there.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Lite0's: kernel size, stride, expansion, channels, repeats
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: output size ceil(input / stride).

    The odd pixel of padding goes to the right and the bottom.
    """

    def forward(self, x: Tensor) -> Tensor:
        (kh, kw), stride = self.kernel_size, self.stride[0]
        # By the remainder alone: so an exporter, which leaves the size open, has plain numbers.
        pad_h = max(kh - (int(x.shape[-2]) % stride or stride), 0)
        pad_w = max(kw - (int(x.shape[-1]) % stride or stride), 0)
        top, left = pad_h // 2, pad_w // 2
        if pad_h == 2 * top and pad_w == 2 * left:
            return F.conv2d(
                x, self.weight, self.bias, self.stride, (top, left), self.dilation, self.groups
            )
        # The value is written down: else ONNX Runtime would not take this into the convolution.
        x = F.pad(x, (left, pad_w - left, top, pad_h - top), value=0.0)
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


def _conv(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> SameConv2d:
    return SameConv2d(c_in, c_out, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class DepthwiseSeparable(nn.Module):
    """A filter per channel, then a 1x1 convolution that mixes the channels."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = _conv(c_in, c_in, kernel, stride, groups=c_in)
        self.bn1 = _norm(c_in)
        self.act1 = nn.ReLU6()
        self.conv_pw = _conv(c_in, c_out, 1)
        self.bn2 = _norm(c_out)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act1(self.bn1(self.conv_dw(x)))
        return self.bn2(self.conv_pw(x))


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow; added to its input where the shapes allow it.

    Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
    """

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c_in * expansion
        self.has_skip = stride == 1 and c_in == c_out
        self.conv_pw = _conv(c_in, wide, 1)
        self.bn1 = _norm(wide)
        self.act1 = nn.ReLU6()
        self.conv_dw = _conv(wide, wide, kernel, stride, groups=wide)
        self.bn2 = _norm(wide)
        self.act2 = nn.ReLU6()
        self.conv_pwl = _conv(wide, c_out, 1)
        self.bn3 = _norm(c_out)

    def forward(self, x: Tensor) -> Tensor:
        y = self.act1(self.bn1(self.conv_pw(x)))
        y = self.act2(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.has_skip else y


def _scale_channels(channels: int, width: float) -> int:
    """The nearest multiple of 8, and no less than nine tenths of what was asked for."""
    wanted = channels * width
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * wanted else nearest


class EfficientNetLite(nn.Module):
    """Input float (N, 3, H, W), RGB in [0, 1]; output logits (N, num_classes).

    The scaling to [-1, 1] that the weights expect happens inside, so that no caller can forget it.
    Larger ones have ``width`` times the channels and ``depth`` times the blocks of Lite0, but for
    the stem, the head, and the number of blocks in the first and the last stage.
    """

    def __init__(self, num_classes: int = 1000, *, width: float = 1.0, depth: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 0.5), persistent=False)
        self.register_buffer("std", torch.full((1, 3, 1, 1), 0.5), persistent=False)
        self.conv_stem = _conv(3, 32, 3, 2)
        self.bn1 = _norm(32)
        self.act1 = nn.ReLU6()
        stages, c_in = [], 32
        for number, (kernel, stride, expansion, channels, repeats) in enumerate(STAGES):
            stage: list[nn.Module] = []
            channels = _scale_channels(channels, width)
            if 0 < number < len(STAGES) - 1:
                repeats = math.ceil(repeats * depth)
            for index in range(repeats):
                step = stride if index == 0 else 1
                if expansion == 1:
                    stage.append(DepthwiseSeparable(c_in, channels, kernel, step))
                else:
                    stage.append(InvertedResidual(c_in, channels, kernel, step, expansion))
                c_in = channels
            stages.append(nn.Sequential(*stage))
        self.blocks = nn.Sequential(*stages)
        self.conv_head = _conv(c_in, 1280, 1)
        self.bn2 = _norm(1280)
        self.act2 = nn.ReLU6()
        self.classifier = nn.Linear(1280, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) / self.std  # (N, 3, H, W)
        x = self.act1(self.bn1(self.conv_stem(x)))  # (N, 32, H/2, W/2)
        x = self.blocks(x)  # (N, 320, H/32, W/32)
        x = self.act2(self.bn2(self.conv_head(x)))  # (N, 1280, H/32, W/32)
        return self.classifier(x.mean(dim=(2, 3)))  # (N, num_classes)


def build_efficientnet_lite0() -> EfficientNetLite:
    """EfficientNet-Lite0 with untrained weights: 4,652,008 parameters, 1,000 classes."""
    return EfficientNetLite()


def build_efficientnet_lite2() -> EfficientNetLite:
    """EfficientNet-Lite2 with untrained weights: 6,092,072 parameters, 1,000 classes."""
    return EfficientNetLite(width=1.1, depth=1.2)

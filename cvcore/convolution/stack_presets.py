"""Well-known networks in the stack language, and EfficientNet's compound scaling."""

import math
from collections.abc import Sequence

from cvcore.core.checks import check_whole

Lines = list[str]
LARGEST = 7  # EfficientNet-B7


def indent(lines: Sequence[str]) -> Lines:
    """Lines of a block."""
    return [f"  {line}" for line in lines]


def write_lenet() -> Lines:
    """LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 1998, as it is taught today."""
    return [
        "input 32x32x1", "conv 6 5x5", "tanh", "average pool 2x2", "conv 16 5x5", "tanh",
        "average pool 2x2", "flatten", "dense 120", "tanh", "dense 84", "tanh", "dense 10",
    ]  # fmt: skip


def write_alexnet() -> Lines:
    """torchvision's: Krizhevsky, "One weird trick", arXiv:1404.5997."""
    return [
        "input 224x224x3",
        "conv 64 11x11 padding 2 stride 4", "relu", "max pool 3x3 stride 2",
        "conv 192 5x5 padding 2", "relu", "max pool 3x3 stride 2",
        "conv 384 3x3 padding 1", "relu",
        "conv 256 3x3 padding 1", "relu",
        "conv 256 3x3 padding 1", "relu", "max pool 3x3 stride 2",
        "adaptive pool 6x6", "flatten",
        "dropout 0.5", "dense 4096", "relu",
        "dropout 0.5", "dense 4096", "relu",
        "dense 1000",
    ]  # fmt: skip


def write_vgg16() -> Lines:
    """Simonyan and Zisserman, ICLR 2015."""
    lines = ["input 224x224x3"]
    for filters, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        lines += [f"conv {filters} 3x3 same", "relu"] * convolutions + ["max pool 2x2"]
    dense = ["dense 4096", "relu", "dropout 0.5"] * 2
    return [*lines, "flatten", *dense, "dense 1000"]


def write_inception() -> Lines:
    """GoogLeNet's block 3a: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015."""
    ways = (
        ["conv 64 1x1", "relu"],
        ["conv 96 1x1", "relu", "conv 128 3x3 same", "relu"],
        ["conv 16 1x1", "relu", "conv 32 5x5 same", "relu"],
        ["max pool 3x3 padding 1 stride 1", "conv 32 1x1", "relu"],
    )
    lines = ["input 28x28x192"]
    for way in ways:
        lines += ["branch", *indent(way)]
    return [*lines, "concat"]


def write_resnet(depths: Sequence[int], *, bottleneck: bool) -> Lines:
    """He, Zhang, Ren and Sun, "Deep Residual Learning", CVPR 2016, as torchvision has it."""
    lines = ["input 224x224x3", "conv 64 7x7 padding 3 stride 2 no bias", "batch norm", "relu"]
    lines += ["max pool 3x3 padding 1 stride 2"]
    before = 64
    for number, (depth, width) in enumerate(zip(depths, (64, 128, 256, 512), strict=True)):
        after, stride = width * (4 if bottleneck else 1), 2 if number else 1
        first = _write_residual(width, after, stride, bottleneck)
        if stride > 1 or before != after:
            way = [f"conv {after} 1x1{_stride(stride)} no bias", "batch norm"]
            first += ["shortcut", *indent(way)]
        others = [*_write_residual(width, after, 1, bottleneck), "relu"]
        stage = [*first, "relu", f"repeat {depth - 1}", *indent(others)]
        lines += [f"block stage {number + 1}", *indent(stage)]
        before = after
    return [*lines, "global pool", "flatten", "dense 1000"]


def _stride(stride: int) -> str:
    return f" stride {stride}" if stride > 1 else ""


def _write_residual(width: int, after: int, stride: int, bottleneck: bool) -> Lines:
    middle = f"conv {width} 3x3 padding 1{_stride(stride)} no bias"
    convs = [middle, f"conv {after} 3x3 padding 1 no bias"]
    if bottleneck:
        convs = [f"conv {width} 1x1 no bias", middle, f"conv {after} 1x1 no bias"]
    lines: Lines = []
    for conv in convs:
        lines += [conv, "batch norm", "relu"]
    return ["residual", *indent(lines[:-1])]


def write_inverted_residual(
    inputs: int, outputs: int, *, expand: int, kernel: int = 3, stride: int = 1,
    activation: str = "relu6", squeezed: int = 0,
) -> Lines:  # fmt: skip
    """Wide inside, narrow outside: Sandler et al., "MobileNetV2", CVPR 2018."""
    lines: Lines = []
    if expand > 1:
        lines += [f"conv {inputs * expand} 1x1 no bias", "batch norm", activation]
    lines += [f"depthwise {kernel}x{kernel} padding {kernel // 2}{_stride(stride)} no bias"]
    lines += ["batch norm", activation]
    if squeezed:
        lines += [f"squeeze excite {squeezed}"]
    lines += [f"conv {outputs} 1x1 no bias", "batch norm"]
    is_added = stride == 1 and inputs == outputs
    return ["residual" if is_added else f"block {expand} times as wide", *indent(lines)]


# Expansion, kernel, stride, channels out, and how often, of EfficientNet-B0.
STAGES = (
    (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
)  # fmt: skip
# Width, depth and side in pixels, as the authors published B0 to B7; the rule's phi, whose depth
# theirs is nearest to. The larger ones are wider and take larger pictures than the rule says.
SCALES = (
    (1.0, 1.0, 224), (1.0, 1.1, 240), (1.1, 1.2, 260), (1.2, 1.4, 300), (1.4, 1.8, 380),
    (1.6, 2.2, 456), (1.8, 2.6, 528), (2.0, 3.1, 600),
)  # fmt: skip
PHIS = (0, 0.5, 1, 2, 3, 4, 5, 6)
DROPOUT = (0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5)  # before the last layer
DEPTH, WIDTH, RESOLUTION = 1.2, 1.1, 1.15  # the rule: each to the power of phi


def write_efficientnet(size: int = 0) -> Lines:
    """EfficientNet-B0 to B7, by ``size`` 0 to 7.

    Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML
    2019: depth times 1.2, width times 1.1 and resolution times 1.15, each to the power of phi, so
    that products grow about 2 to the power of phi times, as 1.2 · 1.1² · 1.15² is nearly 2. The
    published networks keep to it loosely; their numbers are taken here, as torchvision does.
    """
    size = check_whole("the size", size, 0, LARGEST)
    width, depth, side = SCALES[size]
    before = _round_channels(32 * width)
    lines = [f"input {side}x{side}x3", f"conv {before} 3x3 padding 1 stride 2 no bias"]
    lines += ["batch norm", "silu"]
    last = 0
    for number, (expand, kernel, stride, channels, times) in enumerate(STAGES, 1):
        after, many = _round_channels(channels * width), math.ceil(times * depth)
        first = _write_mb_conv(before, after, expand, kernel, stride)
        others = _write_mb_conv(after, after, expand, kernel, 1)
        stage = first if many == 1 else [*first, f"repeat {many - 1}", *indent(others)]
        lines += [f"block stage {number}", *indent(stage)]
        before, last = after, 4 * after
    lines += [f"conv {last} 1x1 no bias", "batch norm", "silu"]
    return [*lines, "global pool", "flatten", f"dropout {DROPOUT[size]}", "dense 1000"]


def _write_mb_conv(inputs: int, outputs: int, expand: int, kernel: int, stride: int) -> Lines:
    return write_inverted_residual(
        inputs, outputs, expand=expand, kernel=kernel, stride=stride, activation="silu",
        squeezed=max(1, inputs // 4),
    )  # fmt: skip


def _round_channels(channels: float) -> int:
    """To a multiple of 8, and not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def write_simple_cnn() -> Lines:
    """The network that the lesson on training begins with, for digits."""
    return [
        "input 28x28x1", "conv 32 3x3", "relu", "max pool 2x2", "conv 64 3x3", "relu",
        "max pool 2x2", "flatten", "dense 64", "relu", "dropout 0", "dense 10",
    ]  # fmt: skip


def write_unet(widths: Sequence[int] = (24, 48, 96, 160, 160), side: int = 256) -> Lines:
    """The network that finds nuclei here: Ronneberger, Fischer and Brox, MICCAI 2015, padded."""

    def convolve(channels: int) -> Lines:
        return [f"conv {channels} 3x3 padding 1 no bias", "batch norm", "relu"] * 2

    lines = convolve(widths[-1])
    for width in reversed(widths[:-1]):
        lines = [
            *convolve(width),
            "branch", *indent(["max pool 2x2", *lines, "upsample 2"]),
            "branch  # the skip connection: handed on as it is",
            "concat",
            *convolve(width),
        ]  # fmt: skip
    return [f"input {side}x{side}x3", *lines, "conv 1 1x1"]


_DIGITS = [
    "input 28x28x1", "conv 32 3x3", "relu", "max pool 2x2", "conv 64 3x3", "relu", "max pool 2x2",
    "conv 128 3x3", "relu", "flatten", "dense 10",
]  # fmt: skip
_CLASS_TEST = [
    "input 8x8x1", "conv 1 2x2 valid stride 2", "conv 2 2x2 same stride 1", "max pool 2x2 stride 2",
    "flatten", "dense 10", "dense 10", "dense 3",
]  # fmt: skip
_MOBILE = ["input 56x56x24", *write_inverted_residual(24, 24, expand=6)]

EFFICIENTNET = "EfficientNet-B0"
STACKS = {
    name: "\n".join(lines)
    for name, lines in {
        "small digits convnet": _DIGITS,
        "LeNet-5": write_lenet(),
        "class test": _CLASS_TEST,
        "SimpleCNN": write_simple_cnn(),
        "AlexNet": write_alexnet(),
        "VGG16": write_vgg16(),
        "Inception block": write_inception(),
        "ResNet-18": write_resnet((2, 2, 2, 2), bottleneck=False),
        "ResNet-50": write_resnet((3, 4, 6, 3), bottleneck=True),
        "MobileNetV2 block": _MOBILE,
        EFFICIENTNET: write_efficientnet(0),
        "U-Net": write_unet(),
        "one dense layer on full HD": ["input 1080x1920x3", "flatten", "dense 4000000"],
    }.items()
}
"""Networks by name, as text."""

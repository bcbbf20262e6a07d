"""Why networks are built as they are: the same step in two ways, counted beside each other."""

from dataclasses import dataclass

from cvcore.convolution.stack import describe_stack
from cvcore.convolution.stack_presets import (
    DEPTH,
    LARGEST,
    PHIS,
    RESOLUTION,
    SCALES,
    WIDTH,
    write_efficientnet,
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One of the two ways."""

    title: str
    text: str  # the stack

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in describe_stack(self.text))

    @property
    def multiplications(self) -> int:
        return sum(row.multiplications for row in describe_stack(self.text))


@dataclass(frozen=True)
class Saving:
    """Two ways to the same shape, and what the second is for."""

    title: str
    why: str
    ways: tuple[Way, Way]


def _ways(before: str, plain: tuple[str, str], clever: tuple[str, str]) -> tuple[Way, Way]:
    first, second = (Way(title, f"input {before}\n{lines}") for title, lines in (plain, clever))
    return first, second


SAVINGS = (
    Saving(
        "Depthwise separable",
        "Space and channels apart: first each channel for itself, then 1x1 mixes the channels "
        "(Howard et al., MobileNets, 2017).",
        _ways(
            "56x56x128", ("one 3x3 convolution", "conv 128 3x3 same no bias"),
            ("depthwise 3x3, then 1x1", "depthwise 3x3 same no bias\nconv 128 1x1 no bias"),
        ),
    ),
    Saving(
        "Bottleneck",
        "1x1 makes the map thin, 3x3 works on the thin one, 1x1 makes it wide again "
        "(He et al., ResNet-50, 2016).",
        _ways(
            "56x56x256", ("two 3x3 at full width", "conv 256 3x3 same\nconv 256 3x3 same"),
            ("1x1, 3x3, 1x1", "conv 64 1x1\nconv 64 3x3 same\nconv 256 1x1"),
        ),
    ),
    Saving(
        "Two small windows",
        "Two 3x3 see as far as one 5x5, with a ReLU more between them "
        "(Simonyan and Zisserman, VGG, 2015).",
        _ways(
            "28x28x256", ("one 5x5", "conv 256 5x5 same"),
            ("two 3x3", "conv 256 3x3 same\nrelu\nconv 256 3x3 same"),
        ),
    ),
    Saving(
        "1x1 before 5x5",
        "Inception's branches make the map thin before their large windows "
        "(Szegedy et al., GoogLeNet, 2015).",
        _ways(
            "28x28x192", ("5x5 at once", "conv 32 5x5 same"),
            ("1x1, then 5x5", "conv 16 1x1\nrelu\nconv 32 5x5 same"),
        ),
    ),
    Saving(
        "Global pooling",
        "One mean a channel instead of a weight for every place "
        "(Lin, Chen and Yan, Network in Network, 2014).",
        _ways(
            "7x7x512", ("flatten, then dense", "flatten\ndense 1000"),
            ("global pooling, then dense", "global pool\nflatten\ndense 1000"),
        ),
    ),
    Saving(
        "Residual",
        "Adding the input costs no weight; it gives the slope a way around the block, and a block "
        "that learns nothing does no harm (He et al., 2016).",
        _ways(
            "28x28x128", ("two 3x3, plain", "conv 128 3x3 same\nrelu\nconv 128 3x3 same"),
            ("the same, residual", "residual\n  conv 128 3x3 same\n  relu\n  conv 128 3x3 same"),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """One of EfficientNet's sizes: what the rule says, and what was published."""

    size: int  # B0 to B7
    phi: float
    rule: tuple[float, float, float]  # depth, width, side in pixels
    published: tuple[float, float, int]
    parameters: int
    multiplications: int


def list_scales() -> tuple[Scale, ...]:
    """EfficientNet-B0 to B7 (25 ms); the rule's numbers are 1.2, 1.1 and 1.15 to the power of phi,
    the last times 224."""
    scales = []
    for size in range(LARGEST + 1):
        rows = describe_stack(write_efficientnet(size))
        (width, depth, side), phi = SCALES[size], PHIS[size]
        scales.append(
            Scale(
                size, phi, (DEPTH**phi, WIDTH**phi, 224 * RESOLUTION**phi), (depth, width, side),
                sum(row.parameters for row in rows), sum(row.multiplications for row in rows),
            )
        )  # fmt: skip
    return tuple(scales)

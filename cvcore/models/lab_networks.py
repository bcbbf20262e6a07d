"""Small networks for pictures, to be trained while one watches; each a plain PyTorch module.

All take float (N, C, S, S) in [0, 1] and answer with logits (N, K). Their dropout draws from a
generator of its own, so that several trainings in one process do not disturb each other.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.models.digits_cnn import DigitsCNN

Input: TypeAlias = tuple[int, int, int]  # channels, side, classes
GROUPS = 4  # of group norm
SMALL_STD = 0.01


class SeededDropout(nn.Module):
    """Dropout (Srivastava et al., JMLR 2014) whose share may change and whose draws are its own.

    ``share`` in [0, 1) of the values becomes 0 in training, the others grow by 1 / (1 - share).
    """

    def __init__(self, share: float = 0.0) -> None:
        super().__init__()
        self.share = share
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.share:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.share, generator=self.generator)
        return x * kept / (1 - self.share)


def make_norm(kind: str, channels: int, *, flat: bool = False) -> nn.Module:
    """A normalisation of ``channels``: "none", "batch" (Ioffe and Szegedy, 2015), "layer" (Ba et
    al., 2016) or "group" (Wu and He, 2018, four groups). ``flat`` for vectors instead of maps."""
    if kind == "batch":
        return nn.BatchNorm1d(channels) if flat else nn.BatchNorm2d(channels)
    if kind == "layer":  # over all channels and places of a picture
        return nn.GroupNorm(1, channels)
    if kind == "group":
        return nn.GroupNorm(GROUPS, channels)
    return nn.Identity()


def _dense(inputs: int, outputs: int, norm: str, dropout: float) -> nn.Sequential:
    layers = [nn.Linear(inputs, outputs), make_norm(norm, outputs, flat=True)]
    return nn.Sequential(*layers, nn.ReLU(), SeededDropout(dropout))


def build_linear(size: Input, norm: str = "none", dropout: float = 0.0) -> nn.Sequential:
    """One layer from pixels to classes: softmax regression. It has no place for norm or dropout."""
    channels, side, classes = size
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * side * side, classes))


def build_mlp(
    size: Input, norm: str = "none", dropout: float = 0.0, *, hidden: Sequence[int] = (128, 256)
) -> nn.Sequential:
    """Pixels, 128 and 256 hidden units with ReLU, classes; dropout after each hidden layer."""
    channels, side, classes = size
    first, second = hidden
    return nn.Sequential(
        nn.Flatten(),
        _dense(channels * side * side, first, norm, dropout),
        _dense(first, second, norm, dropout),
        nn.Linear(second, classes),
    )


def build_simple_cnn(
    size: Input, norm: str = "none", dropout: float = 0.0, *, hidden: Sequence[int] = (32, 64, 64)
) -> nn.Sequential:
    """Convolution 32, pool, convolution 64, pool, dense 64, classes; dropout before the last."""
    channels, side, classes = size
    first, second, dense = hidden
    last = ((side - 2) // 2 - 2) // 2

    def convolve(inputs: int, outputs: int) -> nn.Sequential:
        layers = [nn.Conv2d(inputs, outputs, 3), make_norm(norm, outputs)]
        return nn.Sequential(*layers, nn.ReLU(), nn.MaxPool2d(2))

    return nn.Sequential(
        convolve(channels, first),
        convolve(first, second),
        nn.Flatten(),
        _dense(second * last * last, dense, norm, dropout),
        nn.Linear(dense, classes),
    )


def build_seeded_digits_cnn(
    size: Input, norm: str = "none", dropout: float = 0.0, *, hidden: Sequence[int] = (32, 64, 128)
) -> DigitsCNN:
    """The digits convnet (Chollet, 2021); norms after its convolutions. Grey 28 x 28 alone."""
    if size != (1, 28, 10):
        raise ValueError(f"The digits convnet takes (1, 28, 10), got {size}.")
    net = DigitsCNN(hidden)
    net.dropout = SeededDropout(dropout)
    for name, channels in zip(("act1", "act2", "act3"), hidden, strict=True):
        if norm != "none":
            setattr(net, name, nn.Sequential(make_norm(norm, channels), nn.ReLU()))
    return net


class Block(nn.Module):
    """Two convolutions, with the input added to what they give, or not (He et al., CVPR 2016).

    Where the maps halve, what is added is their mean over 2 x 2, with channels of zeros: with or
    without skips a network has the same parameters.
    """

    def __init__(self, inputs: int, outputs: int, norm: str, *, skip: bool) -> None:
        super().__init__()
        self.stride, self.more, self.skip = 1 + (inputs != outputs), outputs - inputs, skip
        self.conv1 = nn.Conv2d(inputs, outputs, 3, self.stride, 1)
        self.norm1 = make_norm(norm, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.norm2 = make_norm(norm, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.skip:
            if self.more:
                x = F.pad(F.avg_pool2d(x, 2, ceil_mode=True), (0, 0, 0, 0, 0, self.more))
            y = y + x
        return F.relu(y)


def build_residual(
    size: Input, norm: str = "none", dropout: float = 0.0, *, depth: int = 8, skips: bool = True,
    hidden: Sequence[int] = (8, 16, 32),
) -> nn.Sequential:  # fmt: skip
    """``depth`` weighted layers (even, 8 on): a convolution at half the side, blocks of two in
    three stages of 8, 16 and 32 channels (each more than the one before, as it halves the side),
    the mean over all places, classes."""
    channels, _, classes = size
    layers: list[nn.Module] = [
        nn.Sequential(
            nn.Conv2d(channels, hidden[0], 3, 2, 1), make_norm(norm, hidden[0]), nn.ReLU()
        )
    ]
    blocks, inputs = (depth - 2) // 2, hidden[0]
    for stage, width in enumerate(hidden):
        for _ in range((blocks - stage + len(hidden) - 1) // len(hidden)):
            layers.append(Block(inputs, width, norm, skip=skips))
            inputs = width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), SeededDropout(dropout)]
    return nn.Sequential(*layers, *head, nn.Linear(inputs, classes))


BUILD: dict[str, Callable[..., nn.Module]] = {
    "linear": build_linear,
    "mlp": build_mlp,
    "simple_cnn": build_simple_cnn,
    "digits_cnn": build_seeded_digits_cnn,
    "residual": build_residual,
}


def list_layers(net: nn.Module) -> list[tuple[str, nn.Module]]:
    """The layers with weights, in order, without the norms: ("1 dense", module) and so on."""
    kinds = {nn.Linear: "dense", nn.Conv2d: "convolution"}
    layers = [module for module in net.modules() if type(module) in kinds]
    return [(f"{i} {kinds[type(layer)]}", layer) for i, layer in enumerate(layers, start=1)]


@torch.no_grad()
def initialise(net: nn.Module, kind: str, generator: torch.Generator) -> None:
    """Draw the weights of dense layers and convolutions; biases are 0, norms start as identity.

    "zeros"; "small", normal with a standard deviation of 0.01; "glorot", uniform with variance
    2 / (inputs + outputs) (Glorot and Bengio, 2010); "he", normal with variance 2 / inputs
    (He et al., 2015). Inputs and outputs count a filter's places.
    """
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            weight = module.weight
            if kind == "zeros":
                weight.zero_()
            elif kind == "small":
                weight.normal_(0, SMALL_STD, generator=generator)
            else:
                inputs, outputs = weight[0].numel(), weight.numel() // weight.shape[1]
                if kind == "glorot":
                    limit = math.sqrt(6 / (inputs + outputs))
                    weight.uniform_(-limit, limit, generator=generator)
                else:
                    weight.normal_(0, math.sqrt(2 / inputs), generator=generator)
            assert module.bias is not None
            module.bias.zero_()
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.GroupNorm):
            module.reset_parameters()


def build(name: str, size: Input, **settings: Any) -> nn.Module:
    """A network of ``BUILD`` without values yet: call ``initialise``. Draws no random numbers."""
    with torch.device("meta"):
        net = BUILD[name](size, **settings)
    return net.to_empty(device="cpu").float()


def count_parameters(net: nn.Module) -> int:
    """How many numbers of a network can learn."""
    return sum(parameter.numel() for parameter in net.parameters() if parameter.requires_grad)

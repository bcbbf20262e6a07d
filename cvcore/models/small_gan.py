"""Two small dense networks that play against each other: points in the plane, or small pictures."""

import math
from collections.abc import Sequence

import torch
from torch import nn

SLOPE = 0.2  # of the discriminator's leaky ReLUs below 0
FIRST = 0.3  # of its last weights: at first a generator of points puts them close together


def make_dense(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A dense layer, weights as He et al. draw them (ICCV 2015), biases within 1 / sqrt(inputs).

    All numbers come from ``generator``: those of other trainings are not disturbed.
    """
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    bound = 1 / math.sqrt(inputs)
    with torch.no_grad():
        layer.weight.uniform_(-math.sqrt(3) * bound, math.sqrt(3) * bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)
    return layer


def build_generator(
    noise: int, size: int, hidden: Sequence[int], generator: torch.Generator, *, is_picture: bool
) -> nn.Sequential:
    """Latents (N, noise) to points (N, size) in the plane, or to greys in [0, 1].

    For pictures each hidden layer has batch norm (Ioffe and Szegedy, ICML 2015) by the batch's own
    mean and variance, in training and after it: N must be 2 or more.
    """
    layers: list[nn.Module] = []
    for width in hidden:
        norm = [nn.BatchNorm1d(width, track_running_stats=False)] if is_picture else []
        layers += [make_dense(noise, width, generator), *norm, nn.ReLU()]
        noise = width
    last = make_dense(noise, size, generator)
    if is_picture:
        return nn.Sequential(*layers, last, nn.Sigmoid())
    with torch.no_grad():
        last.weight *= FIRST
    return nn.Sequential(*layers, last)


def build_discriminator(
    size: int, hidden: Sequence[int], generator: torch.Generator
) -> nn.Sequential:
    """Points or pictures (N, size) to logits (N, 1): above 0 they are taken for real."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [make_dense(size, width, generator), nn.LeakyReLU(SLOPE)]
        size = width
    return nn.Sequential(*layers, make_dense(size, 1, generator))

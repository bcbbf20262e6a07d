"""An autoencoder as it is drawn: its layers with their shapes and numbers of weights."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from cvcore.autoencoders.settings import SIDE, Settings
from cvcore.engine.isolation import undisturbed
from cvcore.models.autoencoders import Autoencoder

KINDS = {
    nn.Linear: "dense",
    nn.Conv2d: "convolution",
    nn.ConvTranspose2d: "transposed convolution",
}


@dataclass(frozen=True)
class Layer:
    """What comes out of a layer."""

    part: str
    """"encoder", "bottleneck" or "decoder"."""
    kind: str
    """"input", "dense", "convolution", "transposed convolution", or "code" for the bottleneck."""
    shape: tuple[int, ...]
    """Of one picture: (units,), or (channels, height, width)."""
    parameters: int
    """Numbers of the layer that can learn."""


@undisturbed
def describe(settings: Settings) -> tuple[Layer, ...]:
    """The layers of the autoencoder with these settings, from the input to the rebuilt picture.

    The bottleneck stands once, as "code", with the weights that lead to it; of a variational one
    they lead to means and log variances, which are as many again.
    """
    with torch.device("meta"):
        net = Autoencoder(settings.network, settings.bottleneck, variational=settings.variational)
    return describe_network(
        net.encoder, net.decoder, (1, SIDE, SIDE), settings.bottleneck, device="meta"
    )


def describe_network(
    encoder: nn.Sequential, decoder: nn.Sequential, size: tuple[int, ...], code: int,
    *, device: str,
) -> tuple[Layer, ...]:  # fmt: skip
    """The layers of an encoder for pictures (C, S, S), a code, and a decoder."""
    layers = [Layer("encoder", "input", size, 0)]
    layers += _follow("encoder", encoder, torch.zeros(1, *size, device=device))
    last = layers.pop()
    layers.append(Layer("bottleneck", "code", (code,), last.parameters))
    return (*layers, *_follow("decoder", decoder, torch.zeros(1, code, device=device)))


@torch.no_grad()
def _follow(part: str, net: nn.Module, x: torch.Tensor) -> list[Layer]:
    """The layers with weights; what a step without any makes of a shape counts for them."""
    layers: list[Layer] = []
    for step in _list_steps(net):
        x = step(x)
        shape, count = tuple(x.shape[1:]), sum(one.numel() for one in step.parameters())
        if type(step) in KINDS:
            layers.append(Layer(part, KINDS[type(step)], shape, count))
        elif layers and not isinstance(step, nn.Flatten):
            before = layers[-1]
            layers[-1] = Layer(part, before.kind, shape, before.parameters + count)
    return layers


def _list_steps(net: nn.Module) -> Iterable[nn.Module]:
    return [one for one in net.modules() if not list(one.children())]

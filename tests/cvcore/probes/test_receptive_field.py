"""Receptive fields beside the support of the gradient, and beside published numbers."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from cvcore.models.digits_cnn import build_digits_cnn
from cvcore.models.efficientnet_lite import build_efficientnet_lite0
from cvcore.models.torchvision_net import NormalisedNet
from cvcore.probes.hooks import list_layers, record
from cvcore.probes.receptive_field import trace_receptive_fields


def make_linear(net):
    """Every path open: all weights alike and above 0, every rectifier passes, double precision."""
    for part in net.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data.fill_(1 / part.weight[0].numel())
            if part.bias is not None:
                part.bias.data.zero_()
    return net.double().eval()


def find_support(net, shape, layer, place):
    """Box of the pixels with a gradient other than 0."""
    x = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    maps = record(net, x, [layer])[layer]
    (gradient,) = torch.autograd.grad(maps[0, :, place[0], place[1]].sum(), x)
    seen = (gradient[0] != 0).any(dim=0)
    rows, columns = np.flatnonzero(seen.any(dim=1)), np.flatnonzero(seen.any(dim=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def check_corners_and_middle(net, shape, layer):
    field = trace_receptive_fields(net, shape)[layer]
    height, width = field.map_hw
    for place in {(0, 0), (height // 2, width // 2), (height - 1, width - 1), (0, width - 1)}:
        assert field.box(*place) == find_support(net, shape, layer, place), (layer, place)


@pytest.mark.parametrize("layer", ["act1", "blocks.1.0.conv_dw", "blocks.2.1", "blocks.3.1.bn3"])
def test_efficientnet_equals_the_gradients_support(layer):
    net = make_linear(build_efficientnet_lite0())
    check_corners_and_middle(net, (3, 49, 64), layer)


@pytest.mark.parametrize("layer", ["conv1", "pool1", "act2", "act3"])
def test_digits_net_equals_the_gradients_support(layer):
    net = make_linear(build_digits_cnn())
    net.pool1, net.pool2 = nn.AvgPool2d(2), nn.AvgPool2d(2)  # a maximum has one winner alone
    check_corners_and_middle(net, (1, 28, 28), layer)


@pytest.mark.parametrize(
    "window",
    [
        nn.Conv2d(1, 1, 3, stride=2, dilation=2),
        nn.Conv2d(1, 1, (1, 5), padding="same"),
        nn.AvgPool2d(3, stride=2, padding=1),
        nn.Conv2d(1, 1, 2, stride=3),
    ],
)
def test_windows_of_every_make(window):
    net = make_linear(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2), window, nn.Conv2d(1, 1, 2)))
    for layer in ("1", "2"):
        check_corners_and_middle(net, (1, 33, 30), layer)


def test_published_sizes():
    vgg = trace_receptive_fields(NormalisedNet(models.vgg16()), (3, 224, 224))
    assert vgg["net.features.30"].size_hw == (212, 212)  # pool5, Araujo et al. 2019
    assert vgg["net.features.30"].stride_hw == (32, 32)
    resnet = trace_receptive_fields(NormalisedNet(models.resnet50()), (3, 224, 224))
    assert resnet["net.layer3"].stride_hw == (16, 16)


def test_a_gate_sees_everything():
    net = models.mobilenet_v3_large().eval()
    field = trace_receptive_fields(net, (3, 64, 64))["features.16"]
    assert field.size_hw == (math.inf, math.inf)
    assert field.box(0, 0) == (0, 0, 64, 64)


def test_every_listed_layer_has_a_field():
    net, shape = NormalisedNet(models.convnext_tiny()).eval(), (3, 64, 64)
    fields = trace_receptive_fields(net, shape)
    layers = list_layers(net, torch.zeros(1, *shape))
    assert len(layers) == 62
    for layer in layers:
        assert fields[layer.name].map_hw == layer.shape[1:]


def test_unknown_operations_and_places_are_refused():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 3)

        def forward(self, x):
            return torch.fft.fft2(self.conv(x)).real

    with pytest.raises(ValueError, match="no rule"):
        trace_receptive_fields(Odd(), (1, 8, 8))
    field = trace_receptive_fields(nn.Conv2d(1, 1, 3), (1, 8, 8))
    assert field == {}
    field = trace_receptive_fields(nn.Sequential(nn.Conv2d(1, 1, 3)), (1, 8, 8))["0"]
    with pytest.raises(ValueError, match="places"):
        field.box(6, 0)

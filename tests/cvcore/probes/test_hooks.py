"""Hooks, and that everything is put back."""

import threading

import pytest
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from cvcore.probes import hooks
from cvcore.probes.hooks import guided_relus, list_layers, record, scale_channels


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Dropout(0.9),
        nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(2 * 4 * 4, 5),
    )  # fmt: skip


@pytest.fixture
def batch():
    return torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))


def count_hooks(net):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in net.modules())


def test_outputs_equal_torchvisions_extractor(net, batch):
    net.eval()
    net[2].inplace = False  # torchvision's extractor does not copy, so it must not be overwritten
    names = ["0", "1", "2", "4"]
    with torch.no_grad():
        theirs = create_feature_extractor(net, names)(batch)
    net[2].inplace = True
    ours = record(net, batch, names, stop=False)
    for name in names:
        torch.testing.assert_close(ours[name], theirs[name])
    torch.testing.assert_close(ours[""], net(batch))


def test_inputs_are_what_the_layer_before_put_out(net, batch):
    torch.testing.assert_close(
        record(net, batch, ["1"], inputs=True)["1"], record(net, batch, ["0"])["0"]
    )


def test_the_rest_of_the_network_does_not_run(net, batch):
    ran = []
    net[6].register_forward_hook(lambda *_: ran.append(1))
    record(net, batch, ["4"])
    assert not ran
    record(net, batch, ["4"], stop=False)
    assert ran == [1]


@pytest.mark.parametrize("training", [True, False])
def test_hooks_and_modes_are_put_back_after_an_exception(net, training):
    net.train(training)
    net[1].eval()
    modes = [part.training for part in net.modules()]
    wrong = torch.rand(1, 2, 8, 8)
    with pytest.raises(RuntimeError):
        record(net, wrong, ["0"], stop=False)
    with pytest.raises(RuntimeError), scale_channels(net, "0", torch.ones(3)):
        net(wrong)
    with pytest.raises(RuntimeError), guided_relus(net):
        net(wrong)
    with pytest.raises(RuntimeError):
        list_layers(net, wrong)
    assert count_hooks(net) == 0
    assert [part.training for part in net.modules()] == modes


def test_silenced_channels_put_out_zeros(net, batch):
    net.eval()
    with torch.no_grad():
        plain = record(net, batch, ["0"])["0"]
        factors = torch.tensor([1.0, 0.0, 2.0])
        with scale_channels(net, "0", factors):
            changed = record(net, batch, ["1"], inputs=True)["1"]
    torch.testing.assert_close(changed, plain * factors.view(1, 3, 1, 1))
    torch.testing.assert_close(record(net, batch, ["0"])["0"], plain)


def test_hooks_act_on_their_own_thread_alone(net, batch):
    net.eval()
    expected, seen = net(batch), []
    with scale_channels(net, "0", torch.zeros(3)):
        thread = threading.Thread(target=lambda: seen.append(net(batch)))
        thread.start()
        thread.join()
        assert not torch.equal(net(batch), expected)
    torch.testing.assert_close(seen[0], expected)


def test_guided_gradients_by_hand():
    net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(2, 1, 1, bias=False))
    net[0].weight.data = torch.tensor([2.0, 3.0]).view(2, 1, 1, 1)
    net[2].weight.data = torch.tensor([5.0, -7.0]).view(1, 2, 1, 1)
    x = torch.ones(1, 1, 1, 1, requires_grad=True)
    (plain,) = torch.autograd.grad(net(x).sum(), x)
    with guided_relus(net):
        (guided,) = torch.autograd.grad(net(x).sum(), x)
    assert float(plain) == 2 * 5 - 3 * 7
    assert float(guided) == 2 * 5  # what comes back through the second unit is below 0


def test_layers_of_a_small_net(net, batch):
    layers = list_layers(net, batch)
    assert [(row.name, row.kind, row.shape, row.stage) for row in layers] == [
        ("0", "convolution", (3, 6, 6), 0),
        ("1", "batch norm", (3, 6, 6), 0),
        ("2", "activation", (3, 6, 6), 0),
        ("4", "convolution", (2, 4, 4), 1),
    ]


def test_parts_that_run_twice_are_not_listed():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(1, 1, 1), nn.ReLU()

        def forward(self, x):
            return self.relu(self.conv(self.relu(x)))

    assert [row.name for row in list_layers(Twice(), torch.rand(1, 1, 4, 4))] == ["conv"]


def test_outputs_that_change_in_place_are_places_of_their_own():
    """As in a ResNet: the sum and the rectifier after it work in the batch norm's own tensor."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.relu = nn.Conv2d(2, 2, 1), nn.ReLU(inplace=True)

        def forward(self, x):
            out = self.conv(self.relu(self.conv.weight.new_ones(x.shape)))
            out += x
            return self.relu(out)

    net = nn.Sequential(Block(), nn.Sequential(nn.Conv2d(2, 2, 1)), nn.ReLU(inplace=True))
    rows = list_layers(net, torch.rand(1, 2, 4, 4))
    assert [row.name for row in rows] == ["0.conv", "0", "1.0", "2"]  # "1" only passes on "1.0"


def test_unknown_layers(net, batch):
    with pytest.raises(ValueError, match="no layer 'nine'"):
        record(net, batch, ["nine"])
    assert hooks.describe_kind(nn.Conv2d(4, 4, 3, groups=4)) == "depthwise convolution"

"""Networks, their first weights, losses and gradients, against formulas and hand-worked cases."""

import math

import numpy as np
import pytest
import torch

from cvcore.models import lab_networks
from cvcore.models.digits_cnn import build_digits_cnn
from cvcore.recognition.datasets import make_generator
from cvcore.training_lab import (
    Settings,
    augment,
    build_network,
    compute_loss,
    count_parameters,
    train,
)
from cvcore.training_lab.learner import Batches, Learner, count_steps

DIGITS = (1, 28, 10)


@pytest.mark.parametrize(
    ("network", "count"),
    [
        ("linear", 784 * 10 + 10),
        ("mlp", 784 * 128 + 128 + 128 * 256 + 256 + 256 * 10 + 10),
        ("simple_cnn", 320 + 18_496 + 1600 * 64 + 64 + 650),
        ("digits_cnn", 104_202),
    ],
)
def test_parameters(network, count):
    net = build_network(Settings(network=network), DIGITS)
    assert lab_networks.count_parameters(net) == count
    assert net(torch.rand(2, *DIGITS[:1], 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    ("network", "width", "count"),
    [
        ("linear", 4, 784 * 10 + 10),
        ("mlp", 2, 784 * 256 + 256 + 256 * 512 + 512 + 512 * 10 + 10),
        ("mlp", 0.25, 784 * 32 + 32 + 32 * 64 + 64 + 64 * 10 + 10),
        ("simple_cnn", 0.5, 160 + (16 * 9 + 1) * 32 + (32 * 25 + 1) * 32 + 330),
        ("digits_cnn", 0.25, 80 + (8 * 9 + 1) * 16 + (16 * 9 + 1) * 32 + 32 * 9 * 10 + 10),
    ],
)
def test_parameters_at_other_widths(network, width, count):
    assert count_parameters(Settings(network=network, width=width), DIGITS) == count


@pytest.mark.parametrize("width", [0.25, 0.75, 4])
@pytest.mark.parametrize("network", ["mlp", "simple_cnn", "digits_cnn", "residual"])
def test_group_norm_fits_every_width(network, width):
    net = build_network(Settings(network=network, width=width, norm="group"), DIGITS)
    assert net(torch.rand(2, *DIGITS[:1], 28, 28)).shape == (2, 10)


def test_a_narrow_residual_network_still_halves_its_side_twice():
    net = build_network(Settings(network="residual", width=0.25), DIGITS)
    maps = [block for block in net.modules() if isinstance(block, lab_networks.Block)]
    assert [block.stride for block in maps] == [1, 2, 2]


def test_the_digits_convnet_is_the_bundled_one():
    own, bundled = build_network(Settings(network="digits_cnn"), DIGITS), build_digits_cnn()
    bundled.load_state_dict(own.state_dict())
    pictures = torch.rand(3, 1, 28, 28)
    assert torch.equal(own.eval()(pictures), bundled.eval()(pictures))


@pytest.mark.parametrize("depth", [8, 14, 20, 32])
def test_depth_counts_weighted_layers_and_skips_add_none(depth):
    plain, residual = (
        build_network(Settings(network="residual", depth=depth, skips=skips), (3, 64, 5))
        for skips in (False, True)
    )
    assert len(lab_networks.list_layers(plain)) == depth
    assert lab_networks.count_parameters(plain) == lab_networks.count_parameters(residual)
    assert residual(torch.rand(2, 3, 64, 64)).shape == (2, 5)


def test_a_block_without_weights_hands_its_input_on():
    block = lab_networks.Block(4, 8, "none", skip=True)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
    x = torch.rand(1, 4, 6, 6)
    y = block(x)
    assert torch.equal(y[:, 4:], torch.zeros(1, 4, 3, 3))
    means = x.view(1, 4, 3, 2, 3, 2).mean(dim=(3, 5))
    assert torch.allclose(y[:, :4], means)


@pytest.mark.parametrize("norm", ["batch", "layer", "group"])
@pytest.mark.parametrize("network", ["mlp", "simple_cnn", "digits_cnn", "residual"])
def test_norms_start_as_what_they_are(network, norm):
    net = build_network(Settings(network=network, norm=norm), DIGITS).train()
    kinds = (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.GroupNorm)
    norms = [module for module in net.modules() if isinstance(module, kinds)]
    assert norms
    seen = []
    for module in norms:
        module.register_forward_hook(lambda _, __, out: seen.append(out))
    net(torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0)))
    axes = (0, *range(2, seen[0].ndim)) if norm == "batch" else tuple(range(1, seen[0].ndim))
    assert float(seen[0].detach().mean(dim=axes).abs().max()) < 1e-4


@pytest.mark.parametrize("kind", ["small", "glorot", "he"])
def test_first_weights_have_the_formulas_spread(kind):
    net = build_network(Settings(network="simple_cnn", initialisation=kind, seed=3), DIGITS)
    formula = {
        "small": lambda inputs, outputs: 0.01,
        "glorot": lambda inputs, outputs: math.sqrt(2 / (inputs + outputs)),
        "he": lambda inputs, outputs: math.sqrt(2 / inputs),
    }[kind]
    sizes = [(9, 288), (288, 576), (1600, 64), (64, 10)]  # a filter's places count
    layers = lab_networks.list_layers(net)
    for (_, layer), (inputs, outputs) in zip(layers, sizes, strict=True):
        noise = 4 / math.sqrt(layer.weight.numel())
        assert float(layer.weight.detach().std()) == pytest.approx(
            formula(inputs, outputs), rel=noise
        )
        assert not layer.bias.any()


def test_glorot_and_he_are_pytorchs_own():
    for kind, reference in (
        ("glorot", torch.nn.init.xavier_uniform_),
        ("he", lambda w, generator: torch.nn.init.kaiming_normal_(
            w, nonlinearity="relu", generator=generator)),
    ):  # fmt: skip
        layer = torch.nn.Conv2d(3, 8, 3)
        lab_networks.initialise(layer, kind, make_generator(5))
        expected = reference(torch.empty(8, 3, 3, 3), generator=make_generator(5))
        assert torch.allclose(layer.weight, expected)


def test_losses_worked_by_hand():
    logits = torch.tensor([[math.log(2), 0.0, 0.0]])  # probabilities 1/2, 1/4, 1/4
    target = torch.tensor([1])
    cross = compute_loss(logits, target, Settings())
    assert float(cross) == pytest.approx(math.log(4))
    mse = compute_loss(logits, target, Settings(loss="mse"))
    assert float(mse) == pytest.approx(0.25 + 0.5625 + 0.0625)
    # targets 0.1 / 3 each, and 0.9 more for the truth
    smooth = compute_loss(logits, target, Settings(loss="label_smoothing", smoothing=0.1))
    expected = (0.1 / 3) * math.log(2) + (0.9 + 0.1 / 3) * math.log(4) + (0.1 / 3) * math.log(4)
    assert float(smooth) == pytest.approx(expected)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse", "label_smoothing"])
def test_single_losses_have_the_mean(loss):
    logits, targets = torch.randn(6, 4, generator=make_generator(1)), torch.arange(6) % 4
    settings = Settings(loss=loss)
    single = compute_loss(logits, targets, settings, reduction="none")
    assert single.shape == (6,)
    assert float(single.mean()) == pytest.approx(float(compute_loss(logits, targets, settings)))


def test_gradient_norms_are_autograds(small):
    """Of the first step, worked out anew; and the first weights' own gradient step."""
    settings = Settings(batch_size=17, epochs=1, examples=50, optimiser="sgd", rate=0.5, seed=4)
    *_, last = train(settings, small)
    learner = Learner(settings, small)
    pictures, targets = next(iter(Batches(learner.examples, settings, epoch=0)))
    loss = torch.nn.functional.cross_entropy(learner.net(pictures), targets)
    layers = [layer for _, layer in lab_networks.list_layers(learner.net)]
    gradients = torch.autograd.grad(loss, [layer.weight for layer in layers])
    expected = [math.sqrt(float((gradient.double() ** 2).sum())) for gradient in gradients]
    np.testing.assert_allclose(last.gradient_norms[0], expected, rtol=1e-5)
    assert last.training_loss[0] == pytest.approx(float(loss.detach()), rel=1e-6)


def test_plain_pytorch_takes_the_same_steps(small):
    """Adam with dropout off, written down as a tutorial does: the same losses."""
    settings = Settings(batch_size=17, epochs=2, examples=50, rate=1e-2, schedule="cosine")
    *_, last = train(settings, small)
    learner = Learner(settings, small)
    optimiser = torch.optim.Adam(learner.net.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 6)
    losses = []
    for epoch in range(2):
        for pictures, targets in Batches(learner.examples, settings, epoch=epoch):
            optimiser.zero_grad()
            loss = torch.nn.functional.cross_entropy(learner.net(pictures), targets)
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
    np.testing.assert_allclose(last.training_loss, losses, rtol=1e-4)


def test_dropout_keeps_the_mean_and_draws_from_its_own_generator():
    dropout = lab_networks.SeededDropout(0.25).train()
    x = torch.ones(100, 1000)
    state = torch.random.get_rng_state()
    dropout.generator = make_generator(7)
    y = dropout(x)
    assert torch.equal(state, torch.random.get_rng_state())
    assert y.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float((y == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    dropout.generator = make_generator(7)
    assert torch.equal(dropout(x), y)
    assert torch.equal(dropout.eval()(x), x)


@pytest.mark.parametrize(
    ("count", "batch", "steps"), [(50, 64, 1), (64, 64, 1), (65, 64, 1), (66, 64, 2), (50, 1, 50)]
)
def test_steps_an_epoch(small, count, batch, steps):
    assert count_steps(count, batch) == steps


def test_an_epoch_shows_each_example_once_in_another_order(small):
    part = small.training
    settings = Settings(batch_size=17)
    orders = []
    for epoch in range(2):
        shown = torch.cat([x for x, _ in Batches(part, settings, epoch=epoch)])
        rows = {row.numpy().tobytes() for row in shown}
        assert rows == {row.numpy().tobytes() for row in part.pictures}
        orders.append(shown)
    assert not torch.equal(*orders)


def test_two_processes_share_an_epoch(small):
    settings = Settings(batch_size=10)
    both = [list(Batches(small.training, settings, epoch=0, rank=rank, world=2)) for rank in (0, 1)]
    assert [len(batches) for batches in both] == [5, 5]
    shown = torch.cat([x for batches in both for x, _ in batches])
    assert len({row.numpy().tobytes() for row in shown}) == 90
    assert all(len(a) == len(b) for (a, _), (b, _) in zip(*both, strict=True))


def test_no_amount_of_augmentation_is_none():
    pictures = torch.rand(4, 3, 16, 16, generator=make_generator(1))
    same = augment(pictures, shift=0, turn=0, zoom=0, generator=make_generator(2))
    assert torch.allclose(same, pictures, atol=1e-5)


def test_a_shift_is_a_share_of_the_side():
    pictures = torch.zeros(64, 1, 20, 20)
    pictures[:, :, 10, 10] = 1
    moved = augment(pictures, shift=0.25, turn=0, zoom=0, generator=make_generator(3))
    mass = moved.sum(dim=(1, 2, 3), keepdim=True)
    place = torch.arange(20.0)
    rows = ((moved * place[:, None]) / mass).sum(dim=(1, 2, 3)) - 10
    assert float(rows.abs().max()) <= 5.01
    assert float(rows.abs().max()) > 4
    assert float(rows.mean().abs()) < 1.5

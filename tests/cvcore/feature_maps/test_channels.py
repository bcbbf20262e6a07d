"""Channels beside each other."""

import numpy as np
import pytest
import torch
from torch import nn

from cvcore import feature_maps
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.feature_maps import FeatureMaps, channels


def wrap(maps):
    return FeatureMaps("x", np.asarray(maps, np.float32), np.zeros((2, 2, 3), np.uint8))


def test_reactions_by_hand():
    first = wrap([[[0, 0]], [[1, 1]], [[5, 5]]])
    second = wrap([[[0, 0]], [[3, 5]], [[6, 4]]])
    reaction = channels.compare(first, second)
    assert reaction.order.tolist() == [1, 2, 0]
    assert reaction.changes.tolist() == [0, 3, 1]
    assert reaction.means.tolist() == [[0, 1, 5], [0, 4, 5]]
    with pytest.raises(ValueError, match="one layer"):
        channels.compare(first, wrap([[[0, 0]]]))


def test_same_picture_changes_nothing(sample):
    maps = feature_maps.extract(sample, "act1")
    assert channels.compare(maps, maps).changes.max() == 0


def test_a_dead_channel_is_found(sample):
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
    net[0].weight.data.zero_()
    net[0].weight.data[1] = 1
    net[0].bias.data = torch.tensor([-1.0, -0.5, 1.0])
    black = np.zeros_like(sample)
    activity = channels.measure_activity([sample, black], "1", model=net)
    assert activity.dead.tolist() == [0]
    assert activity.seen.tolist() == [0, 1, 2]
    assert activity.zeros[0] == 1
    assert 0.5 < activity.zeros[1] < 1
    assert activity.zeros[2] == 0
    with pytest.raises(InputError, match="at least one"):
        channels.measure_activity([], "1", model=net)
    together = channels.Activity.join(
        channels.measure_activity([sample], "1", model=net),
        channels.measure_activity([black], "1", model=net),
    )
    assert together.pictures == activity.pictures == 2
    np.testing.assert_array_equal(together.seen, activity.seen)
    np.testing.assert_allclose(together.zeros, activity.zeros)
    small = channels.measure_activity([sample, black[:50, :60]], "1", model=net)  # of two sizes
    assert small.zeros[1] == pytest.approx(activity.zeros[1], abs=1e-6)


def test_what_is_below_zero_is_not_dead(sample):
    net = nn.Sequential(nn.Conv2d(3, 2, 1))
    net[0].weight.data.zero_()
    net[0].bias.data = torch.tensor([-1.0, 0.0])
    assert channels.measure_activity([sample], "0", model=net).dead.tolist() == [1]


@pytest.mark.parametrize(
    ("layer", "activation"),
    [
        ("conv_stem", "act1"),
        ("bn1", "act1"),
        ("act1", "act1"),
        ("blocks.2.1.conv_dw", "blocks.2.1.act2"),
        ("blocks.2.1.bn3", None),  # a linear bottleneck
        ("blocks.2.1", None),
    ],
)
def test_the_activation_that_maps_go_through(layer, activation):
    assert channels.find_activation("efficientnet_lite0", layer) == activation


def test_batch_norm_is_its_formula(sample):
    norm = channels.normalise(sample, "bn1")
    shape = (-1, 1, 1)
    expected = norm.gamma.reshape(shape) * (norm.before - norm.mean.reshape(shape)) / np.sqrt(
        norm.variance.reshape(shape) + norm.eps
    ) + norm.beta.reshape(shape)
    np.testing.assert_allclose(norm.after, expected, atol=1e-4)
    np.testing.assert_allclose(
        norm.before, feature_maps.extract(sample, "conv_stem").maps, atol=1e-4
    )
    np.testing.assert_allclose(norm.after, feature_maps.extract(sample, "bn1").maps, atol=1e-4)


def test_nearest_batch_norm():
    assert channels.find_batch_norm("efficientnet_lite0", "act1") == "bn1"
    assert channels.find_batch_norm("efficientnet_lite0", "blocks.1.0.conv_dw").startswith(
        "blocks.1.0.bn"
    )
    with pytest.raises(InputError, match="no batch norm"):
        channels.find_batch_norm("digits_cnn", "conv1")
    with pytest.raises(InputError, match="choose bn1"):
        channels.normalise(samples.load_sample("coffee"), "act1")


def test_spectrum_of_a_wave_has_two_peaks():
    wave = np.cos(2 * np.pi * 4 * np.arange(32) / 32)[None, :].repeat(32, axis=0) + 7
    spectrum = channels.power_spectrum(wave)
    peaks = np.argwhere(spectrum > 0.5 * spectrum.max())
    assert peaks.tolist() == [[16, 12], [16, 20]]
    assert channels.power_spectrum(np.ones((5, 4))).max() == pytest.approx(0, abs=1e-6)

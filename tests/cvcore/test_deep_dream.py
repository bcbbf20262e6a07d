"""Dreams on the bundled network, and the optimiser's steps by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from cvcore import deep_dream, fusion, weights
from cvcore.errors import InputError
from cvcore.maximisation import Pixels, Settings, blur

QUICK = {"side": 64, "octaves": 1, "steps": 3, "jitter": 4}


def test_fused_network_gives_the_same_answers():
    module, fused = (
        weights.load_model("efficientnet_lite0"),
        fusion.load_fused("efficientnet_lite0"),
    )
    assert any(isinstance(part, nn.BatchNorm2d) for part in module.modules())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in fused.modules())
    batch = torch.rand(2, 3, 65, 97)
    torch.testing.assert_close(fused(batch), module(batch), rtol=1e-3, atol=1e-3)


def test_dream_raises_what_the_layer_answers(sample):
    steps = list(deep_dream.dream(sample, side=96, octaves=2, steps=4, jitter=0))
    assert [step.number for step in steps] == list(range(1, 9))
    assert [step.octave for step in steps] == [1] * 4 + [2] * 4
    assert steps[0].total == 8
    assert steps[3].objective > steps[0].objective
    assert steps[7].objective > steps[4].objective
    assert steps[7].image.shape == (64, 96, 3)
    assert steps[7].image.dtype == np.uint8


def test_first_objective_of_a_layer_is_the_photograph_itself(sample):
    (step,) = deep_dream.dream(sample, side=64, octaves=1, steps=1, jitter=0)
    assert step.objective == pytest.approx(1, rel=0.01)  # mean square in units of its own


@pytest.mark.parametrize("options", [{"channel": 7}, {"class_idx": 207}])
def test_channel_and_class_rise(sample, options):
    steps = list(deep_dream.dream(sample, side=96, octaves=1, steps=6, jitter=0, **options))
    assert steps[-1].objective > steps[0].objective


def test_mix_ends_are_the_channels_themselves(sample):
    def last(**options):
        return list(deep_dream.dream(sample, **QUICK, **options))[-1].image

    second = ("blocks.3.2", 5)
    np.testing.assert_array_equal(last(channel=3, second=second, mix=0), last(channel=3))
    np.testing.assert_array_equal(
        last(channel=3, second=second, mix=1), last(layer="blocks.3.2", channel=5)
    )
    assert (last(channel=3, second=second, mix=0.5) != last(channel=3)).any()


def test_guide_changes_the_dream(sample):
    guided = list(deep_dream.dream(sample, guide=sample[::-1].copy(), **QUICK))
    plain = list(deep_dream.dream(sample, **QUICK))
    assert (guided[-1].image != plain[-1].image).any()


def test_mask_keeps_the_rest(sample):
    mask = np.zeros((60, 90), bool)
    mask[:, :30] = True
    picture = list(deep_dream.dream(sample, mask=mask, side=90, octaves=2, steps=3))[-1].image
    before = deep_dream.images.to_image(deep_dream.to_start(sample, 90))
    changed = (picture != before).any(axis=2)
    assert changed[:, :28].mean() > 0.9
    assert not changed[:, 33:].any()


def test_steps_have_one_length_and_never_clip():
    values = torch.full((1, 1, 8, 8), 0.5)
    values[..., 0] = 0.99
    picture = Pixels(values, Settings(learning_rate=0.5, parameterisation="pixels"))
    for _ in range(20):
        picture.step(picture.render().sum() * 1e6)
    assert float(picture.values.detach().max()) < 1
    fresh = Pixels(torch.full((1, 1, 8, 8), 0.5), Settings(learning_rate=0.5))
    fresh.step(fresh.render().sum() * 1e6)
    torch.testing.assert_close(fresh.values.detach(), torch.full((1, 1, 8, 8), 0.55))


def test_blur_is_scikit_images():
    from skimage.filters import gaussian

    noise = np.random.default_rng(0).random((40, 40))
    ours = blur(torch.tensor(noise)[None, None], 1.5)[0, 0].numpy()
    np.testing.assert_allclose(ours[8:-8, 8:-8], gaussian(noise, 1.5)[8:-8, 8:-8], atol=2e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"layer": "nowhere"}, {"channel": 112}, {"channel": -1}, {"class_idx": 1000},
        {"octaves": 0}, {"steps": 0}, {"steps": float("nan")}, {"step_size": 1}, {"side": 20},
        {"mix": 2}, {"octave_scale": 1}, {"jitter": -1}, {"mask": np.zeros((4, 4))},
        {"smoothing": None}, {"layer": "classifier"},
    ],
)  # fmt: skip
def test_values_out_of_range_are_one_sentence(sample, options):
    with pytest.raises(InputError) as caught:
        next(deep_dream.dream(sample, **options))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("picture", [None, np.zeros((1, 1, 3), np.uint8)])
def test_no_picture_is_one_sentence(picture):
    with pytest.raises(InputError):
        next(deep_dream.dream(picture))

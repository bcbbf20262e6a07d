"""Dreams on the bundled network, and the optimiser's steps by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from cvcore import deep_dream
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, fusion
from cvcore.probes import activation_maximization
from cvcore.probes.activation_maximization import Pixels, Settings, blur

QUICK = {"side": 64, "octaves": 1, "steps": 3, "jitter": 4}


def test_fused_network_gives_the_same_answers():
    module, fused = (
        checkpoints.load_model("efficientnet_lite0"),
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


def test_guided_objective_by_hand(sample, monkeypatch):
    """Two channels and two places: (3, 0) and (0, 4) here, (1, 0) and (0, 1) in the guide.

    Their root mean squares are 2.5 and 0.5 ** 0.5. The first place fits the guide's first best and
    the second its second: products 1.2 * 2 ** 0.5 and 1.6 * 2 ** 0.5, over two channels each.
    """
    start = deep_dream.to_start(sample, 64)
    own = torch.tensor([[3.0, 0.0], [0.0, 4.0]]).view(1, 2, 1, 2)
    guide = torch.eye(2).view(1, 2, 1, 2)
    monkeypatch.setattr(
        deep_dream.ascent,
        "_look",
        lambda _, seen, layers: {layers[0]: own if seen is start else guide},
    )
    layers, objective = deep_dream.build_objective(
        deep_dream.DEFAULT_MODEL, start, layer="here", guide=sample
    )
    assert layers == ["here"]
    assert float(objective({"here": own})) == pytest.approx(0.7 * 2**0.5, rel=1e-4)
    # the same two activations in the other channel: each place takes the guide's other place
    assert float(objective({"here": own.flip(1)})) == pytest.approx(0.7 * 2**0.5, rel=1e-4)
    # what the guide has nowhere does not raise it
    assert float(objective({"here": -own})) == pytest.approx(0, abs=1e-6)


def test_guided_dream_grows_towards_its_guide(sample):
    guide = np.rot90(sample).copy()
    steps = list(deep_dream.dream(sample, guide=guide, side=96, octaves=1, steps=6, jitter=0))
    assert steps[-1].objective > 1.1 * steps[0].objective


def test_class_is_raised_whatever_the_layer(sample):
    first, second = (
        list(deep_dream.dream(sample, class_idx=207, layer=layer, **QUICK))[-1].image
        for layer in ("blocks.2.1", "blocks.4.2")
    )
    np.testing.assert_array_equal(first, second)


def peaks(picture: np.ndarray) -> dict[int, float]:
    """How far the power at periods of 2, 4 and 16 pixels stands above that of its neighbours.

    Means over all rows, or all columns, whichever peak is the higher.
    """
    grey, found = picture.astype(float).mean(axis=2), {}
    for period in (2, 4, 16):
        heights = []
        for lines in (grey, grey.T):
            length = lines.shape[1] // 16 * 16
            cut = lines[:, :length] - lines[:, :length].mean(axis=1, keepdims=True)
            spectrum = np.abs(np.fft.rfft(cut * np.hanning(length + 1)[:length], axis=1)) ** 2
            power, at = spectrum.mean(axis=0), length // period
            beside = [at + d for d in (-6, -5, -4, -3, 3, 4, 5, 6) if at + d < len(power)]
            heights.append(power[at - 1 : at + 2].max() / np.exp(np.log(power[beside]).mean()))
        found[period] = max(heights)
    return found


def fine_share(change: np.ndarray) -> float:
    """The share of a change's power that has periods below 3.3 pixels."""
    power = np.abs(np.fft.fft2(change.mean(axis=2))) ** 2
    rows, columns = (np.abs(np.fft.fftfreq(side)) for side in power.shape)
    fine = np.maximum(rows[:, None], columns) > 0.3
    return power[fine].sum() / (power.sum() - power[0, 0])


@pytest.mark.slow
def test_dreams_have_no_checkerboard(sample):
    """No peak at the network's strides beyond the photograph's own, and no stipple of pixels."""
    photo = images.to_image(deep_dream.to_start(sample, 320))
    limits = {period: 1.8 * max(height, 1) for period, height in peaks(photo).items()}
    assert list(limits) == [2, 4, 16]
    for period in limits:  # a checkerboard of 16 grey levels in 255 would be found
        rows, columns = (np.arange(side) * 2 // period % 2 for side in photo.shape[:2])
        board = 16 * (rows[:, None] ^ columns)[..., None]
        assert peaks(photo + 1.0 * board)[period] > limits[period]
    for layer in ("blocks.4.2", "blocks.5.3", "blocks.6.0"):
        *_, last = deep_dream.dream(sample, layer=layer)
        found = peaks(last.image)
        assert all(found[period] < limits[period] for period in limits), (layer, found)
        assert fine_share(last.image.astype(float) - photo) < 0.025, layer


def test_a_plain_sky_gets_shapes_and_not_ripples_alone(monkeypatch):
    """Half of what is drawn there has periods above 16 pixels; by the fine bands alone, a fifth."""
    sky = np.full((128, 128, 3), (90, 150, 220), np.uint8)

    def coarse_share():
        *_, last = deep_dream.dream(sky, side=128, octaves=2, steps=8)
        grey = last.image.astype(float).mean(axis=2)
        power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
        rows, columns = (np.abs(np.fft.fftfreq(side)) for side in power.shape)
        return power[np.hypot(rows[:, None], columns) < 1 / 16].sum() / power.sum()

    assert coarse_share() > 0.5
    monkeypatch.setattr(activation_maximization, "BANDS", (1, 2))
    assert coarse_share() < 0.3


def test_mask_keeps_the_rest(sample):
    mask = np.zeros((60, 90), bool)
    mask[:, :30] = True
    picture = list(deep_dream.dream(sample, mask=mask, side=90, octaves=2, steps=3))[-1].image
    before = images.to_image(deep_dream.to_start(sample, 90))
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
        {"smoothing": None}, {"layer": "classifier"}, {"steps": float("inf")}, {"seed": -1},
        {"seed": None}, {"seed": 1.5}, {"side": 700},
    ],
)  # fmt: skip
def test_values_out_of_range_are_one_sentence(sample, options):
    with pytest.raises(InputError) as caught:
        next(deep_dream.dream(sample, **options))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("channel", [-1, 8, True, 2.5, "5", float("nan"), [3]])
def test_a_channel_that_is_none(channel):
    with pytest.raises(InputError, match="whole number from 0 to 7"):
        deep_dream.measure(torch.zeros(1, 8, 4, 4), channel)


@pytest.mark.parametrize("size_hw", [(20, 400), (400, 20)])
def test_a_picture_too_long_says_which_way_to_cut(size_hw):
    with pytest.raises(InputError, match="longer side is at most 8 times the shorter"):
        next(deep_dream.dream(np.zeros((*size_hw, 3), np.uint8)))


def test_seeds_differ(sample):
    first, again, other = (
        list(deep_dream.dream(sample, seed=seed, **QUICK))[-1].image for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("picture", [None, np.zeros((1, 1, 3), np.uint8)])
def test_no_picture_is_one_sentence(picture):
    with pytest.raises(InputError):
        next(deep_dream.dream(picture))

"""The optimiser that raises an objective by changing a picture."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch import nn

from cvcore.core.errors import InputError
from cvcore.probes.activation_maximization import (
    Fourier,
    Pixels,
    Settings,
    blur,
    make_noise,
    maximise,
    move,
    octave_sizes,
    smooth,
)


@pytest.fixture
def net():
    """Channel 0 likes bright places, channel 1 vertical edges."""
    conv = nn.Conv2d(3, 2, 3, padding=1, bias=False)
    conv.weight.data.zero_()
    conv.weight.data[0, :, 1, 1] = 1
    conv.weight.data[1, :, :, 0], conv.weight.data[1, :, :, 2] = -1, 1
    return nn.Sequential(conv)


def run(net, channel, settings, start=None):
    start = make_noise((48, 48)) if start is None else start
    return list(maximise(net, ["0"], lambda found: found["0"][0, channel].mean(), start, settings))


@pytest.mark.parametrize("parameterisation", ["fourier", "pixels"])
def test_what_a_brightness_detector_likes_is_white(net, parameterisation):
    steps = run(net, 0, Settings(steps=60, parameterisation=parameterisation, learning_rate=0.2))
    assert steps[-1].objective > steps[0].objective + 1
    assert float(steps[-1].image.mean()) > 0.85
    assert float(steps[-1].image.min()) >= 0
    assert float(steps[-1].image.max()) <= 1


@pytest.mark.parametrize("size_hw", [(32, 32), (33, 47), (40, 21)])
def test_fourier_gives_the_picture_back(size_hw):
    image = torch.rand(1, 3, *size_hw) * 0.9 + 0.05
    torch.testing.assert_close(
        Fourier(image, Settings(learning_rate=0.1)).render(), image, atol=1e-4, rtol=0
    )


def test_pixel_steps_have_one_length_whatever_the_gradient():
    for factor in (1e-6, 1.0, 1e6):
        picture = Pixels(torch.full((1, 3, 8, 8), 0.5), Settings(learning_rate=0.1))
        picture.step((picture.render() * factor).sum())
        change = picture.render().detach() - 0.5
        assert float(change.mean()) == pytest.approx(0.01)
        assert float((change - 0.01).abs().max()) < 3e-4  # grey goes to a brighter grey


def test_steps_follow_the_colours_of_photographs():
    """Asked for red alone, a step also brightens: pure colour differences are rare."""
    matrix = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    covariance = (matrix @ matrix.T).numpy()
    picture = Pixels(torch.full((1, 3, 4, 4), 0.5), Settings(learning_rate=0.1))
    picture.step(picture.render()[:, 0].sum())
    change = (picture.render().detach() - 0.5)[0, :, 0, 0].numpy()
    expected = sqrtm(covariance)[:, 0].real
    np.testing.assert_allclose(change / change.sum(), expected / expected.sum(), atol=1e-4)


def test_smoothed_gradients_by_hand():
    """A checkerboard goes, stripes of 16 pixels stay; all blurs count equally."""
    rows, columns = torch.arange(48)[:, None], torch.arange(48)
    stripes = ((columns // 8 % 2) * 2.0 - 1).expand(48, 48)[None, None]
    board = ((rows + columns) % 2 * 2.0 - 1)[None, None]
    smoothed = smooth(stripes + board, 0.8)[0, 0, 8:-8, 8:-8]
    clean = smooth(stripes, 0.8)[0, 0, 8:-8, 8:-8]
    assert float((smoothed - clean).abs().max()) < 0.02 * float(clean.abs().max())
    parts = [blur(stripes, width) for width in (0.8, 1.6, 3.2, 4.8)]  # a tenth of 48 at most
    parts = [part - part.mean() for part in parts]  # the whole stays as light as it is
    expected = sum(part / part.abs().mean() for part in parts)
    torch.testing.assert_close(smooth(stripes, 0.8), expected)
    assert smooth(board, 0) is board


def test_coarse_shapes_count_as_much_as_fine_ones():
    """A gradient of strong ripples and a ramp a fiftieth of them: the ramp is not lost."""
    rows = torch.arange(160.0)
    ripples = (rows % 8 < 4).float() * 2 - 1
    ramp = torch.linspace(-1, 1, 160)
    both = (ripples + 0.02 * ramp).expand(160, 160)[None, None]
    middle = slice(24, 136)  # the edge is reflected, and with it half a ripple

    def rise(step):
        halves = step[0, 0, :, middle].reshape(160, 2, 56).mean(dim=(0, 2))
        return float(halves[1] - halves[0])

    fine = blur(both, 0.8)
    fine = fine - fine.mean()
    assert rise(smooth(both, 0.8)) > 20 * rise(fine / fine.abs().mean()) > 0


def test_changes_stay_within_their_limit():
    start = torch.full((1, 3, 8, 8), 0.5)
    settings = Settings(learning_rate=0.5, max_change=0.12)
    picture = Pixels(start, settings)
    for _ in range(10):
        picture.step(picture.render()[..., :4].sum() - picture.render()[..., 4:].sum())
    size = float((picture.render().detach() - start).square().mean().sqrt())
    assert size == pytest.approx(0.12, abs=1e-3)


def test_resuming_goes_on_from_a_result(net):
    settings = Settings(steps=3, jitter=0, parameterisation="pixels")
    start = make_noise((32, 32))
    first = run(net, 1, settings, start)
    second = list(
        maximise(
            net, ["0"], lambda found: found["0"][0, 1].mean(), start, settings,
            resume=first[-1].image,
        )
    )  # fmt: skip
    assert first[-1].objective < second[0].objective < second[-1].objective


def test_steps_are_counted_over_octaves_and_sizes_grow(net):
    steps = run(net, 1, Settings(steps=3, octaves=3, octave_scale=1.2, parameterisation="pixels"))
    assert [step.number for step in steps] == list(range(1, 10))
    assert {step.total for step in steps} == {9}
    assert [tuple(step.image.shape[2:]) for step in steps[::3]] == [(33, 33), (40, 40), (48, 48)]
    assert [step.octave for step in steps[::3]] == [1, 2, 3]


def test_detail_lost_by_shrinking_comes_back(net):
    start = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.2
    settings = Settings(steps=1, octaves=2, learning_rate=1e-4, parameterisation="pixels")
    last = run(net, 0, settings, start)[-1].image
    assert float((last - start).abs().mean()) < 0.02


def test_octave_sizes_by_hand():
    assert octave_sizes((128, 64), Settings(octaves=3, octave_scale=2)) == [
        (32, 32),
        (64, 32),
        (128, 64),
    ]
    assert octave_sizes((32, 32), Settings(octaves=3)) == [(32, 32)]


def test_same_seed_same_picture(net):
    first, second, other = (
        run(net, 1, Settings(steps=4, turn=5, zoom=0.1, seed=seed))[-1].image for seed in (1, 1, 2)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_moves_keep_the_size_and_jitter_keeps_the_pixels():
    image = torch.rand(1, 3, 20, 30)
    generator = torch.Generator().manual_seed(0)
    moved = move(image, Settings(jitter=8), generator)
    assert not torch.equal(moved, image)
    torch.testing.assert_close(moved.flatten().sort()[0], image.flatten().sort()[0])
    assert move(image, Settings(turn=10, zoom=0.2), generator).shape == image.shape
    assert torch.equal(move(image, Settings(jitter=0), generator), image)


def test_ending_the_generator_ends_the_work_and_leaves_no_hooks(net):
    calls = []

    def objective(found):
        calls.append(1)
        return found["0"].mean()

    running = maximise(net, ["0"], objective, make_noise((32, 32)), Settings(steps=100))
    next(running)
    next(running)
    running.close()
    assert len(calls) == 2
    assert not net[0]._forward_hooks


def test_hooks_are_gone_after_a_failing_objective(net):
    running = maximise(net, ["0"], lambda found: 1 / 0, make_noise((32, 32)), Settings())
    with pytest.raises(ZeroDivisionError):
        next(running)
    assert not net[0]._forward_hooks


def test_gradients_stay_off_for_the_caller(net):
    with torch.no_grad():
        steps = maximise(
            net, ["0"], lambda found: found["0"].mean(), make_noise((32, 32)), Settings(steps=2)
        )
        assert [torch.is_grad_enabled() for _ in steps] == [False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0}, {"steps": 2001}, {"octaves": 0}, {"octave_scale": 1.0}, {"jitter": -1},
        {"learning_rate": math.nan}, {"learning_rate": 0}, {"zoom": 0.9}, {"max_change": 2},
        {"steps": None}, {"parameterisation": "wavelets"},
    ],
)  # fmt: skip
def test_settings_out_of_range(net, wrong):
    with pytest.raises(InputError):
        run(net, 0, Settings(**wrong))


def test_noise_of_a_wrong_size():
    with pytest.raises(InputError, match="size"):
        make_noise((8, 8))

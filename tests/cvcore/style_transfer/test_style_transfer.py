"""Losses against hand-worked cases, Gatys on real pictures."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine.cache import release
from cvcore.style_transfer import (
    STYLE_LAYERS,
    Extractor,
    LossMeter,
    StyleWeights,
    content_error,
    fit,
    gatys,
    gram_matrices,
    gram_matrix,
    index,
    keep_colours,
    load_style,
    rebuild_content,
    style_error,
    stylise,
    stylise_fast,
    total_variation,
)
from cvcore.style_transfer.losses import read_style
from cvcore.style_transfer.scene import Canvas, scaled, shift

NIGHT = load_style("night")


@pytest.fixture(scope="module")
def toy():
    """Two convolutions in place of a trained network."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 8, 3, 2, 1))
    return Extractor(module.eval().requires_grad_(False), ("1", "2"), "2")


def run(steps):
    *_, last = steps
    return last


# Losses


def test_gram_matrix_by_hand():
    maps = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])  # two channels, two places
    expected = torch.tensor([[(1 + 4) / 2, (3 - 2) / 2], [(3 - 2) / 2, (9 + 1) / 2]])
    assert torch.equal(gram_matrix(maps), expected)


def test_gram_matrix_without_means_is_numpys_covariance():
    maps = torch.randn(1, 5, 7, 9)
    expected = np.cov(maps[0].flatten(1).numpy(), bias=True)
    np.testing.assert_allclose(gram_matrix(maps, centre=True).numpy(), expected, atol=1e-6)


def test_gram_matrix_forgets_places():
    maps = torch.randn(1, 4, 6, 5)
    shuffled = maps.flatten(2)[:, :, torch.randperm(30)].view_as(maps)
    torch.testing.assert_close(gram_matrix(shuffled), gram_matrix(maps))


def test_gram_matrix_wants_one_picture():
    with pytest.raises(ValueError, match=r"\(1, C, H, W\)"):
        gram_matrix(torch.zeros(2, 3, 4, 4))


def test_total_variation_of_a_checkerboard_is_two():
    board = (torch.arange(6)[:, None] + torch.arange(8)[None]) % 2
    assert total_variation(board[None, None].float()) == 2
    assert total_variation(torch.full((1, 3, 5, 5), 0.3)) == 0


def test_errors_are_shares():
    maps = torch.rand(1, 4, 5, 6)
    assert style_error(maps, read_style(maps)) == 0
    assert content_error(maps, maps) == 0
    nothing = torch.zeros_like(maps)
    assert float(style_error(nothing, read_style(maps))) == pytest.approx(2)  # means and Gram
    centred = maps.mean(dim=(2, 3), keepdim=True).expand_as(maps)
    assert float(content_error(centred, maps)) == pytest.approx(1)


def test_gradient_of_the_style_error():
    target = read_style(torch.rand(1, 3, 4, 4, dtype=torch.double))
    maps = torch.rand(1, 3, 4, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: style_error(given, target), maps)


# Gatys


def test_the_style_error_falls_and_the_picture_stays_a_picture(sample):
    steps = list(stylise(sample, NIGHT, side=96, steps=25))
    assert [step.step for step in steps] == list(range(1, 26))
    assert steps[-1].losses["style"] < 0.3 * steps[0].losses["style"]
    assert steps[0].image.shape == (32, 48, 3)  # the first two fifths at half size
    assert steps[-1].image.shape == (64, 96, 3)
    assert steps[-1].image.dtype == np.uint8
    assert tuple(steps[-1].layer_errors) == STYLE_LAYERS["efficientnet_lite0"][0]


def test_the_sum_is_what_the_weights_say(sample, toy):
    given = StyleWeights(content=0.3, style=2, smoothness=5, layers=(1, 3))
    step = run(stylise(sample, NIGHT, side=64, steps=3, weights=given, model=toy))
    losses, errors = step.losses, list(step.layer_errors.values())
    assert losses["style"] == pytest.approx((errors[0] + 3 * errors[1]) / 2, rel=1e-4)
    expected = 0.3 * losses["content"] + 2 * losses["style"] + 5 * losses["smoothness"]
    assert losses["total"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["content", "style", "noise"])
def test_every_start_and_optimiser_gets_better(sample, toy, start, optimiser):
    steps = list(
        stylise(sample, NIGHT, side=64, steps=60, start=start, optimiser=optimiser, model=toy)
    )
    assert steps[23].losses["total"] < steps[0].losses["total"]  # both at half size
    assert steps[59].losses["total"] < steps[24].losses["total"]


def test_weights_act_during_the_run(sample, toy):
    style_weight = [0.0]

    def ask():
        return StyleWeights(content=1, style=style_weight[0], smoothness=0)

    run_ = stylise(sample, NIGHT, side=64, steps=20, weights=ask, model=toy)
    for _ in range(8):  # from the photograph, nothing to gain
        step = next(run_)
    assert step.losses["content"] < 1e-6
    style_weight[0] = 10.0
    *_, step = run_
    assert step.losses["content"] > 1e-3


def test_a_layer_without_weight_does_not_count(sample):
    def paint(*layers):
        weights = StyleWeights(content=0, smoothness=0, layers=layers)
        return run(stylise(sample, NIGHT, side=96, steps=25, weights=weights)).layer_errors

    fine, coarse = paint(1, 0, 0, 0, 0), paint(0, 0, 0, 0, 1)
    assert fine["act1"] < coarse["act1"] / 4
    assert coarse["blocks.3.2"] < fine["blocks.3.2"]


def test_stop_and_go_on(sample, toy):
    options = {"side": 64, "steps": 20, "model": toy}
    started = stylise(sample, NIGHT, **options)
    for _ in range(5):
        stopped = next(started)
    started.close()
    rest = list(stylise(sample, NIGHT, resume=stopped, **options))
    assert [step.step for step in rest] == list(range(6, 21))
    assert rest[0].image.shape == (22, 32, 3)
    assert rest[-1].image.shape == (43, 64, 3)
    more = list(stylise(sample, NIGHT, resume=rest[-1], **options))
    assert [step.step for step in more] == list(range(21, 41))
    assert {step.image.shape for step in more} == {(43, 64, 3)}


@pytest.mark.parametrize("stopped_at", [30, 55, 76, 95])
def test_a_stopped_run_ends_as_if_it_had_not_been_stopped(sample, toy, stopped_at):
    """Step size and Adam's moments go on from where they were."""
    options = {"side": 64, "steps": 100, "model": toy}
    whole = run(stylise(sample, NIGHT, **options))
    started = stylise(sample, NIGHT, **options)
    for _ in range(stopped_at):
        stopped = next(started)
    started.close()
    rest = run(stylise(sample, NIGHT, resume=stopped, **options))
    assert rest.step == 100
    assert rest.losses["total"] == pytest.approx(whole.losses["total"], rel=0.02)


@pytest.mark.slow
def test_more_steps_do_not_spoil_a_finished_painting(sample):
    options = {"side": 64, "steps": 60}
    steps = list(stylise(sample, NIGHT, **options))
    more = list(stylise(sample, NIGHT, resume=steps[-1], **options))
    assert more[-1].total == 120

    def mean(some):
        return np.mean([step.losses["total"] for step in some])  # over the four shifts

    assert max(mean(more[i : i + 4]) for i in range(0, 60, 4)) < 1.05 * mean(steps[-4:])
    assert mean(more[-4:]) < mean(steps[-4:])


def test_an_older_step_starts_from_its_own_picture(sample, toy):
    """The canvas has gone on since: it is that of the last step alone."""
    options = {"side": 64, "steps": 20, "model": toy}
    steps = list(stylise(sample, NIGHT, **options))
    step = next(stylise(sample, NIGHT, resume=steps[11], **options))
    assert step.step == 13
    assert step.canvas is not steps[11].canvas
    # another rate, as Adam starts anew, but hardly another picture
    assert float((step.pixels - steps[12].pixels).abs().mean()) < 0.05


def test_a_painting_of_another_size_is_not_gone_on_with(sample, toy):
    step = next(stylise(sample, NIGHT, side=64, model=toy))
    with pytest.raises(InputError, match="another size"):
        next(stylise(sample, NIGHT, side=96, model=toy, resume=step))


def test_the_clock_stands_between_the_steps(sample, toy, monkeypatch):
    seen, watched, real = [], 0, time.perf_counter
    clock = SimpleNamespace(perf_counter=lambda: real() + watched)
    monkeypatch.setattr(gatys, "time", clock)
    for step in stylise(sample, NIGHT, side=64, seconds=0.5, model=toy):
        watched += 0.6  # seconds that somebody looks at it
        seen.append(step)
    assert len(seen) > 2  # else the looking would have used up the time
    assert seen[-1].seconds >= 0.5 > seen[-2].seconds


def test_paints_on_vgg19(sample, monkeypatch):
    """With random weights: where it reads, what it compares and what moves."""
    from cvcore.engine import fusion
    from cvcore.models.torchvision_net import build_vgg19

    torch.manual_seed(0)
    network = build_vgg19().eval().requires_grad_(False)
    monkeypatch.setattr(fusion.checkpoints, "load_model", lambda name: {"vgg19": network}[name])
    try:
        steps = list(stylise(sample, NIGHT, side=64, steps=6, model="vgg19"))
        grams = gram_matrices(sample, side=64, model="vgg19")
    finally:
        release()  # nobody else paints on random weights
    assert tuple(steps[-1].layer_errors) == STYLE_LAYERS["vgg19"][0]
    assert steps[-1].losses["style"] < steps[2].losses["style"]  # both at full size
    assert [len(gram) for gram in grams.values()] == [64, 128, 256, 512, 512]


def test_the_clock_can_count_instead_of_the_steps(sample, toy):
    steps = list(stylise(sample, NIGHT, side=64, seconds=1, model=toy))
    assert steps[-1].step == len(steps) == steps[-1].total
    assert {step.image.shape for step in steps} == {(22, 32, 3), (43, 64, 3)}


def test_a_layer_can_take_its_gram_matrix_from_a_second_style(sample, toy):
    other = load_style("glass")
    mixed = run(stylise(sample, NIGHT, second=other, second_layers=["1"], side=64, steps=1,
                        model=toy))  # fmt: skip
    alone = run(stylise(sample, NIGHT, side=64, steps=1, model=toy))
    swapped = run(stylise(sample, other, side=64, steps=1, model=toy))
    assert mixed.layer_errors["2"] == pytest.approx(alone.layer_errors["2"])
    assert mixed.layer_errors["1"] == pytest.approx(swapped.layer_errors["1"])


def test_kept_colours_are_the_photographs(sample, toy):
    step = run(stylise(sample, NIGHT, side=64, steps=4, keep_colours=True, model=toy))
    photo = fit(sample, 64)
    import cv2

    got, wanted = (cv2.cvtColor(one, cv2.COLOR_RGB2YCrCb) for one in (step.image, photo))
    assert np.abs(got[..., 1:].astype(int) - wanted[..., 1:]).mean() < 4
    same = keep_colours(photo, photo)
    assert np.abs(same.astype(int) - photo).max() <= 2
    with pytest.raises(ValueError, match="one size"):
        keep_colours(photo, photo[:-1])


def test_rebuilding_comes_nearer_to_the_picture(sample):
    steps = list(rebuild_content(sample, "conv_stem", side=64, steps=60))
    photo = fit(sample, 64).astype(float)
    first, last = (np.abs(step.image - photo).mean() for step in (steps[0], steps[-1]))
    assert last < 0.4 * first
    with pytest.raises(InputError, match="no layer"):
        next(rebuild_content(sample, "attic"))


def test_measured_losses(sample, toy):
    meter = LossMeter(sample, NIGHT, side=64, model=toy)
    assert meter.measure(fit(sample, 64))["content"] == pytest.approx(0, abs=1e-6)
    meter = LossMeter(NIGHT[:, ::-1], NIGHT, side=64, model=toy)
    assert meter.measure(fit(NIGHT, 64))["style"] < 0.02
    weighed = meter.measure(fit(NIGHT, 64), StyleWeights(content=2, style=0, smoothness=0))
    assert weighed["total"] == pytest.approx(2 * weighed["content"], rel=1e-4)


def test_gram_matrices_of_each_layer(sample):
    grams = gram_matrices(sample, side=96)
    assert {name: gram.shape[0] for name, gram in grams.items()} == {
        "act1": 32, "blocks.0.0": 16, "blocks.1.1": 24, "blocks.2.1": 40, "blocks.3.2": 80,
    }  # fmt: skip
    for gram in grams.values():
        np.testing.assert_allclose(gram, gram.T, rtol=1e-4, atol=1e-5)


def test_the_layers_of_vgg19_are_the_papers():
    from cvcore.models.torchvision_net import build_vgg19

    with torch.device("meta"):
        network = build_vgg19()
    names = [name for name, part in network.named_modules() if isinstance(part, nn.ReLU)]
    style, content = STYLE_LAYERS["vgg19"]
    assert [names.index(name) for name in style] == [0, 2, 4, 8, 12]  # relu1_1 ... relu5_1
    assert names.index(content) == 9  # relu4_2


def test_the_networks_weights_stay_as_they_were(sample):
    from cvcore.engine.fusion import load_fused

    module = load_fused("efficientnet_lite0")
    before = [value.clone() for value in module.state_dict().values()]
    running = stylise(sample, NIGHT, side=64, steps=5)
    next(running)
    running.close()
    after = module.state_dict().values()
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))
    assert not any(part._forward_hooks for part in module.modules())


def test_shifts_and_layers_of_the_canvas():
    picture = torch.rand(1, 3, 20, 24)
    moved = shift(picture, (2, -1))
    assert torch.equal(moved[..., 5:15, 5:15], picture[..., 3:13, 6:16])
    assert moved.shape == picture.shape
    assert torch.equal(Canvas(picture, "adam").picture(), picture)


# Mistakes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps from 1 to 2000"),
        ({"steps": 2.5}, "whole number for steps"),
        ({"steps": float("nan")}, "steps"),
        ({"side": 9000}, "size from 64 to 768"),
        ({"seconds": 0}, "seconds from 0.5 to 600"),
        ({"stroke": 9}, "stroke size"),
        ({"start": "nothing"}, "no start 'nothing'"),
        ({"optimiser": "sgd"}, "no optimiser 'sgd'"),
        ({"model": "vgg20"}, "no network 'vgg20'"),
        ({"second_layers": ["attic"]}, "no style layer 'attic'"),
        ({"weights": StyleWeights(content=-1)}, "weight for content"),
        ({"weights": StyleWeights(style=float("nan"))}, "weight for style"),
        ({"weights": StyleWeights(layers=(1, 2))}, "Give 5 layer weights"),
    ],
)
def test_values_out_of_range_are_one_sentence(sample, change, message):
    with pytest.raises(InputError, match=message):
        next(stylise(sample, NIGHT, **change))


def test_pictures_that_do_not_do(sample):
    thin = np.zeros((20, 400, 3), np.uint8)
    for fails in (lambda c, s: next(stylise(c, s)), stylise_fast):
        with pytest.raises(InputError, match="no picture yet"):
            fails(None, NIGHT)
        with pytest.raises(InputError, match="no style picture yet"):
            fails(sample, None)
        with pytest.raises(InputError, match="too small"):
            fails(sample[:1, :1], NIGHT)
        with pytest.raises(InputError, match="too narrow"):
            fails(thin, NIGHT)
    with pytest.raises(InputError, match="strength from 0 to 2"):
        stylise_fast(sample, NIGHT, strength=float("nan"))
    with pytest.raises(InputError, match="There is no style called 'x'"):
        load_style("x")


def test_a_stroke_too_short_to_paint_costs_no_other():
    """Strokes of 5 pixels, of which every third has but one point, over the whole canvas."""
    from cvcore.training.style_transfer.pictures import SIDE, brush

    grey, rng = np.full((SIDE, SIDE, 3), 128.0), np.random.default_rng(0)
    _, relief = brush(grey, np.zeros((SIDE, SIDE)), rng, count=600, length=5, width=6)
    halves = [half for rows in np.split(relief, 2) for half in np.split(rows, 2, axis=1)]
    shares = [float((half > 0).mean()) for half in halves]
    assert min(shares) > 0.02
    assert max(shares) < 2 * min(shares)


def test_no_scale_leaves_less_than_16_pixels():
    assert scaled(torch.zeros(1, 3, 100, 41), 0.2) == (20, 16)
    assert scaled(torch.zeros(1, 3, 100, 90), 0.2) == (20, 18)


def test_the_style_pictures_are_what_the_program_paints():
    from cvcore.training.style_transfer.pictures import PAINTERS, paint

    assert set(PAINTERS) == set(index())
    stored = load_style("glass").astype(int)
    assert np.abs(paint("glass") - stored).mean() < 4  # JPEG's own loss
    assert samples.load_sample("chelsea").shape[2] == 3

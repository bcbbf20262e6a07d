"""The finite-difference map against a loop over the whole network, pixel by pixel."""

import numpy as np
import pytest
import torch

from cvcore import saliency
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.saliency import perturbation
from cvcore.saliency.pixel_differences import make_plan, pixel_differences, time_a_pass
from cvcore.saliency.target import Target
from tests.cvcore.saliency.toy import ToyTarget

TIGER_CAT = 282
FOUR = {"window": 4, "across": 0.4, "down": 0.6, "amounts": (0.1, 0.3)}


@pytest.fixture
def copy_by_copy(monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda *_: None)


def last(maps):
    *_, (values, share) = maps
    assert share == 1
    return values


def loop(x, ask, plan):
    """As it is taught: change a pixel, ask again; D of each amount, and their mean."""
    found = np.zeros((len(plan.channels), *x.shape[1:]))
    for at, channels in enumerate(plan.channels):
        for row in range(plan.top, plan.top + plan.window):
            for column in range(plan.left, plan.left + plan.window):
                slopes = []
                for amount in plan.amounts:
                    up, down = x.copy(), x.copy()
                    up[channels, row, column] = (x[channels, row, column] + amount).clip(0, 1)
                    down[channels, row, column] = (x[channels, row, column] - amount).clip(0, 1)
                    moved = (up - down)[channels, row, column].mean()
                    change = ask(up) - ask(down)
                    slopes.append(change / moved)
                found[at, row, column] = np.mean(slopes)
    return found


@pytest.mark.parametrize("colours", ["together", "each"])
def test_it_is_the_loop_over_a_small_network(toy, small, colours, copy_by_copy):
    target, plan = ToyTarget(toy), make_plan(24, **FOUR, colours=colours)
    expected = loop(small, lambda x: target.ask(x[None])[0], plan)
    ours = last(pixel_differences(small, target, **FOUR, colours=colours))
    ours = ours if colours == "each" else ours[None]
    assert ours.shape == expected.shape
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(ours, expected, atol=0.01 * np.abs(expected).max())
    assert np.count_nonzero(ours[0]) == 16  # outside the window all is 0


def test_it_is_the_loop_over_the_network_of_the_page(x):
    """Whose copies are computed where they changed alone; the loop in float64. About 3 s."""
    from copy import deepcopy

    net = deepcopy(checkpoints.load_model("efficientnet_lite0")).double()
    settings = {"window": 4, "across": 0.45, "down": 0.4, "amounts": (0.4,)}
    plan, values = make_plan(224, **settings), []
    copies = []
    for row in (plan.top, plan.top + 3):
        for sign in (1, -1):
            copy = x.astype(np.float64)
            pixel = (copy[:, row, plan.left + 2] + sign * 0.4).clip(0, 1)
            copy[:, row, plan.left + 2] = pixel
            copies.append(copy)
            values.append(pixel.mean())
    with torch.inference_mode():
        p = net(torch.from_numpy(np.stack(copies))).softmax(1)[:, TIGER_CAT].numpy()
    ours = last(pixel_differences(x, Target("efficientnet_lite0", TIGER_CAT), **settings))
    for at, row in enumerate((plan.top, plan.top + 3)):
        expected = (p[2 * at] - p[2 * at + 1]) / (values[2 * at] - values[2 * at + 1])
        assert ours[row, plan.left + 2] == pytest.approx(expected, rel=0.02)


def test_small_amounts_meet_the_gradient(toy, small, copy_by_copy):
    inner = 0.25 + small / 2  # no pixel ends at 0 or 1
    z = torch.from_numpy(inner)[None].double().requires_grad_()
    p = toy.double()(z).softmax(1)[0, 2]
    slope = torch.autograd.grad(p, z)[0][0].numpy()
    toy.float()
    target = ToyTarget(toy)
    settings = {"window": 10, "amounts": (0.1,)}
    each = last(pixel_differences(inner, target, **settings, colours="each"))[:, 7:17, 7:17]
    assert np.corrcoef(each.ravel(), slope[:, 7:17, 7:17].ravel())[0, 1] > 0.99
    together = last(pixel_differences(inner, target, **settings))[7:17, 7:17]
    assert np.corrcoef(together.ravel(), each.sum(0).ravel())[0, 1] > 0.99


def test_a_pixel_that_cannot_move_and_one_that_moves_down_only(toy, copy_by_copy):
    white, target = np.ones((3, 8, 8), np.float32), ToyTarget(toy)
    ours = last(pixel_differences(white, target, window=8, amounts=(0.5,)))
    darker = white.copy()
    darker[:, 2, 3] = 0.5
    expected = (target.ask(white[None]) - target.ask(darker[None]))[0] / 0.5
    assert ours[2, 3] == pytest.approx(expected, rel=1e-2)


def test_it_comes_from_coarse_to_fine(toy, small, monkeypatch, copy_by_copy):
    for name in ("FIRST_SECONDS", "YIELD_SECONDS"):
        monkeypatch.setattr(perturbation, name, 0)
    steps = list(pixel_differences(small, ToyTarget(toy), window=12, amounts=(0.2, 0.4)))
    shares = [share for _, share in steps]
    assert shares == sorted(shares)
    assert len(steps) > 20
    whole = steps[-1][0]
    rows, columns = np.nonzero(whole)
    assert (np.ptp(rows), np.ptp(columns)) == (11, 11)
    first = steps[0][0]
    assert set(np.unique(first)) - {0} <= set(np.unique(whole))  # measured values, spread


def test_passes_and_places():
    plan = make_plan(224, window=32, across=0, down=1, amounts=(0.2, 0.1, 0.2), colours="each")
    assert (plan.left, plan.top, plan.amounts) == (0, 192, (0.1, 0.2))
    assert plan.passes == 1 + 32 * 32 * 3 * 2 * 2
    assert make_plan(224, amounts=0.2).amounts == (0.2,)
    assert make_plan(224).passes == 1 + 16 * 16 * 6


def test_a_window_of_the_picture(picture):
    found = saliency.explain(
        picture, "pixel_differences", class_idx=TIGER_CAT, window=4, amounts=(0.3,), colours="each"
    )
    assert found.scores is None  # they would need the whole picture
    assert found.window_xyxy == (110, 110, 114, 114)
    assert found.colour_maps.shape == (3, 224, 224)
    np.testing.assert_allclose(found.colour_maps.sum(0), found.input_map, atol=1e-7)
    assert np.count_nonzero(found.input_map) <= 16
    assert saliency.find_window("gradient", 224, {}) is None


def test_a_pass_is_timed(toy, small, copy_by_copy):
    assert time_a_pass(small, ToyTarget(toy)) > 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"window": 3}, "window"),
        ({"window": 300}, "window"),
        ({"window": 224}, "window of 64 pixels or fewer"),
        ({"across": 1.5}, "place across"),
        ({"down": float("nan")}, "place down"),
        ({"amounts": ()}, "at least one amount"),
        ({"amounts": (0.0,)}, "amount"),
        ({"amounts": None}, "amount must be a number"),
        ({"amounts": "0.1"}, "amount must be a number"),
        ({"colours": "pink"}, "no way 'pink'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(settings, words):
    with pytest.raises(InputError, match=words):
        make_plan(224, **settings)

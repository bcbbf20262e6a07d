"""Shifted digits: the three networks by torch, and what is told of them."""

import numpy as np
import pytest
import torch

from cvcore.convolution import shifts
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, registry
from cvcore.recognition.datasets import load_digits

# Of 500 test digits at 0, 3 and 8 pixels, as the card and the index say.
SCORES = {
    "MLP": (0.928, 0.344, 0.092),
    "convnet, flattened": (0.974, 0.658, 0.114),
    "convnet, pooled": (0.956, 0.932, 0.796),
}


@pytest.fixture(scope="module")
def digit():
    return load_digits().test.pictures[452, 0].numpy()


@pytest.mark.parametrize(("down", "right"), [(0, 0), (2, -3), (-5, 4), (30, 0), (0, -28)])
def test_a_shift_equals_numpys_roll_with_the_rest_black(down, right):
    array = np.arange(1, 785, dtype=np.float32).reshape(28, 28)
    expected = np.zeros_like(array)
    for row, column in np.ndindex(28, 28):
        if 0 <= row - down < 28 and 0 <= column - right < 28:
            expected[row, column] = array[row - down, column - right]
    assert (shifts.shift(array, down, right) == expected).all()
    assert (shifts.shift(torch.from_numpy(array), down, right).numpy() == expected).all()


def test_answers_equal_torchs(digit):
    found = shifts.recognise_shifted(digit, 2, -3)
    moved = torch.zeros(1, 1, 28, 28)
    moved[0, 0, 2:, :-3] = torch.from_numpy(digit)[:-2, 3:]
    assert (found.digit == moved[0, 0].numpy()).all()
    for name, row in shifts.NETWORKS.items():
        with torch.inference_mode():
            expected = checkpoints.load_model(row)(moved)[0].softmax(0).numpy()
        np.testing.assert_allclose(found.probabilities[name], expected, atol=1e-6)
    assert found.ink_left == pytest.approx(1, abs=0.05)


def test_scores_are_those_of_the_index():
    curve = shifts.measure_curve()
    for name, (at_home, at_three, at_eight) in SCORES.items():
        near = pytest.approx((at_home, at_three, at_eight), abs=0.0041)  # two digits
        assert (curve[name][0], curve[name][3], curve[name][8]) == near
        told = registry.get_weight(shifts.NETWORKS[name]).score
        assert f"{at_home:.1%}".replace("%", " %") in told
        assert f"{at_three:.1%}".replace("%", " %") in told
    assert all(curve["MLP"][far] < curve["convnet, flattened"][far] for far in range(1, 7))
    assert all(
        curve["convnet, flattened"][far] < curve["convnet, pooled"][far] for far in range(2, 9)
    )


def test_at_home_all_directions_agree():
    assert shifts.measure_at(0, 0)["MLP"] == shifts.measure_curve()["MLP"][0]


@pytest.mark.parametrize(
    ("digit", "says"),
    [
        (np.zeros((28, 28)), "nothing drawn"),
        (np.ones((27, 28)), "28x28"),
        (np.full((28, 28), np.nan), "28x28"),
        (np.full((28, 28), 2), "between 0"),
        ("x", "nothing drawn"),
    ],
)
def test_bad_digits_are_told(digit, says):
    with pytest.raises(InputError, match=says):
        shifts.recognise_shifted(digit)


@pytest.mark.parametrize("value", [11, -11, 0.5, float("nan"), None])
def test_a_shift_is_whole_and_small(digit, value):
    with pytest.raises(InputError, match="shift"):
        shifts.recognise_shifted(digit, value, 0)
    with pytest.raises(InputError, match="shift"):
        shifts.measure_at(0, value)


def test_nothing_left_in_the_frame_is_told():
    corner = np.zeros((28, 28), np.float32)
    corner[0, 0] = 1
    with pytest.raises(InputError, match="left in the frame"):
        shifts.recognise_shifted(corner, -1, 0)

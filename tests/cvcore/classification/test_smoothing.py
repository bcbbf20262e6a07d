import numpy as np
import pytest

from cvcore.classification.smoothing import WINDOW, count_flips, smooth
from cvcore.core.errors import InputError

A, B = np.array([0.9, 0.1]), np.array([0.4, 0.6])


def test_running_mean_by_hand():
    state = smooth(smooth(None, A, inertia=0.8), B, inertia=0.8)
    np.testing.assert_allclose(state.probabilities, [0.8 * 0.9 + 0.2 * 0.4, 0.8 * 0.1 + 0.2 * 0.6])
    assert state.raw_winners == (0, 1)
    assert state.smooth_winners == (0, 0)


def test_smoothing_takes_the_flicker_away():
    state = None
    for frame in (A, B) * 10:
        state = smooth(state, frame, inertia=0.8)
    assert state.raw_flicker == 19
    assert state.smooth_flicker == 0


def test_without_inertia_nothing_is_smoothed():
    state = None
    for frame in (A, B, B, A):
        state = smooth(state, frame, inertia=0)
        np.testing.assert_array_equal(state.probabilities, frame)
    assert state.raw_flicker == state.smooth_flicker == 2


def test_the_ends_of_the_range_are_taken():
    for inertia in (0, 0.99):
        state = smooth(smooth(None, A, inertia=inertia), B, inertia=inertia)
        assert state.probabilities[0] == pytest.approx(inertia * A[0] + (1 - inertia) * B[0])


def test_a_cut_between_scenes_brings_no_third_class():
    cat, cup = np.array([0.8, 0.0, 0.2]), np.array([0.0, 0.8, 0.2])
    state = None
    for frame in (cat, cup, cat, cup):
        for _ in range(15):
            state = smooth(state, frame, inertia=0.9)
    assert set(state.smooth_winners) == {0, 1}
    assert state.raw_flicker == state.smooth_flicker == 3


def test_mean_stays_a_distribution_and_the_window_ends():
    rng, state = np.random.default_rng(0), None
    for _ in range(WINDOW + 30):
        p = rng.random(50)
        state = smooth(state, p / p.sum(), inertia=0.95)
    assert state.probabilities.sum() == pytest.approx(1)
    assert len(state.raw_winners) == len(state.smooth_winners) == WINDOW


def test_another_model_starts_anew():
    state = smooth(smooth(None, A), np.array([0.2, 0.2, 0.6]))
    assert state.raw_winners == (2,)


@pytest.mark.parametrize("inertia", [-0.1, 1, float("nan"), None])
def test_inertia_outside_is_refused(inertia):
    with pytest.raises(InputError, match="inertia between"):
        smooth(None, A, inertia=inertia)


@pytest.mark.parametrize(("winners", "flips"), [([], 0), ([5], 0), ([1, 1, 2, 2, 1], 2)])
def test_count_flips(winners, flips):
    assert count_flips(winners) == flips

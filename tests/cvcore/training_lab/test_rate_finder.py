"""The learning-rate range test and the batch-size finder."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cvcore import training_lab as lab
from cvcore.core.errors import InputError

SMALL = lab.Settings(batch_size=16, examples=60)


def test_the_rate_rises_exponentially_until_the_loss_gets_out_of_hand():
    first, *_, last = lab.find_rate(lab.Settings(batch_size=64), lab.load_digits())
    assert first.rates.shape == (0,)
    assert first.suggestion is None
    assert not first.done
    assert last.done
    assert last.diverged
    assert 20 < last.rates.size < last.total == 100
    np.testing.assert_allclose(np.diff(np.log(last.rates)), np.log(1e7) / 99)
    assert last.rates[0] == 1e-6
    assert (last.smoothed[:-1] <= 4 * np.minimum.accumulate(last.smoothed[:-1])).all()
    assert not last.smoothed[-1] <= 4 * last.smoothed[:-1].min()


def test_losses_are_smoothed_without_lag_and_the_steepest_place_is_suggested(small):
    *_, last = lab.find_rate(SMALL, small, highest=0.1)
    mean = 0.0
    for i, loss in enumerate(last.losses):
        mean = 0.9 * mean + 0.1 * loss
        assert last.smoothed[i] == pytest.approx(mean / (1 - 0.9 ** (i + 1)))
    # Central differences, of the points between the first ten and the last.
    falls = last.smoothed[12:-1] - last.smoothed[10:-3]
    place = 11 + falls.argmin()
    assert last.suggestion in last.rates[place - 1 : place + 2]


def test_the_suggested_rate_trains_better_than_both_ends(small):
    *_, found = lab.find_rate(SMALL, small)

    def train(rate):
        *_, last = lab.train(replace(SMALL, rate=rate, epochs=8), small)
        return last.validation_loss[-1]

    right = train(found.suggestion)
    assert right < 0.7 * train(1e-6)
    assert not right > train(10)


def test_a_run_is_gone_on_from_and_left_as_it_was(small):
    *_, trained = lab.train(replace(SMALL, epochs=10, rate=0.01), small)
    before = {name: value.clone() for name, value in trained.run.state.network.items()}
    states = torch.random.get_rng_state()
    *_, found = lab.find_rate(SMALL, small, run=trained.run, steps=20)
    *_, anew = lab.find_rate(SMALL, small, steps=20)
    assert found.losses[0] < 0.5 * anew.losses[0]
    for name, value in trained.run.state.network.items():
        assert torch.equal(value, before[name])
    assert torch.equal(torch.random.get_rng_state(), states)


@pytest.mark.parametrize("changes", [{"norm": "batch", "dropout": 0.3}, {"optimiser": "sgd"}])
def test_the_same_settings_give_the_same_losses(changes, small):
    settings = replace(SMALL, augmentation="affine", **changes)
    ends = [list(lab.find_rate(settings, small, steps=20))[-1] for _ in range(2)]
    np.testing.assert_array_equal(ends[0].losses, ends[1].losses)


def test_no_rate_is_suggested_where_nothing_falls():
    rates = np.geomspace(1e-6, 1, 30)
    assert lab.suggest_rate(rates, np.linspace(1, 2, 30)) is None
    assert lab.suggest_rate(rates[:5], np.ones(5)) is None
    losses = np.concatenate([np.ones(20), [0.9, 0.5, 0.4, 0.4, 0.4, np.nan, 3, 9, 9, 9]])
    assert lab.suggest_rate(rates, losses) == pytest.approx(rates[21], rel=0.7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lowest": 0}, "learning rate is above 0"),
        ({"highest": float("nan")}, "learning rate is above 0"),
        ({"lowest": 1, "highest": 0.1}, "below the highest"),
        ({"steps": 3}, "steps must be a whole number from 20 to 1000"),
    ],
)
def test_wrong_rates_get_a_sentence(wrong, message, small):
    with pytest.raises(InputError, match=message):
        next(lab.find_rate(SMALL, small, **wrong))


def test_batch_sizes_are_powers_of_two_and_take_ever_more_room(small):
    first, *between, last = lab.find_batch_size(SMALL, small, seconds=0.01)
    assert first.suggestion is None
    assert len(between) == 6
    assert last.sizes.tolist() == [1, 2, 4, 8, 16, 32]  # of 60 examples
    assert last.done
    assert (last.images_per_second > 0).all()
    assert last.suggestion in last.sizes
    fastest = last.images_per_second.max()
    speed = dict(zip(last.sizes, last.images_per_second, strict=True))
    assert speed[last.suggestion] >= 0.9 * fastest
    assert all(speed[size] < 0.9 * fastest for size in last.sizes if size < last.suggestion)


def test_memory_is_weights_gradients_state_and_what_is_kept_for_the_way_back(small):
    settings = replace(SMALL, network="linear", optimiser="sgd")
    *_, last = lab.find_batch_size(settings, small, seconds=0.01)
    weights = (144 * 3 + 3) * 4
    more = np.diff(last.memory) / np.diff(last.sizes)
    np.testing.assert_allclose(more, more[0])  # so many bytes a picture
    assert 144 * 4 < more[0] < 144 * 4 + 3 * 4 * 4 + 64
    assert last.memory[0] - more[0] == pytest.approx(2 * weights, abs=256)
    *_, adam = lab.find_batch_size(replace(settings, optimiser="adam"), small, seconds=0.01)
    assert (adam.memory - last.memory)[0] == pytest.approx(2 * weights, abs=64)


def test_batch_norm_begins_with_two_and_wrong_sizes_get_a_sentence(small):
    *_, last = lab.find_batch_size(replace(SMALL, norm="batch"), small, seconds=0.01, largest=8)
    assert last.sizes.tolist() == [2, 4, 8]
    with pytest.raises(InputError, match="largest batch size must be a whole number"):
        next(lab.find_batch_size(SMALL, small, largest=0))
    with pytest.raises(InputError, match="time for a size"):
        next(lab.find_batch_size(SMALL, small, seconds=0))

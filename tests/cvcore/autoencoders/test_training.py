"""Runs: watched, steered, stopped; the same for a seed."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from cvcore.autoencoders import Settings, Steering, train
from cvcore.autoencoders.pictures import choose_kind
from cvcore.autoencoders.training import Learner, run
from cvcore.autoencoders.variational import reconstruct
from cvcore.recognition.datasets import load_digits
from tests.cvcore.autoencoders.conftest import finish

SMALL = Settings(bottleneck=3, examples=200, epochs=2, batch_size=50)
CURVES = ("loss", "reconstruction", "kl", "beta", "rate")


def test_a_run_is_seen_from_before_its_first_step():
    states = train(SMALL)
    first = next(states)
    assert (first.step, first.total, first.done, first.model) == (0, 8, False, None)
    assert first.validation_steps.tolist() == [0]
    assert first.pictures.shape == first.inputs.shape == first.outputs.shape == (10, 28, 28)
    assert first.codes.shape == (500, 3)
    *_, last = states
    assert (last.step, last.epoch, last.done, last.stopped) == (8, 2, True, False)
    assert {len(getattr(last, name)) for name in CURVES} == {8}
    np.testing.assert_allclose(last.loss, last.reconstruction)
    assert last.validation_error[-1] < last.validation_error[0]
    np.testing.assert_array_equal(last.inputs, last.pictures)
    assert last.validation_input_error.tolist() == [0] * len(last.validation_steps)
    assert last.validation_kl.shape == (len(last.validation_steps), 0)
    np.testing.assert_allclose(last.model.rebuild(last.pictures), last.outputs, atol=1e-6)
    np.testing.assert_allclose(last.model.encode(last.pictures)[0], last.codes[0], atol=1e-5)


@pytest.mark.parametrize("change", [{}, {"network": "conv"}, {"variational": True, "noise": 0.2}])
def test_the_seed_alone_says_what_comes(change):
    settings = replace(SMALL, examples=100, epochs=1, **change)
    one, other = finish(settings), finish(settings)
    assert one.loss.tolist() == other.loss.tolist()
    assert one.model.to_bytes() == other.model.to_bytes()
    assert finish(replace(settings, seed=1)).loss.tolist() != one.loss.tolist()


def test_the_loss_is_the_sum_of_its_terms(variational):
    kl, beta = variational.kl, variational.beta
    np.testing.assert_allclose(variational.loss, variational.reconstruction + beta * kl, rtol=1e-5)
    assert (kl > 0).all()
    assert variational.validation_kl.shape == (len(variational.validation_steps), 4)


def test_held_back_digits_have_the_terms_that_training_has():
    """With codes that are drawn: the means alone would look better than they are in training."""
    learner = Learner(replace(SMALL, variational=True, bottleneck=8))
    for _ in range(8):
        learner.take_step()
    learner.validate()
    digits = choose_kind(load_digits().validation, None).pictures
    with torch.no_grad():
        logits = learner.network(digits)
    means = reconstruct(logits, digits, "mse").mean()
    assert learner.tell().validation_reconstruction[0] > 1.01 * float(means)


def test_seconds_are_those_at_work():
    begun = time.monotonic()
    learner = Learner(SMALL)
    learner.validate()
    learner.tell()
    time.sleep(0.2)
    learner.go_on()
    assert learner.tell().seconds < time.monotonic() - begun - 0.19


def test_annealing_raises_beta_as_the_run_goes():
    last = finish(replace(SMALL, variational=True, beta=2, annealing=0.5))
    assert last.beta.tolist() == [0, 0.5, 1, 1.5, 2, 2, 2, 2]


def test_a_large_beta_makes_the_posterior_collapse():
    """Each unit's KL goes to 0: all digits come out as one."""
    last = finish(Settings(bottleneck=4, variational=True, beta=20, epochs=3, examples=2000))
    assert (last.validation_kl[-1] < 0.05).all()
    assert last.outputs.std(axis=0).max() < 0.05


def test_steering_acts_at_the_next_step():
    steering = Steering()
    states = train(replace(SMALL, variational=True), steering=steering, waits=True)
    next(states)
    steering.set(rate=0.5, beta=3, noise=0.7)
    *_, last = states
    assert last.rate[0] == 0.5
    assert last.rate[-1] < 0.1
    assert set(last.beta) == {3}
    assert last.settings.noise == 0.7
    assert 0.1 < last.validation_input_error[-1] < 0.245  # half of the noise is below black


def test_stop_ends_it_after_a_step_with_a_model():
    steering = Steering()
    states = train(replace(SMALL, epochs=200), steering=steering, waits=True)
    next(states)
    steering.stop()
    *_, last = states
    assert (last.step, last.stopped, last.done) == (1, True, True)
    assert last.model.rebuild(last.pictures).shape == (10, 28, 28)


def test_nothing_goes_on_once_the_states_are_closed():
    states = train(replace(SMALL, epochs=200))
    next(states)
    states.close()
    assert "autoencoders" not in {thread.name for thread in threading.enumerate()}


def test_a_run_that_diverges_says_so():
    last = finish(replace(SMALL, variational=True, beta=20, rate=1.0, epochs=100))
    assert last.diverged
    assert last.done
    assert last.model is None


def test_one_digit_alone_is_learnt_from(ones):
    assert set(ones.labels) == {1}
    assert len(ones.codes) == 50
    assert ones.pictures.shape == (10, 28, 28)


def test_holes_and_noise_spoil_the_input_alone():
    shown = []
    run(replace(SMALL, hole=8, noise=0.3, epochs=1), shown.append)
    last = shown[-1]
    assert last.pictures.min() >= 0
    assert last.inputs.min() < 0
    for picture in last.inputs:
        assert (picture == 0).sum() == 64  # noise leaves no other pixel black


def test_a_batch_larger_than_the_digits_is_one_step():
    learner = Learner(Settings(examples=50, batch_size=1024, epochs=3))
    assert learner.total == 3
    learner.take_step()
    assert learner.step == 1

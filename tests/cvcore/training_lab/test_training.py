"""A training from its first step to its last: watched, stopped, steered, gone on with."""

import logging
import threading
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lightning.pytorch import Callback

from cvcore import training_lab as lab
from cvcore.core.errors import InputError

SMALL = lab.Settings(batch_size=17, epochs=3, examples=50, rate=1e-2)


class Hold(Callback):
    """Holds a run at a step until it is let go."""

    def __init__(self, step):
        self.step, self.reached, self.go = step, threading.Event(), threading.Event()

    def on_train_batch_end(self, trainer, module, *_):
        if module.step == self.step:
            self.reached.set()
            assert self.go.wait(60)


def finish(settings, data, **more):
    *_, last = lab.train(settings, data, **more)
    assert last.done
    return last


def stop_at(step, settings, data, **more):
    """The last state of a run that is stopped when it has taken so many steps."""
    steering, hold = lab.Steering(), Hold(step - 1)  # it acts after the step under way
    states = lab.train(settings, data, steering=steering, callbacks=[hold], **more)
    next(states)
    assert hold.reached.wait(60)
    steering.stop()
    hold.go.set()
    *_, last = states
    return last


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "training_lab"]


def whole(progress):
    """Of the validation: after epochs alone. Between them it hangs on the clock."""
    rows = progress.validation_pictures == progress.validation_pictures.max()
    return progress.validation_loss[rows], progress.validation_steps[rows]


def same_curves(a, b):
    for name in ("training_loss", "training_accuracy", "rates", "gradient_norms"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def same_weights(a, b):
    assert a.state.network.keys() == b.state.network.keys()
    for name, value in a.state.network.items():
        np.testing.assert_array_equal(value, b.state.network[name])  # no number equals itself


def test_a_run_from_its_first_state_to_its_last(small):
    first, *_, last = lab.train(SMALL, small)
    assert (first.step, first.total, first.done) == (0, 9, False)
    assert first.validation_pictures.tolist() == [30]
    assert (last.step, last.epoch, last.stopped, last.diverged) == (9, 3, False, False)
    for name in ("training_loss", "training_accuracy", "rates"):
        assert getattr(last, name).shape == (9,)
    _, steps = whole(last)
    assert steps.tolist() == [0, 3, 6, 9]
    assert last.gradient_norms.shape == (last.gradient_steps.size, 3)
    assert last.layers == ("1 dense", "2 dense", "3 dense")
    assert last.filters.shape == (64, 1, 12, 12)
    assert last.training_loss[-1] < 0.7 * last.training_loss[0]
    assert last.confusion.sum() == 30
    assert threads() == []


def test_what_is_said_of_the_validation_is_what_the_kept_network_answers(small):
    last = finish(SMALL, small)
    part = small.validation
    probabilities = last.run.predict(part)
    labels = part.labels.numpy()
    losses = -np.log(probabilities[np.arange(30), labels])
    worst = np.argsort(-losses)[:16]
    np.testing.assert_array_equal(last.worst_indices, worst)
    np.testing.assert_allclose(last.worst_losses, losses[worst], rtol=1e-3)
    answers = probabilities.argmax(axis=1)
    np.testing.assert_array_equal(last.worst_answers, answers[worst])
    for truth in range(3):
        for answer in range(3):
            count = ((labels == truth) & (answers == answer)).sum()
            assert last.confusion[truth, answer] == count
    assert last.validation_loss[-1] == pytest.approx(losses.mean(), rel=1e-5)
    tested = last.run.predict(small.test)
    right = (tested.argmax(axis=1) == small.test.labels.numpy()).mean()
    assert last.test.accuracy == pytest.approx(right)


def test_the_best_is_the_epoch_with_the_least_loss(small):
    last = finish(replace(SMALL, epochs=12, examples=50, rate=0.03), small)
    losses, steps = whole(last)
    best = losses[1:].argmin() + 1
    assert last.best_loss == losses[best]
    assert last.best_step == steps[best]
    (mark,) = (mark for mark in last.marks if mark.text == "best so far, kept")
    assert mark.step == last.best_step
    back = last.run.back_to_best()
    probabilities = back.predict(small.validation)
    loss = -np.log(probabilities[np.arange(30), small.validation.labels.numpy()]).mean()
    assert loss == pytest.approx(last.best_loss, rel=1e-4)
    assert len(back.curves["training_loss"]) == back.step == last.best_step


RESUMED = [
    lab.Settings(network="mlp", dropout=0.3, norm="batch", schedule="one_cycle"),
    lab.Settings(network="residual", optimiser="momentum", augmentation="affine", norm="group"),
    lab.Settings(network="simple_cnn", optimiser="rmsprop", schedule="cosine", weight_decay=0.01),
    lab.Settings(network="mlp", optimiser="adamw", schedule="plateau", patience=1, min_delta=0.3),
    lab.Settings(network="linear", optimiser="sgd", loss="mse", early_stopping=True),
]


@pytest.mark.parametrize("settings", RESUMED, ids=lambda s: f"{s.network}-{s.optimiser}")
@pytest.mark.parametrize("step", [6, 7])  # the end of an epoch, the middle of one
def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(small, settings, step):
    settings = replace(settings, batch_size=17, epochs=5, examples=50, rate=1e-2)
    unbroken = finish(settings, small)
    stopped = stop_at(step, settings, small)
    assert (stopped.step, stopped.stopped, stopped.done) == (step, True, True)
    checkpoint = stopped.run.to_checkpoint()
    resumed = finish(settings, small, resume=checkpoint)
    same_curves(resumed, unbroken)
    same_weights(resumed.run, unbroken.run)
    for a, b in zip(resumed.marks, unbroken.marks, strict=True):
        assert a == b
    assert resumed.test == unbroken.test
    assert resumed.best_step == unbroken.best_step


def test_more_epochs_go_on_from_the_end(small):
    first = finish(SMALL, small)
    longer = finish(first.run.more(2), small, resume=first.run)
    assert (longer.step, longer.total) == (15, 15)
    same_curves(longer, finish(replace(SMALL, epochs=5), small))


def test_back_to_the_best_and_on_with_another_rate(small):
    first = finish(replace(SMALL, epochs=8, rate=0.05), small)
    best = first.run.back_to_best()
    settings = replace(best.settings, epochs=9, rate=1e-3)
    states = lab.train(settings, small, resume=best)
    begun = next(states)
    assert begun.step == first.best_step
    *_, last = states
    assert set(last.rates[first.best_step :]) == {1e-3}


def test_runs_do_not_disturb_each_other(small):
    many = [replace(SMALL, dropout=0.4, augmentation="affine", seed=seed) for seed in range(3)]
    alone = [finish(settings, small) for settings in many]
    together = [lab.train(settings, small) for settings in many]
    for states in together:
        next(states)
    for states, before in zip(together, alone, strict=True):
        *_, last = states
        same_curves(last, before)


def test_seeds_differ(small):
    one, other = (finish(replace(SMALL, seed=seed), small) for seed in (0, 1))
    assert (one.training_loss != other.training_loss).all()


def test_the_caller_is_left_as_it_was(small):
    before = (
        torch.random.get_rng_state(), torch.get_num_threads(), list(warnings.filters),
        np.random.get_state()[1],
    )  # fmt: skip
    logger = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    levels = logger.level, list(logger.filters)
    with torch.inference_mode(), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        finish(replace(SMALL, dropout=0.2, augmentation="affine", network="residual"), small)
    assert torch.equal(before[0], torch.random.get_rng_state())
    assert torch.get_num_threads() == before[1]
    assert warnings.filters == before[2]
    np.testing.assert_array_equal(before[3], np.random.get_state()[1])
    assert (logger.level, list(logger.filters)) == levels
    assert [str(one.message) for one in told] == []


def test_a_closed_iterator_ends_the_run(small):
    hold = Hold(2)
    states = lab.train(replace(SMALL, epochs=200), small, callbacks=[hold])
    next(states)
    assert hold.reached.wait(60)
    (thread,) = threads()
    hold.go.set()
    states.close()
    assert not thread.is_alive()


def test_steering_acts_at_the_next_step(small):
    steering, hold = lab.Steering(), Hold(2)
    settings = replace(SMALL, schedule="plateau")
    states = lab.train(settings, small, steering=steering, callbacks=[hold])
    next(states)
    assert hold.reached.wait(60)
    steering.set(rate=0.5, dropout=0.25, weight_decay=0.125)
    hold.go.set()
    *_, last = states
    assert last.rates.tolist() == [1e-2, 1e-2] + [0.5] * 7
    said = {mark.text for mark in last.marks if mark.step == 2}
    assert said == {"rate 0.5", "dropout 0.25", "weight decay 0.125"}
    assert last.run.settings == replace(settings, rate=0.5, dropout=0.25, weight_decay=0.125)


def test_steered_dropout_and_decay_change_what_is_learnt(small):
    plain = finish(SMALL, small)
    for change in ({"dropout": 0.5}, {"weight_decay": 0.5}):
        steering, hold = lab.Steering(), Hold(4)
        states = lab.train(SMALL, small, steering=steering, callbacks=[hold])
        next(states)
        assert hold.reached.wait(60)
        steering.set(**change)
        hold.go.set()
        *_, last = states
        np.testing.assert_array_equal(last.training_loss[:4], plain.training_loss[:4])
        assert (last.training_loss[5:] != plain.training_loss[5:]).all()


@pytest.mark.parametrize("bad", [{"rate": float("nan")}, {"rate": 0}, {"dropout": 0.95}])
def test_steering_refuses_what_cannot_be(bad):
    with pytest.raises(InputError):
        lab.Steering().set(**bad)


def test_a_run_that_diverges_says_so(small):
    last = finish(replace(SMALL, optimiser="sgd", rate=10, loss="cross_entropy", epochs=50,
                          network="residual", depth=32), small)  # fmt: skip
    assert last.diverged
    assert last.step < last.total
    assert "diverged" in last.marks[-1].text
    assert not np.isfinite(last.training_loss[-1])


def test_early_stopping_and_plateaus_leave_their_marks(small):
    settings = replace(
        SMALL, epochs=30, rate=1e-5, min_delta=0.5, early_stopping=True, stop_patience=5,
        schedule="plateau", patience=2,
    )  # fmt: skip
    last = finish(settings, small)
    marks = [(mark.step // 3, mark.text) for mark in last.marks if "best" not in mark.text]
    # the first epoch is better than nothing; what follows never is by 0.5
    assert marks == [(3, "rate × 0.2"), (5, "rate × 0.2"), (6, "stopped: no better for 5 epochs")]
    assert last.step == 18
    np.testing.assert_allclose(last.rates[[0, 8, 9, 15]], [1e-5, 1e-5, 2e-6, 4e-7])


def test_zeros_stay_symmetrical(small):
    last = finish(replace(SMALL, initialisation="zeros"), small)
    weights = last.run.state.network
    assert not any(value.any() for name, value in weights.items() if name.endswith("weight"))
    assert weights["3.bias"].any()
    assert (last.gradient_norms == 0).all()


def test_callbacks_are_lightnings_own(small):
    seen = []

    class Listen(Callback):
        def on_train_epoch_end(self, trainer, module):
            metrics = trainer.callback_metrics
            seen.append((trainer.current_epoch, trainer.global_step, float(metrics["val_loss"])))

    last = finish(SMALL, small, callbacks=[Listen()])
    losses, _ = whole(last)
    assert [(epoch, step) for epoch, step, _ in seen] == [(0, 3), (1, 6), (2, 9)]
    np.testing.assert_allclose([loss for *_, loss in seen], losses[1:], rtol=1e-6)


def test_an_error_in_a_callback_reaches_the_caller(small):
    class Break(Callback):
        def on_train_batch_end(self, *_):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        finish(SMALL, small, callbacks=[Break()])
    assert threads() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"network": "linear"}, "trained with network mlp, not linear"),
        ({"optimiser": "sgd"}, "trained with optimiser adam, not sgd"),
        ({"width": 2}, "trained with width 1.0, not 2.0"),
        ({"epochs": 3}, "taken all its steps"),
    ],
)
def test_what_cannot_be_gone_on_with(small, change, says):
    run = finish(SMALL, small).run
    with pytest.raises(InputError, match=says):
        finish(replace(SMALL, **change), small, resume=run)


def test_the_digits_convnet_is_for_digits(small):
    with pytest.raises(InputError, match="digits convnet is for the bundled digits"):
        finish(replace(SMALL, network="digits_cnn"), small)


@pytest.mark.parametrize("other", [{"kind": "clothes"}, {"classes": ("a", "b", "d")}])
def test_a_run_is_not_gone_on_with_on_other_data(small, other):
    run = finish(SMALL, small).run
    with pytest.raises(InputError, match="trained on other data"):
        finish(run.more(2), replace(small, **other), resume=run)


def test_a_run_of_two_processes_is_not_gone_on_with_by_one(small):
    run = replace(finish(SMALL, small).run, steps_per_epoch=2)
    with pytest.raises(InputError, match="took 2 steps an epoch, not 3: go on with as many"):
        finish(replace(SMALL, epochs=9), small, resume=run)


@pytest.mark.parametrize("data", [b"", b"text that is no checkpoint", b"\x10" + b"\0" * 200])
def test_no_checkpoint(data):
    with pytest.raises(InputError, match="no checkpoint of a training"):
        lab.load_checkpoint(data)


def test_a_spoilt_checkpoint(small):
    data = finish(SMALL, small).run.to_checkpoint()
    for spoilt in (
        data[:-100],
        data.replace(b'\\"network\\": \\"mlp\\"', b'\\"network\\": \\"ml?\\"'),
        data.replace(b'\\"network\\": \\"mlp\\"', b'\\"netw\\": \\"linear\\"'),
        data.replace(b"training_lab", b"training_lap"),
        data.replace(b'\\"size\\": [1, ', b'\\"size\\": [9, '),
    ):
        assert spoilt != data
        with pytest.raises(InputError, match="no checkpoint of a training"):
            lab.load_checkpoint(spoilt)


def test_a_checkpoint_from_before_there_was_a_width(small):
    run = finish(SMALL, small).run
    data, width = run.to_checkpoint(), b'\\"width\\": 1.0, '
    assert data.count(width) == 1
    old = lab.load_checkpoint(data.replace(width, b" " * len(width)))
    assert old.settings == run.settings


@given(
    st.builds(
        lab.Settings,
        network=st.sampled_from(["linear", "mlp", "simple_cnn"]),
        width=st.sampled_from([0.25, 1.0, 1.3]),
        norm=st.sampled_from(lab.CHOICES["norm"]),
        loss=st.sampled_from(lab.CHOICES["loss"]),
        optimiser=st.sampled_from(lab.CHOICES["optimiser"]),
        initialisation=st.sampled_from(lab.CHOICES["initialisation"]),
        schedule=st.sampled_from(lab.CHOICES["schedule"]),
        augmentation=st.sampled_from(lab.CHOICES["augmentation"]),
        rate=st.floats(1e-6, 10),
        batch_size=st.integers(2, 100),
        epochs=st.integers(1, 2),
        dropout=st.floats(0, 0.9),
        weight_decay=st.floats(0, 1),
        examples=st.integers(50, 90),
        seed=st.integers(0, 2**63 - 1),
    )
)
@hypothesis_settings(max_examples=8, deadline=None)
def test_any_settings_end_in_a_run_whose_shapes_fit(small, settings):
    last = finish(settings, small)
    assert last.diverged or last.step == last.total
    for name in ("training_loss", "training_accuracy", "rates"):
        assert getattr(last, name).shape == (last.step,)
    assert last.confusion.sum() == 30
    again = lab.load_checkpoint(last.run.to_checkpoint())
    same_weights(again, last.run)
    assert again.settings == last.run.settings
    assert again.marks == last.run.marks

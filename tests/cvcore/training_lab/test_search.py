"""A search by grid, at random and by TPE."""

import logging
import threading
import time
from contextlib import closing
from dataclasses import replace

import numpy as np
import optuna
import pytest

from cvcore import training_lab as lab
from cvcore.core.errors import InputError
from cvcore.training_lab.search import list_grid, measure_importances

BASE = lab.Settings(examples=60, epochs=3, batch_size=20)
SPACE = lab.Space(rate=(1e-5, 1.0), optimisers=("sgd", "adam"), widths=(0.25, 1))


@pytest.fixture(scope="module")
def states(small):
    return list(lab.search_settings(BASE, small, space=SPACE, trials=8))


def test_samplers_take_turns_on_the_same_budget(states):
    first, *between, last = states
    assert first.trials == ()
    assert first.best is None
    assert last.done
    assert not any(state.done for state in between)
    assert [trial.sampler for trial in last.trials] == ["grid", "random", "tpe"] * 8
    assert [trial.number for trial in last.trials[::3]] == list(range(8))
    counts = [len(state.trials) for state in states]
    assert counts == sorted(counts)
    running = [state.running for state in between if state.running]
    assert {name for name, _, _ in running} == {"grid", "random", "tpe"}
    for trial in last.trials:
        assert trial.settings == replace(
            BASE, rate=trial.settings.rate, dropout=trial.settings.dropout,
            optimiser=trial.settings.optimiser, width=trial.settings.width,
        )  # fmt: skip
        assert SPACE.rate[0] <= trial.settings.rate <= SPACE.rate[1]
        assert SPACE.dropout[0] <= trial.settings.dropout <= SPACE.dropout[1]
        assert trial.settings.rate == float(f"{trial.settings.rate:.2g}")  # as one would type it
        assert trial.settings.dropout == round(trial.settings.dropout, 2)
        assert trial.settings.optimiser in SPACE.optimisers
        assert trial.settings.width in SPACE.widths


def test_a_trial_is_the_training_with_its_settings(states, small):
    best = states[-1].best
    assert best.value == max(trial.value for trial in states[-1].trials)
    *_, last = lab.train(best.settings, small)
    rows = (last.validation_pictures == 30) & (last.validation_steps > 0)
    np.testing.assert_array_equal(last.validation_accuracy[rows], best.accuracies)


def test_what_is_below_the_median_is_pruned_and_marked(states):
    for name in ("grid", "random", "tpe"):
        trials = [trial for trial in states[-1].trials if trial.sampler == name]
        assert not any(trial.pruned for trial in trials[:3])
        for i, trial in enumerate(trials):
            assert trial.pruned == (len(trial.accuracies) < 3) or trial.diverged
            if trial.pruned:
                epoch = len(trial.accuracies)
                before = [max(one.accuracies[:epoch]) for one in trials[:i]
                          if not one.pruned]  # fmt: skip
                assert max(trial.accuracies) < np.median(before)
    assert any(trial.pruned for trial in states[-1].trials)


def test_the_same_seed_searches_the_same(small, states):
    *_, again = lab.search_settings(BASE, small, space=SPACE, trials=8, samplers=["tpe"])
    own = [trial for trial in states[-1].trials if trial.sampler == "tpe"]
    assert [one.settings for one in again.trials] == [one.settings for one in own]
    assert [one.accuracies for one in again.trials] == [one.accuracies for one in own]


def test_a_grid_spans_the_space_and_keeps_the_budget():
    for most in range(1, 40):
        points = list_grid(SPACE, most)
        assert 1 <= len(points) <= most
        assert len({tuple(point.items()) for point in points}) == len(points)
    points = list_grid(SPACE, 16)
    assert len(points) == 16
    assert sorted({point["rate"] for point in points}) == pytest.approx([10**-3.75, 10**-1.25])
    assert sorted({point["dropout"] for point in points}) == pytest.approx([0.15, 0.45])
    assert {point["width"] for point in points} == {0.25, 1}
    wide = list_grid(lab.Space(), 24)  # as many values of each as its choices allow
    assert [len({point[name] for point in wide}) for name in wide[0]] == [3, 2, 2, 2]


def test_a_setting_with_one_value_has_it_in_all_trials(small):
    space = lab.Space(rate=(0.1, 0.1), dropout=(0.2, 0.2), optimisers=("sgd",), widths=(0.5, 0.5),
                      batch_sizes=(16, 30))  # fmt: skip
    assert space.searched == ("batch_size",)
    assert list_grid(space, 9) == [{"batch_size": 16}, {"batch_size": 30}]
    *_, last = lab.search_settings(replace(BASE, epochs=1), small, space=space, trials=2)
    for trial in last.trials:
        assert trial.settings == replace(
            BASE, epochs=1, rate=0.1, dropout=0.2, optimiser="sgd", width=0.5,
            batch_size=trial.settings.batch_size,
        )  # fmt: skip
    plot = lab.to_parallel_coordinates(last.trials, space)
    assert plot.axes == ("batch size", "accuracy")
    assert plot.ticks[0] == ((0, "16"), (1, "30"))
    nothing = lab.Space(rate=(0.1, 0.1), dropout=(0, 0), optimisers=(), widths=())
    *_, last = lab.search_settings(
        replace(BASE, epochs=1, optimiser="rmsprop"), small, space=nothing, trials=3
    )
    assert {trial.settings.optimiser for trial in last.trials} == {"rmsprop"}
    assert [trial.sampler for trial in last.trials].count("grid") == 1  # its only point
    assert last.importances == {}


def make_trial(number, rate, dropout, value):
    settings = replace(BASE, rate=rate, dropout=dropout, optimiser="sgd", width=0.25)
    return lab.Trial("random", number, settings, (value,), False, False, 9, 9, 1.0)


def test_what_decides_is_the_most_important():
    rng = np.random.default_rng(0)
    draws = [(10 ** rng.uniform(-5, 0), rng.uniform(0, 0.6)) for _ in range(40)]
    by_rate = [make_trial(i, r, d, 1 + np.log10(r) / 10) for i, (r, d) in enumerate(draws)]
    by_dropout = [make_trial(i, r, d, 1 - d) for i, (r, d) in enumerate(draws)]
    for trials, name in ((by_rate, "rate"), (by_dropout, "dropout")):
        found = measure_importances(trials, SPACE)
        assert sum(found.values()) == pytest.approx(1)
        assert max(found, key=found.get) == name
    assert measure_importances(by_rate[:11], SPACE) == {}
    assert measure_importances(by_rate[:12], SPACE) != {}
    assert measure_importances([replace(one, accuracies=(0.5,)) for one in by_rate], SPACE) == {}


def test_importances_come_with_the_trials(states):
    assert states[0].importances == {}
    assert set(states[-1].importances) == {"rate", "dropout", "optimiser", "width"}


def test_trials_are_lines_across_axes(states):
    last = states[-1]
    plot = lab.to_parallel_coordinates(last.trials, SPACE)
    assert plot.lines.shape == (24, len(plot.axes)) == (24, 5)
    assert plot.axes == ("rate", "optimiser", "width", "dropout", "accuracy")
    assert (plot.lines >= 0).all()
    assert (plot.lines <= 1).all()
    for trial, line in zip(last.trials, plot.lines, strict=True):
        assert trial.settings.rate == pytest.approx(10 ** (-5 + 5 * line[0]))
        assert line[1] == (trial.settings.optimiser == "adam")
        assert line[2] == (trial.settings.width == 1)
        assert line[3] == pytest.approx(trial.settings.dropout / 0.6)
    assert plot.values[plot.lines[:, -1].argmax()] == last.best.value
    decades = ("0.00001", "0.0001", "0.001", "0.01", "0.1", "1")
    assert plot.ticks[0] == tuple((i / 5, text) for i, text in enumerate(decades))
    assert lab.to_parallel_coordinates([], SPACE).lines.shape == (0, 5)
    assert last.best_so_far("tpe").size == 8
    assert (np.diff(last.best_so_far("tpe")) >= 0).all()


def test_nothing_goes_on_while_nobody_asks_for_more(small):
    with closing(lab.search_settings(replace(BASE, epochs=200), small, trials=2)) as states:
        next(states)
        _, _, begun = next(states).running  # before the first step
        assert begun.step == 0
        time.sleep(1)  # in which the training would be over
        _, _, gone_on = next(states).running  # a second has gone by: it shows its first step
    assert gone_on.step == 1


def test_steps_are_counted(states):
    for trial in states[-1].trials:
        assert trial.total == 9
        assert trial.steps == 3 * len(trial.accuracies) or trial.diverged


def test_it_is_stopped_and_leaves_nothing_behind(small):
    steering = lab.Steering()
    before = optuna.logging.get_verbosity(), list(logging.getLogger("optuna").filters)
    states = lab.search_settings(replace(BASE, epochs=200), small, trials=50, steering=steering)
    for state in states:
        if state.running:
            steering.stop()
    assert state.stopped
    assert state.done
    assert len(state.trials) <= 1
    with closing(lab.search_settings(replace(BASE, epochs=200), small, trials=50)) as closed:
        next(closed)
        next(closed)
    assert [one for one in threading.enumerate() if one.name == "training_lab"] == []
    assert (optuna.logging.get_verbosity(), list(logging.getLogger("optuna").filters)) == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"samplers": ["luck"]}, "no search 'luck'"),
        ({"samplers": []}, "at least one way"),
        ({"trials": 1}, "number of trials must be"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_searches_get_a_sentence(wrong, message, small):
    with pytest.raises(InputError, match=message):
        next(lab.search_settings(BASE, small, **wrong))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate": (0, 1)}, "learning rate is above 0"),
        ({"rate": 0.1}, "between two numbers"),
        ({"rate": (1, 0.1)}, "least rate is above"),
        ({"dropout": (0, 2)}, "dropout must be"),
        ({"widths": (1, 8)}, "width must be a number from 0.25 to 4"),
        ({"optimisers": ("lion",)}, "no optimiser 'lion'"),
        ({"batch_sizes": (0,)}, "batch size must be"),
    ],
)
def test_wrong_spaces_get_a_sentence(wrong, message):
    with pytest.raises(InputError, match=message):
        lab.Space(**wrong)

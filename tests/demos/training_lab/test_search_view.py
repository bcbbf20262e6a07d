"""The view "Search", as plain functions and through the API."""

import re
from dataclasses import replace

import pytest
from gradio_client.exceptions import AppError

from cvcore import training_lab as lab
from cvcore.core.errors import InputError
from demos.lesson import turns
from demos.training_lab import search
from demos.training_lab.search_drawing import draw_search
from demos.training_lab.session import Session, TrainingSettings
from tests.support.html import visible

SHORT = {"network": "linear", "examples": 50, "epochs": 2, "trials": 4}
SPACE = lab.Space(rate=(0.01, 1), dropout=(0, 0), optimisers=("sgd", "adam"), widths=())
BASE = lab.Settings(network="linear", examples=50)


def read(html):
    return re.sub(r" ([,.:])", r"\1", visible(html))


def make_trial(number, rate, accuracies, *, sampler="random", optimiser="adam", pruned=False):
    settings = replace(BASE, rate=rate, optimiser=optimiser)
    return lab.Trial(sampler, number, settings, accuracies, pruned, False, 6, 20, 0.5)


def make_progress(*trials, total=8, **more):
    return lab.SearchProgress(SPACE, ("random", "tpe"), 4, total, trials, **more)


@pytest.fixture(scope="module")
def searched():
    """A visit's search that is done."""
    one = search.Search()
    assert search.begin(one, 0, search.SearchChoice(**SHORT)) == 1
    while one.step():
        pass
    return one


def test_every_trial_is_a_line_to_its_accuracy():
    trials = [
        make_trial(0, 0.1, (0.2, 0.8)),
        make_trial(1, 1.0, (0.3,), sampler="tpe", optimiser="sgd", pruned=True),
    ]
    html = draw_search(make_progress(*trials), is_going=True)
    drawn = re.findall(r'<g class="trial (\w*) c\d"><title>(.*?)</title>.*? d="([^"]*)"', html)
    # the one that was pruned lies below; halfway up 0.01 to 1 is 0.1
    pruned, best = drawn
    assert best[0] == "best"
    assert best[1] == "random, trial 1: rate 0.1, Adam: 80\u00a0% after 2 epochs"
    assert best[2] == "M0.00 50.00L50.00 2.50L100.00 0.00"
    assert pruned[0] == "pruned"
    assert "ended early: below the median" in pruned[1]
    assert pruned[2].startswith("M0.00 0.00L50.00 9")
    assert pruned[2].endswith("L100.00 100.00")
    assert html.count(">×</i>") == 1
    words = read(html)
    assert "trial 2 of 8" in words
    assert "best 80 %, found by random: rate 0.1, Adam" in words
    assert "random 80 % at its trial 1, TPE 30 % at its trial 1" in words
    assert "1 trial fell below the median and ended early: 14 of 40 steps saved" in words
    assert "RMSprop" not in words  # an axis has what is searched alone


def test_what_decides_is_told_and_drawn():
    trials = [make_trial(i, 0.1, (0.1 * i,)) for i in range(8)]
    p = make_progress(*trials, importances={"rate": 0.75, "optimiser": 0.25}, done=True)
    html = draw_search(p, is_going=False)
    words = read(html)
    assert "The rate decides most" in words
    assert "8 trials in 4 s" in words
    assert "75\u00a0%" in html
    assert "try another seed" in words


def test_a_search_rests_between_two_turns(monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    one, count = search.Search(), 0
    assert "Press <b>Search</b>" in search.draw(one)["html"]
    search.begin(one, 0, search.SearchChoice(**SHORT))
    assert "waits for its turn" in search.draw(one)["html"]
    while one.plan:
        count += 1
        *_, (shown, _) = turns.run_turn(one, 0)
    assert count > 12  # each trial has at least one state
    assert shown["trials"] == 12
    assert shown["best"] == one.progress.best.value
    assert "under-way" not in shown["html"]


def test_a_search_that_is_left_says_so():
    one = search.Search()
    search.begin(one, 0, search.SearchChoice(**SHORT))
    going = turns.run_turn(one, 0)
    for _ in range(3):
        next(going)
    going.close()
    assert one.plan == []
    assert one.steps is None
    shown = turns.show_stopped(one)["html"]
    assert "under-way" not in shown
    assert "stopped after 0 of 12 trials" in shown


def test_the_best_is_trained_again(searched):
    session = Session()
    asked, preset, note, *values = search.take_best(searched, session, 4)
    assert (asked, preset, note) == (5, "own", "")
    best = searched.progress.best
    (task,) = session.plan
    assert task.settings == best.settings
    assert task.name in ("found by grid", "found by random", "found by TPE")
    assert TrainingSettings(*values).plain() == best.settings
    assert max(best.accuracies) == best.value
    *_, last = lab.train(task.settings, lab.load_digits())
    assert last.validation_accuracy.max() >= best.value
    with pytest.raises(InputError, match="press Search"):
        search.take_best(search.Search(), session, 0)
    assert session.plan == [task]


def test_one_layer_has_no_width_and_no_dropout_to_search(searched):
    assert searched.progress.space.searched == ("rate", "optimiser")
    assert "width" not in visible(searched.draw()["html"])
    first = next(search.SearchChoice().search())
    assert first.space.searched == ("rate", "optimiser", "width", "dropout")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"trials": 1}, "number of trials must be"),
        ({"trials": 25}, "from 2 to 24"),
        ({"epochs": 0}, "number of epochs must be"),
        ({"network": "vgg"}, "no network 'vgg'"),
        ({"examples": 10}, "number of examples"),
        ({"seed": None}, "seed"),
    ],
)
def test_what_cannot_be_searched_gets_a_sentence(wrong, words):
    one = search.Search()
    with pytest.raises(InputError, match=words):
        search.begin(one, 0, search.SearchChoice(**SHORT | wrong))
    assert one.plan == []


def test_api(client, searched):
    got = client.predict(**SHORT, api_name="/training_lab_search")
    assert got["done"]
    assert [one["sampler"] for one in got["trials"]] == ["grid", "random", "tpe"] * 4
    own = searched.progress
    assert [one["rate"] for one in got["trials"]] == [one.settings.rate for one in own.trials]
    assert got["best"] == own.trials.index(own.best)
    for name, best in got["best_so_far"].items():
        values = [max(one["accuracies"]) for one in got["trials"] if one["sampler"] == name]
        assert best == [max(values[: i + 1]) for i in range(4)]
    assert set(got["importances"]) == {"rate", "optimiser"}
    with pytest.raises(AppError, match="give a number from 2 to 24"):
        client.predict(**SHORT | {"trials": 1}, api_name="/training_lab_search")

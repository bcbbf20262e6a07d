"""What a visit of the autoencoders tab plans, trains and keeps."""

import copy
from types import SimpleNamespace

import gradio as gr
import pytest

from cvcore.autoencoders.settings import Settings
from cvcore.core.errors import InputError
from demos import autoencoders as tab
from demos.autoencoders import anomalies, calls, train, vae
from demos.autoencoders.controls import ANOMALIES, VAE, AnomalySettings, TrainSettings
from demos.autoencoders.session import KNOWN, MOST, MOST_REMEMBERED, PLAIN, VARIATIONAL
from tests.demos.autoencoders.conftest import SHORT, run_all
from tests.support.html import visible

TINY = Settings(**SHORT)
FIRST = {"network": "dense", "examples": 50, "epochs": 1, "batch_size": 50}


def test_the_newest_piece_goes_first_and_the_other_goes_on_after_it(visit):
    visit.ask(PLAIN, TINY)
    assert visit.step()
    before = visit.states[PLAIN].step
    assert visit.ask(VARIATIONAL, Settings(**{**SHORT, "variational": True}))
    assert visit.waiting == [VARIATIONAL, PLAIN]
    run_all(visit)
    assert visit.states[PLAIN].done
    assert visit.states[VARIATIONAL].done
    assert visit.states[PLAIN].step > before
    assert visit.model(PLAIN) is not None


def test_what_is_there_is_not_trained_again(trained):
    assert not trained.ask(PLAIN, TINY)
    assert trained.ask(PLAIN, Settings(**{**SHORT, "seed": 1}))
    run_all(trained)
    assert [one.name for one in trained.kept] == [
        "dense 4, MSE, 2 epochs, 100 digits, batch 50",
        "dense 4, MSE, 2 epochs, 100 digits, batch 50, seed 1",
    ]


def test_a_run_that_is_stopped_keeps_its_model(visit):
    visit.again(PLAIN, Settings(**{**SHORT, "epochs": 200}))
    visit.step()
    visit.step()
    visit.end()
    state = visit.states[PLAIN]
    assert state.done
    assert state.stopped
    assert state.step < state.total
    assert visit.model(PLAIN) is not None
    assert not visit.step()


def test_a_run_that_is_replaced_is_not_kept(visit):
    visit.again(PLAIN, Settings(**{**SHORT, "epochs": 200}))
    visit.step()
    visit.again(PLAIN, TINY)
    run_all(visit)
    assert len(visit.kept) == 1
    assert visit.kept[0].last.settings == TINY


def test_six_runs_are_kept_and_removed(visit):
    for seed in range(MOST + 1):
        visit.again(PLAIN, Settings(**FIRST, seed=seed))
        run_all(visit)
    assert [one.last.settings.seed for one in visit.kept] == [1, 2, 3, 4, 5, 6]
    assert len({one.colour for one in visit.kept}) == MOST
    train.remove(visit, SimpleNamespace(run=visit.kept[0].number))
    assert len(train.list_runs(visit)["runs"]) == MOST - 1
    for wrong in (99, None, float("nan")):
        with pytest.raises(InputError, match="no such run"):
            train.remove(visit, SimpleNamespace(run=wrong))


def test_each_visit_has_its_own(trained):
    other = copy.deepcopy(trained)
    assert isinstance(other, tab.Visit)
    assert trained.kept
    assert not other.kept


def test_two_starts_at_once_are_two(visit):
    """Neither takes the other's count: both ask for a turn, and the work goes on."""
    asked, _ = tab.begin(visit, TrainSettings(examples=100, epochs=1))
    other, *_ = tab.show(ANOMALIES)(visit, AnomalySettings())
    assert asked != other
    assert tab.show(ANOMALIES)(visit, AnomalySettings())[0] == gr.skip()  # it is under way
    assert visit.waiting == [KNOWN, PLAIN]


def test_what_was_computed_of_an_old_model_is_not_taken_for_the_new_one(trained):
    old = trained.model(PLAIN)

    def compute() -> str:
        trained.again(PLAIN, TINY)  # a newer one comes meanwhile
        run_all(trained)
        return "old"

    assert trained.remember(old, "key", compute) == "old"
    assert trained.remember(trained.model(PLAIN), "key", lambda: "new") == "new"
    for i in range(2 * MOST_REMEMBERED):
        trained.remember(old, i, lambda: "one")
    assert len(trained.memo) <= MOST_REMEMBERED


def test_beta_is_turned_before_the_run_has_begun(visit):
    settings = Settings(**SHORT, variational=True)
    visit.again(VARIATIONAL, settings)
    run_all(visit)
    visit.again(VARIATIONAL, settings)
    vae.steer(visit, 7.0)
    run_all(visit)
    assert visit.states[VARIATIONAL].settings.beta == 7.0


def test_a_name_is_that_of_the_run_that_is_shown(visit):
    for seed in (0, 1):
        visit.again(PLAIN, Settings(**SHORT, seed=seed))
        run_all(visit)
    visit.remove(visit.kept[-1].number)
    assert "seed 1" in visible(train.draw(visit)[0]["html"])


def test_what_another_view_has_stopped_is_trained_anew(visit):
    visit.again(KNOWN, Settings(**{**SHORT, "epochs": 200, "only": 1}))
    visit.step()
    visit.step()
    tab.stop_in(ANOMALIES)(visit)
    (panel,) = anomalies.draw(visit)
    assert "Stopped at step" in visible(panel["html"])
    tab.stop_in(VAE)(visit)
    assert visit.model(KNOWN) is None
    assert anomalies.set_up(visit, AnomalySettings())
    visit.step()
    calls.stop(visit)
    assert visit.model(KNOWN) is None

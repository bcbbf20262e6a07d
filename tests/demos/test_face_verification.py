"""The tab's handlers as plain functions, and its API on the running app."""

import base64
import re

import numpy as np
import pytest

from cvcore import images, samples
from cvcore.errors import InputError
from demos import face_verification_group as group
from demos import face_verification_history as history
from demos import face_verification_live as live
from demos import face_verification_pair as pair
from demos import face_verification_picture as picture
from demos import face_verification_stages as stages
from demos import face_verification_trials as trials
from tests.bad_files import write_bad_files, write_odd_pictures

A, B, OTHER = (picture.to_value(name) for name in ("ardern_2018", "ardern_2022", "obama_2005"))


def visible(html):
    html = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def to_uri(data: bytes) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


def test_verdict_bars_numbers_and_frames():
    verdict, bars, _, numbers, score, frame_a, frame_b = pair.verify(A, B)
    assert "Same person" in visible(verdict)
    assert numbers["is_same"]
    assert numbers["similarity"] == pytest.approx(score["similarity"])
    terms = [float(x.replace("−", "-")) for x in re.findall(r"[\d.]+(?= \()", visible(bars))]
    assert terms[0] - terms[1] == pytest.approx(numbers["similarity"], abs=2e-3)
    for frame in (frame_a, frame_b):
        (face,) = frame["faces"]
        x0, y0, x1, y1 = face["box"]
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert face["chosen"]


def test_threshold_moves_without_the_network(monkeypatch):
    score = pair.verify(A, OTHER)[4]

    def forbidden(*_, **__):
        raise AssertionError("a network ran again")

    monkeypatch.setattr("cvcore.face_verification.load_predictor", forbidden)
    monkeypatch.setattr("cvcore.mtcnn.load_predictor", forbidden)
    assert "Different persons" in pair.redraw(score, 0.34)
    assert "Same person" in pair.redraw(score, -0.2)
    with pytest.raises(InputError, match="between -1 and 1"):
        pair.redraw(score, float("nan"))


def test_a_face_can_be_picked():
    everyone = picture.to_value(picture.GROUP)
    counts, notes = [], []
    for face in range(4):
        numbers = pair.verify({**everyone, "face": face}, OTHER)[3]
        counts.append(numbers["is_same"])
        notes.append(numbers["notes"])
    assert counts.count(True) == 1
    assert notes == [[]] * 4
    assert "click another" in pair.verify(everyone, OTHER)[3]["notes"][0]
    assert pair.verify({**everyone, "face": 99}, OTHER)[3]["faces"][0]["count"] == 4


@pytest.mark.parametrize("value", [None, {}, {"src": None}, ""])
def test_no_picture_is_a_sentence(value):
    with pytest.raises(InputError, match="no picture A yet"):
        pair.verify(value, B)
    with pytest.raises(InputError, match="no picture B yet"):
        pair.verify(A, value)


@pytest.mark.parametrize(
    "value", ["data:image/png;base64,%%%", "https://a.b/c.png", "/etc/passwd", {"src": 5}, "x"]
)
def test_addresses_that_are_no_picture_are_refused(value):
    with pytest.raises(InputError, match="could not be read"):
        picture.read_picture(value)
    with pytest.raises(InputError, match="no sample"):
        picture.read_picture("sample:../../secret")


def test_odd_and_bad_files(tmp_path):
    for path in write_odd_pictures(tmp_path).values():
        with pytest.raises(InputError, match="no face to be found in picture A"):
            pair.verify(to_uri(path.read_bytes()), B)
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(InputError) as error:
            pair.verify(to_uri(path.read_bytes()), B)
        assert "\n" not in str(error.value)


def test_stages_tell_their_counts():
    html, numbers = stages.show_stages(A)
    assert "P-Net" in html
    assert numbers["pnet"] > numbers["rnet"] >= numbers["onet"] == 1
    with pytest.raises(InputError, match="too small"):
        stages.show_stages(images.to_data_uri(np.zeros((5, 5, 3), np.uint8)))


def test_history_compares_methods_and_losses():
    html, numbers = history.show_history(A, B)
    assert "Eigenfaces, 1991" in html
    assert numbers["similarities"]["sface"] == pytest.approx(
        pair.verify(A, B)[4]["similarity"], abs=1e-4
    )
    losses = numbers["losses"]
    assert losses["cross_entropy_same"] < 0.01 < losses["cross_entropy_different"]
    with pytest.raises(InputError, match="1 to 48"):
        history.show_history(A, B, float("nan"))


def test_trial_is_drawn_step_by_step():
    steps = list(trials.show_trial(A, B, "cover"))
    assert len(steps) == 10
    html, numbers = steps[-1]
    assert numbers["similarities"][0] > 0.6
    assert "Covered part" in visible(html)
    with pytest.raises(InputError, match="no trial"):
        next(trials.show_trial(A, B, "shout"))


def test_class_photo_finds_the_pair():
    matrix, drawing, numbers, overlay = group.compare_all(picture.to_value(picture.GROUP))
    assert "4 faces, 3 persons" in visible(matrix)
    assert numbers["groups"] == [0, 0, 1, 2]
    assert drawing.count("<image") == 4
    assert len(overlay["faces"]) == 4
    assert "one face only" in group.compare_all(OTHER)[0]
    with pytest.raises(InputError, match="no face"):
        group.compare_all(images.to_data_uri(samples.load_sample("coffee")))


def test_enrolment_needs_consent_and_a_name():
    for consent in (False, None, "yes", 1):
        with pytest.raises(InputError, match="consent box"):
            live.enrol((), "Jacinda", A, consent)
    with pytest.raises(InputError, match="name"):
        live.enrol((), "  ", A, True)
    with pytest.raises(InputError, match="too long"):
        live.enrol((), "x" * 25, A, True)
    with pytest.raises(InputError, match="4 faces, and one is expected"):
        live.enrol((), "All", picture.to_value(picture.GROUP), True)


def test_enrolled_people_are_named_and_forgotten():
    people, html, *cleared = live.enrol(None, " <b>Jacinda ", A, True)
    assert cleared == ["", None, False]
    assert "<b><b>" not in html
    assert "&lt;b&gt;Jacinda" in html
    people, _, *_ = live.enrol(people, "Barack", OTHER, True)
    assert [person.name for person in people] == ["<b>Jacinda", "Barack"]
    assert not hasattr(people[0], "crop")
    again, *_ = live.enrol(people, "Barack", OTHER, True)
    assert len(again) == 2
    frame = samples.load_sample("ardern_2022")
    shown, table, state = live.name_faces(frame, people, 0.34, None)
    assert shown.shape == frame.shape
    assert (shown != frame).any()
    assert "Jacinda" in visible(table)
    assert all(track.face.crop is None for track in state.tracks)
    _, table, _ = live.name_faces(frame, people, 0.34, state)
    assert "Jacinda" in visible(table)
    people, html, state = live.forget()
    assert people == ()
    assert state is None
    assert "Nobody" in html
    assert "stranger" in visible(live.name_faces(frame, people, 0.34, None)[1])


def test_names_are_drawn_without_their_accents():
    assert live.to_ascii("Zoë Núñez") == "Zoe Nunez"
    assert live.to_ascii("李") == "?"


def test_without_a_network_the_bundled_embedder_goes_on(monkeypatch):
    def refuse(name):
        raise InputError("FaceNet cannot be downloaded without a network: use the bundled model.")

    monkeypatch.setattr(pair.weights, "is_available", lambda name: False)
    monkeypatch.setattr(pair.weights, "fetch", refuse)
    steps = list(pair.choose_embedder("facenet_vggface2"))
    assert "Downloading" in steps[0][1]
    assert steps[-1][0] == "sface"
    assert "bundled" in steps[-1][1]


def test_api(client):
    a, b = (images.to_data_uri(samples.load_sample(n)) for n in ("ardern_2018", "obama_2005"))
    outputs = client.predict(a, b, 0.34, "sface", api_name="/face_verification")
    numbers = next(x for x in outputs if isinstance(x, dict) and "is_same" in x)
    assert not numbers["is_same"]
    found = client.predict("sample:group", 20, api_name="/face_verification_detect")
    assert len(found["faces"]) == 4
    outputs = client.predict("sample:group", 0.34, api_name="/face_verification_matrix")
    assert next(x for x in outputs if isinstance(x, dict) and "groups" in x)["faces"] == 4
    view, *_ = client.predict(a, 0.34, api_name="/face_verification_frame")
    assert str(view).startswith("data:image/jpeg") or "data:image" in str(view)


def test_api_answers_mistakes_in_a_sentence(client):
    good = "sample:astronaut"
    for value, threshold, expected in (
        ("data:image/png;base64,AAAA", 0.3, "could not be read"),
        (good, 7, "give a number from"),
        ("", 0.3, "no picture A"),
    ):
        with pytest.raises(Exception, match=expected):
            client.predict(value, good, threshold, "sface", api_name="/face_verification")
    with pytest.raises(Exception, match="consent box"):
        client.predict("Eileen", good, False, api_name="/face_verification_enrol")

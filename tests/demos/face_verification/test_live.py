"""Enrolment and the naming of faces before the webcam, as plain functions."""

import numpy as np
import pytest

from cvcore.core import images, samples
from cvcore.core.errors import InputError
from demos.components import private_picture as picture
from demos.face_verification import live
from tests.support.html import visible

A, OTHER = picture.to_value("ardern_2018"), picture.to_value("obama_2005")


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


@pytest.mark.parametrize(("turns", "how"), [(1, "lies on its side"), (2, "stands on its head")])
def test_a_face_that_was_turned_upright_to_be_enrolled_says_so(turns, how):
    turned = np.ascontiguousarray(np.rot90(samples.load_sample("obama_2005"), turns))
    people, html, *_ = live.enrol((), "Barack", {"src": images.to_data_uri(turned)}, True)
    assert f"{how}: it was turned upright first" in visible(html)
    assert "Enrolled (1): Barack" in visible(html)
    people, html, *_ = live.enrol(people, "Jacinda", A, True)
    assert "upright" not in html


def test_enrolled_people_are_named_and_forgotten():
    people, html, *cleared, numbers = live.enrol(None, " <b>Jacinda ", A, True)
    assert cleared == ["", None, False]
    assert numbers == {"people": ["<b>Jacinda"]}
    assert "<b><b>" not in html
    assert "&lt;b&gt;Jacinda" in html
    people, _, *_ = live.enrol(people, "Barack", OTHER, True)
    assert [person.name for person in people] == ["<b>Jacinda", "Barack"]
    assert not hasattr(people[0], "crop")
    again, *_ = live.enrol(people, "Barack", OTHER, True)
    assert len(again) == 2
    frame = samples.load_sample("ardern_2022")
    shown, table, state, numbers = live.name_faces(frame, people, 0.34, None)
    assert numbers["enrolled"] == 2
    assert [face["name"] for face in numbers["faces"]] == ["<b>Jacinda"]
    assert 0.34 < numbers["faces"][0]["similarity"] <= 1
    assert shown.shape == frame.shape
    assert (shown != frame).any()
    assert "Jacinda" in visible(table)
    assert all(track.face.crop is None for track in state.tracks)
    _, table, _, _ = live.name_faces(frame, people, 0.34, state)
    assert "Jacinda" in visible(table)
    people, html, state, numbers = live.forget()
    assert people == ()
    assert state is None
    assert "Nobody" in html
    assert numbers == {"people": []}
    _, table, state, numbers = live.name_faces(frame, people, 0.34, None)
    assert "1 face in view; nobody is enrolled" in visible(table)
    assert [track.embedding for track in state.tracks] == [None]  # nothing to compare it with
    assert [face["similarity"] for face in numbers["faces"]] == [None]


def test_a_face_not_looked_at_yet_is_no_stranger(monkeypatch):
    people, *_ = live.enrol(None, "Barack", OTHER, True)
    frame = samples.load_sample("ardern_2022")
    assert "stranger" in visible(live.name_faces(frame, people, 0.34, None)[1])
    monkeypatch.setattr("cvcore.face_verification.tracking.FRESH_EMBEDDINGS", 0)
    table = visible(live.name_faces(frame, people, 0.34, None)[1])
    assert "looking" in table
    assert "stranger" not in table


def test_live_keeps_to_its_own_networks_threshold():
    people, *_ = live.enrol(None, "Jacinda", A, True)
    frame = samples.load_sample("ardern_2022")
    assert "stranger" in visible(live.name_faces(frame, people, 0.9, None)[1])
    table = visible(live.name_faces(frame, people, 0.9, None, "facenet_vggface2")[1])
    assert "Jacinda" in table
    assert "SFace's own threshold 0.34" in table.replace("&#x27;", "'")


def test_names_are_drawn_without_their_accents():
    assert live.to_ascii("Zoë Núñez") == "Zoe Nunez"
    assert live.to_ascii("李") == "?"

"""Faces followed through films, and named by each frame alone."""

import numpy as np
import pytest

from cvcore.core import images, samples
from cvcore.face_verification import tracking as ft
from cvcore.recognition.faces import detect_faces, embed
from tests.support.face_films import cut_between


@pytest.fixture(scope="module")
def frame():
    picture = images.resize(samples.load_sample("ardern_2022"), (480, 367))
    frame = np.full((480, 640, 3), 100, np.uint8)
    frame[:, 130:497] = picture
    return frame


def test_a_face_keeps_its_number_while_it_moves(frame):
    state, searched = None, []
    for step in range(10):
        state = ft.follow(state, np.roll(frame, 6 * step, axis=1))
        searched.append(state.searched)
        assert [track.number for track in state.tracks] == [1]
    assert searched.count(True) == 2  # frames 0 and 8; O-Net alone in between
    found = detect_faces(np.roll(frame, 54, axis=1))[0]
    assert ft.overlap(state.tracks[0].face.box_xyxy, found.box_xyxy) > 0.7


@pytest.fixture(scope="module")
def enrolled():
    names = ("obama_2005", "ardern_2018")
    return tuple(
        ft.Person(name, embed(detect_faces(samples.load_sample(name))[0])) for name in names
    )


def test_with_nobody_to_name_a_face_is_followed_by_its_box_alone(frame, enrolled, monkeypatch):
    known = ft.follow(None, frame, people=enrolled)
    assert known.tracks[0].person.name == "ardern_2018"

    def forbidden(*_, **__):
        raise AssertionError("a face was turned into numbers")

    monkeypatch.setattr(ft, "embed_all", forbidden)
    for state in (None, known):
        (track,) = ft.follow(state, frame).tracks
        assert track.number == 1
        assert track.embedding is track.person is None


def test_a_stranger_never_wears_the_name_of_who_was_there_before(enrolled):
    """Three cuts between people whose faces take one another's place."""
    pictures = [samples.load_sample(n) for n in ("ardern_2022", "astronaut", "obama_2005")]
    truth = ("ardern_2018", None, "ardern_2018", "obama_2005")
    numbers, seen, state = [], [], None
    for scene, frame in cut_between(pictures, (0, 1, 0, 2), frames=4):
        state = ft.follow(state, frame, people=enrolled)
        (track,) = state.tracks
        seen.append((scene, track.person.name if track.person else None))
        numbers.append(track.number)
    assert len(seen) == 16
    assert [name for scene, name in seen if name not in (None, truth[scene])] == []
    # who is enrolled is named in the last frame of each scene, and was another track than before
    assert [name for _, name in seen[3::4]] == list(truth)
    assert len(set(numbers[3::4])) == 4


def test_a_photo_held_before_a_face_is_not_called_by_its_name(enrolled):
    """The box stays where it was; what is in it is another's."""
    pictures = [samples.load_sample(n) for n in ("ardern_2022", "astronaut")]
    frames = [frame for _, frame in cut_between(pictures, (0, 1), frames=1)]
    held = frames[0].copy()
    held[120:400, 220:420] = frames[1][120:400, 220:420]
    state = ft.follow(None, frames[0], people=enrolled)
    assert [track.person.name for track in state.tracks] == ["ardern_2018"]
    state = ft.follow(state, held, people=enrolled)
    assert [track.person for track in state.tracks] == [None]


def test_a_name_is_given_by_the_last_embedding_alone(frame, enrolled):
    """By hand: in two dimensions, 0.9 to the one enrolled, then 0.1."""
    anna = ft.Person("Anna", np.array([1.0, 0.0]))
    track = ft.Track(1, face=None)
    near, far = (np.array([c, np.sqrt(1 - c * c)]) for c in (0.9, 0.1))
    track = ft.name_track(track, near, (anna,), threshold=0.34)
    assert track.person is anna
    assert track.similarity == pytest.approx(0.9)
    track = ft.name_track(track, far, (anna,), threshold=0.34)
    assert track.person is None
    assert track.similarity == pytest.approx(0.1)


def test_a_lost_face_is_searched_for(frame):
    state = ft.follow(None, frame)
    state = ft.follow(state, np.zeros_like(frame))
    assert state.searched
    assert state.tracks == ()
    state = ft.follow(state, frame)
    assert [track.number for track in state.tracks] == [2]


def test_people_are_named_by_their_numbers(frame, enrolled):
    (track,) = ft.follow(None, frame, people=enrolled).tracks
    assert track.person.name == "ardern_2018"
    assert track.similarity > 0.5
    person, similarity = ft.identify(track.embedding, enrolled, threshold=0.34)
    assert (person, similarity) == (track.person, track.similarity)
    assert ft.identify(track.embedding, enrolled, threshold=0.99)[0] is None
    assert np.isnan(ft.identify(track.embedding, (), threshold=0.3)[1])


def test_overlap_by_hand():
    assert ft.overlap(np.array([0, 0, 2, 2]), np.array([1, 0, 3, 2])) == pytest.approx(1 / 3)
    assert ft.overlap(np.array([0, 0, 1, 1]), np.array([5, 5, 6, 6])) == 0

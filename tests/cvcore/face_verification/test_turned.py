"""Pictures that lie on their side or stand on their head."""

import numpy as np
import pytest

from cvcore import face_verification as fv
from cvcore.core import images, samples
from cvcore.core.corruptions import rotate
from cvcore.latent_space.inversion import read_target
from cvcore.recognition import faces


@pytest.fixture(scope="module")
def portrait():
    return samples.load_sample("obama_2005")


def turn(image, quarters):
    return np.ascontiguousarray(np.rot90(image, quarters))


@pytest.mark.parametrize("detector", fv.DETECTORS)
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_face_is_the_same_and_a_note_says_so(portrait, quarters, detector):
    result = fv.verify(portrait, turn(portrait, quarters), detector=detector)
    assert result.is_same
    assert result.similarity > 0.95
    assert [face.turned for face in result.faces] == [0, (4 - quarters) * 90]
    (note,) = result.notes
    words = "stands on its head" if quarters == 2 else "lies on its side"
    assert (
        note
        == f"The picture of the face in the second picture {words}: it was turned upright first."
    )


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_its_box_and_landmarks_are_places_in_the_picture_as_it_is(portrait, quarters):
    (face,), (turned,) = fv.detect_faces(portrait), fv.detect_faces(turn(portrait, quarters))
    spot = np.zeros(portrait.shape[:2], bool)
    for x, y in face.landmarks.round().astype(int):
        spot[y, x] = True
    expected = {(x, y) for y, x in np.argwhere(np.rot90(spot, quarters)).tolist()}
    got = {tuple(point) for point in turned.landmarks.round().astype(int).tolist()}
    assert got == expected
    x0, y0, x1, y1 = turned.box_xyxy
    assert x0 < turned.landmarks[:, 0].min() < turned.landmarks[:, 0].max() < x1
    assert y0 < turned.landmarks[:, 1].min() < turned.landmarks[:, 1].max() < y1
    np.testing.assert_array_equal(turned.crop, face.crop)


@pytest.mark.parametrize("degrees", [30, 45, -45, 60])
def test_a_tilted_face_is_the_same(portrait, degrees):
    assert fv.verify(portrait, rotate(portrait, degrees)).similarity > 0.9


def put_beside(upright, lying, height):
    """A face that stands, ``height`` pixels high, beside a larger one that does not."""
    small = images.resize(upright, (height, round(upright.shape[1] * height / upright.shape[0])))
    page = np.full((lying.shape[0], small.shape[1] + lying.shape[1], 3), 120, np.uint8)
    page[:height, : small.shape[1]] = small
    page[:, small.shape[1] :] = lying
    return page


@pytest.mark.parametrize(
    ("detector", "quarters", "height"),
    [("mtcnn", 1, 200), ("mtcnn", 2, 200), ("yunet", 3, 200), ("yunet", 2, 120)],
)
def test_of_two_faces_the_one_that_stands_is_taken(portrait, detector, quarters, height):
    other = images.shrink(samples.load_sample("ardern_2018"), 400)
    page = put_beside(images.shrink(portrait, 400), turn(other, quarters), height)
    result = fv.verify(portrait, page, detector=detector)
    assert result.is_same
    assert not result.faces[1].turned
    assert result.notes == (
        "There are 2 faces in the second picture, and one is expected: the one that stands upright "
        "was taken.",
    )


def test_one_that_stands_but_is_too_small_is_not_taken(portrait):
    other = images.shrink(samples.load_sample("ardern_2018"), 400)
    page = put_beside(other, turn(images.shrink(portrait, 400), 2), 100)
    result = fv.verify(portrait, page)
    assert result.is_same
    assert result.faces[1].turned == 180
    assert "stands on its head" in result.notes[-1]


def test_an_upright_face_is_looked_for_once_and_has_no_note(portrait, monkeypatch):
    looked, real = [], faces._FINDERS
    monkeypatch.setitem(
        real,
        "mtcnn",
        lambda image, find=real["mtcnn"], **how: looked.append(1) or find(image, **how),
    )
    assert fv.verify(portrait, np.ascontiguousarray(portrait[:, ::-1])).notes == ()
    assert len(looked) == 2


def test_a_face_that_is_not_sure_is_never_a_bare_no(portrait):
    result = fv.verify(portrait, rotate(portrait, 45), detector="yunet")
    assert result.is_same or any("is not sure" in note for note in result.notes)


def test_where_a_trial_asks_for_it_nothing_is_turned(portrait):
    assert all(not face.turned for face in fv.detect_faces(turn(portrait, 2), turn=False))


def test_other_uses_of_a_turned_face(portrait):
    lying = turn(portrait, 1)
    (face,) = fv.detect_faces(lying)
    upright = fv.robustness.cut_out(portrait, fv.detect_faces(portrait)[0])
    there = fv.robustness.cut_out(lying, face)
    assert np.abs(there.astype(int) - upright).mean() < 5  # the box is a pixel off
    assert fv.embed(fv.get_only_face(lying)) @ fv.embed(fv.get_only_face(portrait)) > 0.95
    found = (read_target(image).picture.astype(int) for image in (lying, portrait))
    assert np.abs(np.subtract(*found)).mean() < 12
    with pytest.raises(ValueError, match="There is no face"):
        fv.find_faces(np.full((200, 300, 3), 128, np.uint8))

"""What is told apart, and one's own pictures among it."""

import numpy as np
import pytest
from skimage import data

from cvcore import classical_features as cf
from cvcore.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "side", "known", "held"),
    [("digits", 28, 1000, 500), ("clothes", 64, 400, 100), ("faces", 25, 140, 60)],
)
def test_parts_share_nothing_and_all_classes_are_in_both(name, side, known, held):
    task = cf.load_task(name)
    assert task.pictures.shape == (known, side, side)
    assert task.held_back.shape == (held, side, side)
    assert task.side == side
    assert 0 <= task.pictures.min() < task.pictures.max() <= 1
    count = len(task.classes)
    assert set(np.bincount(task.labels)) == {known // count}
    assert set(np.bincount(task.held_back_labels)) == {held // count}
    one, other = ({p.tobytes() for p in part} for part in (task.pictures, task.held_back))
    assert not one & other


def test_faces_are_those_of_scikit_image():
    task, pictures = cf.load_task("faces"), data.lfw_subset().astype(np.float32)
    faces = {one.tobytes() for one in pictures[:100]}
    for part, labels in (
        (task.pictures, task.labels), (task.held_back, task.held_back_labels),
    ):  # fmt: skip
        assert [one.tobytes() in faces for one in part] == [label == 1 for label in labels]


def test_fewer_examples_are_the_first_of_more():
    few, more = cf.load_task("digits", 100), cf.load_task("digits", 1000)
    np.testing.assert_array_equal(few.pictures, more.pictures[:100])
    assert set(np.bincount(few.labels)) == {10}


def test_pictures_of_ones_own():
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = 200  # the middle square
    read = cf.read_picture("clothes", wide)
    assert read.shape == (64, 64)
    np.testing.assert_allclose(read, 200 / 255)
    drawn = np.zeros((100, 100, 3), np.uint8)
    drawn[20:80, 45:55] = 255
    assert cf.read_picture("digits", drawn).shape == (28, 28)
    with pytest.raises(InputError, match="nothing drawn"):
        cf.read_picture("digits", np.zeros((100, 100, 3), np.uint8))
    with pytest.raises(InputError, match="at least 16 x 16"):
        cf.read_picture("faces", np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(InputError, match="no picture"):
        cf.read_picture("faces", None)
    with pytest.raises(InputError, match="number of examples"):
        cf.load_task("faces", 141)

"""The semantic gap: what three pixels do to distances, by three measures."""

import numpy as np
import pytest

from cvcore.classical_features import semantic_gap as gap
from cvcore.core.errors import InputError


def test_a_digit_moved_by_three_pixels_is_farther_than_another_one():
    """In pixels; cells of HOG bear it more often than not."""
    pixels, hog, sift = (gap.measure_gap(one, shifts=(0, 3)) for one in gap.MEASURES)
    assert (pixels[0], hog[0], sift[0]) == (1, 1, 1)
    assert pixels[1] == 0
    assert hog[1] > 0.5
    assert hog[1] > sift[1] > 0.2


def test_distances_are_euclidean():
    picture, label = gap.choose(0)
    found = gap.compare(picture, label, 3, "pixels")
    assert not found.holds
    assert found.other_label != label
    moved = np.zeros((28, 28))
    moved[:, 3:] = picture[:, :-3]
    np.testing.assert_array_equal(found.moved, moved)
    assert found.to_moved == pytest.approx(np.linalg.norm(picture - moved), rel=1e-5)
    assert found.to_other == pytest.approx(np.linalg.norm(picture - found.other), rel=1e-5)
    assert gap.compare(picture, label, 0, "pixels").to_moved == 0


def test_clothes_too():
    assert gap.count_pictures("clothes") == 100
    picture, label = gap.choose(5, "clothes")
    assert gap.compare(picture, label, 1, "HOG", "clothes").holds


@pytest.mark.parametrize(
    "ask",
    [
        lambda: gap.choose(500),
        lambda: gap.choose(0, "cars"),
        lambda: gap.shift(np.zeros((28, 28)), 9),
        lambda: gap.describe(np.zeros((1, 28, 28)), "words"),
    ],
)
def test_what_there_is_not(ask):
    with pytest.raises(InputError):
        ask()

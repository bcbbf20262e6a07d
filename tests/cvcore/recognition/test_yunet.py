"""YuNet: what it answers hangs on the picture alone."""

import numpy as np
import pytest

from cvcore.recognition.faces import yunet


@pytest.mark.parametrize("size_hw", [(1, 1), (20, 32), (31, 300), (200, 32)])
def test_beside_a_small_picture_all_is_black(size_hw):
    """As of the same picture on black; OpenCV 4 reads other memory there, whatever is in it."""
    image = np.random.default_rng(0).integers(0, 256, (*size_hw, 3), np.uint8)
    on_black = np.zeros((max(64, size_hw[0]), max(64, size_hw[1]), 3), np.uint8)
    on_black[: size_hw[0], : size_hw[1]] = image
    for got, expected in zip(
        yunet.find_faces(image, min_face=0, threshold=1e-4),
        yunet.find_faces(on_black, min_face=0, threshold=1e-4),
        strict=True,
    ):
        assert len(got)
        assert np.isfinite(got).all()
        np.testing.assert_array_equal(got, expected)

"""Harris corners against OpenCV and a case worked by hand; what moving a patch changes."""

import cv2
import numpy as np
import pytest

from cvcore import classical_features as cf
from cvcore.core import samples
from cvcore.core.errors import InputError, NoPictureError

CAMERA = samples.load_sample("camera")
SQUARE = np.zeros((40, 40, 3), np.uint8)
SQUARE[10:30, 10:30] = 255


def test_response_and_eigenvalues_are_those_of_opencv():
    settings = cf.CornerSettings(window=7, k=0.06)
    corners = cf.find_corners(CAMERA, settings)
    grey = cv2.cvtColor(CAMERA, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    np.testing.assert_array_equal(corners.response, cv2.cornerHarris(grey, 7, 3, 0.06))
    values = cv2.cornerEigenValsAndVecs(grey, 7, 3)
    for x, y in corners.points[:20].tolist():
        there = cf.examine(CAMERA, x, y, settings)
        large, small = there.eigenvalues
        assert sorted(values[y, x, :2].tolist()) == pytest.approx([small, large])
        response = large * small - 0.06 * (large + small) ** 2
        assert response == pytest.approx(there.response, rel=1e-3)
        assert there.kind == "corner"


def test_a_square_has_four_corners_four_edges_and_is_flat_inside():
    corners = cf.find_corners(SQUARE, cf.CornerSettings(window=3))
    assert sorted(map(tuple, corners.points.tolist())) == [(10, 10), (10, 29), (29, 10), (29, 29)]
    kinds = [cf.examine(SQUARE, x, y).kind for x, y in ((10, 10), (20, 10), (10, 20), (20, 20))]
    assert kinds == ["corner", "edge", "edge", "flat"]
    along_x, along_y = (cf.examine(SQUARE, *place).direction for place in ((10, 20), (20, 10)))
    assert abs(along_x[0]) == pytest.approx(1)
    assert abs(along_y[1]) == pytest.approx(1)


def test_the_patch_as_it_is_moved():
    edge = cf.examine(SQUARE, 10, 20, cf.CornerSettings(window=3))
    assert edge.patch.tolist() == [[0, 255, 255]] * 3
    assert edge.ssd[:, 6] == pytest.approx(0)  # along it
    assert edge.ssd[6, 5:8] == pytest.approx([3, 0, 3])  # a pixel aside: three pixels turn over
    assert edge.ssd.shape == (13, 13)


def test_the_tensor_predicts_what_a_small_move_changes():
    """Of a smooth picture; OpenCV's Sobel blurs across."""
    y, x = np.mgrid[:60, :60]
    waves = np.rint(127 + 60 * np.sin(x / 6) + 40 * np.cos(y / 5)).astype(np.uint8)
    smooth = np.repeat(waves[..., None], 3, axis=2)
    there = cf.examine(smooth, 30, 25, cf.CornerSettings(window=9))
    for dx, dy in ((1, 0), (0, 1), (-1, 1)):
        assert there.predict_ssd(dx, dy) == pytest.approx(there.ssd[6 + dy, 6 + dx], rel=0.2)
    first, second = there.radii
    away = first * np.array(there.direction)
    assert there.predict_ssd(*away) == pytest.approx(0.15**2 * 81)
    assert first <= second


@pytest.mark.parametrize("side", [1, 2, 30])
def test_what_has_no_contrast_has_no_corner(side):
    plain = np.full((side, side, 3), 90, np.uint8)
    assert cf.find_corners(plain).found == 0
    there = cf.examine(plain, 0, side - 1)
    assert (there.kind, there.ssd.max(), there.radii) == ("flat", 0, (np.inf, np.inf))


def test_corners_stay_where_they_are_in_less_light():
    half = (CAMERA // 2 * 2 // 2).astype(np.uint8)
    places = [set(map(tuple, cf.find_corners(one).points.tolist())) for one in (half * 2, half)]
    assert places[0] == places[1]


@pytest.mark.parametrize(
    "settings", [{"window": 2}, {"k": 0}, {"k": 0.25}, {"threshold": 0}, {"window": "wide"}]
)
def test_settings_out_of_range(settings):
    with pytest.raises(InputError):
        cf.CornerSettings(**settings)


def test_places_and_pictures_that_are_none():
    with pytest.raises(InputError, match="from 0 to 39"):
        cf.examine(SQUARE, 40, 0)
    with pytest.raises(NoPictureError):
        cf.find_corners(None)

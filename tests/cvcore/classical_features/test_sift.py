"""SIFT: OpenCV's numbers, and where they belong in the picture."""

import cv2
import numpy as np
import pytest

from cvcore import classical_features as cf
from cvcore.core import images, samples
from cvcore.core.errors import InputError

CAMERA = images.shrink(samples.load_sample("camera"), 256)


def test_numbers_are_those_of_opencv():
    settings = cf.SiftSettings(layers=4, contrast=0.03, edge=12, most=80)
    found = cf.find_keypoints(CAMERA, settings)
    grey = cv2.cvtColor(CAMERA, cv2.COLOR_RGB2GRAY)
    points, descriptors = cv2.SIFT_create(80, 4, 0.03, 12).detectAndCompute(grey, None)
    assert len(found) == len(points) >= 80
    ours = sorted(
        zip(
            found.points.tolist(),
            found.sizes,
            found.angles,
            found.descriptors.tolist(),
            strict=True,
        )
    )
    theirs = sorted(
        (list(one.pt), one.size, one.angle, numbers.tolist())
        for one, numbers in zip(points, descriptors, strict=True)
    )
    assert ours == theirs
    assert (np.diff(found.contrasts) <= 0).all()
    assert found.octaves.min() == -1
    only = cf.find_keypoints(CAMERA, settings, describe=False)
    np.testing.assert_array_equal(only.points, found.points)


@pytest.mark.parametrize("gradient", [0, 30, 90, 200])
@pytest.mark.parametrize("own", [0, 45, 100])
def test_a_cell_s_directions_point_where_the_grey_rises(gradient, own):
    """A ramp that rises one way, described at a keypoint turned another."""
    y, x = np.mgrid[:120, :120] - 60
    turn = np.deg2rad(gradient)
    ramp = np.clip(128 + 0.8 * (x * np.cos(turn) + y * np.sin(turn)), 0, 255).astype(np.uint8)
    _, descriptor = cv2.SIFT_create().compute(ramp, [cv2.KeyPoint(60, 60, 10, own)])
    middle = np.zeros((1, 2), np.float32) + 60
    one = np.array([10], np.float32)
    angles = np.array([own], np.float32)
    found = cf.Keypoints(middle, one, angles, one, np.array([0]), descriptor)
    directions = found.cells(0).sum(axis=(0, 1)) * np.exp(-1j * np.deg2rad(45.0 * np.arange(8)))
    turned = np.rad2deg(np.angle(directions.sum())) + own
    assert abs((turned - gradient + 180) % 360 - 180) < 3


def test_cells_lie_where_they_are_drawn():
    """What is bright in one corner of the rotated square alone fills that corner's cells."""
    for own in (0, 60, 250):
        found = cf.Keypoints(
            np.array([[100, 100]], np.float32), np.array([20], np.float32),
            np.array([own], np.float32), np.ones(1), np.zeros(1, int), np.zeros((1, 128)),
        )  # fmt: skip
        corners = found.corners(0)
        assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(120)  # 6 sizes
        for corner, (row, column) in enumerate(((0, 0), (0, 3), (3, 3), (3, 0))):
            picture = np.zeros((200, 200), np.uint8)
            x, y = 0.75 * corners[corner] + 0.25 * np.array([100, 100])  # a cell's middle
            cv2.circle(picture, (round(x), round(y)), 6, 255, -1)
            _, descriptor = cv2.SIFT_create().compute(picture, [cv2.KeyPoint(100, 100, 20, own)])
            cells = descriptor.reshape(4, 4, 8).sum(axis=2)
            assert np.unravel_index(cells.argmax(), (4, 4)) == (row, column)


def test_a_patch_is_turned_upright():
    found = cf.find_keypoints(CAMERA)
    index = int(np.argmax(found.sizes > 10))
    patch = cf.cut_patch(CAMERA, found, index)
    assert patch.shape == (128, 128)
    middle = CAMERA[tuple(np.rint(found.points[index][::-1]).astype(int))]
    assert abs(int(patch[63:65, 63:65].mean()) - int(middle.mean())) < 40


def test_a_keypoint_has_the_scale_of_the_greatest_difference():
    found = cf.find_keypoints(CAMERA)
    near = []
    for index in range(12):
        scales, values = cf.measure_scales(CAMERA, found, index)
        own = float(found.sizes[index]) / 2
        inside = (scales > own / 1.6) & (scales < own * 1.6)
        best = scales[inside][np.abs(values[inside]).argmax()]
        near.append(1 / 1.3 < best / own < 1.3)
    assert np.mean(near) > 0.9


def test_nearest_keypoint():
    found = cf.find_keypoints(CAMERA)
    assert found.find_nearest(*found.points[7]) in np.flatnonzero(
        (found.points == found.points[7]).all(axis=1)
    )


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (64, 64)])
def test_a_plain_picture_has_none(size):
    found = cf.find_keypoints(np.full((*size, 3), 128, np.uint8))
    assert (len(found), found.descriptors.shape, found.points.shape) == (0, (0, 128), (0, 2))
    with pytest.raises(ValueError, match="no keypoints"):
        found.find_nearest(0, 0)


@pytest.mark.parametrize(
    "settings", [{"layers": 0}, {"layers": 2.5}, {"contrast": -1}, {"edge": 1}, {"most": 0}]
)
def test_settings_out_of_range(settings):
    with pytest.raises(InputError):
        cf.SiftSettings(**settings)

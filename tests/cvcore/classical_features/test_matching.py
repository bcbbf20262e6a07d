"""Matching: a known change, which matches are right, and what SIFT bears that pixels do not."""

import numpy as np
import pytest

from cvcore import classical_features as cf
from cvcore.core import images, samples
from cvcore.core.errors import InputError

CAMERA = images.shrink(samples.load_sample("camera"), 256)
CHANGES = [
    {"rotation": 40}, {"scale": 0.7}, {"scale": 1.5}, {"brightness": 0.5}, {"tilt": 25},
    {"rotation": -30, "scale": 0.8, "brightness": 0.7, "tilt": 15},
]  # fmt: skip


def test_nothing_changed():
    same, truth = cf.change_picture(CAMERA, cf.Change())
    np.testing.assert_array_equal(same, CAMERA)
    np.testing.assert_allclose(truth, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_each_place_goes_where_the_homography_says(change):
    there, truth = cf.change_picture(CAMERA, cf.Change(**change))
    height, width = CAMERA.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    ends = cf.project(truth, corners)
    assert ends.min() > -1e-6
    assert (ends <= np.array(there.shape[1::-1])).all()
    y, x = np.mgrid[20:230:10, 20:230:10]
    places = np.stack([x.ravel(), y.ravel()], axis=1)
    ends = np.rint(cf.project(truth, places.astype(float))).astype(int)
    expected = CAMERA[places[:, 1], places[:, 0], 0] * change.get("brightness", 1)
    found = there[ends[:, 1], ends[:, 0], 0]
    assert np.corrcoef(expected, found)[0, 1] > 0.9


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_matches_that_agree_find_the_change(change):
    there, truth = cf.change_picture(CAMERA, cf.Change(**change))
    found = cf.match(CAMERA, there, truth=truth)
    assert found.share > 0.4
    assert found.right[found.inliers].mean() > 0.95  # RANSAC keeps what is right
    places = np.array([[60.0, 60.0], [200, 80], [90, 210], [180, 180]])
    apart = cf.project(found.homography, places) - cf.project(truth, places)
    assert np.abs(apart).max() < 3
    ends = cf.project(truth, found.first.points[found.pairs[:, 0]].astype(float))
    distances = np.linalg.norm(ends - found.second.points[found.pairs[:, 1]], axis=1)
    np.testing.assert_array_equal(found.right, distances <= 3)


def test_the_ratio_is_that_of_the_distances():
    there, _ = cf.change_picture(CAMERA, cf.Change(rotation=20))
    strict, loose = (cf.match(CAMERA, there, cf.MatchSettings(ratio=ratio)) for ratio in (0.6, 0.9))
    assert set(map(tuple, strict.pairs.tolist())) < set(map(tuple, loose.pairs.tolist()))
    one, two = strict.pairs[0]
    apart = np.linalg.norm(strict.second.descriptors - strict.first.descriptors[one], axis=1)
    first, second = np.sort(apart)[:2]
    assert apart.argmin() == two
    assert first < 0.6 * second
    assert strict.right is strict.share is None


def test_sift_bears_what_pixels_do_not():
    points = list(cf.measure_invariance(CAMERA, "rotation", levels=(0, 60)))
    assert [point.level for point in points] == [0, 60]
    assert points[0].shares == {"SIFT": 1.0, "pixels": 1.0}
    assert points[1].shares["SIFT"] > 0.6
    assert points[1].shares["pixels"] < 0.1


@pytest.mark.parametrize("descriptor", ["SIFT", "pixels"])
@pytest.mark.parametrize("size", [(1, 1), (80, 60)])
def test_a_plain_picture_matches_nothing(size, descriptor):
    plain = np.full((*size, 3), 128, np.uint8)
    for one, two in ((plain, CAMERA), (CAMERA, plain), (plain, plain)):
        found = cf.match(one, two, cf.MatchSettings(descriptor), np.eye(3))
        assert (len(found.pairs), found.homography, found.share) == (0, None, 0.0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: cf.Change(rotation=200),
        lambda: cf.Change(scale=0),
        lambda: cf.Change(tilt=90),
        lambda: cf.MatchSettings("words"),
        lambda: cf.MatchSettings(ratio=0),
        lambda: cf.MatchSettings(ransac=0),
        lambda: next(cf.measure_invariance(CAMERA, "colour")),
    ],
)
def test_settings_out_of_range(build):
    with pytest.raises(InputError):
        build()

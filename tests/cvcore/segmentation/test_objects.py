"""Objects of a mask: where touching ones are parted, beside scikit-image and by hand."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label, regionprops

from cvcore.core.errors import InputError
from cvcore.segmentation.objects import count_objects


def draw_discs(*discs, shape=(80, 80)):
    """Discs (row, column, radius), without their rim."""
    ys, xs = np.indices(shape)
    return np.any([(ys - y) ** 2 + (xs - x) ** 2 < r**2 for y, x, r in discs], axis=0)


def test_two_equal_discs_get_the_same():
    """1,308 pixels in all; the border stands in the middle between the centres."""
    mask = draw_discs((40, 28, 15), (40, 51, 15))
    found = count_objects(mask)
    assert found.areas.tolist() == [654, 654]
    assert np.unique(found.labels[:, :40]).tolist() == [0, 1]
    assert np.unique(found.labels[:, 40:]).tolist() == [0, 2]
    (y, x), (_, right) = (np.argwhere(found.labels == n).mean(axis=0) for n in (1, 2))
    assert found.centres.tolist() == [[pytest.approx(x), pytest.approx(y)], [right, y]]
    assert x + right == pytest.approx(79)


def test_the_example_of_scikit_image():
    """Its documentation's two overlapping circles, and what its own calls make of them."""
    from scipy import ndimage
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    mask = draw_discs((28, 28, 16), (44, 52, 20))
    distance = ndimage.distance_transform_edt(mask)
    tops = np.zeros(mask.shape, bool)
    tops[tuple(peak_local_max(distance, footprint=np.ones((3, 3)), labels=mask.astype(int)).T)] = 1
    theirs = watershed(-distance, ndimage.label(tops)[0], mask=mask)
    ours = count_objects(mask)
    assert ours.areas.tolist() == [735, 1203]
    np.testing.assert_array_equal(ours.labels, theirs)


def test_what_does_not_touch_stays_apart():
    bars = np.zeros((30, 30), bool)
    bars[5:21, 10:12] = bars[5:21, 13:15] = True
    assert count_objects(bars).areas.tolist() == [32, 32]
    combs = np.zeros((40, 40), bool)
    combs[:, ::2] = True  # lines of a pixel
    assert count_objects(combs).areas.tolist() == [40] * 20


@pytest.mark.parametrize("angle", [0, 10, 17, 30, 45, 77])
@pytest.mark.parametrize("width", [2, 3, 8, 13])
def test_a_slanted_bar_is_one_object(angle, width):
    mask = np.zeros((110, 110), np.uint8)
    corners = cv2.boxPoints(((55, 55), (80, width), angle))
    cv2.fillPoly(mask, [np.round(corners).astype(int)], 1)
    assert count_objects(mask > 0).areas.tolist() == [mask.sum()]


@given(
    st.integers(0, 10_000), st.floats(0, 3), st.floats(0.3, 0.9), st.integers(1, 30),
    st.floats(0, 9),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_splitting_parts_components_and_does_nothing_else(seed, blur, share, least, distance):
    noise = np.random.default_rng(seed).normal(size=(40, 50))
    if blur > 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), blur)
    mask = noise > np.quantile(noise, share)
    whole = count_objects(mask, split_touching=False, min_area=least)
    parted = count_objects(mask, min_area=least, min_distance=distance)
    np.testing.assert_array_equal(parted.labels > 0, whole.labels > 0)
    assert parted.count >= whole.count
    assert parted.areas.tolist() == np.bincount(parted.labels.ravel())[1:].tolist()
    assert (parted.areas >= least).all()
    for number in range(1, parted.count + 1):
        one = parted.labels == number
        assert len(np.unique(whole.labels[one])) == 1
        assert label(one, connectivity=2).max() == 1
    for one, (x, y) in zip(regionprops(parted.labels), parted.centres, strict=True):
        assert one.centroid == pytest.approx((y, x))


def test_hills_nearer_than_the_distance_are_one():
    mask = draw_discs((20, 20, 8), (20, 32, 8), shape=(40, 52))
    assert count_objects(mask, min_distance=11).count == 2
    assert count_objects(mask, min_distance=14).count == 1
    assert count_objects(mask, min_area=int(mask.sum() / 2) + 1).count == 1  # halves: too small


def test_nothing_and_everything():
    assert count_objects(np.zeros((9, 9), bool)).count == 0
    assert count_objects(np.zeros((0, 5), bool)).count == 0
    assert count_objects(np.ones((9, 9), bool)).areas.tolist() == [81]
    for wrong in ({"min_area": float("nan")}, {"min_distance": float("nan")}, {"min_area": 0}):
        with pytest.raises(InputError, match="least area"):
            count_objects(np.ones((9, 9), bool), **wrong)

"""HOG and LBP: scikit-image's numbers, what leads to them, and what leaves them as they are."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import hog, local_binary_pattern

from cvcore import classical_features as cf
from cvcore.core import samples
from cvcore.core.errors import InputError, UnfitPictureError

CAMERA = samples.load_sample("camera")[100:260, 120:300]
GREY = cv2.cvtColor(CAMERA, cv2.COLOR_RGB2GRAY)
EPSILON = 1e-5  # scikit-image's


def normalise(blocks, norm):
    """As the paper has it."""
    axes = {"axis": (2, 3, 4), "keepdims": True}
    if norm.startswith("L1"):
        shares = blocks / (blocks.sum(**axes) + EPSILON)
        return np.sqrt(shares) if norm == "L1-sqrt" else shares
    shares = blocks / np.sqrt((blocks**2).sum(**axes) + EPSILON**2)
    if norm == "L2":
        return shares
    cut = np.minimum(shares, 0.2)
    return cut / np.sqrt((cut**2).sum(**axes) + EPSILON**2)


@pytest.mark.parametrize("norm", cf.NORMS)
@pytest.mark.parametrize(("cell", "orientations", "block"), [(8, 9, 2), (7, 12, 3), (16, 4, 1)])
def test_hog_is_that_of_scikit_image(norm, cell, orientations, block):
    found = cf.measure_hog(CAMERA, cf.HogSettings(cell, orientations, block, norm))
    theirs = hog(GREY / 255, orientations, (cell, cell), (block, block), norm, feature_vector=False)
    np.testing.assert_array_equal(found.blocks, theirs)
    shape = (block, block)
    blocks = np.lib.stride_tricks.sliding_window_view(found.histograms, shape, axis=(0, 1))
    ours = normalise(blocks.transpose(0, 1, 3, 4, 2), norm)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)  # so the histograms before are theirs
    assert found.features.shape == (theirs.size,)


@given(light=st.floats(0.05, 1))
@settings(max_examples=8, deadline=None)
def test_light_falls_out_of_hog(light):
    bright, dark = (cf.measure_hog(CAMERA, cf.HogSettings(light=one)) for one in (1, light))
    np.testing.assert_allclose(dark.histograms, light * bright.histograms, rtol=1e-9, atol=1e-12)
    strong = bright.histograms.sum(axis=2)[:-1, :-1] > 0.01  # what is plain stays near the epsilon
    np.testing.assert_allclose(dark.blocks[strong], bright.blocks[strong], atol=0.02)


def test_a_cell_in_its_blocks():
    found = cf.measure_hog(CAMERA, cf.HogSettings(cell=16))
    assert found.find_blocks(0, 0) == [(0, 0)]
    assert found.find_blocks(3, 4) == [(2, 3), (2, 4), (3, 3), (3, 4)]
    told = found.tell_cell(3, 4)
    np.testing.assert_array_equal(told[0], found.blocks[2, 3, 1, 1])
    np.testing.assert_allclose(found.cells[3, 4], told.mean(axis=0))
    edge = np.zeros((32, 32, 3), np.uint8)
    edge[:, 16:] = 255  # a vertical edge: the gradient's direction is 0 degrees
    histogram = cf.measure_hog(edge, cf.HogSettings(cell=16)).histograms
    assert histogram[0, 0].argmax() == 0
    assert histogram[0, 0, 0] == pytest.approx(1 / 16)  # one of 16 columns, of length 1


@pytest.mark.parametrize("size", [(1, 1), (15, 200), (8, 8)])
def test_a_picture_smaller_than_a_block(size):
    with pytest.raises(UnfitPictureError, match="smaller than a block of 16 x 16"):
        cf.measure_hog(np.zeros((*size, 3), np.uint8))


@pytest.mark.parametrize(
    "values", [{"cell": 1}, {"orientations": 1.5}, {"block": 0}, {"norm": "L3"}, {"light": 0}]
)
def test_hog_settings_out_of_range(values):
    with pytest.raises(InputError):
        cf.HogSettings(**values)


@pytest.mark.parametrize("method", cf.METHODS)
@pytest.mark.parametrize(("points", "radius"), [(8, 1), (12, 2.5), (16, 3)])
def test_lbp_is_that_of_scikit_image(points, radius, method):
    picture = CAMERA[:40, :40]
    found = cf.measure_lbp(picture, cf.LbpSettings(points, radius, method))
    theirs = local_binary_pattern(GREY[:40, :40], points, radius, method)
    np.testing.assert_array_equal(found.codes, theirs)
    assert found.histogram.sum() == pytest.approx(1)
    assert len(found.histogram) == found.settings.codes > found.codes.max()
    if method == "default":  # the comparisons lead to the codes, at the rim, too
        for y in range(0, 40, 3):
            for x in range(0, 40, 3):
                bits = found.compare(x, y).bits
                assert sum(bit << i for i, bit in enumerate(bits)) == theirs[y, x]


def test_neighbours_by_hand():
    rows = [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    picture = np.repeat(np.array(rows, np.uint8)[..., None], 3, axis=2)
    there = cf.measure_lbp(picture, cf.LbpSettings(points=4)).compare(1, 1)
    assert there.greys.tolist() == [60, 20, 40, 80]  # right, above, left, below
    assert (there.bits, there.code, there.centre) == ((1, 0, 0, 1), 9, 50)


@given(gamma=st.floats(0.4, 1), bright=st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_lbp_only_asks_what_is_brighter(gamma, bright):
    """Any way of making the picture brighter that leaves the order of the greys."""
    few = GREY // 4  # 64 greys, so that none of them fall together
    curve = np.rint(bright + 200 * (np.arange(64) / 63) ** gamma).astype(np.uint8)
    assert (np.diff(curve.astype(int)) > 0).all()
    pictures = [np.repeat(one[..., None], 3, axis=2) for one in (few, curve[few])]
    codes = [cf.measure_lbp(one, cf.LbpSettings(points=4)).codes[1:-1, 1:-1] for one in pictures]
    np.testing.assert_array_equal(*codes)


@pytest.mark.parametrize("values", [{"points": 3}, {"points": 17}, {"radius": 0}, {"method": "no"}])
def test_lbp_settings_out_of_range(values):
    with pytest.raises(InputError):
        cf.LbpSettings(**values)


def test_lbp_of_one_pixel():
    assert cf.measure_lbp(np.full((1, 1, 3), 9, np.uint8)).compare(0, 0).code == 0
    with pytest.raises(InputError):
        cf.measure_lbp(CAMERA).compare(-1, 0)

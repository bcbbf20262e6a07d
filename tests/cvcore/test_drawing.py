"""Colour maps and overlays."""

import numpy as np
import pytest

from cvcore import drawing


@pytest.mark.parametrize("colormap", drawing.COLORMAPS)
def test_every_map_colours_every_pixel(colormap):
    picture = drawing.colourise(np.linspace(-1, 1, 12).reshape(3, 4), colormap=colormap)
    assert picture.shape == (3, 4, 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 12


def test_viridis_runs_from_violet_to_yellow():
    low, high = drawing.colourise(np.array([[0.0, 1.0]]))[0]
    assert np.abs(low.astype(int) - (68, 1, 84)).max() <= 2  # matplotlib's viridis
    assert np.abs(high.astype(int) - (253, 231, 37)).max() <= 2


def test_diverging_map_is_white_at_zero():
    left, zero, right = drawing.colourise(np.array([[-2.0, 0.0, 2.0]]), colormap="diverging")[0]
    assert zero.tolist() == [247, 247, 247]
    assert left[2] > left[0]
    assert right[0] > right[2]


def test_constant_and_missing_values_do_no_harm():
    assert (drawing.colourise(np.full((2, 2), 7.0), colormap="grey") == 0).all()
    assert drawing.colourise(np.array([[np.nan, 1.0]])).shape == (1, 2, 3)


def test_unknown_map_lists_the_known_ones():
    with pytest.raises(ValueError, match="viridis"):
        drawing.colourise(np.eye(2), colormap="rainbow")


def test_drawing_leaves_its_input_alone(sample):
    before = sample.copy()
    heatmap = np.eye(7)
    clear = drawing.draw_heatmap(sample, heatmap, opacity=0)
    np.testing.assert_array_equal(clear, sample)
    assert not np.array_equal(drawing.draw_heatmap(sample, heatmap, opacity=1), sample)
    assert not np.array_equal(drawing.draw_text(sample, "two\nlines"), sample)
    np.testing.assert_array_equal(sample, before)

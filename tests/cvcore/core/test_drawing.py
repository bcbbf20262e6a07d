"""Colour maps and overlays."""

import numpy as np
import pytest

from cvcore.core import drawing


@pytest.mark.parametrize("colormap", drawing.COLORMAPS)
def test_every_map_colours_every_pixel(colormap):
    picture = drawing.colourise(np.linspace(-1, 1, 12).reshape(3, 4), colormap=colormap)
    assert picture.shape == (3, 4, 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 12


# From linear RGB, as eyes without the long-wave or middle-wave cones see it (Vienot, Brettel and
# Mollon, "Digital video colourmaps for checking the legibility of displays by dichromats", 1999).
TO_LMS = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714],
                   [0.0299566, 0.184309, 1.46709]])  # fmt: skip
BLIND = {
    "protanopia": [[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]],
    "deuteranopia": [[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]],
}


@pytest.mark.parametrize("sight", [None, *BLIND])
@pytest.mark.parametrize("colormap", drawing.COLORMAPS)
def test_lightness_alone_tells_values_apart(colormap, sight):
    """So the maps can be read by the colour-blind, and on a grey print."""
    colours = drawing.colourise(np.linspace(-1, 1, 64)[None], colormap=colormap)[0] / 255
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    if sight:
        change = np.linalg.inv(TO_LMS) @ BLIND[sight] @ TO_LMS
        linear = np.clip(linear @ change.T, 0, 1)
    lightness = np.cbrt(linear @ [0.2126, 0.7152, 0.0722])
    if colormap == "diverging":  # up to white in the middle and down again
        assert (np.diff(lightness[:32]) > -0.004).all()
        assert (np.diff(lightness[32:]) < 0.004).all()
        blue, red = linear[0], linear[-1]
        assert np.abs(blue - red).max() > 0.2  # and its ends are not one colour
    else:
        assert (np.diff(lightness) > -0.004).all()
        assert lightness[-1] - lightness[0] > 0.5


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


def place(boxes, most=12):
    return drawing.place_labels(
        np.array(boxes), np.full((len(boxes), 2), (40, 10)), (100, 100), most
    )


def test_no_label_hides_another():
    """The same cases as in tests/js/detection.test.js: labels 40 x 10, the picture 100 x 100."""
    # above its box; the second one's would touch it there, and stands below
    assert place([[10, 30, 30, 60], [20, 35, 40, 70]]) == [(10, 20), (20, 70)]
    # no room above or below: inside; to the right as far as the picture goes
    assert place([[0, 0, 100, 100], [90, 50, 100, 60]]) == [(0, 0), (60, 40)]
    box = [0, 30, 80, 60]
    corners = [(0, 20), (40, 20), (0, 60), (40, 60), (0, 30), (40, 30), (0, 50), (40, 50)]
    assert place([box] * 9) == [*corners, None]
    assert place([box] * 3, most=2) == [(0, 20), (40, 20), None]


def test_a_box_without_a_free_corner_stays_without_words():
    grey = np.full((100, 100, 3), 128, np.uint8)
    box = np.array([[20, 40, 60, 70]])
    once = drawing.draw_labelled_boxes(grey, box, ["cat"], [(255, 0, 0)])
    often = drawing.draw_labelled_boxes(
        grey, np.repeat(box, 40, 0), ["cat"] * 40, [(255, 0, 0)] * 40
    )
    assert (once[26:38, 22:40] != 128).any()  # above the box
    marked = (often != 128).any(axis=2)
    assert not marked[:15].any()
    assert not marked[:, 85:].any()
    assert (drawing.draw_labelled_boxes(grey, np.empty((0, 4)), [], []) == grey).all()

"""The similarity transform against scikit-image's, and faces brought upright."""

import numpy as np
import pytest

from cvcore.recognition.faces.alignment import SIDE, TEMPLATE, align, fit_similarity, measure_tilt


@pytest.mark.parametrize("seed", range(5))
def test_transform_is_scikit_images(seed):
    transform = pytest.importorskip("skimage.transform")
    rng = np.random.default_rng(seed)
    points = TEMPLATE @ rng.normal(size=(2, 2)) * 0.3 + TEMPLATE * 2 + rng.normal(size=(5, 2))
    theirs = transform.SimilarityTransform.from_estimate(points, TEMPLATE)
    np.testing.assert_allclose(fit_similarity(points, TEMPLATE), theirs.params[:2], atol=1e-9)


def test_turn_scale_and_shift_are_found_exactly():
    angle, scale, shift = 0.4, 2.5, np.array([7.0, -3.0])
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = fit_similarity(TEMPLATE, TEMPLATE @ turn.T + shift)
    np.testing.assert_allclose(matrix, np.column_stack([turn, shift]), atol=1e-9)
    assert measure_tilt(TEMPLATE @ turn.T + shift) == pytest.approx(np.degrees(angle))


def test_equal_points_are_refused():
    with pytest.raises(ValueError, match="scale"):
        fit_similarity(np.ones((5, 2)), TEMPLATE)


@pytest.mark.parametrize("scale", [0.5, 1, 3, 8])
def test_landmarks_land_on_the_template(scale):
    """A white spot on an eye ends where the template has the eye, at any size."""
    side = int(SIDE * scale)
    image = np.zeros((side, side, 3), np.uint8)
    points = (TEMPLATE + 0.5) * scale - 0.5
    x, y = points[0].round().astype(int)
    reach = max(1, int(scale))
    image[y - reach : y + reach + 1, x - reach : x + reach + 1] = 255
    aligned = align(image, points)[..., 0].astype(float)
    rows, columns = np.indices(aligned.shape)
    centre = (columns * aligned).sum() / aligned.sum(), (rows * aligned).sum() / aligned.sum()
    np.testing.assert_allclose(centre, TEMPLATE[0], atol=1.1 / min(scale, 1))

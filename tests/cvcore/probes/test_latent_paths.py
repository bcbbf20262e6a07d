"""Ways between latents of any length; those of the generators: tests/cvcore/latent_space."""

import numpy as np
import pytest

from cvcore.probes.latent_paths import lerp, slerp, span_plane


def test_a_quarter_circle_worked_by_hand():
    found = slerp(np.array([1.0, 0]), np.array([0, 1.0]), np.array([0, 1 / 3, 1]))
    np.testing.assert_allclose(found, [[1, 0], [np.sqrt(3) / 2, 0.5], [0, 1]], atol=1e-12)
    middle = lerp(np.array([1.0, 0]), np.array([0, 1.0]), np.array([0.5]))
    np.testing.assert_allclose(middle, [[0.5, 0.5]])


@pytest.mark.parametrize("mode", ["slerp", "lerp"])
def test_a_plane_meets_its_corners(mode):
    corners = np.random.default_rng(0).normal(size=(4, 3))
    found = span_plane(corners, np.linspace(0, 1, 4), mode=mode)
    assert found.shape == (4, 4, 3)
    np.testing.assert_allclose(found[[0, 0, -1, -1], [0, -1, 0, -1]], corners, atol=1e-9)


def test_a_straight_plane_is_flat():
    corners = np.array([[0.0, 0], [2, 0], [0, 2], [2, 2]])
    found = span_plane(corners, np.linspace(0, 1, 3), mode="lerp")
    np.testing.assert_allclose(found[1, 1], [1, 1])
    np.testing.assert_allclose(found[0, 1], [1, 0])

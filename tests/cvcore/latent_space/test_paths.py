"""Ways through the latent space, by numbers known by hand."""

import numpy as np
import pytest

from cvcore.core.errors import InputError
from cvcore.latent_space import paths


def axis(place: int, length: float = 1.0) -> np.ndarray:
    z = np.zeros(paths.LATENT_SIZE)
    z[place] = length
    return z


def test_slerp_by_hand():
    # Half-way between two axes lies at 45 degrees, a third of the way at 30.
    middle, third = paths.slerp(axis(0), axis(1), np.array([1 / 2, 1 / 3]))
    np.testing.assert_allclose(middle[:2], [np.sqrt(0.5), np.sqrt(0.5)], atol=1e-12)
    np.testing.assert_allclose(third[:2], [np.sqrt(0.75), 0.5], atol=1e-12)
    assert not middle[2:].any()


def test_slerp_equals_shoemakes_formula():
    a, b = paths.sample(2, seed=3)
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    angle = np.arccos(a @ b / (a @ a))
    t = np.linspace(0, 1, 9)[:, None]
    expected = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    np.testing.assert_allclose(paths.interpolate(a, b, 9), expected, atol=1e-9)


def test_ends_are_the_latents():
    a, b = paths.sample(2, seed=0)
    for mode in paths.MODES:
        z = paths.interpolate(a, b, 7, mode=mode)
        assert z.shape == (7, 128)
        np.testing.assert_allclose(z[[0, -1]], [a, b], atol=1e-9)


def test_the_sphere_keeps_the_length_and_the_straight_path_dips():
    a, b = axis(0, 11.3), axis(1, 11.3)
    sphere = np.linalg.norm(paths.interpolate(a, b, 21), axis=1)
    straight = np.linalg.norm(paths.interpolate(a, b, 21, mode="lerp"), axis=1)
    np.testing.assert_allclose(sphere, 11.3)
    assert straight.min() == pytest.approx(11.3 / np.sqrt(2))
    assert straight.argmin() == 10


def test_lengths_go_evenly_from_one_to_the_other():
    norms = np.linalg.norm(paths.interpolate(axis(0, 4), axis(5, 8), 5), axis=1)
    np.testing.assert_allclose(norms, [4, 5, 6, 7, 8])


@pytest.mark.parametrize("b", [axis(0), -axis(0), np.zeros(128), axis(0) + 1e-9])
def test_equal_opposite_and_zero_latents(b):
    z = paths.interpolate(axis(0), b, 5)
    assert np.isfinite(z).all()
    np.testing.assert_allclose(z[[0, -1]], [axis(0), b], atol=1e-6)


def test_opposite_latents_go_round():
    norms = np.linalg.norm(paths.interpolate(axis(2), -axis(2), 9), axis=1)
    np.testing.assert_allclose(norms, 1, atol=1e-9)


def test_sample_is_normal_and_repeats():
    z = paths.sample(1000, seed=7)
    np.testing.assert_array_equal(z, paths.sample(1000, seed=7))
    assert abs(z.mean()) < 0.01
    assert z.std() == pytest.approx(1, abs=0.01)
    assert np.linalg.norm(z, axis=1).mean() == pytest.approx(np.sqrt(128), abs=0.1)
    assert not np.array_equal(z[:1], paths.sample(1, seed=8))


def test_plane_has_its_corners_and_the_path_as_its_edge():
    corners = paths.sample(4, seed=2)
    square = paths.plane(corners, 5)
    assert square.shape == (5, 5, 128)
    np.testing.assert_allclose(square[[0, 0, -1, -1], [0, -1, 0, -1]], corners, atol=1e-9)
    np.testing.assert_allclose(square[0], paths.interpolate(*corners[:2], 5), atol=1e-9)


def test_random_walk_passes_its_stops_and_closes_without_jumps():
    start, *stops = paths.sample(5, seed=4)
    walk = paths.random_walk(start, np.array(stops), 26)  # a stop every fifth frame
    np.testing.assert_allclose(walk[::5], [start, *stops, start], atol=1e-9)
    steps = np.linalg.norm(np.diff(walk, axis=0), axis=1)
    assert steps.min() > 1  # it stands still nowhere
    assert steps.max() < 3 * np.median(steps)


def test_latents_with_a_part_for_each_block_take_the_same_ways():
    single, other = paths.sample(2, seed=6)
    whole, end = np.tile(single, 3), np.tile(other, 3)
    for mode in paths.MODES:
        way = paths.interpolate(whole, end, 4, mode=mode)
        np.testing.assert_allclose(
            way, np.tile(paths.interpolate(single, other, 4, mode=mode), 3), atol=1e-9
        )
    np.testing.assert_allclose(
        paths.measure_lengths([whole, end]), np.linalg.norm([single, other], axis=1)
    )
    with pytest.raises(ValueError, match="same shape"):
        paths.interpolate(single, end, 4)


def test_streams_of_a_seed_share_nothing():
    parts = [paths.sample(200, seed=9, stream=stream) for stream in (0, paths.WALK, paths.SEARCH)]
    assert len(np.unique(np.concatenate(parts)[:, 0])) == 600


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1.5, True, "3", None, [1]])
def test_counts_that_are_none(value):
    with pytest.raises(InputError, match="whole number of frames from 1 to 240"):
        paths.check_count(value)
    if value is not None:
        with pytest.raises(InputError, match="as the seed"):
            paths.check_seed(value)


def test_average_and_sum():
    np.testing.assert_allclose(paths.average([axis(0, 2), axis(1, 2)])[:2], [np.sqrt(2)] * 2)
    # e0 - e1 + e1 = e0, whatever the group's size.
    total = paths.combine([axis(0, 3)] * 4, [axis(1, 3)], [axis(1, 3)] * 2)
    np.testing.assert_allclose(total, axis(0, 3), atol=1e-9)
    assert np.linalg.norm(paths.combine(*paths.sample(3, seed=0))) == pytest.approx(
        np.linalg.norm(paths.sample(3, seed=0), axis=1).mean()
    )


@pytest.mark.parametrize(
    "work",
    [
        lambda: paths.sample(0, seed=1),
        lambda: paths.sample(4, seed=-1),
        lambda: paths.sample(4, seed=1.5),
        lambda: paths.sample(4, seed=float("nan")),
        lambda: paths.sample(4, seed=1, stream=-1),
        lambda: paths.sample(4, seed=1, stream="5"),
        lambda: paths.interpolate(axis(0), axis(1), 1),
        lambda: paths.interpolate(axis(0), axis(1), 9, mode="curve"),
        lambda: paths.interpolate(axis(0) * np.nan, axis(1), 9),
        lambda: paths.plane(paths.sample(4, seed=1), 99),
    ],
)
def test_bad_values_are_one_sentence(work):
    with pytest.raises(InputError):
        work()


def test_wrong_shapes_are_for_programmers():
    with pytest.raises(ValueError, match="shape"):
        paths.interpolate(np.zeros(5), np.zeros(5), 3)
    with pytest.raises(ValueError, match="four corners"):
        paths.plane(paths.sample(3, seed=1), 3)

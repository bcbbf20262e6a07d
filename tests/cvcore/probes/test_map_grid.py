"""Many maps as one picture."""

import numpy as np
import pytest

from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.probes.map_grid import draw_grid, draw_kernels, fit_grid, fit_maps


@pytest.fixture
def maps():
    return (
        np.random.default_rng(0).random((7, 4, 6)).astype(np.float32)
        * np.arange(1, 8)[:, None, None]
    )


def cut(grid, index):
    height, width = grid.cell_hw
    row, column = divmod(index, grid.columns)
    return grid.image[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_each_cell_is_its_map(maps):
    grid = draw_grid(maps, channels=[3, 1, 6])
    assert grid.channels.tolist() == [3, 1, 6]
    for index, channel in enumerate(grid.channels):
        assert np.array_equal(cut(grid, index)[:4, :6], colourise(maps[channel]))


def test_scales(maps):
    layer = draw_grid(maps, scale="layer")
    assert np.array_equal(cut(layer, 2)[:4, :6], colourise(maps[2], vmin=0, vmax=maps.max()))
    whole = draw_grid(maps, scale="global", value_range=(0, 20))
    assert np.array_equal(cut(whole, 2)[:4, :6], colourise(maps[2], vmin=0, vmax=20))


def test_negative_values_are_drawn_around_zero(maps):
    signed = maps - 3
    limit = np.abs(signed[4]).max()
    grid = draw_grid(signed)
    assert np.array_equal(
        cut(grid, 4)[:4, :6], colourise(signed[4], colormap="diverging", vmin=-limit, vmax=limit)
    )


def test_small_maps_are_enlarged_pixel_by_pixel(maps):
    grid = draw_grid(maps, cell_side=18)
    assert grid.cell_hw == (13, 19)
    assert np.array_equal(cut(grid, 0)[:12:3, :18:3], colourise(maps[0]))


def test_flat_and_single_maps():
    grid = draw_grid(np.zeros((1, 1, 1), np.float32))
    assert grid.image.shape == (2, 2, 3)
    assert grid.image[0, 0].tolist() == colourise(np.zeros((1, 1)))[0, 0].tolist()


def test_kernels_are_grey_at_zero():
    kernels = np.zeros((2, 3, 3, 3), np.float32)
    kernels[0, 0, 1, 1], kernels[0, 2, 0, 0] = 2, -1
    grid = draw_kernels(kernels, cell_side=3)
    first = cut(grid, 0)
    assert first[1, 1].tolist() == [255, 128, 128]
    assert first[0, 0].tolist() == [128, 128, 64]
    assert (cut(grid, 1)[:3, :3] == 128).all()
    assert draw_kernels(kernels[:, :1]).image.shape[2] == 3


def test_grid_is_fitted_and_maps_are_averaged(maps):
    assert fit_grid(draw_grid(maps).image, 100).shape[1] == 100
    large = np.ones((16, 40, 40), np.float32) * np.arange(16)[:, None, None]
    large[:, ::2] += 1  # stripes, averaged away by a factor of two
    small = fit_maps(large, 5 * 21, aspect=1.4)
    assert small.shape == (16, 20, 20)
    np.testing.assert_allclose(small[:, 3, 7], np.arange(16) + 0.5)
    assert draw_grid(small, aspect=1.4).image.shape[1] == 5 * 21
    assert fit_maps(large, 5 * 41, aspect=1.4) is large
    twice = fit_maps(large, 5 * 81, aspect=1.4)
    assert np.array_equal(twice[:, ::2, ::2], large)


def test_unknown_scale(maps):
    with pytest.raises(InputError, match="channel, layer, global"):
        draw_grid(maps, scale="loud")

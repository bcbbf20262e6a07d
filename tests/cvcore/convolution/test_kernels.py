"""Named kernels, division, and separable kernels."""

import numpy as np
import pytest

from cvcore.convolution.kernels import KERNELS, check_kernel, kernel_divisor, separate
from cvcore.core.errors import InputError


def test_presets_are_all_there():
    assert list(KERNELS) == [
        "identity", "loop", "vertical line", "diagonal line", "Sobel x", "Sobel y",
        "Laplacian", "sharpen", "box", "Gaussian", "emboss",
    ]  # fmt: skip


FLAT = {"identity": 1, "sharpen": 1, "box": 1, "Gaussian": 1, "emboss": 1,
        "Sobel x": 0, "Sobel y": 0, "Laplacian": 0}  # fmt: skip


@pytest.mark.parametrize("name", FLAT)
def test_brightness_is_kept_or_removed(name):
    kernel = KERNELS[name]
    weights = check_kernel(kernel.weights, max_side=7)
    flat = (weights / kernel_divisor(weights, kernel.divide_by)).sum()
    assert flat == pytest.approx(FLAT[name], abs=0 if FLAT[name] == 0 else 1e-6)


def test_gaussian_has_variance_one():
    column, row = separate(np.array(KERNELS["Gaussian"].weights))
    for side in (column, row):
        assert (side / side.sum()) @ np.arange(-2, 3) ** 2 == pytest.approx(1)


@pytest.mark.parametrize("name", ["Sobel x", "Sobel y", "box", "Gaussian"])
def test_separable(name):
    weights = np.array(KERNELS[name].weights, dtype=float)
    column, row = separate(weights)
    np.testing.assert_allclose(np.outer(column, row), weights, atol=1e-9)


@pytest.mark.parametrize("name", ["loop", "Laplacian", "sharpen", "diagonal line"])
def test_not_separable(name):
    assert separate(np.array(KERNELS[name].weights)) is None
    assert separate(np.zeros((2, 2))) is None


def test_division():
    assert kernel_divisor(np.ones((3, 3)), "nothing") == 1
    assert kernel_divisor(np.ones((2, 3)), "count") == 6
    assert kernel_divisor(np.full((2, 2), 3), "sum") == 12
    with pytest.raises(InputError, match="sum to 0"):
        kernel_divisor(np.array(KERNELS["Sobel x"].weights), "sum")
    with pytest.raises(InputError, match="Divide by"):
        kernel_divisor(np.ones((2, 2)), "zero")


@pytest.mark.parametrize(
    "weights", [None, [], [[]], [[1, 2], [3]], [["a"]], [[float("nan")]], [[1] * 8], 3, [[1e9]]]
)
def test_bad_kernels(weights):
    with pytest.raises(InputError, match=r"[Kk]ernel"):
        check_kernel(weights, max_side=7)

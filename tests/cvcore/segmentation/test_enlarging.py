"""Four ways of making a map larger: PyTorch's numbers, and weights that explain them."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cvcore.core.errors import InputError
from cvcore.segmentation import enlarging


def to_torch(numbers):
    return torch.tensor(np.asarray(numbers, float))[None, None]


@pytest.mark.parametrize("shape", [(2, 2), (4, 6), (8, 4)])
def test_every_way_is_pytorchs(shape):
    rng = np.random.default_rng(sum(shape))
    numbers = rng.integers(-3, 4, shape)  # with equals among them
    pooled = enlarging.pool_map(numbers.tolist())
    small, at = F.max_pool2d(to_torch(numbers), 2, return_indices=True)
    assert pooled.small.tolist() == small[0, 0].tolist()
    assert pooled.winners.tolist() == at[0, 0].tolist()
    kernel = rng.normal(size=(3, 2))
    upsample = F.interpolate
    for ours, theirs in (
        (enlarging.enlarge_nearest(pooled.small), upsample(small, scale_factor=2)),
        (
            enlarging.enlarge_bilinear(pooled.small),
            upsample(small, scale_factor=2, mode="bilinear", align_corners=False),
        ),
        (enlarging.unpool(pooled), F.max_unpool2d(small, at, 2)),
        (
            enlarging.convolve_transposed(pooled.small, kernel, 3),
            F.conv_transpose2d(small, to_torch(kernel), stride=3),
        ),
    ):
        assert ours.output == pytest.approx(theirs[0, 0].numpy())
        explained = np.einsum("abij,ij->ab", ours.weights, pooled.small)
        assert explained == pytest.approx(ours.output)


def test_a_kernel_of_3_and_a_stride_of_2_make_a_checkerboard():
    ones = np.ones((2, 2))
    board = enlarging.convolve_transposed(ones, np.ones((3, 3)), 2)
    assert board.output.tolist() == [
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
        [2, 2, 4, 2, 2],
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
    ]
    assert (board.hits == board.output).all()
    even = enlarging.convolve_transposed(ones, np.ones((4, 4)), 2)  # 4 is twice 2
    assert set(even.output[2:-2, 2:-2].ravel()) == {4}


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ([[1, 2, 3], [4, 5, 6]], "even number of rows and columns"),
        ([[1, 2], [3]], "rows of equally many numbers"),
        ([], "rows of equally many numbers"),
        ([["a", 1], [2, 3]], "rows of equally many numbers"),
        ([[float("nan"), 1], [2, 3]], "too large, or none"),
        ([[0] * 10] * 10, "at most 8 x 8"),
        (None, "rows of equally many numbers"),
    ],
)
def test_bad_maps(numbers, says):
    with pytest.raises(InputError, match=says):
        enlarging.pool_map(numbers)


def test_bad_kernels():
    small = np.ones((2, 2))
    with pytest.raises(InputError, match="at most 4 x 4"):
        enlarging.convolve_transposed(small, np.ones((5, 5)))
    with pytest.raises(InputError, match="stride"):
        enlarging.convolve_transposed(small, np.ones((2, 2)), 0)

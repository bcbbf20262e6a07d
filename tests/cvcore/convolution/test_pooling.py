"""Pooling against numbers worked by hand, and torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cvcore.convolution import count_wins, pool, pool_winners
from cvcore.core.errors import InputError

POOL_EXAMPLE = [[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]]


@pytest.fixture
def rng():
    return np.random.default_rng(7)


class TestPool:
    def test_by_hand(self):
        assert pool(POOL_EXAMPLE, 2, stride=2).tolist() == [[8, 9], [3, 2]]
        assert pool(POOL_EXAMPLE, 2, stride=2, mode="average").tolist() == [[4, 4.5], [2, 0.75]]

    @pytest.mark.parametrize("size", [1, 2, 3])
    @pytest.mark.parametrize("stride", [1, 2, 3])
    @pytest.mark.parametrize("shape", [(7, 6), (7, 6, 3)])
    def test_equals_torch(self, rng, size, stride, shape):
        image = rng.integers(-5, 5, shape).astype(float)  # small integers: ties are common
        x = torch.from_numpy(np.moveaxis(np.atleast_3d(image), -1, 0).copy())
        best, index = F.max_pool2d(x[None], size, stride, return_indices=True)

        def as_ours(tensor):
            array = np.moveaxis(tensor.numpy(), 0, -1)
            return array if len(shape) == 3 else array[..., 0]

        np.testing.assert_array_equal(pool(image, size, stride=stride), as_ours(best[0]))
        np.testing.assert_allclose(
            pool(image, size, stride=stride, mode="average"), as_ours(F.avg_pool2d(x, size, stride))
        )
        np.testing.assert_array_equal(pool_winners(image, size, stride=stride), as_ours(index[0]))

    def test_stride_is_the_size_unless_given(self):
        assert pool(POOL_EXAMPLE).shape == (2, 2)
        assert pool(np.ones((7, 7)), 3).shape == (2, 2)

    def test_wins(self):
        wins = count_wins(pool_winners(POOL_EXAMPLE, 2, stride=1), (4, 4))
        assert wins.tolist() == [[0, 0, 0, 0], [2, 0, 4, 0], [0, 2, 0, 0], [0, 0, 1, 0]]
        assert wins.sum() == 9

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"size": 0}, "pooling size"),
            ({"size": 5}, "Nothing fits"),
            ({"size": 2, "stride": 0}, "stride"),
            ({"size": 2, "mode": "median"}, "max or average"),
            ({"size": float("nan")}, "pooling size"),
        ],
    )
    def test_bad_settings(self, options, says):
        with pytest.raises(InputError, match=says):
            pool(POOL_EXAMPLE, **options)

"""RoI pooling and RoIAlign against torchvision's, and the textbook's example by hand."""

import numpy as np
import pytest
import torch
from torchvision import ops

from cvcore.core.errors import InputError
from cvcore.detection.roi_pooling import roi_align, roi_pool

TEXTBOOK = [
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    [1, 0.7, 0.2, 0.6, 0.1, 0.9],
    [0.9, 0.8, 0.7, 0.3, 0.5, 0.2],
    [0.4, 0.1, 0.2, 0.6, 0.8, 0.3],
]


def draw_case(rng):
    high, wide = rng.integers(1, 9, 2)
    output = tuple(int(side) for side in rng.integers(1, 6, 2))
    return rng.normal(size=(high, wide)), output


def to_torch(matrix, box):
    return torch.tensor(matrix[None, None]), torch.tensor([[0, *box]], dtype=torch.float64)


def test_pooling_is_torchvisions():
    """There the last row and column are named, and belong to the region."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        matrix, output = draw_case(rng)
        top, left = (int(rng.integers(0, side)) for side in matrix.shape)
        high = int(rng.integers(1, matrix.shape[0] - top + 1))
        wide = int(rng.integers(1, matrix.shape[1] - left + 1))
        theirs = ops.roi_pool(
            *to_torch(matrix, (left, top, left + wide - 1, top + high - 1)), output
        )
        ours = roi_pool(matrix, (top, left, high, wide), output).output
        assert ours == pytest.approx(theirs[0, 0].numpy())


def test_alignment_is_torchvisions():
    rng = np.random.default_rng(2)
    for _ in range(60):
        matrix, output = draw_case(rng)
        top, left = (rng.random() * (side - 0.02) for side in matrix.shape)
        high = max(0.01, rng.random() * (matrix.shape[0] - top))
        wide = max(0.01, rng.random() * (matrix.shape[1] - left))
        samples = int(rng.integers(1, 5))
        box = (left, top, left + wide, top + high)
        theirs = ops.roi_align(*to_torch(matrix, box), output, 1.0, samples, aligned=True)
        ours = roi_align(matrix, (top, left, high, wide), output, samples=samples)
        assert ours.output == pytest.approx(theirs[0, 0].numpy(), abs=1e-9)


def test_the_textbooks_example():
    pooled = roi_pool(TEXTBOOK, (0, 0, 4, 6))
    assert pooled.output.tolist() == [[1, 0.6, 0.9], [1, 0.7, 0.9], [0.9, 0.7, 0.8]]
    first = roi_align(TEXTBOOK, (0, 0, 4, 6)).bins[0][0]
    # rows at 1/3 and 1: above the first middle its row alone, then half of each
    assert [point.value for point in first.samples] == pytest.approx([0.1, 0.2, 0.55, 0.45])
    assert first.value == pytest.approx(0.325)
    for bins in roi_align(TEXTBOOK, (0.3, 1.2, 3, 4)).bins:
        for one in bins:
            assert all(sum(point.weights) == pytest.approx(1) for point in one.samples)


def test_bad_regions_and_cells():
    for region in ((4, 0, 1, 1), (0, 0, 5, 6), (0, 0, 0, 1), (0, float("nan"), 1, 1)):
        with pytest.raises(InputError, match="region"):
            roi_align(TEXTBOOK, region)
    with pytest.raises(InputError, match="must hold a number"):
        roi_align([[1, float("nan")]], (0, 0, 1, 2))
    with pytest.raises(InputError, match="points along"):
        roi_align(TEXTBOOK, (0, 0, 4, 6), samples=0)

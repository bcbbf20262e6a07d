"""Distances, boundaries and generalised Dice against scikit-image, SciPy and torchmetrics."""

import numpy as np
import pytest
import torch
from scipy import ndimage, spatial
from skimage import draw, metrics

from cvcore.core.errors import InputError
from cvcore.segmentation import measures


def two_masks(seed):
    """Two blobs that overlap, one of them cut by the picture's edge; a stray pixel."""
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(2):
        mask = np.zeros((60, 80), bool)
        rows, columns = draw.ellipse(*rng.uniform(10, 50, 2), *rng.uniform(8, 25, 2), mask.shape)
        mask[rows, columns] = True
        mask[tuple(rng.integers(0, 60, 2))] = True
        masks.append(mask)
    return masks


@pytest.mark.parametrize("seed", range(4))
def test_distances_of_edges_are_those_of_other_libraries(seed):
    from torchmetrics.functional.segmentation import hausdorff_distance

    a, b = two_masks(seed)
    found = measures.measure_edges(a, b)
    cross = ndimage.generate_binary_structure(2, 1)
    edges = [mask & ~ndimage.binary_erosion(mask, cross) for mask in (a, b)]
    assert [measures.find_edge(mask).tolist() for mask in (a, b)] == [e.tolist() for e in edges]
    assert found.hausdorff == pytest.approx(metrics.hausdorff_distance(*edges))
    pair = [np.argwhere(edge) for edge in edges]
    ways = [
        spatial.distance.directed_hausdorff(*pair)[0],
        spatial.distance.directed_hausdorff(*pair[::-1])[0],
    ]
    assert found.hausdorff == pytest.approx(max(ways))
    every = spatial.distance.cdist(*pair)
    tails = np.percentile(every.min(axis=1), 95), np.percentile(every.min(axis=0), 95)
    assert found.hausdorff_95 == pytest.approx(max(tails))
    assert found.mean == pytest.approx(np.concatenate((every.min(1), every.min(0))).mean())
    (x1, y1), (x2, y2) = found.farthest
    assert np.hypot(x1 - x2, y1 - y2) == pytest.approx(found.hausdorff)
    # a square part: torchmetrics (1.9) takes the height for the width of a row
    square = [mask[:, :60] for mask in (a, b)]
    one_hot = [torch.from_numpy(np.stack((~mask, mask))[None]) for mask in square]
    theirs = hausdorff_distance(*one_hot, num_classes=2, include_background=False)
    assert measures.measure_edges(*square).hausdorff == pytest.approx(float(theirs), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_boundary_iou_is_the_papers(seed):
    a, b = two_masks(seed)
    bands = []
    for mask in (a, b):  # 2 % of a diagonal of 100 are 2 pixels
        inner = ndimage.binary_erosion(np.pad(mask, 1), np.ones((3, 3)), iterations=2)[1:-1, 1:-1]
        bands.append(mask & ~inner)
    found = measures.compare_boundaries(a, b)
    assert found.iou == pytest.approx((bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum())
    assert measures.compare_boundaries(a, a).iou == 1


def test_a_large_object_off_by_a_little():
    """A square of 80 pixels, moved by 2: IoU hardly says so, the boundary's does."""
    a, b = np.zeros((2, 100, 100), bool)
    a[10:90, 8:88], b[10:90, 10:90] = True, True
    assert measures.compare_masks(a, b).iou == pytest.approx(78 / 82)
    assert measures.compare_boundaries(a, b).iou < 0.7
    assert measures.measure_edges(a, b).hausdorff == 2


@pytest.mark.parametrize("seed", range(3))
def test_generalised_dice_is_torchmetrics(seed):
    from torchmetrics.functional.segmentation import generalized_dice_score

    a, b = two_masks(seed)
    one_hot = [torch.from_numpy(np.stack((~mask, mask))[None].astype(int)) for mask in (a, b)]
    theirs = generalized_dice_score(*one_hot, num_classes=2, weight_type="square")
    assert measures.generalise_dice(a, b).value == pytest.approx(float(theirs[0]), abs=1e-5)


def test_empty_masks_are_refused_in_a_sentence():
    empty, full = np.zeros((9, 9), bool), np.ones((9, 9), bool)
    with pytest.raises(InputError, match="The prediction has no pixel"):
        measures.measure_edges(empty, full)
    with pytest.raises(InputError, match="The truth has no pixel"):
        measures.measure_edges(full, empty)
    with pytest.raises(InputError, match="The truth has no pixel"):
        measures.generalise_dice(full, empty)
    assert measures.generalise_dice(full, full).value == 1
    assert measures.compare_boundaries(empty, full).iou == 0

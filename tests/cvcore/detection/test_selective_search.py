"""Selective search against cases worked by hand, and its segmentation against scikit-image's."""

import numpy as np
import pytest
from skimage.segmentation import felzenszwalb

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection.selective_search import (
    MEASURES,
    SearchSettings,
    colour_histograms,
    group,
    recall_curve,
    search,
    segment,
    texture_histograms,
)

PLAIN = SearchSettings(space="RGB")


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def found(coffee):
    return search(coffee)


@pytest.fixture(scope="module")
def stripes():
    """Three even regions side by side, 2, 2 and 4 pixels wide: the first two of one colour."""
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, 4:] = 250
    labels = np.zeros((4, 8), np.int32)
    labels[:, 2:4], labels[:, 4:] = 1, 2
    return image, labels


def test_merges_worked_by_hand(stripes):
    """32 pixels: regions of 8, 8 and 16. 0 and 1 have all colour in common; 1 and 2 none of it.

    Sizes: 1 - 16/32 and 1 - 24/32; boxes without a hole: the fill is 1 for both.
    """
    grouping = group(*stripes, PLAIN)
    first, second = grouping.merges
    assert (first.first, first.second, first.made) == (0, 1, 3)
    assert (first.colour, first.size, first.fill) == pytest.approx((1, 0.5, 1))
    assert (second.colour, second.size, second.fill) == pytest.approx((0, 0, 1))
    assert {second.first, second.second} == {2, 3}
    assert first.total == pytest.approx(first.colour + first.texture + first.size + first.fill)
    assert grouping.boxes.tolist() == [
        [0, 0, 2, 4], [2, 0, 4, 4], [4, 0, 8, 4], [0, 0, 4, 4], [0, 0, 8, 4]
    ]  # fmt: skip
    assert grouping.sizes.tolist() == [8, 8, 16, 16, 32]
    assert np.unique(grouping.labels_after(1)).tolist() == [2, 3]
    assert (grouping.labels_after(2) == 4).all()


def test_the_fill_counts_the_hole():
    """A row of 4, a column of 3 and the 9 pixels that are left of 4 x 4.

    By size alone row and column are joined first: 7 pixels in a box of 16, a hole of 9. By fill
    alone it is the column and the 9, which fill their box.
    """
    labels = np.zeros((4, 4), np.int32)
    labels[0, :], labels[1:, 0] = 1, 2
    image = np.full((4, 4, 3), 9, np.uint8)
    first = group(image, labels, SearchSettings(measures=("size",))).merges[0]
    assert (first.first, first.second) == (1, 2)
    assert (first.size, first.fill) == pytest.approx((1 - 7 / 16, 1 - 9 / 16))
    assert first.total == pytest.approx(first.size)  # what is not counted is not summed
    first = group(image, labels, SearchSettings(measures=("fill",))).merges[0]
    assert (first.first, first.second) == (0, 2)
    assert first.fill == pytest.approx(1)


def test_histograms_are_averaged_by_size(stripes):
    image, labels = stripes
    rows = colour_histograms(image, labels)
    assert rows.shape == (3, 75)
    assert rows.sum(axis=1) == pytest.approx([1, 1, 1])
    assert rows[0, 0] == pytest.approx(1 / 3)  # black: the first bin of each channel
    assert rows[2, 24] == pytest.approx(1 / 3)  # 250 x 25 // 256 = 24
    whole = colour_histograms(image, np.zeros_like(labels))
    assert whole[0] == pytest.approx((8 * rows[0] + 8 * rows[1] + 16 * rows[2]) / 32)
    texture = texture_histograms(image, labels)
    assert texture.shape == (3, 240)
    assert texture.sum(axis=1) == pytest.approx([1, 1, 1])


def test_the_segmentation_is_scikit_images(coffee):
    settings = SearchSettings(scale=60, sigma=0.5, min_size=30)
    theirs = felzenszwalb(coffee[:90, :120], scale=60, sigma=0.5, min_size=30)
    assert np.array_equal(segment(coffee[:90, :120], settings), theirs)


def test_every_merge_joins_two_that_are_there(found):
    alive = set(range(found.regions))
    for merge in found.merges:
        assert {merge.first, merge.second} <= alive
        alive = alive - {merge.first, merge.second} | {merge.made}
        assert found.sizes[merge.made] == found.sizes[merge.first] + found.sizes[merge.second]
    assert len(alive) == 1
    middle = len(found.merges) // 2
    assert len(np.unique(found.labels_after(middle))) == found.regions - middle
    assert all(0 <= getattr(one, name) <= 1 for one in found.merges for name in MEASURES)


def test_proposals_are_the_regions_boxes(found, coffee):
    every, early = found.proposals(), found.proposals(0)
    assert len(early) < len(every) <= len(found.boxes)
    assert len(np.unique(every, axis=0)) == len(every)
    assert {tuple(box) for box in early} <= {tuple(box) for box in every}
    assert every.min() >= 0
    assert every[:, 2].max() <= coffee.shape[1]
    assert np.array_equal(every, found.proposals())  # the order is drawn by a seed
    cup = np.array([[140, 20, 445, 330]])
    recall, overlap = recall_curve(every, cup)
    assert recall[-1] == 1
    assert (np.diff(overlap) >= 0).all()


def test_recall_worked_by_hand():
    proposals = np.array([[0, 0, 10, 5], [0, 0, 10, 10], [50, 50, 60, 60]], float)
    truths = np.array([[0, 0, 10, 10], [50, 50, 60, 70]], float)
    recall, overlap = recall_curve(proposals, truths, iou_limit=0.6)
    assert recall.tolist() == [0, 0.5, 0.5]
    assert overlap == pytest.approx([0.25, 0.5, 0.75])
    with pytest.raises(InputError, match="no truth box"):
        recall_curve(proposals, np.zeros((0, 4)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (SearchSettings(scale=0), "scale"),
        (SearchSettings(min_size=0), "smallest region"),
        (SearchSettings(space="CMYK"), "colour spaces"),
        (SearchSettings(measures=()), "at least one similarity"),
        (SearchSettings(measures=("taste",)), "at least one similarity"),
    ],
)
def test_settings_are_checked(coffee, settings, words):
    with pytest.raises(InputError, match=words):
        search(coffee, settings)


def test_odd_pictures():
    for shape in ((1, 1, 3), (2, 300, 3)):
        grouping = search(np.full(shape, 90, np.uint8))
        assert grouping.regions == 1
        assert grouping.merges == ()
        assert grouping.proposals().shape == (0, 4)
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    with pytest.raises(InputError, match="raise its scale"):
        search(noise, SearchSettings(scale=1, min_size=1, sigma=0))

"""The steps of older detectors, on a picture made for it and against hand-worked cases."""

import numpy as np
import pytest

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import older_detectors, sliding_window
from cvcore.detection.boxes import box_iou


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def squares():
    """Two even patches on a dark ground, with a little noise."""
    image = np.full((240, 320, 3), 40)
    image[40:120, 30:110] = 230
    image[140:200, 200:300] = 150
    noise = np.random.default_rng(0).normal(0, 4, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def test_anchors_have_the_papers_areas_and_shapes():
    anchors = older_detectors.list_anchors((100, 50))
    width, height = (anchors[:, 2:] - anchors[:, :2]).T
    assert len(anchors) == 9
    assert width * height == pytest.approx(np.repeat([128.0**2, 256.0**2, 512.0**2], 3))
    assert height / width == pytest.approx([0.5, 1, 2] * 3)
    assert (anchors[:, :2] + anchors[:, 2:]) / 2 == pytest.approx(np.tile([100, 50], (9, 1)))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "5", True, 0, -1, None])
def test_numbers_of_anchors_are_checked(number):
    for numbers in ({"sides": (128, number)}, {"ratios": (number,)}, {"sides": number}):
        with pytest.raises(InputError, match=r"An anchor's (side|ratio) must be a number"):
            older_detectors.list_anchors((100, 50), **numbers)
    with pytest.raises(InputError, match="two numbers"):
        older_detectors.list_anchors((1, 2, 3))
    with pytest.raises(InputError, match="The centre must be an ordinary number"):
        older_detectors.list_anchors((100, "5"))


def test_as_many_anchors_as_the_paper_says():
    """Ren et al.: "about 20,000" for a picture of 1000 x 600."""
    image = np.zeros((600, 1000, 3), np.uint8)
    picture, count, best = older_detectors.draw_anchors(image, np.array([372, 172, 628, 428]))
    assert count == 37 * 62 * 9 == 20_646
    assert best == pytest.approx(252**2 / (2 * 256**2 - 252**2))  # a quarter of a cell off
    assert picture.any()


def test_regions_are_the_even_patches(squares):
    found = older_detectors.propose_regions(squares)
    truth = np.array([[30, 40, 110, 120], [200, 140, 300, 200]])
    assert box_iou(truth, found).max(axis=1).min() > 0.9
    overlap = box_iou(found, found) - np.eye(len(found))
    assert overlap.max(initial=0) < 0.9  # no two alike
    assert found[0] == pytest.approx(truth[0], abs=2)  # the greater contrast, the clearer
    assert len(older_detectors.propose_regions(squares, most=1)) == 1
    assert older_detectors.propose_regions(np.zeros((9, 9, 3), np.uint8)).shape == (0, 4)


def test_regions_are_in_the_pictures_own_pixels(squares):
    large = squares.repeat(4, axis=0).repeat(4, axis=1)
    found = older_detectors.propose_regions(large)
    assert box_iou(np.array([[120, 160, 440, 480]]), found).max() > 0.9


def test_a_cut_out_is_classified_alone(coffee):
    (cup,) = older_detectors.cut_out(coffee, np.array([[140, 20, 445, 330]]))
    assert cup.picture.shape == (112, 112, 3)
    assert cup.label in ("espresso", "cup", "coffee mug")
    assert 0 < cup.probability <= 1
    assert older_detectors.cut_out(coffee, np.zeros((0, 4))) == ()


def test_a_region_is_cut_from_the_whole_pictures_map(coffee):
    pooled = older_detectors.pool_region(coffee, np.array([150, 100, 450, 300]))
    # 600 x 400 pixels become 416 x 277, 21 rows above make it 416 x 320: cells of 16
    assert pooled.feature_map.shape == (20, 26) or pooled.feature_map.shape == (18, 26)
    top, left, height, width = pooled.region
    assert (left, width) == (6, 14)  # 150 x 0.693 / 16 = 6.5, 450 x 0.693 / 16 = 19.5
    part = pooled.feature_map[top : top + height, left : left + width]
    assert pooled.pooled.output.shape == (3, 3)
    assert pooled.pooled.output.max() == part.max()
    assert part.mean() > pooled.feature_map.mean()
    edge = older_detectors.pool_region(coffee, np.array([599, 399, 600, 400])).region
    assert edge[2:] == (1, 1)


def test_pictures_of_the_way(coffee):
    raw = detection.predict_raw(coffee)
    box = older_detectors.find_main_box(coffee, raw)
    assert box == pytest.approx(detection.suppress(raw).xyxy[0])
    blank = np.zeros((40, 80, 3), np.uint8)
    middle = older_detectors.find_main_box(blank, detection.predict_raw(blank))
    assert middle.tolist() == [20, 10, 60, 30]
    scales = sliding_window.list_windows((400, 600), side=200, stride=0.5, growth=2)
    drawn = older_detectors.draw_windows(coffee, scales, stride=0.5)
    assert drawn.shape == (320, 480, 3)
    plain = older_detectors.draw_windows(coffee, ())
    changed = (drawn != plain).any(axis=2)
    assert changed[:, 160].mean() > 0.9  # windows of 400 pixels, 200 further each
    assert not changed[20:60, 200:300].any()
    assert older_detectors.draw_one_pass(coffee, raw).shape == (320, 480, 3)

"""The steps of older detectors, on a picture made for it and against hand-worked cases."""

import numpy as np
import pytest

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import older_detectors, sliding_window


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


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

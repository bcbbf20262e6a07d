"""NanoDet's numbers, decoded, and what it finds."""

import numpy as np
import pytest

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection.distance_heads import decode_distances
from cvcore.detection.region_proposals import score_map
from cvcore.engine.ultralytics import load_yolo


def test_a_box_worked_by_hand():
    head = np.zeros((1, 3 + 4 * 11, 2, 3), np.float32)
    head[0, 1, 1, 2] = 5  # class 1 in row 1, column 2
    sides = head[0, 3:].reshape(4, 11, 2, 3)
    for side, strides in enumerate((2, 0, 1, 3)):
        sides[side, strides, 1, 2] = 50
    sides[2, 2, 1, 2] = 50  # right: as much at 1 as at 2, so 1.5
    decoded = decode_distances([head], strides=[16])
    assert decoded.raw is None
    assert decoded.xyxy.shape == (6, 4)
    np.testing.assert_allclose(decoded.xyxy[5], [40 - 32, 24, 40 + 24, 24 + 48], atol=1e-4)
    np.testing.assert_allclose(decoded.distances[5, 2, 1:3], 0.5, atol=1e-5)
    np.testing.assert_allclose(decoded.distances.sum(axis=2), 1, atol=1e-5)
    assert decoded.cells[5].tolist() == [0, 1, 2, 0]
    assert decoded.class_logits[5].tolist() == [0, 5, 0]
    # nothing said: every distance is as likely, and the mean is 5 strides
    np.testing.assert_allclose(decoded.xyxy[0], [8 - 80, 8 - 80, 8 + 80, 8 + 80], atol=1e-3)


@pytest.fixture(scope="module")
def raw():
    return detection.predict_raw(samples.load_sample("coffee"), model="nanodet", input_size=320)


def test_finds_what_yolov3_tiny_finds(raw):
    assert [grid.stride for grid in raw.grids] == [8, 16, 32]
    assert len(raw.xyxy) == 40**2 + 20**2 + 10**2
    assert raw.distances.shape == (len(raw.xyxy), 4, 11)
    found = detection.suppress(raw)
    assert "cup" in found.counts()


def test_a_score_is_the_class_score_alone(raw):
    assert raw.raw is None
    rows = np.arange(3)
    expected = 1 / (1 + np.exp(-raw.class_logits[rows].astype(float)))
    np.testing.assert_allclose(raw.class_scores(rows), expected, atol=1e-6)


def test_what_it_has_not_is_said(raw):
    with pytest.raises(InputError, match="no anchors"):
        score_map(raw, 0)
    with pytest.raises(InputError, match="not a YOLO"):
        load_yolo("nanodet", 416)


def test_a_wide_picture_needs_no_square():
    image = samples.load_sample("coffee")
    raw = detection.predict_raw(image, model="nanodet", input_size=320, square=False)
    height, width = raw.letterbox.input_hw
    assert width == 320
    assert height < 320
    assert "cup" in detection.suppress(raw).counts()

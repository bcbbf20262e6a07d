"""Overlap and suppression of boxes in any kind of numbers, beside torchvision."""

import numpy as np
import pytest
import torch
import torchvision

from cvcore.core.errors import InputError
from cvcore.detection.boxes import box_iou
from cvcore.detection.suppression import nms_steps

WHOLE = [[0, 0, 100, 100], [50, 0, 120, 100], [60, 10, 127, 90]]
KINDS = ["float16", "float32", "float64", "int8", "uint8", "int16", "int64"]


def suppress(boxes, confidence, iou=0.5):
    steps = nms_steps(boxes, confidence, np.zeros(len(boxes), int), iou)
    return [step.kept for step in steps]


@pytest.mark.parametrize("kind", KINDS)
def test_the_overlap_is_right_in_any_kind_of_numbers(kind):
    boxes = np.array(WHOLE).astype(kind)
    theirs = torchvision.ops.box_iou(*[torch.tensor(WHOLE, dtype=torch.float64)] * 2).numpy()
    np.testing.assert_allclose(box_iou(boxes, boxes), theirs, rtol=1e-12)
    assert suppress(boxes, np.array([9, 8, 7], np.uint8)) == [0, 1]


def test_half_floats_of_a_large_picture():
    boxes = np.array([[0, 0, 1000, 1000], [0, 0, 1000, 900]], np.float16)
    assert box_iou(boxes[:1], boxes).tolist() == [[1, pytest.approx(0.9)]]
    assert suppress(boxes, np.array([0.9, 0.8], np.float16)) == [0]


def test_lists_and_nothing():
    assert box_iou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).tolist() == [[pytest.approx(1 / 3)]]
    for none in ([], np.zeros((0, 4)), np.zeros((0, 4), np.uint8)):
        assert box_iou(none, WHOLE).shape == (0, 3)
        assert suppress(none, []) == []


def test_empty_and_turned_boxes_overlap_nothing():
    odd = [[5, 5, 5, 9], [90, 90, 10, 10]]
    assert not box_iou(odd, [*WHOLE, *odd]).any()


def test_what_is_no_box():
    for wrong in ([[0, 0, 1]], [0, 0, 1, 1], [[[0, 0, 1, 1]]], "boxes", [["a"] * 4]):
        with pytest.raises(InputError, match="rows of four numbers"):
            box_iou(wrong, WHOLE)
    with pytest.raises(InputError, match="rows of four numbers"):
        box_iou(torch.tensor([[0.0, 0, 1, 1]], requires_grad=True), WHOLE)
    for wrong in (np.nan, np.inf, -np.inf):
        with pytest.raises(InputError, match="ordinary number"):
            box_iou([[0, 0, 1, wrong]], WHOLE)
        with pytest.raises(InputError, match="ordinary number"):
            suppress([[0, 0, 1, wrong]], [0.5])
    with pytest.raises(InputError, match="confidence"):
        suppress(WHOLE, [0.1, np.nan, 0.3])
    with pytest.raises(InputError, match="IoU limit"):
        suppress(WHOLE, [0.1, 0.2, 0.3], iou=np.nan)

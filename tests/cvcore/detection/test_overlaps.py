"""GIoU, DIoU and CIoU against torchvision; soft suppression and voting by hand and by the paper."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import ops

from cvcore.core.errors import InputError
from cvcore.detection import suppression as sup
from cvcore.detection.overlaps import compare_boxes


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_all_four_measures_are_torchvisions(seed):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 60, (2, 2))
    boxes = np.concatenate((corner, corner + rng.uniform(1, 60, (2, 2))), axis=1)
    both = compare_boxes(*boxes)
    a, b = torch.from_numpy(boxes[None, 0]), torch.from_numpy(boxes[None, 1])
    for ours, theirs in (
        (both.iou, ops.box_iou),
        (both.giou, ops.generalized_box_iou),
        (both.diou, ops.distance_box_iou),
        (both.ciou, ops.complete_box_iou),
    ):
        assert ours == pytest.approx(float(theirs(a, b)), abs=1e-6)


def test_apart_the_others_still_say_how_far():
    near, far = (
        compare_boxes([0, 0, 2, 2], [3, 0, 5, 2]),
        compare_boxes([0, 0, 2, 2], [8, 0, 10, 2]),
    )
    assert near.iou == far.iou == 0
    assert near.giou == pytest.approx(-2 / 10)  # 2 of 10 belong to neither
    assert far.giou == pytest.approx(-12 / 20)
    assert far.diou == pytest.approx(-64 / 104)
    same = compare_boxes([0, 0, 2, 2], [0, 0, 2, 2])
    assert same.iou == same.giou == same.diou == same.ciou == 1


@pytest.mark.parametrize("box", [[0, 0, 0, 5], [5, 0, 1, 5], [0, 0, float("nan"), 1], [1, 2, 3]])
def test_what_is_no_box_is_refused(box):
    with pytest.raises(InputError):
        compare_boxes(box, [0, 0, 1, 1])


BOXES = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 5, 10, 15], [0, 0, 10, 10]], float)
SCORES, CLASSES = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1, 1, 1, 2])


def test_soft_suppression_by_hand():
    """IoU with the first: 0.8, and 50 of 150; the fourth is of another class."""
    first, *rest = sup.soft_nms_steps(BOXES, SCORES, CLASSES, 0.5)
    assert first.kept == 0
    assert first.lowered.tolist() == [1]
    assert first.lowered_scores == pytest.approx([0.8 * 0.2])
    assert [step.kept for step in rest] == [2, 3, 1]
    # turn 2: box 1 overlaps box 2 by 30 of 150 + ... below the limit, its score stays
    assert rest[-1].score == pytest.approx(0.16)
    first, *_ = sup.soft_nms_steps(BOXES, SCORES, CLASSES, 0.5, least=0.2)
    assert first.suppressed.tolist() == [1]
    first, *_ = sup.soft_nms_steps(BOXES, SCORES, CLASSES, 0.5, method=sup.SOFT_GAUSSIAN)
    assert first.lowered.tolist() == [1, 2]
    shares = np.exp(-(np.array([0.8, 1 / 3]) ** 2) / 0.5)
    assert first.lowered_scores == pytest.approx(SCORES[1:3] * shares)


def paper(boxes, scores, limit, sigma):
    """The paper's own listing, one class: all boxes with the scores they end with."""
    boxes, scores, done = list(boxes), list(scores), []
    while boxes:
        m = int(np.argmax(scores))
        best, score = boxes.pop(m), scores.pop(m)
        done.append((tuple(best), score))
        for i, box in enumerate(boxes):
            iou = float(ops.box_iou(torch.tensor(best[None]), torch.tensor(box[None])))
            if sigma:
                scores[i] *= np.exp(-(iou**2) / sigma)
            elif iou > limit:
                scores[i] *= 1 - iou
    return done


@pytest.mark.parametrize("method", [sup.SOFT_LINEAR, sup.SOFT_GAUSSIAN])
def test_soft_suppression_is_the_papers(method):
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 20, (14, 2))
    boxes = np.concatenate((corner, corner + rng.uniform(10, 20, (14, 2))), axis=1)
    scores = rng.uniform(0.1, 1, 14)
    sigma = 0.5 if method == sup.SOFT_GAUSSIAN else None
    wanted = [row for row in paper(boxes, scores, 0.3, sigma) if row[1] >= 0.05]
    steps = sup.soft_nms_steps(boxes, scores, np.zeros(14), 0.3, method=method, least=0.05)
    assert [tuple(boxes[step.kept]) for step in steps] == [box for box, _ in wanted]
    assert [step.score for step in steps] == pytest.approx([score for _, score in wanted])


def test_boxes_vote_by_hand():
    """The kept box and the one it overlaps by 0.8, weighted 0.9 to 0.8; not the other class's."""
    voted = sup.vote_boxes(BOXES, SCORES, CLASSES, np.array([0, 3]), 0.5)
    assert voted[0] == pytest.approx([0, 0, 10, (0.9 * 10 + 0.8 * 8) / 1.7])
    assert voted[1] == pytest.approx(BOXES[3])
    assert sup.vote_boxes(BOXES, SCORES, CLASSES, np.array([0]), 1)[0] == pytest.approx(BOXES[0])


def test_unknown_ways_are_refused():
    with pytest.raises(InputError, match="no soft suppression 'hard'"):
        sup.soft_nms_steps(BOXES, SCORES, CLASSES, 0.5, method="hard")

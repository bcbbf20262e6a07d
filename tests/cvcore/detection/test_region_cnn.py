"""R-CNN and Fast R-CNN, the proposals of a network, and the time line."""

import numpy as np
import pytest
import torch
from torchvision import ops

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import region_cnn, region_drawing, region_proposals
from cvcore.detection.boxes import box_iou
from cvcore.detection.region_cnn import Head, RegionScores
from cvcore.detection.selective_search import search
from cvcore.detection.timeline import DETECTORS
from cvcore.recognition import classifier

CUP = np.array([140, 20, 445, 330], float)
OTHERS = np.array([[0, 0, 200, 100], [300, 200, 600, 400]], float)


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def raw(coffee):
    return detection.predict_raw(coffee)


@pytest.fixture(scope="module")
def scored(coffee):
    boxes = np.vstack([CUP, OTHERS, search(coffee).proposals()[:9]])
    *_, last = region_cnn.score_crops(coffee, boxes)
    return last


def make_scores(boxes, scores, labels=("a", "b")):
    scores = np.array(scores, np.float32)
    features = np.zeros((len(scores), 4), np.float32)
    return RegionScores(np.array(boxes, float), features, scores, 1, {}, len(scores), labels)


def test_a_warped_proposal_is_square_with_its_surroundings():
    image = np.zeros((200, 300, 3), np.uint8)
    image[50:150, 100:140] = 255  # 40 x 100 pixels
    crop = region_cnn.warp(image, (100, 50, 140, 150))
    assert crop.shape == (227, 227, 3)
    assert (crop[20:207, 20:207] == 255).all()
    assert (crop[:10] == 0).all()
    assert (crop[:, :10] == 0).all()
    corner = region_cnn.warp(np.full((50, 50, 3), 9, np.uint8), (0, 0, 50, 50))
    assert (corner[2, 2] == region_cnn.GREY).all()  # beyond the picture
    assert (corner[113, 113] == 9).all()
    assert region_cnn.warp(image, (5, 5, 5, 5)).shape == (227, 227, 3)


def test_the_features_are_the_classifiers_own(coffee):
    """The bundled network's last layer on them gives its own logits."""
    from cvcore.engine import checkpoints

    crop = region_cnn.warp(coffee, CUP)
    features = region_cnn.describe_crops(crop[None])
    last = checkpoints.load_model(region_cnn.NETWORK).classifier
    logits = last(torch.from_numpy(features)).numpy()
    middle = crop[1:225, 1:225].transpose(2, 0, 1).astype(np.float32) / 255
    assert logits == pytest.approx(classifier.run_network([middle]), abs=0.01)


def test_the_crops_are_scored_some_at_a_time(coffee, scored):
    steps = list(region_cnn.score_crops(coffee, scored.boxes))
    assert [len(step.boxes) for step in steps] == [8, 12]
    assert [step.done for step in steps] == [False, True]
    assert steps[-1].passes == 12
    assert steps[-1].scores == pytest.approx(scored.scores, abs=1e-5)
    head = region_cnn.load_head("crop")
    by_hand = (
        scored.features[0] / np.linalg.norm(scored.features[0]) @ head.weight[3] + head.bias[3]
    )
    assert scored.scores[0, 3] == pytest.approx(by_hand, abs=1e-4)


def test_the_cup_is_found(coffee, scored):
    """By R-CNN; the box is no proposal's here but the labelled one, so the class is what counts."""
    best = scored.labels[int(scored.scores[0].argmax())]
    assert best == "cup"
    pooled = region_cnn.score_map(coffee, scored.boxes)
    assert pooled.passes == 1
    assert len(pooled.boxes) == 12
    agreement = region_cnn.compare(scored, pooled)
    assert agreement.proposals == 12
    assert 0 <= agreement.same_class <= 1
    assert region_cnn.compare(scored, scored).same_answer == 1
    assert region_cnn.compare(scored, scored).correlation == pytest.approx(1)


def test_pooled_features_are_torchvisions():
    maps = torch.rand(1, 1280, 6, 8)
    boxes = np.array([[10, 20, 150, 170], [0, 0, 256, 192]], float)
    rows = [torch.tensor(boxes, dtype=torch.float32)]
    for name, theirs in (
        ("RoIAlign", ops.roi_align(maps, rows, (7, 7), 1 / 32, 2, aligned=True)),
        ("RoI pooling", ops.roi_pool(maps, rows, (7, 7), 1 / 32)),
    ):
        ours = region_cnn.pool_regions(maps, boxes, name)
        assert ours == pytest.approx(theirs.mean(dim=(2, 3)).numpy(), abs=1e-5)


def test_suppression_and_agreement_by_hand():
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30], [50, 50, 60, 60]]
    first = make_scores(boxes, [[0.9, 0], [0.8, 0], [-1, 0.5], [-1, -2]])
    second = make_scores(boxes, [[0.7, 0], [-0.2, -0.1], [0.6, 0.1], [-1, -2]])
    found = region_cnn.find_objects(first, limit=0)
    assert found.label == ("a", "b")
    assert found.row.tolist() == [0, 2]
    agreement = region_cnn.compare(first, second, limit=0)
    assert agreement.same_class == 0.5  # of proposals 0 and 3
    assert agreement.same_answer == 0.5  # 0: both "a"; 3: nothing from both
    assert agreement.boxes == (2, 2)
    assert agreement.boxes_in_common == 1
    assert len(region_cnn.find_objects(first, limit=2).row) == 0


def test_bad_proposals_are_refused(coffee):
    head = Head(np.zeros((1, 1280), np.float32), np.zeros(1, np.float32), ("a",))
    with pytest.raises(InputError, match="no proposal"):
        next(region_cnn.score_crops(coffee, np.zeros((0, 4)), head))
    with pytest.raises(InputError, match="no proposal"):
        region_cnn.score_map(coffee, np.zeros((0, 4)), head)
    with pytest.raises(InputError, match="RoI pooling and RoIAlign"):
        region_cnn.score_map(coffee, CUP[None], head, pooling="none")


def test_anchors_become_boxes_by_their_four_numbers(raw):
    best = region_proposals.propose(raw, 0, most=5)
    assert (np.diff(best.score) <= 0).all()
    grid = raw.grids[0]
    for row, anchor, box, numbers in zip(
        best.row, best.anchors, best.boxes, best.numbers, strict=True
    ):
        tx, ty, tw, th = numbers
        scale = raw.letterbox.scale
        assert (box[2] - box[0]) / (anchor[2] - anchor[0]) == pytest.approx(np.exp(tw), rel=1e-3)
        assert (box[3] - box[1]) / (anchor[3] - anchor[1]) == pytest.approx(np.exp(th), rel=1e-3)
        moved = (box[:2] + box[2:] - anchor[:2] - anchor[2:]) / 2 * scale / grid.stride
        sigmoid = 1 / (1 + np.exp(-np.array([tx, ty])))
        assert moved == pytest.approx(sigmoid - 0.5, abs=1e-3)
        assert raw.cells[row, 0] == 0
    scores = region_proposals.score_map(raw, 0)
    assert scores.shape == (grid.rows, grid.columns)
    assert scores.max() == pytest.approx(best.score[0])
    one = np.stack([region_proposals.score_map(raw, 0, anchor) for anchor in range(3)])
    assert np.array_equal(one.max(axis=0), scores)
    every = region_proposals.propose(raw, most=300)
    assert box_iou(CUP[None], every.boxes).max() > 0.8
    with pytest.raises(InputError, match="The map"):
        region_proposals.score_map(raw, 2)


def test_pictures_of_the_steps(coffee, raw, scored):
    grouping = search(coffee)
    for merges in (0, len(grouping.merges)):
        assert region_drawing.draw_regions(coffee, grouping, merges).shape == (427, 640, 3)
    for truths in (np.zeros((0, 4)), CUP[None]):
        drawn = region_drawing.draw_proposals(coffee, grouping.proposals(), truths)
        assert drawn.shape == (427, 640, 3)
    assert region_drawing.draw_proposals(coffee, np.zeros((0, 4)), CUP[None]).any()
    found = region_cnn.find_objects(scored, limit=-1)
    assert region_drawing.draw_found(coffee, found, scored.labels).shape == (427, 640, 3)
    assert region_drawing.cut(coffee, CUP).shape[0] == 227
    assert region_proposals.draw_scores(coffee, raw, 1).shape == (427, 640, 3)
    moves = region_proposals.draw_moves(coffee, region_proposals.propose(raw, most=3))
    assert moves.shape == (427, 640, 3)


def test_the_time_line_is_in_order_and_sourced():
    years = [one.year for one in DETECTORS]
    assert years == sorted(years)
    assert years[0] == 2001
    names = [one.name for one in DETECTORS]
    assert len(set(names)) == len(names)
    for one in DETECTORS:
        assert one.source
        assert one.idea.endswith((".", "faces.", "people."))
        assert one.coco is None or 0 < one.coco < 100
        assert (one.ms is None) == (one.device == "")

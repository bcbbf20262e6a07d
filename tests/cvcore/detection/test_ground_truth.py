"""True and false positives and average precision, by hand and against torchmetrics."""

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from cvcore.core.errors import InputError
from cvcore.detection import Detections
from cvcore.detection.evaluation import (
    SIZES,
    CocoMetric,
    DetectionScore,
    evaluate,
    list_figures,
    main,
    read_ground_truth,
)
from cvcore.detection.ground_truth import average_precision, match_ground_truth
from cvcore.detection.labels import GroundTruth
from cvcore.detection.roi_pooling import roi_pool


def detections(xyxy, confidence, class_id):
    xyxy = np.asarray(xyxy, np.float32).reshape(-1, 4)
    order = np.argsort(-np.asarray(confidence, np.float32))
    labels = tuple(str(class_id[i]) for i in order)
    return Detections(
        xyxy[order],
        np.asarray(confidence, np.float32)[order],
        np.asarray(class_id, np.int64)[order],
        labels,
        order,
    )


def test_second_box_on_an_object_is_a_false_positive():
    box = [0, 0, 10, 10]
    found = detections([box, box, [50, 50, 60, 60]], [0.9, 0.8, 0.7], [0, 0, 0])
    match = match_ground_truth(found, [box, [100, 0, 110, 10]], [0, 0])
    assert match.is_true_positive.tolist() == [True, False, False]
    assert match.missed.tolist() == [1]
    assert match.precision == pytest.approx([1, 1 / 2, 1 / 3])
    assert match.recall == pytest.approx([0.5, 0.5, 0.5])
    assert match.iou == pytest.approx([1, 1, 0])


def test_another_class_is_never_right():
    match = match_ground_truth(detections([[0, 0, 9, 9]], [0.9], [1]), [[0, 0, 9, 9]], [2])
    assert not match.is_true_positive.any()
    assert match.average_precision == 0


def test_nothing_found_and_nothing_there():
    none = detections([], [], [])
    assert match_ground_truth(none, [[0, 0, 1, 1]], [0]).missed.tolist() == [0]
    assert match_ground_truth(none, [], []).average_precision == 0
    assert average_precision(np.array([]), np.array([])) == 0


@given(st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_average_precision_is_torchmetrics(seed):
    from torchmetrics.detection import MeanAveragePrecision

    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 50, (6, 2))
    truth = np.concatenate((corner, corner + rng.uniform(15, 30, (6, 2))), axis=1)
    boxes = truth[rng.integers(0, 6, 12)] + rng.uniform(-6, 6, (12, 4))
    confidence = rng.permutation(12) / 12 + 0.01
    metric = MeanAveragePrecision(iou_thresholds=[0.5])
    metric.update(
        [
            {
                "boxes": torch.tensor(boxes),
                "scores": torch.tensor(confidence),
                "labels": torch.zeros(12, dtype=torch.long),
            }
        ],
        [{"boxes": torch.tensor(truth), "labels": torch.zeros(6, dtype=torch.long)}],
    )
    match = match_ground_truth(detections(boxes, confidence, [0] * 12), truth, [0] * 6)
    assert match.average_precision == pytest.approx(float(metric.compute()["map"]), abs=1e-5)


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [9, 0, 1, 5], [0, 0, float("nan"), 1]])
def test_bad_truth_boxes(box):
    with pytest.raises(InputError, match="draw it again"):
        match_ground_truth(detections([], [], []), [box], [0])


def test_yolo_labels(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("2 0.5 0.5 0.5 1.0\n\n0 0.25 0.25 0.5 0.5\n")
    truth = read_ground_truth(file, (100, 200), 80)
    assert truth.class_id.tolist() == [2, 0]
    assert truth.xyxy.tolist() == [[50, 0, 150, 100], [0, 0, 100, 50]]
    assert read_ground_truth(tmp_path / "none.txt", (10, 10), 80).xyxy.shape == (0, 4)
    for line in ("80 0 0 1 1", "1 2 3", "a b c d e", "1.5 0 0 1 1"):
        file.write_text(line)
        with pytest.raises(InputError, match=r"Line 1 of a\.txt"):
            read_ground_truth(file, (10, 10), 80)


def test_a_perfect_detector_scores_one(tmp_path):
    from PIL import Image

    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    for number in range(3):
        Image.new("RGB", (64, 64)).save(tmp_path / "images" / f"{number}.png")
        (tmp_path / "labels" / f"{number}.txt").write_text(f"{number} 0.5 0.5 0.5 0.5")
    sure, right = np.array([0.9], np.float32), np.array([[16, 16, 48, 48]], np.float32)
    turn = iter(range(3))
    *_, score = evaluate(
        tmp_path, lambda image: (right, sure, np.array([next(turn)])), ("a", "b", "c")
    )
    assert isinstance(score, DetectionScore)
    assert score.map_50 == score.map_50_95 == pytest.approx(1)
    assert score.per_class == pytest.approx({"a": 1, "b": 1, "c": 1})
    *_, score = evaluate(tmp_path, lambda image: (right, sure, np.array([0])), ("a", "b", "c"))
    assert score.map_50 == pytest.approx(1 / 3)
    assert score.per_class["b"] == 0


def test_command_says_what_is_wrong(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "no pictures" in capsys.readouterr().err


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_roi_pooling_is_torchvisions(height, width, top, left, out_h, out_w, seed):
    matrix = np.random.default_rng(seed).integers(0, 100, (14, 14)).astype(np.float32)
    ours = roi_pool(matrix, (top, left, height, width), (out_h, out_w)).output
    roi = torch.tensor([[0, left, top, left + width - 1, top + height - 1]], dtype=torch.float32)
    theirs = torchvision.ops.roi_pool(torch.from_numpy(matrix)[None, None], roi, (out_h, out_w))
    assert ours == pytest.approx(theirs[0, 0].numpy())


def test_four_by_six_into_three_by_three():
    pooled = roi_pool(np.arange(24).reshape(4, 6), (0, 0, 4, 6))
    assert pooled.output.tolist() == [[7, 9, 11], [13, 15, 17], [19, 21, 23]]
    middle = pooled.bins[1][1]
    assert (middle.top, middle.bottom, middle.left, middle.right) == (1, 3, 2, 4)
    assert (middle.row, middle.column, middle.value) == (2, 3, 15)


def test_bad_regions():
    matrix = np.zeros((4, 6))
    for region in ((0, 0, 5, 6), (3, 0, 2, 1), (0, 6, 1, 1), (0, 0, 0, 1), (0, 0, 1.5, 1)):
        with pytest.raises(InputError, match="region"):
            roi_pool(matrix, region)
    matrix[0, 0] = np.nan
    with pytest.raises(InputError, match="number"):
        roi_pool(matrix, (0, 0, 4, 6))


def test_the_score_is_that_of_cocos_own_program(tmp_path):
    """Three of five truths found perfectly: 61 of the 101 recalls are reached, 0.6040."""
    import contextlib
    import io

    from PIL import Image
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    boxes = np.array([[10 * i, 10, 10 * i + 8, 20] for i in range(5)], np.float32)  # of 64 x 64
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (64, 64)).save(tmp_path / "images" / "a.png")
    lines = [f"0 {(x1 + x2) / 128} {15 / 64} {8 / 64} {10 / 64}" for x1, _, x2, _ in boxes]
    (tmp_path / "labels" / "a.txt").write_text("\n".join(lines))
    found = boxes[:3], np.array([0.9, 0.8, 0.7], np.float32), np.zeros(3, np.int64)
    *_, score = evaluate(tmp_path, lambda image: found, ("a",))
    assert score.map_50 == score.map_50_95 == pytest.approx(61 / 101, abs=1e-7)
    match = match_ground_truth(detections(boxes[:3], found[1], [0] * 3), boxes, [0] * 5)
    assert match.average_precision == pytest.approx(61 / 101)
    coco = COCO()
    rows = [
        {"id": i, "image_id": 1, "category_id": 1, "bbox": [float(x), float(y), 8.0, 10.0],
         "area": 80.0, "iscrowd": 0}
        for i, (x, y, _, _) in enumerate(boxes, start=1)
    ]  # fmt: skip
    coco.dataset = {
        "info": {}, "images": [{"id": 1}], "categories": [{"id": 1}], "annotations": rows
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        answers = [row | {"score": 1 - row["id"] / 10} for row in rows[:3]]
        theirs = COCOeval(coco, coco.loadRes(answers), "bbox")
        theirs.evaluate()
        theirs.accumulate()
        theirs.summarize()
    assert score.map_50_95 == pytest.approx(theirs.stats[0], abs=1e-6)
    assert score.map_50 == pytest.approx(theirs.stats[1], abs=1e-6)
    assert score.map_75 == pytest.approx(theirs.stats[2], abs=1e-6)
    assert score.by_size == pytest.approx(
        dict(zip(SIZES, np.where(theirs.stats[3:6] < 0, np.nan, theirs.stats[3:6]), strict=True)),
        abs=1e-6, nan_ok=True,
    )  # fmt: skip
    assert list(score.average_recall.values()) == pytest.approx(
        theirs.stats[6:9].tolist(), abs=1e-6
    )
    assert score.average_recall[1] == pytest.approx(1 / 5)  # one box of five objects
    assert score.recall_by_size["small"] == pytest.approx(theirs.stats[9], abs=1e-6)
    assert np.isnan(score.by_size["large"])


def test_sizes_and_recalls_by_hand():
    """Of a small, two medium and a large object the small and a medium one are found."""
    sides = np.array([10, 50, 60, 120])
    corner = np.array([[0, 0], [100, 0], [200, 0], [300, 0]])
    truth = GroundTruth(np.concatenate((corner, corner + sides[:, None]), axis=1), np.zeros(4, int))
    metric = CocoMetric()
    metric.add((truth.xyxy[:2].astype(float), np.array([0.9, 0.8]), np.zeros(2, int)), truth)
    score = metric.compute(("a",))
    assert score.recall_by_size == pytest.approx({"small": 1, "medium": 0.5, "large": 0})
    assert score.average_recall == pytest.approx({1: 0.25, 10: 0.5, 100: 0.5})
    assert score.by_size == pytest.approx({"small": 1, "medium": 51 / 101, "large": 0})
    names = [name for name, _ in list_figures(score)]
    assert len(names) == len(set(names)) == 12

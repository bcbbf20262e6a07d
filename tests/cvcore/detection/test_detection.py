"""Boxes, suppression and YOLOv3-tiny, checked against torchvision, torch and hand-worked cases."""

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import yolo_heads
from cvcore.detection.boxes import box_iou, fit_letterbox
from cvcore.detection.drawing import draw_blurred, draw_boxes
from cvcore.detection.suppression import nms_steps
from cvcore.engine import checkpoints
from cvcore.models import yolov3_tiny
from cvcore.models.yolo_anchors import ANCHORS, STRIDES


def random_boxes(seed, count):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 80, (count, 2))
    xyxy = np.concatenate((corner, corner + rng.uniform(1, 40, (count, 2))), axis=1)
    return xyxy.astype(np.float32), rng.permutation(count).astype(np.float32) / max(count, 1)


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def raw(coffee):
    return detection.predict_raw(coffee)


def test_iou_of_a_half_covered_box():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [1, 1, 1, 1]])
    assert box_iou(boxes[:1], boxes)[0] == pytest.approx([1, 1 / 3, 0, 0])
    assert box_iou(np.empty((0, 4)), boxes).shape == (0, 4)
    point = np.array([[3, 3, 3, 3]])
    assert box_iou(point, point).tolist() == [[0]]  # without an area nothing is shared


@given(st.integers(0, 10_000), st.integers(0, 40), st.sampled_from([0.0, 0.3, 0.45, 0.7, 1.0]))
@settings(max_examples=40, deadline=None)
def test_suppression_is_torchvisions(seed, count, iou):
    xyxy, score = random_boxes(seed, count)
    class_id = np.random.default_rng(seed).integers(0, 3, count)
    steps = nms_steps(xyxy, score, class_id, iou)
    theirs = torchvision.ops.batched_nms(
        torch.from_numpy(xyxy), torch.from_numpy(score), torch.from_numpy(class_id), iou
    )
    assert [step.kept for step in steps] == theirs.tolist()
    # every box is either kept or suppressed, once
    gone = [int(i) for step in steps for i in step.suppressed]
    assert sorted(gone + [step.kept for step in steps]) == list(range(count))


def test_steps_say_what_suppressed_a_box():
    xyxy = np.array([[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 8], [50, 50, 60, 60]], np.float32)
    confidence = np.array([0.9, 0.8, 0.7, 0.95], np.float32)
    first, second, third = nms_steps(xyxy, confidence, np.array([0, 0, 1, 0]), 0.5)
    assert first.kept == 3
    assert first.suppressed.size == 0
    assert (second.kept, second.suppressed.tolist()) == (0, [1])
    assert second.ious == pytest.approx([0.8])
    assert third.kept == 2  # another class: its overlap does not count


@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("hw", [(480, 640), (640, 480), (1, 1), (1, 500), (700, 700)])
def test_letterbox_there_and_back(hw, square):
    box = fit_letterbox(hw, 416, square=square)
    assert box.apply(np.zeros((*hw, 3), np.uint8)).shape == (*box.input_hw, 3)
    assert max(box.input_hw) == 416
    assert all(side % 32 == 0 for side in box.input_hw)
    xyxy = np.array([[0, 0, hw[1], hw[0]]], np.float32)
    assert box.to_image(box.to_input(xyxy)) == pytest.approx(xyxy, abs=1e-3)


def test_letterbox_of_a_webcam_frame():
    assert fit_letterbox((480, 640), 416).top == 52
    assert fit_letterbox((480, 640), 416, square=False).input_hw == (320, 416)


def test_network_has_the_published_size():
    net = yolov3_tiny.build_yolov3_tiny()
    numbers = [v.numel() for k, v in net.state_dict().items() if "num_batches" not in k]
    assert sum(numbers) == 8_858_734
    assert sum(isinstance(module, torch.nn.Conv2d) for module in net.modules()) == 13


def test_darknet_numbers_are_all_used():
    from cvcore.training.darknet import read_numbers

    net = yolov3_tiny.build_yolov3_tiny()
    numbers = np.arange(8_858_734, dtype="<f4")
    state = read_numbers(bytes(20) + numbers.tobytes(), net)
    assert state["backbone.0.bn.bias"][:2].tolist() == [0, 1]  # bias first, then weight
    assert state["backbone.0.bn.weight"][0] == 16
    assert state["backbone.0.conv.weight"][0, 0, 0, 0] == 64
    assert state["fine_head.weight"].reshape(-1)[-1] == numbers[-1]
    with pytest.raises(ValueError, match="takes"):
        read_numbers(bytes(24) + numbers.tobytes(), net)
    with pytest.raises(ValueError, match="ends at"):
        read_numbers(bytes(20) + numbers[:-1].tobytes(), net)


def test_decoding_by_hand():
    head = np.zeros((1, 255, 2, 3), np.float32)
    head[0, 85:90, 1, 2] = [0, np.log(3), np.log(2), 0, 100]  # second anchor, row 1, column 2
    decoded = yolo_heads.decode_heads([head], strides=[32], anchors=[((8, 8), (10, 20), (9, 9))])
    (row,) = np.flatnonzero(decoded.raw[:, 4] == 100)
    assert decoded.cells[row].tolist() == [0, 1, 2, 1]
    # centre ((0.5 + 2) 32, (0.75 + 1) 32), size (2 x 10, 20)
    assert decoded.xyxy[row] == pytest.approx([70, 46, 90, 66])


def test_numpy_decodes_as_torch_does(coffee):
    net = checkpoints.load_model("yolov3_tiny").cpu()
    x = torch.rand(1, 3, 96, 160)
    with torch.inference_mode():
        heads = net(x)
        wrapped = yolov3_tiny.DecodedYolo(net, ANCHORS, STRIDES)(x)[0].numpy()
    ours = yolo_heads.decode_heads([head.numpy() for head in heads])
    centre = (ours.xyxy[:, :2] + ours.xyxy[:, 2:]) / 2
    assert centre == pytest.approx(wrapped[:2].T, abs=1e-3)
    assert ours.xyxy[:, 2:] - ours.xyxy[:, :2] == pytest.approx(wrapped[2:4].T, rel=1e-4, abs=1e-3)
    scores = yolo_heads.sigmoid(ours.raw[:, 4:]) * yolo_heads.sigmoid(ours.class_logits)
    assert scores == pytest.approx(wrapped[4:].T, abs=1e-5)


def test_every_box_is_kept(raw):
    assert len(raw.xyxy) == 3 * (13 * 13 + 26 * 26) == 2535
    assert len(raw.raw) == len(raw.cells) == len(raw.class_logits) == 2535
    assert {"preprocess", "network", "decode"} == set(raw.ms)


def test_finds_the_cup(coffee):
    found = detection.predict_boxes(coffee)
    assert found.label == ("cup",)
    assert found.confidence[0] > 0.5
    x1, y1, x2, y2 = found.xyxy[0]
    assert box_iou(found.xyxy[:1], np.array([[140, 40, 445, 330]]))[0, 0] > 0.6, (x1, y1, x2, y2)


def test_limits_act_on_stored_numbers(raw, monkeypatch):
    monkeypatch.setattr(detection.predictor, "load_predictor", None)  # the network may not run
    counts = [len(detection.suppress(raw, confidence=c)) for c in (0.01, 0.1, 0.25, 0.5, 0.99)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2] > counts[-1] == 0
    everything = detection.explain_suppression(raw, confidence=0.01, iou=1)
    assert len(everything.candidates) == len(everything.steps)
    assert len(detection.suppress(raw, confidence=0.01, iou=0)) < len(everything.candidates)
    assert len(detection.suppress(raw, confidence=0, iou=1, max_boxes=7)) == 7


def test_only_the_classes_wanted(raw):
    found = detection.suppress(raw, confidence=0.02, classes=["spoon", "dining table"])
    assert len(found)
    assert set(found.label) <= {"spoon", "dining table"}
    with pytest.raises(InputError, match="no class"):
        detection.suppress(raw, classes=["unicorn"])


def test_boxes_lie_inside_the_picture(raw, coffee):
    found = detection.suppress(raw, confidence=0.01)
    height, width = coffee.shape[:2]
    assert found.xyxy.min() >= 0
    assert found.xyxy[:, 2].max() <= width
    assert found.xyxy[:, 3].max() <= height
    assert (np.diff(found.confidence) <= 0).all()


def test_a_fast_prefilter_loses_nothing(raw):
    scores = raw.class_scores(np.arange(len(raw.xyxy)))
    expected = np.count_nonzero(scores.max(axis=1) >= 0.05)
    assert len(detection.explain_suppression(raw, confidence=0.05).candidates) == expected


@pytest.mark.parametrize("value", [float("nan"), -0.1, 1.1, "much", None, float("inf")])
def test_limits_out_of_range(raw, value):
    with pytest.raises(InputError, match="from 0 to 1"):
        detection.suppress(raw, confidence=value)
    with pytest.raises(InputError, match="from 0 to 1"):
        detection.suppress(raw, iou=value)


def test_bad_input(coffee):
    with pytest.raises(InputError, match="no picture"):
        detection.predict_boxes(None)
    with pytest.raises(InputError, match="no detector"):
        detection.predict_boxes(coffee, model="resnet50")
    for size in (100, 161, 672, float("nan"), None):
        with pytest.raises(InputError, match="multiple of 32"):
            detection.predict_raw(coffee, input_size=size)


@pytest.mark.parametrize("hw", [(1, 1), (1, 300), (300, 2)])
def test_tiny_pictures_work(hw):
    image = np.zeros((*hw, 3), np.uint8)
    found = detection.predict_boxes(image, confidence=0.0)
    assert draw_boxes(image, found).shape == image.shape
    assert draw_blurred(image, found).shape == image.shape


def test_drawing_leaves_the_picture_alone(coffee):
    before = coffee.copy()
    found = detection.predict_boxes(coffee)
    assert (draw_boxes(coffee, found, track_ids=[3]) != coffee).any()
    blurred = draw_blurred(coffee, found)
    x1, y1, x2, y2 = found.xyxy[0].astype(int)
    assert blurred[y1:y2, x1:x2].std() < 0.9 * coffee[y1:y2, x1:x2].std()
    assert (blurred[:y1] == coffee[:y1]).all()
    assert (coffee == before).all()


def test_rows_are_plain(coffee):
    import json

    found = detection.predict_boxes(coffee)
    (row,) = json.loads(json.dumps(found.to_rows()))
    assert row["label"] == "cup"
    assert row["x2"] > row["x1"]
    assert found.counts() == {"cup": 1}

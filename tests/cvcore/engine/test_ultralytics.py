"""The same weights through ultralytics, newer networks, and that it keeps to itself."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import evaluation, yolo_heads
from cvcore.detection.boxes import box_iou
from cvcore.engine import checkpoints, registry
from cvcore.engine import ultralytics as ultralytics_engine


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_ultralytics_finds_the_same_with_the_same_weights():
    image = samples.load_sample("coffee")
    predict = ultralytics_engine.load_scorer("yolov3_tiny", 416, 0.05, 0.45)
    xyxy, confidence, class_id = predict(image)
    ours = detection.predict_boxes(image, confidence=0.05, iou=0.45)
    assert class_id.tolist() == ours.class_id.tolist()
    assert confidence == pytest.approx(ours.confidence, abs=5e-3)
    assert np.diag(box_iou(xyxy, ours.xyxy)).min() > 0.98


@pytest.mark.parametrize("name", ["yolo11n", "yolo26n"])
def test_newer_networks_give_all_their_boxes(name):
    ultralytics = ultralytics_engine.import_ultralytics()
    network = ultralytics_engine.prepare_network(ultralytics.YOLO(f"{name}.yaml").model)
    batch = np.random.default_rng(0).random((1, 3, 96, 160), np.float32)
    output = ultralytics_engine.forward(network, batch)
    strides = tuple(int(stride) for stride in network.stride)
    assert strides == (8, 16, 32)
    assert output.shape == (1, 84, 3 * 5 * (1 + 4 + 16))
    decoded = yolo_heads.decode_anchor_free(output, strides, (96, 160))
    assert yolo_heads.sigmoid(decoded.class_logits) == pytest.approx(output[0, 4:].T, abs=1e-5)
    centre = (decoded.xyxy[:, :2] + decoded.xyxy[:, 2:]) / 2
    assert centre == pytest.approx(output[0, :2].T, abs=1e-2)
    # a box lies around its cell: the rows are in the order of the cells
    stride = np.array(strides)[decoded.cells[:, 0], None]
    cell = (decoded.cells[:, [2, 1]] + 0.5) * stride
    inside = (decoded.xyxy[:, :2] <= cell + 16 * stride) & (
        decoded.xyxy[:, 2:] >= cell - 16 * stride
    )
    assert inside.all()


def test_without_a_network_one_sentence(monkeypatch):
    import socket

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(InputError, match="use the bundled model"):
        detection.predict_raw(samples.load_sample("coffee"), model="yolo11n")


FRESH = """
import json, os, socket, sys
calls = []
def watch(event, args):
    if event in ("socket.getaddrinfo", "socket.connect"):
        calls.append(f"{event} {args}")
sys.addaudithook(watch)
import cv2, numpy, torch
from PIL import Image
state = lambda: (Image.open, torch.save, cv2.imread, cv2.getNumThreads(), torch.get_num_threads(),
    os.environ.get("OMP_NUM_THREADS"), str(numpy.array([1.5])), str(torch.tensor([1.5])))
before = state()
from cvcore.engine.ultralytics import import_ultralytics
ultralytics = import_ultralytics()
ultralytics.YOLO
from cvcore.detection.tracking import Tracker
Tracker()
print(json.dumps({
    "calls": calls, "sync": ultralytics.settings["sync"], "same": before == state(),
    "home": sorted(os.listdir(os.environ["HOME"])),
}))
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What a process of its own notes while it imports ultralytics, and its cache folder."""
    folder = tmp_path_factory.mktemp("fresh")
    (folder / "home").mkdir()
    env = os.environ | {"GLASSBOX_CACHE": str(folder / "cache"), "HOME": str(folder / "home")}
    done = subprocess.run([sys.executable, "-c", FRESH], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1]), folder / "cache"


def test_import_reaches_for_nothing(fresh):
    """No look-up, no connection, no file outside the cache folder."""
    notes, cache = fresh
    assert notes["calls"] == []
    assert notes["sync"] is False
    assert not [name for name in notes["home"] if "ltralytics" in name or name == ".config"]
    assert (cache / "ultralytics").is_dir()


def test_import_changes_nothing_else(fresh):
    assert fresh[0]["same"] is True


def test_rows_of_the_index():
    names = registry.list_names("detection")
    assert names[0] == "yolov3_tiny"
    assert {"yolo11n", "yolo26n", "yolo26x"} <= set(names)
    assert all(registry.load_labels(name) == registry.load_labels("yolov3_tiny") for name in names)
    assert torch.is_tensor(next(iter(checkpoints.load_state("yolov3_tiny").values())))


def test_a_newer_model_goes_all_the_way(monkeypatch):
    """Untrained weights stand in for the download; the boxes are ultralytics' own."""
    ultralytics = ultralytics_engine.import_ultralytics()
    torch.manual_seed(0)
    yolo = ultralytics.YOLO("yolo11n.yaml")
    network = ultralytics_engine.prepare_network(yolo.model)
    monkeypatch.setattr(ultralytics_engine, "load_network", lambda name: network)
    image = samples.load_sample("coffee")
    raw = detection.predict_raw(image, model="yolo11n", input_size=160)
    assert raw.raw is None
    limit = float(np.sort(raw.objectness)[-20])
    ours = detection.suppress(raw, confidence=limit, iou=0.5)
    theirs = yolo.predict(
        np.ascontiguousarray(image[..., ::-1]),
        imgsz=160,
        rect=False,
        conf=limit - 1e-6,
        iou=0.5,
        verbose=False,
    )[0].boxes.numpy()
    assert ours.class_id.tolist() == theirs.cls.astype(int).tolist()
    assert ours.xyxy == pytest.approx(theirs.xyxy, abs=0.1)


def test_tracking_needs_no_cache_folder(monkeypatch, tmp_path):
    """On a full disk, or without rights, its settings lie in a temporary folder."""
    occupied = tmp_path / "occupied"
    occupied.write_text("a file where the folder should be")
    code = "from cvcore.detection.tracking import Tracker; print(Tracker().fps)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"GLASSBOX_CACHE": str(occupied / "x")},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.split()[-1] == "25.0", done.stderr


def find_coco128():
    """COCO128 (images/ and labels/) in the folder that GLASSBOX_DATA names."""
    folder = Path(os.environ.get("GLASSBOX_DATA", "")) / "coco128"
    if not os.environ.get("GLASSBOX_DATA") or not (folder / "images").is_dir():
        pytest.skip("GLASSBOX_DATA names no folder with coco128/ in it.")
    return folder


def test_mean_average_precision_reaches_ultralytics(tmp_path, own_cache):
    """With its own predict by our measure, and with its own val by its own."""
    folder, size = find_coco128(), 416
    labels = registry.load_labels("yolov3_tiny")
    predict = ultralytics_engine.load_scorer(
        "yolov3_tiny", size, evaluation.MIN_CONFIDENCE, evaluation.NMS_IOU
    )
    *_, theirs = evaluation.evaluate(folder, predict, labels)
    *_, ours = evaluation.evaluate(
        folder,
        lambda image: evaluation.predict_for_score(image, model="yolov3_tiny", input_size=size),
        labels,
    )
    assert (ours.pictures, ours.objects) == (theirs.pictures, theirs.objects)
    assert ours.map_50 > theirs.map_50 - 0.003
    assert ours.map_50_95 > theirs.map_50_95 - 0.003
    data = tmp_path / "data.yaml"
    names = dict(enumerate(labels))
    data.write_text(f"path: {tmp_path}\ntrain: images\nval: images\nnames: {names}\n")
    for name in ("images", "labels"):  # of its own: it leaves a cache beside the labels
        shutil.copytree(folder / name, tmp_path / name)
    measured = ultralytics_engine.load_yolo("yolov3_tiny", size).val(
        data=str(data), imgsz=size, batch=1, rect=False, plots=False, verbose=False, workers=0,
        project=str(tmp_path / "runs"),
    )  # fmt: skip
    assert ours.map_50 > measured.box.map50 - 0.01
    assert ours.map_50_95 > measured.box.map - 0.01

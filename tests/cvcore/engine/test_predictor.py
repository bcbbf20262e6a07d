"""The two engines give one answer, and the exported network is kept."""

import os
import shutil
import sys
from dataclasses import replace
from queue import SimpleQueue
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import nn

from cvcore.engine import checkpoints, device, onnx_export, predictor, registry
from cvcore.engine.cache import release
from cvcore.models import efficientnet_lite
from tests.support.server import wait_until

SMALL_HW = (64, 96)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    release()
    yield tmp_path
    release()


@pytest.fixture
def bundled(exported, cache):
    """The cache folder holds the bundled classifier alone, exported; returns that file."""
    (cache / "onnx").mkdir()
    return shutil.copy(exported, cache / "onnx" / exported.name)


def add_weight(monkeypatch, net, **changes):
    """The network as one more weight of the index, called ``small``; it has been loaded."""
    row = replace(registry.get_weight("efficientnet_lite0"), name="small", **changes)
    rows = MappingProxyType({**registry.index(), "small": row})
    monkeypatch.setattr(registry, "index", lambda: rows)
    net = net.eval().requires_grad_(False)
    checkpoints._models.keep("small", net)
    return net


@pytest.fixture
def small(monkeypatch):
    """A classifier of the bundled kind with few layers, which is exported in a second."""
    monkeypatch.setattr(efficientnet_lite, "STAGES", ((3, 1, 1, 16, 1), (5, 2, 6, 24, 2)))
    torch.manual_seed(0)
    net = efficientnet_lite.EfficientNetLite(num_classes=10)
    with torch.no_grad():  # a step of training for the batch norms, or all pictures were alike
        net.train()(torch.from_numpy(random_pictures(3, *SMALL_HW)))
        for norm in net.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.running_var *= 0.1
    return add_weight(monkeypatch, net)


def random_pictures(count, height, width):
    return np.random.default_rng(0).random((count, 3, height, width), dtype=np.float32)


def test_onnx_runtime_answers_as_torch_does(cache, small):
    batch = random_pictures(3, *SMALL_HW)
    predict = predictor.load_predictor("small", size_hw=SMALL_HW, wait=True)
    (logits,) = predict(batch)
    np.testing.assert_allclose(logits, small(torch.from_numpy(batch)).numpy(), atol=2e-4)
    assert np.ptp(logits, axis=0).min() > 2e-3  # else the pictures could hardly be told apart
    (single,) = predict(batch[:1])
    np.testing.assert_allclose(single[0], logits[0], atol=2e-4)

    (file,) = (cache / "onnx").iterdir()
    written = file.stat().st_mtime_ns
    release()
    (again,) = predictor.load_predictor("small", size_hw=SMALL_HW)(batch)
    np.testing.assert_array_equal(again, logits)
    assert file.stat().st_mtime_ns == written


def test_the_bundled_classifier_is_exported_as_it_is(bundled):
    batch = random_pictures(2, 224, 224)
    (logits,) = predictor.load_predictor("efficientnet_lite0")(batch)
    with torch.inference_mode():
        expected = checkpoints.load_model("efficientnet_lite0").cpu()(torch.from_numpy(batch))
    np.testing.assert_allclose(logits, expected.numpy(), atol=2e-4)


def test_a_network_with_a_stride_is_exported_once_for_all_sizes(cache, monkeypatch):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 2, 3, 4, 1))
    net = add_weight(monkeypatch, net, stride=8)
    predict = predictor.load_predictor("small", wait=True)
    assert predictor.load_predictor("small", size_hw=(64, 64)) is predict
    for count, height, width in ((1, 16, 24), (3, 64, 40)):
        batch = random_pictures(count, height, width)
        (maps,) = predict(batch)
        assert maps.shape == (count, 2, height // 8, width // 8)
        np.testing.assert_allclose(maps, net(torch.from_numpy(batch)).numpy(), atol=1e-5)


def test_a_cache_that_cannot_be_written_does_no_harm(cache, small):
    (cache / "onnx").write_text("a file where the folder should be")
    batch = random_pictures(1, *SMALL_HW)
    (logits,) = predictor.load_predictor("small", size_hw=SMALL_HW, wait=True)(batch)
    np.testing.assert_allclose(logits, small(torch.from_numpy(batch)).numpy(), atol=2e-4)


def test_device_can_be_chosen(monkeypatch):
    device.get_device.cache_clear()
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    assert device.get_device().type == "cpu"
    assert not device.has_gpu()
    assert device.describe().startswith("CPU, ")
    device.get_device.cache_clear()
    monkeypatch.setenv("GLASSBOX_DEVICE", "abacus")
    with pytest.raises(RuntimeError, match="abacus"):
        device.get_device()
    device.get_device.cache_clear()


def test_onnx_weights_take_any_batch_and_report_nothing():
    predict = predictor.load_predictor("sface")
    faces = np.random.default_rng(0).uniform(0, 255, (3, 3, 112, 112)).astype(np.float32)
    (together,) = predict(faces)
    assert together.shape == (3, 128)
    np.testing.assert_allclose(predict(faces[1:2])[0], together[1:2], atol=1e-3)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_parts_of_an_onnx_file_are_joined():
    assert registry.get_weight("sface").is_onnx
    assert not registry.get_weight("efficientnet_lite0").is_onnx
    paths = registry.get_weight("sface").paths
    assert checkpoints.load_onnx("sface") == paths[0].read_bytes() + paths[1].read_bytes()


def test_an_exported_file_that_was_cut_short_is_made_again(cache, small, exported):
    file = onnx_export.file_path("small", SMALL_HW)
    file.parent.mkdir()
    file.write_bytes(exported.read_bytes()[:1000])
    batch = random_pictures(1, *SMALL_HW)
    (logits,) = predictor.load_predictor("small", size_hw=SMALL_HW, wait=True)(batch)
    np.testing.assert_allclose(logits, small(torch.from_numpy(batch)).numpy(), atol=2e-4)
    release()
    (again,) = predictor.load_predictor("small", size_hw=SMALL_HW)(batch)  # the file is whole
    np.testing.assert_array_equal(again, logits)


def test_torch_answers_until_the_network_is_exported(cache, monkeypatch):
    """A process of its own exports it (10 s): it has to load PyTorch first."""
    monkeypatch.setattr(onnx_export, "_jobs", SimpleQueue())  # not behind what others ordered
    monkeypatch.setattr(onnx_export, "_started", set())
    z = np.random.default_rng(0).normal(size=(2, 4, 128)).astype(np.float32)  # one a block
    predict = predictor.load_predictor("gan_digits")
    classes = np.array([3, 8])
    with torch.inference_mode():
        (eager,) = predict(z, classes)
        expected = checkpoints.load_model("gan_digits").cpu()(*map(torch.from_numpy, (z, classes)))
    np.testing.assert_array_equal(eager, expected)
    assert predict.is_waiting
    path = onnx_export.file_path("gan_digits", None)
    wait_until(path.is_file, "The export")
    (exported,) = predict(z, classes)
    assert not predict.is_waiting
    np.testing.assert_allclose(exported, eager, atol=1e-4)
    assert predictor.load_predictor("gan_digits") is predict


def test_one_damaged_weight_does_not_keep_the_others_from_export(cache, monkeypatch, capsys):
    def export(name, size_hw):
        if name == "unet_person":
            raise RuntimeError("damaged")
        return b"network"

    monkeypatch.setattr(onnx_export, "export", export)
    monkeypatch.setattr(sys, "argv", ["onnx_export", "unet_person", "gan_digits"])
    with pytest.raises(SystemExit):
        onnx_export.main()
    assert "unet_person: damaged" in capsys.readouterr().err
    assert onnx_export.file_path("gan_digits", None).read_bytes() == b"network"


def test_who_asks_for_a_layer_is_told_to_take_torch_until_then(cache, monkeypatch):
    started = []
    monkeypatch.setattr(onnx_export, "start", lambda *job: started.append(job))
    with pytest.raises(LookupError, match="not exported yet"):
        predictor.load_predictor("efficientnet_lite0", layer="act2")
    assert started == [("efficientnet_lite0", (224, 224))]


def test_only_what_is_missing_is_made_ready(cache, monkeypatch):
    started = []
    monkeypatch.setattr(onnx_export, "start", lambda *job: started.append(job))
    there = onnx_export.file_path("gan_faces", None)
    there.parent.mkdir()
    there.write_bytes(b"kept")
    predictor.prepare(["efficientnet_lite0", "gan_faces", "unet_person"])
    assert started == [("efficientnet_lite0", (224, 224)), ("unet_person", None)]


def test_every_network_that_a_lesson_names_can_be_exported():
    from demos import TABS, page

    names = page.list_networks(TABS)
    assert "gan_faces" in names
    for name in names:
        row = registry.get_weight(name)
        assert row.build
        assert row.is_bundled
        assert not row.is_onnx


def test_a_network_cut_at_a_layer_keeps_only_what_leads_there(bundled, monkeypatch):
    import onnx

    opened, real = [], predictor.open_session
    monkeypatch.setattr(
        predictor, "open_session", lambda model: opened.append(model) or real(model)
    )
    whole = predictor.load_predictor("efficientnet_lite0")
    cut = predictor.load_predictor("efficientnet_lite0", layer="act1")
    assert whole is not cut
    all_nodes, kept = onnx.load(bundled).graph, onnx.load_model_from_string(opened[-1]).graph
    convolutions = [
        [one.op_type for one in graph.node].count("Conv") for graph in (all_nodes, kept)
    ]
    assert convolutions == [49, 1]
    assert len(kept.initializer) < len(all_nodes.initializer) / 10

    marked = onnx.load(bundled)  # the whole network, with the layer as one more output
    marked.graph.output.append(onnx.ValueInfoProto(name=kept.output[0].name))
    batch = random_pictures(1, 224, 224)
    expected = real(marked.SerializeToString()).run(None, {"image": batch})[1]
    np.testing.assert_array_equal(cut(batch)[0], expected)


def test_a_layer_that_was_merged_away_is_looked_for_once(bundled, monkeypatch):
    looked, real = [], predictor.cut
    monkeypatch.setattr(predictor, "cut", lambda *args: looked.append(args) or real(*args))
    for _ in range(3):
        with pytest.raises(LookupError, match="no place for conv_stem"):
            predictor.load_predictor("efficientnet_lite0", layer="conv_stem")
    assert len(looked) == 1

"""The two engines give one answer, and the exported network is kept."""

import os
import sys
import time

import numpy as np
import pytest
import torch

from cvcore import device, onnx_export, runtime, weights


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    runtime.release()
    yield tmp_path
    runtime.release()


def test_onnx_runtime_answers_as_torch_does(cache):
    batch = np.random.default_rng(0).random((3, 3, 64, 96), dtype=np.float32)
    predict = runtime.load_predictor("efficientnet_lite0", size_hw=(64, 96), wait=True)
    (logits,) = predict(batch)
    with torch.inference_mode():
        expected = weights.load_model("efficientnet_lite0").cpu()(torch.from_numpy(batch))
    np.testing.assert_allclose(logits, expected.numpy(), atol=2e-4)
    (single,) = predict(batch[:1])
    np.testing.assert_allclose(single[0], logits[0], atol=2e-4)

    (file,) = (cache / "onnx").iterdir()
    written = file.stat().st_mtime_ns
    runtime.release()
    (again,) = runtime.load_predictor("efficientnet_lite0", size_hw=(64, 96))(batch)
    np.testing.assert_array_equal(again, logits)
    assert file.stat().st_mtime_ns == written


def test_a_cache_that_cannot_be_written_does_no_harm(cache):
    (cache / "onnx").write_text("a file where the folder should be")
    predict = runtime.load_predictor("efficientnet_lite0", size_hw=(32, 32), wait=True)
    assert predict(np.zeros((1, 3, 32, 32), np.float32))[0].shape == (1, 1000)


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
    predict = runtime.load_predictor("sface")
    faces = np.random.default_rng(0).uniform(0, 255, (3, 3, 112, 112)).astype(np.float32)
    (together,) = predict(faces)
    assert together.shape == (3, 128)
    np.testing.assert_allclose(predict(faces[1:2])[0], together[1:2], atol=1e-3)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_parts_of_an_onnx_file_are_joined():
    assert weights.get_weight("sface").is_onnx
    assert not weights.get_weight("efficientnet_lite0").is_onnx
    paths = weights.get_weight("sface").paths
    assert weights.load_onnx("sface") == paths[0].read_bytes() + paths[1].read_bytes()


def test_an_exported_file_that_was_cut_short_is_made_again(cache):
    batch = np.zeros((1, 3, 32, 32), np.float32)
    (whole,) = runtime.load_predictor("efficientnet_lite0", size_hw=(32, 32), wait=True)(batch)
    (file,) = (cache / "onnx").iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    runtime.release()
    (again,) = runtime.load_predictor("efficientnet_lite0", size_hw=(32, 32), wait=True)(batch)
    np.testing.assert_array_equal(again, whole)
    assert file.stat().st_size > 1000


def test_torch_answers_until_the_network_is_exported(cache):
    z = np.random.default_rng(0).normal(size=(2, 128)).astype(np.float32)
    predict = runtime.load_predictor("gan_digits")
    classes = np.array([3, 8])
    with torch.inference_mode():
        (eager,) = predict(z, classes)
        expected = weights.load_model("gan_digits").cpu()(*map(torch.from_numpy, (z, classes)))
    np.testing.assert_array_equal(eager, expected)
    assert predict.is_waiting
    path = onnx_export.file_path("gan_digits", None)
    for _ in range(3000):
        if path.is_file():
            break
        time.sleep(0.1)
    (exported,) = predict(z, classes)
    assert not predict.is_waiting
    np.testing.assert_allclose(exported, eager, atol=1e-4)
    assert runtime.load_predictor("gan_digits") is predict


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
        runtime.load_predictor("efficientnet_lite0", layer="act2")
    assert started == [("efficientnet_lite0", (224, 224))]


def test_only_what_is_missing_is_made_ready(cache, monkeypatch):
    started = []
    monkeypatch.setattr(onnx_export, "start", lambda *job: started.append(job))
    there = onnx_export.file_path("gan_faces", None)
    there.parent.mkdir()
    there.write_bytes(b"kept")
    runtime.prepare(["efficientnet_lite0", "gan_faces", "unet_person"])
    assert started == [("efficientnet_lite0", (224, 224)), ("unet_person", None)]


def test_every_network_that_a_lesson_names_can_be_exported():
    from demos import TABS, ui

    names = ui.list_networks(TABS)
    assert "gan_faces" in names
    for name in names:
        row = weights.get_weight(name)
        assert row.build
        assert row.is_bundled
        assert not row.is_onnx


def test_a_network_cut_at_a_layer_keeps_only_what_leads_there(cache, monkeypatch):
    import onnx

    opened, real = [], runtime.open_session
    monkeypatch.setattr(runtime, "open_session", lambda model: opened.append(model) or real(model))
    size_hw = (64, 64)
    whole = runtime.load_predictor("efficientnet_lite0", size_hw=size_hw, wait=True)
    cut = runtime.load_predictor("efficientnet_lite0", size_hw=size_hw, layer="act1")
    assert whole is not cut
    (file,) = (cache / "onnx").iterdir()
    all_nodes, kept = onnx.load(file).graph, onnx.load_model_from_string(opened[-1]).graph
    assert len(kept.node) < len(all_nodes.node) / 10  # one convolution of 49, with its padding
    assert len(kept.initializer) < len(all_nodes.initializer) / 10

    marked = onnx.load(file)  # the whole network, with the layer as one more output
    marked.graph.output.append(onnx.ValueInfoProto(name=kept.output[0].name))
    batch = np.random.default_rng(0).random((1, 3, *size_hw), dtype=np.float32)
    expected = real(marked.SerializeToString()).run(None, {"image": batch})[1]
    np.testing.assert_array_equal(cut(batch)[0], expected)


def test_a_layer_that_was_merged_away_is_looked_for_once(cache, monkeypatch):
    size_hw = (32, 32)
    runtime.load_predictor("efficientnet_lite0", size_hw=size_hw, wait=True)
    looked, real = [], runtime._cut
    monkeypatch.setattr(runtime, "_cut", lambda *args: looked.append(args) or real(*args))
    for _ in range(3):
        with pytest.raises(LookupError, match="no place for conv_stem"):
            runtime.load_predictor("efficientnet_lite0", size_hw=size_hw, layer="conv_stem")
    assert len(looked) == 1

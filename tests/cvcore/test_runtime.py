"""The two engines give one answer, and the exported network is kept."""

import os

import numpy as np
import pytest
import torch

from cvcore import device, runtime, weights


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    runtime.release()
    yield tmp_path
    runtime.release()


def test_onnx_runtime_answers_as_torch_does(cache):
    batch = np.random.default_rng(0).random((3, 3, 64, 96), dtype=np.float32)
    predict = runtime.load_predictor("efficientnet_lite0", size_hw=(64, 96))
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
    predict = runtime.load_predictor("efficientnet_lite0", size_hw=(32, 32))
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

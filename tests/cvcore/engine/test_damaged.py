"""Files in the cache folder that a bad disk or another program changed: noticed, made again."""

import hashlib
import threading

import numpy as np
import pytest

from cvcore.core.errors import SetupError
from cvcore.engine import checkpoints, download, onnx_export, predictor, registry
from cvcore.engine.cache import release

NAME = "digits_cnn"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    release()
    yield tmp_path
    release()


@pytest.fixture(scope="module")
def sealed():
    """A small network as ONNX, under the name of its file: y = 2 x."""
    import onnx
    from onnx import TensorProto, helper

    two = helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["y"])], "double",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [two],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def test_a_sealed_network_is_still_onnx(sealed):
    import onnx

    whole = onnx_export.seal(sealed, "double.onnx")
    assert onnx_export.is_whole(whole, "double.onnx")
    (note,) = onnx.load_model_from_string(whole).metadata_props
    assert note.key == "sha256"
    assert note.value == hashlib.sha256(b"double.onnx\0" + sealed).hexdigest()
    (y,) = predictor.open_session(whole).run(None, {"x": np.array([3, 4], np.float32)})
    np.testing.assert_array_equal(y, [6, 8])


def test_every_changed_bit_and_every_missing_byte_is_noticed(sealed):
    whole = onnx_export.seal(sealed, "double.onnx")
    for place in range(len(whole)):
        for bit in (0, 7):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            assert not onnx_export.is_whole(bytes(changed), "double.onnx")
        assert not onnx_export.is_whole(whole[:place], "double.onnx")
    assert not onnx_export.is_whole(whole + b"\0", "double.onnx")
    assert not onnx_export.is_whole(sealed, "double.onnx")  # of an older version
    assert not onnx_export.is_whole(whole, "triple.onnx")  # of another network


def damage(data: bytes, kind: str) -> bytes:
    if kind == "empty":
        return b""
    if kind == "cut short":
        return data[: len(data) // 2]
    place = {"start": 20, "middle": len(data) // 2, "end": len(data) - 5}[kind]
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


@pytest.mark.parametrize("kind", ["start", "middle", "end", "cut short", "empty"])
def test_a_damaged_export_is_made_again(cache, sealed, monkeypatch, caplog, kind):
    path = onnx_export.file_path(NAME, None)
    whole = onnx_export.seal(sealed, path.name)
    monkeypatch.setattr(onnx_export, "export", lambda *_: whole)
    onnx_export.store(damage(whole, kind), path)
    predict = predictor.load_predictor(NAME, wait=True)
    np.testing.assert_array_equal(predict(np.array([3], np.float32))[0], [6])
    assert path.read_bytes() == whole
    assert "is damaged, and is made again" in caplog.text


def test_a_damaged_export_never_takes_over(cache, sealed, monkeypatch):
    """PyTorch answers in the meantime, and goes on."""
    monkeypatch.setattr(onnx_export, "start", lambda *_: None)
    path = onnx_export.file_path(NAME, None)
    digits = np.random.default_rng(0).random((2, 1, 28, 28), dtype=np.float32)
    predict = predictor.load_predictor(NAME)
    before = predict(digits)
    onnx_export.store(damage(onnx_export.seal(sealed, path.name), "middle"), path)
    for one, other in zip(before, predict(digits), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not path.exists()


def test_two_that_write_at_once_leave_a_whole_file(cache, sealed):
    path = onnx_export.file_path(NAME, None)
    whole = onnx_export.seal(sealed, path.name)
    seen = []

    def write() -> None:
        for _ in range(20):
            onnx_export.store(whole, path)
            seen.append(onnx_export.read(path) == whole)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == 60 * [True]
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_download_is_fetched_again(cache, monkeypatch):
    row = next(row for row in registry.index().values() if not row.is_bundled)
    (path,) = row.paths
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damaged")
    asked = []
    monkeypatch.setattr(download, "_check_reachable", lambda weight: asked.append(weight.name))
    monkeypatch.setattr(download.urllib.request, "urlopen", fail)
    for get in (download.fetch, checkpoints.load_state):
        with pytest.raises(Exception, match="broke off"):
            get(row.name)
    assert asked == [row.name] * 2


def fail(*_, **__):
    raise OSError("no line")


def test_a_file_is_hashed_again_only_when_it_changed(cache, monkeypatch):
    row = next(row for row in registry.index().values() if not row.is_bundled)
    (path,) = row.paths
    path.parent.mkdir(parents=True)
    hashed, real = [], hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *a: hashed.append(1) or real(*a))
    for count, data in enumerate((b"one", b"other"), 1):
        path.write_bytes(data)
        for _ in range(2):
            with pytest.raises(SetupError, match="damaged"):
                registry.check_files(row.name)
        assert len(hashed) == count

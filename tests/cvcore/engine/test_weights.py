"""Weights: the index, loading, hashes, and downloads from a server on this machine."""

import dataclasses
import errno
import functools
import hashlib
import http.server
import threading

import pytest
import torch

from cvcore.core.errors import InputError
from cvcore.engine import __main__ as command
from cvcore.engine import checkpoints, download, registry
from cvcore.engine.cache import release
from cvcore.training.convert import halve, save_state, split_shards


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(tmp_path):
    """Serves tmp_path/www; ``broken.bin`` and ``chunked.bin`` promise more than they send."""
    folder = tmp_path / "www"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/broken.bin":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 10)
            elif self.path == "/chunked.bin":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"ff\r\nxxxxx")
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture
def offered(monkeypatch):
    """Make the index hold one row that a test describes."""

    def offer(**fields):
        row = dataclasses.replace(registry.index()["resnet50"], name="probe", **fields)
        monkeypatch.setattr(registry, "index", lambda: {"probe": row})
        return row

    return offer


def test_bundled_weights_are_whole():
    bundled = [name for name, row in registry.index().items() if row.is_bundled]
    assert len(bundled) > 20
    for name in bundled:
        registry.check_files(name)  # which raises


def test_every_download_has_a_hash():
    for name, row in registry.index().items():
        assert len(row.sha256) == len(row.files), name
        assert all(len(digest) >= 8 for digest in row.sha256), name


def test_every_network_can_be_built_and_the_default_loads():
    model = checkpoints.load_model("efficientnet_lite0")
    assert sum(p.numel() for p in model.parameters()) == 4_652_008
    assert not model.training
    assert not any(p.requires_grad for p in model.parameters())
    assert checkpoints.load_model("efficientnet_lite0") is model
    assert "cvcore.engine.checkpoints.load_model(efficientnet_lite0)" in release()
    assert checkpoints.load_model("efficientnet_lite0") is not model


def test_labels_are_imagenets():
    labels = registry.load_labels("efficientnet_lite0")
    assert len(labels) == len(set(labels)) == 1000
    assert (labels[0], labels[281], labels[999]) == ("tench", "tabby", "toilet tissue")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError, match="efficientnet_lite0"):
        registry.get_weight("alexnet")


def test_download_is_checked_and_kept(cache, server, offered):
    folder, url = server
    data = bytes(range(256)) * 4096
    (folder / "a.bin").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    row = offered(files=("a.bin",), url=f"{url}/a.bin", sha256=(digest[:8],))
    shares = []
    assert not registry.is_available("probe")
    download.fetch("probe", progress=shares.append)
    assert row.paths[0].read_bytes() == data
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert registry.is_available("probe")


@pytest.mark.parametrize("path", ["a.bin", "broken.bin", "chunked.bin", "missing.bin"])
def test_bad_downloads_leave_nothing_behind(cache, server, offered, path):
    folder, url = server
    (folder / "a.bin").write_bytes(b"not what was promised")
    row = offered(files=(path,), url=f"{url}/{path}", sha256=("0" * 8,))
    with pytest.raises(InputError, match="bundled model"):
        download.fetch("probe")
    assert not row.paths[0].exists()
    assert not list(row.paths[0].parent.glob("*"))


def test_a_full_disk_is_told(cache, server, offered, monkeypatch):
    folder, url = server
    (folder / "a.bin").write_bytes(b"x" * 1000)
    digest = hashlib.sha256(b"x" * 1000).hexdigest()
    row = offered(files=("a.bin",), url=f"{url}/a.bin", sha256=(digest,))

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download.os, "replace", fail)
    with pytest.raises(InputError, match="no room on the disk"):
        download.fetch("probe")
    assert not list(row.paths[0].parent.glob("*"))


def test_without_a_network_the_answer_is_a_sentence(cache, offered):
    offered(files=("a.bin",), url="http://127.0.0.1:9/a.bin")
    with pytest.raises(InputError, match="without a network"):
        download.fetch("probe")


def test_damaged_file_is_noticed(cache, offered):
    row = offered(files=("a.bin",), url="http://127.0.0.1:9/a.bin", sha256=("0" * 8,))
    row.paths[0].parent.mkdir(parents=True)
    row.paths[0].write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match="damaged"):
        registry.check_files("probe")


def test_shards_hold_everything_and_fit(tmp_path):
    state = {f"layer{i}.weight": torch.randn(100, 10) for i in range(10)}
    shards = split_shards(state, max_bytes=12_000)
    assert len(shards) == 4
    assert [name for shard in shards for name in shard] == list(state)
    assert all(sum(v.nbytes for v in shard.values()) <= 12_000 for shard in shards)
    (path,) = save_state(halve(state), "probe", tmp_path)
    assert path.name == "probe.safetensors"


def test_halving_spares_vectors():
    halved = halve({"w": torch.ones(2, 2), "b": torch.ones(2), "n": torch.tensor(3)})
    assert [value.dtype for value in halved.values()] == [
        torch.float16,
        torch.float32,
        torch.int64,
    ]


def test_command_line(capsys, cache):
    assert command.main(["list"]) == 0
    assert "bundled" in capsys.readouterr().out
    assert command.main(["verify"]) == 0
    assert "ok" in capsys.readouterr().out


def test_gradients_pass_through_a_network_loaded_for_inference():
    release()
    with torch.inference_mode():
        model = checkpoints.load_model("digits_cnn")
    x = torch.rand(1, 1, 28, 28, requires_grad=True)
    model(x).sum().backward()
    assert x.grad.abs().max() > 0

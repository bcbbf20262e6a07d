"""What goes wrong for one visitor is said in a sentence, and does not reach the others."""

import errno
import itertools
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from cvcore import deep_dream, video
from demos.ui.errors import DISK_FULL, UNEXPECTED
from demos.ui.limits import HEAVY
from tests.support.server import run_app, serve_page, wait_until
from tests.support.visitor import Visitor, said

BROKEN, LOST = "yolov3_tiny-1-of-2.safetensors", "style_predict.onnx"


@contextmanager
def run_app(folder: Path, tabs: str, *, cwd: Path = ROOT, max_bytes: int = 0, **env) -> Iterator:
    """``python app.py``; no file that it writes can grow beyond ``max_bytes``, if that is given."""
    port, log = free_port(), folder / "app.log"
    env |= {"GLASSBOX_DEVICE": "cpu", "GRADIO_TEMP_DIR": str(folder / "gradio")}

    def limit() -> None:
        if max_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))

    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port), "--tabs", tabs],
            cwd=cwd, env=os.environ | env, stdout=output, stderr=output, preexec_fn=limit,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/healthz", timeout=2).raise_for_status()
            break
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"The app did not start:\n{log.read_text()}")
            time.sleep(0.2)
    try:
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="module")
def broken_url(tmp_path_factory) -> Iterator[str]:
    """The app with one model file damaged, one missing, and nowhere to put its cache."""
    copy = tmp_path_factory.mktemp("broken") / "glassbox"
    leave_out = shutil.ignore_patterns(".git", "__pycache__", "tests", "screenshots", ".*", LOST)
    shutil.copytree(ROOT, copy, ignore=leave_out, copy_function=os.link)
    damaged = copy / "assets" / "weights" / BROKEN
    data = damaged.read_bytes()
    damaged.unlink()  # the link alone
    damaged.write_bytes(data[:-10])
    occupied = copy / "occupied"
    occupied.write_text("A file where the cache's folder should be.")
    tabs = "convolution,classification,detection,style_transfer,deep_dream"
    with run_app(copy, tabs, cwd=copy, GLASSBOX_CACHE=str(occupied / "cache")) as url:
        yield url


@pytest.fixture(scope="module")
def full_url(tmp_path_factory) -> Iterator[str]:
    """The app on a disk with no room for a file of more than 200 kB."""
    folder = tmp_path_factory.mktemp("full")
    cache = folder / "cache"
    tabs = "classification,deep_dream"
    with run_app(folder, tabs, max_bytes=200_000, GLASSBOX_CACHE=str(cache)) as url:
        yield url
    written = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert max(written) <= 200_000


@pytest.fixture
def visitor(broken_url):
    visitor = Visitor(broken_url)
    yield visitor
    visitor.leave()


def test_a_damaged_model_file_is_named_and_others_go_on(broken_url, visitor):
    failed = visitor.complete("detection")
    assert not failed["success"]
    assert said(failed) == f"The weight file {BROKEN} is damaged: put it back or fetch it."
    # Also without room for its exported network, this one answers.
    assert visitor.complete("classification")["success"]


def test_a_missing_model_file_is_named(visitor):
    assert said(visitor.complete("style_transfer", style=visitor.picture)) == (
        f"The weight file {LOST} is missing: put it back or fetch it."
    )


def test_a_full_disk(full_url):
    """What needs no file goes on, what does says so; and small pictures still come in."""
    one, other = Visitor(full_url), Visitor(full_url)
    assert one.complete("classification")["success"]  # its exported network finds no room
    refused = one.client.post("/upload", files={"files": ("a.png", bytes(2_000_000))})
    assert (refused.status_code, refused.text) == (507, DISK_FULL)
    assert other.complete("classification")["success"]
    for visitor in (one, other):
        visitor.leave()


def test_a_full_disk_in_the_middle_of_a_film(monkeypatch, caplog):
    class FullWriter:
        def __init__(self, *_):
            raise OSError(errno.ENOSPC, "No space left on device", "/tmp/private/dream.mp4")

    monkeypatch.setattr(video, "FilmWriter", FullWriter)
    with serve_page("convolution", "deep_dream") as served:
        visitor = Visitor(url)
        assert said(visitor.complete("deep_dream_film")) == DISK_FULL
        assert visitor.complete("convolution")["success"]
    assert "No space left" in caplog.text


@pytest.mark.parametrize("steps", [0, 3])
def test_a_worker_that_raises(monkeypatch, caplog, steps):
    """Before its first step or in the middle: a sentence, the whole story in the log, no harm."""
    real = deep_dream.dream

    def fail(*args, **kwargs):
        yield from itertools.islice(real(*args, **kwargs), steps)
        raise MemoryError("a secret of the server's")

    with serve_page("convolution", "deep_dream") as served:
        one, other = Visitor(url), Visitor(url)
        with monkeypatch.context() as patch:
            patch.setattr(deep_dream, "dream", fail)
            for _ in range(HEAVY["concurrency_limit"] + 1):  # no place is lost by it
                assert said(one.complete("deep_dream")) == UNEXPECTED
            assert other.complete("convolution")["success"]
        assert "a secret of the server's" in caplog.text
        assert one.complete("deep_dream", steps=1, octaves=1)["success"]


@pytest.fixture
def dreams(monkeypatch):
    """What became of each dream: its steps so far, and whether its work has ended."""
    real, seen = deep_dream.dream, []

    def watched(*args, **kwargs):
        one = SimpleNamespace(steps=0, ended=False)
        seen.append(one)
        try:
            for step in real(*args, **kwargs):
                one.steps += 1
                yield step
        finally:
            one.ended = True

    monkeypatch.setattr(deep_dream, "dream", watched)
    return seen


LONG = {"octaves": 6, "steps": 60}


def wait_until(condition):
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.05)


@pytest.fixture(scope="module")
def dream_url():
    with serve_page("convolution", "deep_dream") as served:
        yield url


def test_a_visitor_who_vanishes_leaves_no_work_behind(dream_url, dreams):
    """Nobody pressed Stop; the work ends long before its last step all the same."""
    for _ in range(HEAVY["concurrency_limit"]):
        gone = Visitor(dream_url)
        gone.join("deep_dream", **LONG)
        gone.wait_for("process_generating")
        gone.leave()
    wait_until(lambda: all(one.ended for one in dreams))
    assert [0 < one.steps < 360 for one in dreams] == [True] * HEAVY["concurrency_limit"]
    stays = Visitor(dream_url)
    assert stays.complete("deep_dream", steps=1, octaves=1)["success"]
    stays.leave()


@pytest.mark.parametrize("patience", [0.0, 0.05, 0.5, 1.5])
def test_stop_at_any_moment(dream_url, dreams, patience):
    visitor, other = Visitor(dream_url), Visitor(dream_url)
    event = visitor.join("deep_dream", **LONG)
    time.sleep(patience)
    visitor.cancel("deep_dream", event)
    wait_until(lambda: all(one.ended for one in dreams))
    assert all(one.steps < 360 for one in dreams)  # none where it was still waiting
    assert other.complete("convolution")["success"]
    assert other.complete("deep_dream", steps=1, octaves=1)["success"]
    for leaving in (visitor, other):
        leaving.leave()


def test_nonsense_from_one_does_not_reach_another(broken_url, visitor):
    for _ in range(5):
        answer = visitor.client.post("/queue/join", content=b"{not json")
        assert 400 <= answer.status_code < 500
    assert visitor.complete("classification")["success"]

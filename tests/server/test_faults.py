"""What goes wrong for one visitor is said in a sentence, and does not reach the others."""

import errno
import itertools
import os
import shutil
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cvcore import deep_dream
from cvcore.core import video
from demos.server.errors import DISK_FULL, UNEXPECTED
from demos.server.limits import HEAVY
from tests.support.server import ROOT, run_app, serve_page, wait_until
from tests.support.visitor import Visitor, said

BROKEN, LOST = "yolov3_tiny.safetensors", "style_predict.onnx"


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
    tabs = "classification,detection,style_transfer"
    with run_app(copy, tabs, cwd=copy, GLASSBOX_CACHE=str(occupied / "cache")) as app:
        yield app.url


@pytest.fixture(scope="module")
def full_url(tmp_path_factory) -> Iterator[str]:
    """The app on a disk with no room for a file of more than 200 kB."""
    folder = tmp_path_factory.mktemp("full")
    cache = folder / "cache"
    with run_app(folder, "classification", max_bytes=200_000, GLASSBOX_CACHE=str(cache)) as app:
        yield app.url
    written = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert max(written) <= 200_000


@pytest.fixture
def visitor(broken_url):
    visitor = Visitor(broken_url)
    yield visitor
    visitor.leave()


def test_a_damaged_model_file_is_named_and_others_go_on(broken_url, visitor):
    """About 10 s: PyTorch answers, as no exported network finds room, and it is loaded first."""
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
    """What needs no file goes on, what does says so; and small pictures still come in.

    About 15 s: as above, while the export is tried in the background.
    """
    one, other = Visitor(full_url), Visitor(full_url)
    assert one.complete("classification")["success"]  # its exported network finds no room
    refused = one.client.post("/upload", files={"files": ("a.png", bytes(2_000_000))})
    assert (refused.status_code, refused.text) == (507, DISK_FULL)
    assert other.complete("classification")["success"]
    for visitor in (one, other):
        visitor.leave()


@pytest.fixture(scope="module")
def dreaming():
    """Two lessons, served by this very process."""
    with serve_page("convolution", "deep_dream") as served:
        yield served


@pytest.fixture
def visit(dreaming):
    """Visitors come as often as this is called."""
    here = []

    def come() -> Visitor:
        here.append(Visitor(dreaming.url))
        return here[-1]

    yield come
    for one in here:
        one.leave()


def test_a_full_disk_in_the_middle_of_a_film(monkeypatch, caplog, visit):
    class FullWriter:
        def __init__(self, *_):
            raise OSError(errno.ENOSPC, "No space left on device", "/tmp/private/dream.mp4")

    monkeypatch.setattr(video, "VideoWriter", FullWriter)
    visitor = visit()
    assert said(visitor.complete("deep_dream_film")) == DISK_FULL
    assert visitor.complete("convolution")["success"]
    assert "No space left" in caplog.text


@pytest.mark.parametrize("steps", [0, 3])
def test_a_worker_that_raises(monkeypatch, caplog, visit, steps):
    """Before its first step or in the middle: a sentence, the whole story in the log, no harm."""
    real = deep_dream.dream

    def fail(*args, **kwargs):
        yield from itertools.islice(real(*args, **kwargs), steps)
        raise MemoryError("a secret of the server's")

    one, other = visit(), visit()
    with monkeypatch.context() as patch:
        patch.setattr(deep_dream, "dream", fail)
        for _ in range(HEAVY["concurrency_limit"] + 1):  # no place is lost by it
            assert said(one.complete("deep_dream", octaves=1)) == UNEXPECTED
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
LAST_STEP = 360


def test_a_visitor_who_vanishes_leaves_no_work_behind(visit, dreams):
    """Nobody pressed Stop; the work ends long before its last step all the same."""
    places = HEAVY["concurrency_limit"]
    for _ in range(places):
        gone = visit()
        gone.join("deep_dream", **LONG)
        gone.wait_for("process_generating")
        gone.leave()
    wait_until(lambda: [one.ended for one in dreams] == [True] * places, "The end of the dreams")
    assert all(0 < one.steps < LAST_STEP for one in dreams)
    assert visit().complete("deep_dream", steps=1, octaves=1)["success"]


def come_to(state: str, visitor: Visitor, dreams: list) -> None:
    """Let a dream that was asked for come so far."""
    if state == "waiting":
        visitor.wait_for("estimation")
    elif state == "first step":
        wait_until(lambda: dreams and dreams[0].steps >= 1, "The first step")
    elif state == "later step":
        visitor.wait_for("process_generating")
        wait_until(lambda: dreams[0].steps >= 5, "A later step")


@pytest.mark.parametrize("state", ["asked for", "waiting", "first step", "later step"])
def test_stop_at_any_moment(dreaming, visit, dreams, state):
    visitor, other = visit(), visit()
    before = []
    if state == "waiting":  # all places are taken by others
        for _ in range(HEAVY["concurrency_limit"]):
            before.append((one := visit(), one.join("deep_dream", **LONG)))
            one.wait_for("process_generating")
    running = len(dreams)
    event = visitor.join("deep_dream", **LONG)
    come_to(state, visitor, dreams)
    visitor.cancel("deep_dream", event)
    for one, other_event in before:
        one.cancel("deep_dream", other_event)
    wait_until(lambda: not dreaming.is_busy, "The end of all work")
    wait_until(lambda: all(one.ended for one in dreams), "The end of the dreams")
    if state == "waiting":
        assert len(dreams) == running  # it never began
    assert all(one.steps < LAST_STEP for one in dreams)
    assert other.complete("convolution")["success"]
    assert other.complete("deep_dream", steps=1, octaves=1)["success"]


def test_nonsense_from_one_does_not_reach_another(broken_url, visitor):
    for _ in range(5):
        answer = visitor.client.post("/queue/join", content=b"{not json")
        assert 400 <= answer.status_code < 500
    assert visitor.complete("classification")["success"]

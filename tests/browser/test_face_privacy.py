"""Nothing of a face is written to disk, and nothing is kept when the visit is over."""

import gc
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from cvcore import images, samples
from tests.support.server import ROOT, free_port

pytestmark = pytest.mark.browser
TOPIC = "face_verification"
VIEWS = {
    "Embeddings": "numbers that agree",
    "Detection": "O-Net",
    "History": "Eigenfaces, 1991",
    "Parts": "Cosine similarity by SFace",
    "Limits": "does not match even unspoiled",
}
# Runs in the app's process before anything else, and notes every file opened for writing.
WATCHER = """
import os, sys
log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(flags, int) and flags & WRITES) or set(str(mode or "")) & set("wax+"):
            os.write(log, f"{path}\\n".encode())
    elif event in ("os.rename", "os.link", "shutil.copyfile"):
        os.write(log, f"{event} {arguments[0]}\\n".encode())
sys.addaudithook(watch)
"""


@pytest.fixture
def browser(portrait_browser):
    return portrait_browser


def to_uri(name: str) -> str:
    """A sample as a visitor would send it, with pixels that no other file has."""
    image = samples.load_sample(name).copy()
    image[:4, :4] = 7
    return images.to_data_uri(image, quality=88)


@pytest.fixture
def watched(tmp_path, request):
    """The app in a process whose writes are noted: its address, log and folders.

    Matplotlib, which ultralytics imports, keeps a list of the machine's fonts: made before.
    It shows this lesson's tab, or the one that a test asks for as the fixture's parameter.
    """
    pytest.importorskip("matplotlib.font_manager")
    folders = {name: tmp_path / name for name in ("gradio", "temp", "cache", "site")}
    for folder in folders.values():
        folder.mkdir()
    (folders["site"] / "sitecustomize.py").write_text(WATCHER)
    log, port = tmp_path / "writes.log", free_port()
    env = os.environ | {
        "PYTHONPATH": str(folders.pop("site")),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCH_LOG": str(log),
        "GRADIO_TEMP_DIR": str(folders["gradio"]),
        "TMPDIR": str(folders["temp"]),
        "GLASSBOX_CACHE": str(folders["cache"]),
        "GLASSBOX_DEVICE": "cpu",
    }
    process = subprocess.Popen(
        [sys.executable, "app.py", "--tabs", getattr(request, "param", TOPIC), "--port", str(port)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                process.kill()
                pytest.fail("The app did not start.")
            time.sleep(0.1)
    yield url, log, folders
    process.terminate()
    process.wait(10)


def list_files(folders: dict[str, Path]) -> set[Path]:
    return {path for folder in folders.values() for path in folder.rglob("*") if path.is_file()}


def test_no_picture_is_written(watched, browser, tmp_path_factory):
    """Every view, both detectors, enrolment, stream and the API, with every write noted."""
    from gradio_client import Client

    url, log, folders = watched
    upload = tmp_path_factory.mktemp("visitor") / "me.png"
    Image.fromarray(samples.load_sample("obama_2005")).save(upload)
    before, noted = list_files(folders), len(log.read_text().splitlines())
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.locator("#face-verdict .verdict.same").wait_for()
    page.locator("#face-b input[type=file]").set_input_files(upload)
    page.locator("#face-verdict .verdict.other").wait_for()
    for view, words in VIEWS.items():
        page.get_by_role("tab", name=view, exact=True).click()
        page.get_by_text(words).first.wait_for()
    page.get_by_label("Detector", exact=True).click()
    page.get_by_role("option", name="YuNet").click()
    page.get_by_role("tab", name="Verdict", exact=True).click()
    page.locator("#face-verdict .verdict.other").wait_for()
    page.locator("#face-b .camera").click()
    page.locator("#face-b .camera", has_text="Take the picture").wait_for()
    page.locator("#face-b .camera").click()
    page.locator("#face-verdict .verdict.same").wait_for()
    page.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    page.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    page.locator("#face-consent input").check()
    page.locator("#face-enrol").click()
    page.get_by_text("Enrolled (1)").wait_for()
    page.get_by_text("Click to Access Webcam").click()
    page.locator(f"#{TOPIC}-live-camera button", has_text="Record").click()
    page.locator("#face-live-table td b", has_text="Jacinda").wait_for()
    page.wait_for_timeout(1500)
    during = list_files(folders)
    context.close()

    client = Client(url, verbose=False)
    a, b = to_uri("ardern_2018"), to_uri("obama_2005")
    client.predict(a, b, 0.34, "sface", api_name=f"/{TOPIC}")
    client.predict(a, b, 0.34, "sface", "yunet", "euclidean", api_name=f"/{TOPIC}")
    client.predict(a, 0.34, api_name=f"/{TOPIC}_matrix")
    client.predict("Barack", b, True, api_name=f"/{TOPIC}_enrol")
    client.predict(a, 0.34, api_name=f"/{TOPIC}_frame")
    client.close()
    assert during == before
    assert list_files(folders) == before
    written = log.read_text().splitlines()[noted:]
    assert [line for line in written if not line.startswith(("/dev/", "/proc/"))] == []


@pytest.fixture
def served(monkeypatch):
    """The page served from this process, so that its memory can be looked through."""
    from demos import ui

    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    blocks = ui.build_page((TOPIC,))
    blocks.queue()
    _, url, _ = blocks.launch(
        server_port=free_port(), prevent_thread_lock=True, quiet=True, show_error=False
    )
    yield blocks, url
    blocks.close()


def find_traces(needle: str) -> int:
    """How many objects in memory hold a text with ``needle`` in it."""
    gc.collect()
    found = 0
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            values = list(thing.values())
        elif isinstance(thing, list | tuple | set):
            values = list(thing)
        else:
            continue
        found += any(isinstance(v, str | bytes) and len(v) > 2000 and _holds(v, needle)
                     for v in values)  # fmt: skip
    return found


def _holds(text: str | bytes, needle: str) -> bool:
    return needle in text if isinstance(text, str) else needle.encode() in text


def count_faces() -> int:
    from cvcore.face_tracking import Person, Tracking
    from cvcore.face_verification import Face

    gc.collect()
    return sum(isinstance(thing, Face | Person | Tracking) for thing in gc.get_objects())


def test_nothing_is_kept_after_the_visit(served, browser):
    blocks, url = served
    image = samples.load_sample("ardern_2018").copy()
    image[:4, :4] = 200
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=91)
    faces_before = count_faces()
    context = browser.new_context(permissions=["camera"])
    page = context.new_page()
    page.set_default_timeout(60_000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto(url)
    page.locator("#face-verdict .verdict").wait_for()
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.locator("#face-enrol-picture input[type=file]").set_input_files(file)
    page.locator("#face-name input, #face-name textarea").first.fill("Zacharias")
    page.locator("#face-consent input").check()
    page.locator("#face-enrol").click()
    page.get_by_text("Enrolled (1)").wait_for()
    body = next(json.loads(text) for text in sent if "Zacharias" in text and "data:image" in text)
    (address,) = (v["src"] for v in body["data"] if isinstance(v, dict) and v.get("src"))
    needle = address[len(address) // 2 :][:80]
    del sent[:], body, address
    assert blocks.state_holder.session_data
    assert count_faces() > faces_before  # the person enrolled is there
    context.close()
    deadline = time.monotonic() + 20
    while (count_faces() > faces_before or find_traces(needle)) and time.monotonic() < deadline:
        time.sleep(0.3)
    assert count_faces() <= faces_before
    assert find_traces(needle) == 0
    assert find_traces("Zacharias") == 0
    assert not blocks.state_holder.session_data

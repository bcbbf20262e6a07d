"""The running app, a client for its API, and a browser with a fake camera."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as app.py has it, before PyTorch is loaded

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
# The first is Chromium without its window, as Playwright itself uses it: it opens pages sooner.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where browser tests are required, one that fails runs once more, and the summary says which:
    a browser on a busy machine may be late. What fails twice has failed."""
    if os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1":
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def serve_page(*topics: str) -> Iterator[str]:
    """A page in this very process, so that a test can look at the work behind it."""
    import gradio as gr

    from demos import ui

    page = ui.build_page(topics)
    page.queue()
    page.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True,
        show_error=False, ssr_mode=False, _frontend=False,
        allowed_paths=[str(ROOT / "assets" / "samples")],
    )  # fmt: skip
    try:
        yield page.local_url.rstrip("/")
    finally:
        page.close()
        gr.close_all()


@pytest.fixture(scope="session")
def app_url(tmp_path_factory) -> Iterator[str]:
    """``python app.py`` on a free port, with a temporary folder of its own."""
    port = free_port()
    log = tmp_path_factory.mktemp("app") / "app.log"
    folder = tmp_path_factory.mktemp("gradio")
    env = os.environ | {"GRADIO_TEMP_DIR": str(folder), "GLASSBOX_DEVICE": "cpu"}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(url, timeout=2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    pytest.fail(f"The app did not start:\n{log.read_text()}")
                time.sleep(0.1)
        yield url
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def client(app_url):
    """A gradio_client for the running app."""
    from gradio_client import Client

    return Client(app_url, verbose=False)


def write_film(picture: Image.Image, folder: Path) -> Path:
    """A film for the fake camera, 640 x 480: a picture standing still, grey beside it."""
    frame = ImageOps.pad(picture, (640, 480), color=(100, 100, 100))
    frame.save(folder / "frame.jpg", quality=90)
    film = folder / "camera.mjpeg"
    film.write_bytes((folder / "frame.jpg").read_bytes() * 10)
    return film


def find_browser() -> str | None:
    from shutil import which

    return os.environ.get("GLASSBOX_BROWSER") or next(filter(None, map(which, BROWSERS)), None)


@pytest.fixture(scope="session")
def launch_browser():
    """Start headless Chromium with a film as its camera.

    Without Chromium these tests are skipped, or fail where they are required.
    """
    required = os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1"
    path = find_browser()
    if path is None:
        (pytest.fail if required else pytest.skip)("Chromium is not installed.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:

        def launch(film: Path):
            return playwright.chromium.launch(
                executable_path=path,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={film}",
                ],
            )

        yield launch


@pytest.fixture(scope="session")
def browser(launch_browser, tmp_path_factory):
    """Its camera shows the sample cat."""
    cat = Image.open(ROOT / "assets" / "samples" / "chelsea.jpg").resize((640, 480))
    browser = launch_browser(write_film(cat, tmp_path_factory.mktemp("camera")))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def portrait_browser(launch_browser, tmp_path_factory):
    """Its camera shows a person, in another picture than the sample faces offered first."""
    person = Image.open(ROOT / "assets" / "samples" / "ardern_2022.jpg")
    browser = launch_browser(write_film(person, tmp_path_factory.mktemp("portrait")))
    yield browser
    browser.close()


@contextmanager
def open_profile(browser) -> Iterator:
    """What one browser keeps between its pages, at projector size: above all the page's scripts,
    so that only the first test waits until they are read."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, permissions=["camera"], locale="en-GB"
    )
    yield context
    context.close()


@pytest.fixture(scope="session")
def profile(browser):
    with open_profile(browser) as context:
        yield context


@pytest.fixture
def blank_page(profile, app_url):
    """A fresh page for the app; fails when it asks for anything elsewhere, or keeps anything."""
    page = profile.new_page()
    page.set_default_timeout(30_000)
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((app_url, "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    yield page
    page.close()
    assert not outside, f"The page asked for {outside}"
    assert not any(profile.storage_state().values()), "The page left something in the browser."


@pytest.fixture
def page(blank_page, app_url):
    """A fresh page of the app."""
    blank_page.goto(app_url)
    return blank_page


@pytest.fixture
def open_tab(page):
    """Open the tab of a topic and return its panel."""

    def open_(topic: str):
        page.locator(f"#tab-{topic}-button").click()
        panel = page.locator(f"#tab-{topic}")
        panel.wait_for(state="visible")
        return panel

    return open_


def unfold(panel, words: str, label: str):
    """Open a fold and return one of its fields, once the page has come to rest: in the first frames
    after a fold is opened Gradio's page gives its fields their first values again."""
    panel.get_by_text(words).click()
    field = panel.get_by_label(label).locator("visible=true")
    field.wait_for()
    panel.page.evaluate(
        "() => new Promise(done => {let left = 5;"
        "const next = () => left-- ? requestAnimationFrame(next) : done(); next()})"
    )
    return field


@pytest.fixture
def screenshot(page):
    """Save the page under screenshots/ when GLASSBOX_SCREENSHOTS is set."""

    def save(name: str, *, full_page: bool = True) -> None:
        if os.environ.get("GLASSBOX_SCREENSHOTS"):
            folder = ROOT / "screenshots"
            folder.mkdir(exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=full_page)

    return save


@pytest.fixture(scope="session")
def sample() -> np.ndarray:
    """The sample cat, uint8 (300, 451, 3)."""
    from cvcore.samples import load_sample

    return load_sample("chelsea")

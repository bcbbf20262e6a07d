"""The webcams of the lessons in Chromium: frames a second, answered by the server and, where a
lesson can, by the browser itself, and what that costs the server.

Chromium shows a film of 640 x 480 as its camera, from which a tab gets the size it asks for; a
frame counts when the processed picture is in the page.
"""

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.crowd import read_cpu
from benchmarks.harness import Row
from cvcore.core.images import resize
from cvcore.core.samples import load_sample
from tests.support.browser import PATIENCE_MS, find_browser, list_arguments, write_film
from tests.support.server import App

FACES = "face_verification"
SERVER, BROWSER = "server", "browser"
SHOWN = {SERVER: ".live-view img:not([hidden])", BROWSER: ".live-view canvas:not([hidden])"}
# For webcams that are in the page, and for those that it has yet to show.
CHOOSE = """place => {
  document.livePlace = place;
  for (const one of document.querySelectorAll('[data-does=where]')) {
    one.value = place;
    one.dispatchEvent(new Event('change'));
  }
}"""
SETTLED_MS = 4_000  # from the first answer on, in which networks are loaded and engines get warm
READINGS, GAP_MS = 10, 1_000  # of the frames a second that the page tells of its last two seconds


@dataclass(frozen=True)
class Cost:
    """What went on while a page was watched."""

    cpu: float  # the server's processor seconds a minute
    requests: int
    uploaded: int  # bytes

    def __str__(self) -> str:
        return (f"server {self.cpu:.1f} s of processor a minute, {self.requests} requests, "
                f"{self.uploaded / 1000:.0f} KB up")  # fmt: skip


def watch_webcams(app: App, topics: Sequence[str]) -> list[Row]:
    """A row for each of the ``topics`` that has a webcam, with rows of those answered in the
    browser."""
    from playwright.sync_api import sync_playwright

    rows = []
    with sync_playwright() as playwright:
        for topic in topics:
            with _new_browser(playwright, topic) as browser:
                rows += _watch_topic(browser, app, topic)
    return rows


@contextmanager
def _new_browser(playwright: Any, topic: str) -> Iterator[Any]:
    """A browser that was never here, and keeps what it is told to."""
    frame = make_portrait_frame() if topic == FACES else resize(load_sample("chelsea"), (480, 640))
    with tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch_persistent_context(
            f"{folder}/profile", executable_path=find_browser(), permissions=["camera"],
            args=list_arguments(write_film(Image.fromarray(frame), Path(folder))),
        )  # fmt: skip
        yield browser
        browser.close()


def _watch_topic(browser: Any, app: App, topic: str) -> list[Row]:
    page, panel = _open(browser, app, topic)
    if not panel.locator("[data-source=webcam]").count():
        return []
    _, idle = _watch(page, app, lambda: 0)
    _start(panel, SERVER)
    can_choose = panel.locator("[data-does=where]").count() > 0
    rate, cost = _watch(page, app, lambda: _read_rate(panel))
    page.close()
    if not rate:
        return []
    rows = [Row(f"webcam, {topic}", 1000 / rate, note=f"{rate:.1f} frames a second; {cost}; "
                f"switched off: {idle}")]  # fmt: skip
    if can_choose:
        rows += _watch_own(browser, app, topic, rows[0])
    return rows


def _watch_own(browser: Any, app: App, topic: str, there: Row) -> list[Row]:
    """The browser answers: when it was never here, and once more."""
    page, panel = _open(browser, app, topic)
    first = _start(panel, BROWSER)
    rate, cost = _watch(page, app, lambda: _read_rate(panel))
    page.close()
    page, panel = _open(browser, app, topic)
    second = _start(panel, BROWSER)
    page.close()
    name = f"webcam in the browser, {topic}"
    note = f"{rate:.1f} frames a second; {cost}"
    return [
        Row(name, 1000 / rate, "this server", there.ours_ms, note=note),
        Row(f"{name}, until its first answer", first),
        Row(f"{name}, until its first answer, second opening", second),
    ]


def _open(browser: Any, app: App, topic: str) -> tuple[Any, Any]:
    """A page with the lesson, and the lesson's panel in it."""
    page = browser.new_page()
    page.goto(f"{app.url}?tab={topic}&view=live")
    panel = page.locator(f"#tab-{topic}")
    panel.get_by_text("How it works").first.wait_for()
    page.wait_for_timeout(1000)
    return page, panel


def _start(panel: Any, place: str) -> float:
    """Start the webcam, answered at a place; milliseconds until its first answer from there."""
    panel.page.evaluate(CHOOSE, place)
    start = time.perf_counter()
    panel.locator("[data-source=webcam]").click()
    panel.locator(SHOWN[place]).first.wait_for(timeout=PATIENCE_MS)
    took = (time.perf_counter() - start) * 1000
    if panel.locator("#face-enrol").count():
        _enrol(panel, place)
    panel.page.wait_for_timeout(SETTLED_MS)
    return took


def _watch(page: Any, app: App, read: Callable[[], float]) -> tuple[float, Cost]:
    """Half of what is read again and again is lower; and what goes on meanwhile."""
    sent: list[int] = []

    def hear(request: Any) -> None:
        sent.append(len(request.post_data_buffer or b""))

    page.on("request", hear)
    used, start = read_cpu(app.process.pid), time.perf_counter()
    rates = []
    for _ in range(READINGS):
        page.wait_for_timeout(GAP_MS)
        rates.append(read())
    seconds = time.perf_counter() - start
    page.remove_listener("request", hear)
    cpu = (read_cpu(app.process.pid) - used) * 60 / seconds
    return median(rates), Cost(cpu, len(sent), sum(sent))


def _read_rate(panel: Any) -> float:
    """Frames a second, as the page tells it; 0 where it does not."""
    said = panel.locator(".live-view output").first.inner_text()
    found = re.search(r"([\d.]+) frames", said)
    return float(found[1]) if found else 0.0


def make_portrait_frame() -> np.ndarray:
    """A person before the camera, uint8 (480, 640, 3): a tab for faces has nothing to do without.

    The person is in the left of the frame, grey in the rest.
    """
    portrait = load_sample("ardern_2022")
    wide = round(portrait.shape[1] * 480 / portrait.shape[0])
    frame = np.full((480, 640, 3), 100, np.uint8)
    frame[:, :wide] = resize(portrait, (480, wide))
    return frame


def _enrol(panel: Any, place: str) -> None:
    """Somebody to be named: without, faces on the webcam are framed and not embedded."""
    panel.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    panel.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    panel.locator("#face-consent input").check()
    panel.locator("#face-enrol").click()
    roster = "#face-roster-here" if place == BROWSER else "#face-roster"
    panel.locator(roster).get_by_text("Jacinda").first.wait_for(timeout=60_000)

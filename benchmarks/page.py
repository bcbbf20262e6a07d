"""The page as a visitor meets it: how soon it is there, how heavy, and frames a second from the
webcam.

Chromium shows a film of 640 x 480 as its camera, from which a tab gets the size it asks for; a
frame counts when the processed picture has arrived in the page. Browser, server and network share
this machine. ``python -m benchmarks.page face_verification`` measures one tab.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.harness import Row
from cvcore.core.commands import command
from cvcore.core.images import resize
from cvcore.core.samples import load_sample
from demos import TABS
from tests.support.browser import find_browser, launch_browser, write_film
from tests.support.server import run_app

FACES = "face_verification"
RECORD_MS = 12_000  # the first seconds, in which networks are loaded, do not count
SETTLED_MS = 3_000  # after a lesson is shown, the page has asked for all that it wants
BROWSER_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def run(topics: Sequence[str] = tuple(TABS)) -> list[Row]:
    """The start, and the webcam of each of the ``topics``."""
    device = os.environ.get("GLASSBOX_DEVICE", "")  # as the app itself chooses it
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        run_app(Path(folder), GLASSBOX_DEVICE=device) as app,
    ):
        served = (time.perf_counter() - start) * 1000
        row = Row("python app.py until it answers", served)
        if find_browser() is None:
            print("Chromium is not installed: visits and the webcam are left out.")
            return [row]
        return [row, *_visit(app.url, topics[0]), *_watch_cameras(app.url, topics)]


def _visit(url: str, topic: str) -> list[Row]:
    """From the address to a lesson that can be used, by a browser that was never here and again."""
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            folder, executable_path=find_browser(), args=BROWSER_ARGS
        )
        for name in ("first visit", "second visit"):
            page = browser.new_page()
            moved: Counter[str] = Counter()
            _weigh(browser.new_cdp_session(page), moved)
            start = time.perf_counter()
            page.goto(f"{url}/?tab={topic}", wait_until="commit")
            page.locator(f"#tab-{topic}").get_by_text("How it works").first.wait_for()
            shown = (time.perf_counter() - start) * 1000
            page.wait_for_timeout(SETTLED_MS)
            note = f"{moved['Document'] / 1000:.0f} KB page, {moved.total() / 1000:.0f} KB in all"
            rows.append(Row(f"{name}, until a lesson is shown", shown, note=note))
            page.close()
        browser.close()
    return rows


def _weigh(devtools, moved: Counter[str]) -> None:
    """Count the bytes that come over the network, packed as they come, by kind of file."""
    kinds: dict[str, str] = {}
    devtools.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))

    def add(event: dict) -> None:
        moved[kinds.get(event["requestId"], "")] += event["encodedDataLength"]

    devtools.on("Network.loadingFinished", add)
    devtools.send("Network.enable")


def _watch_cameras(url: str, topics: Sequence[str]) -> list[Row]:
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browsers = {}
        for name, frame in (("cat", resize(load_sample("chelsea"), (480, 640))),
                            ("person", make_portrait_frame())):  # fmt: skip
            place = Path(folder) / name
            place.mkdir()
            film = write_film(Image.fromarray(frame), place)
            browsers[name] = launch_browser(playwright, film)
        for topic in topics:
            browser = browsers["person" if topic == FACES else "cat"]
            page = browser.new_context(permissions=["camera"]).new_page()
            page.goto(f"{url}?tab={topic}")
            panel = page.locator(f"#tab-{topic}")
            panel.get_by_text("How it works").first.wait_for()
            page.wait_for_timeout(1000)
            if topic == FACES:
                _enrol(panel)
            camera = panel.locator("[data-source=webcam]")
            if camera.count():
                camera.click()
                page.wait_for_timeout(RECORD_MS)
                said = panel.locator(".live-view output").first.inner_text()
                if found := re.search(r"([\d.]+) frames", said):
                    rate = float(found[1])
                    name = f"webcam, {topic}"
                    rows.append(Row(name, 1000 / rate, note=f"{rate:.1f} frames a second"))
            page.context.close()
        for browser in browsers.values():
            browser.close()
    return rows


def make_portrait_frame() -> np.ndarray:
    """A person before the camera, uint8 (480, 640, 3): a tab for faces has nothing to do without.

    The person is in the left of the frame, grey in the rest.
    """
    portrait = load_sample("ardern_2022")
    wide = round(portrait.shape[1] * 480 / portrait.shape[0])
    frame = np.full((480, 640, 3), 100, np.uint8)
    frame[:, :wide] = resize(portrait, (480, wide))
    return frame


def _enrol(panel) -> None:
    """Somebody to be named: without, faces on the webcam are framed and not embedded."""
    panel.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    panel.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    panel.locator("#face-consent input").check()
    panel.locator("#face-enrol").click()
    panel.get_by_text("Enrolled (1)").wait_for(timeout=60_000)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="topic", help=", ".join(TABS))
    topics = parser.parse_args(arguments).topics or tuple(TABS)
    if unknown := sorted(set(topics) - set(TABS)):
        parser.error(f"there is no tab {', '.join(unknown)}; choose from {', '.join(TABS)}")
    print(*run(topics), sep="\n")


if __name__ == "__main__":
    sys.exit(main())

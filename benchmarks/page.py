"""The page as a visitor meets it: how soon it is there, how heavy, and its webcams.

Browser, server and network share this machine. ``python -m benchmarks.page face_verification``
measures one tab.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Row
from benchmarks.webcams import watch_webcams
from cvcore.core.commands import command
from demos import TABS
from tests.support.browser import find_browser
from tests.support.server import run_app

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
        return [row, *_visit(app.url, topics[0]), *watch_webcams(app, topics)]


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

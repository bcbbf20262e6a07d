"""``python -m tests.support.pictures URL [topic ...]`` takes the pictures of the start page
and of the README.

From a running app: one a lesson, 480 x 300, into assets/lessons/; ``classification_opener`` for
that of a chapter's opener; ``readme`` for the sheet of all tabs. Look at them before you commit
them.
"""

import io
import sys
from importlib import import_module

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from demos import TABS
from tests.support.browser import PROJECTOR, find_browser
from tests.support.server import ROOT

ASSETS = ROOT / "assets"
FOLDER = ASSETS / "lessons"
README = ASSETS / "screenshots" / "tabs.jpg"
SIZE = (480, 300)
WAIT_MS = 9000
# What of the stage is shown at 1280 x 720 (16:10, in pixels), and what the address asks for.
STAGE = {"x": 16, "y": 97, "width": 908, "height": 567.5}
# Of a chapter's opener: its five pictures.
OPENER = {"x": 16, "y": 141, "width": 908, "height": 227}
OPENER_SIZE = (480, 120)
QUERIES = {"detection": "&picture=street", "training_lab": "&preset=optimisers"}
# The README's sheet: the start page, every tab as it opens, and one inner tab more.
SHEET = (
    "start", *TABS, "feature_maps&view=digit", "latent_space&view=train-one&preset=healthy",
)  # fmt: skip
COLUMNS = 3
TILE = (640, 360)


def open_page(browser: Browser, address: str) -> Page:
    """A tab in which nothing is being worked on any more."""
    page = browser.new_page(viewport=PROJECTOR)
    page.goto(address)
    page.wait_for_timeout(WAIT_MS)
    page.wait_for_function("() => !document.querySelector('.pending')", timeout=60_000)
    page.wait_for_timeout(500)
    return page


def take_sheet(browser: Browser, url: str) -> None:
    rows = -(-len(SHEET) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE[0], rows * TILE[1]))
    for number, query in enumerate(SHEET):
        page = open_page(browser, f"{url}?tab={query}")
        tile = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        page.close()
        row, column = divmod(number, COLUMNS)
        sheet.paste(tile.resize(TILE, Image.Resampling.LANCZOS), (column * TILE[0], row * TILE[1]))
    sheet.save(README, quality=80)


def take(browser: Browser, url: str, topic: str) -> None:
    page = open_page(browser, f"{url}?tab={topic}{QUERIES.get(topic, '')}")
    picture = Image.open(io.BytesIO(page.screenshot(clip=STAGE))).convert("RGB")
    page.close()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(FOLDER / f"{topic}.jpg", quality=82)


def take_opener(browser: Browser, url: str, topic: str) -> None:
    """The view that opens a chapter, as the lesson's ``OPENER`` names it."""
    query = import_module(f"demos.{topic}").OPENER.query
    page = open_page(browser, f"{url}?tab={topic}&{query}")
    picture = Image.open(io.BytesIO(page.screenshot(clip=OPENER))).convert("RGB")
    page.close()
    picture = picture.resize(OPENER_SIZE, Image.Resampling.LANCZOS)
    picture.save(FOLDER / f"{topic}_opener.jpg", quality=82)


def main() -> None:
    url, *topics = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for topic in topics or (*TABS, "readme"):
            if topic == "readme":
                take_sheet(browser, url)
            elif topic.endswith("_opener"):
                take_opener(browser, url, topic.removesuffix("_opener"))
            else:
                take(browser, url, topic)
        browser.close()


if __name__ == "__main__":
    main()

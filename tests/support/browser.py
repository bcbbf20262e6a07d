"""A headless browser with a film as its camera, and how a visitor's page is waited for."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tests.support.server import PATIENCE_SECONDS, Served

# The first is Chromium without its window, as Playwright itself uses it: it opens pages sooner.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CLASS_NAME = "class.test"  # to the browser, another computer than its own
PROJECTOR = {"width": 1280, "height": 720}
PATIENCE_MS = 1000 * PATIENCE_SECONDS
# A spell in which a page at rest asks for nothing: longer than any delay in the page's scripts.
CALM_MS = 350
PAUSE_MS = 80  # between two looks at what goes on: no frames are asked for, which cost time to draw
CALM = """milliseconds => new Promise(done => setTimeout(() => {
    let frames = 4;
    const next = () => frames-- ? requestAnimationFrame(next) : done();
    next();
}, milliseconds))"""
# What a page has left in the browser, beside cookies.
KEPT = """async () => {
    if (location.protocol === 'about:') return [];  // an empty page may not look
    const bases = await indexedDB.databases();
    return [...Object.keys(localStorage), ...bases.map((base) => base.name)];
}"""
NEXT_FRAMES = """() => new Promise(done => {
    let left = 5;
    const next = () => left-- ? requestAnimationFrame(next) : done();
    next();
})"""


def find_browser() -> str | None:
    found = filter(None, map(shutil.which, BROWSERS))
    return os.environ.get("GLASSBOX_BROWSER") or next(found, None)


def write_film(picture: Image.Image, folder: Path) -> Path:
    """A film for the fake camera, 640 x 480: a picture standing still, grey beside it."""
    frame = ImageOps.pad(picture, (640, 480), color=(100, 100, 100))
    frame.save(folder / "frame.jpg", quality=90)
    film = folder / "camera.mjpeg"
    film.write_bytes((folder / "frame.jpg").read_bytes() * 10)
    return film


def launch_browser(playwright: Any, film: Path) -> Any:
    """Headless Chromium whose camera shows the film."""
    return playwright.chromium.launch(executable_path=find_browser(), args=list_arguments(film))


def list_arguments(film: Path) -> list[str]:
    """What Chromium is started with so that its camera shows the film."""
    return [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        f"--host-resolver-rules=MAP {CLASS_NAME} 127.0.0.1",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


@contextmanager
def open_profile(browser: Any) -> Iterator[Any]:
    """What one browser keeps between its pages, at projector size: above all the page's scripts,
    so that only the first test waits until they are read."""
    context = browser.new_context(viewport=PROJECTOR, permissions=["camera"], locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


class Traffic:
    """What a page asks for: runs of handlers in their order, and what lies elsewhere."""

    def __init__(self, page: Any, own: set[str]) -> None:
        self.page, self.own = page, own
        self.asked: list[list] = []  # what each run of a handler was given
        self.outside: list[str] = []
        self.console: list[str] = []
        self._heard: list[tuple[str, Callable]] = []
        self.listen("request", self._note)
        self.listen("console", lambda said: self.console.append(f"{said.type}: {said.text}"))
        self.listen("pageerror", lambda error: self.console.append(f"uncaught: {error}"))

    def listen(self, event: str, handler: Callable) -> None:
        """Hear of the page's events until the test is over."""
        self.page.on(event, handler)
        self._heard.append((event, handler))

    def end(self) -> None:
        for event, handler in self._heard:
            self.page.remove_listener(event, handler)

    def _note(self, request: Any) -> None:
        if "/queue/join" in request.url:
            self.asked.append(request.post_data_json["data"])
        if not request.url.startswith((*self.own, "data:", "blob:")):
            self.outside.append(request.url)

    def come_to_rest(self, served: Served) -> int:
        """Wait until nothing is under way and nothing more is asked for; how often was asked."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            before = len(self.asked)
            if served.is_busy:
                self.page.wait_for_timeout(PAUSE_MS)
            else:
                self.page.evaluate(CALM, CALM_MS)
                if not served.is_busy and len(self.asked) == before:
                    return before
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"The page goes on: it has asked {len(self.asked)} times, and under way are "
                    f"{served.under_way}."
                )


def take_page(profile: Any) -> Any:
    """The profile's one page, empty. It is used again and again: what the browser has compiled of
    Gradio's scripts for it takes twice as long in a page that is new."""
    page = profile.pages[0] if profile.pages else profile.new_page()
    if page.viewport_size != PROJECTOR:
        page.set_viewport_size(PROJECTOR)
    return page


def find_kept(page: Any) -> list[str]:
    """What the page has left in the browser."""
    return [*page.evaluate(KEPT), *(cookie["name"] for cookie in page.context.cookies())]


def next_frames(page: Any) -> None:
    """Let the page draw what it knows."""
    page.evaluate(NEXT_FRAMES)


def unfold(panel: Any, words: str, label: str) -> Any:
    """Open a fold and return one of its fields, once the page has come to rest: in the first frames
    after a fold is opened Gradio's page gives its fields their first values again."""
    panel.get_by_text(words).click()
    field = panel.get_by_label(label).locator("visible=true")
    field.wait_for()
    next_frames(panel.page)
    return field


def poll(page: Any, condition: Callable[[], Any], what: str = "It") -> None:
    """As ``wait_until``, while the browser's events go on coming in."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen.")
        page.wait_for_timeout(PAUSE_MS)


# --- a lesson's stage ----------------------------------------------------------------------------
MEASURE = """() => {
  const isSeen = (one) => one.getClientRects().length > 0;
  const grid = [...document.querySelectorAll('.lesson-grid')].find(isSeen);
  const places = '.lesson-stage, .lesson-views > .tabitem';
  const stages = [...grid.querySelectorAll(places)].filter(isSeen);
  const rail = grid.querySelector('.lesson-rail'), page = document.documentElement;
  const lost = [];  // controls beside which the result is not seen
  for (const one of rail.querySelectorAll('input, button, select, textarea, canvas')) {
    if (!one.checkVisibility({visibilityProperty: true}) || !one.offsetHeight) continue;
    one.scrollIntoView({block: 'nearest'});
    const box = one.getBoundingClientRect(), stage = stages.at(-1).getBoundingClientRect();
    const isBeside = box.right <= innerWidth + 1 && box.bottom <= innerHeight && box.top >= 0;
    const isWhole = stage.top >= 0 && stage.bottom <= innerHeight;
    if (!isBeside || !isWhole) lost.push(one.outerHTML.slice(0, 120));
  }
  rail.scrollTop = 0;
  const beyond = rail.scrollHeight - rail.clientHeight;
  const place = stages.at(-1)?.getBoundingClientRect() ?? {width: 1, height: 1};
  const drawn = 'img, canvas, svg, video, .cells, [style*=url]';
  const areas = [...stages.at(-1)?.querySelectorAll(drawn) ?? []]
    .map((one) => one.getBoundingClientRect()).map(({width, height}) => width * height);
  const box = stages.at(-1)?.getBoundingClientRect();
  return {beyond, share: box?.width / innerWidth, end: box?.bottom, stages: stages.length, lost,
    largest: Math.max(0, ...areas) / (place.width * place.height),
    high: page.scrollHeight, wide: page.scrollWidth, overflow: rail.scrollWidth - rail.clientWidth,
    room: [innerWidth, innerHeight]};
}"""


# What can be read from the last row: texts of the stage and of the rail that are smaller on the
# screen, drawings' too, and charts whose axes are not both named. Smaller may be the numbers of
# pixels in a map of them, which are read one by one elsewhere: in the close-up of a convolution
# (its patch has them large) and in the matrix of a class photo (the pointer tells the pair).
LEAST_TYPE = 14
READ = """(least) => {
  const isSeen = (one) => one.getClientRects().length > 0;
  const grid = [...document.querySelectorAll('.lesson-grid')].find(isSeen);
  const places = '.lesson-stage, .lesson-views > .tabitem, .lesson-rail';
  const small = new Set(), unnamed = [];
  for (const place of [...grid.querySelectorAll(places)].filter(isSeen)) {
    const words = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const text = words.currentNode.data.trim(), one = words.currentNode.parentElement;
      if (!text || !one.checkVisibility({visibilityProperty: true})) continue;
      if (one.closest('.zoom .cells, .matrix svg, script, style, title, desc, sub, sup')) continue;
      const {width, height} = one.getBoundingClientRect();
      if (width < 2 || height < 2) continue;  // for screen readers alone
      const matrix = one instanceof SVGElement ? one.getScreenCTM() : {a: 1, b: 0};
      const size = parseFloat(getComputedStyle(one).fontSize) * Math.hypot(matrix.a, matrix.b);
      if (size < least - 0.01) small.add(`${size.toFixed(1)} ${one.className}: ${text}`);
    }
    for (const svg of place.querySelectorAll('.chart:not(.spark) > svg')) {
      if (isSeen(svg) && svg.querySelectorAll('.label').length < 2) unnamed.push(svg.ariaLabel);
    }
  }
  return {small: [...small], unnamed};
}"""


def list_views(panel: Any) -> list[str]:
    """The titles of a lesson's inner views, in their order."""
    return panel.locator(".lesson-views > .tab-wrapper").get_by_role("tab").all_inner_texts()


def open_view(panel: Any, title: str) -> None:
    """Open an inner view of a lesson."""
    panel.get_by_role("tab", name=title, exact=True).click()
    next_frames(panel.page)


def open_more(panel: Any) -> None:
    """Unfold the controls that are rarely used."""
    panel.locator(".more").get_by_text("More", exact=True).click()
    next_frames(panel.page)


def open_samples(panel: Any) -> None:
    """Open the panel behind the source button "Samples"."""
    panel.locator("[data-source=samples]").click()


def use_sample(panel: Any, title: str) -> None:
    """Look at a sample picture."""
    open_samples(panel)
    panel.locator(".source-panel").get_by_role("button", name=f"Use the sample {title}").click()


def start_webcam(panel: Any) -> None:
    """One click: the webcam is seen on the stage."""
    panel.locator("[data-source=webcam]").click()


def check_stage(panel: Any) -> None:
    """On a projector the open view's result takes most of the page and is whole above the fold, and
    each control stands beside it, without scrolling."""
    found = panel.page.evaluate(MEASURE)
    wide, high = found["room"]
    assert found["stages"] == 1, found
    assert found["share"] >= 0.6, found
    assert found["end"] <= high, found
    assert found["high"] <= high, found
    assert found["wide"] <= wide, found
    assert found["overflow"] <= 0, found
    assert found["beyond"] <= 0, found
    assert found["lost"] == [], found


def check_filled(panel: Any) -> None:
    """Something is drawn on the open stage."""
    assert panel.page.evaluate(MEASURE)["largest"] > 0.05


def check_type(panel: Any, least: float = LEAST_TYPE) -> None:
    """What the open view shows can be read from the last row: no text is smaller than so many
    pixels on the screen, and every chart's axes are named."""
    read = panel.page.evaluate(READ, least)
    assert read == {"small": [], "unnamed": []}, read


# The height of the smallest words in a chart, in pixels of the screen; none: no chart is shown.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.chart svg text')]
    .filter(text => text.checkVisibility())
    .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""


def check_narrow(page) -> None:
    """On a phone, and at 200 % of a projector's 1280 x 720."""
    for width, height in ((390, 844), (640, 360)):
        page.set_viewport_size({"width": width, "height": height})
        next_frames(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, (width, height)
        assert page.evaluate(SMALLEST) > 9, (width, height)

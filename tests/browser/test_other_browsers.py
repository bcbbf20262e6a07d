"""All lessons in Firefox and in WebKit, on one page of one server; and how often it may be opened.

What a page asks for is noted by the server: Playwright knows neither browser as it is installed.
"""

import base64
import io
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, nullcontext

import numpy as np
import pytest

from cvcore.core.video import VideoWriter
from demos import TABS
from tests.support.browser import CALM, CALM_MS
from tests.support.other_browsers import start_browser, why_missing
from tests.support.server import PATIENCE_SECONDS

pytestmark = pytest.mark.browser
# Where a lesson's first answer stands, and what it says.
ANSWERS = {
    "convolution": ("#convolution-walk .total", ""),
    "feature_maps": ("#feature-maps-grid .note", "channels of 112"),
    "saliency": ("#saliency-map .big", "tripod"),
    "classical_features": ("#classical-features-corner", "λ"),
    "classification": ("#classification-bars", "%"),
    "detection": ("#detection-panel .chips", "person"),
    "segmentation": ("#segmentation-view .says b", "%"),
    "style_transfer": ("#style_transfer-fast .after", ""),
    "deep_dream": ("#deep-dream-view", "done in"),
    "latent_space": ("#latent-space-morph", "frame"),
    "face_verification": ("#face-verdict .verdict", "Same person"),
    "training_lab": ("#training-lab-train .lab-status", "done in"),
    "autoencoders": ("#autoencoders-train .ae-status", "done in"),
}
SAYS = """(() => {
    const place = document.querySelector(%r);
    return !!place?.checkVisibility() && place.innerText.includes(%r);
})()"""
MESSAGES = "[...document.querySelectorAll('.toast-body')].map((one) => one.innerText)"
ADD_FILM = """void document.body.append(Object.assign(document.createElement('video'),
    {id: %r, src: 'data:video/mp4;base64,%s'}))"""
COUNT_TOLD = "document.querySelectorAll('.no-film').length"
TOLD = "document.querySelector('#%s + .no-film')?.innerText.includes(%r)"
CELL = "#convolution-kernel input[aria-label='Row 1, column 1']"
PAUSE_SECONDS = 0.1  # between two looks: a page that is asked all the time draws all the time
ALONE, NEEDED = "detection", 5  # a lesson, and what a page asks for as it opens there


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def other(request, tmp_path_factory, on_any_core):
    """Its one page, at the start."""
    if missing := why_missing(request.param):
        required = os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1"
        (pytest.fail if required else pytest.skip)(missing)
    with ExitStack() as stack:
        with on_any_core():
            folder = tmp_path_factory.mktemp(request.param)
            page = stack.enter_context(start_browser(request.param, folder))
        yield page


def come_to_rest(served, calm) -> None:
    """Until nothing is under way and nothing more is asked for."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        before = len(served.asked)
        if served.is_busy:
            time.sleep(PAUSE_SECONDS)
        else:
            calm(CALM_MS)
            if not served.is_busy and len(served.asked) == before:
                return
        assert time.monotonic() < deadline, served.under_way


def wait_for(page, script: str) -> None:
    poll(lambda: page.ask(script), script)


def poll(condition, what: str = "") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(PAUSE_SECONDS)


def rest(page, served) -> None:
    come_to_rest(served, lambda milliseconds: page.ask(f"({CALM})({milliseconds})"))


def open_page(page, served, topic: str = "") -> None:
    del served.asked[:]
    page.open(f"{served.url}?tab={topic}" if topic else served.url)
    wait_for(page, f"!!document.querySelector('#tab-{topic or 'start'}')?.checkVisibility()")
    if topic:
        wait_for(page, SAYS % ANSWERS[topic])
    poll(lambda: served.asked)
    rest(page, served)


@pytest.mark.usefixtures("short_work")
def test_every_lesson_answers(request, other, whole_page):
    """Each asks for what is its own, none for another's. Here every second lesson in Firefox, the
    others in WebKit; with CI_SLOW=1 all in both, a minute more."""
    first = ["firefox", "webkit"].index(request.node.callspec.params["other"])
    topics = TABS if os.environ.get("CI_SLOW") else list(TABS)[first::2]
    faults = len(whole_page.faults)
    check_opening(other, whole_page, "")
    for topic in topics:
        del whole_page.asked[:]
        other.click(f"#tab-{topic}-button")
        wait_for(other, SAYS % ANSWERS[topic])
        rest(other, whole_page)
        lessons = set().union(*map(whole_page.find_lessons, whole_page.asked))
        assert (topic, lessons) == (topic, {topic})
    # A click into a kernel's cell selects its number: what is typed takes its place.
    other.click("#tab-convolution-button")
    wait_for(other, SAYS % ANSWERS["convolution"])
    rest(other, whole_page)
    other.click(CELL)
    other.type("-1")
    assert other.ask(f"document.querySelector({CELL!r}).value") == "-1"
    assert other.ask(MESSAGES) == []
    assert other.said == []
    assert whole_page.faults[faults:] == []


def test_without_h264_a_film_is_shown_as_webm(other, whole_page):
    if not other.ask("location.href").startswith(whole_page.url):  # the test before left it there
        open_page(other, whole_page)
    assert (
        other.ask("document.createElement('video').canPlayType('video/mp4; codecs=avc1.42E01E')")
        == ""
    )
    film = io.BytesIO()
    with VideoWriter(film, 12) as writer:
        for grey in range(0, 240, 20):
            writer.write(np.full((48, 64, 3), grey, np.uint8))
    other.ask(ADD_FILM % ("film", base64.b64encode(film.getvalue()).decode()))
    wait_for(other, TOLD % ("film", "this is a copy in WebM"))
    wait_for(other, "document.querySelector('#film').videoWidth === 64")
    assert other.ask("document.querySelector('#film').duration") == pytest.approx(1, abs=0.01)
    assert other.ask("document.querySelector('#film + .no-film a').download") == "film.webm"
    other.ask(ADD_FILM % ("broken", "AAAA"))
    wait_for(other, TOLD % ("broken", "Download it"))
    told = other.ask(COUNT_TOLD)
    other.ask("void document.querySelector('#film').remove()")  # its sentence goes with it
    wait_for(other, f"{COUNT_TOLD} === {told - 1}")
    assert other.ask(TOLD % ("broken", "Download it"))


def test_the_webcam_is_classified(other, whole_page):
    """In a lesson that is opened by its address and asks for what is its own alone."""
    check_opening(other, whole_page, "classification")
    other.click("#tab-classification [data-source=webcam]")
    wait_for(other, "!!document.querySelector('#classification-live-view img')?.naturalWidth")
    assert other.ask(MESSAGES) == []
    other.open("about:blank")


# It ends with the tests, however they end.
LOOP = "import os; tests = os.getppid()\nwhile os.getppid() == tests: pass"


@contextmanager
def busy(on_any_core):
    """Every core has something else to do."""
    with on_any_core():
        loops = [
            subprocess.Popen([sys.executable, "-Sc", LOOP]) for _ in range(os.cpu_count() or 1)
        ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def check_opening(page, served, topic: str) -> None:
    """The start asks for one thing, a lesson for its own alone, each once; nothing is said."""
    open_page(page, served, topic)
    lessons = set().union(*map(served.find_lessons, served.asked))
    names = [served.blocks.fns[one].name for one in served.asked]
    assert max(map(served.asked.count, served.asked)) == 1, names
    assert len(served.asked) <= (NEEDED if topic else 1), names
    assert lessons == ({topic} if topic else set())
    assert page.ask(MESSAGES) == []


@pytest.mark.slow
def test_ten_openings_ask_for_the_open_lesson_alone(other, whole_page, on_any_core):
    """However often and however busy the machine is; once: as above."""
    with busy(on_any_core):
        for number in range(10):
            check_opening(other, whole_page, ALONE if number % 2 else "")
    assert other.said == []


class Chromium:
    """Its page, asked as the others are."""

    def __init__(self, page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address)

    def ask(self, script: str):
        return self.page.evaluate(script)


@pytest.mark.parametrize("times", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_each_opening_in_chromium(page, traffic, whole_page, on_any_core, times):
    with busy(on_any_core) if times > 2 else nullcontext():
        for number in range(times):
            check_opening(Chromium(page), whole_page, ALONE if number % 2 else "")
    assert [line for line in traffic.console if line.startswith(("error", "uncaught"))] == []

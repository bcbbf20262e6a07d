"""Fixtures: pages of one lesson, the whole app, clients for their API, and a browser.

``tests/README.md`` tells what each costs.
"""
# ruff: noqa: E402 - a worker takes its core before anything starts threads

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

# A page that is closed deletes what was sent to it: no other process may have its files there.
os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="glassbox-tests-")
# No test speaks TLS: else each HTTP client would read the machine's certificates (40 ms).
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.environ["GRADIO_TEMP_DIR"]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as app.py has it, before PyTorch is loaded


CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def take_a_core(worker: str) -> None:
    """A core for each worker and its servers: else the threads of all of them would be in each
    other's way, as each takes all cores for its own."""
    if len(CORES) > 1:
        own = sorted(CORES)[int(worker.removeprefix("gw")) % len(CORES)]
        os.sched_setaffinity(0, {own})
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@contextmanager
def use_any_core() -> Iterator[None]:
    """What is started meanwhile may run where there is room: a browser draws while its server
    works."""
    own = os.sched_getaffinity(0) if len(CORES) > 1 else set()
    if own:
        os.sched_setaffinity(0, CORES)
    yield
    if own:
        os.sched_setaffinity(0, own)


if "PYTEST_XDIST_WORKER" in os.environ:
    take_a_core(os.environ["PYTEST_XDIST_WORKER"])

import numpy as np
from PIL import Image

from tests.support.browser import (
    PATIENCE_MS,
    Traffic,
    find_browser,
    find_kept,
    open_profile,
    take_page,
    write_film,
)
from tests.support.browser import launch_browser as launch
from tests.support.exported import export_networks
from tests.support.lessons import LESSONS, choose_tests, find_lesson
from tests.support.server import ADDRESSES, LOGS, ROOT, Served, serve_page

REPORT = Path(os.environ.get("GLASSBOX_TEST_REPORT", ROOT / "test-report"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lesson", choices=LESSONS, help="only the tests of this lesson")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With ``--lesson`` other files are not even read."""
    lesson = config.getoption("--lesson")
    if not lesson or collection_path.is_dir():
        return None
    if not config.stash.get(FILES, None):
        browser = ROOT.glob(f"tests/browser/test_{lesson}*.py")
        config.stash[FILES] = {ROOT / name for name in choose_tests(ROOT, lesson)} | set(browser)
    return collection_path.name.startswith("test_") and collection_path not in config.stash[FILES]


FILES = pytest.StashKey[set[Path]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest first, so that no worker is left alone with one at the end; what trains or
    times for more than 20 s only where it is asked for."""
    if not os.environ.get("CI_SLOW") and "slow" not in config.getoption("-m"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
    # The tests of a unit stay together: the sort keeps their order.
    weights = Counter()
    for item in items:
        weight = 10 if item.get_closest_marker("browser") else 1
        weights[to_unit(item.nodeid)] += LONG.get(item.name, weight)
    items.sort(key=lambda item: -weights[to_unit(item.nodeid)])


# Single tests that go through all lessons, or start the program: 10 is about four seconds.
LONG = {
    "test_lessons_answer_without_patches": 60,
    "test_without_https_the_camera_s_place_says_why_it_is_empty": 40,
    "test_it_has_its_weights_samples_and_scripts": 25,
    "test_a_forked_child_answers": 25,
    "test_every_lesson_answers[firefox]": 100,
    "test_every_lesson_answers[webkit]": 80,
}


def pytest_collection_finish() -> None:
    """What was imported stays to the end: it need not be gone through again and again for what can
    be thrown away."""
    gc.collect()
    gc.freeze()


WHOLE_PAGE = [f"tests/browser/test_{name}.py" for name in ("access", "other_browsers", "page")]


def to_unit(nodeid: str) -> str:
    """What a worker takes at once: a lesson's tests, or the other tests of a file. So a lesson's
    networks are loaded and its page is built on one of the workers alone, and so is the page with
    all of them."""
    file, _, test = nodeid.partition("::")
    case = test.partition("[")[2] if "/browser/" in file else ""
    lesson = find_lesson(file) or next(filter(case.startswith, LESSONS), None)
    return lesson or ("the whole page" if file in WHOLE_PAGE else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    from xdist.scheduler import LoadScheduling, LoadScopeScheduling

    class ByLesson(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return to_unit(nodeid)

    # Of one lesson, all workers take a share.
    return (LoadScheduling if config.getoption("--lesson") else ByLesson)(config, log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """A red test leaves its page, the page's console and the servers' logs."""
    report = (yield).get_result()
    if not report.failed:
        return
    item.stash[RED] = True
    folder = REPORT / "".join(c if c.isalnum() or c in "-_." else "_" for c in item.name)[:80]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure.txt").write_text(f"{item.nodeid}, {report.when}\n\n{report.longreprtext}")
    for number, log in enumerate(LOGS):
        shutil.copy(log, folder / f"app-{number}.log")
    traffic = item.stash.get(TRAFFIC, None)
    if traffic:
        (folder / "console.txt").write_text("\n".join(traffic.console))
        try:
            traffic.page.screenshot(path=folder / "page.png")
        except Exception as error:  # the page may be what has failed
            (folder / "no-page.txt").write_text(str(error))


TRAFFIC = pytest.StashKey[Traffic]()
RED = pytest.StashKey[bool]()


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)


def pytest_terminal_summary(terminalreporter) -> None:
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(f"Pages, consoles and logs of failed tests are in {REPORT}")


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Served]]:
    """The page with the lessons named, in this process, kept until the end (1 s a lesson).

    Their networks are exported first, once a cache folder (up to 2 s): then no answer depends
    on whether a process in the background was done with that.
    """
    from demos import page as ui

    pages: dict[tuple[str, ...], Served] = {}
    with ExitStack() as stack:

        def serve_once(*topics: str) -> Served:
            if topics not in pages:
                export_networks(ui.list_networks(topics))
                pages[topics] = stack.enter_context(serve_page(*topics))
            return pages[topics]

        yield serve_once


@pytest.fixture(scope="session")
def whole_page(serve) -> Served:
    """The page with all lessons, in this process (6 s)."""
    from demos import TABS

    return serve(*TABS)


def find_topic(path: Path) -> str:
    """The lesson that a test file is about: its folder, or what its name begins with."""
    from demos import TABS

    names = (path.parent.name, path.stem.removeprefix("test_"))
    return next(topic for topic in TABS if any(name.startswith(topic) for name in names))


@pytest.fixture(scope="module")
def client(serve, request):
    """A gradio_client for the page of the lesson that the test file is about (1 s)."""
    from gradio_client import Client

    page = serve(find_topic(request.path))
    before = len(page.faults)
    yield Client(page.url, verbose=False)
    assert page.faults[before:] == []


@pytest.fixture(scope="session")
def on_any_core():
    return use_any_core


@pytest.fixture(scope="session")
def launch_browser():
    """Start headless Chromium with a film as its camera.

    Without Chromium these tests are skipped, or fail where they are required.
    """
    required = os.environ.get("GLASSBOX_REQUIRE_BROWSER") == "1"
    if find_browser() is None:
        (pytest.fail if required else pytest.skip)("Chromium is not installed.")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with use_any_core():
        started = sync_playwright().start()
    yield lambda film: launch(started, film)
    started.stop()


@pytest.fixture(scope="session")
def browser(launch_browser, tmp_path_factory):
    """Its camera shows the sample cat."""
    cat = Image.open(ROOT / "assets" / "samples" / "chelsea.jpg").resize((640, 480))
    browser = launch_browser(write_film(cat, tmp_path_factory.mktemp("camera")))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def portrait_browser(launch_browser, tmp_path_factory):
    """Its camera shows a person, in another picture than the sample faces offered first."""
    person = Image.open(ROOT / "assets" / "samples" / "ardern_2022.jpg")
    browser = launch_browser(write_film(person, tmp_path_factory.mktemp("portrait")))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def profile(browser):
    with open_profile(browser) as context:
        yield context


@pytest.fixture
def page(profile, request):
    """An empty page, yet to be sent somewhere; it fails when it asks for anything elsewhere, or
    keeps anything. The next test gets it as well, unless this one fails or closes it."""
    page = take_page(profile)
    traffic = request.node.stash[TRAFFIC] = Traffic(page, ADDRESSES)
    yield page
    traffic.end()
    if not page.is_closed():
        kept = find_kept(page)
        page.mouse.move(0, 0)
        page.goto("about:blank")
        if kept or traffic.outside or request.node.stash.get(RED, False):
            page.close()
        assert not kept, f"The page left {kept} in the browser."
    assert not traffic.outside, f"The page asked for {traffic.outside}"


@pytest.fixture
def traffic(page, request) -> Traffic:
    """What the page asks for."""
    return request.node.stash[TRAFFIC]


@pytest.fixture
def open_tab(page, serve, request):
    """Open a lesson and return its panel.

    The first call sends the page there: it has the tabs of that lesson and of those ``beside`` it,
    and ``query`` is added to its address. Later calls go to another of its tabs.
    """
    served: list[Served] = []

    def open_(topic: str, *, beside: tuple[str, ...] = (), query: str = ""):
        if not served:
            served.append(serve(*filter({topic, *beside}.__contains__, LESSONS)))
            request.node.stash[SERVED] = (served[0], len(served[0].faults))
            page.goto(f"{served[0].url}?tab={topic}{query}")
        else:
            page.locator(f"#tab-{topic}-button").click()
        panel = page.locator(f"#tab-{topic}")
        panel.wait_for(state="visible")
        return panel

    yield open_
    if served:
        there, before = request.node.stash[SERVED]
        assert there.faults[before:] == []


SERVED = pytest.StashKey[tuple[Served, int]]()


@pytest.fixture
def rest(traffic, request) -> Callable[[], int]:
    """Wait until the page that ``open_tab`` opened has come to rest: nothing is under way on the
    server and nothing more is asked for. Returns how many runs it has asked for so far."""
    return lambda: traffic.come_to_rest(request.node.stash[SERVED][0])


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
    from cvcore.core.samples import load_sample

    return load_sample("chelsea")

"""A visitor who closes the browser, or presses Stop: long work ends at its next step.

The page runs inside the test here, so that the test can count the steps of the work itself.
"""

import time
from importlib import import_module

import pytest

from cvcore import deep_dream, latent_film, latent_inversion
from tests.support.browser import unfold
from tests.support.server import serve_page

pytestmark = pytest.mark.browser
PATIENCE_SECONDS = 60
PAUSES = {"explain_progressively": 0.2}  # else a map is whole before a busy machine's page shows it


class Work:
    """What became of a generator's runs: their steps, and whether the last one was whole."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.steps, self.runs, self.running, self.whole = 0, 0, 0, None

    @property
    def ended(self) -> bool:
        return self.runs > 0 and self.running == 0

    @property
    def is_whole(self) -> bool:
        return self.whole == self.runs


@pytest.fixture
def watch(monkeypatch):
    """Replace a generator function by one that notes its steps and its end."""

    def replace(module, name):
        seen, real = Work(), getattr(module, name)

        def watched(*args, **kwargs):
            seen.runs += 1
            seen.running += 1
            number = seen.runs
            try:
                for step in real(*args, **kwargs):
                    seen.steps += 1
                    yield step
                    time.sleep(PAUSES.get(name, 0))
                seen.whole = number
            finally:
                seen.running -= 1

        monkeypatch.setattr(module, name, watched)
        return seen

    return replace


@pytest.fixture(scope="module")
def url():
    topics = (
        "feature_maps", "saliency", "segmentation", "style_transfer", "deep_dream", "latent_space"
    )  # fmt: skip
    with serve_page(*topics) as address:
        yield address


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.1)


def test_dream_ends_with_its_visitor(browser, url, watch):
    seen = watch(deep_dream, "dream")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}?tab=deep_dream")
    panel = page.locator("#tab-deep_dream")
    view = panel.locator("#deep-dream-view")
    view.get_by_text("Step 40 of 40, done in").wait_for()
    steps = unfold(
        panel, "Octaves, steps, jitter, smoothing", "number input for Steps in each octave"
    )
    steps.fill("60")
    steps.press("Tab")
    wait_until(lambda: seen.ended)
    seen.forget()
    panel.get_by_role("button", name="Dream", exact=True).click()
    view.get_by_text("of 240, octave").wait_for()
    context.close()
    wait_until(lambda: seen.ended)
    assert 0 < seen.steps < 240


def test_search_for_a_latent_ends_with_its_visitor(browser, url, watch):
    seen = watch(latent_inversion, "invert")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}?tab=latent_space&steps=400")
    panel = page.locator("#tab-latent_space")
    panel.get_by_role("tab", name="Your picture").click()
    panel.get_by_role("button", name="Find the latent").click()
    panel.locator("#latent-space-own").get_by_text("of 400").wait_for()
    context.close()
    wait_until(lambda: seen.ended)
    assert 0 < seen.steps < 400


def test_films_of_a_path_end_with_their_visitor(browser, url, watch, monkeypatch):
    resize = latent_film.images.resize
    monkeypatch.setattr(
        latent_film.images, "resize", lambda *args: time.sleep(0.2) or resize(*args)
    )
    seen = watch(latent_film, "render_films")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}?tab=latent_space")
    panel = page.locator("#tab-latent_space")
    panel.locator("#latent-space-morph .frame").first.wait_for()
    panel.get_by_role("button", name="Make GIF and film").click()
    wait_until(lambda: seen.steps > 2)
    context.close()
    wait_until(lambda: seen.ended)
    assert seen.steps < 48  # 25 frames there, 23 back, and the films


def start_maximisation(page, panel):
    panel.locator("#feature-maps-channel h3").wait_for()
    panel.get_by_role("tab", name="What it likes best").click()
    panel.get_by_label("number input for Steps in each octave").fill("512")
    panel.get_by_role("button", name="Draw it, from noise").click()
    panel.locator("#feature-maps-favourite").get_by_text("Step ").first.wait_for()


def start_teaching(page, panel):
    panel.locator("#segmentation-view .says b").wait_for()
    panel.get_by_role("tab", name="Brush a truth").click()
    panel.get_by_role("button", name="Start from the network's mask").click()
    panel.locator("#segmentation-truth .formula").first.wait_for()
    panel.get_by_role("tab", name="Teach it").click()
    panel.get_by_role("button", name="Keep picture and truth").click()
    panel.locator("#segmentation-pairs").get_by_text("pair 1").wait_for()
    panel.get_by_label("number input for Steps").fill("300")
    panel.get_by_role("button", name="Teach", exact=True).click()
    panel.locator("#segmentation-taught").get_by_text("of 300").wait_for()


def start_painting(page, panel):
    panel.get_by_role("tab", name="Step by step").click()
    panel.get_by_role("button", name="Paint", exact=True).click()
    panel.locator("#style_transfer-gatys").get_by_text("of 200").wait_for()


def start_race(page, panel):
    panel.get_by_role("tab", name="Race").click()
    panel.get_by_label("number input for Seconds on the clock").fill("30")
    panel.get_by_role("button", name="Start the race").click()
    panel.locator("#style_transfer-race").get_by_text("of 30 s").wait_for()


def start_dream(page, panel):
    """The one that the page opens with, as its address says."""
    panel.locator("#deep-dream-view").get_by_text("of 240, octave").wait_for()


def start_film(page, panel):
    panel.locator("#deep-dream-view").get_by_text("Step 40 of 40, done in").wait_for()
    panel.get_by_role("tab", name="Zoom film").click()
    panel.get_by_role("button", name="Make the film").click()
    panel.locator("#deep-dream-film").get_by_text("of 48").wait_for()


def start_map_by_link(page, panel):
    panel.locator("#saliency-map").get_by_text("% done").wait_for()


def start_map(page, panel):
    panel.locator("#saliency-curves").get_by_text("insertion").first.wait_for()
    panel.locator("#saliency-method input").click()
    page.get_by_role("option", name="RISE").click()
    panel.locator("#saliency-map").get_by_text("% done").wait_for()


def start_comparison(page, panel):
    panel.locator("#saliency-compare").click()
    panel.locator("#saliency-comparison").get_by_text("% done").wait_for()
    return panel.locator("#saliency-compare-stop")


def start_sanity_check(page, panel):
    panel.locator("#saliency-sanity").click()
    panel.locator("#saliency-steps").get_by_text("down to class scores").wait_for()
    return panel.locator("#saliency-sanity-stop")


RISE = "&random-masks=4000"
LONG_WORK = {
    "dream": (
        "deep_dream&steps-in-each-octave=60",
        "deep_dream",
        "dream",
        start_dream,
        480,
    ),
    "zoom film": ("deep_dream", "dream_motion", "zoom_film", start_film, 48),
    "maximisation": ("feature_maps", "feature_maps", "maximise", start_maximisation, 512),
    "map on opening": (
        f"saliency&method=rise{RISE}",
        "saliency",
        "explain_progressively",
        start_map_by_link,
        9999,
    ),
    "map": (f"saliency{RISE}", "saliency", "explain_progressively", start_map, 9999),
    "comparison": (
        f"saliency&view=compare&methods-occlusion-rise-up-and=rise{RISE}",
        "saliency",
        "explain_progressively",
        start_comparison,
        9999,
    ),
    "sanity check": (
        "saliency&view=sanity-check",
        "saliency.sanity",
        "check_sanity",
        start_sanity_check,
        10,
    ),
    "teaching": ("segmentation", "segmentation_tuning", "fine_tune", start_teaching, 300),
    "painting": ("style_transfer", "style_transfer", "stylise", start_painting, 200),
    "race": ("style_transfer", "style_transfer", "stylise", start_race, 10_000),
}


@pytest.mark.parametrize("way", ["stop", "close"])
@pytest.mark.parametrize("work", LONG_WORK)
def test_long_work_ends(browser, url, watch, work, way):
    topic, module, name, start, most = LONG_WORK[work]
    seen = watch(import_module(f"cvcore.{module}"), name)
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}?tab={topic}")
    panel = page.locator(f"#tab-{topic.split('&')[0]}")
    stop = start(page, panel)
    assert not seen.ended
    if way == "stop":
        usual = panel.get_by_role("button", name="Stop", exact=True).filter(visible=True).first
        (stop or usual).click()
    else:
        context.close()
    wait_until(lambda: seen.ended)
    assert 0 < seen.steps < most
    assert not seen.is_whole
    if way == "stop":
        context.close()

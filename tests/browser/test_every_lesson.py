"""Every lesson from its opening on: it asks for what it needs and no more, comes to rest, stands on
its stage, and can be read by ear and by eye, in each of its views.

A lesson is opened once, and each of its views, as a page's opening is what these tests spend their
time on.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from demos import TABS
from tests.support.browser import (
    LEAST_TYPE,
    PROJECTOR,
    Traffic,
    check_filled,
    check_narrow,
    check_stage,
    check_type,
    list_views,
    next_frames,
    open_view,
)

pytestmark = pytest.mark.browser
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
# Of the files that a page has loaded axe's rules ask for sounds alone: its styles, which it would
# fetch and read again each time, count for an experimental one that is not among them.
FAULTS = """async (rules) => {
  const options = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
  const asked = {...options, preload: {assets: ['media']}, resultTypes: ['violations']};
  const {violations} = await axe.run(document, asked);
  return violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 160))]);
}"""
PHONE = """() => {
  const isSeen = (one) => one.getClientRects().length > 0;
  const grid = [...document.querySelectorAll('.lesson-grid')].find(isSeen);
  const places = '.lesson-stage, .lesson-views > .tabitem';
  const top = (node) => node.getBoundingClientRect().top;
  return {wide: document.documentElement.scrollWidth, rail: top(grid.querySelector('.lesson-rail')),
    top: top([...grid.querySelectorAll(places)].find(isSeen))};
}"""
PHONE_SIZE = {"width": 390, "height": 844}
PRESENT = "() => document.querySelector('#page-buttons [data-does=present]').click()"
LARGER = 1.25  # a presenter's type
# The stage's sides for a presenter, and the page's.
FILLS = """() => {
  const isSeen = (one) => one.getClientRects().length > 0;
  const grid = [...document.querySelectorAll('.lesson-grid')].find(isSeen);
  const places = '.lesson-stage, .lesson-views > .tabitem';
  const {width, height} = [...grid.querySelectorAll(places)].find(isSeen).getBoundingClientRect();
  const page = document.documentElement;
  return [width, height, page.scrollWidth, page.scrollHeight];
}"""
DARKEN = "on => document.body.classList.toggle('dark', on)"
# What a link sets.
LINKS = {
    "detection": "&picture=astronaut&confidence-limit=0.4",
    "classification": "&classes-shown-k=7",
    "deep_dream": "&octaves=2",
    "latent_space": "&steps-per-run=200",
    "face_verification": "&steps=30",  # of the siamese training
}


@pytest.fixture
def axe(page):
    """Asks which of its rules the page breaks."""

    def find(*rules):
        if not page.evaluate("!!window.axe"):
            page.evaluate(AXE.read_text(encoding="utf-8"))
            page.add_style_tag(content="* { transition: none !important; }")  # no colour half way
        return page.evaluate(FAULTS, list(rules))

    return find


def find_errors(page, traffic: Traffic) -> list[str]:
    """What the page and its console tell of faults."""
    shown = page.get_by_text("Error", exact=True).all_text_contents()
    return shown + [line for line in traffic.console if line.startswith("uncaught")]


@pytest.mark.parametrize("topic", TABS)
@pytest.mark.usefixtures("short_work")
def test_from_its_opening_on(topic, page, open_tab, rest, asked, traffic, screenshot, axe):
    """What a link sets off, and a slider that moves, asks the server a number of times and ends.

    A handler may be asked when the tab is seen, when the link has been read, and for each of the
    three settings that the link changes; then as a slider moves and as it is let go, six times.
    Then the views: in the light and in the dark; on a projector, then on a phone.
    """
    panel = open_tab(topic, query=LINKS.get(topic, ""))
    rest()
    check_filled(panel)  # it is answered as the lesson opens
    assert asked
    assert max(map(asked.count, asked)) <= 5
    screenshot(f"tab-{topic}", full_page=False)
    check_sliders(panel, rest, asked)
    assert find_errors(page, traffic) == []
    titles = list_views(panel)
    for title in titles:
        panel.get_by_role("tab", name=title, exact=True).click()
        rest()
        try:
            check_view(panel, axe)
        except AssertionError as error:
            raise AssertionError(f"in the view {title}: {error}") from error
    check_narrow(page)
    page.set_viewport_size(PHONE_SIZE)
    for title in (titles[0], titles[-1]):  # the last one is within reach there, too
        open_view(panel, title)


def check_sliders(panel, rest, asked) -> None:
    """What moves the first one asks for a number of answers, and no more."""
    del asked[:]
    sliders = panel.locator("input[aria-label^='range slider']:visible")
    assert sliders.count() == panel.locator("input[id^='range_id']:visible").count()  # Gradio's
    for key in 3 * ("ArrowRight", "ArrowLeft") if sliders.count() else ():  # it may be at an end
        sliders.first.press(key)
    if sliders.count():
        sliders.first.dispatch_event("pointerup")
        rest()
        assert asked or panel.get_by_text("with these settings").is_visible()
    assert all(asked.count(one) <= 12 for one in asked)


def check_view(panel, axe) -> None:
    """The open view; each is opened once, as it is computed then. On a projector in the light, on a
    phone in the dark, for a presenter; each is drawn once."""
    page = panel.page
    check_stage(panel)
    check_type(panel)
    assert axe() == []
    page.set_viewport_size(PHONE_SIZE)
    page.evaluate(DARKEN, True)
    next_frames(page)
    found = page.evaluate(PHONE)
    assert found["wide"] <= PHONE_SIZE["width"], found
    assert found["top"] < 200, found  # the result comes first, then the controls
    assert found["rail"] > found["top"], found
    assert axe("color-contrast") == []
    page.set_viewport_size(PROJECTOR)
    page.evaluate(DARKEN, False)
    page.evaluate(PRESENT)
    next_frames(page)
    check_type(panel, LARGER * LEAST_TYPE)
    assert page.evaluate(FILLS) == [1280, 720, 1280, 720]
    page.evaluate(PRESENT)  # drawn as the next view is opened

"""Whom the page must not shut out: keyboards, screen readers, small and enlarged screens.

Axe (Deque Systems) looks for what WCAG 2.1 A and AA ask; what lies in Gradio's own components and
cannot be changed from here is listed below, with the reason.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demos import TABS
from tests.support.browser import PROJECTOR, Traffic, next_frames

pytestmark = pytest.mark.browser
# In the second theme only colours are other ones.
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "dark": {"type": "rule", "values": ["color-contrast"]},
}
# Gradio's own: which rule, and where. An empty film or picture is labelled without a role; a
# notice, here that a setting of the link is another lesson's, is a button around a button.
NOT_OURS = {
    "aria-prohibited-attr": 'aria-label="Empty value"',
    "nested-interactive": 'class="toast-header',
}
# What is being worked on is shown faded, and comes back by a transition: ten frames without either.
AT_REST = """() => {
    const moving = document.getAnimations().some((a) => a instanceof CSSTransition);
    const still = !moving && !document.querySelector('.pending');
    window.calmFrames = still ? (window.calmFrames ?? 0) + 1 : 0;
    return window.calmFrames > 10;
}"""
# The height of the smallest words in a chart, in pixels of the screen; none: no chart is shown.
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.chart svg text')]
    .filter(text => text.checkVisibility())
    .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a))"""
TURN = """dark => {
    document.body.classList.toggle('dark', dark);
    window.calmFrames = 0;
}"""


def find_violations(page, theme: str) -> list[str]:
    found, options = [], {"runOnly": RULES[theme], "resultTypes": ["violations"]}
    for violation in Axe().run(page, options=options).response["violations"]:
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            if NOT_OURS.get(violation["id"], "\0") not in f"{target} {node['html']}":
                found.append(f"{violation['id']} ({violation['impact']}): {node['html'][:160]}")
    return found


def check_access(page) -> None:
    """In both themes; then narrow."""
    violations = {}
    for theme in ("light", "dark"):
        page.evaluate(TURN, theme == "dark")
        page.wait_for_function(AT_REST)
        violations[theme] = find_violations(page, theme)
    assert violations == {"light": [], "dark": []}
    check_narrow(page)


def check_narrow(page) -> None:
    """On a phone, and at 200 % of a projector's 1280 x 720."""
    for width, height in ((390, 844), (640, 360)):
        page.set_viewport_size({"width": width, "height": height})
        next_frames(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, (width, height)
        assert page.evaluate(SMALLEST) > 9, (width, height)


def find_errors(page, traffic: Traffic) -> list[str]:
    """What the page and its console tell of faults."""
    shown = page.get_by_text("Error", exact=True).all_text_contents()
    return shown + [line for line in traffic.console if line.startswith("uncaught")]


@pytest.mark.parametrize("topic", TABS)
def test_a_lesson_comes_to_rest_and_shuts_nobody_out(
    page, open_tab, rest, asked, traffic, screenshot, topic
):
    """What a link sets off, and a slider that moves, asks the server a number of times and ends;
    nothing runs over the edge then. What axe finds in a lesson's views is told by ``test_stage``.

    A handler may be asked when the tab is seen, when the link has been read, and for each of the
    three settings that the link changes; then as a slider moves and as it is let go, six times.
    """
    query = "&picture=astronaut&confidence-limit=0.4&classes-shown-k=7&octaves=2&__theme=light"
    panel = open_tab(topic, query=query)
    rest()
    assert find_errors(page, traffic) == []
    assert asked
    assert max(map(asked.count, asked)) <= 5
    screenshot(f"tab-{topic}", full_page=False)
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
    assert find_errors(page, traffic) == []
    check_narrow(page)


def test_the_start_shuts_nobody_out_and_leads_to_a_lesson_by_keyboard_alone(page, open_tab):
    """Its list; they are gone through in Firefox, in WebKit, and without our patches."""
    open_tab("classification", beside=TABS, query="&__theme=light")
    open_tab("start")
    check_access(page)
    page.set_viewport_size(PROJECTOR)
    card = page.locator("#start a[data-topic=classification]")
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-classification")).to_be_visible()
    expect(page.locator("#tab-start")).to_be_hidden()
    button = page.locator("#tab-convolution-button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-convolution")).to_be_visible()

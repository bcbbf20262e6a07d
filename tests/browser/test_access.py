"""Whom the page must not shut out: keyboards, screen readers, small and enlarged screens.

Axe (Deque Systems) looks for what WCAG 2.1 A and AA ask; what lies in Gradio's own components and
cannot be changed from here is listed below, with the reason.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demos import TABS
from tests.support.browser import next_frames

pytestmark = pytest.mark.browser
# In the second theme only colours are other ones.
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "dark": {"type": "rule", "values": ["color-contrast"]},
}
# Gradio's own: which rule, and where. An empty film or picture is labelled without a role.
NOT_OURS = {"aria-prohibited-attr": 'aria-label="Empty value"'}
# What is being worked on is shown faded, and comes back by a transition: ten frames without either.
AT_REST = """() => {
    const moving = document.getAnimations().some((a) => a instanceof CSSTransition);
    const still = !moving && !document.querySelector('.pending');
    window.calmFrames = still ? (window.calmFrames ?? 0) + 1 : 0;
    return window.calmFrames > 10;
}"""
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


@pytest.mark.parametrize("topic", ["start", *TABS])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(page, open_tab, rest, topic):
    """In both themes; then on a phone, and at 200 % of a projector's 1280 x 720.

    The start lists the lessons, so it is looked at with all of them.
    """
    lessons = TABS if topic == "start" else (topic,)
    open_tab(lessons[0], beside=lessons[1:], query="&__theme=light")
    if topic == "start":
        open_tab("start")
    rest()
    violations = {}
    for theme in ("light", "dark"):
        page.evaluate(TURN, theme == "dark")
        page.wait_for_function(AT_REST)
        violations[theme] = find_violations(page, theme)
    assert violations == {"light": [], "dark": []}
    for width, height in ((390, 844), (640, 360)):
        page.set_viewport_size({"width": width, "height": height})
        next_frames(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, (width, height)


def test_a_lesson_is_reached_by_keyboard_alone(page, open_tab):
    open_tab("classification", beside=("convolution",))
    open_tab("start")
    card = page.locator("#start a[data-topic=classification]")
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-classification")).to_be_visible()
    expect(page.locator("#tab-start")).to_be_hidden()
    button = page.locator("#tab-convolution-button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-convolution")).to_be_visible()

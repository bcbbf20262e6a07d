"""Whom the page must not shut out: keyboards, screen readers, small and enlarged screens.

Axe (Deque Systems) looks for what WCAG 2.1 A and AA ask; what lies in Gradio's own components and
cannot be changed from here is listed below, with the reason.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demos import TABS

pytestmark = pytest.mark.browser
# In the second theme only colours are other ones.
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "dark": {"type": "rule", "values": ["color-contrast"]},
}
# Gradio's own: which rule, and where. An empty film or picture is labelled without a role.
NOT_OURS = {"aria-prohibited-attr": 'aria-label="Empty value"'}
# What is being worked on is shown faded, and comes back by a transition: one second without either.
AT_REST = """() => {
    const moving = document.getAnimations().some((a) => a instanceof CSSTransition);
    if (moving || document.querySelector('.pending')) delete window.calmSince;
    else window.calmSince ??= performance.now();
    return performance.now() - window.calmSince > 1000;
}"""


def find_violations(page, theme: str) -> list[str]:
    found = []
    for violation in Axe().run(page, options={"runOnly": RULES[theme]}).response["violations"]:
        for node in violation["nodes"]:
            target = " ".join(map(str, node["target"]))
            if NOT_OURS.get(violation["id"], "\0") not in f"{target} {node['html']}":
                found.append(f"{violation['id']} ({violation['impact']}): {node['html'][:160]}")
    return found


@pytest.mark.parametrize("topic", ["start", *TABS])
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(blank_page, app_url, topic):
    """In both themes; then on a phone, and at 200 % of a projector's 1280 x 720."""
    page = blank_page
    page.goto(f"{app_url}?tab={topic}&__theme=light")
    expect(page.locator(f"#tab-{topic}")).to_be_visible()
    page.wait_for_timeout(3000)
    violations = {}
    for theme in ("light", "dark"):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        page.wait_for_function(AT_REST, timeout=120_000)
        violations[theme] = find_violations(page, theme)
    assert violations == {"light": [], "dark": []}
    for width, height in ((390, 844), (640, 360)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, (width, height)


def test_a_lesson_is_reached_by_keyboard_alone(page):
    card = page.locator("#start a[data-topic=classification]")
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-classification")).to_be_visible()
    button = page.locator("#tab-convolution-button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-convolution")).to_be_visible()

"""Whom the page must not shut out: keyboards, screen readers, small and enlarged screens.

Axe (Deque Systems) looks for what WCAG 2.1 A and AA ask; what lies in Gradio's own components and
cannot be changed from here is listed below, with the reason.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demos import TABS
from tests.support.browser import PROJECTOR, check_narrow

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
TURN = """dark => {
    document.body.classList.toggle('dark', dark);
    window.calmFrames = 0;
}"""


def find_violations(page, theme: str) -> list[str]:
    found: list[str] = []
    options = {
        "runOnly": RULES[theme],
        "resultTypes": ["violations"],
        "preload": {"assets": ["media"]},  # the styles count for none of these rules
    }
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


# The lessons' buttons that do not stand whole in the head's row, cards that reach beyond the page.
CUT_OFF = """() => {
  const head = document.querySelector('#topics > .tab-wrapper').getBoundingClientRect();
  const isIn = ({left, right}, room) => left >= room.left && right <= room.right;
  const rows = [...document.querySelectorAll('#topics > .tab-wrapper button[role=tab]')]
    .filter((one) => one.getClientRects().length && one.closest('.visually-hidden') === null);
  const cards = [...document.querySelectorAll('#start a')];
  const page = {left: 0, right: innerWidth};
  const out = [...rows.filter((one) => !isIn(one.getBoundingClientRect(), head)),
    ...cards.filter((one) => !isIn(one.getBoundingClientRect(), page))];
  return out.map((one) => one.textContent);
}"""


def test_the_start_shuts_nobody_out_and_leads_to_a_lesson_by_keyboard_alone(page, open_tab):
    """Its list; they are gone through in Firefox, in WebKit, and without our patches."""
    open_tab("classification", beside=TABS, query="&__theme=light")
    open_tab("start")
    check_access(page)
    page.set_viewport_size(PROJECTOR)
    assert page.evaluate(CUT_OFF) == []  # one click leads to any lesson
    card = page.locator("#start a[data-topic=classification]:not(.opener)")
    card.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-classification")).to_be_visible()
    expect(page.locator("#tab-start")).to_be_hidden()
    button = page.locator("#tab-convolution-button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-convolution")).to_be_visible()
    page.locator("#tab-start-button").click()
    page.locator("#start a.opener").click()  # what opens a chapter: a view, with its sample
    view = page.locator("#classification-tasks")
    expect(view.locator("figure")).to_have_count(5)
    expect(view).to_contain_text("× person")
    view.get_by_role("link", name="Detection").click()
    expect(page.locator("#tab-detection")).to_be_visible()

"""A walk through the style transfer tab in headless Chromium, with a fake camera."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import unfold

pytestmark = pytest.mark.browser


def set_number(tab, label: str, value: str) -> None:
    box = tab.get_by_label(f"number input for {label}").locator("visible=true")
    box.fill(value)
    box.press("Tab")


def test_one_pass_at_once_and_another_style(page, open_tab, screenshot):
    tab = open_tab("style_transfer")
    painting = tab.locator("#style_transfer-fast img")
    painting.wait_for()
    before = painting.get_attribute("src")
    assert tab.locator("#style_transfer-fast svg").count() == 3
    screenshot("style_transfer")
    tab.get_by_label("Use the style Night").first.click()
    expect(painting).not_to_have_attribute("src", before)
    changed = painting.get_attribute("src")
    tab.get_by_text("Keep the photograph's colours").click()
    expect(painting).not_to_have_attribute("src", changed)


def test_paints_step_by_step_stops_and_goes_on(open_tab, rest, held, screenshot):
    """About 10 s: a painting has to be long enough to be stopped on the way, and to go on."""
    tab = open_tab("style_transfer")
    tab.get_by_role("tab", name="Step by step").click()
    unfold(tab, "Start, steps, size, network", "number input for Steps")
    set_number(tab, "Steps", "150")
    set_number(tab, "Size, pixels", "128")
    seen = held("style_transfer", "stylise", after=10)
    tab.get_by_role("button", name="Paint", exact=True).click()
    view = tab.locator("#style_transfer-gatys")
    expect(view).to_contain_text(re.compile(r"Step \d+ of 150,"))
    tab.get_by_role("button", name="Stop", exact=True).first.click()
    rest()
    before = view.inner_text()
    assert "done" not in before
    assert re.search(r"Step \d+ of 150, stopped", before)
    assert tab.get_by_text("Save the painting (PNG)").locator("visible=true").count() == 1
    seen.hold(0)
    stopped = int(re.search(r"Step (\d+) of", before).group(1))
    tab.get_by_role("button", name="Go on", exact=True).click()
    view.get_by_text("Step 150 of 150, done").wait_for()
    assert stopped < 150
    assert view.locator("svg polyline").count() == 3
    screenshot("style_transfer-steps")
    tab.get_by_role("tab", name="Gram matrices").click()
    tab.locator("#style_transfer-grams").get_by_text("painted, step 150").wait_for()
    assert tab.locator("#style_transfer-grams img").count() == 15
    tab.get_by_label("Use the style Dusk").first.click()  # the painting is not of this style
    tab.locator("#style_transfer-grams").get_by_text("painted in one pass").wait_for()


def test_a_slider_acts_on_the_painting_under_way(page, open_tab):
    tab = open_tab("style_transfer")
    tab.get_by_role("tab", name="Step by step").click()
    unfold(tab, "Start, steps, size, network", "number input for Steps")
    set_number(tab, "Steps", "600")
    set_number(tab, "Size, pixels", "256")
    tab.get_by_role("button", name="Paint", exact=True).click()
    view = tab.locator("#style_transfer-gatys")
    expect(view).to_contain_text(re.compile(r"Step [1-9]\d+ of 600,"))

    def content() -> float:
        return float(re.search(r"content ([\d.]+)", view.inner_text()).group(1))

    assert content() > 0
    set_number(tab, "Content", "0")
    expect(view).to_contain_text(re.compile(r"content 0(?![.\d])"))  # the loss times its weight
    assert "done" not in view.inner_text()
    tab.get_by_role("button", name="Stop", exact=True).first.click()


def test_the_webcam_is_painted(page, open_tab):
    tab = open_tab("style_transfer")
    camera = tab.locator("#style_transfer-live-camera")
    camera.get_by_text("Click to Access Webcam").click()
    camera.locator("button", has_text="Record").click()
    view = tab.locator("#style_transfer-live-view")
    view.get_by_text("frames a second").wait_for()
    width, height = view.locator("img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert (width, height) == (384, 288)
    painted = view.locator("img").get_attribute("src")
    tab.get_by_label("Style on the webcam").click()
    page.get_by_role("option", name="Ink").click()
    expect(view.locator("img")).not_to_have_attribute("src", painted)
    camera.locator("button", has_text="Stop").click()

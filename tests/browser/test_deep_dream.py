"""A walk through the DeepDream tab in headless Chromium."""

import pytest

pytestmark = pytest.mark.browser


def test_dreams_at_once_and_stops(page, open_tab, screenshot):
    tab = open_tab("deep_dream")
    view = tab.locator("#deep-dream-view")
    view.get_by_text("Step 40 of 40, done in").wait_for()
    assert view.locator("li").count() == 5
    assert tab.get_by_text("Save the dream (PNG)").get_attribute("download") == "dream.png"
    screenshot("deep_dream")
    tab.get_by_text("Octaves, steps, jitter, smoothing").click()
    steps = tab.get_by_label("number input for Steps in each octave")
    steps.fill("60")
    steps.press("Tab")
    tab.get_by_role("button", name="Dream", exact=True).click()
    view.get_by_text("of 240, octave 1").wait_for()
    tab.get_by_role("button", name="Stop", exact=True).first.click()
    page.wait_for_timeout(1000)
    before = view.inner_text()
    page.wait_for_timeout(1500)
    assert view.inner_text() == before
    assert "done in" not in before

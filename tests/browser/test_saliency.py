"""The tab in a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)


def test_map_compare_paint_and_sanity(page, open_tab, screenshot):
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-map .big")).to_contain_text("Grad-CAM for “tiger cat”")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    screenshot("saliency")
    before = panel.locator("#saliency-map img.map").get_attribute("src")
    page.get_by_label("Method", exact=True).first.click()
    page.get_by_role("option", name="Guided backprop").click()
    expect(panel.locator("#saliency-map .big")).to_contain_text("Guided backprop")
    assert panel.locator("#saliency-map img.map").get_attribute("src") != before
    expect(panel.locator("a.download").first).to_have_attribute(
        "href", re.compile("^data:image/png")
    )

    page.get_by_role("tab", name="Compare").click()
    for name in ("SmoothGrad", "Integrated gradients"):
        panel.get_by_label(name, exact=True).uncheck()
    panel.locator("#saliency-compare").click()
    expect(panel.locator("#saliency-comparison")).to_contain_text("★")
    expect(panel.locator("#saliency-comparison figure")).to_have_count(3)
    screenshot("saliency_compare")

    page.get_by_role("tab", name="Paint a region").click()
    canvas = panel.locator("#saliency-painter canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(800)
    box = canvas.bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    page.mouse.move(x + 0.2 * side, y + 0.6 * side)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(x + (0.2 + 0.1 * step) * side, y + 0.6 * side)
    page.mouse.up()
    expect(panel.locator("#saliency-shares .big").first).to_contain_text("of the square")
    expect(panel.locator("#saliency-shares")).to_contain_text("inside")
    screenshot("saliency_paint")

    page.get_by_role("tab", name="Sanity check").click()
    panel.locator("#saliency-sanity").click()
    expect(panel.locator("#saliency-steps")).to_contain_text("down to stem")
    screenshot("saliency_sanity")


def test_a_slow_map_shows_early_and_stops(page, open_tab):
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    page.get_by_label("Method", exact=True).first.click()
    page.get_by_role("option", name="RISE").click()
    heading = panel.locator("#saliency-map .big")
    expect(heading).to_contain_text(re.compile(r"RISE .*, \d+% done"))
    panel.get_by_role("button", name="Stop").first.click()
    page.wait_for_timeout(1500)
    stopped = heading.inner_text()
    page.wait_for_timeout(2000)
    assert heading.inner_text() == stopped
    assert "done" in stopped


def test_webcam(page, open_tab, screenshot):
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    panel.get_by_text("Click to Access Webcam").click()
    panel.locator("#saliency-live-camera button", has_text="Record").click()
    expect(panel.locator("#saliency-live-view img")).to_be_visible()
    expect(panel.locator("#saliency-live-view output")).to_contain_text("frames a second")
    screenshot("saliency_live")

"""The tab in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import next_frames, open_view, poll, start_webcam

pytestmark = pytest.mark.browser


def test_map_compare_paint_and_sanity(page, open_tab, rest, screenshot):
    """About 10 s: five maps are measured, and a sanity check draws one for each step."""
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-map .big")).to_contain_text("Grad-CAM for “tripod”")
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

    open_view(panel, "Compare")
    for name in ("SmoothGrad", "Integrated gradients"):
        panel.get_by_label(name, exact=True).uncheck()
    panel.locator("#saliency-compare").click()
    expect(panel.locator("#saliency-comparison")).to_contain_text("★")
    expect(panel.locator("#saliency-comparison .grid > figure")).to_have_count(3)
    screenshot("saliency_compare")

    open_view(panel, "Paint")
    canvas = panel.locator("#saliency-painter canvas")
    expect(canvas).to_be_visible()
    rest()
    next_frames(page)
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

    open_view(panel, "Sanity check")
    panel.locator("#saliency-sanity").click()
    expect(panel.locator("#saliency-steps")).to_contain_text("down to stem")
    screenshot("saliency_sanity")


def test_a_slow_map_shows_early_and_stops(page, open_tab, rest, held, traffic):
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    held("saliency", "explain_progressively", after=2)
    page.get_by_label("Method", exact=True).first.click()
    page.get_by_role("option", name="RISE").click()
    heading = panel.locator("#saliency-map .big")
    expect(heading).to_contain_text(re.compile(r"RISE .*, \d+% done"))
    panel.get_by_role("button", name="Stop").first.click()
    rest()
    assert int(re.search(r"Stopped at (\d+)%", heading.inner_text())[1]) < 100
    expect(panel.locator("#saliency-curves")).to_contain_text("there are no scores")
    expect(panel.locator(".error:visible")).to_have_count(0)
    assert not [line for line in traffic.console if "exception" in line]
    panel.get_by_label("range slider for Opacity").press("ArrowRight")  # drawn anew
    rest()
    expect(heading).to_contain_text("Stopped at")


def test_a_new_method_ends_the_map_under_way(page, open_tab, rest, watch, traffic):
    """The map before waits until the next one is asked for: it never ends by itself.

    About 10 s: two more maps, and their scores.
    """

    def choose(name: str) -> None:
        page.get_by_label("Method", exact=True).first.click()
        page.get_by_role("option", name=name, exact=True).click()

    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    rest()
    heading = panel.locator("#saliency-map .big")
    seen = watch("saliency", "explain_progressively")
    seen.hold(2)
    choose("RISE")
    expect(heading).to_contain_text(re.compile(r"RISE .*, \d+% done"))
    asked = len(traffic.asked)
    choose("Gradient")
    poll(page, lambda: len(traffic.asked) > asked, "The next map")
    seen.leave.set()
    expect(heading).to_contain_text(re.compile("^Gradient for"))
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    rest()
    expect(heading).to_contain_text("Gradient for")


def test_a_link_shows_the_settings_of_its_method(open_tab):
    panel = open_tab("saliency", query="&method=occlusion&window-pixels=64&stride-pixels=64")
    heading = panel.locator("#saliency-map .big")
    expect(heading).to_contain_text("Occlusion for")
    expect(panel.get_by_label("number input for Window, pixels")).to_have_value("64")
    expect(panel.get_by_label("number input for Stride, pixels")).to_be_visible()
    expect(panel.locator("#saliency-layer")).to_be_hidden()


def test_another_class_is_explained_at_a_click(page, open_tab):
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    buttons = panel.locator("#saliency-top button")
    expect(buttons).to_have_count(5)
    expect(buttons.first).to_contain_text("tripod")
    explained = panel.locator("#saliency-top button[aria-pressed=true]")
    expect(explained).to_contain_text("tripod")
    panel.locator("#saliency-top").get_by_role("button", name="binoculars").click()
    expect(panel.locator("#saliency-map .big")).to_contain_text("for “binoculars”")
    expect(explained).to_contain_text("binoculars")
    expect(explained).to_have_count(1)
    expect(panel.locator("#saliency-map")).to_contain_text(
        "The network sees the frame alone, 448 x 448 of 512 x 512 pixels"
    )
    expect(panel.locator("#saliency-class input")).to_have_value(re.compile("binoculars"))


def test_webcam(page, open_tab, screenshot):
    panel = open_tab("saliency")
    start_webcam(panel)
    expect(panel.locator("#saliency-live-view img")).to_be_visible()
    expect(panel.locator("#saliency-live-view output")).to_contain_text("frames a second")
    screenshot("saliency_live")

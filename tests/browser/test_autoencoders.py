"""A walk through the autoencoders tab in headless Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_view, poll

pytestmark = pytest.mark.browser
SHORT = "&epochs=2&digits-to-learn-from=500&bottleneck=8&vae-epochs=30"


def draw_one(panel) -> None:
    """A stroke on the pad, from top to bottom."""
    box = panel.locator("#autoencoders-pad canvas").bounding_box()
    mouse, middle = panel.page.mouse, box["x"] + box["width"] / 2
    mouse.move(middle, box["y"] + 0.2 * box["height"])
    mouse.down()
    mouse.move(middle, box["y"] + 0.8 * box["height"], steps=4)
    mouse.up()


def test_a_walk(open_tab, rest, page, screenshot):
    """About 8 s: two short trainings, the pad, the code's bars, and β while it runs."""
    panel = open_tab("autoencoders", query=SHORT)
    status = panel.locator("#autoencoders-train .ae-status")
    expect(status).to_contain_text("done in")
    rest()
    assert panel.locator("#autoencoders-train svg[role=img]").count() == 2
    expect(panel.locator("#autoencoders-runs li")).to_have_count(1)

    open_view(panel, "Code")
    figures = panel.locator("#autoencoders-code figure")
    expect(figures.first).to_contain_text("a held-back digit")
    draw_one(panel)
    expect(figures.first).to_contain_text("your drawing")
    rest()
    bars = panel.locator("#autoencoders-bars [role=slider]")
    expect(bars).to_have_count(8)
    before = figures.nth(1).locator("img").get_attribute("src")
    box = bars.nth(2).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.1 * box["height"], steps=4)
    page.mouse.up()
    expect(figures.nth(1)).to_contain_text("decoded")
    assert figures.nth(1).locator("img").get_attribute("src") != before
    rest()
    bars.nth(2).focus()
    page.keyboard.press("ArrowDown")
    rest()
    panel.get_by_role("button", name="The picture's own").click()
    expect(figures.nth(1)).to_contain_text("rebuilt")
    rest()

    open_view(panel, "VAE")
    status = panel.locator("#autoencoders-vae .ae-status")
    expect(status).to_contain_text(re.compile(r"epoch ([2-9]|\d\d)"))
    field = panel.locator("#autoencoders-beta input[type=number]")
    field.fill("12")
    field.press("Tab")
    expect(status).to_contain_text("β 12")
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(status).to_contain_text("stopped at step")
    rest()
    expect(panel.locator("#autoencoders-drawn td").first).to_be_visible()
    plane = panel.locator("#autoencoders-plane")
    said = plane.locator("output").inner_text()
    plane.locator(".board").press("ArrowRight")
    poll(page, lambda: plane.locator("output").inner_text() != said, "Another place")
    screenshot("autoencoders")

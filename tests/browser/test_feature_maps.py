"""A walk through the feature maps tab in headless Chromium."""

import re

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(open_tab):
    panel = open_tab("feature_maps")
    panel.locator("#feature-maps-grid img").wait_for()
    panel.locator("#feature-maps-channel h3").wait_for()
    return panel


def click_at(page, locator, x, y):
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_stage_channel_and_place(tab, page, screenshot):
    tab.locator(".stage").nth(2).click()
    tab.locator("#feature-maps-channel h3").get_by_text("blocks.").wait_for()
    assert "28 × 28" in tab.locator("#feature-maps-grid .note").inner_text()
    click_at(page, tab.locator("#feature-maps-grid img"), 0.01, 0.01)
    tab.locator("#feature-maps-channel h3").get_by_text("Channel 0 of").wait_for()
    picture = tab.locator("#feature-maps-channel .picture")
    click_at(page, picture, 0.52, 0.52)
    note = tab.locator("#feature-maps-channel .note")
    assert re.match(r"row 14, column 14: .* made from 67 × 67 pixels", note.inner_text())
    frame, mark = picture.bounding_box(), picture.locator("i").bounding_box()
    assert mark["width"] / frame["width"] == pytest.approx(67 / 224, abs=0.02)
    pixels = tab.locator("#feature-maps-pixels")
    pixels.get_by_text("at row 14, column 14").wait_for()
    assert pixels.locator("img").count() == 4
    screenshot("feature_maps")


def test_every_closer_look_opens(tab, page, screenshot):
    for title, words in (
        ("Silence", "silenced"),
        ("Two pictures", "of the change"),
        ("Dead channels", "stay silent"),
        ("Batch norm", "y ="),
        ("First kernels", "The sum of its weights"),
    ):
        tab.get_by_role("tab", name=title, exact=True).click()
        tab.get_by_text(words).first.wait_for()
        screenshot(f"feature_maps_{title.lower().replace(' ', '_')}")
    click_at(page, tab.locator("#feature-maps-kernels img"), 0.3, 0.05)
    tab.locator("#feature-maps-kernel").get_by_text(re.compile("Kernel [1-9]")).wait_for()


def test_maximisation_streams_and_stops(tab, page):
    tab.get_by_role("tab", name="What it likes best").click()
    tab.get_by_label("number input for Steps").fill("512")
    tab.get_by_role("button", name="Draw it, from noise").click()
    panel = tab.locator("#feature-maps-favourite")
    panel.get_by_text(re.compile("Step [1-9]")).wait_for()
    tab.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_timeout(1500)
    stopped = panel.inner_text()
    page.wait_for_timeout(1500)
    assert panel.inner_text() == stopped
    assert "512 of 512" not in stopped


def test_a_drawn_digit_goes_through_every_map(tab, page, screenshot):
    tab.get_by_role("tab", name="Draw a digit, see every map").click()
    panel = tab.locator("#feature-maps-digit")
    panel.get_by_text("It reads a 2").wait_for()
    assert panel.locator("figure img").count() == 6
    last = panel.locator("figure").last.bounding_box()
    assert last["y"] + last["height"] <= 720  # one screen
    tab.get_by_role("button", name="Clear", exact=True).click()
    box = tab.locator(".pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.85 * box["height"], steps=8)
    page.mouse.up()
    panel.get_by_text("It reads a 1").wait_for()
    screenshot("feature_maps_digit")


def test_webcam_shows_maps(tab, page, screenshot):
    tab.get_by_role("tab", name="Webcam").click()
    tab.get_by_text("The first maps of").wait_for(timeout=90_000)
    tab.get_by_text("Click to Access Webcam").click()
    tab.locator("#feature_maps-live-camera button", has_text="Record").click()
    view = tab.locator("#feature_maps-live-view")
    view.get_by_text("frames a second").wait_for()
    assert view.locator("img").evaluate("image => image.naturalWidth") == 760
    screenshot("feature_maps_webcam")
    tab.locator("#feature_maps-live-camera button", has_text="Stop").click()

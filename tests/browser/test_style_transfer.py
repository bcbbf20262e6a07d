"""A walk through the style transfer tab in headless Chromium, with a fake camera."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_view, poll, start_webcam, unfold

pytestmark = pytest.mark.browser

# By how many grey levels a canvas is more blue than red.
BLUENESS = """canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) sum += data[i + 2] - data[i];
  return 4 * sum / data.length;
}"""


class MildMeter:
    """Judges one picture after the other to be better."""

    def __init__(self, *args, **kwargs):
        self.loss = 99.0

    def measure(self, picture):
        self.loss *= 0.9
        return {"total": self.loss}


def set_number(tab, label: str, value: str) -> None:
    box = tab.get_by_label(f"number input for {label}").locator("visible=true")
    box.fill(value)
    box.press("Tab")


def test_one_pass_at_once_and_another_style(page, open_tab, screenshot):
    tab = open_tab("style_transfer")
    painting = tab.locator("#style_transfer-fast .after")
    painting.wait_for()
    before = painting.get_attribute("src")
    assert tab.locator("[data-with=style_transfer-fast] svg").count() == 3
    screenshot("style_transfer")
    night = tab.get_by_label("Use the style Night").first
    expect(night).to_have_text("Night", use_inner_text=True)  # named, not only shown
    night.click()
    expect(painting).not_to_have_attribute("src", before)
    changed = painting.get_attribute("src")
    tab.get_by_text("Keep the photograph's colours").click()
    expect(painting).not_to_have_attribute("src", changed)


def test_the_stage_is_large_in_every_view(open_tab):
    tab = open_tab("style_transfer")
    tab.locator("#style_transfer-fast .after").wait_for()
    open_view(tab, "Before | after")
    expect(tab.locator("#style_transfer-fast .before")).to_be_visible()


def test_a_race_keeps_the_picture_of_the_crossing(open_tab, monkeypatch):
    """The steps begin as the photograph, and pass what is judged to be as bad as a loss of 99."""
    monkeypatch.setattr("cvcore.style_transfer.LossMeter", MildMeter)
    tab = open_tab("style_transfer", query="&view=race&seconds-on-the-clock=2")
    tab.get_by_role("button", name="Start the race").click()
    view = tab.locator("#style_transfer-race")
    expect(view).to_contain_text("Clock: 2.0 s of 2 s. The steps passed after")
    expect(view.locator("figure img")).to_have_count(3)
    expect(tab.locator(".lesson-rail")).to_contain_text("One pass exists because")


def test_paints_step_by_step_stops_and_goes_on(open_tab, rest, held, screenshot):
    """About 10 s: a painting has to be long enough to be stopped on the way, and to go on."""
    tab = open_tab("style_transfer")
    open_view(tab, "Step by step")
    unfold(tab.locator(".more"), "More", "number input for Steps")
    set_number(tab, "Steps", "150")
    set_number(tab, "Size, pixels", "128")
    seen = held("style_transfer", "stylise", after=10)
    tab.get_by_role("button", name="Paint", exact=True).click()
    view = tab.locator("#style_transfer-gatys")
    expect(view).to_contain_text(re.compile(r"Step \d+ of 150,"))
    tab.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()
    rest()
    before = view.inner_text()
    assert "done" not in before
    assert re.search(r"Step \d+ of 150, stopped", before)
    assert tab.get_by_text("Painting (PNG)").locator("visible=true").count() == 1
    seen.hold(0)
    stopped = int(re.search(r"Step (\d+) of", before).group(1))
    tab.get_by_role("button", name="Go on", exact=True).click()
    view.get_by_text("Step 150 of 150, done").wait_for()
    assert stopped < 150
    assert tab.locator("[data-with=style_transfer-gatys] svg polyline").count() == 3
    screenshot("style_transfer-steps")
    open_view(tab, "Gram")
    tab.locator("#style_transfer-grams").get_by_text("painted, step 150").wait_for()
    assert tab.locator("#style_transfer-grams img").count() == 15
    tab.get_by_label("Use the style Dusk").first.click()  # the painting is not of this style
    tab.locator("#style_transfer-grams").get_by_text("painted in one pass").wait_for()


def test_a_slider_acts_on_the_painting_under_way(page, open_tab):
    tab = open_tab("style_transfer")
    open_view(tab, "Step by step")
    unfold(tab.locator(".more"), "More", "number input for Steps")
    set_number(tab, "Steps", "600")
    set_number(tab, "Size, pixels", "256")
    tab.get_by_role("button", name="Paint", exact=True).click()
    view = tab.locator("#style_transfer-gatys")
    curves = tab.locator("[data-with=style_transfer-gatys]")
    expect(view).to_contain_text(re.compile(r"Step [1-9]\d+ of 600,"))

    def content() -> float:
        return float(re.search(r"content ([\d.]+)", curves.inner_text()).group(1))

    assert content() > 0
    set_number(tab, "Content", "0")
    expect(curves).to_contain_text(re.compile(r"content 0(?![.\d])"))  # the loss times its weight
    assert "done" not in view.inner_text()
    tab.get_by_role("button", name="Stop", exact=True).locator("visible=true").click()


def test_the_webcam_is_painted(page, open_tab):
    tab = open_tab("style_transfer")
    camera = tab.locator("#style_transfer-live-camera")
    start_webcam(tab)
    view = tab.locator("#style_transfer-live-view")
    view.get_by_text("frames a second").wait_for()
    width, height = view.locator("img").evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert (width, height) == (384, 288)
    painted = view.locator("img").get_attribute("src")
    tab.get_by_label("Use the style Ink").first.click()
    expect(view.locator("img")).not_to_have_attribute("src", painted)
    tab.get_by_label("Where it runs").select_option("browser")
    canvas = view.locator("canvas")
    expect(canvas).to_be_visible()
    assert canvas.evaluate("c => [c.width, c.height]") == [384, 288]
    ink = canvas.evaluate(BLUENESS)
    tab.get_by_label("Use the style Night").first.click()  # its numbers go to the browser
    poll(page, lambda: canvas.evaluate(BLUENESS) > ink + 10, "Painting in blue")
    camera.locator("button", has_text="Stop").click()

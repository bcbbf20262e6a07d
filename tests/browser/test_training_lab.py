"""A walk through the training tab in headless Chromium."""

import re

import pytest
from playwright.sync_api import expect

from cvcore.training_lab.presets import PRESETS
from demos.server.limits import HEAVY
from demos.training_lab import replay
from tests.support.browser import next_frames, open_view, poll
from tests.support.server import wait_until
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser
SHORT = "&network=linear&pictures-to-learn-from=250&epochs=2"
LATER = re.compile(r"epoch ([2-9]|\d\d+) of")  # not the first
LONG = "&network=linear&pictures-to-learn-from=2000&epochs=200&batch-size=8"


@pytest.fixture
def tab(open_tab, rest):
    panel = open_tab("training_lab", query=SHORT)
    expect(status_of(panel)).to_contain_text("done in")
    rest()
    return panel


def status_of(panel):
    return panel.locator("#training-lab-train .lab-status")


def stop(panel):
    panel.get_by_role("button", name="Stop", exact=True).click()


def pick_preset(panel, title):
    panel.locator("#training-lab-preset input").click()
    panel.page.get_by_role("option", name=title).click()


def test_a_run_is_under_way_as_it_opens(open_tab, rest, screenshot):
    """About 5 s: the one run here as the lesson opens it."""
    panel = open_tab("training_lab")
    expect(status_of(panel)).to_contain_text(re.compile(r"epoch \d of 8"))
    expect(status_of(panel)).to_contain_text("done in")
    rest()
    assert panel.locator("#training-lab-train svg[role=img]").count() == 4
    expect(panel.locator("#training-lab-train")).to_contain_text("best so far, kept")
    screenshot("training_lab")
    rail = panel.locator(".lesson-rail")
    assert rail.evaluate("one => one.scrollHeight <= one.clientHeight")
    for view, part, count in (
        ("Filters", ".lab-tiles img", 64), ("Mistakes", ".lab-worst img", 16),
        ("Gradients", "svg[role=img]", 2), ("Runs", "tbody tr[data-run]", 2),
    ):  # fmt: skip
        open_view(panel, view)
        parts = panel.locator(f"#training-lab-{view.lower()} {part}")
        assert parts.count() == count
        expect(parts.last).to_be_in_viewport()


def test_it_is_turned_stopped_and_gone_on_with(open_tab, rest):
    panel = open_tab("training_lab", query=LONG)
    expect(status_of(panel)).to_contain_text(LATER)
    rate = panel.locator("#training-lab-rate input")
    rate.fill("0.02")
    rate.press("Tab")
    expect(panel.locator("#training-lab-train")).to_contain_text("rate 0.02")
    expect(panel.locator("#training-lab-log input")).to_have_value("-1.7")
    stop(panel)
    expect(status_of(panel)).to_contain_text(re.compile(r"stopped at step \d+ of 50000"))
    rest()
    before = int(panel.locator("progress").get_attribute("value"))
    assert 0 < before < 50_000
    panel.locator("#training-lab-more").click()
    expect(status_of(panel)).to_contain_text("epoch")
    poll(panel.page, lambda: int(panel.locator("progress").get_attribute("value")) > before)
    stop(panel)
    expect(status_of(panel)).to_contain_text("stopped at step")
    rest()
    open_view(panel, "Runs")
    assert panel.locator("#training-lab-runs input[type=text]").count() == 1


def test_a_browser_that_is_closed_ends_its_run(open_tab, page, serve, watch):
    seen = watch("training_lab", "train")
    panel = open_tab("training_lab", query=LONG)
    expect(status_of(panel)).to_contain_text(LATER)
    page.goto("about:blank")
    served = serve("training_lab")
    wait_until(lambda: seen.ended and not served.is_busy, "The end of the run")
    assert seen.runs < 20  # turns; all 50,000 steps take dozens of them


def test_a_preset_sets_the_rail_and_lays_its_runs_over_one_another(tab, rest):
    pick_preset(tab, "Rate: too small")
    expect(tab.locator("#training-lab-train")).to_contain_text(PRESETS["rates"].look_for[:40])
    expect(status_of(tab)).to_contain_text("rate 1 · done")
    rest()
    expect(tab.locator("#training-lab-rate input")).to_have_value("0.00001")
    expect(tab.get_by_label("number input for Pictures to learn from")).to_have_value("1250")
    key = tab.locator("#training-lab-train figcaption").first
    for name in ("rate 0.00001", "rate 0.001", "rate 1"):
        expect(key).to_contain_text(name)
    assert "linear" not in key.inner_text()  # the run before is kept, and not shown
    expect(tab.locator("#training-lab-start")).to_have_text("Start")
    open_view(tab, "Runs")
    boxes = tab.locator("#training-lab-runs input[type=checkbox]")
    assert [boxes.nth(i).is_checked() for i in range(4)] == [False, True, True, True]


def test_runs_are_renamed_saved_and_removed(tab, rest, page):
    open_view(tab, "Runs")
    name = tab.locator("#training-lab-runs input[type=text]")
    name.fill("<b>mine</b>")
    name.press("Enter")
    rest()
    expect(name).to_have_value("<b>mine</b>")
    with page.expect_download() as download:
        tab.get_by_role("button", name=re.compile("^CSV")).click()
    assert download.value.suggested_filename == "b_mine__b.csv"
    rest()
    with page.expect_download() as download:
        tab.get_by_role("button", name=re.compile("^Checkpoint")).click()
    path = download.value.path()
    rest()
    tab.locator("[data-testid^='Load a checkpoint']").set_input_files(
        {"name": "loaded.safetensors", "mimeType": "", "buffer": path.read_bytes()}
    )
    rest()
    assert [one.input_value() for one in name.all()] == ["<b>mine</b>", "loaded"]
    tab.get_by_role("button", name="Remove: loaded").click()
    rest()
    assert name.count() == 1
    open_view(tab, "Train")
    expect(status_of(tab)).to_contain_text("<b>mine</b>")


def test_what_cannot_be_is_said_at_its_place(tab, rest):
    rate = tab.locator("#training-lab-rate input")
    rate.fill("0")
    rate.press("Tab")
    note = tab.locator("#training-lab-note")
    expect(note).to_contain_text("The learning rate is above 0")
    expect(tab.locator("#training-lab-train .lab")).to_have_css("opacity", "0.18")
    tab.locator("#training-lab-start").click()
    rest()
    expect(note).to_contain_text("The learning rate is above 0")
    rate.fill("0.01")
    rate.press("Tab")
    tab.locator("#training-lab-start").click()
    expect(status_of(tab)).to_contain_text("rate 0.01")
    rest()
    expect(note.locator("p")).to_have_count(0)
    expect(tab.locator("#training-lab-train .lab")).to_have_css("opacity", "1")


def test_who_waits_sees_a_place_and_a_stored_run(tab, rest, page, serve, monkeypatch):
    monkeypatch.setattr(replay, "_stored", ['<div class="lab-replay"><p>A stored run</p></div>'])
    served = serve("training_lab")
    others = [Visitor(served.url) for _ in range(HEAVY["concurrency_limit"])]
    for one in others:
        one.join("training_lab", network="mlp", epochs=200)
    wait_until(lambda: len(served.under_way) >= len(others), "The others' runs")
    page.reload()
    expect(tab.locator(".lab-replay")).to_be_visible()
    place = tab.locator("#training-lab-train").get_by_text(re.compile("queue: 1/1"))
    expect(place).to_be_in_viewport()
    stop(tab)
    expect(tab.locator(".lab-replay")).to_have_count(0)
    expect(tab.locator("#training-lab-train")).to_contain_text("Press Start")
    for one in others:
        one.complete("training_lab_stop")
        one.leave()
    next_frames(page)
    rest()

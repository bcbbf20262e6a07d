"""A walk through the training tab's other views in headless Chromium, one test a view."""

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_view

pytestmark = pytest.mark.browser
SHORT = "&network-numbers-that-learn=linear&pictures-to-learn-from=250&epochs=1"


@pytest.fixture
def tab(open_tab, rest):
    panel = open_tab("training_lab", query=SHORT)
    expect(panel.locator("#training-lab-train .lab-status")).to_contain_text("done in")
    rest()
    return panel


def test_what_says_the_same_is_lit_in_both_programs(tab, rest, page):
    open_view(tab, "Program")
    view = tab.locator("#training-lab-program")
    left, right = view.locator(".code").all()
    expect(left).to_contain_text("loss.backward()")
    expect(right).to_contain_text("def training_step")
    left.get_by_text("loss.backward()").hover()
    expect(right.locator(".lit").get_by_text("def training_step")).to_be_visible()
    view.get_by_role("button", name="Validation").click()
    expect(left.locator(".lit").get_by_text("@torch.no_grad()")).to_be_in_viewport()
    view.get_by_label("Program on the right").select_option("keras")
    expect(right).to_contain_text("import keras")
    rate = tab.locator("#training-lab-rate input")
    rate.fill("0.0123")
    rate.press("Tab")
    expect(left).to_contain_text("RATE = 0.0123")
    with page.expect_download() as download:
        view.locator("[data-save=ipynb]").first.click()
    assert download.value.suggested_filename == "train_digits_pytorch.ipynb"
    rate.fill("0")
    rate.press("Tab")
    expect(view.get_by_role("status")).to_contain_text("The learning rate is above 0")
    rest()


def test_the_rate_that_was_found_is_taken(tab, rest):
    open_view(tab, "Rate")
    view = tab.locator("#training-lab-rates")
    expect(view).to_contain_text("The loss falls most steeply")
    rest()
    told = re.search(r"at rate ([\d.e-]+)\.", view.inner_text())
    tab.locator("#training-lab-take-rate").click()
    rest()
    found = float(tab.locator("#training-lab-rate input").input_value())
    assert found == pytest.approx(float(told[1]))


def test_a_picture_is_varied_as_the_sliders_say(tab, rest):
    open_view(tab, "Augment")
    tiles = tab.locator("#training-lab-variations img")
    expect(tiles).to_have_count(16)
    expect(tab.locator("#training-lab-count")).to_contain_text("1,000")
    rest()
    before = tiles.first.get_attribute("src")
    turn = tab.get_by_label("number input for Rotation, ± degrees")
    turn.fill("36")
    turn.press("Tab")
    expect(tiles.first).not_to_have_attribute("src", before)
    expect(tiles.last).to_be_in_viewport()
    tab.locator("#training-lab-compare").click()
    shown = tab.locator("#training-lab-experiment")
    expect(shown.locator("svg[role=img]")).to_have_count(1)
    tab.get_by_role("button", name="Stop", exact=True).click()
    rest()
    expect(shown).not_to_contain_text("learning")


def test_a_transfer_is_watched_stopped_and_saved(tab, rest, page):
    open_view(tab, "Transfer")
    view = tab.locator("#training-lab-transfer")
    expect(view.locator("section")).to_have_count(4)
    rest()
    first, last = view.locator("section").first, view.locator("section").last
    expect(first).to_contain_text("test ")  # it began as the view was opened
    expect(last).to_contain_text("press Start")
    tab.locator("#training-lab-teach").click()
    expect(last).to_contain_text("waits for its turn")
    expect(first).to_contain_text("6,405 of 3,377,413 numbers learn")
    expect(first).to_contain_text("test ")
    tab.get_by_role("button", name="Stop", exact=True).click()
    rest()
    expect(view).not_to_contain_text("waits for its turn")
    assert view.locator(".under-way").count() == 0
    with page.expect_download() as download:
        tab.locator("#training-lab-keep").click()
    assert download.value.suggested_filename == "transfer_frozen_5_classes.safetensors"
    rest()


def test_the_pictures_behind_a_cell_are_looked_at(tab, rest, page):
    open_view(tab, "Left out")
    view = tab.locator("#training-lab-left-out")
    expect(view.locator("h3").first).to_contain_text("of 100 wrong")
    expect(view.locator("h3").last).to_contain_text("but taken for")
    right = view.get_by_role("button", name="hat taken for hat")
    count = int(right.inner_text())
    right.focus()
    page.keyboard.press("Enter")
    expect(view.locator("figure")).to_have_count(count)
    expect(right).to_be_focused()


@contextmanager
def holding(page, button):
    """With the pointer."""
    box = button.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    yield
    page.mouse.up()


def test_own_classes_are_taught_with_the_webcam(tab, rest, page):
    """The film stands still: both classes are told apart by its mirror image alone."""
    open_view(tab, "Live")
    rows, answers = tab.locator("#training-lab-classes section"), tab.locator(".lab-answers")
    hold, counts, names = rows.locator(".hold"), rows.locator("output"), rows.get_by_role("textbox")
    with holding(page, hold.first):  # starts the webcam, too
        expect(answers).to_contain_text("Recording Class 1")
        expect(counts.first).to_have_text(re.compile(r"^([4-9]|\d\d)"))
    expect(answers).to_contain_text("Now hold the button of another class")
    names.first.click()
    page.keyboard.type("left", delay=60)  # while frames, and their counts, go on coming
    expect(names.first).to_have_value("left")
    tab.get_by_label("Mirror").last.check()
    hold.nth(1).focus()
    page.keyboard.down(" ")
    expect(counts.nth(1)).to_have_text(re.compile(r"^([4-9]|\d\d)"))
    page.keyboard.up(" ")
    expect(answers).to_contain_text("Taught.")
    expect(answers.locator(".bar b")).to_have_text(["left", "Class 2"])
    shown = tab.locator("#training-lab-classes .thumbs img")
    assert shown.count() == 6
    tab.locator(".live-camera button", has_text="Stop").click()
    open_view(tab, "Transfer")
    expect(tab.locator("#training-lab-transfer")).to_contain_text("Own pictures: Class 2, left")
    tab.locator("#training-lab-own").get_by_text("clothes").click()
    expect(tab.locator("#training-lab-transfer")).to_contain_text("Clothes: dress")
    open_view(tab, "Live")
    rows.first.get_by_role("button", name="Clear left").click()
    expect(answers).to_contain_text("Class 2 has")
    expect(counts.first).to_have_text("0")
    rest()


def test_a_search_is_watched_stopped_and_taken(tab, rest, page):
    open_view(tab, "Search")
    view = tab.locator("#training-lab-search")
    expect(view).to_contain_text("Press Search")
    tab.locator("#training-lab-seek").click()
    trials = view.locator("g.trial:not(.now)")
    expect(trials.nth(1)).to_be_attached()
    tab.get_by_role("button", name="Stop", exact=True).click()
    rest()
    expect(view).to_contain_text(re.compile(r"stopped after \d+ of 24 trials"))
    assert view.locator(".under-way, .now").count() == 0
    assert trials.count() < 24
    best = view.locator("g.trial.best title").text_content()
    tab.locator("#training-lab-take-best").click()
    train = tab.locator("#training-lab-train")
    expect(train).to_be_visible()
    expect(train.locator(".lab-status").last).to_contain_text("found by")
    rest()
    rate = float(tab.locator("#training-lab-rate input").input_value())
    assert f"rate {rate:.2g}" in best

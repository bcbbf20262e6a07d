"""A walk through the tab of classical features in headless Chromium, a function a view."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_view, start_webcam

pytestmark = pytest.mark.browser


def walk_corners(panel, rest):
    """A click chooses a place; the patch is moved by pointing, and by keys."""
    told = panel.locator("#classical-features-corner")
    expect(told.locator("h3")).to_have_text("Corner")
    frame = panel.locator("#classical-features-corners .frame")
    box = frame.bounding_box()
    frame.click(position={"x": 0.9 * box["width"], "y": 0.03 * box["height"]})
    expect(told.locator("h3")).to_have_text("Flat")
    said = panel.locator("#classical-features-patch output")
    expect(said).to_contain_text("Moved by 3, 0")
    panel.locator("#classical-features-patch .map").press("ArrowDown")
    expect(said).to_contain_text("Moved by 3, 1")
    frame.press("ArrowLeft")
    frame.press("Enter")
    rest()
    expect(told.locator("h3")).to_have_text("Flat")


def walk_sift(panel, rest):
    """Pointing chooses the nearest keypoint."""
    open_view(panel, "SIFT")
    told = panel.locator("#classical-features-keypoint")
    expect(told.locator("svg.patch")).to_be_visible()
    rest()
    before = told.locator("dd").all_inner_texts()
    panel.locator("#classical-features-sift .frame").hover(position={"x": 20, "y": 20})
    expect(told.locator("dl")).not_to_have_text(re.compile(before[0]))


def walk_matching(panel, rest):
    """Matches are drawn, and the curve grows beside them; who goes on need not wait for its end."""
    open_view(panel, "Matching")
    expect(panel.locator("#classical-features-matches svg .inlier").nth(20)).to_be_attached()
    expect(panel.locator("#classical-features-invariance svg[role=img]")).to_be_visible()


def walk_gap(panel, rest):
    open_view(panel, "Semantic gap")
    told = panel.locator("#classical-features-gap")
    expect(told.locator(".measure").first).to_contain_text("another class is nearer")
    expect(told).to_contain_text("Moved by 3: pixels")
    pad = panel.locator("#classical-features-pad canvas").first.bounding_box()
    panel.page.mouse.move(pad["x"] + pad["width"] / 2, pad["y"] + 20)
    panel.page.mouse.down()
    panel.page.mouse.move(pad["x"] + pad["width"] / 2, pad["y"] + pad["height"] - 20, steps=5)
    panel.page.mouse.up()
    expect(told).to_contain_text("your 1")


def walk_recognition(panel, rest):
    """A drawn digit gets its words; a word that is clicked is found; HOG says which cells spoke."""
    open_view(panel, "Recognition")
    rest()
    board = panel.locator("#classical-features-recognition")
    board.locator(".codebook button:not(.unused)").first.click()
    assert board.locator("rect.found").count()
    panel.locator("#classical-features-source label").nth(1).click()
    expect(board).to_contain_text("nothing drawn yet")
    canvas = panel.locator("#classical-features-digit canvas")
    box = canvas.bounding_box()
    mouse, side = panel.page.mouse, box["width"]
    mouse.move(box["x"] + 0.5 * side, box["y"] + 0.2 * side)
    mouse.down()
    mouse.move(box["x"] + 0.5 * side, box["y"] + 0.8 * side, steps=5)
    mouse.up()
    expect(board).to_contain_text("linear SVM 1.")
    panel.locator("#classical-features-by label").nth(1).click()
    expect(board).to_contain_text("What spoke for 1")


def walk_eigenfaces(panel, rest):
    open_view(panel, "Eigenfaces")
    told = panel.locator("#classical-features-eigenfaces")
    expect(told).to_contain_text("(it is Person 2)")
    panel.get_by_label("Fisherfaces (LDA)").click()
    expect(told).to_contain_text("Person 2 (right)")


def walk_classifiers(panel, rest):
    """Rows come until Stop is pressed; a click shows one's mistakes."""
    open_view(panel, "Classifiers")
    table = panel.locator("#classical-features-classifiers")
    row = table.locator("[data-row=logistic]")
    expect(row).to_be_visible()
    panel.get_by_role("button", name="Stop").and_(panel.locator(":visible")).click()
    expect(table.locator(".waits").last).to_contain_text("not run")
    row.click()
    expect(table.locator(".mistakes")).to_contain_text("Logistic regression")


def walk_live(panel, rest):
    """Frames come back as pictures; of the settings only those of what is drawn are seen."""
    start_webcam(panel)
    expect(panel.locator(".live-view output")).to_contain_text("frames a second")
    expect(panel.get_by_label("Window").first).to_be_visible()
    panel.locator("#classical-features-draw input[value=SIFT]").click()
    expect(panel.locator(".badge")).to_contain_text("SIFT")
    expect(panel.get_by_label("Window").first).to_be_hidden()
    panel.locator("[data-does=start]").click()


def test_a_walk(open_tab, rest, traffic, screenshot):
    panel = open_tab("classical_features")
    rest()
    walks = (walk_corners, walk_sift, walk_matching, walk_gap, walk_recognition, walk_eigenfaces)
    for walk in (*walks, walk_classifiers):
        walk(panel, rest)
    walk_live(panel, rest)
    screenshot("classical_features")
    assert [line for line in traffic.console if line.startswith("uncaught")] == []

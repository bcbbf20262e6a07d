"""A walk through the feature maps tab in headless Chromium."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_more, open_view, start_webcam, use_sample

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(open_tab):
    panel = open_tab("feature_maps")
    panel.locator("#feature-maps-grid img").wait_for()
    return panel


def click_at(page, locator, x, y):
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_it_opens_where_its_strongest_channel_answers_most(tab):
    """With every layer of the stage in sight; then the layer is saved."""
    ends = tab.locator(".layers .chip").evaluate_all(
        "chips => chips.map((chip) => chip.getBoundingClientRect().bottom)"
    )
    assert len(ends) > 2
    end = "e => Math.min(e.getBoundingClientRect().bottom, innerHeight)"
    assert max(ends) <= tab.locator(".lesson-rail").evaluate(end)
    open_view(tab, "Channel")
    note = tab.locator("#feature-maps-channel .note").inner_text()
    row, column, value = re.match(r"row (\d+), column (\d+): ([\d.]+),", note).groups()
    assert float(value) > 0
    strongest = tab.locator("#feature-maps-channel .places button").first
    assert strongest.inner_text() == value
    open_view(tab, "Pixels")
    pixels = tab.locator("#feature-maps-pixels")
    pixels.get_by_text(f"at row {row}, column {column} is {value}").wait_for()
    expect(tab.locator(".layers .named")).to_contain_text("112 × 112, activation")
    expect(tab.locator(".layers .chip.current")).to_have_text(["before the blocks", "activation"])
    open_view(tab, "Channel")
    tab.locator("#feature-maps-ahead img").wait_for()
    tab.get_by_role("button", name="Save this layer").click()
    link = tab.get_by_text("The maps (NPZ)")
    link.wait_for()
    assert link.get_attribute("download") == "efficientnet_lite0-act1.npz"
    assert tab.get_by_text("The grid (PNG)").get_attribute("href").startswith("data:image/png")


def test_stage_channel_and_place(tab, page, screenshot):
    tab.locator(".stage").nth(2).click()
    expect(tab.locator(".layers .named")).to_contain_text("28 × 28, stage 4, block 6, activation")
    expect(tab.locator("#feature-maps-grid .note")).to_contain_text("28 × 28")
    expect(tab.locator("#feature-maps-grid .note")).to_contain_text("the 36 strongest of")
    tab.get_by_label("Maps", exact=True).click()
    page.get_by_role("option", name="all maps").click()
    expect(tab.locator("#feature-maps-grid .note")).not_to_contain_text("strongest")
    click_at(page, tab.locator("#feature-maps-grid img"), 0.01, 0.01)
    heading = tab.locator("#feature-maps-channel h3")
    heading.get_by_text(
        "Channel 0 of 28 × 28, stage 4, block 6, activation (blocks.3.0.act1)"
    ).wait_for()
    picture = tab.locator("#feature-maps-channel .picture")
    click_at(page, picture, 0.52, 0.52)
    note = tab.locator("#feature-maps-channel .note")
    assert re.match(r"row 14, column 14: .* made from 67 × 67 pixels", note.inner_text())
    frame, mark = picture.bounding_box(), picture.locator("i").bounding_box()
    assert mark["width"] / frame["width"] == pytest.approx(67 / 224, abs=0.02)
    open_view(tab, "Pixels")
    pixels = tab.locator("#feature-maps-pixels")
    pixels.get_by_text("at row 14, column 14").wait_for()
    assert pixels.locator("img").count() == 4
    open_view(tab, "Channel")
    screenshot("feature_maps")
    tab.get_by_label("Row", exact=True).fill("3")  # typed, the mark goes there
    expect(note).to_contain_text("row 3, column 14:")
    tab.locator("#feature-maps-channel .map").focus()
    for key in ("ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(note).to_contain_text("row 4, column 15:")
    expect(tab.get_by_label("Column", exact=True)).to_have_value("15")
    for label, refused in (
        ("Row", "#feature-maps-refused-place"),
        ("Channel", "#feature-maps-refused"),
    ):
        field = tab.get_by_label(label, exact=True)
        before = field.input_value()
        for typed, words in (("99999", "There is no 99999 here"), ("", "An empty field is none")):
            field.fill(typed)
            field.press("Enter")
            expect(tab.locator(refused)).to_contain_text(f"{label}: {words}")
            expect(field).to_have_value(before)
    open_view(tab, "Pixels")
    pixels.get_by_text("at row 4, column 15").wait_for()
    open_view(tab, "Channel")
    expect(tab.locator(".error")).to_have_count(0)
    field.fill("5")
    field.press("Enter")
    tab.locator("#feature-maps-channel h3").get_by_text("Channel 5 of").wait_for()


def test_a_link_opens_the_unit(open_tab, rest):
    unit = "layer=blocks.2.1.act2&channel=7&row=3&column=20"
    panel = open_tab("feature_maps", query=f"&picture=coffee&{unit}")
    heading = panel.locator("#feature-maps-channel h3")
    expect(heading).to_have_text(
        "Channel 7 of 28 × 28, stage 3, block 5, activation (blocks.2.1.act2)"
    )
    note = panel.locator("#feature-maps-channel .note")
    expect(note).to_contain_text("row 3, column 20:")
    open_view(panel, "Pixels")
    panel.locator("#feature-maps-pixels").get_by_text("Channel 7 at row 3, column 20").wait_for()
    rest()  # nothing later takes its place
    expect(note).to_contain_text("row 3, column 20:")
    panel.get_by_role("button", name="Link", exact=True).click()
    address = panel.locator("#feature_maps-link textarea, #feature_maps-link input")
    for part in (*unit.split("&"), "picture=coffee"):
        expect(address).to_have_value(re.compile(re.escape(part)))


def test_every_closer_look_opens_and_a_drawn_digit_goes_through_every_map(tab, page, screenshot):
    for title, words in (
        ("Silence", "silenced"),
        ("Compare", "of the change"),
        ("Dead channels", "silent on all"),
        ("Batch norm", "y ="),
        ("Kernels", "The sum of its weights"),
    ):
        tab.get_by_role("tab", name=title, exact=True).click()
        tab.get_by_text(words).first.wait_for()
        screenshot(f"feature_maps_{title.lower().replace(' ', '_')}")
    click_at(page, tab.locator("#feature-maps-kernels img"), 0.3, 0.05)
    tab.locator("#feature-maps-kernel").get_by_text(re.compile("Kernel [1-9]")).wait_for()
    open_view(tab, "Digit")
    panel = tab.locator("#feature-maps-digit")
    panel.get_by_text("It reads a 2").wait_for()
    assert panel.locator("figure img").count() == 6
    boxes = [figure.bounding_box() for figure in panel.locator("figure").all()]
    assert len(boxes) == 7  # the input, five grids of maps, the answer
    top, bottom = min(b["y"] for b in boxes), max(b["y"] + b["height"] for b in boxes)
    assert top >= 0
    assert bottom <= 720  # one screen
    tab.get_by_role("button", name="Clear", exact=True).click()
    box = tab.locator(".pad").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.85 * box["height"], steps=8)
    page.mouse.up()
    panel.get_by_text("It reads a 1").wait_for()
    screenshot("feature_maps_digit")


def test_maximisation_streams_and_stops(tab, rest, held):
    open_view(tab, "Likes best")
    open_more(tab)
    tab.get_by_label("number input for Steps in each octave").fill("512")
    held("feature_maps", "maximise")
    tab.get_by_role("button", name="Draw it, from noise").click()
    panel = tab.locator("#feature-maps-favourite")
    panel.get_by_text(re.compile("Step [1-9]")).wait_for()
    tab.get_by_role("button", name="Stop", exact=True).click()
    rest()
    expect(panel).to_contain_text(re.compile(r"Step \d+ of \d+, stopped: the mean"))
    expect(panel).not_to_contain_text("to go")
    total = int(re.search(r"Step [1-9]\d* of (\d+)", panel.inner_text())[1])
    assert f"{total} of {total}" not in panel.inner_text()


def test_webcam_shows_maps(tab, page, screenshot):
    start_webcam(tab)
    tab.get_by_text("Maps of 112 × 112, activation").wait_for()
    tab.get_by_text("Ready.").wait_for()
    view = tab.locator("#feature_maps-live-view")
    view.get_by_text("frames a second").wait_for()
    assert view.locator("img").evaluate("image => image.naturalWidth") > 400
    tab.get_by_role("button", name="Remember this frame").click()
    changes = tab.locator("#feature-maps-live-changes")
    expect(changes.get_by_text(re.compile("channel [0-9]+"))).to_have_count(6)
    screenshot("feature_maps_webcam")
    tab.get_by_role("button", name="Forget it").click()
    expect(changes.get_by_text("channel")).to_have_count(0)
    tab.get_by_role("button", name="Use as picture").click()
    tab.locator("#feature-maps-grid").wait_for()  # the first view is open
    picture = tab.locator("#feature-maps-picture img").first
    page.wait_for_function("image => image.naturalWidth === 384", arg=picture.element_handle())
    open_view(tab, "Live")
    button = tab.locator("#feature_maps-live-camera button[data-does=start]")
    expect(button).to_have_text("Start webcam")


def test_a_refused_picture_takes_its_stages_pictures_along(open_tab, rest):
    tab = open_tab("feature_maps")
    tab.locator("#feature-maps-grid img").wait_for()
    rest()
    stages, shown = tab.locator("#feature-maps-stages .stage"), "visible=true"
    expect(stages.locator("img").locator(shown)).to_have_count(5)
    file = {"name": "a.png", "mimeType": "image/png", "buffer": b"This is not a picture."}
    tab.locator("#feature-maps-picture input[type=file]").set_input_files(file)
    expect(tab.locator(".picture-note.refused")).to_be_visible()
    expect(stages.locator("img").locator(shown)).to_have_count(0)
    rest()
    expect(tab.locator("#feature-maps-grid img").locator(shown)).to_have_count(0)
    use_sample(tab, "Coffee")
    expect(stages.locator("img").locator(shown)).to_have_count(5)

"""A walk through the latent space tab in headless Chromium."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.support.browser import CALM, open_view, unfold
from tests.support.files import save

pytestmark = pytest.mark.browser


HOLDS = """words => [...document.querySelectorAll('#tab-latent_space textarea, input')]
  .some(field => field.value.includes(words))"""


# How far the chart's mark stands from its curve's point of a frame, in pixels of the screen.
OFF = """frame => {
  const svg = document.querySelector('#latent-space-morph .chart > svg');
  const shown = svg.querySelector('.moving path').getBoundingClientRect();
  const [[x]] = JSON.parse(svg.querySelector('.series').dataset.points).slice(frame);
  const screen = svg.getScreenCTM();
  return Math.abs((shown.left + shown.right) / 2 - (screen.a * x + screen.e));
}"""


def position(locator) -> str:
    return locator.evaluate("node => node.style.backgroundPosition")


def test_first_path_without_a_click_and_the_morph_slider_at_once(page, open_tab, screenshot):
    tab = open_tab("latent_space")
    frame = tab.locator("#latent-space-morph .frame").first
    frame.wait_for()
    box = frame.bounding_box()
    assert box["width"] == box["height"] > 300  # and the curves are below it, on the same screen
    curves = tab.locator("#latent-space-morph .chart").last.bounding_box()
    assert curves["y"] + curves["height"] <= 720
    tab.locator("#latent-space-grid [data-place]").nth(23).wait_for()
    screenshot("latent_space")
    before = position(frame)
    slider = tab.get_by_label("Morph from A to B")
    slider.fill("2")
    assert position(frame) != before  # no server is asked
    tab.get_by_text("frame 3 of 25").wait_for()
    curve = tab.locator("#latent-space-morph .chart > svg").first
    curve.hover()
    expect(tab.locator("#latent-space-morph .chart output")).to_contain_text("straight (lerp)")
    for number in (0, 12, 24, 2):
        slider.fill(str(number))
        expect(tab.locator("#latent-space-morph .bar output")).to_have_text(
            f"frame {number + 1} of 25"
        )
        assert page.evaluate(OFF, number) < 1
    page.mouse.move(0, 0)
    tab.get_by_label("Play").click()
    page.wait_for_function(
        "() => !document.querySelector('#latent-space-morph .bar output').textContent"
        ".includes('frame 3 ')"
    )


TEXT = "() => document.querySelector('#latent-space-morph .bar output').textContent"
COUNT = """() => {
  const bar = document.querySelector('#latent-space-morph .bar output');
  window.drawn = 0;
  new MutationObserver(() => { window.drawn += 1; }).observe(bar, {childList: true});
}"""


def test_the_path_plays_by_itself_while_it_is_seen(page, open_tab):
    tab = open_tab("latent_space")
    tab.get_by_label("Pause").wait_for()
    before = page.evaluate(TEXT)
    page.wait_for_function(f"before => ({TEXT})() !== before", arg=before)
    open_view(tab, "Plane")
    tab.locator("#latent-space-plane .board").wait_for()
    page.evaluate(COUNT)
    page.evaluate(CALM, 600)  # three frames of it, were it still moving
    assert page.evaluate("window.drawn") == 0
    open_view(tab, "Path")
    page.wait_for_function("window.drawn > 2")
    tab.get_by_label("Pause").click()
    page.evaluate(COUNT)
    page.evaluate(CALM, 600)
    assert page.evaluate("window.drawn") == 0


def test_the_path_stands_still_for_whom_motion_disturbs(page, open_tab):
    page.emulate_media(reduced_motion="reduce")
    try:
        tab = open_tab("latent_space")
        tab.get_by_label("Play").wait_for()
        page.evaluate(COUNT)
        page.evaluate(CALM, 600)
        assert page.evaluate("window.drawn") == 0
        tab.get_by_label("Play").click()  # it moves all the same when asked to
        page.wait_for_function("window.drawn > 2")
    finally:
        page.emulate_media(reduced_motion="null")


def test_clicks_choose_a_and_b_and_several_and_wrong_letters_are_said_once(page, open_tab, rest):
    tab = open_tab("latent_space")
    cells = tab.locator("#latent-space-grid [data-place]")
    cells.nth(23).wait_for()
    tab.locator("#latent-space-morph .frame").first.wait_for()
    text = unfold(tab.locator(".more"), "More", "Who has which picture")
    cells.nth(9).click()
    page.wait_for_function(HOLDS, arg="A: 10;")
    cells.nth(11).click()
    page.wait_for_function(HOLDS, arg="B: 12;")
    tab.get_by_label("several each").check()
    tab.locator("#latent-space-grid [data-letter=C]").click()
    cells.nth(14).click()
    page.wait_for_function(HOLDS, arg="C: 3, 15;")
    assert text.input_value() == "A: 10; B: 12; C: 3, 15; D: 4"
    calls = rest()
    text.press_sequentially("9999")
    assert rest() == calls  # nothing is asked while they are written
    text.blur()
    page.locator(".toast-body").first.wait_for()
    rest()
    assert page.locator(".toast-body").count() == 1


def test_ones_own_face_is_searched_for_and_put_at_a(open_tab, held, rest, screenshot):
    held("latent_space.inversion", "invert")
    tab = open_tab("latent_space", query="&steps=400")
    open_view(tab, "Your picture")
    panel = tab.locator("#latent-space-own")
    panel.get_by_text("cut as the training pictures were").wait_for()
    tab.get_by_role("button", name="Find the latent").click()
    panel.get_by_text("Features off").wait_for()
    tab.get_by_role("button", name="Stop").locator("visible=true").click()
    rest()
    expect(panel).to_contain_text(re.compile(r"step \d+ of 400"))
    tab.get_by_role("button", name="Put it at A").click()
    tab.get_by_role("button", name="A = yours").wait_for()
    screenshot("latent_space_own")


def test_tuning_stops_too(open_tab, held, rest):
    held("latent_space.tuning", "tune")
    tab = open_tab("latent_space", query="&steps=10")
    open_view(tab, "Your picture")
    panel = tab.locator("#latent-space-own")
    panel.get_by_text("cut as the training pictures were").wait_for()
    tab.get_by_role("button", name="Find the latent").click()
    panel.get_by_text("bent to this one picture").wait_for()
    tab.get_by_role("button", name="Stop").locator("visible=true").click()
    rest()
    expect(panel).to_contain_text(re.compile(r"tuning \d of 10, stopped"))


def test_only_what_is_shown_is_asked_for(page, open_tab, rest):
    """About 10 s: three paths and two planes of 121 pictures are made."""
    tab = open_tab("latent_space")
    tab.locator("#latent-space-morph .frame").first.wait_for()
    tab.locator("#latent-space-grid [data-place]").nth(23).wait_for()
    morph = tab.locator("#latent-space-morph .frame").first
    rest()
    cell = tab.locator("#latent-space-grid [data-place]").first
    seed = unfold(tab.locator(".more"), "More", "Seed")
    calls = rest()
    before = morph.evaluate("node => node.style.backgroundImage")
    shown, number = cell.get_attribute("style"), seed.input_value()
    tab.get_by_role("button", name="New samples").click()
    assert rest() == calls + 2  # the grid and the path
    assert seed.input_value() != number
    assert cell.get_attribute("style") != shown
    assert page.locator(".toast-body").count() == 0
    changed = morph.evaluate("node => node.style.backgroundImage")
    assert changed != before
    open_view(tab, "Plane")
    tab.locator("#latent-space-plane .board").wait_for()
    assert rest() == calls + 3  # the plane
    tab.get_by_role("button", name="New samples").click()
    assert rest() == calls + 5  # the grid and the plane
    open_view(tab, "Path")  # which is out of date by now
    page.wait_for_function(
        "before => document.querySelector('#latent-space-morph .frame').style.backgroundImage"
        " !== before",
        arg=changed,
    )


def test_a_new_latent_at_the_same_letter_is_drawn(open_tab, rest):
    tab = open_tab("latent_space", query="&steps=10")
    open_view(tab, "Your picture")
    panel = tab.locator("#latent-space-own")
    panel.get_by_text("cut as the training pictures were").wait_for()
    tab.get_by_role("button", name="Find the latent").click()
    panel.get_by_text("done in").wait_for()
    tab.get_by_role("button", name="Put it at A").click()
    tab.get_by_role("button", name="A = yours").wait_for()
    calls = rest()
    tab.get_by_role("button", name="Put it at A").click()  # the letters stay as they are
    assert rest() == calls + 2  # and yet the grid, which hangs on them, is asked for


def test_the_plane_is_dragged_through_and_a_place_at_its_edge_kept(page, open_tab):
    tab = open_tab("latent_space")
    open_view(tab, "Plane")
    board = tab.locator("#latent-space-plane .board")
    board.wait_for()
    view, output = (tab.locator(f"#latent-space-plane {part}") for part in (".view", "output"))
    assert view.bounding_box()["width"] > 400
    assert position(view) == "50% 50%"
    box = board.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    assert position(view) == "0% 0%"
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 3)
    page.mouse.up()
    assert position(view) == "100% 0%"
    output.get_by_text("B 100 %").wait_for()
    for _ in range(11):
        board.press("ArrowLeft")
    for _ in range(6):
        board.press("ArrowUp")
    output.get_by_text("A 100 %").wait_for()
    before = view.evaluate("node => node.style.backgroundImage")
    tab.get_by_role("button", name="New samples").click()
    page.wait_for_function(
        "before => document.querySelector('#latent-space-plane .view').style.backgroundImage"
        " !== before",
        arg=before,
    )
    assert position(view) == "0% 0%"


def test_quiz_tells_the_truth_after_the_guess_and_a_failed_run_is_shown(page, open_tab, screenshot):
    """About 10 s: pictures of every kept moment of two trainings are generated."""
    tab = open_tab("latent_space")
    open_view(tab, "Quiz")
    cells = tab.locator("#latent-space-quiz [data-place]")
    cells.nth(11).wait_for()
    assert "quiz-made" not in tab.locator("#latent-space-quiz").inner_html()
    for place in range(6):
        cells.nth(place).click()
    tab.get_by_role("button", name="These are made").click()
    verdict = tab.locator("#latent-space-quiz output")
    verdict.get_by_text(re.compile(r"You: \d+ of 12 right")).wait_for()
    assert tab.locator("#latent-space-quiz .quiz-made").count() == 6
    screenshot("latent_space_quiz")
    open_view(tab, "Training")
    panel = tab.locator("#latent-space-history")
    panel.get_by_text("Distance from real pictures").wait_for()
    assert panel.locator(".strip").count() >= 8
    tab.get_by_text("digits, failed on purpose").click()
    panel.get_by_text("mode collapse").wait_for()
    screenshot("latent_space_training")


def test_a_link_sets_places_along_the_directions_of_another_generator(open_tab, rest):
    """The first slider, of faces' smiles, is that of digits' slant."""
    panel = open_tab("latent_space", query="&view=directions&generator=digits&smile=2")
    slant = panel.get_by_label("number input for Slant")
    slant.wait_for()
    rest()
    expect(slant).to_have_value("2")
    panel.get_by_label("Faces", exact=True).check()
    expect(panel.get_by_label("number input for Smile")).to_have_value("0")


def test_a_picture_without_a_face_is_refused_and_stays_to_be_seen(open_tab):
    pixels = save(np.full((96, 96, 3), 128, np.uint8), "PNG")
    grey = {"name": "grey.png", "mimeType": "image/png", "buffer": pixels}
    tab = open_tab("latent_space")
    open_view(tab, "Your picture")
    tab.locator("#latent-space-own").get_by_text("cut as the training").wait_for()
    picture = tab.locator("#latent-space-picture")
    picture.locator("input[type=file]").set_input_files(grey)
    expect(tab.locator(".picture-note.refused")).to_contain_text("There is no face")
    expect(picture.locator(".frame img")).to_have_css("opacity", "1")


# Of the arena's picture, the share of pixels that are as red as a generated point.
MADE = """() => {
  const canvas = document.querySelector('#latent-space-arena canvas');
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let many = 0;
  for (let i = 0; i < data.length; i += 4) {
    many += data[i] > 150 && data[i] < 180 && data[i + 2] < 20;
  }
  return many / (data.length / 4);
}"""


def test_two_networks_play_and_are_steered(page, open_tab, rest, screenshot):
    """Steps of one at a time, a game, its Stop, a preset, and points of one's own."""
    tab = open_tab("latent_space", query="&view=train-one&steps-per-run=20000")
    arena = tab.locator("#latent-space-arena")
    said = arena.locator(".said")
    expect(said).to_contain_text("step 0 of 20,000")
    page.wait_for_function(f"() => ({MADE})() > 0.002")
    for player, step in (("discriminator", 1), ("generator", 2), ("both", 3)):
        tab.locator(f"#latent-space-step-{player}").click()
        expect(said).to_contain_text(f"step {step}")
    arena.get_by_role("button", name="generated").click()
    assert page.evaluate(MADE) == 0
    tab.locator("#latent-space-play").click()
    expect(said).to_contain_text(re.compile(r"step [1-9]\d* of 20,000"))
    stop = tab.get_by_role("button", name="Stop").locator("visible=true")
    stop.click()
    rest()
    expect(said).to_contain_text("at rest after step")
    tab.get_by_label("Preset").click()
    page.get_by_role("option", name="vanishing gradient", exact=True).click()
    expect(said).to_contain_text(re.compile(r"step [1-9]\d* of 400"))
    expect(tab.locator("#latent-space-look-for")).to_contain_text("no arrow is left")
    expect(tab.get_by_label("Loss", exact=True)).to_have_value("minimax")
    screenshot("latent_space_game")
    tab.get_by_label("Data", exact=True).click()
    page.get_by_role("option", name="your own points", exact=True).click()
    expect(said).to_contain_text("Draw points")
    box = arena.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 300, steps=6)
    page.mouse.up()
    expect(said).to_contain_text("21 points")
    tab.locator("#latent-space-play").click()
    expect(said).to_contain_text(re.compile(r"step [1-9]\d* of"))
    expect(said).to_contain_text("covered")
    stop.click()
    rest()
    assert page.locator(".toast-body").count() == 0

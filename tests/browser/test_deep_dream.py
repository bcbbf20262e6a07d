"""A walk through the DeepDream tab in headless Chromium."""

import re
import threading

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from cvcore import deep_dream
from cvcore.core import images
from tests.support.browser import (
    next_frames,
    open_samples,
    open_view,
    poll,
    start_webcam,
    unfold,
    use_sample,
)

pytestmark = pytest.mark.browser
# For what does not hang on a dream's length: six steps, large ones, at the smallest size
QUICK = "&steps-in-each-octave=1&step-size=0.05&longer-side-pixels=160"


def test_dreams_at_once_and_stops(open_tab, rest, held, screenshot):
    """At the size at which the lesson opens, with a third of its octaves; all of them are dreamt of
    in Firefox or WebKit."""
    tab = open_tab("deep_dream", query="&octaves=2")
    view = tab.locator("#deep-dream-view")
    view.get_by_text("step 20 of 20, done in").wait_for()
    assert tab.locator("#deep-dream-panel li").count() == 3
    assert tab.get_by_text("Dream (PNG)").get_attribute("download") == "dream.png"
    screenshot("deep_dream")
    steps = unfold(tab.locator(".more"), "More", "number input for Steps in each octave")
    steps.fill("60")
    steps.press("Tab")
    held("deep_dream", "dream")
    start = tab.locator("#deep-dream-start")
    expect(start).to_have_text("Dream with these settings")
    start.click()
    expect(view).to_contain_text(re.compile(r"of 120, octave \d"))
    expect(start).to_have_text("Dream")
    tab.get_by_role("button", name="Stop", exact=True).first.click()
    rest()
    expect(view).to_contain_text(re.compile(r"step \d+ of 120, stopped"))
    assert "done in" not in view.inner_text()
    expect(tab.locator(".error:visible")).to_have_count(0)


@pytest.fixture
def tab(open_tab, rest):
    panel = open_tab("deep_dream", query=QUICK)
    panel.locator("#deep-dream-view").get_by_text("step 6 of 6, done in").wait_for()
    rest()
    return panel


def test_a_walk_through_the_views(tab, page, rest):
    panel = tab.locator("#deep-dream-panel")
    for part in (tab.locator("#deep-dream-view .after"), panel.locator("svg"), panel.locator("li")):
        box = part.last.bounding_box()
        assert box["y"] + box["height"] <= 720
    assert tab.locator("#deep-dream-layers img").count() == 6
    move_the_line(tab, page)
    pick_a_layer_elsewhere(tab, rest)
    ask_for_a_class(tab, page, rest)


def move_the_line(tab, page):
    """Between before and after, by keys and by mouse: left of it is the photograph."""
    frame = tab.locator("#deep-dream-view .frame")
    before = frame.locator(".before")
    expect(before).to_be_hidden()
    open_view(tab, "Before | after")
    expect(before).to_be_visible()
    expect(before).to_have_css("clip-path", "inset(0px 50% 0px 0px)")
    cut = tab.get_by_label("How much of the photograph is shown")
    cut.press("ArrowRight")
    expect(before).to_have_css("clip-path", "inset(0px 49.5% 0px 0px)")
    box = frame.bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    line = frame.locator(".line").bounding_box()
    assert line["x"] + 1.5 == pytest.approx(box["x"] + 0.25 * box["width"], abs=12)
    open_view(tab, "Picture")
    expect(before).to_be_hidden()


def pick_a_layer_elsewhere(tab, rest):
    """Layers are in view beside video and webcam, and are dreamt of at once."""
    before = tab.locator("#deep-dream-view .after").get_attribute("src")
    layers = tab.locator("#deep-dream-layers button")
    for name in ("Video", "Live"):
        open_view(tab, name)
        expect(layers.first).to_be_in_viewport()
    layers.nth(1).click()
    expect(layers.nth(1)).to_have_attribute("aria-pressed", "true")
    rest()
    open_view(tab, "Picture")
    view = tab.locator("#deep-dream-view")
    expect(view).to_contain_text("28 × 28, stage 3 · step 6 of 6, done in")
    assert view.locator(".after").get_attribute("src") != before


def ask_for_a_class(tab, page, rest):
    """For it the layer does not count, and the lesson says so."""
    view = tab.locator("#deep-dream-view")
    tab.get_by_label("What to maximise", exact=True).click()
    page.get_by_role("option", name="a class", exact=True).click()
    tab.get_by_text("the layer does not count").wait_for()
    asked = rest()
    before = view.inner_html()
    tab.locator("#deep-dream-layers button", has_text="weaves").click()
    assert rest() > asked  # the pick itself arrives
    assert view.inner_html() == before


def test_the_dream_before_is_grey_while_a_layers_is_computed(tab, rest, monkeypatch):
    go_on, dream = threading.Event(), deep_dream.dream
    monkeypatch.setattr(
        deep_dream, "dream", lambda *args, **kwargs: (go_on.wait(60), dream(*args, **kwargs))[1]
    )
    view, saved = tab.locator("#deep-dream-view"), tab.get_by_text("Dream (PNG)")
    expect(saved).to_be_visible()
    try:
        tab.locator("#deep-dream-layers button", has_text="weaves").click()
        expect(view).to_contain_text("The dream before; the new one is being computed")
        expect(view.locator(".after")).to_have_css("opacity", "0.18")
        expect(view.locator(".html-container")).to_have_css("opacity", "1")
        expect(saved).to_be_hidden()
        tab.get_by_role("button", name="Stop", exact=True).first.click()
        expect(view).to_contain_text("The dream before; the new one was stopped.")
        rest()
        tab.locator("#deep-dream-layers button", has_text="meshes").click()
        expect(view).to_contain_text("The dream before; the new one is being computed")
        expect(view.locator(".anew")).to_have_count(1)
    finally:
        go_on.set()
    expect(view).to_contain_text("step 6 of 6, done in")
    expect(view.locator(".anew")).to_have_count(0)
    expect(saved).to_be_visible()


def test_a_refused_picture_takes_its_layers_along(tab, rest):
    layers = tab.locator("#deep-dream-layers button")
    expect(layers).to_have_count(6)
    file = {"name": "a.png", "mimeType": "image/png", "buffer": b"This is not a picture."}
    tab.locator("#deep-dream-picture input[type=file]").set_input_files(file)
    expect(tab.locator(".picture-note.refused")).to_be_visible()
    expect(layers).to_have_count(0)
    expect(tab.locator("#deep-dream-view img").locator("visible=true")).to_have_count(0)
    rest()
    use_sample(tab, "Coffee")
    expect(layers).to_have_count(6)
    expect(tab.locator("#deep-dream-view")).to_contain_text("step 6 of 6, done in")


def test_a_layer_picked_on_the_way_ends_the_dream_before(tab, rest, watch, traffic):
    """The one before waits until the next one is asked for: it never ends by itself."""
    view = tab.locator("#deep-dream-view")
    steps = unfold(tab.locator(".more"), "More", "number input for Steps in each octave")
    steps.fill("60")
    steps.press("Tab")
    seen = watch("deep_dream", "dream")
    seen.hold(3)
    tab.locator("#deep-dream-start").click()
    view.get_by_text("of 360, octave 1").wait_for()
    steps.fill("2")
    steps.press("Tab")
    asked = len(traffic.asked)
    tab.locator("#deep-dream-layers button", has_text="weaves").click()
    poll(tab.page, lambda: len(traffic.asked) > asked, "The next dream")
    seen.leave.set()
    view.get_by_text("step 12 of 12, done in").wait_for()
    rest()
    assert "step 12 of 12, done in" in view.inner_text()  # nothing writes over it
    assert seen.runs == 2
    assert seen.steps < 360


def test_a_picture_too_small_is_one_sentence(tab, page, rest, tmp_path):
    """What clearing a picture sets off may meet the next one, and stop for the same reason."""
    Image.new("RGB", (4, 4)).save(tmp_path / "small.png")
    open_samples(tab)
    picture = tab.locator("#deep-dream-picture")
    picture.get_by_role("button", name="Remove Image").click()
    picture.locator("input[type=file]").set_input_files(tmp_path / "small.png")
    complaint = page.get_by_text("too small")
    complaint.first.wait_for()
    rest()
    assert complaint.count() == 1


def test_layers_and_channels_are_chosen_by_picture(tab, screenshot):
    view = tab.locator("#deep-dream-view")
    before = view.locator(".after").get_attribute("src")
    tab.locator("#deep-dream-layers button", has_text="weaves").click()
    view.locator(f'img[src="{before}"]').wait_for(state="detached")
    view.get_by_text("step 6 of 6, done in").wait_for()
    tab.get_by_label("What to maximise", exact=True).click()
    tab.page.get_by_role("option", name="one channel", exact=True).click()
    sheet = tab.locator("#deep-dream-channels img")
    sheet.wait_for()
    box = sheet.bounding_box()
    sheet.click(position={"x": box["width"] * 2.5 / 8, "y": box["width"] * 0.5 / 8})
    tab.locator("#deep-dream-channels .note").get_by_text("channel 2 of 40").wait_for()
    number = tab.get_by_label("Channel", exact=True)
    tab.page.wait_for_function("field => field.value === '2'", arg=number.element_handle())
    screenshot("deep_dream_channels")


def test_only_the_painted_part_dreams(tab, page, rest, sample, screenshot):
    view = tab.locator("#deep-dream-view")
    everywhere = view.locator(".after").get_attribute("src")
    tab.locator(".more").get_by_text("More").click()
    canvas = tab.locator("#deep-dream-painter canvas")
    page.wait_for_function("canvas => canvas.height === 298", arg=canvas.element_handle())
    canvas.scroll_into_view_if_needed()
    next_frames(page)
    box = canvas.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(451 / 300, rel=0.02)
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.8 * box["height"], steps=6)
    page.mouse.up()
    rest()
    tab.locator("#deep-dream-start").click()
    view.locator(f'img[src="{everywhere}"]').wait_for(state="detached")
    view.get_by_text("step 6 of 6, done in").wait_for()
    # far from the stroke the photograph is untouched: it is a cat again
    assert "cat" in tab.locator("#deep-dream-panel li").first.inner_text()
    rest()
    painted = view.locator(".after").get_attribute("src")
    photo = images.shrink(sample, 160).astype(int)

    def change(source: str) -> list[float]:
        """Grey levels between a dream and the photograph, under the stroke and far from it."""
        off = np.abs(images.load_data_uri(source, max_side=160) - photo).mean(axis=2)
        height, width = off.shape
        under = off[int(0.3 * height) : int(0.7 * height), int(0.08 * width) : int(0.12 * width)]
        return [under.mean(), off[:, width // 2 :].mean()]

    under, far = change(painted)
    assert change(everywhere)[1] > 4 * far
    assert under > 4 * far
    screenshot("deep_dream_painted")


def test_a_video_plays_in_the_page(tab, page, screenshot):
    open_view(tab, "Video")
    for label, value in (("Frames", "12"), ("Octaves per frame", "1")):
        field = tab.get_by_label(f"number input for {label}")
        field.fill(value)
        field.press("Tab")
    steps = unfold(tab.locator(".more"), "More", "number input for Steps per frame")
    for field, value in ((steps, "1"), (tab.get_by_label("number input for Video size"), "160")):
        field.fill(value)
        field.press("Tab")
    tab.get_by_role("button", name="Make the video").click()
    panel = tab.locator("#deep-dream-film")
    panel.get_by_text("12 frames in").wait_for()
    film = panel.locator("video")
    page.wait_for_function("film => film.videoWidth > 0", arg=film.element_handle())
    assert film.evaluate("film => film.duration") == pytest.approx(1, abs=0.1)
    assert tab.get_by_text("Video (MP4)").get_attribute("download") == "dream.mp4"
    screenshot("deep_dream_film")


def test_webcam_dreams_on(tab, page, screenshot):
    start_webcam(tab)
    view = tab.locator("#deep_dream-live-view")
    view.get_by_text(re.compile("frames a second")).wait_for()
    first = view.locator("img").get_attribute("src")
    expect(view.locator("img")).not_to_have_attribute("src", first)
    assert view.locator("img").evaluate("image => image.naturalWidth") == 448
    screenshot("deep_dream_webcam")
    # who turns to another view has switched the camera off
    video = tab.locator("#deep_dream-live-camera video")
    assert video.evaluate("video => video.srcObject.getTracks()[0].readyState") == "live"
    track = video.evaluate_handle("video => video.srcObject.getTracks()[0]")
    open_view(tab, "Video")
    page.wait_for_function("track => track.readyState === 'ended'", arg=track)
    open_view(tab, "Live")
    expect(tab.locator("#deep_dream-live-camera button", has_text="Start webcam")).to_be_visible()

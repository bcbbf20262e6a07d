"""The page around the tabs, in a browser: all of them, on the one page that is there already."""

import base64
import io
import re
import threading

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import expect

from cvcore.core.video import VideoWriter
from demos import TABS
from tests.support.browser import open_samples, poll, use_sample
from tests.support.files import save

pytestmark = pytest.mark.browser

NOTES = {"name": "notes.png", "mimeType": "image/png", "buffer": b"This is not a picture."}
ANSWERS = {
    "classification": "#classification-bars .percent",
    "segmentation": "#segmentation-view .says b",
    "saliency": "#saliency-map img",
}
# How strongly what stands in a part is shown, and what is written over it.
SHOWN = """(part) => [getComputedStyle(part.lastElementChild).opacity,
  getComputedStyle(part, '::after').content]"""


def test_link_opens_its_tab_and_sets_nothing(page, open_tab, serve, rest, asked):
    open_tab(TABS[1], beside=TABS)
    expect(page.locator(f"#tab-{TABS[0]}")).to_be_hidden()
    rest()
    handlers = serve(*TABS).blocks.fns
    assert "restore" not in [handlers[number].name for number in asked]


def test_a_link_sets_its_own_tab_to_work_and_no_other(open_tab, whole_page, rest, asked):
    """Among all lessons; what it asks for belongs to this one or to the page around them."""
    panel = open_tab("classification", beside=TABS, query="&classes-shown-k=3")
    expect(panel.locator("#classification-bars")).to_contain_text("%")
    rest()
    lessons = [whole_page.find_lessons(number) for number in asked]
    assert set().union(*lessons) == {"classification"}
    # When the tab is seen, and when the link has been read.
    assert max(map(asked.count, asked)) <= 2


def test_a_picture_is_offered_in_the_next_tab(open_tab, rest):
    """And what had to be assumed of one stands under it, for as long as it is there."""
    panel = open_tab("classification", beside=TABS)
    expect(panel.locator("#classification-bars")).to_contain_text("espresso")
    use_sample(panel, "Camera")  # not the one that the other opens with
    expect(panel.locator("#classification-bars")).to_contain_text("tripod")
    expect(panel.page).to_have_url(re.compile(r"[?&]tab=classification\b"))
    address = panel.locator("#classification-picture img").get_attribute("src")
    panel = open_tab("convolution")
    panel.page.go_back()  # the open tab stands in the address
    expect(panel.page.locator("#tab-classification")).to_be_visible()
    panel.page.go_forward()
    panel.get_by_role("tab", name="Picture", exact=True).click()
    picture = panel.locator("#convolution-picture img")
    expect(picture).not_to_have_attribute("src", address)
    panel.locator("[data-source=last]").click()
    expect(picture).to_have_attribute("src", address)
    rest()
    open_samples(panel)
    picture = panel.locator("#convolution-picture")
    grey = save(np.full((8, 8), 4000, np.uint16), "PNG")
    # as a browser names it that does not know the kind: it is taken by its name
    file = {"name": "own.qoi", "mimeType": "", "buffer": grey}
    with panel.page.expect_file_chooser() as chooser:  # one click
        picture.get_by_label("Upload file").click()
    expect(picture.locator("img")).to_have_attribute("src", address)  # until the new one is there
    chooser.value.set_files(file)
    note = panel.page.locator(".picture-note")
    expect(panel.locator(".lesson-notes .picture-note")).to_contain_text("for 12 bits")
    expect(note).to_have_count(1)
    expect(panel.page.get_by_test_id("toast-text")).to_have_count(0)
    open_samples(panel)  # a chosen file has closed it
    picture.get_by_role("button", name="Remove Image").click()
    expect(note).to_have_count(1)
    expect(note).to_contain_text("There is no picture yet")
    picture.get_by_text("Drop Image Here").wait_for()


@pytest.mark.parametrize("topic", ANSWERS)
def test_a_refused_file_is_told_once_and_takes_the_answer_along(page, open_tab, rest, asked, topic):
    panel = open_tab(topic)
    picture = panel.locator(f"#{topic}-picture")
    answer = panel.locator(ANSWERS[topic]).locator("visible=true")
    expect(answer.first).to_be_visible()
    picture.locator("input[type=file]").set_input_files(NOTES)
    note = panel.locator(".lesson-notes .picture-note.refused")
    expect(note).to_contain_text("could not be read as a picture")
    expect(picture.locator(".image-frame img")).to_have_css("opacity", "0.15")  # nothing to see
    expect(answer).to_have_count(0)
    rest()
    expect(page.get_by_text("could not be read as a picture")).to_have_count(1)
    expect(page.locator("span.error").locator("visible=true")).to_have_count(0)
    use_sample(panel, "Coffee")
    expect(note).to_have_count(0)
    expect(answer.first).to_be_visible()
    if topic == "saliency":
        rest()
        del asked[:]
        panel.locator("#saliency-explain").dblclick()
        rest()
        assert asked.count(asked[0]) == 1  # others follow each step of its work
    open_samples(panel)
    picture.get_by_role("button", name="Remove Image").click()
    expect(note).to_contain_text("There is no picture yet")
    expect(answer).to_have_count(0)


def test_an_answer_to_the_picture_before_is_grey(page, open_tab, rest, monkeypatch, screenshot):
    panel = open_tab("classification")
    bars = panel.locator("#classification-bars")
    expect(bars).to_contain_text("espresso")
    rest()
    poll(page, lambda: bars.evaluate(SHOWN) == ["1", "none"], "Its own answer")
    go_on, run = threading.Event(), onnxruntime.InferenceSession.run
    monkeypatch.setattr(
        onnxruntime.InferenceSession, "run", lambda *args: (go_on.wait(60), run(*args))[1]
    )
    try:
        use_sample(panel, "Cat")
        said = '"Being computed for the new picture: answers …"'
        poll(page, lambda: bars.evaluate(SHOWN) == ["0.18", said], "A grey answer")
        timings = panel.locator(".badge-box").first  # has no name of its own
        poll(page, lambda: timings.evaluate(SHOWN)[0] == "0.18", "Grey timings")
        screenshot("page_stale", full_page=False)
    finally:
        go_on.set()
    expect(bars).to_contain_text("tiger cat")
    poll(page, lambda: bars.evaluate(SHOWN) == ["1", "none"], "Its own answer")


def test_a_film_is_made_anew_only_where_it_cannot_be_played(page, open_tab, rest, traffic):
    """Debian's Chromium plays H.264; one without it gets the film all the same."""
    open_tab("classification")
    rest()
    sent = []
    traffic.listen("request", lambda asked: sent.append(asked.url.rsplit("/", 1)[1]))
    film = io.BytesIO()
    with VideoWriter(film, 12) as writer:
        for grey in range(0, 240, 20):
            writer.write(np.full((48, 64, 3), grey, np.uint8))
    code = """data => {
        const film = document.createElement('video');
        film.id = 'film';
        film.src = `data:video/mp4;base64,${data}`;
        document.body.append(film);
        return film.canPlayType('video/mp4; codecs="avc1.42E01E"');
    }"""
    plays = page.evaluate(code, base64.b64encode(film.getvalue()).decode())
    page.wait_for_function("document.querySelector('#film').videoWidth === 64")
    assert ("webm" in sent) == (not plays)
    expect(page.locator("#film + .no-film")).to_have_count(0 if plays else 1)

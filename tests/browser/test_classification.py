"""A walk through the classification tab in headless Chromium."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cvcore.core import images, samples
from tests.support.browser import (
    open_samples,
    open_view,
    poll,
    start_webcam,
    unfold,
    use_sample,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(open_tab):
    panel = open_tab("classification")
    panel.locator("#classification-bars li").first.wait_for()
    return panel


def figures(bars):
    """The percentages that the bars show."""
    return [float(text.split()[0]) for text in bars.locator("li .percent").all_inner_texts()]


def test_first_answer_comes_without_a_click_then_sliders_act_on_it(tab, page, screenshot):
    bars = tab.locator("#classification-bars")
    assert bars.locator("li .name").first.inner_text() == "espresso"
    assert len(figures(bars)) == 5
    assert figures(bars) == sorted(figures(bars), reverse=True)
    assert "A known class" in bars.inner_text()
    photo = tab.locator("#classification-photo img").bounding_box()
    assert photo["width"] > bars.bounding_box()["width"] > 250  # both are large
    screenshot("classification")
    before = figures(bars)[0]
    heat = tab.locator("#classification-temperature input[type=number]")
    heat.fill("5")
    heat.press("Tab")
    bars.locator(".percent").first.get_by_text(f"{before:.1f} %").wait_for(state="detached")
    assert figures(bars)[0] < before
    k = tab.locator("#classification-k input[type=number]")
    k.fill("12")
    k.press("Tab")
    bars.locator("li").nth(11).wait_for()
    assert len(figures(bars)) == 12
    open_view(tab, "Softmax")
    softmax = tab.locator("#classification-softmax")
    softmax.get_by_text("the other 988 classes together").wait_for()
    assert "at T = 5" in softmax.inner_text()


def test_no_answer_stays_without_its_picture(tab):
    bars = tab.locator("#classification-bars")
    open_samples(tab)
    tab.get_by_role("button", name="Remove Image").first.click()
    bars.get_by_text("No answer yet").wait_for()
    bars.locator(".sign, li").locator("visible=true").first.wait_for(state="detached")
    assert figures(bars) == []
    assert tab.locator("#classification-photo img").count() == 0


def test_limit_raises_the_sign(tab):
    limit = unfold(
        tab, "None of these: where is the limit?", "number input for Limit for the score"
    )
    limit.fill("20")
    limit.press("Tab")
    tab.locator("#classification-bars").get_by_text("None of these?").wait_for()
    tab.get_by_label("Energy: log of the sum of all exponentials").check()
    tab.locator("#classification-bars").get_by_text("energy score").wait_for()


def test_a_sample_goes_through_every_view(tab, screenshot):
    use_sample(tab, "Camera")
    tab.locator("#classification-bars .bars[data-label=tripod]").wait_for()
    open_view(tab, "Its input")
    steps = tab.locator("#classification-steps")
    tab.get_by_text("Nothing broken").first.wait_for()
    assert steps.locator("figure.broken").count() == 0
    tab.get_by_label("Break a step on purpose").click()
    tab.page.get_by_role("option", name="swap red and blue").click()
    steps.get_by_text("Broken on purpose").wait_for()
    assert steps.locator("figure").count() == 4
    assert steps.locator("figure.broken").count() == 1
    screenshot("classification_input")
    open_view(tab, "Models")
    agreement = tab.locator("#classification-agreement")
    agreement.get_by_text("of 5 classes").wait_for()
    k = tab.locator("#classification-k input[type=number]")
    k.fill("7")
    k.press("Tab")
    agreement.get_by_text("of 7 classes").wait_for()
    open_view(tab, "Robustness")
    curve = tab.locator("#classification-curve")
    curve.locator("svg polyline").first.wait_for()
    assert curve.locator(".under img").count() == 13
    tab.get_by_label("Rotation").check()
    curve.get_by_text("rotation, degrees").wait_for()
    screenshot("classification_robustness")
    # the open view follows a new picture
    use_sample(tab, "Cat")
    curve.get_by_text("tiger cat").first.wait_for()


def test_a_model_that_cannot_be_fetched_leaves_the_bundled_one(tab, page):
    model = tab.get_by_label("Model", exact=True)
    model.click()
    page.get_by_role("option", name=re.compile("ResNet-50")).click()
    tab.get_by_text("cannot be downloaded without a network").wait_for()
    page.wait_for_function(
        "label => document.querySelector(`input[aria-label='Model']`).value === label",
        arg="EfficientNet-Lite0",
    )


def test_webcam_is_classified_and_stops_with_the_tab(page, open_tab, rest, traffic, screenshot):
    tab = open_tab("classification", beside=("convolution",))
    camera = tab.locator("#classification-live-camera")
    start_webcam(tab)
    bars = tab.locator("#classification-live-bars")
    bars.locator("li").first.wait_for()
    assert "cat" in bars.locator("li .name").first.inner_text()
    seen = tab.locator("#classification-flicker")
    page.wait_for_function(
        """() => parseInt(document.querySelector('#classification-flicker tbody td')
          .innerText.match(/\\d+/)) >= 20"""
    )
    assert seen.locator("b").all_inner_texts() == ["0", "0"]  # a cat that stands still
    screenshot("classification_webcam")
    track = camera.locator("video").evaluate_handle("video => video.srcObject.getTracks()[0]")
    open_tab("convolution")
    poll(page, lambda: track.evaluate("track => track.readyState") == "ended", "The camera's end")
    open_tab("classification")
    expect(camera.get_by_role("button", name="Start webcam")).to_be_visible()
    rest()
    count = seen.locator("td").first.inner_text()
    frames = []
    traffic.listen(
        "request", lambda ask: frames.append(ask) if "component_server" in ask.url else None
    )
    rest()  # a webcam that went on would have sent a frame every 40 ms at least
    assert frames == []
    assert seen.locator("td").first.inner_text() == count


def test_a_folder_is_packed_and_measured(tab, page, tmp_path, screenshot):
    coffee = images.to_jpeg(samples.load_sample("coffee"), quality=95)
    for folder in ("espresso", "n07930864"):
        (tmp_path / "set" / folder).mkdir(parents=True)
        (tmp_path / "set" / folder / "1.jpg").write_bytes(coffee)
    (tmp_path / "set" / "notes.txt").write_text("left out")
    open_view(tab, "Folder")
    folder_input = tab.locator("#classification-folder input[type=file]")
    folder_input.set_input_files(tmp_path / "set")
    ranks = tab.locator("#classification-ranks")
    ranks.get_by_text("2 of 2 pictures").wait_for()
    assert ranks.locator("b").all_inner_texts()[:2] == ["50.0\u00a0%", "100.0\u00a0%"]
    mistakes = tab.locator("#classification-mistakes")
    mistakes.get_by_text("said: espresso").wait_for()
    assert "rank 2" in mistakes.inner_text()
    open_view(tab, "Ranks")  # the same table, and the example by hand as N moves
    tab.get_by_label("an example by hand").check()
    example = tab.locator("#classification-lecture")
    example.get_by_text("2 of 5 = 40.0").wait_for()
    tab.locator("#classification-n input[type=number]").fill("2")
    example.get_by_text("3 of 5 = 60.0").wait_for()
    typed = tab.get_by_label("Where the truths stand")
    typed.fill("2, 2, 2, 2, 2")
    typed.press("Enter")
    example.get_by_text("5 of 5 = 100.0").wait_for()
    expect(ranks).to_be_hidden()
    screenshot("classification_rank_n")


def test_stop_ends_a_long_run(tab, rest, held, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    (tmp_path / "set" / "espresso").mkdir(parents=True)
    for i in range(264):
        (tmp_path / "set" / "espresso" / f"{i}.jpg").write_bytes(images.to_jpeg(noise, quality=40))
    held(
        "classification.rank_n", "evaluate", after=30
    )  # batches: what is seen is shown after 0.4 s
    open_view(tab, "Folder")
    tab.locator("#classification-folder input[type=file]").set_input_files(tmp_path / "set")
    ranks = tab.locator("#classification-ranks")
    ranks.get_by_text(re.compile(r"\d+ of 264 pictures")).wait_for()
    tab.get_by_role("button", name="Stop", exact=True).click()
    rest()  # the run has ended, and nothing is asked for any more
    stopped = ranks.inner_text()
    assert int(re.search(r"(\d+) of 264 pictures", stopped)[1]) < 264


def test_large_photos_are_shrunk_and_too_much_is_told(tab, tmp_path):
    (tmp_path / "set" / "espresso").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    (tmp_path / "set" / "espresso" / "1.jpg").write_bytes(images.to_jpeg(noise, quality=95))
    before = (tmp_path / "set" / "espresso" / "1.jpg").stat().st_size / 1e6
    open_view(tab, "Folder")
    note = tab.locator("#classification-folder .note")
    field = tab.locator("#classification-folder input[type=file]")
    field.set_input_files(tmp_path / "set")
    note.get_by_text(re.compile(r"1 picture, [\d.]+ MB")).wait_for()
    assert float(re.search(r"([\d.]+) MB", note.inner_text())[1]) < 0.6 * before
    for i in range(20):  # cannot be decoded, so cannot be shrunk
        (tmp_path / "set" / "espresso" / f"{i}.png").write_bytes(noise.tobytes()[:2_500_000])
    field.set_input_files(tmp_path / "set")
    note.get_by_text("choose one of at most 40 MB").wait_for()


def test_readable_on_a_phone(page, open_tab, screenshot):
    page.set_viewport_size({"width": 390, "height": 844})
    panel = open_tab("classification", query="&__theme=dark")
    panel.locator("#classification-bars li").first.wait_for()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    screenshot("classification_phone")


def test_code_is_shown_on_request(open_tab):
    panel = open_tab("classification")
    panel.get_by_role("button", name="Show the code").click()
    expect(panel.locator(".cm-content").last).to_contain_text("def predict_topk")

"""A walk through the detection tab in headless Chromium."""

import re

import pytest

from cvcore import detection, samples, video

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(open_tab):
    panel = open_tab("detection")
    panel.locator(".detector[data-detections]").wait_for()
    return panel


def numbers(tab):
    data = tab.locator(".detector").evaluate("node => ({...node.dataset})")
    return {key: float(value) for key, value in data.items() if key != "mode"}


def wait(page, condition):
    page.wait_for_function(
        f"() => {{ const d = document.querySelector('#detection-view .detector').dataset;"
        f" return {condition}; }}"
    )


def show(tab, mode):
    tab.locator(f"button[data-mode={mode}]").click()
    return tab.locator(".detector .panel")


def drag(page, box, start, end):
    page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=6)
    page.mouse.up()


def test_first_result_comes_without_a_click(tab, screenshot):
    image = samples.load_sample("street")
    raw = detection.predict_raw(image)
    found = detection.explain_suppression(raw)
    assert numbers(tab)["proposed"] == len(raw.xyxy)
    assert numbers(tab)["candidates"] == len(found.candidates)
    assert numbers(tab)["detections"] == len(found.detections) > 2
    assert "person 3" in tab.locator(".chips").inner_text()
    screenshot("detection")


def test_browser_suppresses_as_the_server_does(tab, page):
    raw = detection.predict_raw(samples.load_sample("street"))
    for confidence, iou in ((0.05, 0.45), (0.02, 0.2), (0.02, 0.9), (0.6, 0.45)):
        for name, value in (("confidence", confidence), ("iou", iou)):
            field = tab.locator(f"#detection-{name} input[type=number]")
            field.fill(str(value))
            field.press("Tab")
        found = detection.explain_suppression(raw, confidence=confidence, iou=iou)
        wait(
            page,
            f"d.candidates == {len(found.candidates)} && d.detections == {len(found.detections)}",
        )


def test_views_explain_a_box(tab, page, screenshot):
    assert "several times" in show(tab, "before").inner_text()
    steps = show(tab, "steps")
    assert "Turn 1 of" in steps.inner_text()
    tab.get_by_role("button", name="next turn").click()
    assert "Turn 2 of" in steps.inner_text()
    assert "IoU 0." in steps.inner_text()
    screenshot("detection-steps")
    grid = show(tab, "grid").inner_text()
    assert re.search(r"(13 x 13|26 x 26) grid", grid)
    assert "σ(" in grid
    assert "exp(" in grid
    screenshot("detection-grid")
    objectness = show(tab, "objectness")
    tab.get_by_role("button", name="26 x 26").click()
    tab.locator("canvas").click(position={"x": 60, "y": 60})
    assert "anchor 23 x 27" in objectness.inner_text()
    screenshot("detection-objectness")


def test_a_truth_box_is_judged(tab, page, screenshot):
    show(tab, "truth")
    drag(page, tab.locator("canvas").bounding_box(), (0.06, 0.37), (0.26, 0.82))
    tab.locator("#detection-judgement").get_by_text("1 true").wait_for()
    assert "IoU 0.9" in tab.locator(".detector .panel").inner_text()
    tab.locator(".detector .panel select").select_option("zebra")
    tab.locator("#detection-judgement").get_by_text("0 true").wait_for()
    screenshot("detection-truth")
    tab.get_by_role("button", name="Remove all").click()
    tab.locator("#detection-judgement svg").wait_for(state="detached")


def test_input_size_and_classes(tab, page):
    field = tab.locator("#detection-size input[type=number]")
    field.fill("320")
    field.press("Tab")
    wait(page, "d.proposed == 1500")
    tab.locator("#detection-classes input").click()
    page.get_by_role("option", name="bus", exact=True).click()
    wait(page, "d.detections <= 1")


def test_without_a_network_the_bundled_model_goes_on(tab, page):
    tab.get_by_label("Model", exact=True).click()
    page.get_by_role("option", name=re.compile("YOLO11n")).click()
    tab.locator("#detection-notice").get_by_text("use the bundled model").wait_for()
    assert tab.get_by_label("Model", exact=True).input_value() == "YOLOv3-tiny"
    assert numbers(tab)["detections"] > 2


def test_webcam_is_followed_and_stops_with_the_tab(tab, page, open_tab, screenshot):
    camera = tab.locator("#detection-live-camera")
    camera.scroll_into_view_if_needed()
    camera.get_by_text("Click to Access Webcam").click()
    camera.locator("button", has_text="Record").click()
    tab.locator("#detection-live-view output").get_by_text("frames a second").wait_for()
    tab.locator("#detection-live-counts").get_by_text("Now:").wait_for()
    screenshot("detection-live")
    open_tab("classification")
    page.wait_for_timeout(600)
    source = page.locator("#detection-live-view img").get_attribute("src")
    page.wait_for_timeout(700)
    assert page.locator("#detection-live-view img").get_attribute("src") == source


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "street.mp4"
    street = samples.load_sample("street")[300:900]
    with video.FilmWriter(path, 15) as writer:
        for step in range(90):
            writer.write(street[step : step + 480])
    return path


def test_film_is_stopped_then_finished(tab, page, film, screenshot):
    tab.locator("#detection-film input[type=file]").set_input_files(film)
    tab.locator("#detection-film video").wait_for()
    progress = tab.locator("#detection-film-progress")
    tab.get_by_role("button", name="Start", exact=True).click()
    progress.get_by_text(re.compile(r"Frame \d+ of 90")).wait_for()
    tab.locator("#detection-film-stop").click()
    page.wait_for_timeout(800)
    stopped = progress.inner_text()
    page.wait_for_timeout(1200)
    assert progress.inner_text() == stopped
    assert "Frame 90" not in stopped
    tab.get_by_role("button", name="Start", exact=True).click()
    progress.get_by_text("Frame 90 of 90").wait_for()
    result = tab.locator("#detection-film-result video")
    result.wait_for()
    page.wait_for_function(
        "() => document.querySelector('#detection-film-result video').readyState >= 2"
    )  # the browser plays it
    screenshot("detection-film")


def test_the_way_to_yolo(tab, page, screenshot):
    tab.locator("#detection-windows").get_by_text(re.compile(r"[\d,]+ windows")).wait_for()
    pooling = tab.locator("#detection-pooling")
    pooling.get_by_text("Pooled 3 x 3").wait_for()
    assert pooling.locator(".won").count() == 7  # two bins may share a winner
    screenshot("detection-path")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_readable_on_a_phone_in_both_themes(page, app_url, theme, screenshot):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app_url}/?tab=detection&__theme={theme}")
    page.locator(".detector[data-detections]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(f"detection-phone-{theme}")

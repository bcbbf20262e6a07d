"""A walk through the detection tab in headless Chromium."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cvcore import detection
from cvcore.core import samples, video
from tests.support.browser import open_more, open_view, poll, start_webcam, use_sample

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


def show(tab, title):
    open_view(tab, title)
    return tab.locator(".says .panel")


def drag(page, box, start, end):
    page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=6)
    page.mouse.up()


def test_first_result_comes_without_a_click_then_the_browser_suppresses(tab, page, screenshot):
    """As the server does."""
    image = samples.load_sample("street")
    raw = detection.predict_raw(image)
    found = detection.explain_suppression(raw)
    assert numbers(tab)["proposed"] == len(raw.xyxy)
    assert numbers(tab)["candidates"] == len(found.candidates)
    assert numbers(tab)["detections"] == len(found.detections) > 2
    assert "person 3" in tab.locator(".chips").inner_text()
    screenshot("detection")
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


def test_view_and_files_agree_at_the_edges(tab):
    """A box may reach beyond the picture; what is shown and saved ends with the picture."""
    raw = detection.predict_raw(samples.load_sample("street"))
    found = detection.suppress(raw)
    beyond = raw.xyxy[found.row]
    assert (beyond != found.xyxy).any()
    lines = tab.locator(".panel tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].slice(2).map(cell => cell.textContent))"
    )
    expected = []
    for x1, y1, x2, y2 in np.floor(found.xyxy.astype(float) + 0.5).astype(int).tolist():
        expected.append([f"{x1}, {y1}", f"{x2 - x1} x {y2 - y1}"])
    assert lines == expected


def test_every_detection_is_listed(tab, page):
    field = tab.locator("#detection-confidence input[type=number]")
    field.fill("0.02")
    field.press("Tab")
    raw = detection.predict_raw(samples.load_sample("street"))
    count = len(detection.suppress(raw, confidence=0.02))
    assert count > 12
    wait(page, f"d.detections == {count}")
    assert tab.locator(".panel tbody tr").count() == count


def test_a_click_chooses_the_box_to_explain(tab, page):
    raw = detection.predict_raw(samples.load_sample("street"))
    found = detection.suppress(raw)
    number = found.label.index("bus")
    x1, y1, x2, y2 = found.xyxy[number].tolist()
    canvas = tab.locator("canvas").bounding_box()
    image_h, image_w = raw.letterbox.image_hw
    spot = ((x1 + x2) / 2 / image_w, (y1 + 0.15 * (y2 - y1)) / image_h)
    page.mouse.click(
        canvas["x"] + canvas["width"] * spot[0], canvas["y"] + canvas["height"] * spot[1]
    )
    open_view(tab, "Why?")
    page.wait_for_function(
        f"() => document.querySelector('#detection-why-box input').value == '{number + 1}'"
    )


def test_old_answers_go_with_their_picture(open_tab, page, rest):
    tab = open_tab("detection", query="&random-masks=100")
    tab.locator(".detector[data-detections]").wait_for()
    open_view(tab, "History")
    tab.locator("#detection-way h3").first.wait_for()
    before = tab.locator("#detection-way").inner_text()
    open_view(tab, "Why?")
    tab.locator("#detection-why-start").click()
    tab.locator("#detection-why").get_by_text("of the map lies").wait_for()
    use_sample(tab, "Coffee")
    tab.locator("#detection-why").get_by_text("of the map lies").wait_for(state="detached")
    rest()
    assert tab.locator("#detection-why .shown").count() == 0  # nor does it come back
    open_view(tab, "History")
    page.wait_for_function(
        "before => { const text = document.querySelector('#detection-way').innerText;"
        " return text && text !== before; }",
        arg=before,
    )


def test_the_view_by_keyboard(tab, page):
    canvas = tab.locator("canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "Click a box" in tab.locator(".says .panel").inner_text()
    show(tab, "NMS steps")
    assert page.evaluate("document.activeElement.textContent") == "NMS steps"  # focus stays
    show(tab, "Truth")
    canvas.focus()
    page.keyboard.press("Enter")
    for key, times in (("ArrowLeft", 30), ("ArrowDown", 6), ("Shift+ArrowDown", 25)):
        for _ in range(times):
            page.keyboard.press(key)
    tab.locator("#detection-judgement svg[role=img]").wait_for()
    said = re.search(r"IoU (0\.\d\d)", tab.locator(".says .panel").inner_text())[1]
    cells = tab.locator("#detection-judgement td", has_text=said)
    cells.first.wait_for()  # the server judges the box as it now stands
    tab.locator("#detection-truth-iou").wait_for()
    canvas.focus()
    page.keyboard.press("Delete")
    tab.locator("#detection-judgement svg[role=img]").wait_for(state="detached")


def test_a_cancelled_drag_leaves_nothing(tab, page):
    show(tab, "Truth")
    box = tab.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 150, steps=4)
    tab.locator("canvas").dispatch_event("pointercancel")
    page.mouse.move(box["x"] + 150, box["y"] + 180, steps=2)
    page.mouse.up()
    assert "Drag a box" in tab.locator(".says .panel").inner_text()


def test_views_explain_a_box(tab, page, screenshot):
    assert "several times" in show(tab, "Before NMS").inner_text()
    steps = show(tab, "NMS steps")
    assert "Turn 1 of" in steps.inner_text()
    tab.get_by_role("button", name="next turn").click()
    assert "Turn 2 of" in steps.inner_text()
    assert "IoU 0." in steps.inner_text()
    screenshot("detection-steps")
    grid = show(tab, "Grid").inner_text()
    assert re.search(r"(13 x 13|26 x 26) grid", grid)
    assert "σ(" in grid
    assert "exp(" in grid
    screenshot("detection-grid")
    objectness = show(tab, "Objectness")
    tab.get_by_role("button", name="26 x 26").click()
    tab.locator("canvas").click(position={"x": 60, "y": 60})
    assert "anchor 23 x 27" in objectness.inner_text()
    screenshot("detection-objectness")


def test_a_truth_box_is_judged(tab, page, screenshot):
    show(tab, "Truth")
    drag(page, tab.locator("canvas").bounding_box(), (0.06, 0.37), (0.26, 0.82))
    tab.locator("#detection-judgement").get_by_text("1 true").wait_for()
    assert "IoU 0.9" in tab.locator(".says .panel").inner_text()
    tab.locator(".says .panel select").select_option("zebra")
    tab.locator("#detection-judgement").get_by_text("0 true").wait_for()
    screenshot("detection-truth")
    tab.get_by_role("button", name="Remove all").click()
    tab.locator("#detection-judgement svg[role=img]").wait_for(state="detached")


def test_input_size_and_classes(tab, page):
    open_more(tab)
    field = tab.locator("#detection-size input[type=number]")
    slider = tab.locator("#detection-size input[type=range]")
    for act, size in (
        (lambda: slider.press("ArrowRight"), 448),
        (lambda: slider.press("PageDown"), 384),  # a tenth of the range, in whole steps
        (lambda: field.press("PageUp"), 448),
        (lambda: (field.fill("200"), field.press("Enter")), 192),  # the nearest of its sizes
        (lambda: (field.fill("9999"), field.press("Enter")), 640),
        (lambda: (field.fill("320"), field.press("Tab")), 320),
    ):
        act()
        cells = size // 32
        wait(page, f"d.proposed == {3 * (cells**2 + (2 * cells) ** 2)}")
        assert field.input_value() == str(size)
    raw = detection.predict_raw(samples.load_sample("street"), input_size=320)
    buses = detection.explain_suppression(raw, classes=["bus"])
    every = detection.explain_suppression(raw)
    assert len(buses.detections) < len(every.detections)
    wait(page, f"d.detections == {len(every.detections)}")
    tab.locator("#detection-classes input").click()
    page.get_by_role("option", name="bus", exact=True).click()
    wait(
        page,
        f"d.candidates == {len(buses.candidates)} && d.detections == {len(buses.detections)}",
    )


def test_without_a_network_the_bundled_model_goes_on(tab, page):
    open_more(tab)
    tab.get_by_label("Model", exact=True).click()
    page.get_by_role("option", name=re.compile("YOLO11n")).click()
    tab.locator("#detection-notice").get_by_text("use the bundled model").wait_for()
    assert tab.get_by_label("Model", exact=True).input_value() == "YOLOv3-tiny"
    assert numbers(tab)["detections"] > 2


def test_webcam_is_followed_and_stops_with_the_tab(page, open_tab, rest, traffic, screenshot):
    tab = open_tab("detection", beside=("convolution",))
    camera = tab.locator("#detection-live-camera")
    start_webcam(tab)
    tab.locator("#detection-live-view output").get_by_text(
        re.compile(r"frames a second, \d+ ms to the server and back")
    ).wait_for()
    tab.locator("#detection-live-counts").get_by_text("Now:").wait_for()
    screenshot("detection-live")
    film = camera.locator("video").evaluate_handle("video => video.srcObject.getTracks()[0]")
    open_tab("convolution")
    poll(page, lambda: film.evaluate("film => film.readyState") == "ended", "The camera's end")
    source = page.locator("#detection-live-view img").get_attribute("src")
    frames = []
    traffic.listen(
        "request", lambda ask: frames.append(ask) if "component_server" in ask.url else None
    )
    rest()  # a film that went on would have sent a frame every 40 ms at least
    assert frames == []
    assert page.locator("#detection-live-view img").get_attribute("src") == source


def test_in_the_browser_a_line_lies_over_the_canvas_and_counts(open_tab):
    panel = open_tab("detection", query="&view=live")
    view = panel.locator("#detection-live-view")
    panel.get_by_label("Where it runs").select_option("browser")
    panel.get_by_role("button", name="Start webcam").click()
    view.locator("canvas").wait_for()
    panel.locator("#detection-live-counting [data-does=line]").press("Enter")
    counts = panel.locator("#detection-live-counts")
    counts.get_by_text("With the arrow 0, against it 0").wait_for()
    sheet = view.locator(".counting-sheet").bounding_box()
    wide, high = view.locator("canvas").evaluate("shown => [shown.width, shown.height]")
    assert sheet["width"] / sheet["height"] == pytest.approx(wide / high, rel=0.01)
    panel.get_by_role("button", name="Stop", exact=True).click()


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Higher than wide."""
    path = tmp_path_factory.mktemp("film") / "street.mp4"
    street = samples.load_sample("street")[300:900]
    with video.VideoWriter(path, 15) as writer:
        for step in range(40):
            writer.write(street[step : step + 480, :320])
    return path


def test_film_is_stopped_then_finished(tab, page, rest, held, film, screenshot):
    """About 10 s: 40 frames, each through the network, and again up to Stop."""
    open_view(tab, "Video")
    field = tab.locator("#detection-video input[type=file]")
    assert {".gif", ".mkv", "video/*"} <= {*field.get_attribute("accept").split(", ")}
    field.set_input_files(film)
    tab.locator("#detection-video video").wait_for()
    progress = tab.locator("#detection-video-progress")
    progress.locator("img[data-first]").wait_for()  # a line is drawn on it, by keyboard
    tab.locator("#detection-video-counting [data-does=line]").press("Enter")
    page.keyboard.press("ArrowLeft")
    tab.locator("#detection-video-counting [data-line^='0.130,0.600 0.850']").wait_for(
        state="attached"
    )
    rest()
    seen = held("detection.video", "annotate_video")
    tab.get_by_role("button", name="Start", exact=True).click()
    progress.get_by_text(re.compile(r"Frame \d+ of 40")).wait_for()
    tab.locator("#detection-video-stop").click()
    progress.get_by_text("Stopped early").wait_for()
    page.wait_for_function(
        "() => document.querySelector('#detection-video-result video')?.readyState >= 2"
    )  # the film up to there, and the browser plays it
    rest()  # the run has ended, and nothing is asked for any more
    stopped = progress.inner_text()
    assert "Stopped early" in stopped
    assert "Frame 40" not in stopped
    seen.hold(0)
    tab.get_by_role("button", name="Start", exact=True).click()
    progress.get_by_text("Frame 40 of 40").wait_for()
    assert "With the arrow 0, against it 0" in progress.inner_text()
    result = tab.locator("#detection-video-result video")
    result.wait_for()
    page.wait_for_function(
        "() => document.querySelector('#detection-video-result video').readyState >= 2"
    )  # the browser plays it
    stage = tab.locator("#detection-view-video")
    assert stage.evaluate("e => e.scrollHeight - e.clientHeight") <= 0  # the film fits
    assert result.bounding_box()["height"] > 200
    screenshot("detection-video")


def test_the_way_to_yolo(tab, page, screenshot):
    open_view(tab, "History")
    tab.locator("#detection-windows").get_by_text(re.compile(r"[\d,]+ windows")).wait_for()
    screenshot("detection-path")
    open_view(tab, "RoI pooling")
    pooling = tab.locator("#detection-pooling")
    pooling.get_by_text("RoI pooling 3 x 3").wait_for()
    assert pooling.locator(".won").count() == 4  # two bins may share a winner, three wait


def test_readable_on_a_phone(page, open_tab, screenshot):
    page.set_viewport_size({"width": 390, "height": 844})
    panel = open_tab("detection", query="&__theme=dark")
    panel.locator(".detector[data-detections]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot("detection-phone")


def test_a_cell_without_anchors_is_asked_by_a_click(open_tab, rest):
    panel = open_tab("detection", query="&view=anchor-free")
    cell = panel.locator("#detection-cell-says th").first
    expect(cell).to_contain_text("Row")
    best = cell.inner_text()
    frame = panel.locator("#detection-cell .frame")
    frame.click(position={"x": 3, "y": 3})
    expect(cell).not_to_have_text(best)
    frame.press("ArrowDown")
    frame.press("Enter")
    expect(cell).to_contain_text("Row 1,")
    panel.get_by_role("radio", name="52 x 52").check()
    rest()
    assert panel.locator("#detection-sides .chart").count() == 4
    panel.get_by_role("radio", name="13 x 13").check()
    panel.get_by_role("button", name="Best cell").click()
    expect(cell).to_have_text(best)

"""A walk through the segmentation tab in headless Chromium."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cvcore.core import images
from tests.support.browser import (
    next_frames,
    open_view,
    poll,
    start_webcam,
    use_sample,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(open_tab, rest):
    panel = open_tab("segmentation")
    panel.locator("#segmentation-view .says b").wait_for()
    rest()
    return panel


def read_pixels(text):
    """The pixels of T in "2 |T ∩ P| / (|T| + |P|)" as it stands on the page."""
    return int(re.search(r"([\d,]+) \+ [\d,]+", text)[1].replace(",", ""))


def test_threshold_brush_and_cut(page, tab, screenshot):
    says = tab.locator("#segmentation-view .says b")
    before = says.inner_text()
    assert 20 < float(before.split()[0]) < 80
    field = tab.get_by_label("number input for Threshold")
    field.fill("0.95")
    field.press("Tab")
    expect(says).not_to_have_text(before)
    assert float(says.inner_text().split()[0]) < float(before.split()[0])
    canvas = tab.locator("#segmentation-view canvas")
    assert canvas.get_attribute("data-draws") is None  # a keyboard's pen would draw nothing here
    assert "draw" not in canvas.get_attribute("aria-label")
    open_view(tab, "Truth")
    assert canvas.get_attribute("data-draws") is not None
    assert "draw a truth" in canvas.get_attribute("aria-label")
    tab.get_by_role("button", name="Start from the network's mask").click()
    tab.locator("#segmentation-truth .row .formula").first.wait_for()
    assert "Dice" in tab.locator("#segmentation-truth").inner_text()
    screenshot("segmentation_truth")
    open_view(tab, "Levels")
    skip = tab.locator("#segmentation-u .skip").first
    skip.click()
    tab.locator("#segmentation-u .skip[aria-checked=false]").wait_for()
    tab.locator("#segmentation-cut").get_by_text("Without skip connection 0").wait_for()
    screenshot("segmentation_cut")


def test_what_belongs_together_is_on_one_screen(tab):
    open_view(tab, "Levels")  # what a cut changes is seen beside it
    tab.locator("#segmentation-u .skip").last.click()
    masks = tab.locator("#segmentation-cut")
    masks.get_by_text("Without skip connection").wait_for()
    for part in (tab.locator("#segmentation-u .skip").last, masks.locator("img").last):
        expect(part).to_be_in_viewport(ratio=1)
    open_view(tab, "Fine-tune")  # the brush and what its strokes are for
    for part in ("#segmentation-view canvas", "#segmentation-teach"):
        expect(tab.locator(part)).to_be_in_viewport(ratio=1)
    expect(tab.get_by_role("button", name="Keep picture and truth")).to_be_in_viewport(ratio=1)


# The slider as it is dragged; after each step, before anything else runs, what stands on the page.
DRAG = """(tab, steps) => {
  const slider = tab.querySelector('#segmentation-threshold input[type=range]');
  const read = (name) => tab.querySelector(`#segmentation-truth [data-is=${name}]`).textContent;
  return steps.map(step => {
    slider.value = step;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    const share = tab.querySelector('#segmentation-view .says b').textContent;
    const canvas = tab.querySelector('#segmentation-truth canvas');
    return [parseFloat(share), read('sum'), read('both'), read('dice'), canvas.checkVisibility()];
  });
}"""


def test_numbers_beside_a_mask_are_of_that_mask(tab, rest):
    """Dice and IoU follow the slider as the mask does, and are what the server says of it."""
    open_view(tab, "Truth")
    tab.get_by_role("button", name="Start from the network's mask").click()
    formula = tab.locator("#segmentation-truth .row .formula").first
    expect(formula).to_contain_text("= 1.000")
    tab.locator("#segmentation-truth canvas").wait_for(state="attached")
    rest()
    truth = read_pixels(formula.inner_text())
    seen = tab.evaluate(DRAG, [0.6, 0.97, 0.1, 0.3])
    for share, total, both, dice, is_drawn in seen:
        before, predicted = (int(one.replace(",", "")) for one in total.split(" + "))
        assert before == truth
        # the mask is drawn from 256 grey levels
        assert 100 * predicted / 512**2 == pytest.approx(share, abs=0.4)
        shared = int(both.replace(",", ""))
        assert shared == min(truth, predicted)  # masks at thresholds lie in each other
        assert float(dice) == pytest.approx(2 * shared / (truth + predicted), abs=5e-4)
        assert is_drawn
    assert len({dice for *_, dice, _ in seen}) == 4
    rest()
    words = formula.inner_text()
    open_view(tab, "Count")
    rest()
    open_view(tab, "Truth")  # asked anew
    rest()
    assert formula.inner_text() == words
    expect(tab.locator("#segmentation-truth figure img")).to_be_visible()


def test_a_truth_is_painted_with_the_pointer(page, tab):
    open_view(tab, "Truth")
    canvas = tab.locator("#segmentation-view canvas")

    def paint_line(height):
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        x, y = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * height
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + box["width"] * 0.4, y, steps=5)

    paint_line(0.4)
    page.mouse.up()
    formula = tab.locator("#segmentation-truth .row .formula").first
    formula.wait_for()
    # A line 0.4 of the width long and 0.05 wide, with round ends, on 512 x 512 pixels
    width, length = 0.05 * 512, 0.4 * 512
    expected = width * length + np.pi * width**2 / 4
    assert read_pixels(formula.inner_text()) == pytest.approx(expected, rel=0.05)
    text = formula.text_content()
    paint_line(0.6)
    canvas.dispatch_event("pointercancel", {"pointerId": 1})  # as when a phone takes the touch
    expect(formula).not_to_have_text(text)
    assert read_pixels(formula.inner_text()) == pytest.approx(2 * expected, rel=0.05)
    page.mouse.up()
    # Strokes faster than the server: the last one counts.
    press = """async (root, [names, pause]) => {
      for (const name of names) {
        root.querySelector(`[data-act=${name}]`).click();
        if (pause) await new Promise(done => setTimeout(done, pause));
      }
    }"""
    view = tab.locator("#segmentation-view")
    view.evaluate(press, [["copy", "clear", "copy", "clear", "copy"], 0])
    expect(formula).to_contain_text("= 1.000")
    for pause in (0, 5):
        view.evaluate(press, [["copy", "clear", "copy", "clear"], pause])
        tab.locator("#segmentation-truth").get_by_text("There is no truth yet").wait_for()
        view.evaluate(press, [["clear", "copy"], pause])
        expect(formula).to_contain_text("= 1.000")


def test_masks_are_uploaded_and_removed(page, tab, rest, screenshot, tmp_path):
    """About 10 s: each of the files goes through the page and back."""
    truth = np.zeros((512, 512), np.uint8)
    truth[100:200, 100:300] = 1
    (tmp_path / "mask.png").write_bytes(images.to_png(truth))
    (tmp_path / "empty.png").write_bytes(images.to_png(truth * 0))
    area, formula = (
        tab.locator("#segmentation-mask"),
        tab.locator("#segmentation-truth .row .formula"),
    )

    def upload(name):
        area.locator("input[type=file]").first.set_input_files(tmp_path / name)

    def count_painted():
        """Pixels of the picture that are tinted with the truth's colour, in brush mode."""
        return tab.locator("#segmentation-view canvas").evaluate(
            """canvas => {
              const data = canvas.getContext('2d').getImageData(110, 110, 180, 80).data;
              let blue = 0;
              for (let i = 0; i < data.length; i += 4) if (data[i + 2] > data[i] + 40) blue++;
              return blue;
            }"""
        )

    open_view(tab, "Truth")
    bare = count_painted()
    upload("mask.png")
    formula.first.wait_for()
    assert read_pixels(formula.first.inner_text()) == 100 * 200
    rest()
    painted = count_painted()
    assert painted > bare + 1000
    screenshot("segmentation_mask")
    area.get_by_label("Remove Image").or_(area.get_by_label("Clear")).first.click()
    tab.locator("#segmentation-truth").get_by_text("There is no truth yet").wait_for()
    poll(page, lambda: count_painted() == bare, "The picture without a truth")
    upload("empty.png")
    page.get_by_text("Nothing is inside this mask").wait_for()
    area.get_by_label("Remove Image").or_(area.get_by_label("Clear")).first.click()
    # Another picture takes the truth along; the same mask again is drawn again.
    upload("mask.png")
    formula.first.wait_for()
    for name in ("Camera", "Astronaut"):
        use_sample(tab, name)
        tab.locator("#segmentation-truth").get_by_text("There is no truth yet").wait_for()
        expect(area.locator("img")).to_have_count(0)
        rest()
    assert count_painted() == bare
    upload("mask.png")
    formula.first.wait_for()
    assert read_pixels(formula.first.inner_text()) == 100 * 200
    poll(page, lambda: count_painted() == painted, "The truth drawn again")


def test_count_uncertainty_and_files(page, tab, screenshot):
    says = tab.locator("#segmentation-view .says b")
    before = says.inner_text()
    use_sample(tab, "Nuclei, glowing")
    expect(says).not_to_have_text(before)
    before = says.inner_text()
    tab.get_by_label("cell nuclei").locator("visible=true").first.check()
    expect(says).not_to_have_text(before)
    open_view(tab, "Count")
    panel, counted = tab.locator("#segmentation-count"), tab.locator("#segmentation-count .formula")
    panel.get_by_text("Connected components alone find").wait_for()
    parted, together = map(
        int, re.search(r"(\d+) objects\s+.*alone find (\d+)", panel.inner_text()).groups()
    )
    tab.get_by_label("Split objects that touch").click()
    expect(panel).not_to_contain_text("Connected components alone")
    assert 10 < together < parted
    expect(counted).to_have_text(f"{together} objects")
    screenshot("segmentation_count")
    open_view(tab, "Uncertainty")
    uncertainty = tab.locator("#segmentation-uncertainty")
    uncertainty.get_by_text("bits a pixel").wait_for()
    expect(uncertainty).to_contain_text("nuclei do not change in a mirror")
    assert uncertainty.locator("img").count() == 3
    screenshot("segmentation_doubt")
    open_view(tab, "Cut out")
    with page.expect_download() as saved:
        tab.get_by_text("Cut out (PNG)").click()
    assert saved.value.suggested_filename == "cut_out.png"


def test_teaching_stops_and_goes_on(tab, rest, held, screenshot):
    """About 10 s: steps of training, stopped, then gone on with."""
    held("segmentation.fine_tuning", "fine_tune")
    open_view(tab, "Truth")
    tab.get_by_role("button", name="Start from the network's mask").click()
    tab.locator("#segmentation-truth .row .formula").first.wait_for()
    open_view(tab, "Fine-tune")
    tab.get_by_role("button", name="Keep picture and truth").click()
    tab.locator("#segmentation-pairs").get_by_text("pair 1").wait_for()
    tab.get_by_label("number input for Steps").fill("300")
    taught = tab.locator("#segmentation-taught")
    tab.get_by_role("button", name="Fine-tune", exact=True).click()
    taught.get_by_text("of 300").wait_for()
    screenshot("segmentation_teaching")
    tab.get_by_role("button", name="Stop", exact=True).filter(visible=True).first.click()
    rest()
    tab.get_by_role("button", name="Try it on the picture shown").click()
    taught.get_by_text("steps of fine-tuning").wait_for()
    steps = int(re.search(r"after (\d+) steps", taught.inner_text())[1])
    assert 1 <= steps < 300
    assert taught.locator(".scores tr").count() == 3  # names, a pair, its mean
    tab.get_by_label("number input for Steps").fill("10")
    tab.get_by_label("number input for Steps").press("Tab")
    rest()
    tab.get_by_role("button", name="Go on", exact=True).click()
    taught.get_by_text(re.compile(r"Step (\d+) of \1, done")).wait_for()
    # A step may have been under way when Stop was pressed.
    assert steps + 10 <= int(re.search(r"Step (\d+)", taught.inner_text())[1]) < 300
    taught.get_by_text("mean, pictures it learned from").wait_for()
    screenshot("segmentation_taught")


def test_webcam_and_its_effects(page, tab, screenshot, tmp_path):
    """About 10 s: every effect waits for frames of the webcam, which take half a second each."""
    start_webcam(tab)
    view = tab.locator("#segmentation-live-view")
    view.locator("img").wait_for()
    view.locator("output").get_by_text("frames a second").wait_for()
    screenshot("segmentation_live")

    def read_corner():
        """Red, green and blue of the live picture's upper left corner, where no one is."""
        return view.locator("img").evaluate(
            """async image => {
              const still = new Image();  // the live one may get its next frame while it is read
              still.src = image.src;
              await still.decode();
              const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
              pen.drawImage(still, -10, -10);
              return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }"""
        )

    def wait_for_corner(colour):
        poll(
            page,
            lambda: np.abs(np.subtract(read_corner(), colour)).max() < 25,
            f"The corner's colour {colour}",
        )

    tab.get_by_role("radio", name="green").click()
    wait_for_corner((0, 177, 64))
    tab.get_by_role("radio", name="blue").click()
    wait_for_corner((0, 71, 187))
    tab.get_by_role("radio", name="your own").click()
    own = np.zeros((60, 90, 3), np.uint8)
    own[..., :2] = 200
    (tmp_path / "own.png").write_bytes(images.to_png(own))
    tab.locator("#segmentation-background input[type=file]").set_input_files(tmp_path / "own.png")
    wait_for_corner((200, 200, 0))
    screenshot("segmentation_own_background")
    tab.get_by_role("radio", name="inside the U").click()
    diagram = tab.locator("#segmentation-live-u")
    expect(diagram.locator(".level")).to_have_count(9)
    diagram.locator(".skip").nth(1).click()
    expect(diagram.locator(".skip").nth(1)).to_have_attribute("aria-checked", "false")
    for _ in range(3):  # the film goes on; what was under way at the click is not the last
        with page.expect_response(lambda answer: "component_server" in answer.url):
            pass
    next_frames(page)
    expect(diagram.locator(".skip").nth(1)).to_have_attribute("aria-checked", "false")
    expect(view.locator("output")).to_contain_text("frames a second")
    screenshot("segmentation_live_u")
    tab.get_by_role("radio", name="mask", exact=True).click()
    expect(diagram.locator(".level")).to_have_count(0)


def test_in_the_browser_the_background_stays_in_the_page(page, tab, traffic, tmp_path):
    """About 6 s: the networks are opened whole and in two parts."""
    sent = []

    def note(request):
        body = request.post_data or ""
        if "queue/join" in request.url and "data:image" in body:
            sent.append(len(body))

    traffic.listen("request", note)
    start_webcam(tab)
    pair = tab.locator("#segmentation-live")
    pair.locator("[data-does=where]").select_option("browser")
    canvas = pair.locator(".live-view canvas")
    canvas.wait_for()

    def is_corner(shown, colour):
        """Whether the live picture is so in the upper left, where no one is."""
        pixel = shown.evaluate(
            """shown => {
              const pen = document.createElement('canvas').getContext('2d');
              pen.drawImage(shown, 0, 0);
              return [...pen.getImageData(10, 10, 1, 1).data].slice(0, 3);
            }"""
        )
        return np.abs(np.subtract(pixel, colour)).max() < 25

    tab.get_by_role("radio", name="your own").click()
    own = np.full((60, 90, 3), (200, 200, 0), np.uint8)
    (tmp_path / "own.png").write_bytes(images.to_png(own))
    tab.locator("#segmentation-background input[type=file]").set_input_files(tmp_path / "own.png")
    poll(page, lambda: is_corner(canvas, (200, 200, 0)), "The background in the browser")
    assert not sent
    tab.get_by_role("radio", name="inside the U").click()
    diagram = tab.locator("#segmentation-live-u")
    expect(diagram.locator(".level")).to_have_count(9)
    diagram.locator(".skip").nth(1).click()
    expect(diagram.locator(".skip").nth(1)).to_have_attribute("aria-checked", "false")
    expect(canvas).to_be_visible()
    assert not sent
    tab.get_by_role("radio", name="your own").click()
    pair.locator("[data-does=where]").select_option("server")
    image = pair.locator(".live-view img")
    image.wait_for()
    poll(page, lambda: is_corner(image, (200, 200, 0)), "The background on the server")
    assert len(sent) == 1

"""The stage of a lesson: its sources, its keys, and who reads it by ear or by keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import (
    open_view,
    poll,
)

pytestmark = pytest.mark.browser
# By how much a picture is redder at the upper left than at the upper right, in levels: of the cat
# about 15, and its mirror image the other way round.
SIDES = """(image) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 4, height: 2});
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, 0, 0, 4, 2);
  const {data} = pen.getImageData(0, 0, 4, 1);
  return data[0] - data[12];
}"""


def draw_nothing(panel) -> None:
    """No box is so sure: the webcam's picture is shown as it is."""
    field = panel.locator("#detection-confidence input[type=number]")
    field.fill("0.99")
    field.press("Enter")


def test_the_presenter_sees_the_picture_alone(open_tab, page, rest):
    panel = open_tab("detection")
    rest()
    stage, rail = panel.locator(".lesson-stage"), panel.locator(".lesson-rail")
    stage.click(position={"x": 20, "y": 300})  # beside the picture, which has keys of its own
    page.keyboard.press("p")
    expect(stage).to_have_css("width", "1280px")
    expect(stage).to_have_css("height", "720px")
    expect(page.locator(".header")).to_have_css("opacity", "0")
    page.keyboard.press("3")
    expect(panel.get_by_role("tab", name="NMS steps")).to_have_attribute("aria-selected", "true")
    field = panel.locator("#detection-confidence input[type=number]")
    page.keyboard.press("ArrowRight")
    expect(field).to_have_value("0.26")
    page.mouse.move(400, 300)
    expect(rail).to_have_css("opacity", "1")  # its controls come with the mouse, and the head
    panel.locator("[data-source=samples]").click()
    page.keyboard.press("Escape")  # closes what is open, and no more
    expect(panel.locator("[data-source=samples]")).to_be_focused()
    expect(stage).to_have_css("width", "1280px")
    page.locator("#page-buttons [data-does=present]").click()
    expect(stage).not_to_have_css("width", "1280px")


def test_a_picture_is_dropped_or_pasted_on_the_stage(open_tab, page, rest):
    panel = open_tab("detection")
    rest()
    picture = panel.locator("#detection-picture img")
    give = """([kind, name]) => {
      const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 48});
      canvas.toBlob((blob) => {  // black
        const data = new DataTransfer();
        data.items.add(new File([blob], name, {type: 'image/png'}));
        const node = kind === 'drop' ? document.querySelector('#detection-view canvas')
          : document.activeElement;
        node.dispatchEvent(kind === 'drop'
          ? new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true})
          : new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
      });
    }"""
    panel.locator("[data-source=last]").click()
    expect(panel.locator(".source-note")).to_contain_text("No other lesson")
    panel.locator("#detection-confidence input[type=range]").focus()  # takes no text
    for kind in ("drop", "paste"):
        before = picture.get_attribute("src")
        page.evaluate(give, [kind, f"{kind}.png"])
        expect(picture).not_to_have_attribute("src", before)
        rest()
        expect(panel.locator("#detection-counts b")).to_contain_text("→ 0")  # it is empty


def test_the_webcam_is_frozen_mirrored_and_taken_as_the_picture(open_tab, page, rest):
    panel = open_tab("detection")
    draw_nothing(panel)
    rest()
    before = panel.locator("#detection-picture img").get_attribute("src")
    panel.locator("[data-source=webcam]").click()
    output = panel.locator("#detection-live-view output")
    expect(output).to_contain_text("frames a second")
    image = panel.locator("#detection-live-view img")
    sides = [image.evaluate(SIDES)]
    panel.get_by_label("Mirror").check()
    poll(page, lambda: abs(image.evaluate(SIDES) + sides[0]) < 5, "The mirrored picture")
    panel.get_by_role("button", name="Freeze").click()
    expect(output).to_contain_text("Frozen")
    panel.get_by_role("button", name="Use as picture").click()
    expect(panel.locator("#detection-picture img")).not_to_have_attribute("src", before)
    expect(panel.get_by_role("tab", name="Result")).to_have_attribute("aria-selected", "true")
    rest()


def test_a_front_camera_is_a_mirror_until_the_visitor_says_otherwise(open_tab, page, rest):
    panel = open_tab("detection")
    draw_nothing(panel)
    rest()
    page.evaluate("""() => {
      const real = MediaStreamTrack.prototype.getSettings;
      MediaStreamTrack.prototype.getSettings = function () {
        return {...real.call(this), facingMode: window.facing};
      };
    }""")
    button = panel.locator("#detection-live-camera [data-does=start]")
    image, mirror = panel.locator("#detection-live-view img"), panel.get_by_label("Mirror")

    def start(facing: str) -> None:
        page.evaluate("facing => { window.facing = facing; }", facing)
        panel.locator("[data-source=webcam]").click()
        expect(button).to_have_text("Stop")
        image.wait_for()

    start("environment")
    expect(mirror).not_to_be_checked()
    poll(page, lambda: abs(image.evaluate(SIDES)) > 5, "The camera's picture")  # black at first
    side = image.evaluate(SIDES)
    button.click()
    start("user")
    expect(mirror).to_be_checked()
    poll(page, lambda: abs(image.evaluate(SIDES) + side) < 5, "The mirrored picture")
    mirror.uncheck()
    button.click()
    start("user")
    expect(mirror).not_to_be_checked()
    poll(page, lambda: abs(image.evaluate(SIDES) - side) < 5, "The picture as it is seen")
    rest()


def test_a_lesson_by_keyboard_alone(open_tab, page, rest):
    """From its view to the brush, which arrow keys move and Space lowers and lifts."""
    panel = open_tab("saliency")
    expect(panel.locator("#saliency-curves")).to_contain_text("insertion")
    rest()
    panel.get_by_role("tab", name="Paint").focus()
    page.keyboard.press("Enter")
    canvas = panel.locator("#saliency-painter canvas")
    expect(canvas).to_be_visible()
    rest()
    canvas.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press(" ")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press(" ")
    expect(panel.locator("#saliency-shares .big").first).to_contain_text("of the square")
    expect(page.locator(".key-pen")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator(".key-pen")).to_have_count(0)
    slider = panel.get_by_label("Brush").locator("visible=true")
    expect(slider).to_be_focused()


def test_the_camera_is_left_while_it_warms_up(open_tab, page, rest):
    """Then it is off, and can be started again."""
    panel = open_tab("detection")
    rest()
    page.evaluate("""() => {
      const real = HTMLMediaElement.prototype.play;
      HTMLMediaElement.prototype.play = async function () {
        window.warm = this;
        await new Promise((done) => { window.goOn = done; });
        return real.call(this);
      };
    }""")
    panel.locator("[data-source=webcam]").click()
    page.wait_for_function("!!window.goOn")
    film = page.evaluate_handle("window.warm.srcObject.getTracks()[0]")
    open_view(panel, "Result")
    poll(page, lambda: film.evaluate("film => film.readyState") == "ended", "The camera's end")
    page.evaluate("window.goOn()")
    open_view(panel, "Live")
    button = panel.locator("#detection-live-camera [data-does=start]")
    expect(button).to_have_text("Start webcam")
    expect(button).to_be_enabled()

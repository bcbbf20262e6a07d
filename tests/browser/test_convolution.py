"""A walk through the convolution tab in a real browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from cvcore.convolution import convolve
from cvcore.convolution.kernels import DIGIT_NINE, KERNELS
from demos.convolution.picture import to_grey
from tests.support.browser import next_frames, open_more, open_view, start_webcam

pytestmark = pytest.mark.browser

FEATURE_MAP = convolve(np.array(DIGIT_NINE, float), np.array(KERNELS["loop"].weights) / 9)
PIXEL = """([s, x, y]) => { const i = document.querySelector(s);
  if (!i || !i.complete || !i.naturalWidth) return null;
  const c = document.createElement('canvas'); c.width = i.naturalWidth; c.height = i.naturalHeight;
  const g = c.getContext('2d'); g.drawImage(i, 0, 0);
  return [...g.getImageData(x, y, 1, 1).data].slice(0, 3); }"""
# From here on the page's clocks that move a window on are known.
WATCH_CLOCKS = """() => {
    const [start, end] = [window.setInterval, window.clearInterval];
    window.clocks = new Set();
    window.setInterval = (work, ...rest) => {
        const clock = start(work, ...rest);
        if (String(work).includes('this.player')) window.clocks.add(clock);
        return clock;
    };
    window.clearInterval = clock => { window.clocks.delete(clock); end(clock); };
}"""


def shown(value: float) -> str:
    text = f"{value:.0f}" if abs(value - round(value)) < 1e-9 else f"{value:.2f}"
    return text.replace("-", "−")


def result_of(total: str) -> str:
    return total.rsplit("=", 1)[1].strip()


@pytest.fixture
def tab(open_tab):
    panel = open_tab("convolution")
    expect(panel.locator("#convolution-walk .total")).to_be_visible()
    return panel


@pytest.fixture
def walk(tab):
    return tab.locator("#convolution-walk")


def field(tab, label):
    """The field of this name that is seen: views have some of the same name."""
    return tab.get_by_label(label, exact=True).locator("visible=true")


def choose(tab, label, option):
    field(tab, label).click()
    tab.get_by_role("option", name=option, exact=True).click()


def test_first_result_without_a_click(tab, walk, screenshot):
    expect(walk.locator(".total")).to_have_text("9 ÷ 9 + bias 0 = 1")
    cells = walk.locator(".surface").nth(1).locator(".cells > span")
    assert cells.all_inner_texts() == [shown(value) for value in FEATURE_MAP.ravel()]
    expect(tab.locator("#convolution-check")).to_contain_text("Same as torch")
    screenshot("convolution")


def test_pointing_needs_no_server_and_its_sums_are_the_servers(page, tab, walk, rest, traffic):
    expect(tab.locator("#convolution-check")).to_contain_text("Same as torch")
    rest()  # what opening the page asked for has arrived
    asked = []  # every run of a handler is a POST
    traffic.listen("request", lambda r: asked.append(r.url) if r.method == "POST" else None)
    output = walk.locator(".field.live").nth(1)
    for row in range(5):
        for column in range(3):
            box = output.bounding_box()
            page.mouse.move(
                box["x"] + (column + 0.5) * box["width"] / 3,
                box["y"] + (row + 0.5) * box["height"] / 5,
            )
            expect(walk.locator(".place")).to_have_text(
                f"row {row + 1} of 5, column {column + 1} of 3"
            )
            total = walk.locator(".total").inner_text()
            assert result_of(total) == shown(FEATURE_MAP[row, column])
    rest()
    assert asked == []


def test_step_keys_play_and_pause(page, walk):
    place = walk.locator(".place")
    walk.get_by_title("From the start").click()
    expect(place).to_contain_text("row 1 of 5, column 1")
    hidden = walk.locator(".surface").nth(1).locator("span.hidden")
    expect(hidden).to_have_count(14)
    walk.get_by_title("Step on").click()
    expect(place).to_contain_text("row 1 of 5, column 2")
    walk.locator(".walk").focus()
    page.keyboard.press("ArrowDown")
    expect(place).to_contain_text("row 2 of 5, column 2")
    page.keyboard.press("ArrowLeft")
    expect(place).to_contain_text("row 2 of 5, column 1")
    play = walk.locator("button.play")
    page.evaluate(WATCH_CLOCKS)
    play.click()
    expect(play).to_contain_text("Pause")
    expect(place).to_contain_text("row 2 of 5, column 3")
    assert page.evaluate("window.clocks.size") == 1
    play.click()
    expect(play).to_contain_text("Play")
    assert page.evaluate("window.clocks.size") == 0
    before = place.inner_text()
    next_frames(page)
    assert place.inner_text() == before
    walk.get_by_title("Show all of the result").click()
    expect(hidden).to_have_count(0)


def test_shifting_typing_and_drawing(page, tab, walk):
    choose(tab, "Input", "digit 9, more room")
    finding = tab.locator("#convolution-finding")
    expect(finding).to_contain_text("1.00 in row 2, column 3")
    tab.get_by_role("button", name="Type or draw the input").click()
    tab.get_by_title("Shift down").click()
    expect(finding).to_contain_text("1.00 in row 3, column 3")
    cell = tab.locator("#convolution-kernel input[aria-label='Row 2, column 2']")
    cell.fill("1")
    cell.press("Tab")
    expect(finding).to_contain_text("0.78")
    choose(tab, "Input", "draw a digit")
    expect(finding).to_contain_text("-1.00")
    pad = tab.locator("#convolution-matrix .drawing")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.3, steps=12)
    page.mouse.up()
    expect(finding).not_to_contain_text("-1.00")


def test_a_kernel_of_any_size_and_a_wrong_number(tab, walk):
    choose(tab, "Input", "digit 9, more room")
    expect(walk.locator("figcaption").first).to_have_text("input 11×9")
    tab.locator("#convolution-kernel").get_by_label("Rows", exact=True).select_option("7")
    expect(walk.locator("figcaption").nth(1)).to_have_text("feature map 5×7")
    kernel = tab.locator("#convolution-kernel")
    name, refused = field(tab, "Kernel"), kernel.locator(".refused")
    expect(name).to_have_value("your own")
    for number, old in (
        (kernel.locator(".field input").first, "0"),
        (kernel.get_by_label("Bias"), "0"),
    ):
        number.fill("many")
        number.press("Tab")
        expect(refused).to_contain_text(f"“many” is no number, so {old} stays")
        expect(number).to_have_value(old)
    choose(tab, "Kernel", "vertical line")
    expect(walk.locator("figcaption").nth(1)).to_have_text("feature map 9×7")
    kernel.get_by_label("Bias").fill("2")
    kernel.get_by_label("Bias").press("Tab")
    expect(name).to_have_value("your own")
    expect(walk.locator(".total")).to_contain_text("+ bias 2 =")
    kernel.get_by_label("Bias").fill("0")
    kernel.get_by_label("Bias").press("Tab")
    expect(name).to_have_value("vertical line")


def test_nothing_fits(tab, walk):
    tab.get_by_role("button", name="Type or draw the input").click()
    tab.locator("#convolution-matrix").get_by_label("Rows", exact=True).select_option("2")
    expect(walk.locator(".note")).to_contain_text("Nothing fits")
    expect(tab.locator("#convolution-sizes")).to_contain_text("is below 0, so nothing fits")


def test_a_picture_in_grey_and_with_depth(page, tab, sample, screenshot):
    open_view(tab, "Picture")
    walk = tab.locator("#convolution-picture-walk")
    expect(walk.locator(".total")).to_be_visible()
    expect(field(tab, "Kernel")).to_have_value("Sobel x")
    expect(tab.locator("#convolution-picture-check")).to_contain_text("Same as torch")
    page.evaluate("window.scrollTo(0, 0)")
    sobel = np.array(KERNELS["Sobel x"].weights)

    def point(x, y):
        box = walk.locator(".field.live").first.bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        next_frames(page)
        place = walk.locator(".place").inner_text()
        row, _, column, _ = map(int, re.findall(r"\d+", place))
        return row - 1, column - 1, walk.locator(".total").inner_text()

    expect(walk.locator(".total")).not_to_contain_text("÷")
    grey = convolve(to_grey(sample).astype(float), sobel)
    for x, y in ((0.5, 0.5), (0.2, 0.7), (0.8, 0.3)):
        row, column, total = point(x, y)
        assert result_of(total) == shown(grey[row, column])
    expect(walk.locator(".zoom .cells > span")).to_have_count(81)
    open_more(tab)
    choose(tab, "Channels", "depth: R + G + B")
    expect(walk.locator(".sum-row")).to_have_count(3)
    page.evaluate("window.scrollTo(0, 0)")
    deep = sum(convolve(sample[..., c].astype(float), sobel) for c in range(3))
    row, column, total = point(0.4, 0.6)
    assert result_of(total) == shown(deep[row, column])
    screenshot("convolution_depth")


def test_pooling_and_padding_and_stacks(tab, screenshot):
    open_view(tab, "Pooling")
    pool = tab.locator("#convolution-pool-walk")
    expect(pool.locator(".total.max")).to_have_text("max(5, 1, 8, 2) = 8")
    expect(pool.locator(".total.average")).to_have_text("(5 + 1 + 8 + 2) ÷ 4 = 4")
    screenshot("convolution_pooling")
    tab.get_by_label("picture", exact=True).check()
    expect(pool.locator("img")).to_have_count(4)
    open_view(tab, "Padding")
    expect(tab.locator("#convolution-padding-maps img")).to_have_count(7)
    screenshot("convolution_padding")
    open_view(tab, "Architectures")
    stack = tab.locator("#convolution-stack")
    expect(stack).to_contain_text("104,202 parameters")
    screenshot("convolution_stack")
    choose(tab, "Stack", "VGG16")
    expect(stack).to_contain_text("138,357,544 parameters")
    choose(tab, "Stack", "ResNet-18")
    block = stack.locator("details").first
    expect(block.locator("summary").first).to_contain_text("block stage 1")
    block.locator("summary").first.click()
    expect(block.get_by_text("repeat 1", exact=True)).to_be_visible()
    tab.get_by_label("torchvision model").fill("vit_b_16")
    tab.get_by_label("torchvision model").press("Enter")
    expect(stack).to_contain_text("86,567,656 parameters")
    expect(tab.get_by_label("torchvision", exact=True)).to_be_checked()
    tab.get_by_label("PyTorch", exact=True).check()
    expect(stack.get_by_text("Download network_pytorch.py")).to_be_visible()
    tab.get_by_label("Layers", exact=True).check()
    text = tab.get_by_label("One layer a line")
    text.fill("input 8x8x1\nconv 1")
    expect(stack.locator(".refused")).to_contain_text("Line 2")
    expect(field(tab, "Stack")).to_have_value("your own")


def test_webcam(page, tab, screenshot):
    start_webcam(tab)
    choose(tab, "Kernel", "identity")
    open_more(tab)
    choose(tab, "Channels", "each of R, G, B")
    camera = page.locator("#convolution-live-camera")
    view = "#convolution-live-view img"
    expect(page.locator(view)).to_be_visible()
    expect(page.locator("#convolution-live-view output")).to_contain_text("frames a second")
    through = page.evaluate(PIXEL, [view, 320, 240])
    choose(tab, "Kernel", "Laplacian")
    page.wait_for_function(
        f"([s, x, y, old]) => {{ const now = ({PIXEL})([s, x, y]);"
        " return now && now.some((value, i) => Math.abs(value - old[i]) > 40); }",
        arg=[view, 320, 240, through],
    )
    screenshot("convolution_webcam")
    open_view(tab, "Matrix")
    expect(camera.locator("button", has_text="Stop")).to_have_count(0)


def test_output_padding_is_there_for_a_transposed_convolution_alone(tab, walk, rest):
    further = tab.locator("#convolution-output-padding")
    expect(further).to_be_hidden()
    tab.locator(".more").click()
    tab.get_by_label("Transposed convolution").check()
    expect(further).to_be_visible()
    stride = tab.get_by_role("spinbutton", name=re.compile("Stride")).first
    stride.fill("2")
    stride.blur()
    sizes = tab.locator("#convolution-sizes")
    rest()
    before = int(sizes.inner_text().splitlines()[0].rsplit("=", 1)[1])
    further.locator("input[type=number]").fill("1")
    further.locator("input[type=number]").blur()
    expect(sizes).to_contain_text(f"= {before + 1}")
    tab.get_by_label("Transposed convolution").uncheck()
    expect(further).to_be_hidden()
    rest()
    expect(walk.locator(".total")).to_be_visible()  # what is hidden does not count


def test_header_names_the_device(page, open_tab, monkeypatch):
    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    open_tab("convolution")
    expect(page.locator("#device")).to_contain_text("CPU")


def test_a_choice_is_answered_once_and_leaving_a_menu_asks_for_nothing(open_tab, rest, traffic):
    panel = open_tab("convolution")
    expect(panel.locator("#convolution-walk .total")).to_be_visible()
    rest()
    asked = traffic.asked
    del asked[:]
    kernel = field(panel, "Kernel")
    kernel.click()
    panel.get_by_role("option", name="box", exact=True).click()
    rest()
    assert len(asked) == 2  # the drawing and its check: the menu fills the table in the browser
    del asked[:]
    kernel.click()
    kernel.press("Escape")
    kernel.press("Tab")
    rest()
    assert asked == []
    kernel.focus()
    kernel.press("ArrowDown")
    kernel.press("Enter")
    rest()
    assert len(asked) == 2

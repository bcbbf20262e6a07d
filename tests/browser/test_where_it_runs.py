"""One frame, answered by the server and by the visitor's own browser."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import poll

# What the two sides' pictures may differ by, in grey levels of means over a 32nd of a side: the
# frame travels to the server as a JPEG, and the browser's filters are in half precision.
LESSONS = {
    "classification": 1.5, "detection": 1.5, "face_verification": 1.5, "saliency": 1.5,
    "segmentation": 1.5, "style_transfer": 2.5,
    "convolution": 3,  # edges see what a JPEG file leaves out
    "feature_maps": 3,  # nearly silent maps span the whole range of colours
}  # fmt: skip
SHOWN = ".live-view > :is(img, canvas):not([hidden])"
# Means over patches of the picture that is shown, 32 a row.
PATCHES = """shown => {
  const small = Object.assign(document.createElement('canvas'), {width: 32, height: 24});
  const pen = small.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(shown, 0, 0, 32, 24);
  return Array.from(pen.getImageData(0, 0, 32, 24).data);
}"""


def measure(view) -> list[int]:
    return view.locator(SHOWN).evaluate(PATCHES)


def difference(one: list[int], other: list[int]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


@pytest.fixture
def frames(traffic) -> list[int]:
    """The bytes of each frame that the page sends to the server."""
    sent: list[int] = []

    def note(request) -> None:
        if "component_server" in request.url and '"frame"' in (request.post_data or ""):
            sent.append(len(request.post_data))

    traffic.listen("request", note)
    return sent


@pytest.mark.parametrize("topic", LESSONS)
def test_both_sides_show_the_same_and_here_nothing_travels(open_tab, page, frames, topic):
    """The frame is frozen, so that both sides are asked for the same."""
    panel = open_tab(topic, query="&view=live")
    view, where = panel.locator(".live-pair"), panel.get_by_label("Where it runs")
    where.select_option("browser")
    view.get_by_role("button", name="Start webcam").click()
    expect(view.locator("canvas")).to_be_visible()
    expect(view.locator("output")).to_contain_text("in this browser")
    view.get_by_role("button", name="Freeze").click()
    expect(view.locator("output")).to_contain_text("Frozen")
    before = len(frames)
    here = measure(view)
    assert len(frames) == before
    where.select_option("server")
    expect(view.locator("img")).to_be_visible()
    poll(page, lambda: difference(measure(view), here) < LESSONS[topic], "The same picture")
    assert len(frames) > before
    view.get_by_role("button", name="Stop").click()

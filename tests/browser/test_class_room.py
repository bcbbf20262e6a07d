"""A class on its own network: the address to scan, the webcam over https, and why not over http."""

from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from demos.options import parse_arguments
from demos.server import class_room
from tests.support.browser import CLASS_NAME, PROJECTOR, open_view, start_webcam
from tests.support.server import free_port, serve_page

pytestmark = pytest.mark.browser
TOPICS = ("convolution", "face_verification")


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """As ``python app.py --class-room`` opens it; the page itself is served to this computer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(class_room, "find_addresses", lambda: ["10.0.0.3", "192.168.7.9"])
        yield class_room.open_room(parse_arguments(["--class-room", "--port", str(free_port())]))


@pytest.fixture(scope="module")
def port(room):
    port = urlsplit(room.links[0]).port
    with serve_page(*TOPICS, port=port, room=room):
        yield port


@pytest.fixture
def visit(browser):
    """A page of a visitor who goes on past the browser's warning, and lends the webcam."""
    contexts = []

    def open_page(address: str, **options):
        context = browser.new_context(
            ignore_https_errors=True, permissions=["camera"], viewport=PROJECTOR, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


def read_code(place) -> str:
    """What a camera reads from a QR code on the screen."""
    picture = cv2.imdecode(np.frombuffer(place.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    return cv2.QRCodeDetector().detectAndDecode(picture)[0]


def test_the_presenter_is_shown_every_address(room, port, visit, screenshot):
    page = visit(room.presenter_link)
    panel = page.locator(".class-room")
    expect(panel.locator(".address")).to_have_text(room.links[0])
    assert room.links[0] == f"https://10.0.0.3:{port}/?class={room.word}"
    assert read_code(panel.locator(".room > .code")) == room.links[0]
    panel.get_by_text("other addresses").click()
    assert read_code(panel.locator(".others .code")) == room.links[1]
    expect(panel.locator("figure img")).to_have_count(3)
    loaded = "() => [...document.querySelectorAll('.class-room img')].every(i => i.naturalWidth)"
    page.wait_for_function(loaded)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 391


def test_pupils_get_the_webcam_and_no_panel(room, port, visit):
    """From elsewhere, by a name that leads here; the server in front says who they are."""
    address = f"https://{CLASS_NAME}:{port}/?class={room.word}&tab=convolution&view=live"
    page = visit(address, extra_http_headers={"X-Forwarded-For": "10.0.0.7"})
    page.get_by_role("button", name="Start webcam").click()
    shown = page.locator(".live-view > :is(img, canvas):not([hidden])")
    expect(shown).to_be_visible()  # the browser answers where fewer than two cores are free
    page.locator("#tab-start-button").click()
    expect(page.locator("#start .chapters")).to_be_visible()
    expect(page.locator(".class-room")).to_have_count(0)
    stranger = visit(f"https://{CLASS_NAME}:{port}/")
    expect(stranger.get_by_text("your teacher gave you")).to_be_visible()


def test_without_https_the_camera_s_place_says_why_it_is_empty(visit):
    with serve_page(*TOPICS, "detection") as served:
        page = visit(f"{served.url.replace('127.0.0.1', CLASS_NAME)}/?tab=convolution")
        start_webcam(page.locator("#tab-convolution"))
        expect(page.locator("#convolution-live-view output")).to_contain_text("only over https")
        page.locator("#tab-detection-button").click()
        open_view(page.locator("#tab-detection"), "Video")
        page.locator("[aria-label='Capture from camera']:visible").click()
        expect(page.locator("#detection-video + .no-camera")).to_contain_text("--class-room")
        page.locator("[aria-label='Upload file']:visible").click()  # nothing lies over it
        expect(page.locator(".no-camera")).to_have_count(0)
        page.locator("#tab-face_verification-button").click()
        expect(page.locator(".face-picture output").first).to_contain_text("only over https")
        page.goto(f"{served.url}/?tab=convolution&view=live")
        expect(page.locator("#convolution-live-view output")).to_contain_text("not kept")
        expect(page.locator("#convolution-matrix")).to_be_hidden()  # of no use to this view

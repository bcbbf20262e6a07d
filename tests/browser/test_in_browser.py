"""The visitor's own browser answers the webcam's frames, in headless Chromium."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import poll, start_webcam

pytestmark = pytest.mark.browser

NOT_STARTED = "The program for networks could not be started in this browser"
NOT_LOADED = "What your browser needs could not be loaded"
GARBAGE = b"not what was asked for"


def spoil(reply):
    """A route's handler: it replies with this, or else with half of the file."""

    def handle(route):
        whole = b"" if reply else route.fetch().body()
        route.fulfill(**(reply or {"body": whole[: len(whole) // 2]}))

    return handle


# What arrives badly, how, and what the visitor is told.
BAD = [
    ("worker.mjs", {"status": 404}, "The program could not be started in this browser"),
    ("in_browser.mjs", {"body": GARBAGE}, "The lesson could not be loaded into this browser"),
    ("ort-wasm-simd-threaded.mjs", {"status": 404}, NOT_STARTED),
    ("ort-wasm-simd-threaded.wasm", {"body": GARBAGE}, NOT_STARTED),
    ("efficientnet_lite0.onnx", {"body": GARBAGE}, NOT_LOADED),
    ("efficientnet_lite0.weights", {}, NOT_LOADED),
]


def test_what_arrives_badly_is_told_and_the_server_goes_on(open_tab, page):
    tab = open_tab("classification")
    start_webcam(tab)
    where, why = tab.get_by_label("Where it runs"), tab.locator("[data-does=why]:visible")
    there, here = tab.locator(".live-view img"), tab.locator(".live-view canvas")
    expect(there).to_be_visible()
    try:
        for name, reply, said in BAD:
            address = f"**/kept/*/{name}"
            page.route(address, spoil(reply))
            where.select_option("browser")
            expect(why).to_have_text(f"{said}: the server goes on.")
            expect(there).to_be_visible()
            expect(here).to_be_hidden()
            page.unroute(address)
            where.select_option("server")
        where.select_option("browser")
        expect(here).to_be_visible()
        expect(why).to_be_hidden()
    finally:
        page.unroute_all()


def test_a_webcam_that_is_stopped_leaves_nothing_running(open_tab, page):
    """While the network is on its way, and while it answers."""
    tab = open_tab("classification")
    start_webcam(tab)
    expect(tab.locator(".live-view img")).to_be_visible()
    workers = len(page.workers)
    held = []
    page.route("**/kept/*/efficientnet_lite0.weights", lambda route: held.append(route))
    try:
        tab.get_by_label("Where it runs").select_option("browser")
        poll(page, lambda: held, "The network is asked for")
        assert len(page.workers) == workers + 1
        tab.get_by_role("button", name="Stop").click()
        poll(page, lambda: len(page.workers) == workers, "The Worker's end")
        expect(tab.locator(".live-said progress")).to_be_hidden()
    finally:
        page.unroute_all()
    tab.get_by_role("button", name="Start webcam").click()
    expect(tab.locator(".live-view canvas")).to_be_visible()
    tab.get_by_role("button", name="Stop").click()
    poll(page, lambda: len(page.workers) == workers, "The Worker's end")

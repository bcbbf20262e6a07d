"""What a visitor sees who has to wait: the place in the queue, or that the queue is full."""

import re
import threading

import gradio as gr
import httpx
import pytest
from playwright.sync_api import expect

from cvcore import deep_dream
from demos.server.limits import HEAVY, MAX_QUEUE
from demos.server.serve import QUEUE_FULL
from tests.support.browser import use_sample
from tests.support.server import PATIENCE_SECONDS, wait_until
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser
LESSONS = ("classification", "deep_dream")


@pytest.fixture
def crowd(serve, monkeypatch):
    """Others who ask for dreams, as many as are wanted, which last until the test is over."""
    over, begun = threading.Event(), []

    def dream(*args, **kwargs):
        begun.append(args)
        over.wait(PATIENCE_SECONDS)
        yield from ()

    monkeypatch.setattr(deep_dream, "dream", dream)
    monkeypatch.setattr("demos.deep_dream.draw_layers", lambda image, layer: [gr.skip()])
    served = serve(*LESSONS)
    visitor = Visitor(served.url)
    said = []

    def ask(count: int) -> list[str]:
        for number in range(count):
            # Who runs does not wait any more: the first must run before the queue can be filled.
            first = min(number, HEAVY["concurrency_limit"])
            wait_until(lambda first=first: len(begun) >= first, "The first dreams' beginning")
            try:
                visitor.join("deep_dream")
            except httpx.HTTPStatusError as refused:
                said.append(refused.response.json()["detail"])
                break
        return said

    yield ask
    over.set()
    visitor.leave()
    wait_until(lambda: not served.is_busy, "The end of the dreams")


def test_the_place_in_the_queue_is_seen(crowd, open_tab, rest, screenshot):
    panel = open_tab(LESSONS[0], beside=LESSONS[1:])
    expect(panel.locator("#classification-bars")).to_contain_text("%")
    rest()
    assert crowd(HEAVY["concurrency_limit"] + 1) == []
    place = open_tab("deep_dream").locator("#deep-dream-view").get_by_text(re.compile("queue: 2/2"))
    expect(place).to_be_in_viewport()
    box, holder = place.bounding_box(), place.locator("..").bounding_box()
    assert holder["height"] >= box["height"]  # not cut off
    screenshot("queue_place")


def test_a_full_queue_says_so_in_one_sentence(crowd, page, open_tab, rest, screenshot):
    panel = open_tab(LESSONS[0], beside=LESSONS[1:])
    expect(panel.locator("#classification-bars")).to_contain_text("%")
    rest()
    assert crowd(MAX_QUEUE + HEAVY["concurrency_limit"] + 1) == [QUEUE_FULL]
    use_sample(panel, "Coffee")
    expect(page.get_by_text(QUEUE_FULL).first).to_be_visible()
    screenshot("queue_full")

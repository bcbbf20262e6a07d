"""What a visitor sees who has to wait: the place in the queue, or that the queue is full."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from demos.ui.limits import HEAVY, MAX_QUEUE
from demos.ui.serve import QUEUE_FULL
from tests.support.server import run_app
from tests.support.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app_url(tmp_path_factory):
    """An app of its own: who cancels in the queue leaves words of Gradio's own in the log."""
    with run_app(tmp_path_factory.mktemp("queue"), "classification,deep_dream") as url:
        yield url


@pytest.fixture
def crowd(app_url):
    """Others who ask for long dreams, as many as are wanted."""
    visitor = Visitor(app_url)
    events, said = [], []

    def ask(count: int) -> None:
        for _ in range(count):
            try:
                events.append(visitor.join("deep_dream", octaves=6, steps=60))
            except httpx.HTTPStatusError as refused:
                said.append(refused.response.json()["detail"])
                return

    yield ask
    visitor.leave()
    assert set(said) <= {QUEUE_FULL}


def test_the_place_in_the_queue_is_seen(crowd, page, open_tab, screenshot):
    panel = open_tab("classification")
    expect(panel.locator("#classification-bars")).to_contain_text("%")
    crowd(HEAVY["concurrency_limit"] + 1)
    place = open_tab("deep_dream").locator("#deep-dream-view").get_by_text(re.compile("queue: 2/2"))
    expect(place).to_be_in_viewport()
    box, holder = place.bounding_box(), place.locator("..").bounding_box()
    assert holder["height"] >= box["height"]  # not cut off
    screenshot("queue_place")


def test_a_full_queue_says_so_in_one_sentence(crowd, page, open_tab, screenshot):
    panel = open_tab("classification")
    expect(panel.locator("#classification-bars")).to_contain_text("%")
    crowd(MAX_QUEUE + HEAVY["concurrency_limit"] + 1)
    panel.get_by_label("Use the sample", exact=False).nth(1).click()
    expect(page.get_by_text(QUEUE_FULL).first).to_be_visible()
    screenshot("queue_full")

"""The page around the tabs, in a browser."""

import pytest
from playwright.sync_api import expect

from demos import TABS

pytestmark = pytest.mark.browser


def test_header_names_the_device(page):
    expect(page.locator("#device")).to_contain_text("CPU")


def test_every_tab_opens_without_an_error(page, open_tab, screenshot):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for topic in TABS:
        expect(open_tab(topic)).to_contain_text("How it works")
        page.wait_for_timeout(1500)
        expect(page.get_by_text("Error", exact=True)).to_have_count(0)
        screenshot(f"tab-{topic}", full_page=False)
    assert not errors


def test_link_opens_its_tab(blank_page, app_url):
    page = blank_page
    page.goto(f"{app_url}?tab={TABS[1]}")
    expect(page.locator(f"#tab-{TABS[1]}")).to_be_visible()


def test_a_link_sets_its_own_tab_to_work_and_no_other(blank_page, app_url):
    page = blank_page
    sent = []
    page.on("request", lambda ask: sent.append(ask.url) if "/queue/join" in ask.url else None)
    page.goto(f"{app_url}?tab=classification&classes-shown-k=3")
    expect(page.locator("#classification-bars")).to_contain_text("%")
    page.wait_for_timeout(3000)
    assert 3 <= len(sent) <= 16


def test_a_choice_is_answered_once_and_leaving_a_menu_asks_for_nothing(page, open_tab):
    panel = open_tab("convolution")
    expect(panel.locator("#convolution-walk .total")).to_be_visible()
    page.wait_for_timeout(1000)  # what opening the page asked for has arrived
    asked = []
    page.on(
        "request",
        lambda one: asked.append(one.post_data_json["data"]) if "/queue/join" in one.url else None,
    )
    kernel = panel.get_by_label("Kernel", exact=True)
    kernel.click()
    panel.get_by_role("option", name="box", exact=True).click()
    page.wait_for_timeout(1000)
    assert asked.count(["box"]) == 1
    del asked[:]
    kernel.click()
    kernel.press("Escape")
    kernel.press("Tab")
    page.wait_for_timeout(1000)
    assert asked == []
    kernel.focus()
    kernel.press("ArrowDown")
    kernel.press("Enter")
    page.wait_for_timeout(1000)
    assert len([one for one in asked if len(one) == 1]) == 1


def test_code_is_shown_on_request(page, open_tab):
    panel = open_tab("classification")
    panel.get_by_role("button", name="Show the code").click()
    expect(panel.locator(".cm-content").last).to_contain_text("def predict_topk")


def test_camera_stops_when_its_tab_is_left(page, open_tab):
    panel = open_tab("classification")
    panel.get_by_text("Click to Access Webcam").first.click()
    camera = page.locator("#classification-live-camera")
    camera.locator("button", has_text="Record").click()
    expect(camera.locator("button", has_text="Stop")).to_be_visible()
    open_tab("convolution")
    open_tab("classification")
    expect(camera.locator("button", has_text="Record")).to_be_visible()


def test_a_picture_is_offered_in_the_next_tab(page, open_tab):
    panel = open_tab("classification")
    expect(panel.locator("#classification-bars")).to_contain_text("cat")
    panel.get_by_role("button", name="Use the sample Coffee").first.click()
    expect(panel.locator("#classification-bars")).to_contain_text("espresso")
    address = panel.locator("#classification-picture img").get_attribute("src")
    panel = open_tab("convolution")
    panel.get_by_role("tab", name="Picture", exact=True).click()
    picture = panel.locator("#convolution-picture img")
    expect(picture).not_to_have_attribute("src", address)
    panel.get_by_role("button", name="Use the current picture").click()
    expect(picture).to_have_attribute("src", address)


@pytest.mark.parametrize("topic", TABS)
def test_a_tab_comes_to_rest(blank_page, app_url, topic):
    """What a link sets off, and a slider that moves, asks the server a number of times and ends."""
    page = blank_page
    asked = []
    page.on("request", lambda one: asked.append(one) if "/queue/join" in one.url else None)
    page.goto(f"{app_url}?tab={topic}&picture=astronaut&confidence-limit=0.4&classes-shown-k=7")
    panel = page.locator(f"#tab-{topic}")
    expect(panel).to_be_visible()
    page.wait_for_timeout(2000)
    sliders = panel.locator("input[type=range]:visible")
    if sliders.count():
        for _ in range(6):
            sliders.first.press("ArrowLeft")
    for _ in range(60):
        before = len(asked)
        page.wait_for_timeout(2000)
        if len(asked) == before:
            break
    assert len(asked) == before
    assert 0 < before < 100

"""The face tab's webcam with a person before it: enrolled, named, forgotten."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_profile, open_view, start_webcam

pytestmark = pytest.mark.browser


@pytest.fixture
def profile(portrait_browser):
    with open_profile(portrait_browser) as context:
        yield context


def enrol(panel, sample: str, name: str) -> None:
    panel.locator(f"#face-enrol-picture [data-name={sample}]").click()
    panel.locator("#face-name input, #face-name textarea").first.fill(name)
    panel.locator("#face-consent input").check()
    panel.locator("#face-enrol").click()
    expect(panel.locator("#face-roster")).to_contain_text(name)


def test_enrol_and_be_named(page, open_tab, screenshot):
    """About 15 s: every answer of the webcam takes a frame through detector and embedder."""
    panel = open_tab("face_verification")
    table = panel.locator("#face-live-table")
    expect(panel.locator("#face-verdict .verdict")).to_be_visible()
    open_view(panel, "Live")
    panel.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    panel.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    panel.locator("#face-enrol").click()
    expect(page.get_by_text("Tick the consent box first")).to_be_visible()

    start_webcam(panel)
    expect(table).to_contain_text("1 face in view; nobody is enrolled")
    enrol(panel, "obama_2005", "Barack")
    expect(table).to_contain_text("stranger")
    enrol(panel, "ardern_2018", "Jacinda")
    expect(table.locator("td b")).to_have_text("Jacinda")
    expect(table).not_to_contain_text("stranger")
    expect(panel.locator("#face_verification-live-view")).to_contain_text("frames a second")
    screenshot("face_verification_live", full_page=False)
    panel.locator("#face-forget").click()
    expect(panel.locator("#face-roster")).to_contain_text("Nobody is enrolled")
    expect(table).to_contain_text("nobody is enrolled to be named")

"""The face tab's webcam with a person before it: enrolled, named, forgotten."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.browser import open_profile, open_view, start_webcam

pytestmark = pytest.mark.browser


@pytest.fixture
def profile(portrait_browser):
    with open_profile(portrait_browser) as context:
        yield context


def fill(panel, name: str) -> None:
    panel.locator("#face-name input, #face-name textarea").first.fill(name)
    panel.locator("#face-consent input").check()


def enrol(panel, sample: str, name: str) -> None:
    panel.locator(f"#face-enrol-picture [data-name={sample}]").click()
    fill(panel, name)
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


def test_named_in_ones_own_browser(page, open_tab, traffic, rest):
    """Enrolled from a sample and from the webcam, named and forgotten: no request holds a picture,
    a number of a face or a name. About 8 s: the engine and four networks are loaded."""
    panel = open_tab("face_verification")
    expect(panel.locator("#face-verdict .verdict")).to_be_visible()
    open_view(panel, "Live")
    rest()
    sent: list[str] = []
    traffic.listen("request", lambda request: sent.append(request.post_data or ""))
    traffic.listen("websocket", lambda socket: sent.append(socket.url))
    panel.locator("[data-does=where]").select_option("browser")
    table, roster = panel.locator("#face-live-table"), panel.locator("#face-roster-here")
    expect(panel.locator("#face-roster")).to_be_hidden()
    expect(panel.locator("#face-apart")).to_contain_text("Known to your browser alone")
    panel.locator("#face-enrol").click()
    expect(roster).to_contain_text("Tick the consent box first")
    start_webcam(panel)
    expect(table).to_contain_text("1 face in view; nobody is enrolled")

    panel.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    fill(panel, "<b>Jacinda")
    panel.locator("#face-enrol").click()
    expect(roster).to_contain_text("Enrolled (1): <b>Jacinda")
    expect(table.locator("td b")).to_have_text("<b>Jacinda")
    expect(panel.locator("#face_verification-live-view")).to_contain_text("in this browser")
    expect(panel.locator("#face-enrol-picture .frame img")).to_be_hidden()
    fill(panel, "Whoever sits here")
    panel.locator("#face-name input, #face-name textarea").first.press("Enter")
    expect(roster).to_contain_text("Enrolled (2): <b>Jacinda, Whoever sits here")
    expect(table.locator("td b")).to_have_text("Whoever sits here")
    view = panel.locator("#face_verification-live-view")
    panel.get_by_role("button", name="Stop", exact=True).click()
    expect(roster).to_contain_text("Enrolled (2)")
    panel.get_by_role("button", name="Start webcam").click()  # whoever is known, still is
    expect(view).to_contain_text("frames a second")
    expect(table.locator("td b")).to_have_text("Whoever sits here")
    bodies = [json.loads(text) for text in sent if text]
    assert {body["fn_name"] for body in bodies} == {"setup", "ask", "network"}
    assert {str(body["data"]) for body in bodies} <= {"[]", "None"} | {
        str({"name": name}) for name in ("mtcnn_pnet", "mtcnn_rnet", "mtcnn_onet", "sface")
    }

    panel.locator("[data-does=where]").select_option("server")
    expect(roster).to_be_hidden()
    expect(panel.locator("#face-roster")).to_contain_text("Nobody is enrolled")
    expect(panel.locator("#face-apart")).to_contain_text("Known to the server alone")
    panel.locator("#face-forget").click()
    panel.locator("[data-does=where]").select_option("browser")
    expect(roster).to_contain_text("Nobody is enrolled")

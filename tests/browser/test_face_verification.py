"""The face tab in a browser: pictures, picking, enrolment and the webcam."""

import pytest
from playwright.sync_api import expect

from cvcore import images, samples

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(page, open_tab):
    panel = open_tab("face_verification")
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Same person")
    return panel


def test_first_answer_comes_without_a_click(panel, screenshot):
    expect(panel.locator("#face-a rect.chosen")).to_have_count(1)
    expect(panel.locator("#face-b circle")).to_have_count(5)
    expect(panel.locator("#face-matrix")).to_contain_text("4 faces, 3 persons")
    screenshot("face_verification")


def test_own_picture_and_slider(panel, page):
    picture = images.to_jpeg(samples.load_sample("obama_2005"))
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture}
    panel.locator("#face-b input[type=file]").set_input_files(file)
    verdict = panel.locator("#face-verdict .verdict")
    expect(verdict).to_contain_text("Different persons")
    slider = panel.locator("#face-threshold input[type=range]")
    slider.evaluate("node => { node.value = -0.2; node.dispatchEvent(new Event('input')) }")
    expect(verdict).to_contain_text("Same person")


def test_a_mistake_leaves_the_pictures_in_reach(panel, page):
    file = {"name": "a.png", "mimeType": "image/png", "buffer": b"This is not a picture."}
    panel.locator("#face-a input[type=file]").set_input_files(file)
    expect(page.get_by_text("could not be read as a picture")).to_be_visible()
    panel.locator("#face-a [data-name=ardern_2022]").click()
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("cosine 1.000")


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("Embeddings", "numbers that agree"),
        ("Detection", "P-Net"),
        ("History", "Eigenfaces, 1991"),
        ("Limits", "taken for a stranger"),
    ],
)
def test_every_view_opens(panel, view, words):
    panel.get_by_role("tab", name=view, exact=True).click()
    expect(panel.get_by_text(words).first).to_be_visible()


def test_enrol_and_be_named(panel, page):
    panel.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    panel.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    panel.locator("#face-enrol").click()
    expect(page.get_by_text("Tick the consent box first")).to_be_visible()
    panel.locator("#face-consent input").check()
    panel.locator("#face-enrol").click()
    expect(panel.locator("#face-roster")).to_contain_text("Enrolled (1): Jacinda")
    panel.get_by_text("Click to Access Webcam").click()
    camera = panel.locator("#face_verification-live-camera")
    camera.locator("button", has_text="Record").click()
    expect(panel.locator("#face-live-table")).to_contain_text("No face in view")  # a cat
    expect(panel.locator("#face_verification-live-view")).to_contain_text("frames a second")
    panel.locator("#face-forget").click()
    expect(panel.locator("#face-roster")).to_contain_text("Nobody is enrolled")


def test_snapshot_of_a_cat_has_no_face(panel, page):
    panel.locator("#face-a .camera").click()
    take = panel.locator("#face-a .camera")
    expect(take).to_have_text("Take the picture")
    page.wait_for_timeout(800)
    take.click()
    expect(page.get_by_text("There is no face to be found in picture A")).to_be_visible()
    expect(take).to_have_text("Webcam")

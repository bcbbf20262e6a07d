"""The face tab in a browser: pictures, picking, enrolment and the webcam."""

import threading

import pytest
from PIL import Image
from playwright.sync_api import expect

from cvcore.core import images, samples
from cvcore.engine import download, registry
from cvcore.recognition import faces
from demos.components.private_picture import GROUP, load_face_sample
from tests.support.browser import next_frames, open_more, open_view
from tests.support.files import make_exif, save
from tests.support.server import PATIENCE_SECONDS

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(page, open_tab):
    panel = open_tab("face_verification")
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Same person")
    return panel


def test_first_answer_comes_without_a_click_then_own_picture_and_slider(panel, screenshot):
    expect(panel.locator("#face-a rect.chosen")).to_have_count(1)
    expect(panel.locator("#face-b circle")).to_have_count(5)
    screenshot("face_verification")
    picture = images.to_jpeg(samples.load_sample("obama_2005"))
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture}
    panel.locator("#face-b input[type=file]").set_input_files(file)
    verdict = panel.locator("#face-verdict .verdict")
    expect(verdict).to_contain_text("Different persons")
    slider = panel.locator("#face-threshold input[type=range]")
    slider.evaluate("node => { node.value = -0.2; node.dispatchEvent(new Event('input')) }")
    expect(verdict).to_contain_text("Same person")


def test_the_pair_is_large_and_the_prior_above_its_verdict(panel):
    a, b = (panel.locator(f"#face-{letter} .frame").bounding_box() for letter in "ab")
    assert a["y"] == b["y"]
    assert a["width"] + b["width"] > 0.65 * 1280  # large, side by side
    verdict = panel.locator("#face-verdict .verdict").bounding_box()
    prior = panel.locator("#face-prior").bounding_box()
    assert prior["y"] + prior["height"] <= verdict["y"]  # above what it changes


def test_a_class_photo_is_compared_without_a_click(panel, screenshot):
    open_view(panel, "Class photo")
    expect(panel.locator("#face-group rect")).to_have_count(4)
    expect(panel.locator("#face-group rect[role=button]")).to_have_count(0)  # nothing to pick
    expect(panel.locator("#face-map image")).to_have_count(4)
    screenshot("face_verification_class")
    open_view(panel, "Class matrix")
    expect(panel.locator("#face-matrix")).to_contain_text("4 faces, 3 people")


def test_a_picture_that_comes_while_another_is_compared_is_answered_too(panel, rest, monkeypatch):
    """The sample that is shown already, then another picture at once: no old verdict beside it."""
    begun, go_on, embed = threading.Event(), threading.Event(), faces.embed_all

    def embed_slowly(*args, **kwargs):
        begun.set()
        go_on.wait(PATIENCE_SECONDS)
        return embed(*args, **kwargs)

    rest()
    monkeypatch.setattr(faces, "embed_all", embed_slowly)
    panel.locator("#face-b [data-name=ardern_2022]").click()
    assert begun.wait(PATIENCE_SECONDS)
    picture = images.to_jpeg(samples.load_sample("obama_2005"))
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture}
    panel.locator("#face-b input[type=file]").set_input_files(file)
    expect(panel.locator("#face-b img[src^=data]")).to_be_visible()
    next_frames(panel.page)
    go_on.set()
    rest()
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Different persons")


def test_a_mistake_leaves_the_pictures_in_reach(panel, page):
    file = {"name": "a.png", "mimeType": "image/png", "buffer": b"This is not a picture."}
    panel.locator("#face-a input[type=file]").set_input_files(file)
    # the old answer does not stay beside the new picture; why is said once, at the picture
    expect(panel.locator("#face-verdict")).to_contain_text("could not be read as a picture")
    said = page.get_by_text("could not be read as a picture").locator("visible=true")
    expect(said).to_have_count(1)
    expect(panel.locator("#face-a .picture-note.refused")).to_be_visible()
    expect(panel.locator("#face-verdict .verdict")).to_have_count(0)
    panel.locator("#face-a [data-name=ardern_2022]").click()
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("cosine 1.000")


def test_a_picture_as_a_phone_left_it(panel, page):
    """Lying on its side, with a broken tag, without its last bytes: to a browser, to the server."""
    upright = Image.fromarray(samples.load_sample("obama_2005"))
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    whole = save(lying, "JPEG", quality=95, exif=make_exif(6))
    ways = (("b", whole, "Different persons"), ("a", whole[:-2], "Same person"))
    for side, data, verdict in ways:
        file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": data}
        panel.locator(f"#face-{side} input[type=file]").set_input_files(file)
        expect(panel.locator("#face-verdict .verdict")).to_contain_text(verdict)


def test_every_view_opens(panel):
    for view, words in (
        ("Error rates", "strangers taken for the same person"),
        ("Embeddings", "numbers that agree"),
        ("Detection", "P-Net"),
        ("History", "Eigenfaces, 1991"),
        ("Parts", "Cosine similarity by SFace"),
        ("Limits", "taken for a stranger"),
    ):
        open_view(panel, view)
        expect(panel.get_by_text(words).locator("visible=true").first).to_be_visible()


def upload_everyone(panel, letter: str) -> None:
    picture = images.to_jpeg(load_face_sample(GROUP))
    file = {"name": "all.jpg", "mimeType": "image/jpeg", "buffer": picture}
    panel.locator(f"#face-{letter} input[type=file]").set_input_files(file)
    expect(panel.locator(f"#face-{letter} rect")).to_have_count(4)


def test_a_face_is_picked_by_keyboard_and_stays_picked(panel, screenshot):
    upload_everyone(panel, "b")
    expect(panel.locator("#face-verdict")).to_contain_text("click another frame")
    frames = panel.locator("#face-b rect")
    lefts = [float(frames.nth(i).get_attribute("x")) for i in range(4)]
    order = sorted(range(4), key=lefts.__getitem__)
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Different persons")
    frame = frames.nth(order[0])  # from the left: Ardern, Ardern, Obama, Collins
    frame.focus()
    frame.press("Enter")
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Same person")
    expect(panel.locator("#face-verdict .note")).to_have_count(0)
    chosen = panel.locator("#face-b rect.chosen")
    expect(chosen).to_have_attribute("x", str(lefts[order[0]]))
    screenshot("face_verification_picked", full_page=False)
    open_more(panel)
    detector = panel.get_by_label("Detector", exact=True)
    detector.click()
    panel.page.get_by_role("option", name="YuNet").click()
    expect(chosen).not_to_have_attribute("x", str(lefts[order[0]]))
    assert abs(float(chosen.get_attribute("x")) - lefts[order[0]]) < 60
    expect(panel.locator("#face-verdict .verdict")).to_contain_text("Same person")


def test_metric_and_prior_decide_what_is_written(panel):
    panel.locator("#face-metric").get_by_label("Euclidean").check()
    expect(panel.locator("#face-verdict")).to_contain_text("Euclidean distance of two faces")
    expect(panel.locator("#face-matrix")).to_contain_text("Euclidean distance of each pair")
    verdict = panel.locator("#face-verdict .verdict")
    expect(verdict).to_contain_text("if one pair in two is one person’s")
    prior = panel.locator("#face-prior")
    prior.get_by_label("city").check()
    expect(verdict).to_contain_text("if one pair in 100,000 is one person’s")
    expect(prior).to_be_in_viewport(ratio=1)  # both at once, at a projector's size
    expect(verdict).to_be_in_viewport(ratio=1)


def test_limits_follow_the_threshold(panel):
    open_view(panel, "Limits")
    expect(panel.locator("#face-trial")).to_contain_text("taken for a stranger")
    slider = panel.locator("#face-threshold input[type=range]")
    slider.evaluate("node => { node.value = 0.9; node.dispatchEvent(new Event('input')) }")
    expect(panel.locator("#face-trial")).to_contain_text("does not match even unspoiled")
    expect(panel.locator("#face-trial")).to_contain_text("none of 10,000 strangers passes")


@pytest.fixture
def without_facenet(monkeypatch):
    """An embedder that is not here, whatever this machine's cache folder holds."""
    is_available = registry.is_available
    monkeypatch.setattr(
        registry, "is_available", lambda name: name != "facenet_vggface2" and is_available(name)
    )


def test_an_embedder_that_cannot_be_fetched_leaves_the_bundled_one(
    panel, without_facenet, monkeypatch
):
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0)  # as long as a network has time to answer
    panel.get_by_label("Embedder", exact=True).click()
    panel.page.get_by_role("option", name="FaceNet").click()
    expect(panel.locator("#face-notice")).to_contain_text("bundled model")
    expect(panel.get_by_label("Embedder", exact=True)).to_have_value("SFace")
    expect(panel.get_by_text("Stop the download")).to_be_hidden()


def test_a_download_tells_its_progress_and_can_be_stopped(panel, without_facenet, monkeypatch):
    ended = threading.Event()

    def fetch(name, *, progress):
        try:
            while not ended.wait(0.05):
                progress(0.42)
        finally:
            ended.set()

    monkeypatch.setattr(download, "fetch", fetch)
    menu = panel.get_by_label("Embedder", exact=True)
    menu.click()
    panel.page.get_by_role("option", name="FaceNet").click()
    expect(panel.locator("#face-notice")).to_contain_text("42%")
    expect(menu).to_have_value("SFace")  # the bundled one answers meanwhile
    panel.locator("#face-b [data-name=obama_2005]").click()
    expect(panel.locator("#face-verdict")).to_contain_text("Different persons")
    panel.get_by_text("Stop the download").click()
    expect(panel.locator("#face-notice")).to_contain_text("was stopped")
    assert ended.wait(10)


def test_snapshot_of_a_cat_has_no_face(panel, page):
    panel.locator("#face-a .camera").click()
    take = panel.locator("#face-a .camera")
    expect(take).to_have_text("Take the picture")
    take.click()
    expect(panel.locator("#face-a .picture-note.refused")).to_contain_text("There is no face")
    said = page.get_by_text("There is no face to be found in picture A").locator("visible=true")
    expect(said).to_have_count(1)
    expect(page.get_by_test_id("toast-text")).to_have_count(0)
    expect(take).to_have_text("Webcam")


# A webcam that shows its first picture when it is told to.
SLOW_WEBCAM = """() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [64, 48];
    const stream = canvas.captureStream(0);
    navigator.mediaDevices.getUserMedia = () => Promise.resolve(stream);
    window.showFirst = () => {
        canvas.getContext('2d').fillRect(0, 0, 64, 48);
        stream.getVideoTracks()[0].requestFrame();
    };
}"""


def test_nothing_is_taken_before_the_webcam_shows_something(panel, page, rest):
    page.evaluate(SLOW_WEBCAM)
    take = panel.locator("#face-a .camera")
    before = panel.locator("#face-a img").first.get_attribute("src")
    take.click()
    expect(take).to_have_text("The webcam starts…")
    take.click()
    rest()
    expect(take).to_have_text("The webcam starts…")
    assert panel.locator("#face-a img").first.get_attribute("src") == before
    panel.locator("#face-a .clear").click()
    rest()
    expect(take).to_have_text("Webcam")
    page.evaluate(SLOW_WEBCAM)
    take.click()
    page.evaluate("() => window.showFirst()")
    expect(take).to_have_text("Take the picture")
    take.click()
    expect(take).to_have_text("Webcam")
    expect(page.get_by_text("There is no face to be found in picture A").first).to_be_visible()

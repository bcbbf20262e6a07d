"""Nothing of a face is written to disk, and nothing is kept when the visit is over."""

import gc
import io
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cvcore.core import samples
from tests.support.browser import PATIENCE_MS, open_more, start_webcam
from tests.support.privacy import to_uri, watch_writes
from tests.support.server import serve_page, wait_until

pytestmark = pytest.mark.browser
TOPIC = "face_verification"
VIEWS = {
    "Embeddings": "numbers that agree",
    "Detection": "O-Net",
    "History": "Eigenfaces, 1991",
    "Parts": "Cosine similarity by SFace",
    "Train one": "done: step 5 of 5",
    "One shot": "It is nearest to",
    "Limits": "does not match even unspoiled",
}


@pytest.fixture
def browser(portrait_browser):
    return portrait_browser


@pytest.fixture
def watched(tmp_path):
    """Matplotlib, which ultralytics imports, keeps a list of the machine's fonts: made before."""
    pytest.importorskip("matplotlib.font_manager")
    with watch_writes(tmp_path) as watched:
        yield watched


def test_a_write_is_heard(watched):
    """Else the walk below would prove nothing."""
    folder = Path(tempfile.gettempdir())
    (folder / "a.png").write_bytes(b"a")
    assert watched.writes == [f"open {folder / 'a.png'}"]
    cv2.imwrite(str(folder / "b.png"), np.zeros((4, 4, 3), np.uint8))
    assert len(watched.writes) == 1  # unheard, as it is not Python that writes
    assert {folder / "a.png", folder / "b.png"} <= watched.list_files()


def test_no_picture_is_written(serve, watched, browser, tmp_path_factory):
    """Every view, both detectors, enrolment, stream and the API, with every write noted: 20 s."""
    from gradio_client import Client

    url = serve(TOPIC).url
    upload = tmp_path_factory.mktemp("visitor") / "me.png"
    Image.fromarray(samples.load_sample("obama_2005")).save(upload)
    before, noted = watched.list_files(), len(watched.writes)
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}?tab={TOPIC}&steps=5")
    page.locator("#face-verdict .verdict.same").wait_for()
    page.locator("#face-b input[type=file]").set_input_files(upload)
    page.locator("#face-verdict .verdict.other").wait_for()
    for view, words in VIEWS.items():
        page.get_by_role("tab", name=view, exact=True).click()
        page.get_by_text(words).first.wait_for()
    open_more(page.locator("#face_verification-stage"))
    page.get_by_label("Detector", exact=True).click()
    page.get_by_role("option", name="YuNet").click()
    page.get_by_role("tab", name="Verdict", exact=True).click()
    page.locator("#face-verdict .verdict.other").wait_for()
    page.locator("#face-b .camera").click()
    page.locator("#face-b .camera", has_text="Take the picture").wait_for()
    page.locator("#face-b .camera").click()
    page.locator("#face-verdict .verdict.same").wait_for()
    page.get_by_role("tab", name="Live", exact=True).click()
    page.locator("#face-enrol-picture [data-name=ardern_2018]").click()
    page.locator("#face-name input, #face-name textarea").first.fill("Jacinda")
    page.locator("#face-consent input").check()
    page.locator("#face-enrol").click()
    page.get_by_text("Enrolled (1)").wait_for()
    start_webcam(page)
    page.locator("#face-live-table td b", has_text="Jacinda").wait_for()
    for _ in range(10):  # frames that show the person enrolled
        with page.expect_response(lambda answer: "component_server" in answer.url):
            pass
    during = watched.list_files()
    context.close()

    client = Client(url, verbose=False)
    a, b = to_uri("ardern_2018"), to_uri("obama_2005")
    client.predict(a, b, 0.34, "sface", api_name=f"/{TOPIC}")
    client.predict(a, b, 0.34, "sface", "yunet", "euclidean", api_name=f"/{TOPIC}")
    client.predict(a, 0.34, api_name=f"/{TOPIC}_matrix")
    client.predict("Barack", b, True, api_name=f"/{TOPIC}_enrol")
    client.predict(a, 0.34, api_name=f"/{TOPIC}_frame")
    client.close()
    assert during <= before
    assert watched.list_files() <= before
    assert watched.writes[noted:] == []


@pytest.fixture
def served():
    """The page served from this process, so that its memory can be looked through."""
    with serve_page(TOPIC) as page:
        yield page


def find_traces(*needles: str) -> int:
    """How many objects in memory hold a long text with one of the needles in it."""
    gc.collect()
    found = 0
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            values = thing.values()
        elif isinstance(thing, list | tuple | set):
            values = thing
        else:
            continue
        found += any(
            isinstance(text, str | bytes) and len(text) > 2000 and _holds(text, needles)
            for text in list(values)
        )
    return found


def _holds(text: str | bytes, needles: tuple[str, ...]) -> bool:
    return any(needle in text if isinstance(text, str) else needle.encode() in text
               for needle in needles)  # fmt: skip


def count_faces() -> int:
    from cvcore.face_verification.tracking import Person, Tracking
    from cvcore.recognition.faces import Face

    gc.collect()
    return sum(isinstance(thing, Face | Person | Tracking) for thing in gc.get_objects())


def is_known(name: str) -> bool:
    """True while anybody enrolled under this name is in memory."""
    from cvcore.face_verification.tracking import Person

    gc.collect()
    return any(isinstance(thing, Person) and thing.name == name for thing in gc.get_objects())


def test_nothing_is_kept_after_the_visit(served, browser):
    """About 10 s: a page of its own, and the whole memory is looked through twice."""
    image = samples.load_sample("ardern_2018").copy()
    image[:4, :4] = 200
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=91)
    faces_before = count_faces()
    context = browser.new_context(permissions=["camera"])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    page.goto(served.url)
    page.locator("#face-verdict .verdict").wait_for()
    page.get_by_role("tab", name="Live", exact=True).click()
    file = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    page.locator("#face-enrol-picture input[type=file]").set_input_files(file)
    page.locator("#face-name input, #face-name textarea").first.fill("Zacharias")
    page.locator("#face-consent input").check()
    page.locator("#face-enrol").click()
    page.get_by_text("Enrolled (1)").wait_for()
    body = next(json.loads(text) for text in sent if "Zacharias" in text and "data:image" in text)
    (address,) = (v["src"] for v in body["data"] if isinstance(v, dict) and v.get("src"))
    needle = address[len(address) // 2 :][:80]
    del sent[:], body, address
    assert served.blocks.state_holder.session_data
    assert is_known("Zacharias")
    assert find_traces(needle) > 0
    context.close()
    # Looking through the memory takes a second: not while the visit is being ended.
    state = served.blocks.state_holder.session_data
    wait_until(lambda: not state and not served.is_busy, "The end of the visit")
    wait_until(lambda: count_faces() <= faces_before, "That the faces are forgotten")
    wait_until(lambda: find_traces(needle, "Zacharias") == 0, "That the picture is forgotten")
    assert not is_known("Zacharias")
    assert not served.blocks.state_holder.session_data

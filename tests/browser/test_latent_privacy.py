"""The face that a latent is searched for stays in memory, like those of face verification."""

import re

import pytest
from PIL import Image

from cvcore import samples
from tests.support.browser import PATIENCE_MS
from tests.support.privacy import to_uri, watch_app

pytestmark = pytest.mark.browser


@pytest.fixture
def watched(tmp_path):
    """The app, with the networks exported so far in its cache."""
    with watch_app(tmp_path, "latent_space", networks="gan_*.onnx") as app:
        yield app


def test_no_picture_is_written(watched, browser, tmp_path_factory):
    """Upload, search, film of the latent found, and the API, with every write noted."""
    from gradio_client import Client

    upload = tmp_path_factory.mktemp("visitor") / "me.png"
    Image.fromarray(samples.load_sample("obama_2005")).save(upload)
    cache = watched.folders["cache"]  # for the networks themselves
    before, noted = watched.list_files(but="cache"), len(watched.read_writes())
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{watched.url}?tab=latent_space&steps=20&frames-of-a-path=6")
    page.get_by_role("tab", name="Your picture").click()
    panel = page.locator("#latent-space-own")
    panel.get_by_text("cut as the training pictures were").wait_for()
    page.locator("#latent-space-picture input[type=file]").set_input_files(upload)
    page.get_by_role("button", name="Find the latent").click()
    panel.get_by_text("done in").wait_for()
    page.get_by_role("button", name="Put it at A").click()
    page.get_by_role("button", name="A = yours").wait_for()
    page.get_by_role("tab", name="Path").click()
    page.get_by_role("button", name="Make GIF and film").click()
    page.locator("#latent-space-film").get_by_text("done").wait_for()
    during = watched.list_files(but="cache")
    context.close()

    client = Client(watched.url, verbose=False)
    client.predict(to_uri("ardern_2018"), "faces", api_name="/latent_space_target")
    client.predict(to_uri("ardern_2018"), "faces", "own", 10, True, 3, 1, 4, "A: 1",
                   api_name="/latent_space_invert")  # fmt: skip
    client.close()
    assert during == before
    assert watched.list_files(but="cache") == before
    written = watched.read_writes()[noted:]
    probe = re.compile(rf"{re.escape(str(watched.folders['temp']))}/[a-z0-9_]{{8}}")
    # Left out: the networks' cache, and Python's own try whether the folder can be written to.
    assert [line for line in written if str(cache) not in line and not probe.fullmatch(line)] == []
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} <= {".onnx"}

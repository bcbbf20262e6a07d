"""The face that a latent is searched for stays in memory, like those of face verification."""

import re

import pytest
from PIL import Image

from cvcore import samples
from tests.browser.test_face_privacy import list_files, to_uri, watched

pytestmark = pytest.mark.browser
__all__ = ["watched"]


@pytest.mark.parametrize("watched", ["latent_space"], indirect=True)
def test_no_picture_is_written(watched, browser, tmp_path_factory):
    """Upload, search, film of the latent found, and the API, with every write noted."""
    from gradio_client import Client

    url, log, folders = watched
    upload = tmp_path_factory.mktemp("visitor") / "me.png"
    Image.fromarray(samples.load_sample("obama_2005")).save(upload)
    cache = folders.pop("cache")  # for the networks themselves
    before, noted = list_files(folders), len(log.read_text().splitlines())
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(url)
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
    during = list_files(folders)
    context.close()

    client = Client(url, verbose=False)
    client.predict(to_uri("ardern_2018"), "faces", api_name="/latent_space_target")
    client.predict(to_uri("ardern_2018"), "faces", "own", 10, True, 3, 1, 4, "A: 1",
                   api_name="/latent_space_invert")  # fmt: skip
    client.close()
    assert during == before
    assert list_files(folders) == before
    written = log.read_text().splitlines()[noted:]
    others = [line for line in written if not line.startswith(("/dev/", "/proc/"))]
    probe = re.compile(rf"{re.escape(str(folders['temp']))}/[a-z0-9_]{{8}}")
    # Left out: the networks' cache, and Python's own try whether the folder can be written to.
    assert [line for line in others if str(cache) not in line and not probe.fullmatch(line)] == []
    assert {path.suffix for path in cache.rglob("*") if path.is_file()} <= {".onnx"}

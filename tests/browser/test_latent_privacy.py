"""The face that a latent is searched for stays in memory, like those of face verification."""

import pytest
from PIL import Image

from cvcore.core import samples
from tests.support.browser import PATIENCE_MS
from tests.support.privacy import to_uri, watch_writes

pytestmark = pytest.mark.browser


@pytest.fixture
def watched(tmp_path):
    with watch_writes(tmp_path) as watched:
        yield watched


def test_no_picture_is_written(serve, watched, browser, tmp_path_factory):
    """Upload, search, film of the latent found, and the API, with every write noted: 20 s."""
    from gradio_client import Client

    url = serve("latent_space").url
    upload = tmp_path_factory.mktemp("visitor") / "me.png"
    Image.fromarray(samples.load_sample("obama_2005")).save(upload)
    before, noted = watched.list_files(), len(watched.writes)
    context = browser.new_context(permissions=["camera"], viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{url}?tab=latent_space&steps=20&frames-of-a-path=6")
    page.get_by_role("tab", name="Your picture", exact=True).click()
    panel = page.locator("#latent-space-own")
    panel.get_by_text("cut as the training pictures were").wait_for()
    sample = panel.locator("img").get_attribute("src")
    page.locator("#latent-space-picture input[type=file]").set_input_files(upload)
    # What is found before the upload is shown is the sample's latent, and goes with it.
    panel.locator(f'img[src="{sample}"]').wait_for(state="detached")
    panel.get_by_text("cut as the training pictures were").wait_for()
    page.get_by_role("button", name="Find the latent").click()
    panel.get_by_text("done in").wait_for()
    page.get_by_role("button", name="Put it at A").click()
    page.get_by_role("button", name="A = yours").wait_for()
    page.get_by_role("tab", name="Path").click()
    page.get_by_role("button", name="Make GIF and MP4").click()
    page.locator("#latent-space-video").get_by_text("done").wait_for()
    during = watched.list_files()
    context.close()

    client = Client(url, verbose=False)
    client.predict(to_uri("ardern_2018"), "faces", api_name="/latent_space_target")
    client.predict(to_uri("ardern_2018"), "faces", "own", 10, "w", 3, 1, 0.8, "A: 1",
                   api_name="/latent_space_invert")  # fmt: skip
    client.close()
    assert during <= before
    assert watched.list_files() <= before
    assert watched.writes[noted:] == []

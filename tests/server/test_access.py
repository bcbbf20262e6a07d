"""Who is let in: a class's link and accounts, at the real page."""

import httpx
import pytest
from gradio_client import Client
from playwright.sync_api import expect

from demos.server import static_files
from demos.server.access import COOKIE, HEADER
from tests.support.server import load_app, serve_page
from tests.support.visitor import Visitor

WORD = "klasse9a"
FILE = "/gradio_api/file=assets/samples/chelsea.jpg"
READ = ("/", "/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=a", FILE)
WRITE = ("upload", "queue/join", "component_server", "call/convolution", "run/convolution", "reset")


@pytest.fixture(scope="module")
def class_url():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_CLASS_LINK", WORD)
        word = load_app().parse_arguments([]).class_link
    with serve_page("convolution", class_word=word) as page:
        yield page.url


@pytest.fixture(scope="module")
def account_url():
    with serve_page("convolution", accounts=[("ann", "secret"), ("ben", "other")]) as page:
        yield page.url


@pytest.mark.parametrize("cookie", [None, "wrong"])
def test_without_the_link_everything_is_shut(class_url, cookie):
    cookies = {COOKIE: cookie} if cookie else None
    with httpx.Client(base_url=class_url, cookies=cookies) as stranger:
        for path in READ:
            assert stranger.get(path).status_code == 401, path
        for path in WRITE:
            assert stranger.post(f"/gradio_api/{path}", json={}).status_code == 401, path
        assert stranger.get("/healthz").status_code == 200


def test_the_link_opens_page_and_api(class_url):
    with httpx.Client(base_url=class_url) as pupil:
        assert pupil.get(f"/?class={WORD}").status_code == 200
        assert pupil.get("/gradio_api/info").status_code == 200  # by the cookie
    client = Client(class_url, headers={HEADER: WORD}, verbose=False)
    assert "/convolution" in client.view_api(return_format="dict")["named_endpoints"]


def test_link_and_account_are_both_asked_for():
    accounts = [("ann", "secret")]
    with (
        serve_page("convolution", class_word=WORD, accounts=accounts) as page,
        httpx.Client(base_url=page.url) as pupil,
    ):
        known = {"username": "ann", "password": "secret"}
        assert pupil.post("/login", data=known).status_code == 401  # without the link
        assert pupil.get(f"/?class={WORD}").status_code == 200  # where the name is asked for
        assert pupil.get("/config").status_code == 401
        assert pupil.post("/login", data=known).status_code == 200
        assert pupil.get("/config").status_code == 200


@pytest.mark.browser
def test_a_browser_with_the_link_works(class_url, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{class_url}/?tab=convolution")
    expect(page.get_by_text("your teacher gave you")).to_be_visible()
    page.goto(f"{class_url}/?class={WORD}&tab=convolution&stride=2")
    expect(page.locator("#convolution-walk .total")).to_be_visible()
    page.get_by_role("button", name="Link", exact=True).locator("visible=true").click()
    link = page.locator("#convolution-link input, #convolution-link textarea").first
    expect(link).to_have_value(
        f"{class_url}/?tab=convolution&class={WORD}&picture=chelsea&view=matrix&stride=2"
    )
    context.close()


def test_accounts_are_asked_for(account_url):
    with httpx.Client(base_url=account_url) as visitor:
        for path in ("/config", "/gradio_api/info", FILE):
            assert visitor.get(path).status_code == 401, path
        assert visitor.post("/gradio_api/upload", files={"files": b"a"}).status_code == 401
        wrong = visitor.post("/login", data={"username": "ann", "password": "other"})
        assert wrong.status_code == 400
        right = visitor.post("/login", data={"username": "ann", "password": "secret"})
        assert right.status_code == 200
        assert visitor.get("/config").status_code == 200
        assert visitor.get("/healthz").status_code == 200


def test_engine_and_networks_are_for_those_who_have_signed_in(account_url):
    guarded = static_files.publish_large("net.weights", b"guarded by accounts")
    script = static_files.publish("walk.js", b"let a = 1;")
    with httpx.Client(base_url=account_url) as visitor:
        answer = visitor.get(f"/{guarded}")
        assert answer.status_code == 401
        assert answer.text == "Sign in first."
        assert "immutable" not in answer.headers.get("cache-control", "")  # it may come later
        assert visitor.get(f"/{script}").status_code == 200  # the page that asks for the name
        visitor.cookies.set("access-token-unsecure", "made-up")
        assert visitor.get(f"/{guarded}").status_code == 401
        visitor.post("/login", data={"username": "ann", "password": "secret"})
        assert visitor.get(f"/{guarded}").content == b"guarded by accounts"


def test_nobody_passes_the_queue_by(serve):
    visitor = Visitor(serve("convolution").url)
    answer = visitor.client.post("/run/convolution", json={"data": []})
    assert answer.status_code == 404
    visitor.leave()

"""How the page is served: the door, health, and tidying up."""

import subprocess
import sys
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from demos import page, server
from demos.page import LOOK, build_page
from demos.server import access, idle_memory, serve
from tests.support.server import ROOT, load_app

WORD = "klasse9a"


def test_lessons_are_prepared_once_networks_are(monkeypatch):
    done = []
    monkeypatch.setattr(serve.predictor, "prepare", lambda names: done.append(names))
    monkeypatch.setattr("demos.training_lab.prepare", lambda: done.append("training"))
    preparations = page.list_preparations(("convolution", "training_lab"))
    serve._make_ready(("unet",), preparations)
    assert done == [("unet",), "training"]


@pytest.fixture
def door():
    async def answer(_):
        return PlainTextResponse("inside")

    routes = [Route(path, answer) for path in ("/", "/config", access.HEALTH)]
    guarded = Starlette(routes=routes, middleware=[Middleware(access.ClassLink, word=WORD)])
    return TestClient(guarded)


def test_without_the_word_nobody_comes_in(door):
    for path in ("/", "/config", "/?class=", "/?class=klasse9b", "/?class=%E2%82%AC"):
        answer = door.get(path)
        assert answer.status_code == 401
        assert "link that your teacher gave you" in answer.text
    assert door.get(access.HEALTH).text == "inside"


def test_the_link_opens_and_stays_open(door):
    answer = door.get(f"/?class={WORD}")
    assert answer.text == "inside"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert door.get("/config").text == "inside"  # by the cookie
    door.cookies.clear()
    assert door.get("/config").status_code == 401
    assert door.get("/config", headers={access.HEADER: WORD}).text == "inside"


@pytest.mark.parametrize("other", ['prefs={"a":1}', "lang=de DE", "name=J\xfcrgen", "a"])
def test_cookies_of_other_pages_do_no_harm(door, other):
    door.cookies.clear()
    for line in (f"{other}; {access.COOKIE}={WORD}", f"{access.COOKIE}={WORD}; {other}"):
        assert door.get("/config", headers={"cookie": line.encode("latin-1")}).text == "inside"
    assert door.get("/config", headers={"cookie": other.encode("latin-1")}).status_code == 401


def test_over_https_the_cookie_also_works_inside_a_frame(door):
    with TestClient(door.app, base_url="https://testserver") as secure:
        cookie = secure.get(f"/?class={WORD}").headers["set-cookie"]
    assert "SameSite=None; Secure" in cookie


def test_accounts_and_words(monkeypatch):
    monkeypatch.setenv("GLASSBOX_TABS", "convolution")
    app = load_app()
    options = app.parse_arguments(["--auth", "ann:se:cret,ben:b", "--class-link", WORD])
    assert options.auth == (("ann", "se:cret"), ("ben", "b"))
    assert options.class_link == WORD
    assert app.parse_arguments([]).auth == ()
    monkeypatch.setenv("GLASSBOX_AUTH", "ann:secret,ben:other")
    assert app.parse_arguments([]).auth == (("ann", "secret"), ("ben", "other"))
    for bad in (["--auth", "ann"], ["--auth", ":x"], ["--class-link", "a b"]):
        with pytest.raises(SystemExit):
            app.parse_arguments(bad)


def test_idle_networks_are_let_go():
    from cvcore.engine import checkpoints

    checkpoints.load_model("digits_cnn")
    kept = "cvcore.engine.checkpoints.load_model(digits_cnn)"
    assert kept not in idle_memory.release_idle(older_than_s=60)
    assert kept in idle_memory.release_idle(older_than_s=0)
    assert idle_memory.release_idle(older_than_s=0) == ()


def test_tidying_survives_a_failure(monkeypatch):
    stopped, calls = threading.Event(), []

    def fail(*_):
        calls.append(1)
        if len(calls) == 2:
            stopped.set()
        raise RuntimeError("broken")

    monkeypatch.setattr(idle_memory, "release_idle", fail)
    idle_memory.tidy(stopped, every_seconds=0.01)
    assert len(calls) == 2


def test_health(page_url):
    answer = httpx.get(page_url + access.HEALTH)
    assert answer.content == b'{"status":"ok"}'


@pytest.fixture(scope="module")
def page_url(serve):
    return serve("convolution").url


ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
from starlette.testclient import TestClient
from cvcore import style_transfer
from cvcore.core import samples
from demos.lesson import prepare
from demos.page import LOOK, build_page
from demos.server import build_replica

prepare()
page = build_page(("convolution",))
rows = [*samples.index().values(), *style_transfer.index().values()]
with TestClient(build_replica(page, **LOOK)) as client:
    api = "/gradio_api"
    print({client.get(f"{api}/file={row.path}").status_code for row in rows})
    print(client.get(f"{api}/file={sys.argv[1]}/app.py").status_code)
"""


def test_the_page_travels_packed(page_url):
    def load(encoding):
        with httpx.stream("GET", page_url, headers={"accept-encoding": encoding}) as answer:
            answer.read()
            return answer.num_bytes_downloaded, answer.text

    (packed, unpacked), (whole, plain) = load("gzip"), load("identity")
    assert packed < whole / 2
    assert len(unpacked) == len(plain)
    other = httpx.get(page_url + access.HEALTH, headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in other.headers


def test_pictures_are_served_from_any_folder(tmp_path):
    """Started as ``python /opt/glassbox/app.py``, Gradio's own folder is another one."""
    result = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(ROOT)], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.splitlines()[-2:] == ["{200}", "403"]


def test_a_full_queue_answers_with_a_sentence():
    async def refuse(_):
        return PlainTextResponse("Queue is full.", status_code=503)

    routes = [Route("/gradio_api/queue/join", refuse, methods=["POST"]), Route("/other", refuse)]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(serve.FullQueue)]))
    answer = client.post("/gradio_api/queue/join")
    assert answer.status_code == 429
    assert answer.json() == {"detail": serve.QUEUE_FULL}
    assert client.get("/other").status_code == 503


def test_a_visitor_of_replicas_gets_one_cookie_for_all_requests():
    async def answer(_):
        return PlainTextResponse("here")

    app_ = Starlette(routes=[Route("/", answer)], middleware=[Middleware(serve.VisitorCookie)])
    first, second = TestClient(app_), TestClient(app_)
    cookie = first.get("/").headers["set-cookie"]
    assert cookie.startswith("glassbox-visitor=")
    assert "set-cookie" not in first.get("/").headers
    assert second.get("/").headers["set-cookie"] != cookie


def test_a_replica_serves_the_page_and_its_health():
    page = build_page(("convolution",))
    with TestClient(server.build_replica(page, **LOOK)) as client:
        answer = client.get("/")
        assert "Glassbox" in answer.text
        assert "glassbox-visitor" in answer.headers["set-cookie"]
        assert client.get(access.HEALTH).json() == {"status": "ok"}

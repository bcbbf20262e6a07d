"""Films made anew in WebM, for browsers that play no H.264."""

import asyncio
import io
import threading

import httpx
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cvcore.core import video
from demos.server import films
from demos.server.limits import MAX_REQUEST_BYTES
from tests.support.server import run_alone, serve_page

KIND = {"content-type": films.TAKEN}


def make_film(width: int = 64, count: int = 12) -> bytes:
    file, rng = io.BytesIO(), np.random.default_rng(0)
    with video.VideoWriter(file, 12) as writer:
        for _ in range(count):
            writer.write(rng.integers(0, 255, (64, width, 3), np.uint8))
    return file.getvalue()


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=[films.make_route()]))


def test_a_film_comes_back_as_webm(client):
    answer = client.post(films.ADDRESS, content=make_film(), headers=KIND)
    assert (answer.status_code, answer.headers["content-type"]) == (200, films.GIVEN)
    assert answer.headers["cache-control"] == "no-store"
    info = video.read_info(answer.content)
    assert (info.frames, info.width, round(info.fps)) == (12, 64, 12)


def test_a_large_film_is_shrunk(client):
    answer = client.post(films.ADDRESS, content=make_film(1400, 2), headers=KIND)
    assert video.read_info(answer.content).width == films.MAX_SIDE


@pytest.mark.parametrize("data", [b"", b"no film", b"../../etc/passwd", make_film()[:300]])
def test_what_is_no_film_gets_a_sentence(client, data):
    answer = client.post(films.ADDRESS, content=data, headers=KIND)
    assert answer.status_code == 422
    assert answer.text.endswith(".")
    assert "Traceback" not in answer.text


def test_other_kinds_and_ways_are_refused(client):
    for kind in ({}, {"content-type": "text/plain"}, {"content-type": "multipart/form-data"}):
        assert client.post(films.ADDRESS, content=make_film(), headers=kind).status_code == 415
    assert client.get(f"{films.ADDRESS}?file=/etc/passwd").status_code == 405
    assert client.post(f"{films.ADDRESS}/etc/passwd", headers=KIND).status_code == 404


def test_a_film_that_takes_too_long_is_left(monkeypatch):
    ended = threading.Event()

    def endless(*_, **__):
        try:
            while True:
                yield None
        finally:
            ended.set()

    monkeypatch.setattr(video, "to_webm", endless)
    client = TestClient(Starlette(routes=[films.make_route(seconds=0)]))
    answer = client.post(films.ADDRESS, content=b"film", headers=KIND)
    assert (answer.status_code, answer.text) == (413, films.TOO_LONG)
    assert ended.is_set()


def test_so_many_at_once_and_a_sentence_for_more(monkeypatch):
    """One film is held; others wait behind it, and those for whom there is no place are told."""
    leave, running, most = threading.Event(), 0, 0

    def held(*_, **__):
        nonlocal running, most
        running += 1
        most = max(most, running)
        leave.wait()
        running -= 1
        yield b"webm"

    monkeypatch.setattr(video, "to_webm", held)
    monkeypatch.setattr(films, "FILMS_WAITING", 3)
    app = Starlette(routes=[films.make_route()])

    async def visit() -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            asked = [
                asyncio.create_task(client.post(films.ADDRESS, content=b"film", headers=KIND))
                for _ in range(5)
            ]
            refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            assert {one.result().text for one in refused} == {films.BUSY}
            leave.set()
            return sorted(one.status_code for one in await asyncio.gather(*asked))

    assert run_alone(visit()) == [200, 200, 200, 429, 429]
    assert most == 1


def test_a_browser_that_leaves_ends_the_work(monkeypatch):
    ended, is_there = threading.Event(), asyncio.Event()

    def endless(*_, **__):
        try:
            while True:
                yield None
        finally:
            ended.set()

    monkeypatch.setattr(video, "to_webm", endless)
    scope = {
        "type": "http", "method": "POST", "path": films.ADDRESS, "query_string": b"",
        "headers": [(b"content-type", films.TAKEN.encode())],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": b"film"}, {"type": "http.disconnect"}]
    answers = []

    async def receive():
        return messages.pop(0) if messages else await is_there.wait()

    async def send(message):
        answers.append(message)

    run_alone(Starlette(routes=[films.make_route()])(scope, receive, send))
    assert ended.is_set()
    assert answers[0]["status"] == films.GONE


def test_who_sends_too_slowly_does_not_keep_the_others_waiting():
    """The turn is taken while a film comes here: one that never comes gives it back."""
    route = films.make_route(sending_seconds=0)
    scope = {
        "type": "http", "method": "POST", "path": films.ADDRESS, "query_string": b"",
        "headers": [(b"content-type", films.TAKEN.encode())],
    }  # fmt: skip
    answers = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        answers.append(message)

    async def visit():
        for _ in range(2):
            await Starlette(routes=[route])(scope, receive, send)

    run_alone(asyncio.wait_for(visit(), 60))
    assert [one["status"] for one in answers if "status" in one] == [408, 408]


def test_on_the_page_accounts_and_sizes_count():
    film = make_film()
    with (
        serve_page("convolution", accounts=[("ann", "secret")]) as page,
        httpx.Client(base_url=page.url, headers=KIND, timeout=60) as visitor,
    ):
        assert visitor.post(films.ADDRESS, content=film).status_code == 401
        visitor.cookies.set("access-token-unsecure-", "wrong")
        assert visitor.post(films.ADDRESS, content=film).status_code == 401
        known = {"username": "ann", "password": "secret"}
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert visitor.post("/login", data=known, headers=form).status_code == 200
        assert visitor.post(films.ADDRESS, content=film).status_code == 200
        large = bytes(MAX_REQUEST_BYTES + 1)
        assert visitor.post(films.ADDRESS, content=large).status_code == 413

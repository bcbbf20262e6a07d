"""Pictures and scripts that a browser keeps."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from demos.server import static_files


@pytest.fixture(scope="module")
def client():
    return TestClient(Starlette(routes=[static_files.ROUTE]))


def test_a_file_is_served_and_kept_for_good(client):
    address = static_files.publish("walk.js", b"let a = 1;")
    answer = client.get(f"/{address}")
    assert answer.content == b"let a = 1;"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]


def test_another_content_has_another_address():
    one, same, other = (static_files.publish("a.jpg", data) for data in (b"1", b"1", b"2"))
    assert one == same != other


def test_nothing_else_is_served(client):
    address = static_files.publish("a.js", b"1")
    folder, digest, _ = address.split("/")
    for path in (
        f"{folder}/{digest}/b.js",
        f"{folder}/{'0' * 16}/a.js",
        f"{folder}/{digest}/..%2fa",
    ):
        assert client.get(f"/{path}").status_code == 404

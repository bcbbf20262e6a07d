"""Pictures, scripts and networks that a browser keeps."""

import gzip
import re

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from demos.server import access, static_files

PLAIN = {"accept-encoding": "identity"}
PACKED = {"accept-encoding": "gzip, deflate, br"}
WORD = "klasse9a"


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


def test_what_is_large_is_packed_once_and_unpacked_for_who_does_not_take_it(client, monkeypatch):
    data, packings = b"network " * 5000, []
    pack = gzip.compress
    monkeypatch.setattr(
        gzip, "compress", lambda data, **how: packings.append(len(data)) or pack(data, **how)
    )
    address = static_files.publish_large("net.weights", data)
    assert static_files.publish_large("net.weights", data) == address
    for headers, encoding in ((PACKED, "gzip"), (PLAIN, None), (PACKED, "gzip")):
        answer = client.get(f"/{address}", headers=headers)
        assert answer.content == data  # the client has unpacked it
        assert answer.headers.get("content-encoding") == encoding
        assert (int(answer.headers["content-length"]) < len(data)) is (encoding == "gzip")
        assert answer.headers["vary"] == "accept-encoding"
        assert "immutable" in answer.headers["cache-control"]
    assert packings == [len(data)]


def test_what_comes_packed_stays_so(client, monkeypatch):
    data = bytes(range(256)) * 100
    packed = gzip.compress(data)
    monkeypatch.setattr(gzip, "compress", None)  # nothing is packed here
    address = static_files.publish_large("engine.wasm", packed, is_packed=True)
    for headers, length in ((PACKED, len(packed)), (PLAIN, len(data))):
        answer = client.get(f"/{address}", headers=headers)
        assert answer.content == data
        assert int(answer.headers["content-length"]) == length


def test_what_packing_gains_nothing_of_travels_as_it_is(client):
    for data in (b"few bytes", np.random.default_rng(0).bytes(50_000)):
        answer = client.get(f"/{static_files.publish_large('a.onnx', data)}", headers=PACKED)
        assert answer.content == data
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("engine.wasm", "application/wasm"),  # or the browser would not compile it as it comes
        ("engine.mjs", "text/javascript; charset=utf-8"),  # or it would not be run as a module
        ("net.weights", "application/octet-stream"),
        ("net.onnx", "application/octet-stream"),
    ],
)
def test_a_file_says_what_it_is(client, name, kind):
    answer = client.get(f"/{static_files.publish_large(name, b'1')}")
    assert answer.headers["content-type"] == kind


@pytest.fixture
def modules(tmp_path):
    """Three modules, of which each imports the next; the last lies in another folder."""
    (tmp_path / "lesson").mkdir()
    (tmp_path / "shared").mkdir()
    texts = {
        "lesson/outer.mjs": "import {two} from './middle.mjs';\nexport const three = two + 1;\n",
        "lesson/middle.mjs": "export const two = 2;\nexport {one} from '../shared/inner.mjs';\n",
        "shared/inner.mjs": "export const one = 1;\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    static_files.publish_module.cache_clear()
    yield tmp_path
    static_files.publish_module.cache_clear()


def follow_imports(client, address):
    """The texts of a module and of those that it imports, one after the other."""
    answer = client.get(f"/{address}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    texts = [answer.text]
    for other in re.findall(r"from '([^']+)'", answer.text):
        texts += follow_imports(client, str(answer.url.join(other).path).lstrip("/"))
    return texts


def test_a_module_finds_those_it_imports_at_their_own_addresses(client, modules):
    texts = follow_imports(client, static_files.publish_module(modules / "lesson" / "outer.mjs"))
    assert [re.search(r"const (\w+)", text)[1] for text in texts] == ["three", "two", "one"]


def test_a_changed_inner_module_changes_the_outer_address(client, modules):
    outer, inner = modules / "lesson" / "outer.mjs", modules / "shared" / "inner.mjs"
    before = static_files.publish_module(outer)
    inner.write_text("export const one = 11;\n")
    static_files.publish_module.cache_clear()  # as another start of the server
    after = static_files.publish_module(outer)
    assert after != before
    assert "11" in follow_imports(client, after)[-1]


def test_who_has_not_the_class_word_gets_no_file():
    address = static_files.publish_large("net.onnx", b"guarded by the word")
    door = Middleware(access.ClassLink, word=WORD)
    pupil = TestClient(Starlette(routes=[static_files.ROUTE], middleware=[door]))
    for path in (address, static_files.publish("a.mjs", b"1"), f"{address}?class=wrong"):
        assert pupil.get(f"/{path}").status_code == 401
    assert pupil.get(f"/{address}", headers={access.HEADER: WORD}).status_code == 200
    pupil.get(f"/?class={WORD}")
    assert pupil.get(f"/{address}").content == b"guarded by the word"  # by the cookie

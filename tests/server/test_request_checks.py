"""Requests that no page would send: refused in a sentence, and nothing is fetched or kept."""

import http.server
import json
import threading
from pathlib import Path

import httpx
import pytest

from demos import page
from demos.server.errors import ADDRESS
from demos.server.limits import MAX_REQUEST_BYTES
from demos.server.request_checks import MISSHAPEN, TOO_LARGE
from tests.support.calls import call
from tests.support.exported import export_networks
from tests.support.server import PATIENCE_SECONDS, run_app

JSON = {"content-type": "application/json"}
TOGETHER = {"queue/join", "run/classification", "call/classification", "call/v2/classification",
            "component_server", "cancel", "reset"}  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"7", b"[" * 100_000,
    b'{"data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"data": [], "fn_index": -1, "session_hash": "a"}',
    b'{"data": [], "fn_index": 1e9, "session_hash": "a"}',
    b'{"data": [], "fn_index": 0, "session_hash": {"a": 1}}',
    b'{"data": ["\\ud800"], "fn_index": 0, "session_hash": "a"}',
    b'{"data": {"a": 1}, "component_id": 99999, "fn_name": "frame", "session_hash": "x"}',
    b'{"data": {"a": 1}, "component_id": 3, "fn_name": "__init__", "session_hash": "x"}',
]  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """In a process of its own, whose log is looked through at the end."""
    topics = ("classification", "detection")
    export_networks(page.list_networks(topics))  # else it would do that beside the tests
    with (
        run_app(tmp_path_factory.mktemp("app"), ",".join(topics)) as app,
        httpx.Client(base_url=f"{app.url}/gradio_api", timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


@pytest.fixture
def neighbour():
    """A server on this machine that notes who comes."""
    visits = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"secret")

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", visits
        running.shutdown()


@pytest.mark.parametrize("path", sorted(TOGETHER))
def test_misshapen_requests(api, path):
    """Not one of them is a fault of the server's (its log is looked through at the end, too)."""
    said = set()
    for body in BODIES:
        answer = api.post(f"/{path}", content=body, headers=JSON)
        assert answer.status_code < 500 or "error" in answer.json(), (body[:80], answer.text)
        assert "Traceback" not in answer.text
        said.add(answer.text)
    assert path != "queue/join" or MISSHAPEN in said


def test_requests_that_are_too_large(api):
    whole = api.post("/queue/join", content=bytes(MAX_REQUEST_BYTES + 1), headers=JSON)
    assert (whole.status_code, whole.text) == (413, TOO_LARGE)
    parts = (bytes(10**6) for _ in range(MAX_REQUEST_BYTES // 10**6 + 1))  # of no stated length
    assert api.post("/queue/join", content=parts, headers=JSON).status_code in (400, 413)
    two = [("files", (f"{i}.png", bytes(35_000_000))) for i in range(2)]
    assert api.post("/upload", files=two).status_code == 413
    one = api.post("/upload", files={"files": ("a.png", bytes(41_000_000))})
    assert one.status_code == 413
    assert "40000000 bytes" in one.text


@pytest.mark.parametrize(
    "name", ["../../../../tmp/evil.png", "/etc/evil.png", "..\\evil.png", "a" * 300 + ".png", "\0"]
)
def test_an_upload_stays_in_its_folder(api, name):
    (path,) = api.post("/upload", files={"files": (name, b"abc")}).raise_for_status().json()
    folder = Path(path).parent
    assert Path(path).resolve() == Path(path)
    assert len(folder.name) == 64  # the content's hash: nobody guesses another's
    assert api.get(f"/file={folder}").status_code in (403, 404)  # and it is not listed


@pytest.mark.parametrize(
    "path",
    ["/file={0}/a", "/file=HTTP{1}/a", "/file/{0}/a", "/proxy={0}/a", "/deep_link?session_hash=a",
     "/process_recording", "/vibe-edit"],
)  # fmt: skip
def test_shut_doors(api, neighbour, path):
    url, visits = neighbour
    for method in ("GET", "POST"):
        answer = api.request(method, path.format(url, url.removeprefix("http")))
        assert answer.status_code in (403, 404, 405)
    assert visits == []


@pytest.mark.parametrize("name", ["detection_video", "classification", "classification_rank_n"])
def test_no_address_is_fetched_for_a_visitor(api, neighbour, name):
    """Not even where Gradio would hand it on as a stream."""
    url, visits = neighbour
    described = api.get("/info").json()["named_endpoints"][f"/{name}"]["parameters"]
    for given in (
        {"path": f"{url}/a.mp4"}, {"path": f"{url}/a.mp4", "is_stream": True},
        {"path": "", "url": f"{url}/a.mp4"}, {"path": "https://example.com/a.png"},
    ):  # fmt: skip
        file = given | {"meta": {"_type": "gradio.FileData"}}
        kind, text = call(api, name, [file, *(p.get("parameter_default") for p in described[1:])])
        assert kind == "error"
        assert given["path"] == "" or json.loads(text)["error"] == ADDRESS
    assert visits == []

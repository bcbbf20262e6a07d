"""Whatever is sent to any endpoint: a clear sentence or an answer, never a traceback or a hang."""

import json
import re
import time

import httpx
import pytest

import app
from cvcore import samples
from demos.ui.errors import UNEXPECTED
from tests.support.visitor import Visitor

PATIENCE_SECONDS = 60
NAMES = tuple(name.strip("/") for name in app.demo.get_api_info()["named_endpoints"])
PASSWD = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
FILE_URL = {"url": "file:///etc/passwd", "path": "", "meta": {"_type": "gradio.FileData"}}
UPWARDS = {"path": "../../../../etc/passwd", "meta": {"_type": "gradio.FileData"}}
LOCAL = {"url": "http://127.0.0.1:1/a.png", "path": "", "meta": {"_type": "gradio.FileData"}}
TEXT = {"url": "data:text/html;base64,PHNjcmlwdD4=", "path": "", "meta": PASSWD["meta"]}
FILES = (None, PASSWD, FILE_URL, UPWARDS, LOCAL, TEXT, "/etc/passwd", [PASSWD], 7)
NUMBERS = ("NaN", "-Infinity", -1, 1e9, 10**400, "many", [1], {"a": 1}, True)
WORDS = (None, 3, "no such thing", ["no", "such"], {"a": {"b": []}}, "x" * 10_000, "'; --\u0000")
SHAPES = (None, 5, "text", [], [[]], [["NaN"]], [[1e308] * 3] * 3, {}, {"headers": 1, "data": 2})
HOSTILE = {
    "Slider": NUMBERS,
    "Number": NUMBERS,
    "Checkbox": WORDS,
    "Dropdown": WORDS,
    "Radio": WORDS,
    "Classmenu": WORDS,
    "Checkboxgroup": WORDS,
    "Textbox": WORDS,
}
PICTURES = ("Image", "Safeimage", "Facepicture", "File", "Video", "Datapicture", "Imageeditor")


def hostile_values(component: str) -> tuple:
    return FILES if component in PICTURES else HOSTILE.get(component, SHAPES)


def encode(values: list) -> bytes:
    """JSON as a careless caller writes it: with NaN and Infinity as they are."""
    text = json.dumps({"data": values})
    return re.sub(r'"(NaN|-Infinity)"', r"\1", text).encode()


@pytest.fixture(scope="module")
def api(app_url):
    with httpx.Client(base_url=f"{app_url}/gradio_api", timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def described(api):
    return api.get("/info").raise_for_status().json()["named_endpoints"]


@pytest.fixture(scope="module")
def picture(api):
    """An uploaded picture, as a browser sends it."""
    data = samples.index()["chelsea"].path.read_bytes()
    (path,) = api.post("/upload", files={"files": ("cat.jpg", data)}).raise_for_status().json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def call(api: httpx.Client, name: str, values: list) -> tuple[str, str]:
    """The first event that says anything ("generating", "complete", "error"), and its data.

    A server that refuses the request itself must do so with a client's error, not its own.
    """
    headers = {"content-type": "application/json"}
    sent = api.post(f"/call/{name}", content=encode(values), headers=headers)
    if sent.status_code != 200:
        assert 400 <= sent.status_code < 500, sent.text
        return "refused", sent.text
    kind, deadline = "", time.monotonic() + PATIENCE_SECONDS
    with api.stream("GET", f"/call/{name}/{sent.json()['event_id']}") as answer:
        for line in answer.iter_lines():  # among them a heartbeat now and then
            assert time.monotonic() < deadline, f"{name} hangs"
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind != "heartbeat":
                return kind, line.removeprefix("data: ")
    raise AssertionError("The answer ended without a word.")


def check(kind: str, text: str) -> None:
    assert "Traceback" not in text
    assert "root:" not in text, "a file of the system was read"
    if kind == "error":
        answer = json.loads(text)
        message = answer if isinstance(answer, str) else answer["error"]
        assert re.fullmatch(r"[A-Z0-9\"'].*[.!?]", message, re.DOTALL), message
        assert UNEXPECTED not in message


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_of_every_endpoint(api, described, picture, name):
    parameters = described[f"/{name}"]["parameters"]
    usual = []
    for parameter in parameters:
        if parameter["component"] in PICTURES[:3]:
            usual.append(picture)
        else:
            usual.append(parameter.get("parameter_default"))
    for index, parameter in enumerate(parameters):
        values = hostile_values(parameter["component"])
        # A part of the values each, so that all of them are met over all endpoints soon enough.
        for value in [values[(index + shift) % len(values)] for shift in (0, 2, 3, 5)]:
            kind, text = call(api, name, [*usual[:index], value, *usual[index + 1 :]])
            check(kind, text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("values", [[], [None] * 40, ["x"] * 3])
def test_wrong_number_of_values(api, name, values):
    check(*call(api, name, values))


NOTHING_GIVEN = {"index": "x", "value": [None], "x": "many", "y": [1], "number": {"a": 1}}
NONSENSE = {
    "index": [1e300, None], "value": {"a": 1}, "x": 1e308, "y": -1, "number": "NaN",
    "channel": [1], "row": "z", "column": {"a": 1}, "key": 3, "layer": [2], "name": {"a": 1},
    "src": 3, "mask": "data:,x", "truths": [[1]], "letters": "A", "guesses": 7, "cut": {"a": 1},
}  # fmt: skip


@pytest.mark.parametrize("event", [NOTHING_GIVEN, NONSENSE], ids=["nothing", "nonsense"])
def test_what_the_page_alone_should_send(app_url, event):
    """Handlers without a name of their own, called with whatever their drawings could send."""
    visitor = Visitor(app_url)
    rows = [row for row in visitor.config["dependencies"] if row["backend_fn"]]
    private = [row for row in rows if row["api_visibility"] == "private"]
    assert len(private) > 100
    unclear = []
    for row in private:
        body = {
            "data": [None] * len(row["inputs"]), "fn_index": row["id"], "event_data": event,
            "session_hash": visitor.session, "trigger_id": row["targets"][0][0],
        }  # fmt: skip
        sent = visitor.client.post("/queue/join", json=body)
        assert sent.status_code == 200, (row["api_name"], sent.text)
        done = visitor.wait_for("process_completed")
        if not done["success"]:
            sentence = done["output"]["error"]
            if not sentence or UNEXPECTED in sentence:
                unclear.append(row["api_name"])
    visitor.leave()
    assert unclear == []


@pytest.mark.parametrize(
    "path",
    [
        "/file=/etc/passwd",
        "/file=app.py",
        "/file=cvcore/__init__.py",
        "/file=../../etc/passwd",
        "/file=%2e%2e/%2e%2e/etc/passwd",
        "/file=assets/samples/../../app.py",
        "/file=assets/weights/index.toml",
        "/proxy=http://127.0.0.1:1/",
    ],
)
def test_no_file_outside_the_samples_is_served(api, path):
    assert api.get(path).status_code in (400, 403, 404)


def test_still_alive(api, described, picture):
    """After all of the above, and proof that such calls do arrive."""
    parameters = described["/classification"]["parameters"]
    usual = [picture, *(parameter["parameter_default"] for parameter in parameters[1:])]
    kind, text = call(api, "classification", usual)
    assert kind == "complete"
    assert "cat" in text

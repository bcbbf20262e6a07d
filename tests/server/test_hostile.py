"""Whatever is sent to any endpoint: a clear sentence or an answer, never a traceback or a hang.

Every kind of value goes to each parameter of each endpoint beside the network, through the page's
own checks and handlers; one of them for each endpoint travels through the server as well.
"""

import json
from hashlib import sha256
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio.state_holder import SessionState

from cvcore.core import samples
from cvcore.core.images import shrink, to_jpeg
from demos import TABS
from tests.support.calls import call, encode, find_fault, is_clear
from tests.support.server import PATIENCE_SECONDS, run_alone
from tests.support.visitor import Visitor, to_file

PASSWD = to_file("/etc/passwd")
FILE_URL = {"url": "file:///etc/passwd", "path": "", "meta": PASSWD["meta"]}
UPWARDS = to_file("../../../../etc/passwd")
LOCAL = {"url": "http://127.0.0.1:1/a.png", "path": "", "meta": PASSWD["meta"]}
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
WRONG_NUMBERS: tuple[list, ...] = ([], [None] * 40, ["x"] * 3)


def hostile_values(component: str) -> tuple:
    return FILES if component in PICTURES else HOSTILE.get(component, SHAPES)


@pytest.fixture(scope="module")
def page(whole_page):
    before = len(whole_page.faults)
    yield whole_page
    assert whole_page.faults[before:] == []


@pytest.fixture(scope="module")
def api(page):
    with httpx.Client(base_url=f"{page.url}/gradio_api", timeout=PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def described(api):
    endpoints = api.get("/info").raise_for_status().json()["named_endpoints"]
    return {name.strip("/"): one["parameters"] for name, one in endpoints.items()}


@pytest.fixture(scope="module")
def picture(api):
    """An uploaded picture, as a browser sends it; a small one, as only its kind matters here."""
    data = to_jpeg(shrink(samples.load_sample("chelsea"), 96), quality=95)
    (path,) = api.post("/upload", files={"files": ("cat.jpg", data)}).raise_for_status().json()
    return to_file(path)


def usual_values(parameters: list[dict], picture: dict) -> list:
    return [
        picture if row["component"] in PICTURES[:3] else row.get("parameter_default")
        for row in parameters
    ]


class Inside:
    """The page's checks and handlers, beside server and queue; no handler gets the same twice."""

    def __init__(self, blocks: gr.Blocks) -> None:
        self.blocks = blocks
        self.endpoints = {fn.api_name: fn for fn in blocks.fns.values() if fn.api_name}
        self.known: set[tuple[str, str]] = set()
        self.runs = 0

    async def ask(self, name: str, values: list) -> str:
        """What is wrong with the answer to a call by name, "" where nothing is."""
        fn, given = self.endpoints[name], json.loads(encode(values))["data"]
        rest = iter(given)
        # The session's own values have no place in a call.
        whole = [None if block.skip_api else next(rest, END) for block in fn.inputs]
        return await self.run(fn, [one for one in whole if one is not END])

    async def run(self, fn: Any, values: list, event: gr.EventData | None = None) -> str:
        state = SessionState(self.blocks)
        try:
            taken = await self.blocks.preprocess_data(fn, values, state)
            key = (fn._id, digest(taken))
            if event is None and key in self.known:
                return ""
            self.known.add(key)
            self.runs += 1
            done = await self.blocks.call_function(
                fn, taken, event_data=event, in_event_listener=True, state=state,
                requests=gr.Request(session_hash="hostile"),
            )  # fmt: skip
            if done["is_generating"]:
                done["iterator"].iterator.close()
            data = await self.blocks.postprocess_data(fn, done["prediction"], state)
        except gr.Error as error:
            return "" if is_clear(error.message) else f"said: {error.message}"
        except Exception as error:
            return f"raised {error!r}"
        return find_fault("complete", json.dumps(data, default=str))


END = object()


def digest(values: list) -> str:
    """Tells values apart, pictures among them."""
    parts = [one.tobytes() if isinstance(one, np.ndarray) else repr(one).encode() for one in values]
    return sha256(b"|".join(parts)).hexdigest()


@pytest.fixture(scope="module")
def inside(page):
    return Inside(page.blocks)


@pytest.mark.parametrize("topic", TABS)
def test_every_parameter_of_every_endpoint(inside, described, picture, topic):
    async def ask_all() -> dict[str, str]:
        faults = {}
        for name in names:
            usual = usual_values(described[name], picture)
            for index, parameter in enumerate(described[name]):
                for value in hostile_values(parameter["component"]):
                    values = [*usual[:index], value, *usual[index + 1 :]]
                    if fault := await inside.ask(name, values):
                        faults[f"{name}, {parameter['label']}, {value!r:.60}"] = fault
            for values in WRONG_NUMBERS:
                if fault := await inside.ask(name, values):
                    faults[f"{name}, {len(values)} values"] = fault
        return faults

    names = [name for name in described if name.startswith(topic)]
    assert names
    assert run_alone(ask_all()) == {}


def test_every_endpoint_belongs_to_a_lesson(described):
    assert [name for name in described if not name.startswith(TABS)] == []
    assert len(described) > 60


def test_every_stream_ends_with_a_whole_answer(page, described):
    """A caller gets the last answer alone: none may leave out what was given before."""
    named = {fn.api_name: fn for fn in page.blocks.fns.values() if fn.api_name in described}
    streams = {name: fn.fn for name, fn in named.items() if fn.types_generator}
    assert len(streams) > 20
    assert [name for name, fn in streams.items() if not hasattr(fn, "answers_whole")] == []


@pytest.mark.parametrize("topic", TABS)
def test_through_the_server(api, described, picture, topic):
    """One hostile value for each endpoint, and one wrong number of values."""
    faults = {}
    for number, name in enumerate(described):
        if not name.startswith(topic):
            continue
        parameters = described[name]
        values = usual_values(parameters, picture)
        if parameters:
            index = number % len(parameters)
            offered = hostile_values(parameters[index]["component"])
            values[index] = offered[number % len(offered)]
        for given in (values, WRONG_NUMBERS[number % len(WRONG_NUMBERS)]):
            if fault := find_fault(*call(api, name, given)):
                faults[name, repr(given)[:80]] = fault
    assert faults == {}


NOTHING_GIVEN = {"index": "x", "value": [None], "x": "many", "y": [1], "number": {"a": 1}}
NONSENSE = {
    "index": [1e300, None], "value": {"a": 1}, "x": 1e308, "y": -1, "number": "NaN",
    "channel": [1], "row": "z", "column": {"a": 1}, "key": 3, "layer": [2], "name": {"a": 1},
    "src": 3, "mask": "data:,x", "truths": [[1]], "letters": "A", "guesses": 7, "cut": {"a": 1},
}  # fmt: skip


@pytest.mark.parametrize("event", [NOTHING_GIVEN, NONSENSE], ids=["nothing", "nonsense"])
def test_what_the_page_alone_should_send(page, inside, event):
    """Handlers without a name of their own, called with whatever their drawings could send."""

    async def send_all() -> dict[str, str]:
        faults = {}
        for fn in private:
            source = page.blocks.blocks.get(fn.targets[0][0])  # none: the page itself
            fault = await inside.run(fn, [None] * len(fn.inputs), gr.EventData(source, event))
            if fault:
                faults[str(fn.api_name)] = fault
        return faults

    private = [fn for fn in page.blocks.fns.values() if fn.fn and fn.api_visibility == "private"]
    assert len(private) > 100
    assert run_alone(send_all()) == {}


def test_what_the_page_alone_should_send_through_the_server(page):
    """Every tenth of them."""
    visitor = Visitor(page.url)
    rows = [row for row in visitor.script.rows if row["backend_fn"]]
    private = [row for row in rows if row["api_visibility"] == "private"][::10]
    assert len(private) > 10
    for row in private:
        visitor.send(
            {
                "data": [None] * len(row["inputs"]), "fn_index": row["id"], "event_data": NONSENSE,
                "session_hash": visitor.script.session, "trigger_id": row["targets"][0][0],
            }
        )  # fmt: skip
        done = visitor.wait_for("process_completed")
        assert done["success"] or is_clear(done["output"]["error"]), row["api_name"]
    visitor.leave()


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
    """Such calls do arrive."""
    kind, text = call(api, "classification", usual_values(described["classification"], picture))
    assert kind == "complete", text
    assert "cat" in text

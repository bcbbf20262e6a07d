"""What the server does for cameras that are answered in the visitor's own browser."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from starlette.applications import Starlette
from starlette.testclient import TestClient

import demos.classification.live
from cvcore.core.errors import InputError
from cvcore.engine import browser, device, onnx_export, registry
from demos.classification.live import tell_browser
from demos.components import in_browser
from demos.components.in_browser import InBrowser, choose_place, find_network
from demos.server import static_files
from tests.support.server import run_alone


# --- which side answers ---------------------------------------------------------------------------
@pytest.fixture
def machine(monkeypatch):
    """A server of as many cores as ``have`` is told, so many percent of them busy."""
    monkeypatch.delenv("SPACE_ID", raising=False)
    monkeypatch.setattr(in_browser, "_seen", {})

    def have(cores: int, busy: float) -> None:
        monkeypatch.setattr(device, "cpu_count", lambda: cores)
        load = (cores * busy / 100, 0.0, 0.0)
        monkeypatch.setattr(in_browser.psutil, "getloadavg", lambda: load)

    return have


def ask_from(host: str | None) -> str:
    headers = {} if host is None else {"host": host}
    return choose_place(SimpleNamespace(headers=headers))


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:7860", "127.0.0.1:7860", "127.0.0.1", "[::1]:7860"]
)
def test_on_ones_own_computer_the_server_answers(machine, monkeypatch, host):
    machine(cores=2, busy=100)
    assert ask_from(host) == "server"
    monkeypatch.setenv("SPACE_ID", "somebody/glassbox")
    assert ask_from(host) == "browser"


@pytest.mark.parametrize("host", ["192.168.1.7:7860", "class.example", "[fe80::2]:7860", "", None])
def test_elsewhere_the_browser_answers_where_cores_are_few(machine, host):
    for cores, busy, place in ((2, 0, "server"), (2, 1, "browser"), (16, 80, "server"),
                               (16, 90, "browser")):  # fmt: skip
        machine(cores, busy)
        assert ask_from(host) == place, (cores, busy)


def test_each_camera_that_sends_frames_takes_two_cores(machine, monkeypatch):
    clock = SimpleNamespace(monotonic=lambda: 100.0)
    monkeypatch.setattr(in_browser, "time", clock)
    machine(cores=6, busy=0)
    found = []
    for visit in ("ann", "ann", "ben", "cem"):
        found.append(ask_from("class.example"))
        in_browser.note_camera(visit)
    assert found == ["server", "server", "server", "server"]
    assert ask_from("class.example") == "browser"  # a fourth would have no two cores
    clock.monotonic = lambda: 100.1 + in_browser.SEEN_SECONDS
    assert ask_from("class.example") == "server"  # they have been switched off
    in_browser.note_camera("dan")
    assert set(in_browser._seen) == {"dan"}


# --- networks -------------------------------------------------------------------------------------
@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache folder with nothing in it; returns the exports that are asked for, which no process
    makes."""
    asked = []
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setattr(onnx_export, "start", lambda name, size=None: asked.append(name))
    return asked


@pytest.fixture(scope="module")
def files():
    """What is published, as a browser gets it."""
    return TestClient(Starlette(routes=[static_files.ROUTE]))


@pytest.fixture
def small(monkeypatch):
    """One more weight of the index, and what an export of it gives: y = x W."""
    row = replace(registry.get_weight("unet_nuclei"), name="small_net", title="A small network")
    rows = MappingProxyType({**registry.index(), row.name: row})
    monkeypatch.setattr(registry, "index", lambda: rows)
    matrix = numpy_helper.from_array(np.random.default_rng(0).random((64, 64), np.float32), "W")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "W"], ["y"])], "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 64])],
        [matrix],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return row.name, model.SerializeToString()


def test_a_network_is_waited_for_while_it_is_exported(empty_cache, small, files):
    name, exported = small
    for _ in range(2):
        assert find_network({"name": name}) == {"waiting": "A small network is being made ready."}
    assert set(empty_cache) == {name}
    path = onnx_export.file_path(name, None)
    onnx_export.store(onnx_export.seal(exported, path.name), path)
    found = find_network({"name": name})
    parts = browser.load(name)
    assert files.get(f"/{found['graph']}").content == parts.graph
    assert files.get(f"/{found['weights']}").content == parts.weights
    assert found["bytes"] == len(parts.weights) == 64 * 64 * 2


def test_an_onnx_file_is_there_at_once(empty_cache, files):
    found = find_network({"name": "mtcnn_pnet", "layer": ""})
    assert found["bytes"] == len(files.get(f"/{found['weights']}").content)
    assert empty_cache == []


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_such_net", "There is no model called 'no_such_net': choose one of"),
        (None, "There is no model called"),
        ("../../etc/passwd", "There is no model called"),
        ("resnet50", "ResNet-50 runs on the server alone."),  # not bundled
        ("mnist_5000", "runs on the server alone."),  # no network
        ("onnxruntime_web", "runs on the server alone."),
        ("region_svm", "runs on the server alone."),  # not to be exported
        ("digits_cnn", "runs on the server alone."),  # takes no pictures in colour
    ],
)
def test_what_no_browser_can_have_is_refused_with_a_sentence(empty_cache, name, sentence):
    with pytest.raises(InputError) as refused:
        find_network({"name": name})
    assert sentence in str(refused.value)
    assert empty_cache == []


def test_what_the_server_has_downloaded_for_itself_stays_there(empty_cache):
    weight = registry.get_weight("vgg16")  # 528 MB
    weight.paths[0].parent.mkdir()
    weight.paths[0].touch()
    assert registry.is_available(weight.name)
    with pytest.raises(InputError, match=f"{weight.title} runs on the server alone"):
        find_network({"name": weight.name})
    assert empty_cache == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"layer": "no_such_layer"}, "is not cut there: look into it on the server."),
        ({"part": "no_such_part"}, "The lesson has no part “no_such_part” of this network."),
    ],
)
def test_a_network_is_not_cut_where_it_has_no_such_place(empty_cache, asked, sentence):
    with pytest.raises(InputError, match=sentence):
        find_network({"name": "mtcnn_pnet", **asked})


# --- what the page calls --------------------------------------------------------------------------
def call(browser_side: InBrowser, name: str, *given):
    (function,) = (one for one in browser_side.server_functions() if one.__name__ == name)
    return run_alone(function(*given))


def test_the_page_is_told_where_everything_lies(machine, files):
    machine(cores=2, busy=0)
    lesson = InBrowser(demos.classification.live.__name__, tell_browser)
    setup = call(lesson, "setup", None, SimpleNamespace(headers={"host": "localhost"}))
    assert setup["place"] == "server"
    for address in (setup["worker"], setup["lesson"], *setup["engine"].values()):
        answer = files.get(f"/{address}", headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200
        kind = "application/wasm" if address.endswith(".wasm") else "text/javascript"
        assert answer.headers["content-type"].startswith(kind)
    program = files.get(f"/{setup['engine']['program']}")
    assert program.content.startswith(b"\0asm")
    assert program.headers["content-encoding"] == "gzip"


def test_a_lesson_is_asked_and_its_mistakes_are_sentences():
    def answer(question):
        if question == "bad":
            raise InputError("Ask for something else.")
        return {"asked": question}

    lesson = InBrowser(__name__, answer)
    assert call(lesson, "ask", [1, 2]) == {"data": {"asked": [1, 2]}}
    assert call(lesson, "ask", "bad") == {"said": "Ask for something else."}
    assert call(InBrowser(__name__), "ask", "anything") == {"data": None}
    assert call(lesson, "network", {"name": "no_such_net"})["said"].startswith("There is no model")

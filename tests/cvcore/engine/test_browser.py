"""A network's two parts for a browser answer as the whole file does, but for half precision."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from cvcore.core.errors import InputError, SetupError
from cvcore.engine import browser, checkpoints, cutting

# A weight is off by 2 ** -11 of itself at most. Measured of the answers' range: unet_nuclei 0.02 %,
# mtcnn_onet 0.03 %, sface 0.12 %, efficientnet_lite0 0.24 %.
SHARE = 0.005
LAYER = "blocks.1.0"


def open_whole(exported: bytes, weights: bytes = b"") -> onnxruntime.InferenceSession:
    """As the browser opens it: with weights of 8 bits widened once."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    if weights:
        options.add_external_initializers_from_files_in_memory(
            [browser.WEIGHTS], [weights], [len(weights)]
        )
    return onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])


def run(session: onnxruntime.InferenceSession, shape: tuple[int, ...], high: float = 1):
    (given,) = session.get_inputs()
    values = np.random.default_rng(0).random(shape, dtype=np.float32) * np.float32(high)
    return session.run(None, {given.name: values})


def list_outside(graph: bytes) -> dict[str, TensorProto]:
    """What of a graph lies in the weights' file."""
    tensors = onnx.load_model_from_string(graph).graph.initializer
    return {one.name: one for one in tensors if one.data_location == TensorProto.EXTERNAL}


def check_same(whole: bytes, parts: tuple[bytes, bytes], shape: tuple[int, ...], high: float = 1):
    expected, found = run(open_whole(whole), shape, high), run(open_whole(*parts), shape, high)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=SHARE * np.ptp(one))
        assert np.abs(other - one).max() > 0  # or nothing was rounded


@pytest.mark.parametrize(
    ("name", "shape", "high"),
    [
        ("mtcnn_onet", (3, 3, 48, 48), 1),
        ("sface", (1, 3, 112, 112), 255),
        ("nanodet", (1, 3, 128, 160), 1),
    ],
)
def test_onnx_files_answer_the_same(name, shape, high):
    whole = checkpoints.load_onnx(name)
    check_same(whole, browser.split(whole), shape, high)


def test_the_exported_classifier_answers_the_same_in_half_the_bytes(exported):
    whole = exported.read_bytes()
    graph, weights = browser.split(whole)
    check_same(whole, (graph, weights), (2, 3, 224, 224))
    assert len(graph) + len(weights) < 0.51 * len(whole)
    assert len(graph) < 0.01 * len(weights)


def test_cuts_share_the_file_of_the_weights(exported, monkeypatch):
    monkeypatch.setattr(browser, "_load_whole", lambda *_: exported.read_bytes())
    browser._split.cache_clear()
    whole = browser.load("efficientnet_lite0")
    part = browser.load("efficientnet_lite0", LAYER)
    assert part.weights is whole.weights
    assert len(part.graph) < len(whole.graph) / 2
    cut = cutting.cut(exported.read_bytes(), cutting.Part((LAYER,)))
    check_same(cut, (part.graph, part.weights), (1, 3, 224, 224))
    with pytest.raises(InputError, match="is not cut there: look into it on the server"):
        browser.load("efficientnet_lite0", "no_such")
    browser._split.cache_clear()


def test_what_is_stored_in_8_bits_stays_so():
    whole = checkpoints.load_onnx("sface")
    before = {
        one.name: one
        for one in onnx.load_model_from_string(whole).graph.initializer
        if one.data_type == TensorProto.INT8 and numpy_helper.to_array(one).size >= 64
    }
    graph, weights = browser.split(whole)
    outside = list_outside(graph)
    kinds = Counter(one.data_type for one in outside.values())
    assert kinds[TensorProto.INT8] == len(before) > 40
    for name, tensor in before.items():
        place = {entry.key: entry.value for entry in outside[name].external_data}
        start, length = int(place["offset"]), int(place["length"])
        assert weights[start : start + length] == numpy_helper.to_array(tensor).tobytes()
    assert len(weights) < len(whole)


def multiply(matrix: np.ndarray) -> bytes:
    """y = x W + b, as ONNX; b has a value a column and is no matrix."""
    bias = np.linspace(0.1, 1, matrix.shape[1], dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "W", "b"], ["y"])], "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", matrix.shape[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", matrix.shape[1]])],
        [numpy_helper.from_array(matrix, "W"), numpy_helper.from_array(bias, "b")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def test_matrices_are_rounded_once_and_all_else_is_not():
    matrix = np.random.default_rng(0).normal(size=(3, 65)).astype(np.float32)
    graph, weights = browser.split(multiply(matrix))
    outside = list_outside(graph)
    assert {name: one.data_type for name, one in outside.items()} == {
        "W/half": TensorProto.FLOAT16, "b": TensorProto.FLOAT,
    }  # fmt: skip
    assert all(int(one.external_data[1].value) % 8 == 0 for one in outside.values())  # offsets
    (found,) = open_whole(graph, weights).run(None, {"x": np.eye(3, dtype=np.float32)})
    bias = np.linspace(0.1, 1, 65, dtype=np.float32)
    rounded = matrix.astype(np.float16).astype(np.float32)
    np.testing.assert_allclose(found, rounded + bias, rtol=0, atol=1e-6)
    np.testing.assert_allclose(rounded, matrix, rtol=2**-11)


@pytest.mark.parametrize("value", [1e5, -70_000, np.inf, np.nan])
def test_what_half_precision_cannot_hold_is_refused(value):
    matrix = np.ones((8, 8), np.float32)
    matrix[3, 4] = value
    with pytest.raises(SetupError, match="W does not fit into half precision"):
        browser.split(multiply(matrix))


def test_the_engine_s_files_are_whole_or_asked_for(monkeypatch, tmp_path):
    files = browser.engine_files()
    assert {kind: file.name.partition(".")[2] for kind, file in files.items()} == {
        "script": "wasm.min.mjs", "loader": "mjs", "program": "wasm.gz",
    }  # fmt: skip
    monkeypatch.setattr("cvcore.engine.registry.ASSETS", tmp_path)
    with pytest.raises(SetupError):
        browser.engine_files()

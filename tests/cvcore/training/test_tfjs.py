"""A graph of TensorFlow.js, read into ONNX, computes what its operations say."""

import base64
import json

import numpy as np
import onnxruntime as ort
import pytest

from cvcore.training.tfjs.convert import convert, main
from cvcore.training.tfjs.graph import read_graph


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def _word(text):
    return {"s": base64.b64encode(text.encode()).decode()}


def _numbers(*numbers):
    return {"list": {"i": [str(number) for number in numbers]}}


def _node(op, name, inputs=(), **attributes):
    return {"op": op, "name": name, "input": list(inputs), "attr": attributes}


def _write(folder, nodes, weights):
    """A graph model of these nodes; weights are stored in half precision, whole numbers as such."""
    rows, data = [], b""
    for name, value in weights.items():
        row = {"name": name, "shape": list(value.shape), "dtype": "float32"}
        if value.dtype == np.int32:
            row["dtype"] = "int32"
        else:
            row["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            value = value.astype(np.float16)
        rows.append(row)
        data += value.tobytes()
    (folder / "net.bin").write_bytes(data)
    consts = [_node("Const", name) for name in weights]
    content = {
        "modelTopology": {"node": consts + nodes},
        "weightsManifest": [{"paths": ["net.bin"], "weights": rows}],
    }
    path = folder / "net.json"
    path.write_text(json.dumps(content))
    return path


def _run(path, *inputs):
    session = ort.InferenceSession(convert(read_graph(path)).SerializeToString())
    names = [item.name for item in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))


def _picture(name="picture", height=4, width=4):
    sizes = [{"size": str(size)} for size in (-1, height, width, 3)]
    return _node("Placeholder", name, shape={"shape": {"dim": sizes}})


_WINDOW = {"strides": _numbers(1, 2, 2, 1), "dilations": _numbers(1, 1, 1, 1)}


def _convolved(picture, weight, bias):
    """Channels last, stride 2, a border of one pixel before and one after."""
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1), (0, 0)))
    out = np.zeros((1, 2, 2, weight.shape[-1]))
    for y in range(2):
        for x in range(2):
            patch = padded[:, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
            out[:, y, x] = np.einsum("nhwc,hwco->no", patch, weight) + bias
    return out


def test_convolves_a_padded_picture_and_adds_a_bias(tmp_path, rng):
    weight = rng.normal(size=(3, 3, 3, 5)).astype(np.float16)
    bias = rng.normal(size=5).astype(np.float16)
    nodes = [
        _picture(),
        _node("Pad", "pad", ["picture", "border"]),
        _node("Conv2D", "conv", ["pad", "weight"], padding=_word("VALID"), **_WINDOW),
        _node("AddV2", "sum", ["conv", "bias"]),
        _node("Relu6", "relu", ["sum"]),
        _node("Reshape", "flat", ["relu", "shape"]),
    ]
    border = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    shape = np.array([-1, 20], np.int32)
    weights = {"weight": weight, "bias": bias, "border": border, "shape": shape}
    path = _write(tmp_path, nodes, weights)
    picture = rng.normal(size=(1, 4, 4, 3)).astype(np.float32)
    expected = np.clip(_convolved(picture, weight.astype(float), bias.astype(float)), 0, 6)
    (result,) = _run(path, picture.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(result, expected.reshape(1, 20), atol=1e-5)

    model = convert(read_graph(path))
    kinds = [node.op_type for node in model.graph.node]
    assert not {"Pad", "Add"}.intersection(kinds)  # both became the convolution's own
    assert kinds.count("Transpose") == 1  # before the numbers are put in a row


def test_a_depthwise_filter_with_two_answers_a_channel(tmp_path, rng):
    weight = rng.normal(size=(1, 1, 3, 2)).astype(np.float16)
    attributes = {**_WINDOW, "padding": _word("SAME"), "fused_ops": {"list": {"s": []}}}
    nodes = [_picture(), _node("DepthwiseConv2dNative", "conv", ["picture", "w"], **attributes)]
    path = _write(tmp_path, nodes, {"w": weight})
    picture = rng.normal(size=(1, 4, 4, 3)).astype(np.float32)
    (result,) = _run(path, picture.transpose(0, 3, 1, 2))
    expected = (picture[:, ::2, ::2, :, None] * weight[0, 0]).reshape(1, 2, 2, 6)
    np.testing.assert_allclose(result, expected, atol=1e-5)


@pytest.mark.parametrize("axis", [1, 3])
def test_parts_put_together_along_tensorflows_axis(tmp_path, rng, axis):
    nodes = [
        _picture(),
        _node("Sigmoid", "high", ["picture"]),
        _node("Mul", "scaled", ["picture", "by_channel"]),
        _node("ConcatV2", "both", ["high", "scaled", "axis"]),
    ]
    weights = {"by_channel": np.array([1, 2, 4], np.float16), "axis": np.array(axis, np.int32)}
    picture = rng.normal(size=(1, 4, 4, 3)).astype(np.float32)
    (result,) = _run(_write(tmp_path, nodes, weights), picture.transpose(0, 3, 1, 2))
    parts = 1 / (1 + np.exp(-picture)), picture * [1, 2, 4]
    np.testing.assert_allclose(result, np.concatenate(parts, axis), atol=1e-6)


def test_whole_numbers_are_divided_downwards(tmp_path):
    kinds = {"T": {"type": "DT_INT32"}}
    one = [{"size": "1"}, {"size": "4"}]
    nodes = [
        _node("Placeholder", "x", shape={"shape": {"dim": one}}),
        _node("Cast", "whole", ["x"], DstT={"type": "DT_INT32"}),
        _node("FloorDiv", "down", ["whole", "three"], **kinds),
        _node("FloorMod", "rest", ["whole", "three"], **kinds),
    ]
    path = _write(tmp_path, nodes, {"three": np.array(3, np.int32)})
    numbers = np.array([[-4, -1, 2, 7]], np.float32)
    down, rest = _run(path, numbers)
    assert down.tolist() == [[-2, -1, 0, 2]]
    assert rest.tolist() == [[2, 2, 2, 1]]


def test_says_what_it_cannot_read(tmp_path, capsys):
    path = _write(tmp_path, [_picture(), _node("Fft", "odd", ["picture"])], {})
    with pytest.raises(ValueError, match="odd: the operation Fft is not known"):
        convert(read_graph(path))
    with pytest.raises(ValueError, match="no node called absent"):
        convert(read_graph(path), ["absent"])
    path.write_text("[]")
    assert main([str(path), "--out", str(tmp_path / "x.onnx")]) == 1
    assert "net.json" in capsys.readouterr().err


def test_weights_that_end_too_early(tmp_path):
    path = _write(tmp_path, [_picture()], {"w": np.zeros(4, np.float16)})
    (tmp_path / "net.bin").write_bytes(b"\0" * 7)
    with pytest.raises(ValueError, match="ends before w"):
        read_graph(path)

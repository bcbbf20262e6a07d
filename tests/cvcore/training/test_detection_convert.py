"""Filters in 8 bits say nearly what they said before."""

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from cvcore.training.detection.convert import quantise


def test_filters_of_any_size_keep_their_answers():
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 3, 3, 3)) * np.array([0.001, 1, 50, 0])[:, None, None, None]
    shapes = {"image": [1, 3, 6, 6], "out": [1, 4, 4, 4]}
    given, out = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    )
    nodes = [
        helper.make_node("Cast", ["halves"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["image", "wide"], ["out"], "conv"),
    ]
    stored = [numpy_helper.from_array(weight.astype(np.float16), "halves")]
    model = helper.make_model(
        helper.make_graph(nodes, "graph", [given], [out], stored),
        opset_imports=[helper.make_opsetid("", 18)], ir_version=9,
    )  # fmt: skip
    picture = {"image": rng.normal(size=(1, 3, 6, 6)).astype(np.float32)}
    before = ort.InferenceSession(model.SerializeToString()).run(None, picture)[0]
    quantise(model.graph)
    after = ort.InferenceSession(model.SerializeToString()).run(None, picture)[0]
    for number in range(4):  # each by its own scale
        largest = np.abs(before[0, number]).max()
        assert np.abs(before - after)[0, number].max() <= 0.02 * largest
    assert {tensor.data_type for tensor in model.graph.initializer} == {
        TensorProto.INT8, TensorProto.FLOAT,
    }  # fmt: skip

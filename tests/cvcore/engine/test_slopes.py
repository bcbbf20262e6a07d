"""The way back through an exported network, beside PyTorch's own."""

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.engine.slopes import CLASSES, add_slopes
from cvcore.recognition import preprocessing
from cvcore.saliency import cams
from cvcore.saliency.target import Target

MODEL = "efficientnet_lite0"


def find_slopes(exported, x, layer, class_idx=-1, minus_class=-1):
    """Logits, features and slopes of an input (3, H, W), by ONNX Runtime."""
    session = predictor.open_session(add_slopes(exported.read_bytes(), layer))
    classes = np.array([class_idx, minus_class], np.float32)
    return session.run(None, {"image": x[None], CLASSES: classes})


@pytest.mark.parametrize("layer", ["act1", "blocks.1", "blocks.4", "act2"])
def test_slopes_are_those_of_autograd(exported, sample, layer):
    net, x = checkpoints.load_model(MODEL), preprocessing.prepare(sample)
    module = dict(net.named_modules())[layer]
    _, features, slopes = find_slopes(exported, x, layer, 285, 282)
    expected = cams.features_and_gradient(
        net, torch.from_numpy(x)[None], module, Target(MODEL, 285, 282)
    )
    assert features[0] == pytest.approx(expected[0].numpy(), abs=1e-3)
    # A value that lies on an edge of ReLU6 but for rounding is let through by one of the two alone.
    wrong = np.abs(slopes[0] - expected[1].numpy()) > 1e-4
    assert wrong.mean() < 1e-4
    assert np.abs(slopes).max() > 1e-3


def test_without_a_class_the_most_probable_one_is_explained(exported, sample):
    x = preprocessing.prepare(sample)
    logits, _, slopes = find_slopes(exported, x, "blocks.6")
    best = int(logits.argmax())
    assert np.array_equal(find_slopes(exported, x, "blocks.6", best)[2], slopes)
    other = find_slopes(exported, x, "blocks.6", 3)[2]
    between = find_slopes(exported, x, "blocks.6", best, 3)[2]
    assert between == pytest.approx(slopes - other, abs=1e-6)


def test_no_way_back(exported):
    assert add_slopes(exported.read_bytes(), "blocks.9") is None
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 5])
    nodes = [
        helper.make_node("Identity", ["x"], ["y"], name="/first/Identity"),
        helper.make_node("Sin", ["y"], ["z"], name="/second/Sin"),
    ]
    logits = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 5])
    model = helper.make_model(helper.make_graph(nodes, "odd", [value], [logits]))
    with pytest.raises(InputError, match="no way back through Sin"):
        add_slopes(model.SerializeToString(), "first")

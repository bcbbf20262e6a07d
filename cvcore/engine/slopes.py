"""The way back through an exported network, as an ONNX graph: the slope of a class's logit at a
layer, by the chain rule, for engines that only run forward (ONNX Runtime in a browser).

Each step forward has its step back: a convolution's is the transposed convolution with the same
weights, ReLU6 lets through what lay between its bounds, a sum hands the slope to both sides.
"""

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from cvcore.core.errors import InputError
from cvcore.engine.cutting import find_places

CLASSES = "classes"  # input float32 (2,): the class, -1 for the most probable; what is taken off


class _Tape:
    """Nodes that are added to a graph, and constants: each gets a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """A node with one output; returns the output's name."""
        output = f"slopes/{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: object, kind: type = np.int64) -> str:
        name = f"slopes/constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, kind), name))
        return name


def add_slopes(exported: bytes, layer: str) -> bytes | None:
    """An exported classifier with three outputs: its logits (1, C), what a layer puts out
    (1, c, h, w), and the slope there of the logit that a new input names; None where the exported
    network has no place for the layer.

    The input ``classes`` is float32 (2,): a class's index, or -1 for the most probable, and the
    class whose logit is taken off, or -1 for none. It takes one picture at a time, and networks of
    convolutions, ReLU or ReLU6, sums, a mean over all places and dense layers, whose strides leave
    no row or column over; ``InputError`` names what else is met on the way.
    """
    model, tape = onnx.load_model_from_string(exported), _Tape()
    place = find_places(model).get(layer)
    if place is None:
        return None
    graph = model.graph
    (logits,) = (output.name for output in graph.output)
    slopes = {logits: _choose_class(tape, logits, _count_classes(model))}
    for node in reversed(_find_way(graph.node, place)):
        slope = slopes.pop(node.output[0], None)
        if slope is None:
            continue
        for given, part in _step_back(tape, node, slope):
            slopes[given] = tape.add("Add", slopes[given], part) if given in slopes else part
    tape.nodes.append(helper.make_node("Identity", [slopes[place]], ["slope"]))
    graph.node.extend(tape.nodes)
    graph.initializer.extend(tape.constants)
    graph.input.append(helper.make_tensor_value_info(CLASSES, TensorProto.FLOAT, [2]))
    for name in (place, "slope"):
        shape = [1, "c", "h", "w"]
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    return model.SerializeToString()


def _count_classes(model: ModelProto) -> int:
    return model.graph.output[0].type.tensor_type.shape.dim[1].dim_value


def _choose_class(tape: _Tape, logits: str, count: int) -> str:
    """The slope of the chosen logit by all logits (1, C): 1 for the class, -1 for the other."""
    every, first = tape.constant(range(count), np.float32), tape.constant([0])
    best = tape.add("Cast", tape.add("ArgMax", logits, axis=1, keepdims=0), to=TensorProto.FLOAT)
    one, other = (tape.add("Gather", CLASSES, tape.constant([place])) for place in (0, 1))
    is_open = tape.add("Less", one, tape.constant([0], np.float32))
    one = tape.add("Where", is_open, best, one)
    chosen = [
        tape.add("Cast", tape.add("Equal", every, of), to=TensorProto.FLOAT) for of in (one, other)
    ]
    return tape.add("Unsqueeze", tape.add("Sub", *chosen), first)


def _find_way(nodes: Iterable[NodeProto], place: str) -> list[NodeProto]:
    """The nodes that a value goes through on its way to the end."""
    reached, way = {place}, []
    for node in nodes:  # as ONNX has it, each after those that it takes from
        if reached.intersection(node.input):
            way.append(node)
            reached.update(node.output)
    return way


def _step_back(tape: _Tape, node: NodeProto, slope: str) -> list[tuple[str, str]]:
    """What a node takes, each with its share of the slope at the node's output."""
    given = node.input[0]
    if node.op_type == "Conv":
        known = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        return [(given, tape.add("ConvTranspose", slope, node.input[1], **known))]
    if node.op_type == "Clip":
        inside = tape.add(
            "And", tape.add("Greater", node.output[0], node.input[1]),
            tape.add("Less", node.output[0], node.input[2]),
        )  # fmt: skip
        mask = tape.add("Cast", inside, to=TensorProto.FLOAT)
        return [(given, tape.add("Mul", slope, mask))]
    if node.op_type == "Relu":
        return [(given, tape.add("Mul", slope, tape.add("Sign", node.output[0])))]
    if node.op_type == "Add":
        return [(name, slope) for name in node.input]
    if node.op_type == "Pad":
        starts = tape.add("Slice", node.input[1], tape.constant([0]), tape.constant([4]))
        ends = tape.add("Add", starts, tape.add("Shape", given))
        return [(given, tape.add("Slice", slope, starts, ends))]
    if node.op_type == "ReduceMean":  # over all places
        size = tape.add("Shape", given)
        sides = tape.add("Slice", size, tape.constant([2]), tape.constant([4]))
        places = tape.add("Cast", tape.add("ReduceProd", sides), to=TensorProto.FLOAT)
        share = tape.add("Unsqueeze", tape.add("Div", slope, places), tape.constant([2, 3]))
        return [(given, tape.add("Expand", share, size))]
    if node.op_type == "Gemm":
        return [(given, tape.add("Gemm", slope, node.input[1]))]
    raise InputError(f"There is no way back through {node.op_type} ({node.name}).")

"""An ONNX graph as it is built from a graph model, with pictures channels first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cvcore.engine.onnx_export import OPSET
from cvcore.training.tfjs.graph import Graph, split_name

CHANNELS_LAST = (0, 2, 3, 1)  # the axes of a picture (N, C, H, W) in TensorFlow's order


@dataclass(frozen=True)
class Value:
    """A tensor of the ONNX graph, with its axes in the order in which TensorFlow would have them.

    ``axes`` empty: in the same order. So that transpositions cost nothing until one is needed.
    """

    name: str
    axes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Border:
    """What was put around a tensor: so much before and after each axis, of one value."""

    source: str
    pads: Sequence[Sequence[int]]
    fill: float


@dataclass
class Builder:
    """An ONNX graph as it grows, node by node."""

    graph: Graph
    operations: Mapping[str, Callable[..., Any]]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    made: dict[str, onnx.NodeProto] = field(default_factory=dict)  # by the name of their output
    channels: dict[str, int] = field(default_factory=dict)  # of a convolution's output
    borders: dict[str, Border] = field(default_factory=dict)  # by the name of the padded tensor
    _values: dict[str, list[Value | np.ndarray]] = field(default_factory=dict)
    _constants: dict[bytes, onnx.TensorProto] = field(default_factory=dict)

    def add(self, op: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> list[str]:
        """Append a node; returns the names of its outputs."""
        names = [f"{op.lower()}_{len(self.nodes)}_{number}" for number in range(outputs)]
        node = helper.make_node(op, list(inputs), names, names[0][:-2], **attributes)
        self.nodes.append(node)
        self.made |= dict.fromkeys(names, node)
        return names

    def again(self, node: onnx.NodeProto, inputs: Sequence[str]) -> str:
        """The same node with other inputs; the first one falls away where nothing needs it."""
        attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        return self.add(node.op_type, inputs, **attributes)[0]

    def constant(self, value: np.ndarray | np.generic) -> str:
        """The name under which the ONNX graph has this constant; halves are widened."""
        tensor = numpy_helper.from_array(np.asarray(value, order="C"))
        key = f"{tensor.data_type} {list(tensor.dims)}".encode() + tensor.raw_data
        tensor.name = f"constant_{len(self._constants)}"
        name = self._constants.setdefault(key, tensor).name
        if value.dtype != np.float16:
            return name
        return self.add("Cast", [name], to=TensorProto.FLOAT)[0]

    def feed(self, name: str, shape: Sequence[int]) -> Value:
        """A new input; a picture's is channels first."""
        axes = CHANNELS_LAST if len(shape) == 4 and shape[-1] in (1, 3) else ()
        stored: list[int | str] = [0] * len(shape)
        for axis, size in enumerate(shape):
            stored[axes[axis] if axes else axis] = size if size > 0 else f"free_{axis}"
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, stored))
        return Value(name, axes)

    def plain(self, value: Value | np.ndarray) -> str:
        """The name of a tensor with its axes in TensorFlow's own order."""
        if isinstance(value, np.ndarray):
            return self.constant(value)
        if not value.axes or value.axes == tuple(range(len(value.axes))):
            return value.name
        return self.add("Transpose", [value.name], perm=value.axes)[0]

    def channels_first(self, value: Value | np.ndarray) -> str:
        """The name of a picture (N, C, H, W)."""
        if isinstance(value, Value) and value.axes == CHANNELS_LAST:
            return value.name
        return self.add("Transpose", [self.plain(value)], perm=(0, 3, 1, 2))[0]

    def value(self, name: str) -> Value | np.ndarray:
        """What an input of a node's stands for; a constant as an array."""
        node, number = split_name(name)
        if node in self.graph.constants:
            return self.graph.constants[node]
        if node not in self._values:
            self._build(node)
        return self._values[node][number]

    def _build(self, name: str) -> None:
        waiting = [name]
        while waiting:  # not by recursion: a graph may be some hundred nodes deep
            node = self.graph.nodes[waiting[-1]]
            sources = [split_name(item)[0] for item in node.inputs]
            known = self._values.keys() | self.graph.constants.keys()
            missing = [item for item in sources if item not in known]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            if node.op not in self.operations:
                raise ValueError(f"{node.name}: the operation {node.op} is not known here.")
            values = [self.value(item) for item in node.inputs]
            result = self.operations[node.op](self, node, values)
            self._values[node.name] = result if isinstance(result, list) else [result]

    def finish(self, outputs: Mapping[str, str]) -> onnx.ModelProto:
        """The model, without what no output needs. ``outputs``: tensors, by the name to give."""
        for name, tensor in outputs.items():
            self.nodes.append(helper.make_node("Identity", [tensor], [name], f"output {name}"))
        needed, kept = set(outputs), []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                kept.append(node)
        # Their names alone: ONNX finds types and shapes itself.
        ends = [onnx.ValueInfoProto(name=name) for name in outputs]
        graph = helper.make_graph(
            kept[::-1],
            "graph",
            self.inputs,
            ends,
            [tensor for tensor in self._constants.values() if tensor.name in needed],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
        return onnx.shape_inference.infer_shapes(model, strict_mode=True)

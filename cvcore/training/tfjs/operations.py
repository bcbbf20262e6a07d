"""How each operation of a TensorFlow.js graph is said in ONNX.

An operation gets the graph so far, its node, and what its inputs stand for, and returns the values
of its outputs. Pictures stay channels first as long as nothing asks for another order.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from onnx import TensorProto

from cvcore.training.tfjs.builder import CHANNELS_LAST, Border, Builder, Value
from cvcore.training.tfjs.graph import Node

Input = Value | np.ndarray
Operation = Callable[[Builder, Node, Sequence[Input]], Input | list[Input]]


def _constant(node: Node, value: Input) -> np.ndarray:
    """An input that has to be known; halves as single precision."""
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{node.name}: an input of {node.op} is computed, and has to be constant.")
    return value.astype(np.float32) if value.dtype == np.float16 else value


def _placeholder(graph: Builder, node: Node, _: Sequence[Input]) -> Value:
    sizes = node.attributes["shape"]["shape"].get("dim", ())
    return graph.feed(node.name, [int(item["size"]) for item in sizes])


def _unary(op: str, graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    value = inputs[0]
    if isinstance(value, np.ndarray):
        value = Value(graph.constant(value))
    return Value(_activate(graph, node, op, value.name), value.axes)


def _activate(graph: Builder, node: Node, op: str, name: str) -> str:
    if op == "Relu6":
        ends = [graph.constant(np.float32(end)) for end in (0, 6)]
        return graph.add("Clip", [name, *ends])[0]
    if op == "LeakyRelu":
        key = "alpha" if "alpha" in node.attributes else "leakyrelu_alpha"
        return graph.add("LeakyRelu", [name], alpha=node.number(key, 0.2))[0]
    if op not in ("Relu", "Elu", "Sigmoid", "Tanh", "Sqrt", "Exp", "Neg", "Floor"):
        raise ValueError(f"{node.name}: the fused operation {op} is not known here.")
    return graph.add(op, [name])[0]


def _binary(op: str, graph: Builder, node: Node, inputs: Sequence[Input]) -> Input:
    if all(isinstance(value, np.ndarray) for value in inputs) and op in _FOLDED:
        return _FOLDED[op](*(_constant(node, value) for value in inputs))
    biased = _add_bias(graph, inputs) if op == "Add" else None
    if biased is not None:
        return biased
    first, second, axes = _agree(graph, inputs)
    if op == "SquaredDifference":
        (difference,) = graph.add("Sub", [first, second])
        return Value(graph.add("Mul", [difference, difference])[0], axes)
    if op in ("FloorDiv", "Mod"):
        return Value(_floor(op, graph, node, first, second), axes)
    return Value(graph.add(op, [first, second])[0], axes)


_FOLDED = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}


def _floor(op: str, graph: Builder, node: Node, first: str, second: str) -> str:
    if node.type("T") == TensorProto.FLOAT:
        (down,) = graph.add("Floor", graph.add("Div", [first, second]))
        if op == "FloorDiv":
            return down
        return graph.add("Sub", [first, graph.add("Mul", [down, second])[0]])[0]
    (rest,) = graph.add("Mod", [first, second])
    if op == "Mod":
        return rest
    return graph.add("Div", [graph.add("Sub", [first, rest])[0], second])[0]


def _agree(graph: Builder, inputs: Sequence[Input]) -> tuple[str, str, tuple[int, ...]]:
    """Two tensors' names with their axes in the same order, and that order."""
    axes = {value.axes for value in inputs if isinstance(value, Value)}
    (order,) = axes if len(axes) == 1 else ((),)
    if not order:
        first, second = (graph.plain(value) for value in inputs)
        return first, second, ()
    names = []
    for value in inputs:
        if isinstance(value, np.ndarray) and value.size > 1:
            full = value.reshape((1,) * (len(order) - value.ndim) + value.shape)
            value = full.transpose(np.argsort(order))
        names.append(graph.constant(value) if isinstance(value, np.ndarray) else value.name)
    return names[0], names[1], order


def _add_bias(graph: Builder, inputs: Sequence[Input]) -> Value | None:
    """A constant for each channel, added to a convolution, is its bias."""
    for value, bias in (inputs, inputs[::-1]):
        if not (isinstance(value, Value) and isinstance(bias, np.ndarray)):
            continue
        made = graph.made.get(value.name)
        channels = bias.shape[-1] if bias.ndim else 0
        if made is None or made.op_type != "Conv" or len(made.input) > 2 or channels != bias.size:
            continue
        if value.axes != CHANNELS_LAST or channels != graph.channels[value.name]:
            continue
        return Value(graph.again(made, [*made.input, graph.constant(bias.reshape(-1))]), value.axes)
    return None


def _spatial(numbers: Sequence[int]) -> list[int]:
    return [int(number) for number in numbers[1:3]]


def _layout(node: Node) -> None:
    if node.word("data_format", "NHWC") != "NHWC":
        raise ValueError(f"{node.name}: only pictures with channels last are known here.")


def _window(graph: Builder, node: Node, value: Input, fill: float) -> tuple[str, dict]:
    """A picture for a sliding window, and where the window goes.

    A border that was added before with the window's own filling becomes the window's own border.
    """
    _layout(node)
    name, padding = graph.channels_first(value), node.word("padding")
    where: dict = {"strides": _spatial(node.numbers("strides"))}
    if padding == "SAME":
        return name, where | {"auto_pad": "SAME_UPPER"}
    if padding != "VALID":
        raise ValueError(f"{node.name}: a border of type {padding} is not known here.")
    border = graph.borders.get(name)
    if border and (border.fill == fill or max(border.fill, fill) < -1e30):
        flat = np.array(border.pads)
        if not flat[:2].any():
            return border.source, where | {"pads": [int(n) for n in flat[2:].T.ravel()]}
    return name, where


def _convolution(
    graph: Builder, node: Node, inputs: Sequence[Input], depthwise: bool = False
) -> Value:
    weight = inputs[1]
    if not isinstance(weight, np.ndarray):
        raise ValueError(f"{node.name}: filters that are computed are not known here.")
    name, where = _window(graph, node, inputs[0], 0)
    height, width, channels, count = weight.shape
    if depthwise:
        weight = weight.transpose(2, 3, 0, 1).reshape(channels * count, 1, height, width)
    else:
        weight = weight.transpose(3, 2, 0, 1)
    fused = node.words("fused_ops")
    names = [name, graph.constant(weight)]
    if "BiasAdd" in fused:
        names.append(graph.constant(_constant(node, inputs[2]).reshape(-1)))
    (made,) = graph.add(
        "Conv", names, dilations=_spatial(node.numbers("dilations")),
        group=channels if depthwise else 1, kernel_shape=[height, width], **where,
    )  # fmt: skip
    graph.channels[made] = weight.shape[0]
    for op in fused:
        made = made if op == "BiasAdd" else _activate(graph, node, op, made)
    return Value(made, CHANNELS_LAST)


def _pool(op: str, graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    fill = -np.inf if op == "MaxPool" else np.nan  # an average does not count a border
    name, where = _window(graph, node, inputs[0], fill)
    (made,) = graph.add(op, [name], kernel_shape=_spatial(node.numbers("ksize")), **where)
    return Value(made, CHANNELS_LAST)


def _pad(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    value = inputs[0]
    if isinstance(value, np.ndarray):
        value = Value(graph.constant(value))
    pads = _constant(node, inputs[1])
    fill = float(_constant(node, inputs[2])) if len(inputs) > 2 else 0.0
    if value.axes:
        pads = pads[np.argsort(value.axes)]
    names = [graph.constant(pads.T.astype(np.int64).ravel()), graph.constant(np.float32(fill))]
    (made,) = graph.add("Pad", [value.name, *names])
    graph.borders[made] = Border(value.name, pads.tolist(), fill)
    return Value(made, value.axes)


def _transpose(graph: Builder, node: Node, inputs: Sequence[Input]) -> Input:
    value, order = inputs[0], [int(axis) for axis in _constant(node, inputs[1])]
    if isinstance(value, np.ndarray):
        return value.transpose(order)
    axes = value.axes or tuple(range(len(order)))
    turned = tuple(axes[axis] for axis in order)
    return Value(value.name, () if turned == tuple(range(len(order))) else turned)


def _axis(value: Input, axis: int) -> int:
    """Where the ONNX tensor has this axis of TensorFlow's."""
    if not isinstance(value, Value) or not value.axes:
        return axis
    return value.axes[axis]


def _concat(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    *parts, last = inputs
    axis = int(_constant(node, last))
    orders = {part.axes for part in parts if isinstance(part, Value)}
    same = len(orders) == 1 and all(isinstance(part, Value) for part in parts)
    order = orders.pop() if same else ()
    names = [part.name if same else graph.plain(part) for part in parts]  # type: ignore[union-attr]
    (made,) = graph.add("Concat", names, axis=order[axis] if order else axis)
    return Value(made, order)


def _split(graph: Builder, node: Node, inputs: Sequence[Input]) -> list[Input]:
    value, sizes, axis = inputs
    lengths = _constant(node, sizes).astype(np.int64)
    if isinstance(value, np.ndarray):
        return list(np.split(value, np.cumsum(lengths)[:-1], int(_constant(node, axis))))
    where = _axis(value, int(_constant(node, axis)))
    made = graph.add("Split", [value.name, graph.constant(lengths)], len(lengths), axis=where)
    return [Value(name, value.axes) for name in made]


def _reshape(graph: Builder, node: Node, inputs: Sequence[Input]) -> Input:
    shape = _constant(node, inputs[1]).astype(np.int64)
    if isinstance(inputs[0], np.ndarray):
        return inputs[0].reshape(shape)
    return Value(graph.add("Reshape", [graph.plain(inputs[0]), graph.constant(shape)])[0])


def _resize(mode: str, graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    centres = node.flag("half_pixel_centers")
    where = "half_pixel" if centres else "asymmetric"
    if node.flag("align_corners"):
        where = "align_corners"
    size = graph.constant(_constant(node, inputs[1]).astype(np.int64))
    names = [graph.channels_first(inputs[0]), "", "", size]
    (made,) = graph.add(
        "Resize", names, axes=[2, 3], mode=mode, coordinate_transformation_mode=where,
        nearest_mode="floor",
    )  # fmt: skip
    return Value(made, CHANNELS_LAST)


def _matmul(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    names = [graph.plain(value) for value in inputs[:2]]
    fused = node.words("fused_ops")
    if "BiasAdd" in fused:
        names.append(graph.plain(inputs[2]))
    turned = {"transA": int(node.flag("transpose_a")), "transB": int(node.flag("transpose_b"))}
    (made,) = graph.add("Gemm", names, **turned)
    for op in fused:
        made = made if op == "BiasAdd" else _activate(graph, node, op, made)
    return Value(made)


def _softmax(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    return Value(graph.add("Softmax", [graph.plain(inputs[0])], axis=-1)[0])


def _mean(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    axes = [_axis(inputs[0], int(axis)) for axis in _constant(node, inputs[1]).ravel()]
    value = inputs[0] if node.flag("keep_dims") else Value(graph.plain(inputs[0]))
    if not node.flag("keep_dims"):
        axes = [int(axis) for axis in _constant(node, inputs[1]).ravel()]
    name = value.name if isinstance(value, Value) else graph.constant(value)
    names = [name, graph.constant(np.array(axes, np.int64))]
    (made,) = graph.add("ReduceMean", names, keepdims=int(node.flag("keep_dims")))
    return Value(made, value.axes if isinstance(value, Value) else ())


def _argmax(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    axis = int(_constant(node, inputs[1]))
    (made,) = graph.add("ArgMax", [graph.plain(inputs[0])], axis=axis, keepdims=0)
    return Value(graph.add("Cast", [made], to=TensorProto.INT32)[0])


def _cast(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    return Value(graph.add("Cast", [graph.plain(inputs[0])], to=node.type("DstT"))[0])


def _wide(graph: Builder, value: Input) -> str:
    """Whole numbers of 64 bits, as ONNX asks for."""
    if isinstance(value, np.ndarray):
        return graph.constant(value.astype(np.int64))
    return graph.add("Cast", [graph.plain(value)], to=TensorProto.INT64)[0]


def _gather_nd(graph: Builder, _: Node, inputs: Sequence[Input]) -> Value:
    names = [graph.plain(inputs[0]), _wide(graph, inputs[1])]
    return Value(graph.add("GatherND", names)[0])


def _gather(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    names = [graph.plain(inputs[0]), _wide(graph, inputs[1])]
    return Value(graph.add("Gather", names, axis=int(_constant(node, inputs[2])))[0])


def _expand(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    axis = graph.constant(_constant(node, inputs[1]).astype(np.int64).reshape(1))
    return Value(graph.add("Unsqueeze", [graph.plain(inputs[0]), axis])[0])


def _squeeze(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    axes = graph.constant(np.array(node.numbers("squeeze_dims"), np.int64))
    return Value(graph.add("Squeeze", [graph.plain(inputs[0]), axes])[0])


def _pack(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    axis = int(node.number("axis"))
    place = graph.constant(np.array([axis], np.int64))
    names = [graph.add("Unsqueeze", [graph.plain(value), place])[0] for value in inputs]
    return Value(graph.add("Concat", names, axis=axis)[0])


def _unpack(graph: Builder, node: Node, inputs: Sequence[Input]) -> list[Input]:
    name, axis = graph.plain(inputs[0]), int(node.number("axis"))
    places = [graph.constant(np.array(place, np.int64)) for place in range(int(node.number("num")))]
    return [Value(graph.add("Gather", [name, place], axis=axis)[0]) for place in places]


def _top(graph: Builder, node: Node, inputs: Sequence[Input]) -> list[Input]:
    count = graph.constant(_constant(node, inputs[1]).astype(np.int64).reshape(1))
    values, places = graph.add("TopK", [graph.plain(inputs[0]), count], 2)
    return [Value(values), Value(graph.add("Cast", [places], to=TensorProto.INT32)[0])]


def _slice(graph: Builder, node: Node, inputs: Sequence[Input]) -> Value:
    for mask in ("ellipsis_mask", "new_axis_mask"):
        if node.number(mask):
            raise ValueError(f"{node.name}: {mask} is not known here.")
    start, end, step = (_constant(node, value).astype(np.int64) for value in inputs[1:])
    for axis in range(len(start)):
        if int(node.number("begin_mask")) >> axis & 1:
            start[axis] = 0 if step[axis] > 0 else _END
        if int(node.number("end_mask")) >> axis & 1:
            end[axis] = _END if step[axis] > 0 else -_END
    shrunk = int(node.number("shrink_axis_mask"))
    single = [axis for axis in range(len(start)) if shrunk >> axis & 1]
    end[single] = np.where(start[single] == -1, _END, start[single] + 1)
    parts = (start, end, np.arange(len(start)), step)
    (made,) = graph.add("Slice", [graph.plain(inputs[0]), *map(graph.constant, parts)])
    if single:
        (made,) = graph.add("Squeeze", [made, graph.constant(np.array(single, np.int64))])
    return Value(made)


_END = 2**31 - 1


def _sparse_to_dense(_: Builder, node: Node, inputs: Sequence[Input]) -> np.ndarray:
    indices, shape, values, rest = (_constant(node, value) for value in inputs)
    dense = np.full(shape, rest, values.dtype)
    if indices.size:
        dense[tuple(indices.reshape(-1, len(shape)).T)] = values
    return dense


OPERATIONS: dict[str, Operation] = {
    "Placeholder": _placeholder,
    "Identity": lambda graph, node, inputs: inputs[0],
    **{op: partial(_unary, op) for op in ("Relu", "Relu6", "LeakyRelu", "Elu", "Sigmoid", "Tanh")},
    **{op: partial(_unary, op) for op in ("Sqrt", "Exp", "Neg", "Floor")},
    **{op: partial(_binary, "Add") for op in ("Add", "AddV2", "BiasAdd")},
    **{op: partial(_binary, op) for op in ("Sub", "Mul", "SquaredDifference", "FloorDiv", "Equal")},
    "RealDiv": partial(_binary, "Div"),
    "Maximum": partial(_binary, "Max"),
    "Minimum": partial(_binary, "Min"),
    "FloorMod": partial(_binary, "Mod"),
    "Conv2D": _convolution,
    "_FusedConv2D": _convolution,
    "DepthwiseConv2dNative": partial(_convolution, depthwise=True),
    "FusedDepthwiseConv2dNative": partial(_convolution, depthwise=True),
    "MaxPool": partial(_pool, "MaxPool"),
    "AvgPool": partial(_pool, "AveragePool"),
    "Pad": _pad,
    "PadV2": _pad,
    "Transpose": _transpose,
    "ConcatV2": _concat,
    "SplitV": _split,
    "Reshape": _reshape,
    "ResizeBilinear": partial(_resize, "linear"),
    "ResizeNearestNeighbor": partial(_resize, "nearest"),
    "MatMul": _matmul,
    "_FusedMatMul": _matmul,
    "Softmax": _softmax,
    "Mean": _mean,
    "ArgMax": _argmax,
    "Cast": _cast,
    "GatherNd": _gather_nd,
    "GatherV2": _gather,
    "ExpandDims": _expand,
    "Squeeze": _squeeze,
    "Pack": _pack,
    "Unpack": _unpack,
    "TopKV2": _top,
    "StridedSlice": _slice,
    "SparseToDense": _sparse_to_dense,
}

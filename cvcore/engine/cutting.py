"""An exported network cut at layers: the exporter names a layer's nodes by it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True)
class Part:
    """What of a network lies between layers (modules' names).

    It returns what ``ends`` give, in their order; "" is the network's own output. It takes what
    ``starts`` give, each by the layer's name, or else what the network takes.
    """

    ends: tuple[str, ...]
    starts: tuple[str, ...] = ()


def cut(exported: bytes, part: Part) -> bytes | None:
    """That part of an exported network; None where it has no place for one of the layers."""
    import onnx
    import onnx.shape_inference
    from onnx.utils import Extractor

    model = onnx.load_model_from_string(exported)
    places = find_places(model)
    if not places.keys() >= {*part.starts, *part.ends}:
        return None
    starts = {places[layer]: layer for layer in part.starts}
    inputs = list(starts) or [one.name for one in model.graph.input]
    model = onnx.shape_inference.infer_shapes(model)  # what a new output has to name
    model = Extractor(model).extract_model(inputs, [places[layer] for layer in part.ends])
    for value in model.graph.input:
        value.name = starts.get(value.name, value.name)
    for node in model.graph.node:
        node.input[:] = [starts.get(name, name) for name in node.input]
    return model.SerializeToString()


def find_places(model: "ModelProto") -> dict[str, str]:
    """What a layer's output is called in an exported network's graph, by layer; "" is its own."""
    places = {"": model.graph.output[0].name}
    for node in model.graph.node:
        places |= dict.fromkeys(_list_modules(node.name), node.output[0])
    return places


def _list_modules(node: str) -> list[str]:
    """The modules that a node lies in, from the outermost on.

    Of "/blocks/blocks.1/blocks.1.0/bn2/Conv": blocks, blocks.1, blocks.1.0, blocks.1.0.bn2.
    """
    modules: list[str] = []
    for part in node.split("/")[1:-1]:
        outer = f"{modules[-1]}." if modules else ""
        modules.append(part if part.startswith(outer) else outer + part)
    return modules

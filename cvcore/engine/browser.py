"""What a visitor's own browser needs to run a network: ONNX Runtime Web, graphs, and weights.

A network travels in two parts, both kept by the browser: its graph, some KB, and its weights, where
filters and matrices stand in half precision. The graph widens them as it is opened. All cuts of a
network at its layers share the file of the weights.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cvcore.core.errors import InputError, SetupError
from cvcore.engine import checkpoints, onnx_export, registry
from cvcore.engine.cutting import Part, cut

ENGINE, WEBGPU_ENGINE = "onnxruntime_web", "onnxruntime_webgpu"
WEIGHTS = "weights"  # what the graph calls the file beside it
_SMALL = 64  # values: so few stay in the graph, as do all that shapes are computed from


@dataclass(frozen=True)
class BrowserNetwork:
    """A network in two parts, as ``onnxruntime-web`` opens it."""

    graph: bytes  # ONNX, with external data
    weights: bytes


def engine_files(engine: str = ENGINE) -> dict[str, Path]:
    """ONNX Runtime Web's files by their kinds: the script, what loads the program, the program.

    ``engine`` may be ``WEBGPU_ENGINE``, which runs networks on a GPU. The program is WebAssembly,
    packed by gzip. Raises ``SetupError`` where a file is missing or damaged.
    """
    registry.check_files(engine)
    return dict(
        zip(("script", "loader", "program"), registry.get_weight(engine).paths, strict=True)
    )


def is_offered(name: str) -> bool:
    """Whether browsers can have the network ``name``: it is bundled, and ONNX or exported for
    pictures."""
    row = registry.get_weight(name)
    takes_pictures = bool(row.stride or row.preprocessing)
    return row.is_bundled and (row.is_onnx or takes_pictures) and registry.is_available(name)


def is_ready(name: str) -> bool:
    """Whether ``load`` finds the network exported; if not, that is begun in the background."""
    if registry.get_weight(name).is_onnx:
        return True
    size = onnx_export.choose_size(name, None)
    if onnx_export.file_path(name, size).is_file():
        return True
    onnx_export.start(name, size)
    return False


def load(
    name: str, layer: str = "", *,
    part: Part | None = None, with_slopes: bool = False,
) -> BrowserNetwork:  # fmt: skip
    """The network ``name``, or what of it leads to a ``layer``, exported here if it was not yet.

    ``layer`` is that of ``cvcore.engine.predictor.load_predictor``; a ``part`` stands for what lies
    between several layers. With slopes it runs to its end, and back to the layer: see
    ``cvcore.engine.slopes``. Raises ``InputError`` for a network that is not offered to browsers,
    or has no such place.
    """
    row = registry.get_weight(name)
    if not is_offered(name):
        raise InputError(f"{row.title} runs on the server alone.")
    graph, weights = _split(name)
    if layer or part:
        from cvcore.engine.slopes import add_slopes  # loads ONNX

        between = add_slopes(graph, layer) if with_slopes else cut(graph, part or Part((layer,)))
        if between is None:
            raise InputError(f"{row.title} is not cut there: look into it on the server.")
        graph = between
    return BrowserNetwork(graph, weights)


@lru_cache(maxsize=4)
def _split(name: str) -> tuple[bytes, bytes]:
    return split(_load_whole(name))


def _load_whole(name: str) -> bytes:
    if registry.get_weight(name).is_onnx:
        return checkpoints.load_onnx(name)
    size = onnx_export.choose_size(name, None)
    path = onnx_export.file_path(name, size)
    exported = onnx_export.read(path)
    if exported is None:
        exported = onnx_export.export(name, size)
        onnx_export.store(exported, path)
    return exported


def split(exported: bytes) -> tuple[bytes, bytes]:
    """An ONNX file as a graph and its weights, filters and matrices in half precision.

    What is 8 bits wide already stays so. Raises ``SetupError`` for a value that half precision
    cannot hold.
    """
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_model_from_string(exported)
    weights, kept, casts = bytearray(), [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.size < _SMALL or tensor.data_type == TensorProto.INT64:
            kept.append(tensor)
            continue
        name = tensor.name
        if values.dtype == np.float32 and values.ndim > 1:
            with np.errstate(over="ignore"):
                values = values.astype(np.float16)
            if not np.isfinite(values).all():
                raise SetupError(f"{name} does not fit into half precision.")
            name = f"{tensor.name}/half"
            casts.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
        kind = tensor.data_type if name == tensor.name else TensorProto.FLOAT16
        outside = TensorProto(name=name, data_type=kind, dims=values.shape)
        outside.data_location = TensorProto.EXTERNAL
        raw = tensor.raw_data if name == tensor.name else b""
        data = raw or values.tobytes()
        place = {"location": WEIGHTS, "offset": len(weights), "length": len(data)}
        for key, value in place.items():
            outside.external_data.add(key=key, value=str(value))
        weights += data + bytes(-len(data) % 8)
        kept.append(outside)
    nodes = [*casts, *model.graph.node]
    for part, items in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del part[:]
        part.extend(items)
    del model.metadata_props[:]  # the checksum was the whole file's
    return model.SerializeToString(), bytes(weights)

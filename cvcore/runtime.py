"""Which engine runs a network forward: ONNX Runtime on a CPU, PyTorch on a GPU.

Lessons that only ask for a network's answer call ``load_predictor(name)(batch)``; lessons that
need gradients or inner layers take the PyTorch network from ``cvcore.weights``.
"""

import ast
import contextlib
import hashlib
import io
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cvcore import weights
from cvcore.device import cpu_count, has_gpu

Predictor = Callable[[np.ndarray], tuple[np.ndarray, ...]]

_FORMAT = "1"  # change it when exported files of older versions must not be used again
_MAX_LAYERS = 6  # predictors that end at a layer and are kept at a time
_predictors: dict[tuple[str, tuple[int, int] | None, str], tuple[Predictor, float]] = {}
_lock = threading.RLock()


def load_predictor(
    name: str, *, size_hw: tuple[int, int] | None = None, layer: str = ""
) -> Predictor:
    """The forward pass of the weight ``name`` for pictures of ``size_hw`` pixels; loaded once.

    The predictor takes float32 (N, 3, H, W), RGB in [0, 1], at ``size_hw`` (by default the
    weight's own crop size), and returns the network's outputs as a tuple of arrays. A weight with
    a ``stride`` takes any multiples of it, an ONNX file the sizes it was made for: both need no
    size. On a CPU the network is exported to ONNX once a size (once for all, with a stride) and
    kept in the cache folder.

    With a ``layer`` (a module's name) the pass ends there and returns that layer's output. Raises
    ``LookupError`` where the engine has no such place: ONNX Runtime merges a convolution with the
    batch norm after it, and a GPU runs PyTorch, whose layers ``cvcore.activations`` reads.
    """
    row = weights.get_weight(name)
    if row.stride or row.is_onnx:
        size_hw = None
    elif size_hw is None:
        size_hw = (row.preprocessing.crop, row.preprocessing.crop)
    key = (name, size_hw, layer)
    with _lock:
        if key in _predictors:
            predictor = _predictors[key][0]
        elif row.is_onnx:
            predictor = _to_predictor(open_session(weights.load_onnx(name)))
        elif has_gpu():
            if layer:
                raise LookupError(f"On a GPU {name} is not cut at layers.")
            predictor = _load_torch(name)
        else:
            if layer:
                _forget_layers(_MAX_LAYERS - 1)
            predictor = _load_onnx(name, size_hw, layer)
        _predictors[key] = (predictor, time.monotonic())
        return predictor


def release(older_than_s: float = 0.0) -> tuple[str, ...]:
    """Let go of predictors not asked for in the last ``older_than_s`` seconds; returns names."""
    with _lock:
        now = time.monotonic()
        keys = [key for key, (_, used) in _predictors.items() if now - used >= older_than_s]
        for key in keys:
            del _predictors[key]
        return tuple(name for name, *_ in keys)


def _load_torch(name: str) -> Predictor:
    import torch

    model = weights.load_model(name)
    device = next(model.parameters()).device

    @torch.inference_mode()
    def predict(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        outputs = model(torch.from_numpy(batch).to(device))
        if isinstance(outputs, torch.Tensor):
            outputs = (outputs,)
        return tuple(output.float().cpu().numpy() for output in outputs)

    return predict


def _forget_layers(most: int) -> None:
    """Let go of the longest unused predictors that end at a layer, down to ``most``."""
    keys = sorted((key for key in _predictors if key[2]), key=lambda key: _predictors[key][1])
    for key in keys[: max(0, len(keys) - most)]:
        del _predictors[key]


def _load_onnx(name: str, size_hw: tuple[int, int] | None, layer: str = "") -> Predictor:
    path = _onnx_path(name, size_hw)
    exported: Path | bytes = path
    if not path.is_file():
        exported = _export(name, size_hw)
        _store(exported, path)
    return _to_predictor(open_session(_cut(exported, layer) if layer else exported))


def _to_predictor(session) -> Predictor:
    input_name = session.get_inputs()[0].name

    def predict(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(session.run(None, {input_name: batch}))

    return predict


def _cut(exported: Path | bytes, layer: str) -> bytes:
    """The part of an exported network that ends at a layer; the exporter notes where it lies."""
    import onnx

    model = onnx.load_model_from_string(
        exported if isinstance(exported, bytes) else exported.read_bytes()
    )
    place = None
    for node in model.graph.node:
        notes = {note.key: note.value for note in node.metadata_props}
        if layer in ast.literal_eval(notes.get("pkg.torch.onnx.name_scopes", "[]")):
            place = node.output[0]
    if place is None:
        raise LookupError(f"The exported network has no place for {layer}.")
    del model.graph.output[:]
    model.graph.output.append(onnx.ValueInfoProto(name=place))
    return model.SerializeToString()


def open_session(model: str | Path | bytes, *, threads: int | None = None):
    """An ONNX Runtime session on ``threads`` threads, by default all cores this process may use.

    ``model`` is a file or the bytes of one.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it notes a visit and reports it
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cpu_count()
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")  # idle means idle
    # weights stored in 8 bits are widened once, when the file is opened, not at every run
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def _onnx_path(name: str, size_hw: tuple[int, int] | None) -> Path:
    row = weights.get_weight(name)
    parts = (_FORMAT, row.build, *row.sha256, *map(str, size_hw or ("any",)))
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    return weights.cache_dir() / "onnx" / f"{name}-{key[:16]}.onnx"


def _export(name: str, size_hw: tuple[int, int] | None) -> bytes:
    """The network as an ONNX file with a free batch size (and height and width without one)."""
    import torch
    from torch.export import Dim

    model = weights.load_model(name).cpu()
    sizes = {0: Dim("batch")}
    if size_hw is None:
        stride = weights.get_weight(name).stride
        sizes |= {axis: stride * Dim(f"cells{axis}", min=2, max=64) for axis in (2, 3)}
        size_hw = (6 * stride, 8 * stride)
    with contextlib.redirect_stdout(io.StringIO()):  # the exporter reports its steps there
        program = torch.onnx.export(
            model,
            (torch.zeros(2, 3, *size_hw),),
            dynamo=True,
            dynamic_shapes=(sizes,),
            input_names=["image"],
            verbose=False,
        )
    return program.model_proto.SerializeToString()


def _store(exported: bytes, path: Path) -> None:
    """Keep the file for the next start; without room or rights for it, go on without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            part.write_bytes(exported)
            os.replace(part, path)
    except OSError as error:
        logging.getLogger(__name__).warning("The exported network was not kept: %s", error)

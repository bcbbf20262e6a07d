"""Which engine runs a network forward: ONNX Runtime on a CPU, PyTorch on a GPU.

Lessons that only ask for a network's answer call ``load_predictor(name)(batch)``; lessons that
need gradients or inner layers take the PyTorch network from ``cvcore.engine.checkpoints``.
"""

import ctypes
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np

from cvcore.core.forks import Lock, call_in_children
from cvcore.engine import checkpoints, onnx_export, registry
from cvcore.engine.cache import MISSING, IdleCache
from cvcore.engine.cutting import Part, cut
from cvcore.engine.device import cpu_count, has_gpu
from cvcore.engine.isolation import undisturbed

Predictor = Callable[..., tuple[np.ndarray, ...]]

_MAX_LAYERS = 6  # predictors that end at a layer and are kept at a time
_predictors = IdleCache("cvcore.engine.predictor.load_predictor")
# Those that end at a layer. None: the exported network has no place for that layer, which is found
# out once.
_layers = IdleCache("cvcore.engine.predictor.load_predictor", most=_MAX_LAYERS)
_lock = Lock()


@undisturbed
def load_predictor(
    name: str, *, size_hw: tuple[int, int] | None = None, layer: str = "", wait: bool = False
) -> Predictor:
    """The forward pass of the weight ``name`` for pictures of ``size_hw`` pixels; loaded once.

    The predictor takes float32 (N, 3, H, W), RGB in [0, 1], at ``size_hw`` (by default the
    weight's own crop size), and returns the network's outputs as a tuple of arrays. A weight with
    a ``stride`` takes any multiples of it, an ONNX file the sizes it was made for: both need no
    size. On a CPU the network is exported to ONNX once a size (once for all, with a stride) and
    kept in the cache folder. Until that is done, by a process of its own, PyTorch answers: two to
    four times slower, and equal but for rounding. ``wait`` exports first.

    With a ``layer`` (a module's name) the pass ends there and returns that layer's output. Raises
    ``LookupError`` where the engine has no such place: ONNX Runtime merges a convolution with the
    batch norm after it, and PyTorch, on a GPU or until the export is done, is not cut: its layers
    are read by ``cvcore.probes.hooks``.

    A network that takes something else than a picture says what by its ``example_inputs()``, for
    a batch of two; its predictor takes the same arrays.
    """
    row, size_hw = registry.get_weight(name), onnx_export.choose_size(name, size_hw)
    kept, key = (_layers, (name, size_hw, layer)) if layer else (_predictors, (name, size_hw))
    with _lock:
        predictor = kept.find(key)
        if predictor is not MISSING and not (wait and _is_waiting(predictor)):
            pass
        elif row.is_onnx:
            predictor = _to_predictor(open_session(partial(checkpoints.load_onnx, name)))
        elif has_gpu():
            if layer:
                raise LookupError(f"On a GPU {name} is not cut at layers.")
            predictor = _load_torch(name)
        else:
            predictor = _load_onnx(name, size_hw, layer, wait)
        kept.keep(key, predictor)
        if predictor is None:
            raise LookupError(f"The exported network of {name} has no place for {layer}.")
        return predictor


def prepare(names: Sequence[str]) -> None:
    """Export what is not in the cache folder yet, in the background, before anyone asks for it.

    Meanwhile PyTorch is loaded, as it has to answer until then.
    """
    if has_gpu():
        return
    sizes = {name: onnx_export.choose_size(name, None) for name in names}
    missing = [name for name in names if not onnx_export.file_path(name, sizes[name]).is_file()]
    for name in missing:
        onnx_export.start(name, sizes[name])
    if missing:
        import torch  # noqa: F401


def is_ready(name: str) -> bool:
    """Whether the fastest engine here can take the weight ``name`` at once."""
    row = registry.get_weight(name)
    if row.is_onnx or has_gpu():
        return True
    return onnx_export.file_path(name, onnx_export.choose_size(name, None)).is_file()


def _load_torch(name: str) -> Predictor:
    import torch

    model = checkpoints.load_model(name)
    device = next(model.parameters()).device

    @undisturbed
    @torch.inference_mode()
    def predict(*inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        outputs = model(*(torch.from_numpy(part).to(device) for part in inputs))
        if isinstance(outputs, torch.Tensor):
            outputs = (outputs,)
        return tuple(output.float().cpu().numpy() for output in outputs)

    return predict


def _load_onnx(
    name: str, size_hw: tuple[int, int] | None, layer: str, wait: bool
) -> Predictor | None:
    path = onnx_export.file_path(name, size_hw)
    kept = onnx_export.read(path)
    if kept is not None:
        try:
            return _open(kept, layer)
        except Exception as error:  # made for another version of ONNX Runtime: it is made again
            logging.getLogger(__name__).warning("%s could not be opened: %s", path.name, error)
            with suppress(OSError):
                path.unlink()
    if wait:
        exported = onnx_export.export(name, size_hw)
        onnx_export.store(exported, path)
        return _open(exported, layer)
    onnx_export.start(name, size_hw)
    if layer:
        raise LookupError(f"{name} is not exported yet.")
    return _Handover(name, path)


class _Handover:
    """Answers by PyTorch until the exported network is there, and by ONNX Runtime from then on."""

    def __init__(self, name: str, path: Path) -> None:
        self.predict, self.path = _load_torch(name), path
        self.is_waiting = True

    def __call__(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        if self.is_waiting and self.path.is_file():
            self.is_waiting = False
            exported = onnx_export.read(self.path)
            try:
                if exported is not None:  # else PyTorch goes on
                    self.predict = _to_predictor(open_session(exported))
            except Exception as error:
                logging.getLogger(__name__).warning("%s was not opened: %s", self.path.name, error)
        return self.predict(*inputs)


def _is_waiting(predictor: Predictor) -> bool:
    return isinstance(predictor, _Handover) and predictor.is_waiting


def _to_predictor(session: Any) -> Predictor:
    names = [part.name for part in session.get_inputs()]

    def predict(*inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(session.run(None, dict(zip(names, inputs, strict=True))))

    return predict


def _open(exported: bytes, layer: str) -> Predictor | None:
    """The exported network, or what of it leads to a layer; None where it has no such place."""
    source = cut(exported, Part((layer,))) if layer else exported
    return None if source is None else _to_predictor(open_session(source))


class Session:
    """An ONNX Runtime session that a forked child opens anew: it has none of the threads."""

    def __init__(self, open_: Callable[[], Any]) -> None:
        self._open, self._session, self._lock = open_, open_(), Lock()
        _sessions.add(self)

    def get_inputs(self) -> list[Any]:
        return self._get().get_inputs()

    def run(self, outputs: Sequence[str] | None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self._get().run(outputs, given)

    def _get(self) -> Any:
        if self._session is None:
            with self._lock:
                self._session = self._session or self._open()
        return self._session


_sessions: WeakSet[Session] = WeakSet()


def _leave_sessions() -> None:
    for session in list(_sessions):
        # Freeing it would wait for its threads: it stays for as long as the child lives.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session._session))
        session._session = None


call_in_children(_leave_sessions)


def open_session(
    model: str | Path | bytes | Callable[[], bytes], *, threads: int | None = None
) -> Session:
    """An ONNX Runtime session on ``threads`` threads, by default all cores this process may use.

    ``model`` is a file, the bytes of one, or a function that gives them (what is bundled need not
    be kept a second time).
    """
    return Session(partial(_open_session, model, threads))


def _open_session(model: str | Path | bytes | Callable[[], bytes], threads: int | None) -> Any:
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # else it notes a visit and reports it
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cpu_count()
    options.log_severity_level = 3
    # Threads that wait for each other sleep: spinning, they would take the cores that the browser,
    # other visitors or other work need (2 to 3 times the time, on a busy machine).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Every run gives its memory back: a session's own store would keep what its largest batch took
    # (370 MB over the lessons' networks, for no gain in time).
    options.enable_cpu_mem_arena = False
    # weights stored in 8 bits are widened once, when the file is opened, not at every run
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    source = model() if callable(model) else model
    source = source if isinstance(source, bytes) else str(source)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])

"""Networks exported to ONNX once for all tests, however many processes run them."""

import fcntl
from collections.abc import Iterable
from pathlib import Path

from cvcore.engine import onnx_export, registry


def export_once(name: str, *, wait: bool = True) -> Path | None:
    """The weight ``name`` exported for its own picture size, in the shared cache folder.

    Whoever comes first exports it (1 s for EfficientNet-Lite0); others wait until it is there, or
    with ``wait=False`` get None.
    """
    recipe = registry.get_weight(name).preprocessing
    size_hw = (recipe.crop, recipe.crop) if recipe else None
    path = onnx_export.file_path(name, size_hw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return None
        if not path.is_file():
            onnx_export.store(onnx_export.export(name, size_hw), path)
    return path


def export_networks(names: Iterable[str]) -> None:
    """All of them; what another process is busy with comes last, so that they share the work."""
    for name in [name for name in names if not export_once(name, wait=False)]:
        export_once(name)

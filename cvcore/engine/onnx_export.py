"""Networks exported to ONNX and kept in the cache folder, here or in a process of its own.

``python -m cvcore.engine.onnx_export NAME...`` exports weights by name, ``NAME:HEIGHTxWIDTH`` for
one size; ``start`` runs that without keeping anyone waiting.
"""

import argparse
import contextlib
import hashlib
import io
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from queue import SimpleQueue

from cvcore.core.commands import command, whole
from cvcore.core.forks import Lock, call_in_children
from cvcore.core.images import check_size_hw
from cvcore.core.paths import cache_dir
from cvcore.engine import checkpoints, registry

Size = tuple[int, int] | None  # height and width in pixels; None: any, in multiples of the stride

_FORMAT = "4"  # change it when exported files of older versions must not be used again
OPSET = 18
_jobs: SimpleQueue[str] = SimpleQueue()
_started: set[Path] = set()
_has_worker = False
_lock = Lock()


def _forget_worker() -> None:
    """In a forked child: what is being exported, the parent exports."""
    global _jobs, _has_worker
    _jobs, _has_worker = SimpleQueue(), False


call_in_children(_forget_worker)


def choose_size(name: str, size_hw: Size) -> Size:
    """The size that a weight is exported for: by default its own crop's; None where any will do."""
    row = registry.get_weight(name)
    size_hw = None if size_hw is None else check_size_hw(size_hw)
    if row.stride or row.is_onnx or row.preprocessing is None:
        return None
    return size_hw or (row.preprocessing.crop, row.preprocessing.crop)


def file_path(name: str, size_hw: Size) -> Path:
    """Where the exported network lies, or will lie."""
    row = registry.get_weight(name)
    parts = (_FORMAT, row.build, *row.sha256, *map(str, size_hw or ("any",)))
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    return cache_dir() / "onnx" / f"{name}-{key[:16]}.onnx"


# An entry of the file's own metadata, the last one, so that it is an ONNX file like any other: the
# tag of that field (14) and its length, the entry's key, and the length of its value.
_SEAL = b"\x72\x4a\x0a\x06sha256\x12\x40"
_SEAL_BYTES = len(_SEAL) + 64


def seal(exported: bytes, file: str) -> bytes:
    """The same network with a checksum of it, and of the name of its file, at its end."""
    return exported + _SEAL + _hash(exported, file)


def is_whole(sealed: bytes, file: str) -> bool:
    """Whether a file is as it was sealed: no bit of it changed, nothing cut off, under its name."""
    exported, end = sealed[:-_SEAL_BYTES], sealed[-_SEAL_BYTES:]
    return end == _SEAL + _hash(exported, file)


def _hash(exported: bytes, file: str) -> bytes:
    return hashlib.sha256(file.encode() + b"\0" + exported).hexdigest().encode()


def read(path: Path) -> bytes | None:
    """The exported network in a file; None where there is none, or a damaged one, which is deleted.

    An exported network with a changed bit would answer, and be wrong.
    """
    try:
        sealed = path.read_bytes()
    except OSError:
        return None
    if is_whole(sealed, path.name):
        return sealed
    logging.getLogger(__name__).warning("%s is damaged, and is made again.", path.name)
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def export(name: str, size_hw: Size) -> bytes:
    """The network as a sealed ONNX file, for any batch (and height and width, without a size).

    By the exporter that records one run: our networks do the same whatever the size. The newer one
    reasons about every size that there could be, which takes twenty times as long.
    """
    import torch

    from cvcore.engine.fusion import fuse_if_same

    size, stride = size_hw, registry.get_weight(name).stride
    model = checkpoints.load_model(name).cpu()
    free = {0: "batch"}
    if hasattr(model, "example_inputs"):
        examples = model.example_inputs()
        names = [f"input{number}" for number in range(len(examples))]
    else:
        if size_hw is None:
            free |= {2: "height", 3: "width"}
            size_hw = (6 * stride, 8 * stride)
        examples, names = (torch.zeros(2, 3, *size_hw),), ["image"]
    random = torch.Generator().manual_seed(0)
    for example in filter(torch.is_floating_point, examples):
        example.uniform_(generator=random)
    # Half the work for the exporter. What is cut at a layer finds the norm, and no convolution.
    model = fuse_if_same(model, *examples, place="norm")
    exported = io.BytesIO()
    with warnings.catch_warnings():  # that it is not the newer one, and that a run is recorded
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, examples, exported, dynamo=False, opset_version=OPSET,
            input_names=names, dynamic_axes=dict.fromkeys(names, free),
        )  # fmt: skip
    return seal(exported.getvalue(), file_path(name, size).name)


def store(exported: bytes, path: Path) -> None:
    """Keep the file for the next start; without room or rights for it, go on without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            part.write_bytes(exported)
            os.replace(part, path)
    except OSError as error:
        logging.getLogger(__name__).warning("The exported network was not kept: %s", error)


def start(name: str, size_hw: Size = None) -> None:
    """Export in the background, once, by a process of its own, which traces no network in use."""
    global _has_worker
    path = file_path(name, size_hw)
    with _lock:
        if path in _started:
            return
        if not (_started and _has_worker):
            threading.Thread(target=_work, name="onnx export", daemon=True).start()
            _has_worker = True
        _started.add(path)
    _jobs.put(name if size_hw is None else f"{name}:{size_hw[0]}x{size_hw[1]}")


def _work() -> None:
    package = str(Path(__file__).resolve().parents[2])
    while True:
        jobs = [_jobs.get()]
        time.sleep(0.2)  # whoever comes just after shares the process
        while not _jobs.empty():
            jobs.append(_jobs.get())
        paths = filter(None, (package, os.environ.get("PYTHONPATH")))
        env = os.environ | {
            "PYTHONPATH": os.pathsep.join(paths),
            "GLASSBOX_DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
        }
        parent = f"--parent={os.getpid()}"
        command = [sys.executable, "-m", "cvcore.engine.onnx_export", parent, *jobs]
        done = subprocess.run(command, env=env, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            logging.getLogger(__name__).warning("No export of %s: %s", jobs, done.stderr[-500:])


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", nargs="+", metavar="NAME[:HEIGHTxWIDTH]")
    parser.add_argument("--parent", type=whole(1), help="end when this process does")
    options = parser.parse_args(arguments)
    if options.parent:
        threading.Thread(target=_end_with, args=(options.parent,), daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(10)  # visitors come first
    failed = False
    for job in options.jobs:
        match = re.fullmatch(r"(\w+)(?::(\d+)x(\d+))?", job)
        if match is None:
            parser.error(f"{job} is not NAME or NAME:HEIGHTxWIDTH")
        name, height, width = match.groups()
        size_hw = (int(height), int(width)) if height else None
        path = file_path(name, size_hw)
        try:
            if read(path) is None:
                path.parent.mkdir(parents=True, exist_ok=True)  # nowhere to keep it: no export
                store(export(name, size_hw), path)
        except Exception as error:  # a damaged weight; the others are exported all the same
            failed = True
            print(f"{job}: {error}", file=sys.stderr)
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())

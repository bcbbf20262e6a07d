"""Trained weights: where they are, where they came from, and the networks built from them.

Every weight is a row of ``assets/weights/index.toml``. Bundled ones lie beside that file and
work without a network; the others are downloaded on first use into the user's cache folder and
checked against their hash. ``python -m cvcore.weights list | verify | fetch NAME``.
"""

import hashlib
import lzma
import os
import socket
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import numpy as np

from cvcore import model_cache
from cvcore.errors import InputError, SetupError, is_disk_full

if TYPE_CHECKING:
    from torch import Tensor, nn

ASSETS = Path(__file__).resolve().parent.parent / "assets"
CONNECT_SECONDS = 4  # without a network the visitor is told so after this long
READ_SECONDS = 20


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the network's input (the normalisation is inside the network)."""

    resize: int  # pixels: the shorter side after resizing
    crop: int  # pixels: side of the centre crop
    interpolation: str = "bilinear"  # as in cvcore.images.resize


@dataclass(frozen=True)
class Weight:
    """A row of the index."""

    name: str
    title: str  # as a menu shows it
    task: str  # the lesson's topic word
    build: str = ""  # "module:function" of the untrained network; none where a library loads it
    files: tuple[str, ...] = ()  # in assets/weights/, or one name in the cache folder
    sha256: tuple[str, ...] = ()  # one a file; of a download the first eight digits are enough
    url: str = ""  # empty for bundled weights
    source: str = ""
    licence: str = ""
    score: str = ""
    made_by: str = ""  # the command that makes the file again
    labels: str = ""  # name of a file in assets/weights/
    megabytes: float = 0.0
    preprocessing: Preprocessing | None = None
    stride: int = 0  # > 0: the network takes pictures of any size in multiples of this

    @property
    def is_bundled(self) -> bool:
        return not self.url

    @property
    def is_onnx(self) -> bool:
        """True for a network in the ONNX format: its files, one after the other, are one file."""
        return all(file.endswith(".onnx") for file in self.files)

    @property
    def paths(self) -> tuple[Path, ...]:
        folder = ASSETS / "weights" if self.is_bundled else cache_dir() / "weights"
        return tuple(folder / file for file in self.files)


def cache_dir() -> Path:
    """The user's cache folder (``GLASSBOX_CACHE`` overrides it); not created here."""
    if chosen := os.environ.get("GLASSBOX_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "glassbox"


@cache
def index() -> Mapping[str, Weight]:
    """All weights by name, in the order of the index file."""
    rows = tomllib.loads((ASSETS / "weights" / "index.toml").read_text(encoding="utf-8"))
    weights = {}
    for name, row in rows.items():
        if "preprocessing" in row:
            row["preprocessing"] = Preprocessing(**row["preprocessing"])
        for key in ("files", "sha256"):
            row[key] = tuple(row.get(key, ()))
        weights[name] = Weight(name=name, **row)
    return MappingProxyType(weights)


def get_weight(name: str) -> Weight:
    """The row called ``name``; InputError lists the known names if there is none."""
    try:
        return index()[name]
    except (KeyError, TypeError):
        known = ", ".join(index())
        raise InputError(f"There is no model called {name!r}: choose one of {known}.") from None


def list_names(task: str) -> tuple[str, ...]:
    """Names of the weights for one lesson, bundled ones first."""
    rows = [weight for weight in index().values() if weight.task == task]
    return tuple(weight.name for weight in sorted(rows, key=lambda row: not row.is_bundled))


def is_available(name: str) -> bool:
    """True when the files are here, so that loading needs no network."""
    return all(path.is_file() for path in get_weight(name).paths)


def check_files(name: str) -> None:
    """Raise SetupError when a file of this weight is missing or differs from its hash."""
    weight = get_weight(name)
    for path, expected in zip(weight.paths, weight.sha256, strict=True):
        if not path.is_file():
            raise SetupError(f"The weight file {path.name} is missing: put it back or fetch it.")
        actual = hashlib.sha256(path.read_bytes()).hexdigest()
        if not actual.startswith(expected):
            raise SetupError(f"The weight file {path.name} is damaged: put it back or fetch it.")


def load_state(name: str) -> "dict[str, Tensor]":
    """The state dict of a weight, half precision widened to float32; checked against its hash.

    A weight that is not here yet is fetched first (see ``fetch``).
    """
    import torch
    from safetensors.torch import load_file

    if not is_available(name) and not get_weight(name).is_bundled:
        fetch(name)
    check_files(name)
    state: dict[str, torch.Tensor] = {}
    for path in get_weight(name).paths:
        if path.suffix == ".safetensors":
            state.update(load_file(path))
        elif path.suffix == ".xz":
            state.update(unpack_state(path))
        else:
            state.update(torch.load(path, map_location="cpu", weights_only=True))
    return {
        key: value.float() if value.dtype == torch.float16 else value
        for key, value in state.items()
    }


SCALES = ":scale"  # marks the arrays with a scale an output channel


def pack_state(state: "Mapping[str, Tensor]", path: Path, *, levels: int = 127) -> None:
    """Keep a state dict small: whole numbers up to +-``levels``, one scale an output channel.

    Matrices and filters are rounded so, all else is kept in half precision (counts as they are).
    The file is a .safetensors.xz: compressing pays when there are few levels.
    """
    from safetensors.numpy import save

    arrays = {}
    for key, value in state.items():
        array = value.detach().cpu().float().numpy()
        if array.ndim < 2:
            arrays[key] = array.astype(np.float16) if value.is_floating_point() else value.numpy()
            continue
        axes = tuple(range(1, array.ndim))
        scale = np.abs(array).max(axis=axes, keepdims=True) / levels
        scale = np.maximum(scale, 1e-7).astype(np.float16)
        arrays[key] = (
            np.rint(array / scale.astype(np.float32)).clip(-levels, levels).astype(np.int8)
        )
        arrays[key + SCALES] = scale
    path.write_bytes(lzma.compress(save(arrays), preset=9 | lzma.PRESET_EXTREME))


def unpack_state(path: Path) -> "dict[str, Tensor]":
    """What ``pack_state`` kept, as float32."""
    from safetensors.torch import load

    kept = load(lzma.decompress(path.read_bytes()))
    state = {}
    for key, value in kept.items():
        if key.endswith(SCALES):
            continue
        if key + SCALES in kept:
            value = value.float() * kept[key + SCALES].float()
        elif value.is_floating_point():
            value = value.float()
        state[key] = value
    return state


def load_onnx(name: str) -> bytes:
    """The ONNX file of a weight, its parts joined; checked against its hashes."""
    check_files(name)
    return b"".join(path.read_bytes() for path in get_weight(name).paths)


_models: "dict[str, tuple[nn.Module, float]]" = {}
_lock = threading.RLock()


def load_model(name: str) -> "nn.Module":
    """The trained network on the device of ``cvcore.device``, in eval mode; loaded once.

    Its input is a float tensor (N, 3, H, W), RGB in [0, 1]; it normalises by itself. The network
    is shared: put back whatever you change in it. Its parameters do not require gradients.
    """
    import torch

    from cvcore.device import get_device

    with _lock:
        if name in _models:
            model = _models[name][0]
        else:
            module, function = get_weight(name).build.split(":")
            with torch.inference_mode(False):  # or gradients could never pass through it
                model = getattr(import_module(module), function)()
                model.load_state_dict(load_state(name))
                # channels last: what the processors' convolutions work in anyway
                model = (
                    model.eval()
                    .requires_grad_(False)
                    .to(get_device(), memory_format=torch.channels_last)
                )
        _models[name] = (model, time.monotonic())
        return model


def release(older_than_s: float = 0.0) -> tuple[str, ...]:
    """Let go of networks not asked for in the last ``older_than_s`` seconds; returns names."""
    with _lock:
        now = time.monotonic()
        names = [name for name, (_, used) in _models.items() if now - used >= older_than_s]
        for name in names:
            del _models[name]
    return (*names, *model_cache.release(older_than_s))


@cache
def load_labels(name: str) -> tuple[str, ...]:
    """Class names of a weight, by class index."""
    weight = get_weight(name)
    if not weight.labels:
        raise ValueError(f"{name} has no class names.")
    return tuple(row[-1] for row in read_label_rows(weight.labels))


def read_label_rows(file: str) -> list[tuple[str, ...]]:
    """The tab-separated rows of a label file in assets/weights/; the last column is the name."""
    text = (ASSETS / "weights" / file).read_text(encoding="utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()]


def fetch(name: str, *, progress: Callable[[float], None] | None = None) -> None:
    """Download a weight into the cache folder and check its hash; does nothing if it is there.

    ``progress`` is called with the share done, 0 to 1. Raises InputError, in one sentence, within
    a few seconds when the server cannot be reached, or when the download breaks off.
    """
    weight = get_weight(name)
    if is_available(name):
        return
    if weight.is_bundled:
        raise SetupError(f"A file of the bundled weight {name} is missing: put it back.")
    _check_reachable(weight)
    (path,) = weight.paths
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        digest = hashlib.sha256()
        with (
            urllib.request.urlopen(weight.url, timeout=READ_SECONDS) as answer,
            os.fdopen(handle, "wb") as file,
        ):
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(1 << 18):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(min(done / (total or weight.megabytes * 1e6 or done), 1.0))
        if total and done != total:
            raise OSError("the connection ended early")
        if not digest.hexdigest().startswith(weight.sha256[0]):
            raise InputError(
                f"The download of {weight.title} arrived damaged: "
                "try again, or use the bundled model."
            )
        os.replace(part, path)
    except (OSError, HTTPException) as error:
        if is_disk_full(error):
            raise InputError(
                f"There is no room on the disk for {weight.title}: use the bundled model."
            ) from error
        raise InputError(
            f"The download of {weight.title} broke off: try again, or use the bundled model."
        ) from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def _check_reachable(weight: Weight) -> None:
    """Open a connection in a thread: name look-ups have no time-out of their own."""
    address = urlparse(weight.url)
    port = address.port or (443 if address.scheme == "https" else 80)
    reached = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((address.hostname, port), timeout=CONNECT_SECONDS).close()
            reached.set()
        except OSError:
            pass

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not reached.is_set():
        raise InputError(
            f"{weight.title} cannot be downloaded without a network: use the bundled model."
        )


def main(arguments: list[str] | None = None) -> int:
    """``list``, ``verify`` or ``fetch NAME`` from a shell."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m cvcore.weights", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every weight, its task, size and whether it is here")
    commands.add_parser("verify", help="check the files that are here against their hashes")
    commands.add_parser("fetch", help="download a weight").add_argument("name")
    options = parser.parse_args(arguments)
    failures = 0
    if options.command == "fetch":
        try:
            fetch(options.name, progress=lambda share: print(f"\r{share:4.0%}", end=""))
            print(f"\r{options.name} is here.")
        except InputError as error:
            print(error)
            failures = 1
        return failures
    for name, weight in index().items():
        here = is_available(name)
        state = "bundled" if weight.is_bundled else ("here" if here else "to download")
        if options.command == "verify":
            if not here and not weight.is_bundled:
                continue
            try:
                check_files(name)
                state = "ok"
            except RuntimeError as error:
                state, failures = str(error), failures + 1
        print(f"{name:22} {weight.task:18} {weight.megabytes:6.1f} MB  {state}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

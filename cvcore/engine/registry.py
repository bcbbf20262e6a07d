"""Trained weights by name: what they are for, where they came from, and whether they are here.

Every weight is a row of ``assets/weights/index.toml``. Bundled ones lie beside that file and work
without a network; the others are downloaded on first use (``cvcore.engine.download``).
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from cvcore.core.errors import InputError, SetupError
from cvcore.core.paths import ASSETS, cache_dir


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the network's input (the normalisation is inside the network)."""

    resize: int  # pixels: the shorter side after resizing
    crop: int  # pixels: side of the centre crop
    interpolation: str = "bilinear"  # as in cvcore.core.images.resize


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


def is_intact(name: str) -> bool:
    """True when the files are here and as they should be, by their hashes."""
    try:
        check_files(name)
    except SetupError:
        return False
    return True


def check_files(name: str) -> None:
    """Raise SetupError when a file of this weight is missing or differs from its hash."""
    weight = get_weight(name)
    for path, expected in zip(weight.paths, weight.sha256, strict=True):
        if not path.is_file():
            raise SetupError(f"The weight file {path.name} is missing: put it back or fetch it.")
        state = path.stat()
        if not _hash(path, state.st_mtime_ns, state.st_size).startswith(expected):
            raise SetupError(f"The weight file {path.name} is damaged: put it back or fetch it.")


@lru_cache(maxsize=256)
def _hash(path: Path, changed_ns: int, size: int) -> str:
    """Of a file in this state: as long as it stays so it is read once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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

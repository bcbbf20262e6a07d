"""The pictures that come with the project or its packages; see ``assets/samples/index.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np

from cvcore.core.errors import InputError
from cvcore.core.images import load_image
from cvcore.core.paths import ASSETS


@dataclass(frozen=True)
class Sample:
    """A row of the index."""

    name: str
    title: str  # one or two words, as a page shows it
    file: str  # in assets/samples/
    credit: str
    licence: str
    sha256: str
    package: str = ""  # an installed package that brings the file; empty: in assets/samples/
    lesson: str = ""  # the only topic that offers it; empty: all do

    @property
    def path(self) -> Path:
        if self.package:
            spec = find_spec(self.package)
            assert spec is not None, self.package  # else ``index`` leaves it out
            return Path(spec.origin or "").parent / self.file
        return ASSETS / "samples" / self.file


@cache
def index() -> Mapping[str, Sample]:
    """All samples by name, in the order in which pages offer them.

    Those of a package that is not installed are left out.
    """
    text = (ASSETS / "samples" / "index.toml").read_text(encoding="utf-8")
    rows = [Sample(name=name, **row) for name, row in tomllib.loads(text).items()]
    here = [row for row in rows if not row.package or find_spec(row.package)]
    return MappingProxyType({row.name: row for row in here})


def list_names(lesson: str = "") -> tuple[str, ...]:
    """The samples that every lesson offers, or those that belong to one lesson alone."""
    return tuple(name for name, sample in index().items() if sample.lesson == lesson)


def load_sample(name: str) -> np.ndarray:
    """The sample called ``name`` as uint8 (H, W, 3); InputError lists the known names."""
    if name not in index():
        raise InputError(f"There is no sample called {name!r}: choose {', '.join(index())}.")
    return load_image(index()[name].path)

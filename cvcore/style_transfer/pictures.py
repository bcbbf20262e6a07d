"""The style pictures that come with the project; see ``assets/styles/index.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from cvcore.core import notebook
from cvcore.core.errors import InputError
from cvcore.core.images import load_image
from cvcore.core.paths import ASSETS


@dataclass(frozen=True)
class Style:
    """A row of the index."""

    name: str
    title: str  # one or two words, as a page shows it
    file: str  # in assets/styles/
    credit: str
    licence: str
    sha256: str
    painter: str = ""
    """The network that has learnt this style, by its name among the weights; "" for the shared."""
    has_whirls: bool = False
    """Whether a painter of its own begins with faint ones."""

    @property
    def path(self) -> Path:
        return ASSETS / "styles" / self.file

    def _repr_html_(self) -> str:
        return notebook.picture_html(load_image(self.path), f"{self.title}. {self.credit}")


@cache
def index() -> Mapping[str, Style]:
    """All style pictures by name, in the order in which pages offer them."""
    rows = tomllib.loads((ASSETS / "styles" / "index.toml").read_text(encoding="utf-8"))
    return MappingProxyType({name: Style(name=name, **row) for name, row in rows.items()})


def load_style(name: str) -> np.ndarray:
    """The style picture called ``name`` as uint8 (H, W, 3); InputError lists the known names."""
    if name not in index():
        raise InputError(f"There is no style called {name!r}: choose {', '.join(index())}.")
    return load_image(index()[name].path)

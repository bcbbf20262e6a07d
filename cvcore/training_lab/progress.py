"""What is seen of a training while it goes on, and how it is steered; without PyTorch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.core.checks import check_setting
from cvcore.core.steering import BaseSteering
from cvcore.training_lab.settings import NUMBERS, Settings, check_rate


@dataclass(frozen=True)
class Mark:
    """What happened at a step: "best so far, kept", "rate x 0.2" ..."""

    step: int
    """Steps that had been taken."""
    text: str


@dataclass(frozen=True)
class Score:
    """Loss and share of right answers (0 to 1) over some pictures."""

    loss: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a training stands; each state holds all curves from the first step on."""

    settings: Settings
    step: int
    """Steps taken, 0 to ``total``."""
    total: int
    epoch: int
    """Whole passes made."""
    seconds: float
    """Since the run was started or resumed."""
    training_loss: np.ndarray = field(repr=False)  # float64 (step,), of each step's pictures
    training_accuracy: np.ndarray = field(repr=False)  # (step,) 0 to 1, dropout included
    rates: np.ndarray = field(repr=False)  # (step,) learning rate of each step
    validation_steps: np.ndarray = field(repr=False)  # int64 (V,) steps that had been taken
    validation_loss: np.ndarray = field(repr=False)  # (V,)
    validation_accuracy: np.ndarray = field(repr=False)  # (V,) 0 to 1
    validation_pictures: np.ndarray = field(repr=False)
    """int64 (V,): how many held-back pictures each point is measured on. All of them after an
    epoch and where a run was stopped, the same 64 (at most half) in the middle of one."""
    layers: tuple[str, ...] = field(repr=False)  # L names, in order
    gradient_steps: np.ndarray = field(repr=False)  # int64 (G,) counted from 0
    gradient_norms: np.ndarray = field(repr=False)  # (G, L) Euclidean, of each layer's weights
    filters: np.ndarray = field(repr=False)
    """float32 (F, C, h, w): weights of the first layer; of a dense one a picture a unit."""
    worst_indices: np.ndarray = field(repr=False)
    """int64 (W,): validation pictures with the largest loss, the worst first; W at most 16."""
    worst_losses: np.ndarray = field(repr=False)  # (W,)
    worst_answers: np.ndarray = field(repr=False)  # int64 (W,) classes
    confusion: np.ndarray = field(repr=False)
    """int64 (K, K): validation pictures by truth (rows) and answer (columns)."""
    marks: tuple[Mark, ...] = ()
    diverged: bool = False
    """The loss became infinite or no number: the run ended there. Not an error."""
    stopped: bool = False
    """It was stopped from outside before its last step."""
    best_step: int = 0
    """Steps after which the validation loss of an epoch was least."""
    best_loss: float = float("inf")
    done: bool = False
    """The last state; only this one has ``run`` and the tests."""
    test: Score | None = None
    """Of the network as it ended, on test pictures that decided nothing."""
    test_best: Score | None = None
    """Of the network as it was at its best."""
    run: Any = field(default=None, repr=False)
    """A ``Run``, to be kept: resumed, taken back to the best, saved."""


STEERED = ("rate", "dropout", "weight_decay")


class Steering(BaseSteering):
    """Turns a training while it runs; may be called from any thread, acts at the next step."""

    def set(self, *, rate: Any = None, dropout: Any = None, weight_decay: Any = None) -> None:
        """Change the learning rate (above 0, at most 10), dropout (0 to 0.9) or decay (0 to 1).

        The schedule goes on from the new rate; what a plateau had taken off is forgotten.
        ``InputError`` for a value that cannot be.
        """
        asked: dict[str, Any] = {} if rate is None else {"rate": check_rate(rate)}
        for name, value in (("dropout", dropout), ("weight_decay", weight_decay)):
            if value is not None:
                words, low, high = NUMBERS[name]
                asked[name] = check_setting(words, value, low, high)
        self._ask(asked)

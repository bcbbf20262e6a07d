"""What is seen of a transfer while it goes on; without PyTorch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cvcore.training_lab.progress import Score
from cvcore.training_lab.transfer_learning.settings import TransferSettings

if TYPE_CHECKING:
    from cvcore.training_lab.transfer_learning.model import TransferModel


@dataclass(frozen=True, eq=False)
class TransferProgress:
    """Where a transfer stands; each state holds the curves from the first step on."""

    settings: TransferSettings
    learns: int
    """How many numbers of the network learn ..."""
    numbers: int
    """... of so many."""
    prepared: float
    """Share, 0 to 1, of the pictures whose frozen features are computed, or were kept."""
    step: int
    """Steps taken, 0 to ``total``."""
    total: int
    seconds: float
    """Since the start."""
    training_loss: np.ndarray = field(repr=False)  # float64 (step,) cross-entropy
    validation_steps: np.ndarray = field(repr=False)  # int64 (V,) steps that had been taken
    validation_loss: np.ndarray = field(repr=False)  # (V,)
    validation_accuracy: np.ndarray = field(repr=False)  # (V,) 0 to 1
    confusion: np.ndarray = field(repr=False)
    """int64 (K, K): validation pictures by truth (rows) and newest answer (columns)."""
    diverged: bool = False
    """The loss became no number: the run ended there. Not an error."""
    stopped: bool = False
    done: bool = False
    """The last state; only this one has ``test`` and ``model``."""
    test: Score | None = None
    """On pictures that decided nothing."""
    model: "TransferModel | None" = field(default=None, repr=False)
    """To be used on live pictures, and saved."""

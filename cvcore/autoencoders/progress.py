"""What is seen of a training while it goes on, and how it is steered; without PyTorch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.autoencoders.settings import NUMBERS, Settings, check_rate
from cvcore.core.checks import check_setting
from cvcore.core.steering import BaseSteering


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a training stands; each state holds all curves from the first step on.

    ``loss`` = ``reconstruction`` + ``beta`` x ``kl`` at each step. A reconstruction term is summed
    over the 784 pixels and is the mean over the step's digits, in nats with "bce"; the KL is summed
    over the code's units, likewise. Errors are mean squared differences a pixel, whatever the loss.
    """

    settings: Settings
    """As they stand: steering changes rate, beta and noise."""
    step: int
    """Steps taken, 0 to ``total``."""
    total: int
    epoch: int
    """Whole passes made."""
    seconds: float
    """That it has been at work, without what it waited in between."""
    loss: np.ndarray = field(repr=False)  # float64 (step,), of each step's digits
    reconstruction: np.ndarray = field(repr=False)  # (step,)
    kl: np.ndarray = field(repr=False)  # (step,) nats, before its weight; 0 of a plain autoencoder
    beta: np.ndarray = field(repr=False)  # (step,) its weight
    rate: np.ndarray = field(repr=False)  # (step,) learning rate
    validation_steps: np.ndarray = field(repr=False)  # int64 (V,) steps that had been taken
    validation_error: np.ndarray = field(repr=False)
    """(V,): error of the held-back digits, rebuilt from inputs spoilt as in training."""
    validation_input_error: np.ndarray = field(repr=False)
    """(V,): error of those inputs themselves, cut off to [0, 1]; 0 where nothing is spoilt."""
    validation_reconstruction: np.ndarray = field(repr=False)
    """(V,): as ``reconstruction``, of a variational one from codes that are drawn; errors and
    ``outputs`` are of the means."""
    validation_kl: np.ndarray = field(repr=False)
    """(V, d): mean KL of each unit of the code, nats; (V, 0) of a plain autoencoder. A unit near 0
    has collapsed: its code is drawn from the prior, whatever the picture."""
    pictures: np.ndarray = field(repr=False)
    """float32 (S, 28, 28) in [0, 1]: held-back digits, one of each kind, or ten of the one."""
    inputs: np.ndarray = field(repr=False)  # (S, 28, 28) as they are given in; may leave [0, 1]
    outputs: np.ndarray = field(repr=False)  # (S, 28, 28) in [0, 1], as they come out now
    codes: np.ndarray = field(repr=False)
    """float32 (W, d): codes of the W held-back validation digits, now; means of a variational."""
    labels: np.ndarray = field(repr=False)  # int64 (W,) their classes
    plane_codes: np.ndarray | None = field(default=None, repr=False)
    """float32 (15, 15, 2), with a bottleneck of 2 alone: places of the plane as ``decode_plane``
    has them; of a plain autoencoder by the codes that the validation digits have now."""
    plane: np.ndarray | None = field(default=None, repr=False)
    """float32 (15, 15, 28, 28) in [0, 1]: what the decoder makes of them now."""
    diverged: bool = False
    """The loss became infinite or no number: the run ended there, and what the network gives then
    (outputs, codes, plane, the last errors) is no number, either. Not an error."""
    stopped: bool = False
    """It was stopped from outside before its last step."""
    done: bool = False
    """The last state; only this one has the ``model``."""
    model: Any = field(default=None, repr=False)
    """A ``Model``, also of a run that was stopped; None of one that diverged."""


STEERED = ("rate", "beta", "noise")


class Steering(BaseSteering):
    """Turns a training while it runs; may be called from any thread, acts at the next step."""

    def set(self, *, rate: Any = None, beta: Any = None, noise: Any = None) -> None:
        """Change the learning rate (above 0, at most 1), beta (0 to 20) or the noise (0 to 1).

        ``InputError`` for a value that cannot be.
        """
        asked: dict[str, Any] = {} if rate is None else {"rate": check_rate(rate)}
        for name, value in (("beta", beta), ("noise", noise)):
            if value is not None:
                words, low, high = NUMBERS[name]
                asked[name] = check_setting(words, value, low, high)
        self._ask(asked)

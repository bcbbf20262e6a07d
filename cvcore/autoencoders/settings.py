"""How an autoencoder is trained, as one frozen dataclass; without PyTorch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from cvcore.core import checks
from cvcore.core.checks import check_seed, check_setting, check_whole, show
from cvcore.core.errors import InputError

CHOICES: dict[str, tuple[str, ...]] = {
    "network": ("dense", "conv"),
    "loss": ("mse", "bce"),
}
SIDE = 28  # pixels of a digit
BOTTLENECKS = (1, 2, 4, 8, 16, 32, 64)  # that compressions are compared at
MIN_BOTTLENECK, MAX_BOTTLENECK = 1, 64
MAX_RATE = 1.0
LAST_RATE = 0.05  # of the first one
MAX_HOLE = 20
# Of numbers: what each is called in a sentence, and its range.
WHOLE = {
    "bottleneck": ("The bottleneck", MIN_BOTTLENECK, MAX_BOTTLENECK),
    "hole": ("The side of the hole", 0, MAX_HOLE),
    "examples": ("The number of examples", 50, 4000),
    "epochs": ("The number of epochs", 1, 200),
    "batch_size": ("The batch size", 2, 1024),
}
NUMBERS = {
    "beta": ("Beta", 0.0, 20.0),
    "annealing": ("The share of the annealing", 0.0, 1.0),
    "noise": ("The noise", 0.0, 1.0),
}


@dataclass(frozen=True)
class Settings:
    """How an autoencoder is trained. Raises ``InputError``, one sentence, for what cannot be.

    ``beta`` and ``annealing`` act where ``variational`` is set, and nowhere else.
    """

    network: str = "dense"
    """"dense": 784, 256, bottleneck, and back; "conv": strided convolutions, and back."""
    bottleneck: int = 16
    """Numbers of a code, 1 to 64."""
    loss: str = "mse"
    """"mse", squared differences, or "bce", binary cross-entropy; summed over the 784 pixels."""
    variational: bool = False
    """A code is a mean and a variance, from which it is drawn (Kingma and Welling, 2014)."""
    beta: float = 1.0
    """Weight of the KL term, 0 to 20 (Higgins et al., 2017)."""
    annealing: float = 0.0
    """Share of the run, 0 to 1, over which beta rises evenly from 0 (Bowman et al., 2016)."""
    noise: float = 0.0
    """Standard deviation, 0 to 1, of the noise on the input; the target stays clean (Vincent et
    al., 2008). Pixels are in [0, 1], and are not cut off at its ends."""
    hole: int = 0
    """Side in pixels, 0 to 20, of a square at a random place that is black in the input; the
    target stays whole (Pathak et al., 2016)."""
    only: int | None = None
    """The one digit, 0 to 9, to learn from; None: all ten."""
    examples: int = 4000
    """Digits to train on, 50 to 4000; where there are fewer (400 of a kind), all."""
    epochs: int = 10
    """Passes over the examples, 1 to 200."""
    batch_size: int = 64
    """Digits a step, 2 to 1024."""
    rate: float = 4e-3
    """Learning rate of Adam at the start, above 0 and at most 1; it falls along half a cosine to a
    twentieth."""
    seed: int = 0
    """Of the weights, the order, the noise, the holes and the codes drawn."""

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise InputError(
                    f"There is no {name} {show(getattr(self, name))}: "
                    f"choose one of {', '.join(choices)}."
                )
        for name, (words, low, high) in WHOLE.items():
            object.__setattr__(self, name, check_whole(words, getattr(self, name), low, high))
        for name, (words, least, most) in NUMBERS.items():
            object.__setattr__(self, name, check_setting(words, getattr(self, name), least, most))
        object.__setattr__(self, "variational", bool(self.variational))
        if self.only is not None:
            object.__setattr__(self, "only", check_whole("The one digit", self.only, 0, 9))
        object.__setattr__(self, "rate", check_rate(self.rate))
        object.__setattr__(self, "seed", check_seed(self.seed))

    def rate_at(self, step: int, total: int) -> float:
        """The learning rate of a step, counted from 0."""
        share = (1 + math.cos(math.pi * step / total)) / 2
        return self.rate * (LAST_RATE + (1 - LAST_RATE) * share)

    def beta_at(self, step: int, total: int) -> float:
        """The weight of the KL term at a step, counted from 0; 0 for a plain autoencoder."""
        if not self.variational:
            return 0.0
        rise = self.annealing * total
        return self.beta * min(1.0, step / rise) if rise else self.beta


def check_rate(rate: Any) -> float:
    """A learning rate above 0 and at most 1; ``InputError`` otherwise."""
    return checks.check_rate(rate, MAX_RATE)


def from_dict(values: dict[str, Any]) -> Settings:
    """Settings from what ``dataclasses.asdict`` gave; what is unknown is an ``InputError``."""
    unknown = values.keys() - {field.name for field in fields(Settings)}
    if unknown:
        raise InputError(f"There is no setting {show(sorted(unknown)[0])} of an autoencoder.")
    return Settings(**values)


@dataclass(frozen=True)
class Preset:
    """A run that shows one thing."""

    title: str
    settings: Settings
    look_for: str
    """What is to be seen in it, a sentence."""


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "plain": Preset(
            "Autoencoder", Settings(), "Sixteen numbers are enough to tell the digits apart."
        ),
        "two": Preset(
            "Two numbers alone",
            Settings(bottleneck=2),
            "The codes are points of a plane, and classes fall apart though no label was shown.",
        ),
        "denoising": Preset(
            "Denoising",
            Settings(bottleneck=32, noise=0.5),
            "The noise does not fit through the bottleneck, so it stays behind.",
        ),
        "inpainting": Preset(
            "Inpainting",
            Settings(bottleneck=32, hole=10),
            "What was rubbed out comes back as the digits seen in training have it there.",
        ),
        "anomalies": Preset(
            "Taught 1 alone",
            Settings(bottleneck=8, only=1, epochs=40),
            "All other digits come back badly: their error tells that they are unknown.",
        ),
        "vae": Preset(
            "Variational",
            Settings(bottleneck=2, loss="bce", variational=True, annealing=0.3),
            "The codes fill the plane without gaps, so that any point of it decodes to a digit.",
        ),
        "collapse": Preset(
            "Posterior collapse",
            Settings(bottleneck=8, variational=True, beta=20.0),
            "The KL of unit after unit goes to 0: such a unit says nothing of the picture.",
        ),
    }
)

"""How a training goes, as one frozen dataclass; without PyTorch."""

import math
from dataclasses import dataclass, fields
from typing import Any

from cvcore.core import checks
from cvcore.core.checks import check_seed, check_setting, check_whole, show
from cvcore.core.errors import InputError

CHOICES: dict[str, tuple[str, ...]] = {
    "network": ("linear", "mlp", "simple_cnn", "digits_cnn", "residual"),
    "norm": ("none", "batch", "layer", "group"),
    "loss": ("cross_entropy", "mse", "label_smoothing"),
    "optimiser": ("sgd", "momentum", "rmsprop", "adam", "adamw"),
    "initialisation": ("zeros", "small", "glorot", "he"),
    "schedule": ("constant", "step", "cosine", "one_cycle", "plateau"),
    "augmentation": ("none", "affine"),
}
MIN_EXAMPLES, MAX_EXAMPLES = 50, 4000
MAX_RATE = 10.0
MAX_EPOCHS = 200
MAX_BATCH = 1024
MIN_DEPTH, MAX_DEPTH = 8, 32
# Of numbers: what each is called in a sentence, and its range.
WHOLE = {
    "depth": ("The depth", MIN_DEPTH, MAX_DEPTH),
    "batch_size": ("The batch size", 1, MAX_BATCH),
    "epochs": ("The number of epochs", 1, MAX_EPOCHS),
    "patience": ("The patience", 1, 100),
    "stop_patience": ("The patience of early stopping", 1, 100),
    "examples": ("The number of examples", MIN_EXAMPLES, MAX_EXAMPLES),
}
GROUPS = 4  # of group norm: they divide the channels at each width
# Units or channels of each hidden layer, or stage, at width 1.
HIDDEN: dict[str, tuple[int, ...]] = {
    "linear": (),
    "mlp": (128, 256),
    "simple_cnn": (32, 64, 64),
    "digits_cnn": (32, 64, 128),
    "residual": (8, 16, 32),
}
NUMBERS = {
    "width": ("The width", 0.25, 4.0),
    "smoothing": ("The label smoothing", 0.0, 0.5),
    "dropout": ("The dropout", 0.0, 0.9),
    "weight_decay": ("The weight decay", 0.0, 1.0),
    "factor": ("The factor of the rate", 0.01, 0.99),
    "min_delta": ("The least improvement", 0.0, 1.0),
    "shift": ("The shift", 0.0, 0.5),
    "turn": ("The turn", 0.0, 180.0),
    "zoom": ("The zoom", 0.0, 0.5),
}


@dataclass(frozen=True)
class Settings:
    """How a training goes. Raises ``InputError``, one sentence, for a value that cannot be.

    Of ``network``, ``residual`` alone has a ``depth`` and ``skips``; ``linear`` has no hidden
    layer, so neither ``norm`` nor ``dropout`` nor ``width``.
    """

    network: str = "mlp"
    """"linear", "mlp", "simple_cnn", "digits_cnn" or "residual"; see ``models/lab_networks``."""
    depth: int = 8
    """Weighted layers of the residual network, 8 to 32, even."""
    skips: bool = True
    """Whether the residual network has its skips; without them it is a plain one."""
    width: float = 1.0
    """Times as many units or channels in each hidden layer, 0.25 to 4; see ``hidden``."""
    norm: str = "none"
    """"none", "batch", "layer" or "group", after each hidden layer."""
    loss: str = "cross_entropy"
    """"cross_entropy"; "mse", squared differences of probabilities from one-hot, summed over the
    classes (Brier, 1950); "label_smoothing", cross-entropy against softened targets."""
    smoothing: float = 0.1
    """Share of a target that label smoothing spreads over all classes, 0 to 0.5."""
    optimiser: str = "adam"
    """"sgd", "momentum" (0.9), "rmsprop", "adam" or "adamw", with PyTorch's other settings."""
    rate: float = 1e-3
    """Learning rate, above 0 and at most 10; of a one-cycle schedule the greatest."""
    batch_size: int = 128
    """Pictures a step, 1 to 1024. A last one left over is passed over."""
    epochs: int = 8
    """Passes over the examples, 1 to 200."""
    initialisation: str = "glorot"
    """"zeros", "small" (normal, 0.01), "glorot" or "he"."""
    dropout: float = 0.0
    """Share of the hidden values left out at a step, 0 to 0.9."""
    weight_decay: float = 0.0
    """0 to 1; added to the gradient, with "adamw" taken from the weights instead."""
    schedule: str = "constant"
    """"constant"; "step", a tenth after each third; "cosine"; "one_cycle"; "plateau"."""
    factor: float = 0.2
    """By which a plateau multiplies the rate."""
    patience: int = 3
    """Epochs without a better validation loss until a plateau acts."""
    min_delta: float = 1e-4
    """Less than this is no better, for plateaus and for early stopping."""
    early_stopping: bool = False
    stop_patience: int = 3
    """Epochs without a better validation loss until early stopping ends the run."""
    augmentation: str = "none"
    """"none", or "affine": each picture shifted, turned and zoomed at random at each step."""
    shift: float = 2.5 / 28
    """Share of the side, at most, 0 to 0.5."""
    turn: float = 12.0
    """Degrees, at most, 0 to 180."""
    zoom: float = 0.12
    """Share of the size, at most, 0 to 0.5."""
    examples: int = 4000
    """Pictures to train on, 50 to 4000; where there are fewer, all."""
    seed: int = 0
    """Of the initialisation, the order, dropout and augmentation; which examples are taken, too."""

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
        for name in ("skips", "early_stopping"):
            object.__setattr__(self, name, bool(getattr(self, name)))
        object.__setattr__(self, "rate", check_rate(self.rate))
        object.__setattr__(self, "seed", check_seed(self.seed))
        if self.depth % 2:
            raise InputError(f"The depth must be even, got {self.depth}: blocks have two layers.")
        if self.norm == "batch" and self.batch_size < 2:
            raise InputError("Batch norm needs at least 2 pictures a step: raise the batch size.")

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units or channels of each hidden layer; of the residual network those of its stages.

        Rounded to fours, which group norm divides; a stage has more channels than the one before.
        """
        counts: list[int] = []
        for count in HIDDEN[self.network]:
            rounded = GROUPS * max(1, math.floor(self.width * count / GROUPS + 0.5))
            if self.network == "residual" and counts:
                rounded = max(rounded, counts[-1] + GROUPS)
            counts.append(rounded)
        return tuple(counts)


def check_rate(rate: Any) -> float:
    """A learning rate above 0 and at most 10; ``InputError`` otherwise."""
    return checks.check_rate(rate, MAX_RATE)


def from_dict(values: dict[str, Any]) -> Settings:
    """Settings from what ``dataclasses.asdict`` gave; what is unknown is an ``InputError``."""
    unknown = values.keys() - {field.name for field in fields(Settings)}
    if unknown:
        raise InputError(f"There is no setting {show(sorted(unknown)[0])} of a training.")
    return Settings(**values)

"""Where a search looks, and its trials as lines across axes; without PyTorch and Optuna."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.core.checks import check_setting, check_whole, show
from cvcore.core.errors import InputError
from cvcore.training_lab.settings import CHOICES, MAX_BATCH, Settings, check_rate


@dataclass(frozen=True)
class Space:
    """Where a search looks. Raises ``InputError``, one sentence, for what cannot be."""

    rate: tuple[float, float] = (1e-4, 0.3)
    """Least and greatest, above 0 to 10; drawn evenly in its logarithm."""
    dropout: tuple[float, float] = (0.0, 0.6)
    """Least and greatest, 0 to 0.9."""
    optimisers: tuple[str, ...] = ("sgd", "momentum", "rmsprop", "adam")
    batch_sizes: tuple[int, ...] = (32, 64, 128)

    def __post_init__(self) -> None:
        for name in ("rate", "dropout"):
            value = getattr(self, name)
            if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
                raise InputError(f"The {name} is searched between two numbers: give both.")
        rate = tuple(map(check_rate, self.rate))
        dropout = tuple(check_setting("The dropout", one, 0.0, 0.9) for one in self.dropout)
        for name, (low, high) in (("rate", rate), ("dropout", dropout)):
            if low > high:
                raise InputError(f"The least {name} is above the greatest: exchange them.")
            object.__setattr__(self, name, (low, high))
        if not self.optimisers or not self.batch_sizes:
            raise InputError("Choose at least one optimiser and one batch size.")
        for one in self.optimisers:
            if one not in CHOICES["optimiser"]:
                names = ", ".join(CHOICES["optimiser"])
                raise InputError(f"There is no optimiser {show(one)}: choose among {names}.")
        sizes = tuple(check_whole("The batch size", one, 1, MAX_BATCH) for one in self.batch_sizes)
        object.__setattr__(self, "batch_sizes", sizes)
        object.__setattr__(self, "optimisers", tuple(self.optimisers))


@dataclass(frozen=True, eq=False)
class Trial:
    """One training of a search, which has ended."""

    sampler: str
    number: int
    """Of its sampler's trials, from 0."""
    settings: Settings
    """To be trained on with."""
    accuracies: tuple[float, ...]
    """Share of validation pictures right, 0 to 1, after each epoch."""
    pruned: bool
    """Ended early: after some epoch it was below the median of the trials before it."""
    diverged: bool
    seconds: float

    @property
    def value(self) -> float:
        """The best of its accuracies; 0 where there is none."""
        return max(self.accuracies, default=0.0)


@dataclass(frozen=True, eq=False)
class ParallelCoordinates:
    """Trials as lines across upright axes (Inselberg, 1985), the accuracy on the last one."""

    axes: tuple[str, ...]
    ticks: tuple[tuple[tuple[float, str], ...], ...]
    """Of each axis: height, 0 to 1, and label."""
    lines: np.ndarray = field(repr=False)
    """float64 (T, axes), heights from 0 to 1; a line a trial."""
    values: np.ndarray = field(repr=False)  # float64 (T,) accuracies, 0 to 1
    pruned: np.ndarray = field(repr=False)  # bool (T,)


def to_parallel_coordinates(trials: Sequence[Trial], space: Space) -> ParallelCoordinates:
    """Trials across the axes rate (logarithmic), optimiser, dropout, batch size and accuracy."""
    rate, dropout = space.rate, space.dropout
    values = np.array([trial.value for trial in trials], np.float64)
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    logs = (math.log10(rate[0]), math.log10(rate[1]))
    decades = range(math.ceil(logs[0] - 1e-9), math.floor(logs[1] + 1e-9) + 1)
    ticks = (
        tuple((_place(d, logs), f"{10.0**d:g}") for d in decades),
        _name(space.optimisers),
        tuple((i / 2, f"{dropout[0] + (dropout[1] - dropout[0]) * i / 2:.2g}") for i in range(3)),
        _name(space.batch_sizes),
        ((0.0, f"{low:.0%}"), (1.0, f"{high:.0%}")),
    )
    lines = [
        (
            _place(math.log10(trial.settings.rate), logs),
            _choice(space.optimisers, trial.settings.optimiser),
            _place(trial.settings.dropout, dropout),
            _choice(space.batch_sizes, trial.settings.batch_size),
            _place(trial.value, (low, high)),
        )
        for trial in trials
    ]
    return ParallelCoordinates(
        ("rate", "optimiser", "dropout", "batch size", "accuracy"),
        ticks,
        np.array(lines, np.float64).reshape(-1, 5),
        values,
        np.array([trial.pruned for trial in trials], bool),
    )


def _place(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return 0.5 if low == high else (value - low) / (high - low)


def _choice(choices: Sequence[Any], one: Any) -> float:
    return 0.5 if len(choices) == 1 else choices.index(one) / (len(choices) - 1)


def _name(choices: Sequence[Any]) -> tuple[tuple[float, str], ...]:
    return tuple((_choice(choices, one), str(one)) for one in choices)

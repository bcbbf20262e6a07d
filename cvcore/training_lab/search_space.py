"""Where a search looks, and its trials as lines across axes; without PyTorch and Optuna."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.core.checks import check_setting, check_whole, show
from cvcore.core.errors import InputError
from cvcore.training_lab.settings import (
    CHOICES,
    MAX_BATCH,
    NUMBERS,
    Settings,
    check_rate,
)


@dataclass(frozen=True)
class Space:
    """Where a search looks. Raises ``InputError``, one sentence, for what cannot be.

    A setting with one value has that in all trials; one without any stays as the settings say.
    """

    rate: tuple[float, float] = (1e-5, 1.0)
    """Least and greatest, above 0 to 10; drawn evenly in its logarithm."""
    dropout: tuple[float, float] = (0.0, 0.6)
    """Least and greatest, 0 to 0.9."""
    optimisers: tuple[str, ...] = ("sgd", "momentum", "rmsprop", "adam")
    widths: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """0.25 to 4."""
    batch_sizes: tuple[int, ...] = ()
    """1 to 1024."""

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
        for one in self.optimisers:
            if one not in CHOICES["optimiser"]:
                names = ", ".join(CHOICES["optimiser"])
                raise InputError(f"There is no optimiser {show(one)}: choose among {names}.")
        sizes = [check_whole("The batch size", one, 1, MAX_BATCH) for one in self.batch_sizes]
        words, *limits = NUMBERS["width"]
        widths = [check_setting(words, one, *limits) for one in self.widths]
        for name, choices in (
            ("optimisers", self.optimisers), ("widths", widths), ("batch_sizes", sizes),
        ):  # fmt: skip
            object.__setattr__(self, name, tuple(dict.fromkeys(choices)))

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """By setting, what lies between two numbers."""
        return {"rate": self.rate, "dropout": self.dropout}

    @property
    def choices(self) -> dict[str, tuple[Any, ...]]:
        """By setting, what is chosen among."""
        return {
            "optimiser": self.optimisers, "width": self.widths, "batch_size": self.batch_sizes,
        }  # fmt: skip

    @property
    def searched(self) -> tuple[str, ...]:
        """The settings that differ between trials, as a plot's axes follow one another."""
        names = ("rate", "optimiser", "width", "dropout", "batch_size")
        return tuple(name for name in names if len(set(self._values[name])) > 1)

    @property
    def fixed(self) -> dict[str, Any]:
        """The settings that have one value in all trials."""
        return {name: one[0] for name, one in self._values.items() if len(set(one)) == 1}

    @property
    def _values(self) -> dict[str, tuple[Any, ...]]:
        return {**self.ranges, **self.choices}


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
    steps: int
    """Taken, of ``total``."""
    total: int
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
    """Trials across an axis for each setting that is searched (the rate logarithmic), and one for
    the accuracy, which ends at the least and the greatest."""
    values = np.array([trial.value for trial in trials], np.float64)
    ends = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    columns = [[_place_setting(space, name, one.settings) for one in trials]
               for name in space.searched]  # fmt: skip
    columns.append([_place(value, ends) for value in values])
    return ParallelCoordinates(
        (*(name.replace("_", " ") for name in space.searched), "accuracy"),
        (
            *(_list_ticks(space, name) for name in space.searched),
            tuple((float(i), f"{100 * end:.0f}\u00a0%") for i, end in enumerate(ends)),
        ),
        np.array(columns, np.float64).T,
        values,
        np.array([trial.pruned for trial in trials], bool),
    )


def _place_setting(space: Space, name: str, settings: Settings) -> float:
    """Its height on its axis, 0 to 1."""
    value = getattr(settings, name)
    if name in space.choices:
        return space.choices[name].index(value) / (len(space.choices[name]) - 1)
    ends = space.ranges[name]
    if name == "rate":
        value, ends = math.log10(value), (math.log10(ends[0]), math.log10(ends[1]))
    return _place(value, ends)


def _list_ticks(space: Space, name: str) -> tuple[tuple[float, str], ...]:
    """Of an axis: decades, what is chosen among, or both ends and the middle."""
    if name in space.choices:
        last = len(space.choices[name]) - 1
        return tuple(
            (i / last, f"{one:g}" if name == "width" else str(one))
            for i, one in enumerate(space.choices[name])
        )
    low, high = space.ranges[name]
    if name == "rate":
        logs = (math.log10(low), math.log10(high))
        decades = range(math.ceil(logs[0] - 1e-9), math.floor(logs[1] + 1e-9) + 1)
        return tuple(
            (_place(d, logs), np.format_float_positional(10.0**d, trim="-")) for d in decades
        )
    return tuple((i / 2, f"{low + (high - low) * i / 2:.2g}") for i in range(3))


def _place(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return 0.5 if low == high else (value - low) / (high - low)

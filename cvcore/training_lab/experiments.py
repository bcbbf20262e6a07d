"""Experiments on augmentation: the same network with and without, the right one and two wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cvcore.core.checks import check_seed, show
from cvcore.core.errors import InputError
from cvcore.recognition.datasets import Data, Part, load_digits
from cvcore.training_lab.progress import Progress, Steering
from cvcore.training_lab.settings import Settings
from cvcore.training_lab.training import train
from cvcore.training_lab.variations import Vary
from cvcore.training_lab.variety import Augmentation

DARK = 0.3  # of the light that training had


@dataclass(frozen=True)
class Experiment:
    """Trainings that differ in their augmentation alone."""

    title: str
    look_for: str
    """One sentence."""
    settings: Settings
    runs: tuple[tuple[str, Augmentation | None], ...]
    """Each with its label, the one without first."""
    data: str = "digits"
    """"digits", or "paper": dark ink on white paper, training bright, held back in the dark."""


_MOVES = Augmentation(rotation=15, zoom=0.2, shift=0.08)
EXPERIMENTS: dict[str, Experiment] = {
    "few_digits": Experiment(
        "200 digits, with and without",
        "Without augmentation the 200 digits are soon known by heart; varied at each step they "
        "never come twice, and about eight points more of the held-back ones are right.",
        Settings(
            network="mlp",
            examples=200,
            batch_size=20,
            epochs=150,
            rate=2e-3,
            schedule="cosine",
            initialisation="he",
        ),
        (("without", None), ("shifted, turned, zoomed", _MOVES)),
    ),
    "mirrored": Experiment(
        "Digits mirrored: the wrong augmentation",
        "Nobody writes a mirrored 3: half of the training goes into digits that never come, and "
        "fewer of the held-back ones are right.",
        Settings(network="mlp", examples=500, batch_size=50, epochs=12),
        (("without", None), ("mirrored", Augmentation(flip=True))),
    ),
    "dark": Experiment(
        "Photographed bright, used in the dark",
        "All training pictures were bright, the held-back ones have a third of the light: moving "
        "them about does not help, varying the brightness does.",
        Settings(network="mlp", norm="batch", examples=500, batch_size=50, epochs=20),
        (
            ("without", None),
            ("shifted, turned, zoomed", _MOVES),
            ("brightness", Augmentation(brightness=0.9)),
        ),
        "paper",
    ),
}


@dataclass(frozen=True, eq=False)
class Comparison:
    """An experiment as it stands."""

    experiment: Experiment
    progress: tuple[Progress | None, ...]
    """Of each run in its order; None before it has begun."""
    done: bool = False

    @property
    def accuracies(self) -> tuple[float | None, ...]:
        """Share of all held-back validation pictures right, 0 to 1, after the last whole epoch."""
        return tuple(None if one is None else _last_accuracy(one) for one in self.progress)


def _last_accuracy(progress: Progress) -> float | None:
    whole = progress.validation_pictures == progress.validation_pictures.max(initial=0)
    return float(progress.validation_accuracy[whole][-1]) if whole.any() else None


def compare(name: str, *, seed: int = 0, steering: Steering | None = None) -> Iterator[Comparison]:
    """Run an experiment's trainings one after the other; yields how it stands, at last ``done``.

    ``name`` is a key of ``EXPERIMENTS``. All runs begin with the same weights and see the same
    examples in the same order. Closing the iterator, or ``steering``'s stop, ends the whole.
    Raises ``InputError`` for another name or a seed that is none.
    """
    if name not in EXPERIMENTS:
        names = ", ".join(EXPERIMENTS)
        raise InputError(f"There is no experiment {show(name)}: choose one of {names}.")
    experiment = EXPERIMENTS[name]
    settings = replace(experiment.settings, seed=check_seed(seed))
    data = load_paper() if experiment.data == "paper" else load_digits()
    steering = steering or Steering()
    states: list[Progress | None] = [None] * len(experiment.runs)
    for i, (_, augmentation) in enumerate(experiment.runs):
        callbacks = [] if augmentation is None else [Vary(augmentation)]
        for progress in train(settings, data, callbacks=callbacks, steering=steering):
            states[i] = progress
            last = i == len(states) - 1 or progress.stopped
            yield Comparison(experiment, tuple(states), last and progress.done)
        if progress.stopped:
            return


def load_paper() -> Data:
    """The bundled digits as dark ink on white paper, the held-back ones in the dark (0.3)."""
    data = load_digits()

    def write(part: Part, light: float) -> Part:
        return Part((1 - part.pictures) * light, part.labels)

    training, validation, test = write(data.training, 1), data.validation, data.test
    return replace(
        data, kind="own", training=training, validation=write(validation, DARK),
        test=write(test, DARK),
    )  # fmt: skip

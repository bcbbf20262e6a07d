"""Settings searched for by Optuna: on a grid, at random, and by TPE, with the same budget."""

import itertools
import math
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import optuna
from lightning.pytorch import Callback, Trainer

from cvcore.core.checks import check_seed, check_whole, show
from cvcore.core.errors import InputError
from cvcore.recognition.datasets import Data, make_generator
from cvcore.training_lab.progress import Progress, Steering
from cvcore.training_lab.search_space import Space, Trial
from cvcore.training_lab.settings import Settings
from cvcore.training_lab.training import train

SAMPLERS = {"grid": "on a grid", "random": "at random", "tpe": "TPE"}
STARTUP = 3  # trials that are never pruned, and after which TPE looks at what came before
MIN_FOR_IMPORTANCE = 12  # trials
TREES = 32
MAX_TRIALS = 100
GRID = 9  # what these random numbers are for


@dataclass(frozen=True, eq=False)
class SearchProgress:
    """A search as it stands."""

    space: Space
    samplers: tuple[str, ...]
    budget: int
    """Trials of each sampler, at most."""
    total: int
    """Trials of all samplers together."""
    trials: tuple[Trial, ...]
    """In the order in which they ended; the samplers take turns."""
    running: tuple[str, Settings, Progress] | None = field(default=None, repr=False)
    """The trial under way: sampler, settings and state."""
    importances: dict[str, float] = field(default_factory=dict)
    """Of each setting searched for, 0 to 1, together 1; empty before there are twelve trials."""
    stopped: bool = False
    done: bool = False

    @property
    def best(self) -> Trial | None:
        """The first with the greatest accuracy."""
        return max(self.trials, key=lambda trial: trial.value, default=None)

    def best_so_far(self, sampler: str) -> np.ndarray:
        """The greatest accuracy after each of a sampler's trials, float64 (n,)."""
        values = [trial.value for trial in self.trials if trial.sampler == sampler]
        return np.maximum.accumulate(np.array(values, np.float64))


def search_settings(
    settings: Settings,
    data: Data,
    *,
    samplers: Sequence[str] = tuple(SAMPLERS),
    space: Space | None = None,
    trials: int = 12,
    seed: int = 0,
    steering: Steering | None = None,
) -> Iterator[SearchProgress]:
    """Search for rate, dropout, optimiser and width; yields how it stands, at last ``done``.

    Each sampler ("grid", "random", "tpe"; Bergstra and Bengio, JMLR 2012; Bergstra et al., NeurIPS
    2011) makes so many ``trials`` (2 to 100), in turns; a grid has at most so many points. All
    else is as in ``settings``, the seed included: all trials that share a batch size see the same
    pictures in the same order. What is below the median of its sampler's earlier trials after an
    epoch is pruned (Optuna's MedianPruner, not in the first three). At least two states a second
    come, as far as steps are shorter than that, and nothing goes on between them: whoever asks for
    no more has it wait. Close the iterator to stop, or ``steering``. Raises ``InputError`` for
    samplers or numbers that cannot be.
    """
    _check_samplers(samplers)
    budget = check_whole("The number of trials", trials, 2, MAX_TRIALS)
    seed, space, steering = check_seed(seed), space or Space(), steering or Steering()
    studies = {name: _create_study(name, space, budget, seed) for name in samplers}
    limits = {
        name: len(list_grid(space, budget)) if name == "grid" else budget for name in samplers
    }
    ended: list[Trial] = []

    def tell(**more: Any) -> SearchProgress:
        importances = measure_importances(ended, space)
        return SearchProgress(
            space, tuple(samplers), budget, sum(limits.values()), tuple(ended),
            importances=importances, **more,
        )  # fmt: skip

    state = tell()
    yield state
    for number, name in itertools.product(range(budget), samplers):
        if number >= limits[name]:
            continue
        with _quiet():
            asked = studies[name].ask(to_distributions(space))
        own = replace(settings, **space.fixed, **_shorten(asked.params, space))
        report = Report(asked)
        with closing(report.train(own, data, steering)) as training:
            for progress in training:
                yield replace(state, running=(name, own, progress))
        if progress.stopped and steering.stopping:
            yield tell(stopped=True, done=True)
            return
        ended.append(report.to_trial(name, number, own, progress))
        _tell(studies[name], asked, ended[-1])
        state = tell()
        yield state
    yield tell(done=True)


def _shorten(params: dict[str, Any], space: Space) -> dict[str, Any]:
    """Numbers with the digits that one would type, inside their ranges."""
    short = dict(params)
    for name, (low, high) in space.ranges.items():
        if name in short:
            value = float(f"{short[name]:.2g}") if name == "rate" else round(short[name], 2)
            short[name] = min(max(value, low), high)
    return short


def _tell(study: optuna.Study, asked: optuna.trial.Trial, trial: Trial) -> None:
    with _quiet():
        if trial.pruned:
            study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(asked, trial.value)


def _check_samplers(samplers: Sequence[str]) -> None:
    for name in samplers:
        if name not in SAMPLERS:
            names = ", ".join(SAMPLERS)
            raise InputError(f"There is no search {show(name)}: choose one of {names}.")
    if not samplers:
        raise InputError("Choose at least one way to search.")


class Report(Callback):
    """Tells Optuna how each epoch ended, and ends the run where it says so."""

    def __init__(self, trial: optuna.trial.Trial) -> None:
        self._trial = trial
        self.accuracies: list[float] = []
        self.pruned = False
        self.waited = 0.0
        """Seconds."""

    def train(
        self, settings: Settings, data: Data, steering: Steering
    ) -> Generator[Progress, None, None]:
        """Train, watched by this; no step is begun until the next state is asked for."""
        states = train(settings, data, callbacks=[self], steering=steering, waits=True)
        with closing(states) as training:
            for progress in training:
                begun = time.monotonic()
                try:
                    yield progress
                finally:
                    self.waited += time.monotonic() - begun

    def to_trial(self, sampler: str, number: int, settings: Settings, last: Progress) -> Trial:
        """What has become of it."""
        return Trial(
            sampler, number, settings, tuple(self.accuracies), self.pruned, last.diverged,
            last.step, last.total, last.seconds - self.waited,
        )  # fmt: skip

    def on_validation_end(self, trainer: Trainer, module: Any) -> None:
        if not module.at_epoch_end:
            return
        self.accuracies.append(module.history.validation_accuracy[-1])
        self._trial.report(self.accuracies[-1], len(self.accuracies))
        if module.step < module.total and self._trial.should_prune():
            self.pruned = trainer.should_stop = True
            module.history.mark("pruned: below the median of earlier trials")


def _create_study(name: str, space: Space, budget: int, seed: int) -> optuna.Study:
    number = seed % 2**32  # what NumPy's older generators take
    if name == "tpe":
        sampler: Any = optuna.samplers.TPESampler(seed=number, n_startup_trials=STARTUP)
    else:
        sampler = optuna.samplers.RandomSampler(seed=number)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP)
    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
        if name == "grid":
            points = list_grid(space, budget)
            order = np.random.default_rng(make_generator(seed, GRID).initial_seed())
            for i in order.permutation(len(points)):
                study.enqueue_trial(points[i])
    return study


def to_distributions(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    """Of each setting that is searched for, Optuna's distribution."""
    kinds = optuna.distributions
    return {
        name: kinds.CategoricalDistribution(space.choices[name]) if name in space.choices
        else kinds.FloatDistribution(*space.ranges[name], log=name == "rate")
        for name in space.searched
    }  # fmt: skip


def list_grid(space: Space, most: int) -> list[dict[str, Any]]:
    """The points of a grid, at most so many: in turns each setting gets one value more.

    Numbers are the middles of equal parts of their range (of the rate's logarithm).
    """
    counts = dict.fromkeys(space.searched, 1)
    limits = {name: len(space.choices.get(name, range(most))) for name in counts}
    grown = True
    while grown:
        grown = False
        for name in counts:
            larger = counts | {name: counts[name] + 1}
            if larger[name] <= limits[name] and math.prod(larger.values()) <= most:
                counts, grown = larger, True
    values = [_spread(space, name, count) for name, count in counts.items()]
    return [dict(zip(counts, point, strict=True)) for point in itertools.product(*values)]


def _spread(space: Space, name: str, count: int) -> list[Any]:
    """So many values of a setting, evenly; of choices the ends included, and of one the last of
    the lower half."""
    if name in space.choices:
        choices = space.choices[name]
        if count == 1:
            return [choices[(len(choices) - 1) // 2]]
        places = np.linspace(0, len(choices) - 1, count).round().astype(int)
        return [choices[place] for place in places]
    low, high = space.ranges[name]
    shares = (np.arange(count) + 0.5) / count
    if name == "rate":
        return [float(low * (high / low) ** share) for share in shares]
    return [float(low + (high - low) * share) for share in shares]


def measure_importances(trials: Sequence[Trial], space: Space) -> dict[str, float]:
    """How much each setting decides, 0 to 1, together 1.

    A random forest learns the accuracy of all samplers' trials, those that were pruned included:
    by how much its splits on a setting lessen the variance (Breiman, "Random forests", 2001).
    Empty for fewer than twelve trials, or where all did equally well.
    """
    values = {trial.value for trial in trials}
    if not space.searched or len(trials) < MIN_FOR_IMPORTANCE or len(values) < 2:
        return {}
    distributions = to_distributions(space)
    with _quiet():
        study = optuna.create_study(direction="maximize")
        for trial in trials:
            params = {name: getattr(trial.settings, name) for name in distributions}
            study.add_trial(
                optuna.trial.create_trial(
                    params=params, distributions=distributions, value=trial.value
                )
            )
        forest = optuna.importance.MeanDecreaseImpurityImportanceEvaluator(n_trees=TREES, seed=0)
        found = optuna.importance.get_param_importances(study, evaluator=forest)
    return {name: float(found[name]) for name in space.searched}


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna tells of studies and experimental parts; the caller's choice comes back."""
    import warnings

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)

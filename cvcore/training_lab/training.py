"""A training on Lightning, in a thread of its own, watched as it goes."""

import logging
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from cvcore.core.errors import InputError
from cvcore.core.forks import Lock
from cvcore.core.streaming import Slot, stream
from cvcore.engine.device import get_device, limit_threads
from cvcore.recognition.datasets import Data, Part
from cvcore.training_lab.callbacks import KeepBest, Publish, ReduceRate, Steered, StopEarly
from cvcore.training_lab.learner import Learner
from cvcore.training_lab.progress import Progress, Steering
from cvcore.training_lab.runs import Run, check_resumable, load_checkpoint
from cvcore.training_lab.schedules import Patience
from cvcore.training_lab.settings import Settings
from cvcore.training_lab.trainers import build_trainer

SMALL_STEP = 50_000_000  # multiplications


def train(
    settings: Settings,
    data: Data,
    *,
    callbacks: Sequence[Callback] = (),
    steering: Steering | None = None,
    resume: Run | bytes | None = None,
    waits: bool = False,
) -> Generator[Progress, None, None]:
    """Train a network; yields how it stands, the newest state each time, the last one ``done``.

    The first state comes before the first step, and at least two a second come after it, as far as
    steps are shorter than that. ``callbacks`` are Lightning's, asked after our own; their module is
    a ``Learner``. ``steering`` turns the run while it goes. ``resume`` is a run, or the bytes of
    its checkpoint, to go on from: exactly as if it had not stopped where the settings are
    ``run.settings``; network, optimiser, batch size, examples and seed cannot be changed.

    The run goes on between two states; with ``waits`` it waits after each until the next is asked
    for, and no step is taken meanwhile. Closing the iterator ends it after the step under way.
    The caller's random numbers, threads, warnings and loggers stay as they are. Raises
    ``InputError`` where the network does not fit the data, or the run not the settings; a run that
    diverges is none.
    """
    threads = torch.get_num_threads()

    def work(slot: Slot[Progress]) -> None:
        limit_threads(threads)
        run(
            settings, data, slot.put, callbacks=callbacks, steering=steering,
            resume=resume, is_closed=slot.is_closed,
        )  # fmt: skip

    yield from stream(work, name="training_lab", waits=waits)


def run(
    settings: Settings,
    data: Data,
    show: Callable[[Progress], None],
    *,
    callbacks: Sequence[Callback] = (),
    steering: Steering | None = None,
    resume: Run | bytes | None = None,
    is_closed: Callable[[], bool] = lambda: False,
    trainer: Mapping[str, Any] | None = None,
) -> None:
    """``train`` in this thread, its states given to ``show``; ``trainer`` are Lightning's flags."""
    if isinstance(resume, bytes):
        resume = load_checkpoint(resume)
    learner = Learner(settings, data)
    reduce = ReduceRate(settings.patience, settings.min_delta, settings.factor)
    stop = StopEarly(settings.stop_patience, settings.min_delta)
    waiting: dict[str, Callback] = {}
    if settings.schedule == "plateau":
        waiting["plateau"] = reduce
    if settings.early_stopping:
        waiting["early_stopping"] = stop
    patience = {name: callback.patience for name, callback in waiting.items()}
    keeper = KeepBest(patience)
    if resume is not None:
        check_resumable(resume, settings, data)
        _go_on(resume, learner, keeper, patience)
    steered = Steered(steering or Steering(), is_closed)
    publish = Publish(show, keeper, steered)
    with _quiet(), _fit_threads(learner):
        lightning = build_trainer(
            trainer or _choose_device(),
            callbacks=[steered, *waiting.values(), keeper, publish, *callbacks],
            max_epochs=settings.epochs,
            reload_dataloaders_every_n_epochs=1,
            inference_mode=False,
        )
        _check_pace(lightning, learner, resume)
        _stand_at(lightning, learner)
        lightning.fit(learner)


@contextmanager
def _fit_threads(learner: Learner) -> Iterator[None]:
    """As many of PyTorch's threads as a step needs: where it multiplies little, a second one costs
    more than it brings (on two cores twice the time of the default network's steps)."""
    before, settings = torch.get_num_threads(), learner.settings
    weights = sum(one.numel() for one in learner.net.parameters())
    is_flat = settings.network in ("linear", "mlp")  # each weight multiplies once a picture
    if is_flat and settings.batch_size * weights < SMALL_STEP:
        limit_threads(1)
    try:
        yield
    finally:
        limit_threads(before)


@cache
def prepare() -> None:
    """Take the first, tiny step, so that the next run is under way at once.

    PyTorch loads parts of its own when something is first optimised. To be called ahead, in a
    thread beside what is to be answered first; calls after the first cost nothing.
    """
    pictures, labels = torch.zeros(4, 1, 4, 4), torch.arange(4) % 2
    part = Part(pictures, labels)
    data = Data("own", ("a", "b"), part, part, part)
    for _ in train(Settings(network="linear", epochs=1), data):
        pass


def _choose_device() -> dict[str, Any]:
    device = get_device()
    if device.type == "cuda":
        return {"accelerator": "gpu", "devices": [device.index or 0]}
    return {"accelerator": device.type, "devices": 1}


def _go_on(run: Run, learner: Learner, keeper: KeepBest, patience: dict[str, Patience]) -> None:
    state = run.state
    learner.net.load_state_dict(state.network)
    learner.optimiser_state = {
        index: {key: value.clone() for key, value in values.items()}
        for index, values in state.optimiser.items()
    }
    learner.plateau = state.plateau
    learner.history.restore(dict(run.curves), run.marks, state.step)
    keeper.loss, keeper.best = state.best_loss, run.best
    for waiting, one in patience.items():
        if kept := state.waits.get(waiting):
            one.best, one.waited = kept["best"], int(kept["waited"])
            one.waited *= one.waited < one.most  # it had stopped, and is to go on


def _check_pace(trainer: Trainer, learner: Learner, run: Run | None) -> None:
    """Steps are counted on as they were: with several processes an epoch has fewer."""
    steps = learner.count_steps(trainer.world_size)
    if run is not None and run.steps_per_epoch != steps:
        raise InputError(
            f"This run took {run.steps_per_epoch} steps an epoch, not {steps}: "
            "go on with as many devices as it was begun with."
        )
    if run is not None and run.step >= steps * learner.settings.epochs:
        raise InputError("This run has taken all its steps: raise the number of epochs to go on.")


def _stand_at(trainer: Trainer, learner: Learner) -> None:
    """A resumed run counts epochs and steps on."""
    epoch = learner.step // learner.steps_per_epoch
    progress = trainer.fit_loop.epoch_progress.current
    progress.processed = progress.completed = epoch
    manual = trainer.fit_loop.epoch_loop.manual_optimization
    manual.optim_step_progress.total.completed = learner.step


_quiet_lock = Lock()
_quiet_threads: set[int] = set()
_quiet_filters: list[Any] = []
_LOGGER = "lightning.pytorch.utilities.rank_zero"
# What Lightning calls in PyTorch by an older name, and that each process logs the same: nothing
# for whoever trains.
_HUSHED = (r".*isinstance\(treespec, LeafSpec\).*", r".*sync_dist=True.*")


def _is_not_ours(record: logging.LogRecord) -> bool:
    return record.thread not in _quiet_threads


@contextmanager
def _quiet() -> Iterator[None]:
    """Lightning's advertisements are not told in this thread; the caller's filters stay."""
    logger, thread = logging.getLogger(_LOGGER), threading.get_ident()
    with _quiet_lock:
        if not _quiet_threads:
            logger.addFilter(_is_not_ours)
            for words in _HUSHED:
                warnings.filterwarnings("ignore", words)
                _quiet_filters.append(warnings.filters[0])
        _quiet_threads.add(thread)
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_threads.discard(thread)
            if not _quiet_threads:
                logger.removeFilter(_is_not_ours)
                for added in _quiet_filters:
                    if added in warnings.filters:  # the caller may have put others in their place
                        warnings.filters.remove(added)  # type: ignore[attr-defined]
                _quiet_filters.clear()

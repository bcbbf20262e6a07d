"""Which learning rate, and how many pictures a step: both found by trying, before a training."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.device import get_device
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Data, make_generator
from cvcore.training_lab.learner import (
    DROPOUT,
    Batches,
    Learner,
    build_optimiser,
    compute_loss,
)
from cvcore.training_lab.runs import Run
from cvcore.training_lab.settings import MAX_BATCH, Settings, check_rate

SHOW_EVERY = 0.2  # seconds between two states
SMOOTHING = 0.9  # share of the mean that stays at a step: 0.98, Lightning's, lags decades behind
DIVERGED = 4.0  # times the least smoothed loss: the test ends
SKIP_FIRST, SKIP_LAST = 10, 1  # points that no suggestion is looked for in
FAST_ENOUGH = 0.9  # share of the greatest speed that a suggested batch size reaches


@dataclass(frozen=True, eq=False)
class RateTest:
    """A learning-rate range test (Smith, WACV 2017) as it stands."""

    total: int
    """Steps, if the loss does not get out of hand before."""
    rates: np.ndarray = field(repr=False)  # float64 (k,), of each step
    losses: np.ndarray = field(repr=False)  # (k,) of each step's pictures, before the step
    smoothed: np.ndarray = field(repr=False)  # (k,) running mean, without its lag at the start
    suggestion: float | None
    """The rate at which the smoothed loss falls most steeply; None as long as there is none."""
    diverged: bool = False
    """The smoothed loss came to four times its least, or was no number: the test ended there."""
    done: bool = False


class _Trial:
    """A network with its pictures and optimiser, to take steps with; the caller's run stays."""

    def __init__(self, settings: Settings, data: Data, run: Run | None = None) -> None:
        device = get_device()
        learner = Learner(settings, data)
        if run is not None:
            if run.size != data.size:
                raise InputError("This run was trained on other data: choose the same.")
            learner.net.load_state_dict(run.state.network)
        self.net = learner.net.to(device).train()
        self.device, self.settings = device, settings
        self.examples = learner.examples.to(device)
        self.optimiser = build_optimiser(list(self.net.parameters()), settings)
        self._dropouts = learner.dropouts
        self._padding = "zeros" if data.kind == "digits" else "border"
        self._taken = 0

    def batches(self, settings: Settings) -> Iterator[tuple[Tensor, Tensor]]:
        """A step's pictures, without an end."""
        epoch = 0
        while True:
            yield from Batches(self.examples, settings, epoch=epoch, padding=self._padding)
            epoch += 1

    def step(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """Takes a step; the loss before it."""
        generator = make_generator(self.settings.seed, DROPOUT, self._taken, device=self.device)
        for module in self._dropouts:
            module.generator = generator
        self._taken += 1
        self.optimiser.zero_grad()
        loss = compute_loss(self.net(pictures), targets, self.settings)
        loss.backward()
        self.optimiser.step()
        return loss.detach()


@undisturbed
def find_rate(
    settings: Settings,
    data: Data,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    run: Run | None = None,
) -> Iterator[RateTest]:
    """Raise the rate from step to step and watch the loss; yields how it stands, at last ``done``.

    The rate rises exponentially from ``lowest`` to ``highest`` (above 0 to 10) over ``steps`` (20
    to 1000), whatever ``settings.rate`` and the schedule are. The network is the one that a
    training with these settings starts from, or that of ``run``; either is left as it was.
    The end and the points passed over are those of Lightning's ``lr_find``, which itself
    cannot be used with manual optimisation; the suggestion is the steepest place of the curve as it
    is drawn, against the rate's logarithm (``lr_find`` of Lightning 2.6 divides by the rate itself,
    and so nearly always proposes one of the smallest). Close the iterator to stop. Raises
    ``InputError`` for rates or a count that cannot be.
    """
    lowest, highest = check_rate(lowest), check_rate(highest)
    steps = check_whole("The number of steps", steps, 20, 1000)
    if lowest >= highest:
        raise InputError("The lowest rate must be below the highest one.")
    trial = _Trial(settings, data, run)
    rates: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    mean, least, diverged, shown = 0.0, math.inf, False, time.monotonic()
    batches = trial.batches(settings)

    def tell(done: bool) -> RateTest:
        own, each, mean = (np.array(values, np.float64) for values in (rates, losses, smoothed))
        suggestion = suggest_rate(own, mean)
        return RateTest(steps, own, each, mean, suggestion, diverged, done)

    yield tell(False)
    for i in range(steps):
        rate = lowest * (highest / lowest) ** (i / (steps - 1))
        for group in trial.optimiser.param_groups:
            group["lr"] = rate
        loss = float(trial.step(*next(batches)))
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        rates.append(rate)
        losses.append(loss)
        smoothed.append(mean / (1 - SMOOTHING ** (i + 1)))
        diverged = not smoothed[-1] <= DIVERGED * least  # no number is no less, either
        if diverged:
            break
        least = min(least, smoothed[-1])
        if time.monotonic() - shown > SHOW_EVERY:
            shown = time.monotonic()
            yield tell(False)
    yield tell(True)


def suggest_rate(rates: np.ndarray, smoothed: np.ndarray) -> float | None:
    """The rate at which the smoothed loss falls most steeply against the rate's logarithm.

    The first ten points and the last one are passed over; None where fewer than two are left, or
    where the loss falls nowhere.
    """
    losses = np.asarray(smoothed, np.float64)[SKIP_FIRST:-SKIP_LAST]
    own = np.asarray(rates, np.float64)[SKIP_FIRST:-SKIP_LAST]
    finite = np.isfinite(losses)
    losses, own = losses[finite], own[finite]
    if len(losses) < 2:
        return None
    slopes = np.gradient(losses)
    steepest = int(slopes.argmin())
    return float(own[steepest]) if slopes[steepest] < 0 else None


@dataclass(frozen=True, eq=False)
class BatchTest:
    """How fast a network learns with how many pictures a step, as it stands."""

    sizes: np.ndarray  # int64 (k,), powers of two
    images_per_second: np.ndarray  # float64 (k,)
    memory: np.ndarray
    """float64 (k,) bytes. On a GPU the greatest amount in use during a step; elsewhere what a step
    holds: weights, gradients, the optimiser's state, and all that is kept for the way back."""
    suggestion: int | None
    """The smallest size that is nearly (0.9) as fast as the fastest; None before the first."""
    out_of_memory: bool = False
    """The GPU had no room for the next size: the test ended there."""
    done: bool = False


@undisturbed
def find_batch_size(
    settings: Settings, data: Data, *, largest: int = 1024, seconds: float = 0.25
) -> Iterator[BatchTest]:
    """Measure steps with 1, 2, 4 ... pictures; yields how it stands after each size.

    Up to ``largest`` (1 to 1024) and as many as there are examples; with batch norm from 2 on. Each
    size is measured for ``seconds`` (0.01 to 10) after a step to warm up. Close the iterator to
    stop. Raises ``InputError`` for numbers that cannot be.
    """
    largest = check_whole("The largest batch size", largest, 1, MAX_BATCH)
    seconds = check_setting("The time for a size", seconds, 0.01, 10)
    sizes: list[int] = []
    speeds: list[float] = []
    memory: list[float] = []
    short = False
    first = 2 if settings.norm == "batch" else 1
    count = min(settings.examples, len(data.training))
    wanted = [size for size in (2**i for i in range(11)) if first <= size <= min(largest, count)]

    def tell(done: bool) -> BatchTest:
        best = max(speeds, default=0.0)
        fast = (s for s, speed in zip(sizes, speeds, strict=True) if speed >= FAST_ENOUGH * best)
        arrays = (np.array(sizes, np.int64), np.array(speeds), np.array(memory))
        return BatchTest(*arrays, next(fast, None), short, done)

    yield tell(False)
    for size in wanted:
        try:
            speed, room = _measure(replace(settings, batch_size=size), data, seconds)
        except torch.OutOfMemoryError:
            short = True
            break
        sizes.append(size)
        speeds.append(speed)
        memory.append(room)
        yield tell(False)
    yield tell(True)


def _measure(settings: Settings, data: Data, seconds: float) -> tuple[float, float]:
    """Pictures a second, and bytes."""
    trial = _Trial(settings, data)
    batches = trial.batches(settings)
    room = _measure_memory(trial, *next(batches))
    pictures, begun = 0, time.perf_counter()
    while (taken := time.perf_counter() - begun) < seconds or not pictures:
        batch = next(batches)
        trial.step(*batch)
        pictures += len(batch[1])
        _wait(trial.device)
    return pictures / taken, room


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _measure_memory(trial: _Trial, pictures: Tensor, targets: Tensor) -> float:
    """Bytes that a step takes, which is taken."""
    if trial.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(trial.device)
        trial.step(pictures, targets)
        return float(torch.cuda.max_memory_allocated(trial.device))
    kept: dict[int, int] = {}  # bytes by where they lie: what is kept twice counts once

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        trial.step(pictures, targets)
    parameters = list(trial.net.parameters())
    for tensor in [*parameters, *trial.net.buffers(), pictures]:
        note(tensor.detach())
    gradients = sum(p.grad.nbytes for p in parameters if p.grad is not None)
    states = trial.optimiser.state_dict()["state"].values()
    state = sum(v.nbytes for s in states for v in s.values() if isinstance(v, Tensor))
    return float(sum(kept.values()) + gradients + state)

"""An autoencoder's training: a plain loop in a thread of its own, watched as it goes."""

import math
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cvcore.autoencoders.model import make_model
from cvcore.autoencoders.pictures import (
    choose_kind,
    choose_training,
    draw_holes,
    draw_noise,
    to_array,
)
from cvcore.autoencoders.planes import place_codes
from cvcore.autoencoders.progress import Progress, Steering
from cvcore.autoencoders.settings import Settings
from cvcore.autoencoders.variational import draw, kl, reconstruct
from cvcore.core.streaming import Slot, stream
from cvcore.engine.device import limit_threads
from cvcore.engine.isolation import undisturbed
from cvcore.models import autoencoders as models
from cvcore.recognition.datasets import load_digits, make_generator

# What random numbers are for.
INITIAL, ORDER, SPOIL, CODES, VALIDATION, HELD_CODES = 1, 2, 3, 4, 5, 6
PUBLISH_EVERY = 0.35  # seconds between two states; a third less than half a second
VALIDATIONS = 24  # evenly over a run, and one before it ...
LEAST_STEPS = 8  # ... but not more often than that: one costs as much as a few steps
SHOWN = 10
PLANE = 15  # digits a side
CURVES = ("loss", "reconstruction", "kl", "beta", "rate")


def train(
    settings: Settings, *, steering: Steering | None = None, waits: bool = False
) -> Iterator[Progress]:
    """Train an autoencoder on the bundled digits; yields how it stands, the newest state each time,
    the last one ``done``.

    The first state comes before the first step, and at least two a second after it. ``steering``
    turns the run while it goes. The run goes on between two states; with ``waits`` it waits after
    each until the next is asked for. Closing the iterator ends it after the step under way. It runs
    on the processor, on one thread: steps are too small to be shared. Its random numbers hang on
    the seed alone; the caller's stay as they are. A run that diverges is no error.
    """

    def work(slot: Slot[Progress]) -> None:
        limit_threads(1)
        run(settings, slot.put, steering=steering, is_closed=slot.is_closed)

    yield from stream(work, name="autoencoders", waits=waits)


@undisturbed
def run(
    settings: Settings,
    show: Callable[[Progress], None],
    *,
    steering: Steering | None = None,
    is_closed: Callable[[], bool] = lambda: False,
) -> None:
    """``train`` in this thread, its states given to ``show``."""
    steering = steering or Steering()
    learner = Learner(settings)
    learner.validate()
    show(learner.tell())
    shown = learner.go_on()
    while not learner.is_over:
        learner.settings = steering.take(learner.settings)
        learner.take_step()
        if is_closed() or (steering.stopping and learner.step < learner.total):
            learner.stopped = True
        if learner.is_over or learner.step % learner.validate_every == 0:
            learner.validate()
        if not learner.is_over and time.monotonic() - shown > PUBLISH_EVERY:
            show(learner.tell())
            shown = learner.go_on()
    show(learner.tell(done=True))


@cache
def prepare() -> None:
    """Take the first, tiny step, so that the next run is under way at once.

    PyTorch loads parts of its own when something is first optimised. To be called ahead, in a
    thread beside what is to be answered first; calls after the first cost nothing.
    """
    for _ in train(Settings(bottleneck=1, examples=50, epochs=1)):
        pass


class Learner:
    """A network with its digits, its optimiser and what has been noted of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.pictures = choose_training(settings).pictures
        self.network = models.build(
            settings.network,
            settings.bottleneck,
            variational=settings.variational,
            generator=make_generator(settings.seed, INITIAL),
            mean=self.pictures.mean(dim=0),
        )
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.rate, fused=True)
        count = len(self.pictures)
        self.steps_per_epoch = max(1, count // settings.batch_size)
        self.step, self.total = 0, self.steps_per_epoch * settings.epochs
        self.validate_every = max(LEAST_STEPS, self.total // VALIDATIONS)
        self.diverged = self.stopped = False
        self._spoil = make_generator(settings.seed, SPOIL)
        self._draws = make_generator(settings.seed, CODES)
        self._order = make_generator(settings.seed, ORDER)
        self._batches: list[Tensor] = []
        self._curves: dict[str, list[float]] = {name: [] for name in CURVES}
        self._validation: list[tuple[int, float, float, float, np.ndarray]] = []
        self._held = choose_kind(load_digits().validation, settings.only)
        self._shown = choose_shown(self._held.labels)
        self._seen: tuple[tuple[int, Settings], dict[str, Any]] | None = None
        self._seconds, self._since = 0.0, time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.step >= self.total or self.diverged or self.stopped

    def go_on(self) -> float:
        """The time, from which on the run counts its seconds: ``tell`` ends a stretch of them, and
        while nobody asks for the next state it may wait for long."""
        self._since = time.monotonic()
        return self._since

    def take_step(self) -> None:
        settings = self.settings
        targets = self.pictures[self._take_batch()]
        inputs = spoil(targets, settings, self._spoil)
        beta = settings.beta_at(self.step, self.total)
        rate = settings.rate_at(self.step, self.total)
        means, log_variances = self.network.encode(inputs)
        codes, gap = means, torch.zeros(())
        if log_variances is not None:
            draws = torch.randn(means.shape, generator=self._draws)
            codes = draw(means, log_variances, draws)
            gap = kl(means, log_variances).sum(dim=1).mean()
        reconstruction = reconstruct(self.network.decode(codes), targets, settings.loss).mean()
        loss = reconstruction + beta * gap
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.step += 1
        noted = (loss.item(), reconstruction.item(), gap.item(), beta, rate)
        for name, value in zip(CURVES, noted, strict=True):
            self._curves[name].append(value)
        self.diverged = not math.isfinite(noted[0])

    def _take_batch(self) -> Tensor:
        """Indices of a step's digits; a last few that fill no batch are passed over."""
        if not self._batches:
            order = torch.randperm(len(self.pictures), generator=self._order)
            self._batches = list(order.split(self.settings.batch_size))[: self.steps_per_epoch]
        return self._batches.pop(0)

    @torch.no_grad()
    def _look(self) -> dict[str, Any]:
        """The held-back digits, spoilt in the same way each time, their codes and logits; once a
        step."""
        if self._seen is not None and self._seen[0] == (self.step, self.settings):
            return self._seen[1]
        targets = self._held.pictures
        inputs = spoil(targets, self.settings, make_generator(self.settings.seed, VALIDATION))
        codes, log_variances = self.network.encode(inputs)
        logits = self.network.decode(codes)
        seen = {
            "targets": targets, "inputs": inputs, "codes": codes, "logits": logits,
            "log_variances": log_variances,
        }  # fmt: skip
        self._seen = (self.step, self.settings), seen
        return seen

    @torch.no_grad()
    def validate(self) -> None:
        """A point of the validation curves."""
        seen = self._look()
        targets, logits, log_variances = seen["targets"], seen["logits"], seen["log_variances"]
        error = (logits.sigmoid() - targets).square().mean().item()
        before = (seen["inputs"].clamp(0, 1) - targets).square().mean().item()
        gaps = np.zeros(0)
        if log_variances is not None:  # as the training has it: of codes that are drawn
            draws = torch.randn(
                log_variances.shape, generator=make_generator(self.settings.seed, HELD_CODES)
            )
            logits = self.network.decode(draw(seen["codes"], log_variances, draws))
            gaps = kl(seen["codes"], seen["log_variances"]).mean(dim=0).double().numpy()
        term = reconstruct(logits, targets, self.settings.loss).mean().item()
        self._validation.append((self.step, error, before, term, gaps))

    @torch.no_grad()
    def _draw_plane(self, codes: Tensor) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Codes (15, 15, 2) and their digits, where a code has two numbers."""
        if self.settings.bottleneck != 2:
            return None, None
        usual, deviation = np.zeros(2), np.ones(2)
        if not self.settings.variational:
            usual, deviation = codes.mean(dim=0).numpy(), codes.std(dim=0).numpy()
        places = place_codes(usual, deviation, PLANE, axes=(0, 1), middle=usual)
        places = places.astype(np.float32)
        logits = self.network.decode(torch.from_numpy(places).reshape(-1, 2))
        return places, to_array(logits.sigmoid()).reshape(PLANE, PLANE, *logits.shape[2:])

    def tell(self, *, done: bool = False) -> Progress:
        """Where the run stands."""
        seen = self._look()
        now = time.monotonic()
        self._seconds, self._since = self._seconds + now - self._since, now
        steps, errors, before, terms, gaps = zip(*self._validation, strict=True)
        curves = {name: np.array(values, np.float64) for name, values in self._curves.items()}
        model = None
        if done and not self.diverged:
            model = make_model(self.settings, self.network, self.pictures)
        places, plane = self._draw_plane(seen["codes"])
        return Progress(
            settings=self.settings, step=self.step, total=self.total,
            epoch=self.step // self.steps_per_epoch, seconds=self._seconds,
            validation_steps=np.array(steps, np.int64), validation_error=np.array(errors),
            validation_input_error=np.array(before), validation_reconstruction=np.array(terms),
            validation_kl=np.stack(gaps), pictures=to_array(seen["targets"][self._shown]),
            inputs=to_array(seen["inputs"][self._shown]),
            outputs=to_array(seen["logits"][self._shown].sigmoid()),
            codes=seen["codes"].numpy(), labels=self._held.labels.numpy(),
            plane_codes=places, plane=plane, diverged=self.diverged, stopped=self.stopped,
            done=done, model=model, **curves,
        )  # fmt: skip


def choose_shown(labels: Tensor) -> Tensor:
    """Indices of ten digits: one of each kind, or ten of the one there is."""
    kinds = labels.unique()
    each = SHOWN // len(kinds) if len(kinds) <= SHOWN else 1
    return torch.cat([torch.nonzero(labels == kind).flatten()[:each] for kind in kinds])[:SHOWN]


def spoil(pictures: Tensor, settings: Settings, generator: torch.Generator) -> Tensor:
    """The input (N, 1, 28, 28) for targets: with noise, and a hole that is black."""
    inputs = pictures
    if settings.noise:
        inputs = draw_noise(inputs, settings.noise, generator)
    if settings.hole:
        holes = draw_holes(len(inputs), settings.hole, generator)
        inputs = inputs.masked_fill(holes, 0.0)
    return inputs

"""The training, in a thread of its own, watched as it goes."""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import torch
from torch.nn import functional as F

from cvcore.core.streaming import Slot, stream
from cvcore.engine.device import limit_threads
from cvcore.engine.isolation import undisturbed
from cvcore.models.shortcut_cnn import ShortcutCNN
from cvcore.recognition.datasets import make_generator
from cvcore.saliency.shortcut.evidence import Evidence, ask, gather
from cvcore.saliency.shortcut.scenes import Scenes, make_pairs, make_training
from cvcore.saliency.shortcut.settings import ShortcutSettings

BATCH = 32
PUBLISH_EVERY = 0.35  # seconds between two states
INITIAL, ORDER = 21, 22  # what random numbers are for
SHOWN = 4  # held-back digits of each class whose maps come while it learns


@dataclass(frozen=True, eq=False)
class Progress:
    """A training as it stands."""

    settings: ShortcutSettings
    step: int
    total: int
    losses: np.ndarray  # float64 (step,)
    checked: np.ndarray  # int64 (k,), after how many steps accuracies were measured
    usual: np.ndarray  # float64 (k,), accuracy on held-back digits on their own background
    swapped: np.ndarray  # float64 (k,), of the same ones on the other background
    shown: Evidence = field(repr=False)
    """A few digits of each class on their own background, then the same ones on the other."""
    seconds: float
    net: ShortcutCNN = field(repr=False)  # a copy, as it stands
    evidence: Evidence | None = field(default=None, repr=False)
    """Of all held-back digits on either background, once it has ended."""
    stopped: bool = False
    done: bool = False

    @property
    def like_training(self) -> np.ndarray:
        """Accuracy float64 (k,) where backgrounds tell as much as in training."""
        return self.settings.bias * self.usual + (1 - self.settings.bias) * self.swapped


def train(settings: ShortcutSettings, *, waits: bool = False) -> Iterator[Progress]:
    """Train a small convnet; yields how it stands, at least twice a second, the last one ``done``.

    The first state comes before the first step. Closing the iterator ends it after the step under
    way. With ``waits`` it waits after each state until the next is asked for. It runs on the
    processor, on one thread; its random numbers hang on the seed alone.
    """

    def work(slot: Slot[Progress]) -> None:
        limit_threads(1)
        run(settings, slot.put, is_closed=slot.is_closed)

    yield from stream(work, name="shortcut", waits=waits)


@undisturbed
def run(
    settings: ShortcutSettings,
    show: Callable[[Progress], None],
    *,
    is_closed: Callable[[], bool] = lambda: False,
) -> None:
    """``train`` in this thread, its states given to ``show``."""
    learner = Learner(settings)
    learner.check()
    show(learner.tell())
    shown = learner.go_on()
    while learner.step < learner.total and not learner.stopped:
        learner.take_step()
        learner.stopped = is_closed()
        if time.monotonic() - shown > PUBLISH_EVERY and learner.step < learner.total:
            learner.check()
            show(learner.tell())
            shown = learner.go_on()
    learner.check()
    show(learner.tell(done=True))


@cache
def prepare() -> None:
    """Take the first, tiny step, so that the next run is under way at once."""
    for _ in train(ShortcutSettings(examples=40, epochs=1)):
        pass


class Learner:
    """A network with its pictures, its optimiser and what has been noted of it."""

    def __init__(self, settings: ShortcutSettings) -> None:
        self.settings = settings
        self.training = make_training(settings)
        self.usual, self.swapped = make_pairs(settings)
        self.net = ShortcutCNN()
        self.net.initialise(make_generator(settings.seed, INITIAL))
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=settings.rate, fused=True)
        self.per_epoch = max(len(self.training) // BATCH, 1)
        self.step, self.total, self.stopped = 0, self.per_epoch * settings.epochs, False
        self._losses: list[float] = []
        self._checks: list[tuple[int, float, float]] = []
        self._order = torch.empty(0, dtype=torch.int64)
        self._draws = make_generator(settings.seed, ORDER)
        self._seconds, self._since = 0.0, time.monotonic()
        self._few = torch.cat(
            [torch.nonzero(self.usual.labels == label)[:SHOWN, 0] for label in (0, 1)]
        )

    def go_on(self) -> float:
        """The time, from which on the run counts its seconds."""
        self._since = time.monotonic()
        return self._since

    def take_step(self) -> None:
        place = self.step % self.per_epoch
        if place == 0:
            self._order = torch.randperm(len(self.training), generator=self._draws)
        for group in self.optimiser.param_groups:  # over the second half the rate falls to 0
            group["lr"] = self.settings.rate * min(1.0, 2 * (1 - self.step / self.total))
        some = self._order[place * BATCH : (place + 1) * BATCH]
        self.net.train()
        self.optimiser.zero_grad()
        with torch.enable_grad():
            logits = self.net(self.training.pictures[some])
            loss = F.cross_entropy(logits, self.training.labels[some])
            loss.backward()
        self.optimiser.step()
        self._losses.append(float(loss.detach()))
        self.step += 1

    def check(self) -> None:
        """Accuracies, once a step."""
        if self._checks and self._checks[-1][0] == self.step:
            return
        self.net.eval()
        usual, swapped = (
            float((ask(self.net, one.pictures)[0] == one.labels.numpy()).mean())
            for one in (self.usual, self.swapped)
        )
        self._checks.append((self.step, usual, swapped))

    def tell(self, *, done: bool = False) -> Progress:
        self._seconds += time.monotonic() - self._since
        self._since = time.monotonic()
        net = deepcopy(self.net).eval().requires_grad_(False)
        steps, usual, swapped = (np.array(one) for one in zip(*self._checks, strict=True))
        both = join(self.usual, self.swapped)
        few = join(self.usual.take(self._few), self.swapped.take(self._few))
        return Progress(
            self.settings, self.step, self.total, np.array(self._losses), steps, usual, swapped,
            gather(net, few), self._seconds, net, gather(net, both) if done else None,
            self.stopped and self.step < self.total, done,
        )  # fmt: skip


def join(first: Scenes, second: Scenes) -> Scenes:
    """The pictures of both."""
    names = ("pictures", "labels", "backgrounds", "subjects")
    return Scenes(*(torch.cat([getattr(first, name), getattr(second, name)]) for name in names))

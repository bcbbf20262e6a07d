"""What one visit keeps: its trainings by purpose, the runs so far, and the digit it has drawn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import cvcore
from cvcore.autoencoders.progress import Progress, Steering
from cvcore.autoencoders.settings import SIDE, Settings
from cvcore.core.errors import InputError
from demos.autoencoders import controls
from demos.autoencoders.controls import VIEWS
from demos.lesson.turns import Work

MOST = 6  # runs kept
MOST_REMEMBERED = 40  # results of models
OTHER_RUN = "There is no such run any more: choose one of those that are listed."
# What is trained, and which views show it.
PLAIN, SWEEP, RESTORER, KNOWN, VARIATIONAL, SAMPLED_PLAIN, SAMPLED_VAE = (
    "plain", "sweep", "restorer", "known", "variational", "sampled plain", "sampled vae",
)  # fmt: skip
SHOWN_IN = {
    PLAIN: (controls.TRAIN, controls.CODE, controls.RETRIEVAL),
    SWEEP: (controls.COMPRESSION,),
    RESTORER: (controls.RESTORATION,),
    KNOWN: (controls.ANOMALIES,),
    VARIATIONAL: (controls.VAE,),
    SAMPLED_PLAIN: (controls.SAMPLING,),
    SAMPLED_VAE: (controls.SAMPLING,),
}
NEEDED = {  # what Start trains anew, by view
    controls.COMPRESSION: (SWEEP,), controls.RESTORATION: (RESTORER,),
    controls.ANOMALIES: (KNOWN,), controls.VAE: (VARIATIONAL,),
    controls.SAMPLING: (SAMPLED_PLAIN, SAMPLED_VAE),
}  # fmt: skip
FIRST = {  # as the views begin
    controls.CODE: controls.CodeSettings(),
    controls.COMPRESSION: controls.CompressionSettings(),
    controls.RESTORATION: controls.RestorationSettings(),
    controls.ANOMALIES: controls.AnomalySettings(),
    controls.RETRIEVAL: controls.RetrievalSettings(),
    controls.VAE: controls.VaeSettings(),
    controls.SAMPLING: controls.SamplingSettings(),
}


@dataclass(eq=False)
class Kept:
    """A run of the list."""

    number: int
    name: str
    colour: int
    last: Progress = field(repr=False)


class Session(Work):
    """One visit's trainings, by purpose: the newest one asked for goes first, others wait."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Kept] = []
        self.states: dict[str, Any] = {}  # the newest of each purpose
        self.done: dict[str, Any] = {}  # the newest that ended with something to use
        self.asked: dict[str, Any] = {}  # what each was asked for with
        self.steering: dict[str, Steering] = {}
        self.settings: dict[str, Any] = dict(FIRST)  # of each view, as they stand
        self.digit: np.ndarray | None = None  # float32 (28, 28): what is drawn
        self.mask: np.ndarray | None = None  # bool (28, 28): what is rubbed out of it
        self.examples: list[np.ndarray] = []  # held-back digits, damaged and restored
        self.painted = ""  # the picture that is rubbed on
        self.code: np.ndarray | None = None  # (d,), as its bars were dragged
        self.face: np.ndarray | None = None  # uint8 (64, 64, 3) ...
        self.doubt = ""  # ... and a sentence where it is hardly one
        self.memo: dict[Any, Any] = {}  # what was computed of the newest models
        self.changed: set[str] = set(VIEWS)  # views whose drawing is old
        self.opened: set[str] = {controls.TRAIN}
        self._going: dict[str, Iterator[Any]] = {}
        self._count = self._asks = 0

    # --- what is to be trained -------------------------------------------------------------------
    def ask(self, name: str, settings: Any) -> bool:
        """Train this next; what is under way waits, and goes on after it. False where it is there
        already, or is under way, with these settings."""
        with self.lock:
            is_same = self.asked.get(name) == settings
            if is_same and (self.waiting[:1] == [name] or self._is_there(name)):
                return False
            if not is_same:
                self._drop(name)
                self.asked[name] = settings
                self.done.pop(name, None)
                self.states.pop(name, None)
            known = [one for one in self.plan if one[0] == name]
            first = known[0] if known else (name, self._make_start(name, settings))
            self.plan = [first, *(one for one in self.plan if one[0] != name)]
            self.token.renew()
            self.changed.update(SHOWN_IN[name])
            return True

    def _is_there(self, name: str) -> bool:
        return name in self.done and name not in self.waiting

    def count_asks(self) -> int:
        """A number that was never given before: each makes a turn of its own."""
        with self.lock:
            self._asks += 1
            return self._asks

    def again(self, name: str, settings: Any) -> None:
        """Train it anew, whatever is there."""
        with self.lock:
            self.forget(name)
            self.ask(name, settings)

    def forget(self, *names: str) -> None:
        """What was asked for with these names does not count any more."""
        for name in names:
            self.asked.pop(name, None)

    def _make_start(self, name: str, settings: Any) -> Callable[[], Iterator[Any]]:
        """How it is begun; what turns it is there before that."""
        steering = self.steering[name] = Steering()

        def start() -> Iterator[Any]:
            begin = cvcore.autoencoders.train
            if name == SWEEP:
                begin = cvcore.autoencoders.compare_compression
            return begin(settings, steering=steering, waits=True)

        return start

    def _drop(self, name: str) -> None:
        """What is under way for this purpose ends, and is not kept."""
        steps = self._going.pop(name, None)
        if steps is not None:
            steps.close()
        self.plan = [one for one in self.plan if one[0] != name]
        if name == PLAIN and self.kept and not self.kept[-1].last.done:
            self.kept.pop()

    def step(self) -> bool:
        with self.lock:
            if not self.plan:
                return False
            name, start = self.plan[0]
            if name not in self._going:
                self._going[name] = start()
            self._take_next(name)
            return True

    def _take_next(self, name: str) -> None:
        try:
            state = next(self._going[name])
        except BaseException:
            self._drop(name)
            raise
        self.take(name, state)
        if state.done:
            self._going.pop(name).close()
            self.plan = [one for one in self.plan if one[0] != name]

    def end(self) -> None:
        """Nothing goes on; what was under way ends at its next step, and is kept as it is."""
        with self.lock:
            self.plan = []
            for name in list(self._going):
                self.steering[name].stop()
                while name in self._going:
                    self._take_next(name)

    def drop_stopped(self, *kept: str) -> None:
        """What was stopped for other views is trained anew when these are opened again."""
        with self.lock:
            for name in [*self.done]:
                if name not in (PLAIN, *kept) and self.done[name].stopped:
                    self.forget(name)
                    self.done.pop(name)
                    self.states.pop(name, None)
                    self.changed.update(SHOWN_IN[name])

    def take(self, name: str, state: Any) -> None:
        self.states[name] = state
        self.changed.update(SHOWN_IN[name])
        if name == PLAIN:
            self._keep(state)
        if state.done and (name == SWEEP or state.model is not None):
            self.done[name] = state
            self.memo = {}
            if name == PLAIN:
                self.code = None

    # --- what there is ---------------------------------------------------------------------------
    def model(self, name: str) -> Any:
        """The newest model for this purpose; None before there is one."""
        done = self.done.get(name)
        return None if done is None else done.model

    def is_under_way(self, name: str) -> bool:
        return name in self.waiting

    def remember(self, model: Any, key: Any, compute: Callable[[], Any]) -> Any:
        """What hangs on a model, computed once; the last few such things are kept."""
        memo = self.memo  # another takes its place as soon as there is a newer model
        found = memo.get((model, key))
        if found is None:
            found = compute()
            for old in list(memo)[: max(0, len(memo) - MOST_REMEMBERED + 1)]:
                memo.pop(old, None)
            memo[model, key] = found
        return found

    def digits(self) -> np.ndarray:
        """Ten held-back digits, float32 (10, 28, 28), one of each kind."""
        for name in (PLAIN, RESTORER, VARIATIONAL):
            if name in self.states:
                return self.states[name].pictures
        return np.zeros((10, SIDE, SIDE), np.float32)

    def choose_digit(self, number: float) -> np.ndarray:
        """What is drawn; else one of the held-back digits."""
        return self.digit if self.digit is not None else self.digits()[int(number)]

    # --- the runs --------------------------------------------------------------------------------
    def _keep(self, state: Progress) -> None:
        """A run takes its place in the list as it begins; of seven the oldest one goes."""
        if self.kept and not self.kept[-1].last.done:
            self.kept[-1].last = state
            return
        self.kept = self.kept[-(MOST - 1) :]
        self._count += 1
        colour = next(c for c in range(MOST + 1) if all(c != one.colour for one in self.kept))
        self.kept.append(
            Kept(self._count, self._free_name(describe(state.settings)), colour, state)
        )

    def _free_name(self, name: str) -> str:
        taken, free, count = {one.name for one in self.kept}, name, 1
        while free in taken:
            count += 1
            free = f"{name} ({count})"
        return free

    def remove(self, number: Any) -> None:
        """Take a run out of the list."""
        for one in self.kept:
            if one.number == number:
                if not one.last.done:
                    raise InputError("This run is under way: stop it first.")
                self.kept.remove(one)
                self.changed.add(controls.TRAIN)
                return
        raise InputError(OTHER_RUN)


def describe(settings: Settings) -> str:
    """A name for a run."""
    words = [f"{settings.network} {settings.bottleneck}", settings.loss.upper()]
    usual = Settings()
    if settings.epochs != usual.epochs:
        words.append(f"{settings.epochs} epochs")
    if settings.rate != usual.rate:
        words.append(f"rate {settings.rate:g}")
    if settings.examples != usual.examples:
        words.append(f"{settings.examples} digits")
    if settings.batch_size != usual.batch_size:
        words.append(f"batch {settings.batch_size}")
    if settings.seed != usual.seed:
        words.append(f"seed {settings.seed}")
    return ", ".join(words)

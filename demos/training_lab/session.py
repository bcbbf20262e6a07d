"""What one visit keeps of its trainings: what is still to be trained, and the runs so far."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any

import cvcore
from cvcore.core.errors import InputError
from cvcore.training_lab.presets import PRESETS
from cvcore.training_lab.progress import Progress, Steering
from cvcore.training_lab.settings import Settings
from demos import lesson

MOST = 6  # runs kept
OTHER_RUN = "There is no such run any more: choose one of those that are listed."
NO_RUN = "There is no run yet: press Start."
LONGEST_NAME = 40  # letters
OWN_PICTURES = "own"
DATA = {
    "digits": "digits", "clothes": "clothes, grey 28 × 28", "colour": "clothes, colour 64 × 64",
    OWN_PICTURES: "your own, grey 28 × 28",
}  # fmt: skip
NO_OWN = (
    "There are no pictures of your own yet: teach two classes with the webcam in Live, or choose a "
    ".zip file of folders in Transfer."
)
NETWORKS = {
    "linear": "linear", "mlp": "MLP", "simple_cnn": "SimpleCNN", "digits_cnn": "digits convnet",
    "residual": "residual",
}  # fmt: skip


@dataclass(frozen=True)
class TrainingSettings(Settings):
    """How a training goes, and on which pictures."""

    data: str = "digits"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.data not in DATA:
            raise InputError(
                f"There are no pictures of this kind: choose one of {', '.join(DATA)}."
            )

    def plain(self) -> Settings:
        """As the package takes them."""
        return Settings(**{one.name: getattr(self, one.name) for one in fields(Settings)})


def load_data(name: str, own: Any = None) -> Any:
    """The bundled pictures of this kind, or the visitor's ``own``; InputError without any."""
    lab = cvcore.training_lab
    if name == OWN_PICTURES:
        if own is None:
            raise InputError(NO_OWN)
        return own
    if name in ("digits", "paper"):
        return lab.load_digits() if name == "digits" else lab.load_paper()
    return lab.load_clothes("colour" if name == "colour" else "grey")


@dataclass
class Task:
    """A run to be trained, or to be gone on with."""

    name: str
    settings: Settings
    bundle: str = ""  # the name of the runs that are shown as one, which differ in their seed
    resume: Any = field(default=None, repr=False)
    seconds: float = 0.0  # it has been at work so far
    vary: Any = None  # how pictures are varied at each step, beside what the settings say


@dataclass(eq=False)
class Kept:
    """A run of the list, or several that differ in their seed alone."""

    number: int
    name: str
    colour: int
    data: str
    bundle: str = ""
    members: list[Progress] = field(default_factory=list, repr=False)
    is_shown: bool = True
    is_training: bool = False
    is_open: bool = False  # its last member is under way
    before: list[Progress] = field(default_factory=list, repr=False)  # what is gone on with
    seconds: float = 0.0
    initial: Any = field(default=None, repr=False)  # the first layer as the run began
    own: Any = field(default=None, repr=False)  # the visitor's pictures that it was trained on

    @property
    def last(self) -> Progress:
        return self.members[-1]

    def load(self) -> Any:
        """The pictures that it was trained on."""
        return load_data(self.data, self.own)


class Session:
    """One visit's runs. What is worked on changes it as it goes: it is never copied."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.current: Kept | None = None  # the one whose filters and mistakes are shown
        self.plan: list[Task] = []  # the first one is at work, or waits for its turn
        self.own: Any = None  # the visitor's pictures, as small networks take them
        self.data = "digits"  # of the plan ...
        self.planned: Any = None  # ... and its own pictures: those that come later are for others
        self.shows, self.look_for = "", ""
        self.steering: Steering | None = None
        self.token = lesson.RunToken()
        self.working: object = None  # the token under which a training is at work
        self.idle = threading.Event()
        self.idle.set()
        self.lock = threading.RLock()
        self._count = 0
        self.saved = 0  # files

    def __deepcopy__(self, _: Any) -> "Session":
        return Session()  # as Gradio makes each visit its own

    # --- what is to be trained -------------------------------------------------------------------
    def begin(self, tasks: list[Task], data: str, *, preset: str = "") -> None:
        """Train these next; what is under way ends at its next step, and is not kept.

        InputError, and all stays as it was, where there are no pictures of one's own yet.
        """
        chosen = PRESETS.get(preset)
        own = load_data(data, self.own) if data == OWN_PICTURES else None
        with self.lock:
            self.token.renew()
            self.drop_unfinished()
            self.plan, self.data, self.planned = tasks, data, own
            self.shows, self.look_for = (chosen.shows, chosen.look_for) if chosen else ("", "")
            if chosen:
                for one in self.kept:
                    one.is_shown = False

    def load(self) -> Any:
        """The pictures of the plan."""
        return load_data(self.data, self.planned)

    def stop(self) -> None:
        """What is at work ends after its step; what waits is not begun."""
        with self.lock:
            self.plan = []
            if self.steering is not None:
                self.steering.stop()
            elif self.current is not None and self.current.is_training:  # between two turns
                self.current.is_training = self.current.is_open = False
                self.current.before = []

    def drop_unfinished(self) -> None:
        """What is under way is not kept; a run that was gone on with is as it was before."""
        for one in [one for one in self.kept if one.is_training]:
            one.is_training = False
            if one.is_open:
                one.members.pop()
                one.members += one.before
            one.is_open, one.before = False, []
            if not one.members:
                self.remove(one.number)

    def steer(self, **values: Any) -> None:
        """Turn what is at work, or what waits for its turn."""
        trial = Steering()
        trial.set(**values)  # said at once where a value cannot be
        if self.steering is not None:
            self.steering.set(**values)
        elif self.plan:
            self.plan[0].settings = trial.take(self.plan[0].settings)

    @contextmanager
    def at_work(self) -> Iterator[Steering]:
        steering = self.steering = Steering()
        self.idle.clear()
        try:
            yield steering
        finally:
            if self.steering is steering:  # no later run has begun
                self.steering = None
                self.idle.set()

    # --- the runs --------------------------------------------------------------------------------
    def note(self, task: Task, progress: Progress, mine: object) -> bool:
        """How a run stands: it takes its place in the list as it begins. False once another has
        been asked for."""
        with self.lock:
            if self.token.newest is not mine:
                return False
            one = self.current
            if one is None or not one.is_training:
                one = self._place(task)
            if one.is_open:
                one.members[-1] = keep_measured(one.last, progress)
            else:
                one.members.append(progress)
                one.is_open = True
            one.seconds = task.seconds + progress.seconds
            if not progress.step:
                one.initial = progress.filters
            return True

    def _place(self, task: Task) -> Kept:
        """The run's own place, that of the bundle which it belongs to, or that of the run which is
        gone on with."""
        one = self.current
        if one is not None and one.members and task.resume is not None:
            if one.last.run is task.resume:
                one.before, one.is_open = [one.last], True
        elif one is None or not task.bundle or one.bundle != task.bundle:
            one = None
        if one is None:
            one = self.add(task.bundle or task.name, self.data, bundle=task.bundle)
            one.own = self.planned
        one.is_training = True
        return one

    def add(self, name: str, data: str, *, bundle: str = "") -> Kept:
        """A new run, with a name and a colour that no other has; of seven the oldest one goes."""
        while len(self.kept) >= MOST:
            hidden = [one for one in self.kept if not one.is_shown]
            self.remove((hidden or self.kept)[0].number)
        self._count += 1
        colour = next(c for c in range(MOST + 1) if all(c != one.colour for one in self.kept))
        one = Kept(self._count, self._free_name(name), colour, data, bundle)
        self.kept.append(one)
        self.current = one
        return one

    def _free_name(self, name: str) -> str:
        taken, free, count = {one.name for one in self.kept}, name, 1
        while free in taken:
            count += 1
            free = f"{name} ({count})"
        return free

    def finish(self, task: Task) -> None:
        """The run has ended: only the last of a bundle keeps its weights."""
        one = self.current
        if one is None or not one.is_training:
            return
        one.is_training = one.is_open = False
        one.before = []
        if task.bundle:
            one.members[:-1] = [replace(member, run=None) for member in one.members[:-1]]

    def find(self, number: Any) -> Kept:
        """The run of this number; InputError if it is gone."""
        for one in self.kept:
            if one.number == number:
                return one
        raise InputError(OTHER_RUN)

    def remove(self, number: Any) -> None:
        one = self.find(number)
        if one.is_training:
            raise InputError("This run is under way: stop it first.")
        self.kept.remove(one)
        if self.current is one:
            self.current = self.kept[-1] if self.kept else None

    def rename(self, number: Any, name: Any) -> None:
        one = self.find(number)
        name = " ".join(str(name or "").split())[:LONGEST_NAME]
        if not name:
            raise InputError("A run needs a name: type one.")
        if name != one.name:
            one.name = self._free_name(name)

    def check_done(self) -> Kept:
        """The run that is looked at, once it has ended; InputError before."""
        if self.current is None or not self.current.members:
            raise InputError(NO_RUN)
        if self.current.is_training or self.current.last.run is None:
            raise InputError("This run is under way: stop it first.")
        return self.current


def keep_measured(before: Progress, now: Progress) -> Progress:
    """A run that goes on has no mistakes of its own until its next validation: those before."""
    if len(now.confusion):
        return now
    names = ("confusion", "worst_indices", "worst_losses", "worst_answers")
    return replace(now, **{name: getattr(before, name) for name in names})


def plan_runs(preset: str, settings: TrainingSettings) -> tuple[list[Task], str, str]:
    """The tasks for these settings, their data and the preset whose runs they are, if any."""
    chosen = PRESETS.get(preset)
    if chosen and settings.data == "digits" and settings.plain() == chosen.runs[0][1]:
        tasks = []
        for label, one in chosen.runs:
            bundle, is_seed, _ = label.rpartition(", seed ")
            if label.replace(".", "").isdigit():
                label = f"{preset.removesuffix('s')} {label}"
            tasks.append(Task(label, one, f"{preset} {bundle}" if is_seed else ""))
        return tasks, "digits", preset
    return [Task(describe(settings), settings.plain())], settings.data, ""


def describe(settings: TrainingSettings) -> str:
    """A name for a run: its network, and what else is not as the lesson opens."""
    usual, words = Settings(), [NETWORKS[settings.network]]
    if settings.data != "digits":
        words.append("own pictures" if settings.data == OWN_PICTURES else settings.data)
    said = {
        "rate": "rate {:g}", "dropout": "dropout {:g}", "weight_decay": "decay {:g}",
        "optimiser": "{}", "examples": "{} pictures", "epochs": "{} epochs",
        "batch_size": "batch {}", "width": "width {:g}", "norm": "{} norm",
        "initialisation": "{} start", "schedule": "{}", "loss": "{}", "augmentation": "{}",
        "seed": "seed {}",
    }  # fmt: skip
    for name, text in said.items():
        value = getattr(settings, name)
        if value != getattr(usual, name):
            shown = value.replace("_", " ") if isinstance(value, str) else value
            words.append(text.format(shown))
    return ", ".join(words[:4])[:LONGEST_NAME]

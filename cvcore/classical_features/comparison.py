"""Classifiers on one task, one after the other: accuracy, seconds, milliseconds, lines of code."""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from cvcore.classical_features import hog_svm, programs
from cvcore.classical_features.programs import CLASSIFIERS, CONVNET, FEATURES, HOG, PIXELS, WORDS
from cvcore.classical_features.tasks import Task, load_task
from cvcore.classical_features.threads import one_blas_thread
from cvcore.classical_features.visual_words import WordSettings, learn_codebook
from cvcore.core import streaming
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

ALL = (*CLASSIFIERS, CONVNET)
__all__ = ["ALL", "FEATURES", "Comparison", "ComparisonSettings", "Row", "compare"]


@dataclass(frozen=True)
class ComparisonSettings:
    """Who is compared on what."""

    task: str = "digits"
    examples: int | None = None  # to learn from; None: as usual
    features: str = HOG  # "pixels", "hog" or "words"; a convnet takes pixels
    classifiers: tuple[str, ...] = ALL


@dataclass(frozen=True, eq=False)
class Row:
    """How a classifier did."""

    name: str
    title: str
    features: str
    answers: np.ndarray = field(repr=False)  # (M,) int: of the held-back pictures
    accuracy: float
    train_seconds: float  # with the features of all pictures to learn from
    predict_milliseconds: float  # a picture, with its features, all at once
    program: str = field(repr=False)

    @property
    def lines(self) -> int:
        """Of the program."""
        return programs.count_lines(self.program)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Who is done, and who is under way."""

    task: Task = field(repr=False)
    rows: tuple[Row, ...]
    waiting: tuple[str, ...]  # names, the first is under way
    note: str = ""  # how far that is
    stopped: bool = False

    @property
    def done(self) -> bool:
        return self.stopped or not self.waiting

    def mistakes(self, name: str) -> np.ndarray:
        """Which held-back pictures this classifier got wrong."""
        for row in self.rows:
            if row.name == name:
                return np.flatnonzero(row.answers != self.task.held_back_labels)
        raise InputError("This classifier is not done: wait for its row, or press Start.")


@undisturbed
def compare(settings: ComparisonSettings | None = None) -> Iterator[Comparison]:
    """Train and test one classifier after the other, a ``Comparison`` after each, and after each
    pass of the convnet. Closing the iterator ends it at the next step."""
    settings = settings or ComparisonSettings()
    programs.check_features(settings.features)
    names = tuple(dict.fromkeys(programs.check_classifier(one) for one in settings.classifiers))
    if not names:
        raise InputError("There is no classifier to compare: choose at least one.")
    task = load_task(settings.task, settings.examples)

    def work(slot: streaming.Slot[Comparison]) -> None:
        state = Comparison(task, (), names)
        slot.put(state)
        features = None
        for name in names:
            if slot.is_closed():
                break
            if name == CONVNET:
                row = _run_convnet(task, slot, state)
            else:
                with one_blas_thread():
                    features = features or Features(task, settings.features)
                    row = run_classifier(name, features)
            if row is None:
                break
            state = replace(state, rows=(*state.rows, row), waiting=state.waiting[1:])
            if state.waiting:
                slot.put(state)
        slot.put(state if not state.waiting else replace(state, stopped=True))

    yield from streaming.stream(work, name="comparison of classifiers", waits=True)


class Features:
    """Numbers for all pictures of a task, made once, and how long that took."""

    def __init__(self, task: Task, kind: str) -> None:
        self.task, self.kind = task, kind
        begun = time.perf_counter()
        describe = self._learn()
        self.known = describe(task.pictures)
        self.train_seconds = time.perf_counter() - begun
        begun = time.perf_counter()
        self.held_back = describe(task.held_back)
        self.predict_seconds = time.perf_counter() - begun

    def _learn(self) -> Callable[[np.ndarray], np.ndarray]:
        if self.kind == PIXELS:
            return lambda pictures: pictures.reshape(len(pictures), -1)
        if self.kind == WORDS:
            return learn_codebook(self.task.pictures, WordSettings(programs.COUNT)).describe
        cell = programs.CELL[self.task.side]
        return lambda pictures: hog_svm.compute_hog(pictures, cell)


def run_classifier(name: str, features: Features) -> Row:
    """Train one of ``CLASSIFIERS``, and have it answer."""
    task, model = features.task, CLASSIFIERS[name].build()
    begun = time.perf_counter()
    with warnings.catch_warnings():  # a linear SVM of raw pixels ends before it has settled
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features.known, task.labels)
    trained = time.perf_counter()
    answers = model.predict(features.held_back)
    ended = time.perf_counter()
    return _make_row(
        name, CLASSIFIERS[name].title, features.kind, task, answers,
        (trained - begun + features.train_seconds, ended - trained + features.predict_seconds),
    )  # fmt: skip


def _run_convnet(task: Task, slot: streaming.Slot[Comparison], state: Comparison) -> Row | None:
    """The row of the convnet; None where it was stopped."""
    from cvcore.classical_features import small_convnet
    from cvcore.engine.device import one_thread

    passes, seconds = small_convnet.LAST_PASS[task.side], 0.0
    network = small_convnet.build_network(task.side, len(task.classes))
    steps = small_convnet.train_network(network, task.pictures, task.labels, passes)
    for done in range(1, passes + 1):
        with one_thread():
            begun = time.perf_counter()
            loss = next(steps)
            seconds += time.perf_counter() - begun
        if slot.is_closed():
            return None
        slot.put(replace(state, note=f"pass {done} of {passes}, loss {loss:.2f}"))
    with one_thread():
        begun = time.perf_counter()
        answers = small_convnet.predict(network, task.held_back)
        ended = time.perf_counter()
    return _make_row(
        CONVNET, programs.CONVNET_TITLE, PIXELS, task, answers,
        (seconds, ended - begun),
    )  # fmt: skip


def _make_row(
    name: str, title: str, features: str, task: Task, answers: np.ndarray,
    seconds: tuple[float, float],
) -> Row:  # fmt: skip
    program = programs.write_program(name, task.name, len(task.labels), features, task.side)
    return Row(
        name, title, features, answers, float((answers == task.held_back_labels).mean()),
        seconds[0], 1000 * seconds[1] / len(answers), program,
    )  # fmt: skip

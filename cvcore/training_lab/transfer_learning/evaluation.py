"""What each way is worth with how many pictures, and what is wrong when each is left out once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from cvcore.core.checks import check_whole, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Data
from cvcore.training_lab.progress import Steering
from cvcore.training_lab.transfer_learning import backbone
from cvcore.training_lab.transfer_learning.settings import MAX_PER_CLASS, WAYS, TransferSettings
from cvcore.training_lab.transfer_learning.training import transfer

COUNTS = (1, 2, 5, 10, 20)
RIDGE = 0.1  # of the features' mean square, after their mean is taken off


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Accuracy against the number of pictures a class, as far as it is measured."""

    ways: tuple[str, ...]
    counts: tuple[int, ...]
    """Pictures a class, as far as there are."""
    accuracy: np.ndarray = field(repr=False)
    """float64 (ways, counts), 0 to 1, on all that is held back; NaN where not measured yet."""
    seconds: np.ndarray = field(repr=False)  # (ways, counts) that a training took
    held_back: int
    """Pictures that each share is measured on."""
    done: bool = False


@undisturbed
def measure_learning_curve(
    data: Data,
    *,
    ways: Sequence[str] = tuple(WAYS),
    counts: Sequence[int] = COUNTS,
    seed: int = 0,
    steering: Steering | None = None,
) -> Iterator[LearningCurve]:
    """Train each way with 1, 2, 5 ... pictures a class; yields after each, the last one ``done``.

    One way comes after the other, as they are given; of each the fewest pictures come first, and
    are among those of the next count. Counts (1 to 1000) beyond what the smallest class has are
    left out. Close the iterator to stop, or ``steering``.
    """
    for way in ways:
        if way not in WAYS:
            raise InputError(f"There is no way {show(way)}: choose one of {', '.join(WAYS)}.")
    whole = [check_whole("The number of pictures a class", n, 1, MAX_PER_CLASS) for n in counts]
    most = int(np.bincount(data.training.labels.numpy(), minlength=len(data.classes)).min())
    fit = tuple(sorted({n for n in whole if n <= most} or {most}))
    accuracy = np.full((len(ways), len(fit)), np.nan)
    seconds = np.full((len(ways), len(fit)), np.nan)
    held = len(data.validation) + len(data.test)
    share = len(data.test) / held
    steering = steering or Steering()

    def tell(done: bool = False) -> LearningCurve:
        return LearningCurve(tuple(ways), fit, accuracy.copy(), seconds.copy(), held, done)

    yield tell()
    for row, way in enumerate(ways):
        for column, count in enumerate(fit):
            settings = TransferSettings(way=way, per_class=count, seed=seed)
            for last in transfer(settings, data, steering=steering):
                if not last.done:
                    yield tell()  # so that it can be closed here
            if steering.stopping:
                yield tell(True)
                return
            assert last.test is not None
            own = last.validation_accuracy[-1]
            accuracy[row, column] = share * last.test.accuracy + (1 - share) * own
            seconds[row, column] = last.seconds
            yield tell()
    yield tell(True)


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Each picture's answer by a head that was fitted to all the others."""

    classes: tuple[str, ...]
    labels: np.ndarray = field(repr=False)  # int64 (N,)
    answers: np.ndarray = field(repr=False)  # int64 (N,)
    scores: np.ndarray = field(repr=False)  # float64 (N, K), about 0 to 1
    confusion: np.ndarray  # int64 (K, K) by truth (rows) and answer (columns)

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1."""
        return float((self.labels == self.answers).mean())

    def find(self, truth: int, answer: int) -> np.ndarray:
        """Indices int64 of the pictures behind a cell of the confusion matrix."""
        return np.flatnonzero((self.labels == truth) & (self.answers == answer))


@undisturbed
def leave_one_out(data: Data) -> LeaveOneOut:
    """Leave each training picture out once, on frozen features, in closed form.

    The head is a linear one with a constant, fitted by least squares with a small ridge (a tenth of
    the features' mean square): a picture's residual without it is its residual with it, divided by
    1 - h, where h is its own weight in its fit (Allen, Technometrics 1974). That is exactly what
    fitting anew without it gives. Indices are those of ``data.training``.
    """
    *_, parts = backbone.prepare(data, backbone.POOLED)
    assert not isinstance(parts, float)
    training = parts[0]
    x = training.pictures.double().numpy()
    labels = training.labels.numpy()
    scores = leave_out(x, np.eye(len(data.classes))[labels])
    answers = scores.argmax(axis=1)
    confusion = np.zeros((len(data.classes),) * 2, np.int64)
    np.add.at(confusion, (labels, answers), 1)
    return LeaveOneOut(data.classes, labels, answers, scores, confusion)


def leave_out(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """What is fitted to each row of targets (N, K) when features (N, D) lack that row; (N, K)."""
    centred = features - features.mean(axis=0)
    kernel = centred @ centred.T
    count = len(features)
    ridge = max(RIDGE * np.trace(kernel) / count, 1e-12)
    inverse = np.linalg.inv(kernel + ridge * np.eye(count))
    hat = kernel @ inverse + 1 / count
    own = np.diag(hat)[:, None]
    return targets - (targets - hat @ targets) / np.maximum(1 - own, 1e-12)

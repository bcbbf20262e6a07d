"""Anomaly detection: what an autoencoder has not learnt comes back badly.

Taught one digit alone, its error tells others apart (as Sakurada and Yairi, "Anomaly Detection
Using Autoencoders", 2014, with machines' measurements).
"""

from dataclasses import dataclass, field

import numpy as np

from cvcore.autoencoders.model import Model
from cvcore.autoencoders.pictures import choose_kind, to_array
from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import load_digits

ALLOWED = 0.95  # share of known validation digits below the threshold


@dataclass(frozen=True, eq=False)
class Anomalies:
    """Errors of held-back test digits of the kind that was taught, and of all others."""

    only: int
    """The digit that was taught."""
    known: np.ndarray = field(repr=False)  # float64 (K,), mean squared difference a pixel
    unknown: np.ndarray = field(repr=False)  # (U,)
    unknown_labels: np.ndarray = field(repr=False)  # int64 (U,)
    threshold: float
    """An error above it is called an anomaly."""
    thresholds: np.ndarray = field(repr=False)
    """(T,): from infinity down to the least error, those of the curve."""
    false_alarms: np.ndarray = field(repr=False)  # (T,) share of known ones above
    hits: np.ndarray = field(repr=False)  # (T,) share of unknown ones above
    auc: float
    """Area under the ROC: the chance that an unknown digit's error is the greater of two."""

    @property
    def hit_rate(self) -> float:
        """The share of unknown digits that are found at the threshold."""
        return float((self.unknown > self.threshold).mean())

    @property
    def false_alarm_rate(self) -> float:
        """The share of known digits that are called unknown at the threshold."""
        return float((self.known > self.threshold).mean())

    @property
    def missed(self) -> float:
        """The share of unknown digits that are taken for known at the threshold."""
        return 1 - self.hit_rate

    def judge(self, error: float) -> bool:
        """Whether a digit with this error is an anomaly."""
        return bool(error > self.threshold)


@undisturbed
def detect_anomalies(model: Model, *, threshold: float | None = None) -> Anomalies:
    """Errors of known and unknown test digits, the threshold between them, and the ROC.

    The threshold is, unless it is given (0 to 1), that below which 95 % of the validation digits of
    the known kind lie: no unknown digit has a part in it. ``InputError`` for a model that was
    taught all digits.
    """
    only = model.settings.only
    if only is None:
        raise InputError("This network was taught all ten digits: train one on one digit alone.")
    data = load_digits()
    if threshold is None:
        held = model.measure_errors(to_array(choose_kind(data.validation, only).pictures))
        threshold = float(np.quantile(held, ALLOWED))
    threshold = check_setting("The threshold", threshold, 0, 1)
    errors = model.measure_errors(to_array(data.test.pictures))
    labels = data.test.labels.numpy()
    known, unknown = errors[labels == only], errors[labels != only]
    thresholds, false_alarms, hits = compute_roc(known, unknown)
    return Anomalies(
        only=only, known=known, unknown=unknown, unknown_labels=labels[labels != only],
        threshold=threshold, thresholds=thresholds, false_alarms=false_alarms, hits=hits,
        auc=compute_auc(known, unknown),
    )  # fmt: skip


def compute_roc(
    known: np.ndarray, unknown: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thresholds (T,) from infinity down, false alarms (T,) and hits (T,), the shares of errors
    of either kind that are at least the threshold."""
    thresholds = np.concatenate([[np.inf], np.unique(np.concatenate([known, unknown]))[::-1]])
    false_alarms, hits = (
        1 - np.searchsorted(np.sort(errors), thresholds, side="left") / len(errors)
        for errors in (known, unknown)
    )
    return thresholds, false_alarms, hits


def compute_auc(known: np.ndarray, unknown: np.ndarray) -> float:
    """The share of pairs in which the unknown one's error is greater; equal ones count half."""
    ordered = np.sort(known)
    below = np.searchsorted(ordered, unknown, side="left")
    upto = np.searchsorted(ordered, unknown, side="right")
    return float((below + upto).mean() / 2 / len(known))

"""Telling "none of these" from the logits: a classifier must choose one of its classes, even for
a picture of something else, but its logits are often lower then.

Softmax hides this, because it only looks at differences between logits. Two scores keep it: the
greatest logit (Hendrycks et al., "Scaling Out-of-Distribution Detection for Real-World
Settings", ICML 2022, arXiv:1911.11132) and the negative free energy (Liu et al., "Energy-based
Out-of-distribution Detection", NeurIPS 2020, arXiv:2010.03759).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from cvcore.core.checks import to_number
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier

SCORES = {"max_logit": "Greatest logit", "energy": "Energy: log of the sum of all exponentials"}
SIDE = 256
SHARE_OF_NOTHING = 0.95  # of the pictures of nothing, this share falls below the threshold


@dataclass(frozen=True)
class Verdict:
    """Whether a picture's score is high enough for its first class to be believed."""

    kind: str
    score: float
    threshold: float

    @property
    def is_none_of_these(self) -> bool:
        return self.score < self.threshold


@undisturbed
def compute_score(logits: np.ndarray, kind: str = "max_logit") -> np.ndarray:
    """A score (...) from logits (..., C); the higher, the more the picture is like a known class.

    "max_logit" is ``max_i z_i``; "energy" is ``log sum_i exp(z_i)``, the free energy with its sign
    turned.
    """
    z = np.asarray(logits, np.float64)
    greatest = z.max(axis=-1)
    if kind == "max_logit":
        return greatest
    if kind == "energy":
        return greatest + np.log(np.exp(z - greatest[..., None]).sum(axis=-1))
    raise InputError(f"There is no score {kind!r}: choose one of {', '.join(SCORES)}.")


def judge(logits: np.ndarray, *, kind: str = "max_logit", threshold: float) -> Verdict:
    """Compare the score of logits (C,) with a threshold.

    Raises ``InputError`` when the threshold is no finite number.
    """
    limit = to_number(threshold)
    if not np.isfinite(limit):
        raise InputError('Choose a finite number as the limit for "none of these".')
    return Verdict(kind, float(compute_score(logits, kind)), limit)


@cache
@undisturbed
def suggest_threshold(model: str = classifier.DEFAULT_MODEL, *, kind: str = "max_logit") -> float:
    """The score that 95 % of ``make_nothing()``'s pictures stay below, by this model.

    Logits have another scale in each network, so each is asked itself.
    """
    return float(np.quantile(compute_score(_nothing_logits(model), kind), SHARE_OF_NOTHING))


@cache
def _nothing_logits(model: str) -> np.ndarray:
    return classifier.predict_logits(make_nothing(), model=model)


def make_nothing(*, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Forty pictures uint8 (256, 256, 3) that show nothing: plain colours, noise from fine to
    coarse, ramps, stripes and chequers."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    pictures = []
    for cells in (256, 128, 64, 32, 16, 8, 4, 2) * 2:  # noise; the fewer cells, the coarser
        noise = rng.integers(0, 256, (cells, cells, 3), np.uint8)
        resized = Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        pictures.append(np.asarray(resized))
    for _ in range(8):
        first, second = rng.integers(0, 256, (2, 3))
        pictures.append(_mix(np.zeros((SIDE, SIDE)), first, first))
        angle, waves = rng.uniform(0, np.pi), rng.uniform(1, 24)
        along = x * np.cos(angle) + y * np.sin(angle)
        pictures.append(_mix((along - along.min()) / np.ptp(along), first, second))
        pictures.append(_mix(0.5 + 0.5 * np.sin(2 * np.pi * waves * along), first, second))
    return tuple(pictures)


def _mix(share: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.rint(first + share[..., None] * (second - first)).astype(np.uint8)

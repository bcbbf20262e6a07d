"""What is seen of a siamese training while it goes on; without PyTorch."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cvcore.face_verification.siamese.scores import Separation
from cvcore.face_verification.siamese.settings import SiameseSettings

if TYPE_CHECKING:
    from cvcore.face_verification.siamese.model import SiameseModel

PULLED, PUSHED, LEFT = "pulled together", "pushed apart", "left alone"


@dataclass(frozen=True, eq=False)
class Shown:
    """A pair, or a triplet, that is looked at from the first step to the last."""

    pictures: np.ndarray = field(repr=False)
    """float32 (2, 28, 28) in [0, 1]; of a triplet (3, 28, 28): anchor, positive, negative."""
    digits: tuple[int, ...]
    distances: tuple[float, ...]
    """Of the pair, now; of a triplet from the anchor to the positive, and to the negative."""
    loss: float
    """0 where the loss pushes no more."""

    @property
    def is_same(self) -> bool:
        """Whether the first two are one digit, as a triplet's always are."""
        return self.digits[0] == self.digits[1]


@dataclass(frozen=True, eq=False)
class Tower:
    """A tower as a step goes through it: a picture, and what it adds to the one gradient."""

    role: str
    """"first" and "second", or "anchor", "positive" and "negative"."""
    digit: int
    picture: np.ndarray = field(repr=False)  # float32 (28, 28) in [0, 1]
    map: np.ndarray = field(repr=False)  # float32 (24, 24), what the filter finds in it
    embedding: np.ndarray  # float32 (D,) before the step
    moved: np.ndarray  # float32 (D,) after it
    gradient: np.ndarray = field(repr=False)
    """float32 (5, 5): of the step's loss by the filter's weights, through this tower alone."""


@dataclass(frozen=True, eq=False)
class Update:
    """What the newest step did to a filter of the first layer, which is one and all towers'."""

    filter: int
    """Which one: the one with the largest gradient in the training's first step."""
    before: np.ndarray = field(repr=False)  # float32 (5, 5)
    after: np.ndarray = field(repr=False)
    gradient: np.ndarray = field(repr=False)
    """float32 (5, 5), of the weights that all towers share: the sum of the towers' parts."""
    towers: tuple[Tower, ...]
    """Of the pair (two) or triplet (three) of this step with the greatest loss."""
    distances: tuple[float, ...]
    """Before the step, as in ``Shown``, and ..."""
    moved: tuple[float, ...]
    """... after it."""
    loss: float
    """Of this pair or triplet alone, before the step."""


@dataclass(frozen=True, eq=False)
class SiameseProgress:
    """Where a training stands; each state holds the curves from the first step on."""

    settings: SiameseSettings
    """As they stand: steering changes margin and rate."""
    step: int
    """Steps taken, 0 to ``total``."""
    total: int
    seconds: float
    """Since the start."""
    losses: np.ndarray = field(repr=False)  # float64 (step,) mean loss of each step
    active: np.ndarray = field(repr=False)
    """float64 (step,): share of the pairs, 0 to 1, whose loss was above 0 (of the cross-entropy
    all)."""
    seen_steps: np.ndarray = field(repr=False)  # int64 (S,) steps that had been taken
    known_auc: np.ndarray = field(repr=False)  # float64 (S,) of held-back pairs of known digits
    unseen_auc: np.ndarray = field(repr=False)  # (S,) of pairs of digits that are never shown
    plane: np.ndarray = field(repr=False)
    """float32 (P, 2): held-back digits where the network puts them; of more dimensions than two a
    projection on the two of the largest spread, turned to lie as the state before."""
    digits: np.ndarray = field(repr=False)  # int64 (P,)
    shown: tuple[Shown, ...] = field(repr=False)
    known: Separation = field(repr=False)
    unseen: Separation = field(repr=False)
    mark: float | None
    """The distance that the loss itself draws a line at: the contrastive margin, or where the
    cross-entropy's score is even. None for triplets, which compare two distances."""
    update: Update | None = field(repr=False)
    """None before the first step."""
    model: "SiameseModel" = field(repr=False)
    """The network as it stands, to be asked about drawings."""
    diverged: bool = False
    """The loss became no number: the training ended there. Not an error."""
    stopped: bool = False
    done: bool = False
    """The last state."""

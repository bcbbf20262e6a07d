"""How a siamese network is trained, as one frozen dataclass, and what steers it; no PyTorch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cvcore.core import checks
from cvcore.core.checks import check_seed, check_setting, check_whole, show
from cvcore.core.errors import InputError
from cvcore.core.steering import BaseSteering

LOSSES = {
    "contrastive": "contrastive",
    "triplet": "triplet",
    "cross_entropy": "cross-entropy on a similarity score",
}
UNSEEN = (8, 9)
"""The digits that no training is ever shown."""
KNOWN = tuple(digit for digit in range(10) if digit not in UNSEEN)
LEAST_MARGIN, MOST_MARGIN = 0.05, 5.0
MOST_RATE = 1.0
MOST_STEPS = 2000
MOST_PAIRS = 256
MOST_DIMENSIONS = 32


@dataclass(frozen=True)
class SiameseSettings:
    """How a training goes. Raises ``InputError``, one sentence, for a value that cannot be."""

    loss: str = "contrastive"
    """"contrastive" (Hadsell, Chopra and LeCun, CVPR 2006), "triplet" (Schroff et al., CVPR 2015)
    or "cross_entropy", binary, on a similarity score (Koch et al., 2015)."""
    mining: bool = True
    """Of triplets: whether negatives are semi-hard, not drawn at random."""
    margin: float = 1.0
    """0.05 to 5: of a pair a distance, of triplets a difference of two squared ones; the
    cross-entropy has none."""
    rate: float = 0.003
    """Learning rate of Adam, above 0 and at most 1."""
    pairs: int = 64
    """Pairs, or anchors with their positives, a step: 4 to 256, even."""
    steps: int = 200
    """1 to 2000."""
    dimensions: int = 2
    """Numbers in an embedding, 2 to 32."""
    seed: int = 1
    """Of the first weights and of the pairs."""

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise InputError(
                f"There is no loss {show(self.loss)}: choose one of {', '.join(LOSSES)}."
            )
        checked = {
            "mining": _check_mining(self.mining),
            "margin": check_margin(self.margin),
            "rate": check_rate(self.rate),
            "pairs": check_whole("The number of pairs a step", self.pairs, 4, MOST_PAIRS),
            "steps": check_whole("The number of steps", self.steps, 1, MOST_STEPS),
            "dimensions": check_whole(
                "The number of dimensions", self.dimensions, 2, MOST_DIMENSIONS
            ),
            "seed": check_seed(self.seed),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.pairs % 2:
            raise InputError(f"The number of pairs a step must be even, got {self.pairs}.")


def _check_mining(mining: Any) -> bool:
    if not isinstance(mining, bool | np.bool_):
        raise InputError(f"Mining is on (true) or off (false); got {show(mining)}.")
    return bool(mining)


def check_margin(margin: Any) -> float:
    """A margin from 0.05 to 5; ``InputError`` otherwise."""
    return check_setting("The margin", margin, LEAST_MARGIN, MOST_MARGIN)


def check_rate(rate: Any) -> float:
    """A learning rate above 0 and at most 1; ``InputError`` otherwise."""
    return checks.check_rate(rate, MOST_RATE)


class SiameseSteering(BaseSteering):
    """Turns a training while it runs; may be called from any thread, acts at the next step."""

    def set(self, *, margin: Any = None, rate: Any = None) -> None:
        """Another margin (0.05 to 5) or learning rate (above 0, at most 1), or ``InputError``."""
        asked: dict[str, Any] = {} if margin is None else {"margin": check_margin(margin)}
        if rate is not None:
            asked["rate"] = check_rate(rate)
        self._ask(asked)

"""What becomes of the learning rate, and when it has been no better for too long."""

import math
from dataclasses import asdict, dataclass

from cvcore.training_lab.settings import Settings

STEP_FACTOR = 0.1
WARM_UP = 0.3  # share of a one-cycle schedule in which the rate rises
FIRST, LAST = 1 / 25, 1 / (25 * 1e4)  # shares of the greatest rate at both ends of it


def share_at(settings: Settings, step: int, total: int) -> float:
    """Share of the rate that the schedule leaves at a step, 0 to ``total`` - 1.

    "step" (a tenth after each third), "cosine" (down to 0; Loshchilov and Hutter, 2017) and
    "one_cycle" (Smith and Topin, 2018) are PyTorch's StepLR, CosineAnnealingLR and OneCycleLR. A
    plateau's share hangs on what was measured: here it is 1.
    """
    if settings.schedule == "cosine":
        return (1 + math.cos(math.pi * step / total)) / 2
    if settings.schedule == "step":
        return STEP_FACTOR ** (step // max(1, math.ceil(total / 3)))
    if settings.schedule == "one_cycle":
        peak = WARM_UP * total - 1
        if step <= peak:
            return _anneal(FIRST, 1, step / peak if peak > 0 else 1)
        return _anneal(1, LAST, (step - peak) / (total - 1 - peak))
    return 1.0


def _anneal(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


@dataclass
class Patience:
    """Counts epochs without a better loss, as Keras' callbacks do."""

    most: int
    min_delta: float
    best: float = math.inf
    waited: int = 0

    def is_spent(self, loss: float) -> bool:
        """Take an epoch's loss; True when the last ``most`` were not better by ``min_delta``."""
        if loss < self.best - self.min_delta:
            self.best, self.waited = loss, 0
            return False
        self.waited += 1
        return self.waited >= self.most

    def to_dict(self) -> dict[str, float]:
        return asdict(self)

"""Blur, noise, rotation and brightness, from none to too much, and a classifier's answer to each.

After Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", ICLR 2019 (arXiv:1903.12261), with levels of our own: a curve needs more than five.
"""

from dataclasses import dataclass

import numpy as np

from cvcore.core import images
from cvcore.core.corruptions import get_corruption
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier

WORKING_SIDE = 256


@dataclass(frozen=True, eq=False)
class Curve:
    """A classifier's answers to one picture under one corruption at rising levels."""

    kind: str
    levels: np.ndarray  # (L,)
    logits: np.ndarray  # (L, C)
    clean: int  # which level changes nothing

    @property
    def winners(self) -> np.ndarray:
        """Class index int64 (L,) of the first place at each level."""
        return self.logits.argmax(axis=1)

    @property
    def safe_range(self) -> tuple[float, float]:
        """The least and greatest level reached from the clean one with the same first place."""
        same = self.winners == self.winners[self.clean]
        low = high = self.clean
        while low > 0 and same[low - 1]:
            low -= 1
        while high < len(same) - 1 and same[high + 1]:
            high += 1
        return float(self.levels[low]), float(self.levels[high])


@undisturbed
def robustness_curve(
    image: images.Picture, kind: str, *, model: str = classifier.DEFAULT_MODEL
) -> Curve:
    """A classifier's logits for a picture at every level of a corruption.

    Before it is spoiled the picture is brought to the size that the classifier works at (shorter
    side 256), so that a level means the same for a small photo and a large one. At the level that
    changes nothing the answer is ``predict_logits``' own.
    """
    corruption = get_corruption(kind)
    clean = corruption.levels.index(corruption.clean)
    small = to_working_size(image)
    spoiled = [
        corruption.apply(small, level) for level in corruption.levels if level != corruption.clean
    ]
    own = classifier.predict_logits([image], model=model)[0]
    logits = np.insert(classifier.predict_logits(spoiled, model=model), clean, own, axis=0)
    return Curve(kind, np.asarray(corruption.levels, np.float64), logits, clean)


def to_working_size(image: images.Picture) -> np.ndarray:
    """A picture with its shorter side at 256 and its longer side at 1,024 at most.

    What lies beyond a side ratio of 4 is cut off: the classifier's centre crop never sees it.
    """
    image = images.as_image(image)
    height, width = image.shape[:2]
    scale = WORKING_SIDE / min(height, width)
    keep_h = min(height, 4 * width)
    keep_w = min(width, 4 * height)
    top, left = (height - keep_h) // 2, (width - keep_w) // 2
    kept = image[top : top + keep_h, left : left + keep_w]
    height, width = (max(WORKING_SIDE, int(side * scale)) for side in kept.shape[:2])
    return images.resize(kept, (height, width))

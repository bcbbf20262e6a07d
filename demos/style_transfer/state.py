"""What a visit keeps of its painting step by step."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.style_transfer.options import StyleWeights


@dataclass
class LessonState:
    """What one visitor's run reads and leaves: the sliders as they stand, and the last step."""

    weights: StyleWeights | None = None
    step: Any = None  # a ``cvcore.style_transfer.StyleStep``
    pictures: str = ""  # the hash of photograph and style
    made_with: tuple[int, str] = (0, "")  # size and network
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def clear(self) -> None:
        self.step, self.curves = None, {"style": [], "content": [], "smoothness": []}

    def shows(self, image: np.ndarray, style: np.ndarray) -> bool:
        """True when the painting is of these two pictures."""
        return self.step is not None and self.pictures == hash_pictures(image, style)


def hash_pictures(*pictures: np.ndarray) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode())
        digest.update(np.ascontiguousarray(picture))
    return digest.hexdigest()

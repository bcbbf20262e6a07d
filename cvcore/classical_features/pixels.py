"""What the features of this lesson are measured in: a picture's greys, and places in it."""

import cv2
import numpy as np

from cvcore.core.images import Picture, as_image


def to_grey(image: Picture) -> np.ndarray:
    """uint8 (H, W): OpenCV's greys, 0.299 R + 0.587 G + 0.114 B."""
    return cv2.cvtColor(as_image(image), cv2.COLOR_RGB2GRAY)

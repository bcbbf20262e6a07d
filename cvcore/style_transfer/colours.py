"""The painting's brightness with the photograph's colours."""

import cv2
import numpy as np

from cvcore.core.images import Picture, as_image


def keep_colours(content: Picture, painted: Picture) -> np.ndarray:
    """``painted`` with the colours of ``content``, both uint8 (H, W, 3) of one size.

    In YCrCb the painting gives Y, the photograph Cr and Cb. Gatys et al., "Preserving Color in
    Neural Artistic Style Transfer", 2016 ("luminance-only transfer").
    """
    content, painted = as_image(content), as_image(painted)
    if content.shape != painted.shape:
        raise ValueError(f"Expected one size, got {content.shape} and {painted.shape}.")
    brightness = cv2.cvtColor(painted, cv2.COLOR_RGB2YCrCb)[..., :1]
    colours = cv2.cvtColor(content, cv2.COLOR_RGB2YCrCb)[..., 1:]
    return cv2.cvtColor(np.concatenate([brightness, colours], axis=-1), cv2.COLOR_YCrCb2RGB)

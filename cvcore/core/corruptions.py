"""Blur, noise, rotation and brightness, from none to too much.

After Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", ICLR 2019 (arXiv:1903.12261), with levels of our own: a curve needs more than
five.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from cvcore.core.checks import as_number, check_number, check_seed, check_setting, show
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image


@dataclass(frozen=True)
class Corruption:
    """A way to spoil a picture, with the levels at which a curve samples it."""

    title: str
    unit: str  # what a level counts
    clean: float  # the level that changes nothing
    levels: tuple[float, ...]  # rising; contains the clean level
    apply: Callable[[np.ndarray, float], np.ndarray] = field(repr=False)

    @property
    def limits(self) -> tuple[float, float]:
        return self.levels[0], self.levels[-1]


def blur(image: Picture, sigma: float) -> np.ndarray:
    """Gaussian blur of a picture; sigma in pixels (Pillow: three box filters)."""
    image = as_image(image)
    radius = check_setting("Sigma", sigma, 0, 1000)
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def add_noise(image: Picture, std: float, *, seed: int = 0) -> np.ndarray:
    """Add Gaussian noise to a picture; std as a share of the full range 0..255.

    One seed gives one pattern, so that a greater std shows the same grain, only stronger.
    """
    image = as_image(image)
    std = check_setting("The deviation", std, 0, 100)
    noise = np.random.default_rng(check_seed(seed)).standard_normal(image.shape, np.float32)
    return np.clip(np.rint(image + 255 * std * noise), 0, 255).astype(np.uint8)


def rotate(image: Picture, degrees: float) -> np.ndarray:
    """Turn a picture anticlockwise about its centre, its size unchanged.

    The corners are filled with the picture's own mirror image: black corners would be a second
    change, which the classifier would answer to as well.
    """
    image, degrees = as_image(image), check_number("The angle", degrees)
    height, width = image.shape[:2]
    pad = int(np.ceil((np.hypot(height, width) - min(height, width)) / 2)) + 1
    # "symmetric" goes on mirroring where the padding is wider than the picture
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    turned = Image.fromarray(padded).rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned)[pad : pad + height, pad : pad + width]


def change_brightness(image: Picture, factor: float) -> np.ndarray:
    """Multiply a picture by a factor; what exceeds 255 is cut off there."""
    image, factor = as_image(image), check_setting("The factor", factor, 0, 1000)
    return np.clip(np.rint(image * np.float32(factor)), 0, 255).astype(np.uint8)


CORRUPTIONS = {
    "blur": Corruption(
        "Blur", "sigma in pixels", 0, (0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12), blur
    ),
    "noise": Corruption(
        "Noise",
        "standard deviation, share of the range",
        0,
        (0, 0.02, 0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8),
        add_noise,
    ),
    "rotation": Corruption("Rotation", "degrees", 0, tuple(range(-180, 181, 30)), rotate),
    "brightness": Corruption(
        "Brightness",
        "factor",
        1,
        (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.35, 1.75, 2.25, 3, 4.5, 8),
        change_brightness,
    ),
}


def corrupt(image: Picture, kind: str, level: float) -> np.ndarray:
    """A spoiled copy of a picture; the level's unit is the corruption's own.

    Raises ``InputError`` for an unknown kind or a level outside the corruption's limits.
    """
    corruption = get_corruption(kind)
    low, high = corruption.limits
    number = as_number(level, low, high)
    if number is None:
        raise InputError(
            f"Choose a level between {low:g} and {high:g} for {corruption.title.lower()}, "
            f"got {show(level)}."
        )
    return corruption.apply(as_image(image), number)


def get_corruption(kind: str) -> Corruption:
    """The corruption of that name; ``InputError`` with the known names when there is none."""
    if kind not in CORRUPTIONS:
        raise InputError(f"There is no corruption {kind!r}; choose {', '.join(CORRUPTIONS)}.")
    return CORRUPTIONS[kind]

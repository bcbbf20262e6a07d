"""Blur, noise, rotation and brightness, from none to too much, and a classifier's answer to each.

After Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations", ICLR 2019 (arXiv:1903.12261), with levels of our own: a curve needs more than five.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from cvcore import classification, images
from cvcore.errors import InputError

WORKING_SIDE = 256


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


@dataclass(frozen=True)
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


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of a picture uint8 (H, W, 3); sigma in pixels (Pillow: three box filters)."""
    return np.asarray(Image.fromarray(image).filter(ImageFilter.GaussianBlur(sigma)))


def add_noise(image: np.ndarray, std: float, *, seed: int = 0) -> np.ndarray:
    """Add Gaussian noise to a picture uint8 (H, W, 3); std as a share of the full range 0..255.

    One seed gives one pattern, so that a greater std shows the same grain, only stronger.
    """
    noise = np.random.default_rng(seed).standard_normal(image.shape, np.float32)
    return np.clip(np.rint(image + 255 * std * noise), 0, 255).astype(np.uint8)


def rotate(image: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a picture uint8 (H, W, 3) anticlockwise about its centre, its size unchanged.

    The corners are filled with the picture's own mirror image: black corners would be a second
    change, which the classifier would answer to as well.
    """
    height, width = image.shape[:2]
    pad = int(np.ceil((np.hypot(height, width) - min(height, width)) / 2)) + 1
    # "symmetric" goes on mirroring where the padding is wider than the picture
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric")
    turned = Image.fromarray(padded).rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned)[pad : pad + height, pad : pad + width]


def change_brightness(image: np.ndarray, factor: float) -> np.ndarray:
    """Multiply a picture uint8 (H, W, 3) by a factor; what exceeds 255 is cut off there."""
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


def corrupt(image: np.ndarray, kind: str, level: float) -> np.ndarray:
    """A spoiled copy of a picture uint8 (H, W, 3); the level's unit is the corruption's own.

    Raises ``InputError`` for an unknown kind or a level outside the corruption's limits.
    """
    corruption = get_corruption(kind)
    low, high = corruption.limits
    if level is None or not low <= level <= high:  # also refuses NaN
        raise InputError(
            f"Choose a level between {low:g} and {high:g} for {corruption.title.lower()}, "
            f"got {level}."
        )
    return corruption.apply(image, float(level))


def robustness_curve(
    image: np.ndarray, kind: str, *, model: str = classification.DEFAULT_MODEL
) -> Curve:
    """A classifier's logits for a picture uint8 (H, W, 3) at every level of a corruption.

    The picture is first brought to the size that the classifier works at (shorter side 256), so
    that a level means the same for a small photo and a large one.
    """
    corruption = get_corruption(kind)
    small = to_working_size(image)
    spoiled = [corruption.apply(small, level) for level in corruption.levels]
    logits = classification.predict_logits(spoiled, model=model)
    clean = corruption.levels.index(corruption.clean)
    return Curve(kind, np.asarray(corruption.levels, np.float64), logits, clean)


def to_working_size(image: np.ndarray) -> np.ndarray:
    """A picture uint8 (H, W, 3) with its shorter side at 256 and its longer side at 1,024 at most.

    What lies beyond a side ratio of 4 is cut off: the classifier's centre crop never sees it.
    """
    height, width = images.check_image(image).shape[:2]
    scale = WORKING_SIDE / min(height, width)
    keep_h = min(height, 4 * width)
    keep_w = min(width, 4 * height)
    top, left = (height - keep_h) // 2, (width - keep_w) // 2
    kept = image[top : top + keep_h, left : left + keep_w]
    size_hw = tuple(max(WORKING_SIDE, int(side * scale)) for side in kept.shape[:2])
    return images.resize(kept, size_hw)


def get_corruption(kind: str) -> Corruption:
    """The corruption of that name; ``InputError`` with the known names when there is none."""
    if kind not in CORRUPTIONS:
        raise InputError(f"There is no corruption {kind!r}; choose {', '.join(CORRUPTIONS)}.")
    return CORRUPTIONS[kind]

"""Faint whirls to begin with, where a picture is flat.

One pass paints its strokes along what is there: into an empty sky it draws straight ones. Painting
step by step, noise grows into whirls; here noise that is smeared along a flow that turns (Cabral
and Leedom, "Imaging Vector Fields Using Line Integral Convolution", 1993) is laid over what is flat
before the pass, for the strokes to follow.
"""

from functools import lru_cache

import cv2
import numpy as np

from cvcore.core import images
from cvcore.engine.isolation import undisturbed

STRENGTH = 18  # grey levels, standard deviation
GRAIN = 3  # pixels: about a stroke's width
STEP, STEPS = 2.5, 14  # of a streak, each way: pixels, and how many
CELL, MIN_CELL = 0.2, 110  # from whirl to whirl: of the longer side; pixels
FLAT = 14  # grey levels: what spreads by more, has strokes of its own
NEAR = 25  # pixels: how far around a place its spread is measured


@undisturbed
def add_whirls(image: images.Picture) -> np.ndarray:
    """uint8 (H, W, 3) with faint whirls where it is flat, always the same ones for a size."""
    image = images.as_image(image)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, square = (cv2.blur(one, (NEAR, NEAR)) for one in (grey, grey * grey))
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    flat = np.clip(1 - cv2.blur(spread, (NEAR, NEAR)) / FLAT, 0, 1)
    light = STRENGTH * flat * draw_streaks(*grey.shape)
    return np.clip(image + light[..., None], 0, 255).round().astype(np.uint8)


@lru_cache(maxsize=4)
def draw_streaks(height: int, width: int) -> np.ndarray:
    """The streaks of a picture's size: float32 (height, width), mean 0 and deviation 1."""
    draws = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cell = max(MIN_CELL, CELL * max(height, width))
    hills = 0.6 * y / height  # the flow goes around them
    for _ in range(max(3, round(height * width / cell**2))):
        top, left = draws.uniform(0, height), draws.uniform(0, width)
        way, size = draws.choice([-1, 1]), draws.uniform(0.5, 1)
        away = ((x - left) ** 2 + (y - top) ** 2) / (2 * (0.45 * cell * size) ** 2)
        hills += way * size * np.exp(-away)
    slope_y, slope_x = np.gradient(hills)
    steep = np.hypot(slope_x, slope_y) + 1e-6
    flow = np.dstack([-slope_y / steep, slope_x / steep]).astype(np.float32)
    noise = draws.normal(size=(height, width)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), GRAIN)
    streaks = noise.copy()
    for way in (STEP, -STEP):
        at = np.dstack([x, y])
        for _ in range(STEPS):
            at += way * _look_up(flow, at)
            streaks += _look_up(noise, at)
    return ((streaks - streaks.mean()) / streaks.std()).astype(np.float32)


def _look_up(field: np.ndarray, at: np.ndarray) -> np.ndarray:
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))

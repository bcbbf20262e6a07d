"""Many maps as one picture: tiled in a grid and coloured in one go."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.drawing import colourise
from cvcore.errors import InputError

SCALES = ("channel", "layer", "global")
GAP = 1  # pixels between maps
_GAP_COLOUR = 128


@dataclass(frozen=True)
class Grid:
    """A picture of maps, row by row; ``cell_hw`` is the step from one map to the next."""

    image: np.ndarray = field(repr=False)  # (H, W, 3) uint8
    channels: np.ndarray  # (N,) which channel each cell shows
    columns: int
    cell_hw: tuple[int, int]


def draw_grid(
    maps: np.ndarray,
    *,
    channels: np.ndarray | None = None,
    scale: str = "channel",
    value_range: tuple[float, float] | None = None,
    aspect: float = 1.4,
    cell_side: int = 0,
) -> Grid:
    """Maps (C, H, W) as a grid about ``aspect`` times as wide as high.

    ``channels`` says which, and in which order (all by default). ``scale`` is what the colour range
    spans: each "channel" by itself, the whole "layer", or "global": the given ``value_range``.
    Maps with values below 0 are drawn blue for less and red for more than 0, others from dark to
    light. Small maps are enlarged, pixel by pixel, to ``cell_side`` or more.
    """
    if scale not in SCALES:
        raise InputError(f"Scale the colours by {', '.join(SCALES)}, got {scale!r}.")
    channels = np.arange(len(maps)) if channels is None else np.asarray(channels)
    shown = maps[channels]
    unit, colormap = _to_unit(shown, scale, value_range)
    factor = max(1, -(-cell_side // max(maps.shape[1:])))
    if factor > 1:
        unit = unit.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width = unit.shape
    columns = min(count, max(1, round(math.sqrt(count * aspect * height / width))))
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height + GAP, width + GAP), np.float32)
    cells[:count, :height, :width] = unit
    is_gap = np.ones(cells.shape, bool)
    is_gap[:count, :height, :width] = False

    def tile(stack: np.ndarray) -> np.ndarray:
        shape = (rows, columns, height + GAP, width + GAP)
        grid = stack.reshape(shape).swapaxes(1, 2)
        return grid.reshape(rows * shape[2], columns * shape[3])

    image = colourise(tile(cells), colormap=colormap, vmin=0, vmax=1)
    image[tile(is_gap)] = _GAP_COLOUR
    return Grid(image, channels, columns, (height + GAP, width + GAP))


def _to_unit(
    maps: np.ndarray, scale: str, value_range: tuple[float, float] | None
) -> tuple[np.ndarray, str]:
    """Maps moved to [0, 1] by their colour range, and the colours that suit them."""
    if scale == "channel":
        low, high = maps.min(axis=(1, 2), keepdims=True), maps.max(axis=(1, 2), keepdims=True)
    elif scale == "layer" or value_range is None:
        low, high = np.float32(maps.min()), np.float32(maps.max())
    else:
        low, high = map(np.float32, value_range)
    signed = bool(maps.min() < 0)
    if signed:
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    elif scale != "channel":
        low = np.minimum(low, 0)
    span = np.where(high > low, high - low, 1)
    unit = np.clip((maps - low) / span, 0, 1).astype(np.float32)
    return unit, "diverging" if signed else "viridis"


def fit_grid(image: np.ndarray, width: int) -> np.ndarray:
    """The grid, made ``width`` pixels wide without inventing values between pixels."""
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    grows = width > image.shape[1]
    way = cv2.INTER_NEAREST if grows else cv2.INTER_AREA
    return cv2.resize(image, (width, height), interpolation=way)

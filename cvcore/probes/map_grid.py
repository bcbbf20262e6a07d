"""Many maps as one picture: tiled in a grid and coloured in one go."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.images import to_png

SCALES = ("channel", "layer", "global")


@dataclass(frozen=True, eq=False)
class Grid:
    """A picture of maps, row by row; ``cell_hw`` is the step from one map to the next."""

    image: np.ndarray = field(repr=False)  # (H, W, 3) uint8
    channels: np.ndarray  # (N,) which channel each cell shows
    columns: int
    cell_hw: tuple[int, int]

    def _repr_png_(self) -> bytes:
        return to_png(self.image)


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
    unit, colormap = _to_unit(maps[channels], scale, value_range)
    flat = colourise(unit.reshape(-1, unit.shape[2]), colormap=colormap, vmin=0, vmax=1)
    return _tile(flat.reshape(*unit.shape, 3), channels, aspect, cell_side)


def draw_kernels(kernels: np.ndarray, *, aspect: float = 1.3, cell_side: int = 40) -> Grid:
    """Kernels (C, 3, h, w) as colour pictures in a grid, or (C, 1, h, w) as grey ones.

    Each is scaled by its own greatest weight; grey is 0.
    """
    limits = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
    unit = 0.5 + kernels / np.where(limits > 0, 2 * limits, 1)
    pictures = np.rint(unit * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    pictures = np.broadcast_to(pictures, (*pictures.shape[:3], 3))
    return _tile(pictures, np.arange(len(kernels)), aspect, cell_side, gap=4, colour=24)


def _tile(
    pictures: np.ndarray,
    channels: np.ndarray,
    aspect: float,
    cell_side: int,
    *,
    gap: int = 1,
    colour: int = 128,
) -> Grid:
    """Pictures uint8 (N, h, w, 3) side by side, with a gap to the right of and below each."""
    factor = max(1, -(-cell_side // max(pictures.shape[1:3])))
    if factor > 1:
        pictures = pictures.repeat(factor, axis=1).repeat(factor, axis=2)
    count, height, width, _ = pictures.shape
    columns = _count_columns(count, height, width, aspect)
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + gap, width + gap, 3), colour, np.uint8)
    cells[:count, :height, :width] = pictures
    grid = cells.reshape(rows, columns, height + gap, width + gap, 3).swapaxes(1, 2)
    image = grid.reshape(rows * (height + gap), columns * (width + gap), 3)
    return Grid(image, channels, columns, (height + gap, width + gap))


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


def fit_maps(maps: np.ndarray, width: int, *, aspect: float = 1.4) -> np.ndarray:
    """Maps (C, H, W) at the size at which their grid is about ``width`` pixels wide.

    Larger ones are averaged down; smaller ones enlarged by a whole factor, pixel by pixel. Doing
    so before colouring keeps a live grid cheap.
    """
    count, height, side = maps.shape
    cell = max(1, width // _count_columns(count, height, side, aspect) - 1)
    if cell >= side:
        factor = cell // side
        return maps.repeat(factor, axis=1).repeat(factor, axis=2) if factor > 1 else maps
    size = (cell, max(1, round(height * cell / side)))
    return np.stack([cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in maps])


def _count_columns(count: int, height: int, width: int, aspect: float) -> int:
    return min(count, max(1, round(math.sqrt(count * aspect * height / width))))

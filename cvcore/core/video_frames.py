"""A frame of a film as it is shown: its colours, its transparency, its pixels' shape, upright."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from cvcore.core.images import resize, to_rgb
from cvcore.core.video_colours import to_srgb

# swscale's "bilinear" with "full_chroma_int": else its white of 10 bits is 253 of 255.
_DEEP = 0x2 | 0x2000
MOST_STRETCHED = 8  # a pixel this many times as wide as high, or as high as wide, is an error


def show_frame(frame: Any, aspect: Fraction | None, max_side: int | None) -> np.ndarray:
    """A decoded frame as uint8 (H, W, 3) RGB, as every player shows it.

    Transparency is laid on white, pixels that are not square are made so, and the frame is turned
    and mirrored as its display matrix says. ``aspect`` is a pixel's width over its height.
    """
    parts = frame.format.components
    has_alpha = frame.format.has_palette or any(part.is_alpha for part in parts)
    how = _DEEP if parts[0].bits > 8 else None
    if has_alpha:
        image = to_rgb(frame.to_ndarray(format="rgba", interpolation=how))
    else:
        image = frame.to_ndarray(format="rgb24", interpolation=how)
    width, height = squared_size(frame.width, frame.height, aspect)
    turn = read_turn(frame)
    image = turn_upright(image, turn)
    height, width = (width, height) if turn[0] else (height, width)
    scale = 1.0 if max_side is None else min(1.0, max_side / max(height, width))
    shown = (max(1, round(height * scale)), max(1, round(width * scale)))
    image = np.ascontiguousarray(image)
    if image.shape[:2] != shown:
        image = resize(image, shown, resample="lanczos")
    return to_srgb(image, frame)


def shown_size(frame: Any, aspect: Fraction | None) -> tuple[int, int]:
    """(width, height) of a decoded frame as ``show_frame`` shows it."""
    width, height = squared_size(frame.width, frame.height, aspect)
    return (height, width) if read_turn(frame)[0] else (width, height)


def squared_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size in square pixels: as in HTML, one side grows and none shrinks.

    An absurd ``aspect`` is left out of account: some cameras write 0, or what means nothing.
    """
    if not aspect or not Fraction(1, MOST_STRETCHED) <= aspect <= MOST_STRETCHED:
        return width, height
    if aspect >= 1:
        return round(width * aspect), height
    return width, round(height / aspect)


def read_turn(frame: Any) -> tuple[bool, bool, bool]:
    """The nearest of the eight ways to lay a frame: (transpose, flip rows, flip columns)."""
    a, b, c, d = _read_matrix(frame)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, d < 0, a < 0
    return True, b < 0, c < 0


def read_tilt(frame: Any) -> float:
    """How many degrees lie between ``read_turn`` and what the display matrix says."""
    a, b, c, d = _read_matrix(frame)
    if read_turn(frame)[0]:
        a, b, c, d = b, a, d, c
    return math.degrees(max(math.atan2(abs(b), abs(a)), math.atan2(abs(c), abs(d))))


def _read_matrix(frame: Any) -> tuple[float, float, float, float]:
    """Where the display matrix lays a frame's axes, each of length 1.

    The matrix (a b u, c d v, x y w) takes the stored point (p, q) to (ap + cq, bp + dq), as
    QuickTime defines it. One that says nothing, as all of it is zero or one line, is left out.
    """
    from av.sidedata.sidedata import Type

    data = frame.side_data.get(Type.DISPLAYMATRIX)
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    across, down = math.hypot(a, b), math.hypot(c, d)
    if abs(a * d - b * c) <= 1e-3 * across * down:
        return 1, 0, 0, 1
    return a / across, b / across, c / down, d / down


def turn_upright(image: np.ndarray, turn: tuple[bool, bool, bool]) -> np.ndarray:
    """The picture (H, W, 3) laid as ``read_turn`` says."""
    is_transposed, flip_rows, flip_columns = turn
    if is_transposed:
        image = image.transpose(1, 0, 2)
    return image[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]

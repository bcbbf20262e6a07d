"""Pixels of any kind of number as uint8: what is black, and what is white?

The kind of number tells most of it: uint8 goes to 255, uint16 to 65535, floats to 1. Cameras of
microscopes and depth sensors, though, put 10, 12 or 14 bits into 16, and programs leave floats
from 0 to 255; by their kind they would be nearly black, or white all over. So the greatest value
decides where the kind alone would be wrong, and a sentence says what was taken for what.
"""

from typing import NamedTuple

import numpy as np

from cvcore.core.errors import InputError

OVERSHOOT = 0.5  # floats from 0 to 1: resizing leads a little beyond both ends
MAX_UNIT = 2.0  # floats up to here are meant to go from 0 to 1
MIN_BYTES = 16.0  # floats that reach this, but not far above 255, are meant to go from 0 to 255
MAX_BYTES = 320.0


class Pixels(NamedTuple):
    """Pixels as uint8, and what was assumed about their range; empty when that was plain."""

    values: np.ndarray
    note: str = ""


def from_file(
    values: np.ndarray, *, white: float | None = None, is_white_zero: bool = False
) -> Pixels:
    """A file's numbers as uint8 of the same shape; ``white`` is what it calls white, if it does.

    With ``is_white_zero`` its least number is white, and the greatest black.

    Unsigned integers are 8, 10, 12, 14 or 16 bits deep, the first that their greatest value fits;
    floats go from 0 to 1 or, by their greatest value, as integers do. Values that are negative,
    beyond 16 bits or few are spread from the darkest to the brightest. All but plain cases have a
    note. Raises InputError where a value is no number.
    """
    if not is_white_zero:
        return _spread(values, white, ("black", "white"))
    found = _spread(values, white, ("white", "black"))
    return Pixels(255 - found.values, found.note)


def _spread(values: np.ndarray, white: float | None, shown: tuple[str, str]) -> Pixels:
    """The least number to 0, the greatest to 255; ``shown`` is how a note calls both."""
    low, high = _get_range(values)
    if white is None and values.dtype == np.uint8:
        return Pixels(values)
    if values.dtype == np.int8 and low < 0:
        low, high = -128, 127
    elif values.dtype.kind in "ui" and values.dtype.itemsize > 2:
        most = np.iinfo(values.dtype).max
        white = most if white is None and high > most / 2 else white
    if white is not None and low >= 0 and 0 < high <= white:
        return Pixels(_scale(values, 0, white))
    if values.dtype.kind == "f" and low >= -OVERSHOOT and high <= MAX_UNIT:
        return Pixels(_scale(values, 0, 1))
    if high <= 1 and low >= 0:
        said = "This picture holds 0 and 1 alone: taken for black and white." if high else ""
        return Pixels(_scale(values, 0, 1), said)
    is_small = values.dtype != np.uint16 and high < MIN_BYTES
    if low < 0 or high > 65535 or is_small:
        said = f"{low:,.6g} is shown as {shown[0]}, {high:,.6g} as {shown[1]}"
        return Pixels(_scale(values, low, high), f"This picture's range is not known: {said}.")
    depths = (8, 10, 12, 14, 15) if values.dtype == np.int16 else (8, 10, 12, 14, 16)
    bits = next(bits for bits in depths if high < 2**bits)
    if values.dtype == np.uint16 and (bits == 16 or not (values % 257).any()):
        return Pixels(_scale(values, 0, 65535))  # multiples of 257 are 8 bits, well spread over 16
    if values.dtype.kind == "f" and MIN_BYTES <= high <= MAX_BYTES:
        bits = 8
    said = f"This picture's greatest value is {high:,.6g}: taken for {bits} bits"
    return Pixels(_scale(values, 0, 2**bits - 1), f"{said}, 0 to {2**bits - 1:,}.")


def from_array(values: np.ndarray) -> Pixels:
    """A caller's array as uint8: bool, uint8, uint16, floats in [0, 1] or numbers in [0, 255].

    uint16 is taken as in a file. Other numbers up to 255 must reach 16, so that they cannot be
    meant otherwise. Raises InputError for NaN and floats of another range, TypeError for integers
    of another range or what is no number.
    """
    kind = values.dtype.kind
    if kind == "b":
        return Pixels(values.astype(np.uint8) * 255)
    if kind not in "uif":
        raise TypeError(f"Expected bool, uint8, uint16 or float pixels, got {values.dtype}.")
    if values.dtype in (np.uint8, np.uint16):
        return from_file(values)
    low, high = _get_range(values)
    if kind == "f" and low >= -OVERSHOOT and high <= MAX_UNIT:
        return Pixels(_scale(values, 0, 1))
    margin = MAX_BYTES - 255 if kind == "f" else 0
    if low >= -margin and MIN_BYTES <= high <= 255 + margin:
        return Pixels(_scale(values, 0, 255))
    said = f"with values from {low:.6g} to {high:.6g}: make it uint8 from 0 to 255"
    if kind == "f":
        raise InputError(f"This picture is {values.dtype} {said}, or floats from 0 to 1.")
    raise TypeError(f"Expected bool, uint8, uint16 or float pixels, got {values.dtype} {said}.")


def _get_range(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError("This picture holds values that are not numbers: choose another one.")
    return low, high


def _scale(values: np.ndarray, black: float, white: float) -> np.ndarray:
    if values.dtype == np.uint16 and black == 0:
        steps = np.arange(65536, dtype=np.float64).clip(0, white) * 255 / white
        return np.rint(steps).astype(np.uint8)[values]
    is_short = values.dtype.itemsize <= 2 or values.dtype == np.float32
    wide: np.ndarray = values.astype(np.float32 if is_short else np.float64)
    span = (white - black) or 1.0
    return np.rint(((wide - black) * (255 / span)).clip(0, 255)).astype(np.uint8)

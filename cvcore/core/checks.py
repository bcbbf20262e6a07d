"""Settings checked: a number in its range, or one sentence that says which is asked for.

A number is whatever counts as one: Python's, NumPy's and PyTorch's scalars, arrays without
dimensions, fractions and decimals; 5.0 is a whole number. A text, a list or a truth value is none.
"""

import math
from numbers import Integral
from typing import Any

from cvcore.core.errors import InputError

MAX_SEED = 2**63 - 1  # what both NumPy and PyTorch take
MAX_SIDE = 1_000_000  # pixels: of no picture
_CLOSE = 1e-6  # a float32 that means 0.1 is a little more than that


def to_number(value: Any) -> float:
    """``value`` as a float; NaN for what is no number."""
    try:
        if hasattr(value, "item"):  # of NumPy or PyTorch; more than one number makes a ValueError
            value = math.nan if value.ndim else value.item()
        return math.nan if isinstance(value, bool | str | bytes) else float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError, AttributeError):
        return math.nan


def as_whole(value: Any, low: int, high: int) -> int | None:
    """``value`` as an int if it is a whole number in [low, high], else None."""
    number = to_number(value)
    if not math.isfinite(number) or number != int(number):
        return None
    whole = int(value) if isinstance(value, Integral) else int(number)
    return whole if low <= whole <= high else None


def as_number(value: Any, low: float, high: float) -> float | None:
    """``value`` as a float if it is a number in [low, high], else None."""
    number = to_number(value)
    if low <= number <= high:
        return number
    near = (float(bound) for bound in (low, high) if math.isclose(number, bound, rel_tol=_CLOSE))
    return next(near, None)


def show(value: Any) -> str:
    """What was given instead, for a sentence: short, and a text in quotation marks."""
    return (repr(value) if isinstance(value, str) else str(value))[:40]


def check_whole(name: str, value: Any, low: int, high: int) -> int:
    """``value`` as an int in [low, high]; ``InputError`` names the setting and the range."""
    number = as_whole(value, low, high)
    if number is None:
        raise InputError(f"{name} must be a whole number from {low} to {high}; got {show(value)}.")
    return number


def check_number(name: str, value: Any) -> float:
    """``value`` as a finite float; ``InputError`` names the setting."""
    number = as_number(value, -1e9, 1e9)
    if number is None:
        raise InputError(f"{name} must be an ordinary number; got {show(value)}.")
    return number


def check_setting(name: str, value: Any, low: float, high: float) -> float:
    """A number in [low, high]; ``InputError`` names the setting and the range."""
    number = as_number(value, low, high)
    if number is None:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}; got {show(value)}.")
    return number


def check_max_side(max_side: Any) -> int | None:
    """The longest side that a picture may have, in pixels; None: as long as it is."""
    return None if max_side is None else check_whole("The longest side", max_side, 1, MAX_SIDE)


def check_seed(seed: Any) -> int:
    """A seed for random numbers, a whole number from 0 on; ``InputError`` otherwise."""
    number = as_whole(seed, 0, MAX_SEED)
    if number is None:
        raise InputError(f"The seed must be a whole number, 0 or greater; got {show(seed)}.")
    return number


def check_rate(rate: Any, most: float) -> float:
    """A learning rate above 0 and at most ``most``; ``InputError`` otherwise."""
    number = as_number(rate, 0, most)
    if not number:
        raise InputError(f"The learning rate is above 0 and at most {most:g}, got {show(rate)}.")
    return number

"""Settings checked: a number in its range, or one sentence that says which is asked for."""

import math
from typing import Any

from cvcore.core.errors import InputError


def check_whole(name: str, value: Any, low: int, high: int) -> int:
    """``value`` as an int in [low, high]; ``InputError`` names the setting and the range."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number != int(number) or not low <= number <= high:
        raise InputError(
            f"{name} must be a whole number from {low} to {high}; got {str(value)[:40]}."
        )
    return int(number)


def check_number(name: str, value: Any) -> float:
    """``value`` as a finite float; ``InputError`` names the setting."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e9:
        raise InputError(f"{name} must be an ordinary number; got {str(value)[:40]}.")
    return number


def check_setting(name: str, value: Any, low: float, high: float) -> float:
    """A number in [low, high]; ``InputError`` names the setting and the range."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high:
        raise InputError(f"{name} must be a number from {low:g} to {high:g}; got {value}.")
    return number

"""A chart's axis: its limits, its ticks, and where in the drawing a value stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

STEPS = (1, 2, 2.5, 5, 10)  # what lies between two ticks, times a power of ten


@dataclass(frozen=True)
class Axis:
    """What one axis says. Limits that are not given come from the values."""

    label: str = ""  # with the unit: "distance, px"
    low: float | None = None
    high: float | None = None
    is_log: bool = False  # what is not above 0 then stands at the low end
    ticks: Sequence[tuple[float, str]] | None = None  # none: round numbers
    text: Callable[[float], str] | None = None  # a value in words, at the ticks and when pointed at
    is_whole: bool = False  # counts: no tick between two of them


def slots(labels: Sequence[str], label: str = "") -> Axis:
    """An axis of names instead of numbers: name ``i`` stands at the number ``i``."""
    names = [str(one) for one in labels]
    return Axis(
        label, -0.5, max(len(names), 1) - 0.5, ticks=tuple(enumerate(names)),
        text=lambda at: names[min(max(round(at), 0), len(names) - 1)] if names else "",
    )  # fmt: skip


def percent(share: float) -> str:
    """A share as a tick or a point says it: 0.25 is 25 %, 0.0004 is 0.04 %."""
    return f"{float(f'{100 * share:.3g}'):g}\u00a0%".replace("-", "−")


def short(value: float) -> str:
    """A number with four digits that count, or whole."""
    size = abs(value)
    if size == 0 or (size >= 1 and value == round(value) and size < 1e9):
        text = f"{value:,.0f}"
    elif 1e-3 <= size < 1e9:
        text = f"{value:,.{max(0, 3 - int(np.floor(np.log10(size))))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.3g}"
    return text.replace("-", "−")


@dataclass(frozen=True)
class Scale:
    """An axis with its limits and ticks settled, laid from pixel ``start`` to pixel ``end``."""

    low: float
    high: float
    is_log: bool
    ticks: tuple[tuple[float, str], ...]
    text: Callable[[float], str]
    start: float = 0.0
    end: float = 1.0

    def place(self, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """Pixels of values; what lies outside stands at the edge, NaN stays NaN."""
        x = np.clip(np.asarray(values, np.float64), self.low, self.high)
        low, high = self.low, self.high
        if self.is_log:
            x, low, high = np.log10(x), np.log10(low), np.log10(high)
        return self.start + (x - low) / (high - low) * (self.end - self.start)


def fit(axis: Axis, values: np.ndarray, *, count: int, is_rounded: bool) -> Scale:
    """Limits and at most about ``count`` ticks; rounded limits do not move with every value."""
    low, high = _find_limits(axis, values)
    if axis.ticks is not None:
        ticks = np.array([at for at, _ in axis.ticks], np.float64)
        words = [words for _, words in axis.ticks]
    else:
        ticks = _choose_ticks(axis, low, high, count)
        words = [axis.text(t) for t in ticks] if axis.text else _write(ticks, axis.is_log)
        if is_rounded and not axis.is_log and len(ticks) > 1:  # those of a log axis are round
            low = low if axis.low is not None else min(low, float(ticks[0]))
            high = high if axis.high is not None else max(high, float(ticks[-1]))
    slack = 0.0 if axis.is_log else 1e-9 * (high - low)
    shown = tuple(
        (float(at), text)
        for at, text in zip(ticks, words, strict=True)
        if low - slack <= at <= high + slack
    )
    return Scale(low, high, axis.is_log, shown, axis.text or short)


def _find_limits(axis: Axis, values: np.ndarray) -> tuple[float, float]:
    """From the axis, else from the values; never two equal ones, and above 0 on a log axis."""
    known = values[np.isfinite(values)]
    if axis.is_log:
        known = known[known > 0]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.1, 1.0)
    if not len(known) and not axis.is_log:
        low = 0.0
    low = low if axis.low is None else axis.low
    high = high if axis.high is None else axis.high
    if axis.is_log:
        if axis.low is None:
            low = 10.0 ** np.floor(np.log10(low) + 1e-9)
        if axis.high is None:
            high = 10.0 ** np.ceil(np.log10(high) - 1e-9)
        return (low, high) if high > low else (low, low * 10)
    if high > low:
        return low, high
    if axis.low is not None:
        return low, low + (abs(low) or 1.0)
    if axis.high is not None:
        return high - (abs(high) or 1.0), high
    return low - (abs(low) * 0.1 or 1.0), low + (abs(low) * 0.1 or 1.0)


def _choose_ticks(axis: Axis, low: float, high: float, count: int) -> np.ndarray:
    """Round numbers from one end to the other."""
    from matplotlib.ticker import LogLocator, MaxNLocator  # slow to import: at the first chart

    if axis.is_log:
        return LogLocator(numticks=max(count, 5)).tick_values(low, high)
    locator = MaxNLocator(max(count, 1), steps=list(STEPS), min_n_ticks=1, integer=axis.is_whole)
    return locator.tick_values(low, high)


def _write(ticks: np.ndarray, is_log: bool) -> list[str]:
    """All ticks with as many digits as the one that needs most."""
    largest = float(np.abs(ticks).max())
    if is_log or largest >= 1e6 or largest < 1e-4:
        return [f"{t:g}".replace("-", "−") for t in ticks]
    step = float(np.diff(ticks).min()) if len(ticks) > 1 else largest
    digits = next(
        (d for d in range(8) if np.allclose(ticks, np.round(ticks, d), rtol=0, atol=step / 1e4)), 8
    )
    return [f"{round(t, digits) + 0.0:,.{digits}f}".replace("-", "−") for t in ticks]

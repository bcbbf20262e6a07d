"""What it costs to look for objects by classifying one window after the other."""

from dataclasses import dataclass

from cvcore.core.checks import as_number, check_setting, check_whole, show
from cvcore.core.errors import InputError

DEFAULT_SIDE, DEFAULT_STRIDE, DEFAULT_GROWTH = 64, 0.25, 1.5  # see list_windows


@dataclass(frozen=True)
class WindowScale:
    """All windows of one size."""

    side: int  # pixels
    columns: int
    rows: int

    @property
    def count(self) -> int:
        return self.columns * self.rows


def list_windows(
    image_hw: tuple[int, int],
    *,
    side: int = DEFAULT_SIDE,
    stride: float = DEFAULT_STRIDE,
    growth: float = DEFAULT_GROWTH,
) -> tuple[WindowScale, ...]:
    """The square windows that a sliding-window detector looks at, the smallest first.

    ``side`` is the smallest window in pixels, ``stride`` the step as a share of the window's side,
    ``growth`` how much larger each next window is. Along an axis of W pixels a window of F with
    steps of S stands ``floor((W - F) / S) + 1`` times. Raises InputError for settings out of range.

    >>> [(one.side, one.count) for one in list_windows((100, 100), side=50, stride=0.5, growth=2)]
    [(50, 9), (100, 1)]
    """
    side = check_whole("The smallest window", side, 8, 4096)
    share = as_number(stride, 0.01, 1)
    if share is None:
        raise InputError(
            f"The step must be a share of the window from 0.01 to 1; got {show(stride)}."
        )
    growth = check_setting("The growth", growth, 1.05, 10)
    height, width = image_hw
    scales = []
    while side <= min(height, width):
        step = max(1, round(share * side))
        scales.append(WindowScale(side, (width - side) // step + 1, (height - side) // step + 1))
        side = max(side + 1, round(growth * side))
    return tuple(scales)

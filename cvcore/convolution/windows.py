"""Where a sliding window may stand: checked settings, padding and output sizes.

Convolution and pooling ask the same question of every axis: how often does a window of F pixels
fit into W pixels, with P pixels of padding and steps of S? The answer is
floor((W - F + 2P) / S) + 1 (Dumoulin and Visin, "A guide to convolution arithmetic for deep
learning", 2016).
"""

import math
from dataclasses import dataclass

from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError

MAX_KERNEL = 31
MAX_STRIDE = 64
MAX_PADDING = 64
MAX_DILATION = 16

Padding = str | int | tuple[int, int]


@dataclass(frozen=True)
class WindowFit:
    """How a window fits along one axis. All lengths in pixels."""

    size: int
    """Input length W."""
    kernel: int
    """Window length F, without the gaps that dilation opens."""
    before: int
    """Padding before the first pixel."""
    after: int
    """Padding after the last pixel (one more than ``before`` when 'same' meets an even kernel)."""
    stride: int
    dilation: int

    @property
    def span(self) -> int:
        """Length from the window's first to its last pixel: D(F - 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def room(self) -> int:
        """Steps of one pixel that the window can make: W - F + 2P. Negative: nothing fits."""
        return self.size - self.span + self.before + self.after

    @property
    def output(self) -> int:
        """Output length; 0 when nothing fits."""
        return self.room // self.stride + 1 if self.room >= 0 else 0

    @property
    def left_over(self) -> int:
        """Padded pixels at the far end that no window reaches."""
        return self.room % self.stride if self.room >= 0 else self.size

    @property
    def formula(self) -> str:
        """The output length with its numbers, such as ``(7 − 3 + 2·0)/1 + 1 = 5``."""
        padding = (
            f"2·{self.before}" if self.before == self.after else f"{self.before} + {self.after}"
        )
        window = (
            f"{self.span}" if self.dilation == 1 else f"[{self.dilation}·({self.kernel} − 1) + 1]"
        )
        steps = f"({self.size} − {window} + {padding})/{self.stride} + 1"
        if self.room < 0:
            return f"{steps}: {self.room}/{self.stride} is below 0, so nothing fits"
        if self.left_over == 0:
            return f"{steps} = {self.output}"
        return f"{steps} = {self.room / self.stride + 1:.2f}, rounded down to {self.output}"


class NothingFitsError(InputError):
    """The window is larger than the padded input, so there is no output."""

    def __init__(self, rows: WindowFit, columns: WindowFit) -> None:
        self.fits = rows, columns
        super().__init__(
            f"Nothing fits: the window spans {rows.span}x{columns.span} but the padded input is "
            f"only {rows.size + rows.before + rows.after}x"
            f"{columns.size + columns.before + columns.after}; "
            "take a smaller window or dilation, or more padding."
        )


def fit_window(
    size: int, kernel: int, *, stride: int = 1, padding: str | int = "valid", dilation: int = 1
) -> WindowFit:
    """Fit a window along one axis. Raises nothing when it does not fit: see ``WindowFit.output``.

    ``padding`` is a number of pixels on both sides, or ``"valid"`` (none), ``"same"`` (as many
    outputs as ceil(W / S); an odd pixel goes to the far side) or ``"full"`` (every window that
    touches a pixel counts). Raises ``InputError`` for a setting out of range.
    """
    size = check_whole("The input size", size, 1, 1_000_000)
    kernel = check_whole("The window size", kernel, 1, 1_000_000)
    stride = check_whole("The stride", stride, 1, MAX_STRIDE)
    dilation = check_whole("The dilation", dilation, 1, MAX_DILATION)
    span = dilation * (kernel - 1) + 1
    if padding == "valid":
        before = after = 0
    elif padding == "same":
        total = max((math.ceil(size / stride) - 1) * stride + span - size, 0)
        before, after = total // 2, total - total // 2
    elif padding == "full":
        before = after = span - 1
    elif isinstance(padding, str) and not padding.strip().isdecimal():
        raise InputError(
            f"The padding must be valid, same, full or a number of pixels; got {padding[:40]}."
        )
    else:
        pixels = int(padding) if isinstance(padding, str) else padding
        before = after = check_whole("The padding", pixels, 0, MAX_PADDING)
    return WindowFit(size, kernel, before, after, stride, dilation)


def check_output_padding(value: int, stride: int, dilation: int) -> int:
    """``value`` if it is a whole number from 0 to below the stride or the dilation.

    More would be rows that no input has made; ``torch`` refuses it, too.
    """
    value = check_whole("The output padding", value, 0, MAX_STRIDE)
    if value and value >= max(stride, dilation):
        raise InputError(
            f"The output padding must be smaller than the stride or the dilation; got {value} for "
            f"a stride of {stride} and a dilation of {dilation}."
        )
    return value


def fit_windows(
    size_hw: tuple[int, int],
    kernel_hw: tuple[int, int],
    *,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
) -> tuple[WindowFit, WindowFit]:
    """Fit a window along rows and columns; ``NothingFitsError`` when it fits nowhere."""
    paddings = padding if isinstance(padding, tuple | list) else (padding, padding)
    if len(paddings) != 2:
        raise InputError("The padding must be one value, or two: for rows and for columns.")
    if len(size_hw) != 2 or len(kernel_hw) != 2:
        raise InputError("A size must be one number, or two: the height and the width.")
    rows, columns = (
        fit_window(size, kernel, stride=stride, padding=p, dilation=dilation)
        for size, kernel, p in zip(size_hw, kernel_hw, paddings, strict=True)
    )
    if not rows.output or not columns.output:
        raise NothingFitsError(rows, columns)
    return rows, columns


def output_size(
    size: int | tuple[int, int],
    kernel: int | tuple[int, int],
    *,
    stride: int = 1,
    padding: Padding = "valid",
    dilation: int = 1,
) -> int | tuple[int, int]:
    """How many outputs a sliding window gives: floor((W - F + 2P) / S) + 1.

    With two ints the answer is an int; with (height, width) for either, it is (height, width).
    ``padding`` as in :func:`fit_window`. Raises ``NothingFitsError`` when nothing fits.

    >>> output_size(7, 3)
    5
    >>> output_size((28, 28), 3, stride=2, padding=1)
    (14, 14)
    """
    size_hw = size if isinstance(size, tuple | list) else (size, size)
    kernel_hw = kernel if isinstance(kernel, tuple | list) else (kernel, kernel)
    rows, columns = fit_windows(
        size_hw, kernel_hw, stride=stride, padding=padding, dilation=dilation
    )
    if isinstance(size, tuple | list) or isinstance(kernel, tuple | list):
        return rows.output, columns.output
    return rows.output


def describe_fit(rows: WindowFit, columns: WindowFit) -> str:
    """Both output lengths with their numbers, and a sentence when a rest is never read."""
    lines = [
        f"Rows: {rows.formula}",
        f"Columns: {columns.formula}",
    ]
    rest = [
        f"the last {word}" if fit.left_over == 1 else f"the last {fit.left_over} {word}s"
        for fit, word in ((rows, "row"), (columns, "column"))
        if fit.output and fit.left_over
    ]
    if rest:
        lines.append(
            f"The stride of {rows.stride} does not divide evenly; "
            f"no window reads {' or '.join(rest)}."
        )
    return "\n".join(lines)

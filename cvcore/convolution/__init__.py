"""Convolution and pooling, written as the loop over kernel cells that they are.

Images are arrays (H, W) or (H, W, C); kernels (kh, kw) or, with depth, (kh, kw, C). As in every
deep learning library the kernel is not flipped, so strictly speaking this is cross-correlation.
Numbers equal those of ``torch.nn.functional.conv2d``, ``conv_transpose2d``, ``max_pool2d`` and
``avg_pool2d``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal, TypeAlias

import lazy_loader
import numpy as np
from PIL import Image

from cvcore.convolution.stack import count_parameters, describe_stack
from cvcore.convolution.windows import (
    MAX_DILATION,
    MAX_KERNEL,
    MAX_PADDING,
    MAX_STRIDE,
    Padding,
    WindowFit,
    check_output_padding,
    fit_windows,
    output_size,
)
from cvcore.core import notebook
from cvcore.core.checks import check_number, check_whole
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image, check_size_hw
from cvcore.engine.isolation import undisturbed

__all__ = [
    "PADDING_MODES",
    "BorderError",
    "compare_padding",
    "convolve",
    "convolve_transposed",
    "count_parameters",
    "count_wins",
    "describe_stack",
    "output_size",
    "pad",
    "pool",
    "pool_winners",
    "stretch",
]

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "bill", "columns", "kernels", "named_models", "normalisation", "operation", "shifts",
        "stack", "stack_presets", "stack_programs", "stack_savings", "template", "windows",
    ],
)  # fmt: skip


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


PADDING_MODES: dict[str, Literal["constant", "reflect", "edge"]] = {
    "zero": "constant",
    "reflect": "reflect",
    "replicate": "edge",
}
"""What stands outside the picture, and numpy's word for it."""

MAX_OUTPUT_PIXELS = 40_000_000

_GREY_MODES = ("1", "L", "I", "I;16", "F")  # of PIL: their numbers are taken as they stand
# A picture or a table of numbers, which are taken as they are, whatever their range.
Numbers: TypeAlias = Picture | Sequence[Sequence[float]]


@undisturbed
def convolve(
    image: Numbers,
    kernel: np.ndarray | Sequence,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zero",
    dilation: int = 1,
    bias: float = 0.0,
) -> np.ndarray:
    """Slide ``kernel`` over ``image``: at every place, multiply cell by cell and add up.

    Args:
        image: (H, W) or (H, W, C), any real dtype. float64 stays float64, all else is float32.
        kernel: (kh, kw): every channel is filtered on its own, and the output keeps its channels.
            (kh, kw, C): the products of all channels are added, and the output is (H', W').
        stride: pixels from one place to the next, 1 to 64.
        padding: ``"valid"``, ``"same"``, ``"full"``, pixels on every side, or (rows, columns).
        padding_mode: ``"zero"``, ``"reflect"`` (the edge pixel not repeated) or ``"replicate"``.
        dilation: gap between kernel cells plus one, 1 to 16.
        bias: added to every sum.

    Returns:
        (H', W') or (H', W', C), with H' as in :func:`output_size`.

    Raises:
        InputError: a setting is out of range, a number is not finite, or nothing fits.

    >>> convolve([[1, 2, 3], [4, 5, 6]], [[1, 1], [1, 1]]).tolist()
    [[12.0, 16.0]]
    """
    image = check_array(image)
    kernel = _check_weights(kernel, image)
    rows, columns = fit_windows(
        image.shape[:2], kernel.shape[:2], stride=stride, padding=padding, dilation=dilation
    )
    padded = pad(image, rows, columns, padding_mode)
    by_channel = kernel.ndim == 2
    total = np.full(
        (rows.output, columns.output, *(image.shape[2:] if by_channel else ())),
        check_number("The bias", bias),
        dtype=image.dtype,
    )
    product = np.empty_like(total)
    for cell in np.argwhere(kernel):  # a weight of 0 adds nothing
        row, column, *channel = cell
        seen = _seen_from(padded, rows, columns, row, column)
        np.multiply(seen[:, :, *channel], kernel[tuple(cell)], out=product)
        total += product
    return total


@undisturbed
def convolve_transposed(
    image: Numbers,
    kernel: np.ndarray | Sequence,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    bias: float = 0.0,
    output_padding: int = 0,
) -> np.ndarray:
    """Run a convolution's shapes backwards: every pixel stamps pixel x kernel on a larger output.

    The output has (H - 1) * stride + dilation * (kh - 1) + 1 - 2 * padding + output_padding rows;
    where stamps overlap they add up. ``image`` (H, W) or (H, W, C), ``kernel`` (kh, kw); settings
    and errors as in :func:`convolve`, with ``padding`` a number of pixels that are cut off on every
    side. A convolution of stride S makes the same of S sizes: ``output_padding``, rows and columns
    more at the far sides, says which of them is meant. It is below the stride or the dilation.

    >>> convolve_transposed([[1, 2]], [[1, 1]], stride=2, output_padding=1).tolist()
    [[1.0, 1.0, 2.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    image = check_array(image)
    kernel = _check_weights(kernel, image)
    if kernel.ndim != 2:
        raise InputError("A transposed convolution here takes one kernel for every channel.")
    stride = check_whole("The stride", stride, 1, MAX_STRIDE)
    dilation = check_whole("The dilation", dilation, 1, MAX_DILATION)
    padding = check_whole("The padding", padding, 0, MAX_PADDING)
    further = check_output_padding(output_padding, stride, dilation)
    height, width = image.shape[:2]
    size = [
        (side - 1) * stride + dilation * (cells - 1) + 1 + further
        for side, cells in zip((height, width), kernel.shape, strict=True)
    ]
    if min(size) <= 2 * padding:
        raise InputError(
            f"Nothing is left: the output of {size[0]}x{size[1]} loses {padding} pixels on every "
            "side; take less padding or a larger stride."
        )
    if size[0] * size[1] > MAX_OUTPUT_PIXELS:
        raise InputError("The output would be too large: take a smaller picture or stride.")
    total = np.zeros((*size, *image.shape[2:]), dtype=image.dtype)
    for row, column in np.argwhere(kernel):
        top, left = row * dilation, column * dilation
        place = np.s_[top : top + height * stride : stride, left : left + width * stride : stride]
        total[place] += image * kernel[row, column]
    return total[padding : size[0] - padding, padding : size[1] - padding] + total.dtype.type(
        check_number("The bias", bias)
    )


@undisturbed
def stretch(image: Numbers, stride: int) -> np.ndarray:
    """Put ``stride`` - 1 zeros between neighbouring pixels, along both axes.

    A transposed convolution is an ordinary one of stride 1 over this, with the kernel turned by
    180 degrees and dilation * (kh - 1) - padding pixels of zero padding.
    """
    image = check_array(image)
    stride = check_whole("The stride", stride, 1, MAX_STRIDE)
    height, width, *depth = image.shape
    out = np.zeros(((height - 1) * stride + 1, (width - 1) * stride + 1, *depth), image.dtype)
    out[::stride, ::stride] = image
    return out


@undisturbed
def pool(
    image: Numbers, size: int = 2, *, stride: int | None = None, mode: str = "max"
) -> np.ndarray:
    """Shrink ``image`` (H, W) or (H, W, C) to one number a window: its maximum or its average.

    ``size`` is the window's side, ``stride`` (``size`` unless given) the step, ``mode`` ``"max"``
    or ``"average"``. There is no padding: a rest that no window reaches is dropped.
    Raises ``InputError`` when a setting is out of range or nothing fits.
    """
    image = check_array(image)
    if mode not in ("max", "average"):
        raise InputError(f"The pooling must be max or average; got {str(mode)[:40]}.")
    rows, columns = _fit_pool(image, size, stride)
    join = np.maximum if mode == "max" else np.add
    result = _seen_from(image, rows, columns, 0, 0).copy()
    for row, column in list(np.ndindex(rows.kernel, columns.kernel))[1:]:
        join(result, _seen_from(image, rows, columns, row, column), out=result)
    return result if mode == "max" else result / image.dtype.type(rows.kernel * columns.kernel)


@undisturbed
def pool_winners(image: Numbers, size: int = 2, *, stride: int | None = None) -> np.ndarray:
    """Which pixel is each window's maximum: its flat index row * W + column, int64 (H', W'[, C]).

    Of equal pixels the first in reading order wins, as in torch's ``return_indices``.
    """
    image = check_array(image)
    rows, columns = _fit_pool(image, size, stride)
    index = np.arange(image.shape[0] * image.shape[1]).reshape(image.shape[:2])
    index = np.broadcast_to(index.reshape(*index.shape, *[1] * (image.ndim - 2)), image.shape)
    best = _seen_from(image, rows, columns, 0, 0).copy()
    winners = _seen_from(index, rows, columns, 0, 0).copy()
    for row, column in list(np.ndindex(rows.kernel, columns.kernel))[1:]:
        seen = _seen_from(image, rows, columns, row, column)
        higher = seen > best
        best[higher] = seen[higher]
        winners[higher] = _seen_from(index, rows, columns, row, column)[higher]
    return winners


def count_wins(winners: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """How many windows each pixel of the input won: int64 (H, W), summed over channels."""
    height, width = check_size_hw(size_hw)
    return np.bincount(winners.ravel(), minlength=height * width).reshape(height, width)


@dataclass(frozen=True, eq=False)
class BorderError:
    """What one padding mode gets wrong, because it has to invent what lies outside."""

    padding_mode: str
    result: np.ndarray
    """(h, w) or (h, w, C): the convolution of the cut picture, padded to the same size."""
    ground_truth: np.ndarray
    """The same from a convolution that could see what was cut off; equal for every mode."""
    error: np.ndarray
    """(h, w): largest absolute difference of ``result`` and ``ground_truth`` over channels."""
    mean_error: float
    """Mean of ``error`` over the pixels whose window reaches outside; 0 when none does."""

    def _repr_html_(self) -> str:
        from cvcore.core.drawing import colourise

        caption = f"{self.padding_mode}: mean error {self.mean_error:.3g} at the border"
        return notebook.picture_html(colourise(self.error), caption)


@undisturbed
def compare_padding(
    image: Numbers, kernel: np.ndarray | Sequence, *, dilation: int = 1, bias: float = 0.0
) -> tuple[BorderError, ...]:
    """Compare padding modes where the truth is known: on a picture with its own border cut off.

    As many pixels as the window reaches beyond its centre are cut off every side of ``image``. What
    was cut off is the truth that each mode has to guess. Raises ``InputError`` when too little is
    left.
    """
    image = check_array(image)
    kernel = _check_weights(kernel, image)
    options: dict[str, Any] = {"dilation": dilation, "bias": bias}
    rows, columns = fit_windows(
        image.shape[:2], kernel.shape[:2], padding="same", dilation=dilation
    )
    cut_rows, cut_columns = max(rows.before, rows.after), max(columns.before, columns.after)
    inner = image[cut_rows : image.shape[0] - cut_rows, cut_columns : image.shape[1] - cut_columns]
    height, width = inner.shape[:2]
    if height <= cut_rows or width <= cut_columns:
        raise InputError(
            "The picture is too small to compare borders with this kernel: take a smaller kernel "
            "or dilation, or a larger picture."
        )
    whole = convolve(image, kernel, **options)
    top, left = cut_rows - rows.before, cut_columns - columns.before
    ground_truth = whole[top : top + height, left : left + width]
    outside = np.ones((height, width), dtype=bool)
    outside[rows.before : height - rows.after, columns.before : width - columns.after] = False
    return tuple(
        _border_error(
            mode,
            convolve(inner, kernel, padding="same", padding_mode=mode, **options),
            ground_truth,
            outside,
        )
        for mode in PADDING_MODES
    )


def _border_error(
    mode: str, result: np.ndarray, ground_truth: np.ndarray, outside: np.ndarray
) -> BorderError:
    error = np.abs(result - ground_truth)
    if error.ndim == 3:
        error = error.max(axis=2)
    mean_error = float(error[outside].mean()) if outside.any() else 0.0
    return BorderError(mode, result, ground_truth, error, mean_error)


def pad(image: Numbers, rows: WindowFit, columns: WindowFit, padding_mode: str) -> np.ndarray:
    """``image`` with the padding that ``rows`` and ``columns`` ask for."""
    image = to_numbers(image)
    if padding_mode not in PADDING_MODES:
        raise InputError(f"The padding mode must be one of {', '.join(PADDING_MODES)}.")
    widths = [(rows.before, rows.after), (columns.before, columns.after)]
    if padding_mode == "reflect" and any(
        max(fit.before, fit.after) >= fit.size for fit in (rows, columns)
    ):
        raise InputError(
            "Reflection needs more pixels than it pads: take less padding, or zero or replicate."
        )
    if not any(map(any, widths)):
        return image
    widths += [(0, 0)] * (image.ndim - 2)
    return np.pad(image, widths, mode=PADDING_MODES[padding_mode])


def _seen_from(
    padded: np.ndarray, rows: WindowFit, columns: WindowFit, row: int, column: int
) -> np.ndarray:
    """What one cell of the window sees from all its places: a strided view (H', W'[, C])."""
    return padded[row * rows.dilation :: rows.stride, column * columns.dilation :: columns.stride][
        : rows.output, : columns.output
    ]


def _fit_pool(image: np.ndarray, size: int, stride: int | None) -> tuple[WindowFit, WindowFit]:
    size = check_whole("The pooling size", size, 1, MAX_KERNEL)
    return fit_windows(image.shape[:2], (size, size), stride=size if stride is None else stride)


def to_numbers(image: Numbers) -> np.ndarray:
    """``image`` as an array; a path or a PIL picture in colour gives its pixels, 0 to 255."""
    is_grey = isinstance(image, Image.Image) and image.mode in _GREY_MODES
    if isinstance(image, str | PathLike | Image.Image) and not is_grey:
        return as_image(image)
    return np.asarray(image)


def check_array(image: Numbers) -> np.ndarray:
    """``image`` as float64 if it is float64 already, else float32; finite, (H, W) or (H, W, C)."""
    try:
        array = to_numbers(image)
        array = array if array.dtype == np.float64 else array.astype(np.float32)
    except (TypeError, ValueError):
        raise InputError(
            "Every cell of the input must hold a number, and all rows must be equally long."
        ) from None
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise InputError(
            "The input must have rows and columns (and channels, if you like); "
            f"got the shape {array.shape}."
        )
    if not np.isfinite(array).all():
        raise InputError("Every cell of the input must hold an ordinary number.")
    return array


def _check_weights(kernel: np.ndarray | Sequence, image: np.ndarray) -> np.ndarray:
    try:
        kernel = np.asarray(kernel, dtype=image.dtype)
    except (TypeError, ValueError):
        raise InputError(
            "Every cell of the kernel must hold a number, and all rows must be equally long."
        ) from None
    if kernel.ndim not in (2, 3) or not kernel.size or max(kernel.shape[:2]) > MAX_KERNEL:
        raise InputError(
            f"The kernel must be a table of 1x1 to {MAX_KERNEL}x{MAX_KERNEL} numbers; "
            f"got the shape {kernel.shape}."
        )
    if not np.isfinite(kernel).all():
        raise InputError("Every cell of the kernel must hold an ordinary number.")
    if kernel.ndim == 3 and (image.ndim != 3 or kernel.shape[2] != image.shape[2]):
        raise InputError(
            f"A kernel with {kernel.shape[2]} channels needs an input with as many; "
            f"got the input shape {image.shape}."
        )
    return kernel

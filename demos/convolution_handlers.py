"""A kernel on a small matrix, a picture and the webcam: from controls to canvas values."""

from typing import Any

import numpy as np
from PIL import Image

from cvcore import convolution, images, kernels, windows
from cvcore.errors import InputError
from cvcore.operation import SHOW, Operation, largest_difference, pool_torch, to_picture
from cvcore.timing import Stopwatch
from demos import ui
from demos.convolution_canvas import walk_value

MAX_KERNEL = 7
MAX_MATRIX = 28
PICTURE_SIDE = 480  # pixels: what a canvas shows of a picture
STRETCHED_SIDE = 240  # the same before a transposed convolution makes it larger

CHANNELS = ("grey", "each of R, G, B", "depth: R + G + B")
PAPER = -1

DIGIT = [list(row) for row in kernels.DIGIT_NINE]
POOL_EXAMPLE = [[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]]


def _with_room(rows: list[list[int]], height: int, width: int, top: int, left: int) -> list:
    field = np.full((height, width), PAPER)
    field[top : top + len(rows), left : left + len(rows[0])] = rows
    return field.tolist()


MATRICES = {
    "digit 9": {"cells": DIGIT},
    "digit 9, more room": {"cells": _with_room(DIGIT, 11, 9, 1, 1)},
    "digit 9, shifted": {"cells": _with_room(DIGIT, 11, 9, 4, 4)},
    "draw a digit": {"cells": np.full((14, 12), PAPER).tolist(), "drawing": True},
    "bright and dark halves": {"cells": [[9, 9, 9, 0, 0, 0]] * 6},
    "pooling example": {"cells": POOL_EXAMPLE},
}


def matrix_value(name: str) -> dict[str, Any]:
    """A named input as the value of a NumberTable."""
    if name not in MATRICES:
        raise InputError(f"Choose one of: {', '.join(MATRICES)}.")
    return {"paper": PAPER, "drawing": False, **MATRICES[name]}


def kernel_value(name: str) -> dict[str, Any]:
    """A named kernel as the value of a NumberTable."""
    if name not in kernels.KERNELS:
        raise InputError(f"Choose one of: {', '.join(kernels.KERNELS)}.")
    kernel = kernels.KERNELS[name]
    return {
        "cells": [list(row) for row in kernel.weights],
        "divide_by": kernel.divide_by,
        "bias": 0,
        "channels": [1, 1, 1],
    }


def read_matrix(value: Any) -> np.ndarray:
    """A table's value, or plain rows of numbers, as float64 (H, W)."""
    rows = value.get("cells") if isinstance(value, dict) else value
    try:
        matrix = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "Every cell of the input must hold a number, and all rows must be equally long."
        ) from None
    if matrix.ndim != 2 or not matrix.size or max(matrix.shape) > MAX_MATRIX:
        raise InputError(f"The input must be a table of 1x1 to {MAX_MATRIX}x{MAX_MATRIX} numbers.")
    if not np.isfinite(matrix).all() or np.abs(matrix).max() > 1e6:
        raise InputError("Every cell of the input must hold a number between -1e6 and 1e6.")
    return matrix


def read_operation(
    kernel: Any,
    stride: float,
    padding: str,
    padding_mode: str,
    dilation: float,
    transposed: bool,
    *,
    depth: bool = False,
) -> Operation:
    """The controls as an Operation. ``kernel``: a table's value, rows of numbers, or a name."""
    if isinstance(kernel, str):
        kernel = kernel_value(kernel)
    elif not isinstance(kernel, dict):
        kernel = {"cells": kernel}
    weights = kernels.check_kernel(kernel.get("cells"), max_side=MAX_KERNEL)
    divide_by = str(kernel.get("divide_by", "nothing"))
    channels = kernel.get("channels", [1, 1, 1])
    if depth and (not isinstance(channels, list) or len(channels) != 3):
        raise InputError("A kernel with depth needs three factors: for R, G and B.")
    return Operation(
        weights,
        divisor=kernels.kernel_divisor(weights, divide_by),
        bias=windows.check_number("The bias", kernel.get("bias", 0)),
        stride=windows.check_whole("The stride", stride, 1, windows.MAX_STRIDE),
        padding=padding,
        padding_mode=padding_mode,
        dilation=windows.check_whole("The dilation", dilation, 1, windows.MAX_DILATION),
        transposed=bool(transposed),
        channel_weights=tuple(windows.check_number("A channel's factor", c) for c in channels)
        if depth
        else None,
    )


def describe_sizes(operation: Operation, size_hw: tuple[int, int]) -> str:
    """Output sizes with their numbers, as Markdown; also when nothing fits."""
    try:
        fits = operation.fit(size_hw)
    except windows.NothingFitsError as error:
        fits = error.fits
    lines = windows.describe_fit(*fits).splitlines()
    if operation.transposed:
        lines.append(
            f"A transposed convolution is an ordinary one of stride 1 over the input with "
            f"{operation.stride - 1} zero{'s' if operation.stride != 2 else ''} between its pixels."
        )
    return "  \n".join(lines)


def walk_matrix(
    matrix: Any,
    kernel: Any,
    stride: float = 1,
    padding: str = "valid",
    padding_mode: str = "zero",
    dilation: float = 1,
    transposed: bool = False,
    pool_size: float = 2,
    pool_stride: float = 1,
) -> tuple[dict, str, str, str, Any]:
    """Convolve a small matrix, then ReLU and pooling: canvas, sizes, finding, badge, CSV file."""
    watch = Stopwatch()
    image = read_matrix(matrix)
    operation = read_operation(kernel, stride, padding, padding_mode, dilation, transposed)
    size = windows.check_whole("The pooling size", pool_size, 1, MAX_KERNEL)
    step = windows.check_whole("The pooling stride", pool_stride, 1, MAX_KERNEL)
    sizes = describe_sizes(operation, image.shape)
    try:
        result = operation.apply(image)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", "", None
    relu = np.maximum(result, 0)
    stages = [("ReLU", relu)]
    if min(relu.shape) >= size:
        stages += [
            (f"{mode} pool", convolution.pool(relu, size, stride=step, mode=mode))
            for mode in ("max", "average")
        ]
    watch.lap("convolution")
    value = walk_value(operation, image, result, stages=stages)
    watch.lap("drawing")
    file = ui.download_value("feature_map.csv", to_csv(result).encode(), "text/csv")
    return value, sizes, describe_finding(operation, result), ui.badge(watch.ms), file


def to_csv(values: np.ndarray) -> str:
    """An (H, W) array as lines of numbers with commas between them."""
    return "\n".join(",".join(f"{number:.6g}" for number in row) for row in values)


def describe_finding(operation: Operation, result: np.ndarray) -> str:
    """Where the kernel answers most, and whether it could be run in two short passes."""
    row, column = np.unravel_index(result.argmax(), result.shape)
    lines = [
        f"**Strongest answer {result.max():.2f}** in row {row + 1}, column {column + 1}. Shift the "
        "input with its arrows: the answer moves along and stays as strong."
    ]
    height, width = operation.weights.shape
    if min(height, width) > 1 and kernels.separate(operation.weights) is not None:
        lines.append(
            f"This kernel is separable, a column times a row: {height} + {width} = "
            f"{height + width} products a pixel do instead of {height * width}."
        )
    return "  \n".join(lines)


def check_matrix(
    matrix: Any,
    kernel: Any,
    stride: float,
    padding: str,
    padding_mode: str,
    dilation: float,
    transposed: bool,
    pool_size: float,
    pool_stride: float,
) -> tuple[str, str]:
    """The same numbers by torch: how far they differ, and a program that prints them."""
    image = read_matrix(matrix)
    operation = read_operation(kernel, stride, padding, padding_mode, dilation, transposed)
    size, step = int(pool_size), int(pool_stride)
    try:
        result = operation.apply(image)
    except windows.NothingFitsError:
        return "", ""
    differences = [largest_difference(result, operation.apply_torch(image))]
    names = ["conv_transpose2d" if operation.transposed else "conv2d"]
    relu = np.maximum(result, 0)
    fits = min(relu.shape) >= size
    if fits:
        names += ["max_pool2d", "avg_pool2d"]
        differences += [
            largest_difference(
                convolution.pool(relu, size, stride=step, mode=mode),
                pool_torch(relu, size, step, mode),
            )
            for mode in ("max", "average")
        ]
    snippet = operation.torch_snippet(image, pool=(size, step) if fits else None)
    return describe_check(names, differences, float(np.abs(result).max())), snippet


def describe_check(names: list[str], differences: list[float], scale: float) -> str:
    """The outcome of a comparison with torch, as Markdown."""
    called = ", ".join(f"`F.{name}`" for name in names)
    largest = max(differences)
    same = largest <= 1e-9 * max(scale, 1.0)
    verdict = "✓ **Same as torch**" if same else "✗ **Not the same as torch**"
    return f"{verdict}: largest difference to {called} is {f'{largest:.0e}' if largest else 0}."


def prepare_picture(
    picture: np.ndarray | None, channels: str, *, max_side: int = PICTURE_SIDE
) -> np.ndarray:
    """A picture at canvas size as uint8 (h, w, 3), or (h, w) when ``channels`` is grey."""
    if channels not in CHANNELS:
        raise InputError(f"The channels must be one of: {'; '.join(CHANNELS)}.")
    small = images.shrink(images.check_image(picture), max_side)
    return to_grey(small) if channels == CHANNELS[0] else small


def to_grey(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) as uint8 (H, W), by PIL's weights for R, G and B."""
    return np.array(Image.fromarray(image).convert("L"))


def _picture_step(
    picture: np.ndarray | None, kernel: Any, *window: Any, channels: str
) -> tuple[Operation, np.ndarray]:
    operation = read_operation(kernel, *window, depth=channels == CHANNELS[2])
    side = STRETCHED_SIDE if operation.transposed else PICTURE_SIDE
    return operation, prepare_picture(picture, channels, max_side=side)


def walk_picture(
    picture: np.ndarray | None,
    kernel: Any = "Sobel x",
    stride: float = 1,
    padding: str = "same",
    padding_mode: str = "zero",
    dilation: float = 1,
    transposed: bool = False,
    channels: str = CHANNELS[0],
    show: str = SHOW[0],
) -> tuple[dict, str, str, Any]:
    """Convolve a picture: canvas, sizes, badge, and the result as a PNG file."""
    watch = Stopwatch()
    window = stride, padding, padding_mode, dilation, transposed
    operation, image = _picture_step(picture, kernel, *window, channels=channels)
    sizes = describe_sizes(operation, image.shape[:2])
    watch.lap("preprocess")
    try:
        result = operation.apply(image)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", None
    watch.lap("convolution")
    value = walk_value(operation, image, result, show=show)
    png = images.to_png(to_picture(result, show=show))
    watch.lap("drawing")
    return (
        value,
        sizes,
        ui.badge(watch.ms),
        ui.download_value("feature_map.png", png, "image/png"),
    )


def check_picture(
    picture: np.ndarray | None,
    kernel: Any,
    stride: float,
    padding: str,
    padding_mode: str,
    dilation: float,
    transposed: bool,
    channels: str,
) -> tuple[str, str, Any]:
    """The picture's numbers by torch: difference, program, and the picture that it reads."""
    window = stride, padding, padding_mode, dilation, transposed
    operation, image = _picture_step(picture, kernel, *window, channels=channels)
    try:
        result = operation.apply(image.astype(np.float64))
    except windows.NothingFitsError:
        return "", "", None
    name = "conv_transpose2d" if operation.transposed else "conv2d"
    difference = largest_difference(result, operation.apply_torch(image))
    file = ui.download_value("picture.png", images.to_png(image), "image/png")
    check = describe_check([name], [difference], float(np.abs(result).max()))
    return check, operation.torch_snippet(image), file


def process_frame(
    frame: np.ndarray,
    kernel: Any = "Sobel x",
    stride: float = 1,
    padding: str = "same",
    padding_mode: str = "zero",
    dilation: float = 1,
    transposed: bool = False,
    channels: str = CHANNELS[1],
    show: str = SHOW[0],
) -> np.ndarray:
    """One frame of the webcam, at most 640 pixels a side, through the kernel."""
    operation = read_operation(
        kernel,
        stride,
        padding,
        padding_mode,
        dilation,
        transposed,
        depth=channels == CHANNELS[2],
    )
    side = STRETCHED_SIDE if operation.transposed else 640
    image = prepare_picture(frame, channels, max_side=side)
    return to_picture(operation.apply(image), show=show)

"""Kernels by name, the digit of the lesson, and what can be told from a kernel's numbers.

The Laplacian is the one of four neighbours, whose centre is -4; others take all eight, or turn the
sign.
"""

from dataclasses import dataclass

import numpy as np

from cvcore.core.errors import InputError

DIGIT_NINE = (
    (-1, 1, 1, 1, -1),
    (-1, 1, -1, 1, -1),
    (-1, 1, 1, 1, -1),
    (-1, -1, -1, 1, -1),
    (-1, -1, -1, 1, -1),
    (-1, -1, 1, -1, -1),
    (-1, 1, -1, -1, -1),
)
"""A handwritten 9 in 7x5 cells: ink is 1, paper is -1."""

DIVISORS = ("nothing", "sum", "count")


@dataclass(frozen=True)
class Kernel:
    """A kernel with a name."""

    name: str
    weights: tuple[tuple[float, ...], ...]
    """Rows of weights, before the division."""
    divide_by: str
    """``"nothing"``, ``"sum"`` (of the weights) or ``"count"`` (of the weights)."""
    effect: str
    """What it does, in one sentence."""


def _gaussian() -> tuple[tuple[int, ...], ...]:
    binomial = np.array([1, 4, 6, 4, 1])
    return tuple(map(tuple, np.outer(binomial, binomial).tolist()))


KERNELS = {
    kernel.name: kernel
    for kernel in (
        Kernel("identity", ((0, 0, 0), (0, 1, 0), (0, 0, 0)), "nothing", "Copies the input."),
        Kernel(
            "loop",
            ((1, 1, 1), (1, -1, 1), (1, 1, 1)),
            "count",
            "Answers 1 where ink runs in a ring.",
        ),
        Kernel(
            "vertical line",
            ((-1, 1, -1), (-1, 1, -1), (-1, 1, -1)),
            "count",
            "Answers 1 on an upright stroke.",
        ),
        Kernel(
            "diagonal line",
            ((-1, -1, 1), (-1, 1, -1), (1, -1, -1)),
            "count",
            "Answers 1 on a stroke that rises to the right.",
        ),
        Kernel(
            "Sobel x",
            ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
            "nothing",
            "Right minus left: upright edges.",
        ),
        Kernel(
            "Sobel y",
            ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
            "nothing",
            "Below minus above: level edges.",
        ),
        Kernel(
            "Laplacian",
            ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
            "nothing",
            "Neighbours minus centre: edges of every direction, 0 on flat ground.",
        ),
        Kernel(
            "sharpen",
            ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
            "nothing",
            "The picture minus its Laplacian: edges stand out.",
        ),
        Kernel("box", ((1,) * 5,) * 5, "sum", "The mean of 25 pixels: a blur."),
        Kernel(
            "Gaussian",
            _gaussian(),
            "sum",
            "A mean that trusts near pixels more: a smoother blur.",
        ),
        Kernel(
            "emboss",
            ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
            "nothing",
            "Lit from one corner: edges become slopes.",
        ),
    )
}


def check_kernel(weights: object, *, max_side: int) -> np.ndarray:
    """A visitor's rows of numbers as float64 (kh, kw), 1x1 to ``max_side`` squared.

    Raises ``InputError`` when rows differ in length, a cell is no number, or it is too large.
    """
    try:
        kernel = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            "Every cell of the kernel must hold a number, and all rows must be equally long."
        ) from None
    if kernel.ndim != 2 or not kernel.size or max(kernel.shape) > max_side:
        raise InputError(
            f"The kernel must be a table of 1x1 to {max_side}x{max_side} numbers; "
            f"got the shape {'x'.join(map(str, kernel.shape)) or 'of one number'}."
        )
    if not np.isfinite(kernel).all() or np.abs(kernel).max() > 1e6:
        raise InputError("Every cell of the kernel must hold a number between -1e6 and 1e6.")
    return kernel


def kernel_divisor(weights: np.ndarray, divide_by: str) -> float:
    """The number that the weights are divided by: 1, their sum, or their count."""
    if divide_by == "nothing":
        return 1.0
    if divide_by == "count":
        return float(np.size(weights))
    if divide_by != "sum":
        raise InputError(f"Divide by {', '.join(DIVISORS[:-1])} or {DIVISORS[-1]}.")
    total = float(np.sum(weights))
    if abs(total) < 1e-12:
        raise InputError(
            "These weights sum to 0, and nothing can be divided by 0: divide by the count instead."
        )
    return total


def separate(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """A column (kh,) and a row (kw,) whose outer product is the 2-D ``kernel``, if there are any.

    A kernel of rank 1 can be applied as two short passes: kh + kw products a pixel, not kh * kw.
    """
    u, s, vt = np.linalg.svd(np.asarray(kernel, dtype=np.float64))
    if not s[0] or (len(s) > 1 and s[1] > 1e-9 * s[0]):
        return None
    scale = np.sqrt(s[0])
    sign = -1.0 if u[np.abs(u[:, 0]).argmax(), 0] < 0 else 1.0
    return sign * scale * u[:, 0], sign * scale * vt[0]

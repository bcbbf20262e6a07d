"""Inputs and kernels by name, and a table's value read back as numbers."""

from typing import Any

import numpy as np

from cvcore.convolution import kernels
from cvcore.core.errors import InputError

MAX_MATRIX = 28  # rows and columns
PAPER = -1  # the number of an empty cell

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

"""A template of the digit 9 laid over a picture: what one unit of a dense layer does.

It multiplies each cell by a weight of its own, adds up, and fires above a threshold. Cells are 1
where there is ink and -1 on paper, so a sum counts the cells that agree less those that do not.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from cvcore.convolution.kernels import DIGIT_NINE
from cvcore.core import images
from cvcore.core.checks import check_number
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

ROWS, COLUMNS = 11, 9
TOP, LEFT = 2, 2  # where the digit stands in the field
PAPER, INK = -1, 1
CELLS = ROWS * COLUMNS


def place(cells: np.ndarray, top: int = TOP, left: int = LEFT) -> np.ndarray:
    """Cells (h, w) on an empty field (11, 9), int64; what lies outside is lost."""
    field_ = np.full((ROWS, COLUMNS), PAPER)
    for (row, column), value in np.ndenumerate(np.asarray(cells)):
        if 0 <= row + top < ROWS and 0 <= column + left < COLUMNS:
            field_[row + top, column + left] = value
    return field_


NINE = np.array(DIGIT_NINE)
"""int64 (7, 5): ink is 1, paper is -1."""
TEMPLATE = place(NINE)
"""int64 (11, 9): the weights of the one unit."""


@dataclass(frozen=True, eq=False)
class TemplateAnswer:
    """A field under the template."""

    products: np.ndarray = field(repr=False)
    """float64 (11, 9)."""
    total: float
    """Their sum: 99 where every cell agrees."""
    fires: bool
    """Whether the sum is at least the threshold."""


def match_template(cells: object, threshold: float) -> TemplateAnswer:
    """Multiply, add up, compare. ``cells`` is (11, 9), each from -1 (paper) to 1 (ink).

    Raises ``InputError`` when the field has another size, a cell is no such number, or nothing is
    drawn.
    """
    field_ = check_field(cells)
    threshold = check_number("The threshold", threshold)
    products = field_ * TEMPLATE
    total = float(products.sum())
    return TemplateAnswer(products, total, total >= threshold)


def check_field(cells: object) -> np.ndarray:
    """float64 (11, 9) of numbers from -1 to 1 with ink in it; InputError otherwise."""
    try:
        array = np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.shape != (ROWS, COLUMNS):
        raise InputError(
            f"The template covers {ROWS} rows of {COLUMNS} cells: give the field the same size."
        )
    if not (np.abs(array) <= 1).all():  # false for what is no number, too
        raise InputError("Every cell must hold a number from −1, paper, to 1, ink.")
    if (array == PAPER).all():
        raise InputError("There is nothing drawn yet: press on cells to set ink.")
    return array


def to_cells(digit: np.ndarray) -> np.ndarray:
    """A digit (28, 28) in [0, 1] as a field (11, 9) of ink and paper, at the template's own place.

    The ink is cut out and stretched to the template's 7 x 5 cells, which flatters the template; a
    cell is ink from half of the brightest on.
    """
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    if not len(rows):
        return place(np.full((7, 5), PAPER))
    ink = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    levels = np.rint(255 * ink / ink.max()).astype(np.uint8)
    small = images.resize(levels, (len(DIGIT_NINE), len(DIGIT_NINE[0])), resample="box")
    return place(np.where(small >= 0.5 * small.max(), INK, PAPER))


@lru_cache(maxsize=1)
@undisturbed
def list_test_fields() -> tuple[np.ndarray, np.ndarray]:
    """The 500 test digits as fields, int64 (500, 11, 9), and what they are, (500,)."""
    from cvcore.recognition.datasets import load_digits

    test = load_digits().test
    return np.stack([to_cells(one) for one in test.pictures[:, 0].numpy()]), test.labels.numpy()


@lru_cache(maxsize=1)
def sum_test_digits() -> tuple[np.ndarray, np.ndarray]:
    """The template's sum on each of the 500 test digits, and what they are: both int64 (500,)."""
    fields, labels = list_test_fields()
    return (fields * TEMPLATE).sum(axis=(1, 2)), labels

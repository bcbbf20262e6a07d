"""RoI pooling (Fast R-CNN), to type into: a region of any size becomes a few numbers."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.detection.drawing import class_colour
from cvcore.detection.roi_pooling import DEFAULT_OUTPUT_HW, RoiPooling
from demos import components as ui
from demos import lesson
from demos.detection.views import draw_page

TITLE = "RoI pooling"
START = [[1, 3, 2, 0, 5, 1], [4, 0, 7, 2, 1, 3], [2, 6, 1, 8, 0, 2], [5, 1, 3, 4, 9, 6]]


def pool(
    matrix: Any, rows: int = DEFAULT_OUTPUT_HW[0], columns: int = DEFAULT_OUTPUT_HW[1]
) -> tuple[str, list[list[float]]]:
    """RoI pooling of a typed matrix, drawn with the winner of each bin, and its result."""
    cells = parse_matrix(matrix)
    pooled = cvcore.detection.roi_pooling.roi_pool(cells, (0, 0, *cells.shape), (rows, columns))
    return draw_pooling(cells, pooled), pooled.output.tolist()


def parse_matrix(matrix: Any) -> np.ndarray:
    """Numbers out of the table; InputError when a cell holds none."""
    try:
        cells = np.array(
            [[float(str(cell).replace(",", ".")) for cell in row] for row in matrix], np.float64
        )
    except (TypeError, ValueError):
        cells = np.array([[np.nan]])
    if cells.ndim != 2 or not cells.size or not np.isfinite(cells).all():
        raise InputError("Every cell of the matrix must hold a number: fill in the empty ones.")
    return cells


def draw_pooling(cells: np.ndarray, pooled: RoiPooling) -> str:
    """The matrix beside its output: a bin's colour is that of the cell it fills.

    Where bins overlap, a cell has a stripe of each colour.
    """
    high, wide = pooled.output.shape
    owners: dict[tuple[int, int], list[int]] = {}
    won: set[tuple[int, int]] = set()
    for y, row in enumerate(pooled.bins):
        for x, one in enumerate(row):
            won.add((one.row, one.column))
            for i in range(one.top, one.bottom):
                for j in range(one.left, one.right):
                    owners.setdefault((i, j), []).append(y * wide + x)
    left = [
        _draw_cell(cells[i, j], owners.get((i, j), []), (i, j) in won)
        for i in range(cells.shape[0])
        for j in range(cells.shape[1])
    ]
    right = [
        _draw_cell(pooled.output[y, x], [y * wide + x], False)
        for y in range(high)
        for x in range(wide)
    ]
    return draw_page(
        f'<div class="pair"><div><p class="big">Region {cells.shape[0]} x {cells.shape[1]}</p>'
        f'{_draw_grid(left, cells.shape[1])}</div><div><p class="big">Pooled {high} x {wide}</p>'
        f"{_draw_grid(right, wide)}</div>"
        '<p class="soft" style="flex: 1 1 12rem">Each output cell is the greatest value (framed) '
        "of the cells of its colour. Two colours: the bins overlap there, since the region's side "
        "is no multiple of the output's.</p></div>"
    )


def _draw_grid(cells: list[str], columns: int) -> str:
    style = f"grid-template-columns: repeat({columns}, auto)"
    return f'<div class="cells" style="{style}">{"".join(cells)}</div>'


def _draw_cell(value: float, owners: list[int], is_winner: bool) -> str:
    colours = [f"rgb({','.join(str((c + 255) // 2) for c in class_colour(n))})" for n in owners]
    share = 100 / max(len(colours), 1)
    stops = ", ".join(
        f"{colour} {share * k:.0f}% {share * (k + 1):.0f}%" for k, colour in enumerate(colours)
    )
    number = f"{value:g}".replace("-", "−")
    return (
        f'<span class="{"won" if is_winner else ""}" '
        f'style="background: linear-gradient(135deg, {stops})">{number}</span>'
    )


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """The region to type into, the output's size, and the drawing."""
    high, wide = DEFAULT_OUTPUT_HW
    with tab.stage.controls(TITLE, first=True):
        rows = ui.Slider(1, 4, high, step=1, label="Output rows")
        columns = ui.Slider(1, 6, wide, step=1, label="Output columns")
    with tab.stage.view(TITLE) as section:
        matrix = gr.Dataframe(
            START, headers=[str(number) for number in range(6)], datatype="number", type="array",
            interactive=True, static_columns=[], label="The region, to type into", buttons=[],
            elem_id="detection-matrix",
        )  # fmt: skip
        outputs = [
            gr.HTML(label="drawing", elem_id="detection-pooling"),
            gr.JSON(visible=False, label="pooled"),
        ]
    inputs = [matrix, rows, columns]
    tab.run(
        [matrix.change, rows.input, columns.input], pool, inputs, outputs,
        api_name="detection_roi_pool", kind="stream",
    )  # fmt: skip
    lazy.add(TITLE, section, pool, inputs, outputs, api_name=None)

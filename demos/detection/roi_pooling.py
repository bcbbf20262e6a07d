"""RoI pooling and RoIAlign beside each other, to type into: a region becomes a few numbers."""

import math
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.detection.drawing import class_colour
from cvcore.detection.roi_pooling import (
    DEFAULT_OUTPUT_HW,
    DEFAULT_SAMPLES,
    MAX_SAMPLES,
    RoiAlignment,
    RoiPooling,
)
from demos import components as ui
from demos import lesson
from demos.detection.search_view import draw_step
from demos.detection.views import draw_sentence

TITLE = "RoI pooling"
ROWS, COLUMNS = 4, 6
START = [
    ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"],
    ["1", "0.7", "0.2", "0.6", "0.1", "0.9"],
    ["0.9", "0.8", "0.7", "0.3", "0.5", "0.2"],
    [""] * COLUMNS,  # to be typed
]
MOST = 1e6  # of a typed number, and the least below 0
BAD_CELL = (
    "Every cell of the matrix must hold a number from −1,000,000 to 1,000,000, or nothing yet: "
    "change the others."
)
EMPTY = "The matrix is empty: type a number into a cell."


@dataclass(frozen=True)
class PoolingSettings:
    """The output's size, and which part of the matrix is the region, in cells."""

    rows: float = DEFAULT_OUTPUT_HW[0]
    columns: float = DEFAULT_OUTPUT_HW[1]
    samples: float = DEFAULT_SAMPLES  # points along a side of a bin of RoIAlign
    top: float = 0
    left: float = 0
    height: float = ROWS  # cut off at the matrix's edge, like the width
    width: float = COLUMNS


def pool(matrix: Any, settings: PoolingSettings) -> tuple[str, dict[str, list]]:
    """Both poolings of a typed matrix, drawn, and their results; None waits for an empty cell."""
    cells = parse_matrix(matrix)
    known, output = np.nan_to_num(cells), (int(settings.rows), int(settings.columns))
    exact = cut_region(cells.shape, settings)
    rounded = round_region(cells.shape, exact)
    pooling = cvcore.detection.roi_pooling
    pooled = pooling.roi_pool(known, rounded, output)
    aligned = pooling.roi_align(known, exact, output, samples=int(settings.samples))
    values = {
        "roi_pool": wait_for(pooled.output, find_awaited(cells, pooled)),
        "roi_align": wait_for(aligned.output, find_awaited_points(cells, aligned)),
    }
    return draw(cells, pooled, aligned, values), values


def show(matrix: Any, settings: PoolingSettings) -> tuple[str, dict[str, list] | None]:
    """The same for the page: what cannot be pooled leaves its sentence, not the answer before."""
    try:
        return pool(matrix, settings)
    except InputError as error:
        return draw_sentence(str(error)), None


def parse_matrix(matrix: Any) -> np.ndarray:
    """Numbers out of the table, NaN for an empty cell; InputError when a cell holds something
    else, or none holds a number."""
    try:
        cells = np.array([[_to_number(cell) for cell in row] for row in matrix], np.float64)
    except (TypeError, ValueError):
        raise InputError(BAD_CELL) from None
    if cells.ndim != 2 or not cells.size or (np.abs(cells) > MOST).any():
        raise InputError(BAD_CELL)
    if np.isnan(cells).all():
        raise InputError(EMPTY)
    return cells


def _to_number(cell: Any) -> float:
    if cell is None or str(cell).strip() in ("", "nan"):
        return math.nan
    return float(str(cell).replace(",", ".").replace("−", "-"))


def cut_region(
    shape: tuple[int, ...], settings: PoolingSettings
) -> tuple[float, float, float, float]:
    """Top, left, height, width within the matrix."""
    rows, columns = shape
    top, left = min(settings.top, rows - 1), min(settings.left, columns - 1)
    return top, left, min(settings.height, rows - top), min(settings.width, columns - left)


def round_region(
    shape: tuple[int, ...], region: tuple[float, float, float, float]
) -> tuple[int, int, int, int]:
    """The same with edges at whole cells, at least one cell large: what RoI pooling does first."""
    top, left = math.floor(region[0] + 0.5), math.floor(region[1] + 0.5)
    top, left = min(top, shape[0] - 1), min(left, shape[1] - 1)
    bottom = max(math.floor(region[0] + region[2] + 0.5), top + 1)
    right = max(math.floor(region[1] + region[3] + 0.5), left + 1)
    return top, left, min(bottom, shape[0]) - top, min(right, shape[1]) - left


def find_awaited(cells: np.ndarray, pooled: RoiPooling) -> list[list[bool]]:
    """Which outputs hang on a cell that is empty yet."""
    return [
        [bool(np.isnan(cells[b.top : b.bottom, b.left : b.right]).any()) for b in row]
        for row in pooled.bins
    ]


def find_awaited_points(cells: np.ndarray, aligned: RoiAlignment) -> list[list[bool]]:
    return [
        [any(np.isnan(cells[cell]) for point in b.samples for cell in point.cells) for b in row]
        for row in aligned.bins
    ]


def wait_for(output: np.ndarray, awaited: list[list[bool]]) -> list[list[float | None]]:
    """An output's numbers, None where one waits."""
    return [
        [None if waits else float(value) for value, waits in zip(row, waiting, strict=True)]
        for row, waiting in zip(output, awaited, strict=True)
    ]


def draw(
    cells: np.ndarray, pooled: RoiPooling, aligned: RoiAlignment, values: dict[str, list]
) -> str:
    """The matrix under each pooling, beside what comes out: a bin's colour is its output's."""
    high, wide = pooled.output.shape
    empty = np.isnan(cells)
    is_last = empty[-1].all() and not empty[:-1].any()  # as at first
    where = "the fourth row" if is_last and len(cells) == ROWS else "the empty cells"
    waits = f"<p><b>Type {where} into the table: each ? waits for a number.</b></p>"
    head = waits if empty.any() else ""
    return draw_step(
        head,
        f'<div class="two"><div><h3>RoI pooling {high} x {wide}: greatest of a bin</h3>'
        f'<div class="pair">{_draw_matrix(cells, _find_owners(pooled), _find_won(cells, pooled))}'
        f"{_draw_output(values['roi_pool'])}</div>"
        '<p class="soft">Region and bins are rounded to whole cells: two colours in a cell mean '
        "that bins overlap. Framed: the greatest.</p></div>"
        f"<div><h3>RoIAlign {high} x {wide}: the mean of points</h3>"
        f'<div class="pair">{_draw_matrix(cells, {}, set(), _draw_points(aligned))}'
        f"{_draw_output(values['roi_align'])}</div>"
        f'<p class="soft">{tell_bin(aligned, values["roi_align"])}</p></div></div>',
    )


def tell_bin(aligned: RoiAlignment, values: list[list[float | None]]) -> str:
    """The first bin worked out."""
    one = aligned.bins[0][0]
    said = (
        "Nothing is rounded. A point reads the four cells around it, the nearer their middles, the "
        "more."
    )
    if values[0][0] is None:
        return said
    points = [f"{point.value:.3g}" for point in one.samples]
    shown = " + ".join(points[:6]) + (" + …" if len(points) > 6 else "")
    return f"{said} First bin: ({shown}) / {len(points)} = <b>{one.value:.4g}</b>."


def _find_owners(pooled: RoiPooling) -> dict[tuple[int, int], list[int]]:
    """Which bins each cell lies in."""
    wide = pooled.output.shape[1]
    owners: dict[tuple[int, int], list[int]] = {}
    for y, row in enumerate(pooled.bins):
        for x, one in enumerate(row):
            for i in range(one.top, one.bottom):
                for j in range(one.left, one.right):
                    owners.setdefault((i, j), []).append(y * wide + x)
    return owners


def _find_won(cells: np.ndarray, pooled: RoiPooling) -> set[tuple[int, int]]:
    """The greatest cell of each bin that is complete."""
    awaited = find_awaited(cells, pooled)
    return {
        (one.row, one.column)
        for row, waiting in zip(pooled.bins, awaited, strict=True)
        for one, waits in zip(row, waiting, strict=True)
        if not waits
    }


def _draw_matrix(
    cells: np.ndarray, owners: dict[tuple[int, int], list[int]], won: set[tuple[int, int]],
    over: str = "",
) -> str:  # fmt: skip
    rows, columns = cells.shape
    drawn = "".join(
        _draw_cell(cells[i, j], owners.get((i, j), []), (i, j) in won)
        for i in range(rows)
        for j in range(columns)
    )
    kind = "roi points" if over else "roi"
    return f'<div class="{kind}" style="--columns:{columns}">{drawn}{over}</div>'


def _draw_output(values: list[list[float | None]]) -> str:
    wide = len(values[0])
    drawn = "".join(
        _draw_cell(math.nan if value is None else value, [y * wide + x], False)
        for y, row in enumerate(values)
        for x, value in enumerate(row)
    )
    return f'<div class="roi" style="--columns:{wide}">{drawn}</div>'


def _draw_points(aligned: RoiAlignment) -> str:
    """The bins as frames in their outputs' colours, and the points in them."""
    parts = []
    wide = aligned.output.shape[1]
    for y, row in enumerate(aligned.bins):
        for x, one in enumerate(row):
            parts.append(
                f'<i class="bin" style="--y:{one.top:g};--x:{one.left:g};'
                f"--h:{one.bottom - one.top:g};--w:{one.right - one.left:g};"
                f'background:{_mix(y * wide + x)}"></i>'
            )
            parts += [f'<i class="at" style="--y:{p.y:g};--x:{p.x:g}"></i>' for p in one.samples]
    return "".join(parts)


def _mix(number: int) -> str:
    return f"rgb({','.join(str((c + 255) // 2) for c in class_colour(number))})"


def _draw_cell(value: float, owners: list[int], is_winner: bool) -> str:
    colours = [_mix(n) for n in owners]
    share = 100 / max(len(colours), 1)
    stops = ", ".join(
        f"{colour} {share * k:.0f}% {share * (k + 1):.0f}%" for k, colour in enumerate(colours)
    )
    number = "?" if math.isnan(value) else f"{value:.3g}".replace("-", "−")
    paint = f' style="background: linear-gradient(135deg, {stops})"' if colours else ""
    return f'<span class="{"won" if is_winner else ""}"{paint}>{number}</span>'


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """The matrix to type into, the output's size, the region, and the drawing."""
    d = PoolingSettings()
    with tab.stage.controls(TITLE, first=True):
        rows = ui.Slider(1, 4, d.rows, step=1, label="Output rows")
        columns = ui.Slider(1, 6, d.columns, step=1, label="Output columns")
        samples = ui.Slider(1, MAX_SAMPLES, d.samples, step=1, label="RoIAlign: points a side")
        gr.Markdown("**Where the region lies, in cells**")
        top = ui.Slider(0, ROWS - 1, d.top, step=0.25, label="Top edge")
        left = ui.Slider(0, COLUMNS - 1, d.left, step=0.25, label="Left edge")
        height = ui.Slider(0.5, ROWS, d.height, step=0.25, label="Region height")
        width = ui.Slider(0.5, COLUMNS, d.width, step=0.25, label="Region width")
    with tab.stage.view(TITLE) as section:
        matrix = gr.Dataframe(
            START, headers=[str(number) for number in range(COLUMNS)], datatype="str",
            type="array", interactive=True, static_columns=[], label="The map, to type into",
            buttons=[], elem_id="detection-matrix",
        )  # fmt: skip
        outputs = [
            gr.HTML(label="drawing", elem_id="detection-pooling"),
            gr.JSON(visible=False, label="pooled"),
        ]
    settings = lesson.Controls(
        PoolingSettings, rows=rows, columns=columns, samples=samples, top=top, left=left,
        height=height, width=width,
    )  # fmt: skip
    tab.run(
        [matrix.change, *(part.input for part in settings)], show, [matrix], outputs,
        api_name=None, kind="stream", settings=settings,
    )  # fmt: skip
    lazy.add(TITLE, section, show, [matrix], outputs, api_name=None, settings=settings)
    call = lesson.Controls(PoolingSettings, **settings.parts)
    tab.endpoint(pool, [matrix], outputs, api_name="detection_roi_pool", settings=call)

"""A network that proposes: the scores of all anchors of a map, and where their boxes go."""

import numpy as np

import cvcore
from cvcore.detection.boxes import box_iou
from cvcore.detection.region_proposals import Proposals
from cvcore.detection.selective_search import recall_curve
from demos.detection.search_view import draw_figure, draw_step
from demos.detection.views import draw_rows
from demos.detection.way import MAPS, WaySettings, WayState, find_truths
from demos.lesson import charts

LISTED = 4
TAKEN = 500  # of all anchors, in the chart
SAID = (
    "A region proposal network gives each anchor a score (is there an object?) and four numbers "
    "that move and stretch it. YOLOv3-tiny, shown here, gives the same: objectness and tx, ty, "
    "tw, th. But a box's middle stays in its cell, and a cell has three anchors, not nine."
)
STAND_IN = "Without a truth box of yours it is judged by its own answer, which it finds, of course."


def draw(state: WayState, settings: WaySettings, truths: list[dict] | None) -> tuple[str, dict]:
    """The heat map, the arrows, the numbers of the best anchors, and their recall."""
    network = cvcore.detection.region_proposals
    raw, grid, anchor = state.predictions, MAPS[settings.grid], settings.anchor_number()
    best = network.propose(raw, grid, anchor, most=int(settings.shown))
    boxes, whose = find_truths(state, truths)
    size = raw.grids[grid]
    per_cell = len(size.anchors) if anchor is None else 1
    count = size.rows * size.columns * per_cell
    which = "the greatest of its three anchors" if anchor is None else f"anchor {anchor + 1}"
    figures = [
        draw_figure(
            f"objectness of every cell, {which}",
            network.draw_scores(state.image, raw, grid, anchor),
        ),
        draw_figure(
            "anchors (dashed), moved to their boxes (yellow)",
            network.draw_moves(state.image, best),
        ),
    ]
    numbers = {
        "anchors": count,
        "above_half": int((network.score_map(raw, grid, anchor) > 0.5).sum()),
        "proposals": list_rows(best, boxes),
    }
    html = draw_step(
        f'<p class="big"><b>{count:,} anchors</b> on a map of {size.columns} x {size.rows} cells, '
        f"scored in one pass; {numbers['above_half']} cells are above 0.5.</p>",
        f'<div class="two">{"".join(figures)}</div>',
        f'<div class="two"><div>{draw_numbers(numbers["proposals"])}'
        f'<p class="soft">{SAID if truths else f"{SAID} {STAND_IN}"}</p></div>'
        f"<div>{draw_recall(state, boxes, whose, settings)}</div></div>",
    )
    return html, numbers


def list_rows(best: Proposals, truths: np.ndarray) -> list[dict]:
    """Score, the four numbers, and the IoU with the nearest truth box before and after."""
    rows = []
    for i in range(len(best.row)):
        row = {
            "objectness": round(float(best.score[i]), 3),
            **{
                name: round(float(value), 2)
                for name, value in zip(("tx", "ty", "tw", "th"), best.numbers[i], strict=True)
            },
            "iou_before": None, "iou_after": None,
        }  # fmt: skip
        if len(truths):
            for name, box in (("iou_before", best.anchors[i]), ("iou_after", best.boxes[i])):
                row[name] = round(float(box_iou(box[None], truths).max()), 3)
        rows.append(row)
    return rows


def draw_numbers(rows: list[dict]) -> str:
    heads = ["score", "tx", "ty", "tw", "th", "IoU before", "after"]
    cells = [
        ["–" if value is None else f"{value:.2f}".replace("-", "−") for value in row.values()]
        for row in rows[:LISTED]
    ]
    return draw_rows(heads, cells)


def draw_recall(state: WayState, truths: np.ndarray, whose: str, settings: WaySettings) -> str:
    """Recall of the anchors of both maps, and of selective search where that was run."""
    if not len(truths):
        return '<p class="soft">There is no truth box: draw one in the view Truth.</p>'
    limit = settings.recall_iou
    lines = []
    best = cvcore.detection.region_proposals.propose(state.predictions, most=TAKEN)
    sets = [("anchors of both maps, by objectness", best.boxes)]
    if state.grouping is not None:
        sets.append(("selective search", state.grouping.proposals()))
    for name, boxes in sets:
        if len(boxes):
            recall, _ = recall_curve(boxes, truths, iou_limit=limit)
            lines.append(charts.Line(name, np.arange(1, len(recall) + 1), recall))
    return charts.draw_chart(
        lines, title=f"Recall of {whose.partition(',')[0]}",
        x=charts.Axis("proposals taken", is_log=True),
        y=charts.Axis(f"recall at IoU {limit:g}", 0, 1), size=charts.HALF, legend=True,
    )  # fmt: skip

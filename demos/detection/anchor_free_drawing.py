"""Drawings of a cell's answer: its box over the picture, its four distributions, its scores."""

from html import escape

import numpy as np

from cvcore.core.drawing import colourise
from cvcore.core.images import to_data_uri
from cvcore.detection.anchor_free import SIDES, AnchorAnswer, CellAnswer
from cvcore.detection.boxes import Letterbox
from cvcore.detection.yolo_heads import Grid
from demos.detection.views import draw_page, draw_table
from demos.lesson import charts

COLOURS = (charts.BLUE, charts.VERMILION, charts.GREEN, charts.PURPLE)  # one a side
SIZE = (280, 142)  # pixels of a distribution's chart


def draw_cell(
    cell: CellAnswer, scores: np.ndarray, heat: float, anchor: AnchorAnswer | None
) -> str:
    """SVG in pixels of the picture: every cell's greatest score, the cell, and its box.

    A side is as broad as its distribution's standard deviation on either hand.
    """
    box = cell.letterbox
    x1, y1, x2, y2 = cell.xyxy
    x, y = box.to_image(np.array([[*cell.centre, *cell.centre]]))[0, :2]
    half = cell.spread * cell.grid.stride / box.scale
    places = (
        (x1 - half[0], y1, 2 * half[0], y2 - y1),
        (x1, y1 - half[1], x2 - x1, 2 * half[1]),
        (x2 - half[2], y1, 2 * half[2], y2 - y1),
        (x1, y2 - half[3], x2 - x1, 2 * half[3]),
    )
    ends = ((x1, y), (x, y1), (x2, y), (x, y2))
    parts = [_draw_heat(box, cell.grid, scores, heat)] if heat else []
    parts += [_draw_box(place, "unsure", COLOURS[i]) for i, place in enumerate(places)]
    parts.append(_draw_box((x1, y1, x2 - x1, y2 - y1), "found"))
    for i, (to_x, to_y) in enumerate(ends):
        line = f'd="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"'
        parts.append(f'<path class="under" {line}/>{_colour("path", "reach", COLOURS[i], line)}')
    stride = cell.grid.stride
    corner = np.array([cell.column, cell.row, cell.column + 1, cell.row + 1]) * stride
    parts.append(_draw_corners(box.to_image(corner[None])[0], "cell"))
    if anchor is not None:
        parts.append(_draw_corners(anchor.anchor_xyxy, "anchor"))
        parts.append(_draw_corners(anchor.xyxy, "anchored"))
    return "".join(parts)


def _draw_heat(box: Letterbox, grid: Grid, scores: np.ndarray, heat: float) -> str:
    """The scores as a picture with a pixel a cell, seen the more, the greater they are."""
    shown = np.sqrt(scores)  # so that 0.1 is seen, too
    colours = colourise(shown, colormap="inferno", vmin=0, vmax=1)
    alpha = np.rint(255 * heat * shown).astype(np.uint8)
    x1, y1, x2, y2 = box.to_image(
        np.array([[0, 0, grid.columns * grid.stride, grid.rows * grid.stride]])
    )[0]
    source = to_data_uri(np.dstack([colours, alpha]), format="png")
    return (
        f'<image href="{source}" x="{x1:.1f}" y="{y1:.1f}" width="{x2 - x1:.1f}" '
        f'height="{y2 - y1:.1f}" preserveAspectRatio="none"/>'
    )


def _draw_corners(xyxy: np.ndarray, kind: str) -> str:
    x1, y1, x2, y2 = xyxy
    return _draw_box((x1, y1, x2 - x1, y2 - y1), kind)


def _draw_box(place: tuple[float, ...], kind: str, colour: int | None = None) -> str:
    x, y, width, height = place
    at = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{kind}" {at}/>' if colour is None else _colour("rect", kind, colour, at)


def _colour(shape: str, kind: str, colour: int, at: str) -> str:
    return f'<{shape} class="{kind}" style="--own: {charts.colour_of(colour)}" {at}/>'


def draw_sides(cell: CellAnswer) -> str:
    """The four distributions, their means marked."""
    return draw_page('<div class="sides">', *map(_draw_side, [cell] * 4, range(4)), "</div>")


def _draw_side(cell: CellAnswer, side: int) -> str:
    shares, mean, spread = cell.shares[side], cell.strides[side], cell.spread[side]
    bins = np.arange(len(shares))
    name, stride = SIDES[side], cell.grid.stride
    return charts.draw_chart(
        [
            charts.Bars(name, bins, shares, COLOURS[side]),
            charts.Mark(float(mean), f"{mean:.1f}"),
        ],
        title=f"Distance to the {name} side",
        x=charts.Axis(
            f"strides of {stride} pixels", -0.5, len(shares) - 0.5,
            ticks=[(int(at), f"{at}") for at in bins],
        ),
        y=charts.Axis(
            f"{name.capitalize()}: {mean * stride:.0f} ± {spread * stride:.0f} px, share",
            0, 1, ticks=[(0, "0"), (0.5, "0.5"), (1, "1")],
        ),
        size=SIZE, legend=False,
    )  # fmt: skip


def tell(cell: CellAnswer, anchors: list[AnchorAnswer], labels: tuple[str, ...]) -> str:
    """The cell's best scores, why they are made so, and what the other network says there."""
    best = cell.list_best()
    rows = [[escape(labels[number]), f"{score:.3f}"] for number, score in best]
    heads = [f"Row {cell.row}, column {cell.column}", "score"]
    return draw_page(
        draw_table(heads, rows),
        f'<p class="soft">{tell_sides(cell)}</p>',
        f'<p class="soft">{tell_score(cell)}</p>',
        f'<p class="soft">{tell_anchors(anchors, labels)}</p>',
    )


def tell_sides(cell: CellAnswer) -> str:
    """Why distances, and why each is a distribution."""
    widest = int(cell.spread.argmax())
    pixels = cell.spread[widest] * cell.grid.stride
    return (
        "<b>No anchor:</b> the cell says how far each side is, as shares of "
        f"{len(cell.shares[0])} distances. Their mean counts; a wide one is unsure, here most of "
        f"all <b>{SIDES[widest]}</b> (± {pixels:.0f} px)."
    )


def tell_score(cell: CellAnswer) -> str:
    """Why there is no objectness."""
    (_, score), *_ = cell.list_best(1)
    return (
        f"<b>No objectness:</b> a score is taught to be its box's IoU with the object. "
        f"{score:.2f} says both what is here and how well the box fits."
    )


def tell_anchors(anchors: list[AnchorAnswer], labels: tuple[str, ...]) -> str:
    """What the best anchor at the same place says."""
    one = max(anchors, key=lambda one: one.score)
    wide, high = one.anchor
    return (
        f"<b>YOLOv3-tiny</b> at that box's middle: anchor {wide:.0f} x {high:.0f} says "
        f"objectness {one.objectness:.2f} x {escape(labels[one.class_id])} {one.probability:.2f} "
        f"= <b>{one.score:.3f}</b>."
    )

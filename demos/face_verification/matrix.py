"""All pairs of the faces of a picture as one table that stays whole, also for a class of thirty."""

import numpy as np

from cvcore.core import images
from cvcore.face_verification import METRIC, to_distance
from cvcore.face_verification.map import FaceMap
from demos.face_verification.views import OTHER, SAME, draw_page, number

WIDTH, HEIGHT = 1200, 620  # pixels that the cells and the faces beside them may take, about
MOST_CELL = 110, 60  # pixels, width and height
LEAST_FONT = 10  # pixels: on a phone the table is moved to and fro instead
LEAST_FACE = 40  # pixels: where rows are lower, their faces stand in two columns by turns
STYLE = """<style>.fv .matrix { overflow-x: auto; }
.fv .matrix text { text-anchor: middle; fill: var(--body-text-color); }
.fv .matrix .person { fill: none; stroke: var(--body-text-color); stroke-width: 2.5; }</style>"""


def draw_matrix(
    crops: list[np.ndarray], result: FaceMap, threshold: float, metric: str = METRIC
) -> str:
    """All pairs as a table between the faces; one person's faces are side by side, in a frame."""
    is_cosine = metric == METRIC
    shown = threshold if is_cosine else to_distance(threshold)
    count = len(crops)
    pairs = result.similarities[np.triu_indices(count, 1)]
    groups = len(set(result.groups.tolist()))
    people = f"{groups} {'person' if groups == 1 else 'people'}"
    return draw_page(
        f'<p class="big"><b>{count} faces, {people}</b> at threshold {number(shown, 3)}: '
        f"{int((pairs >= threshold).sum())} of {len(pairs)} pairs pass.</p>",
        _draw_table(crops, result, threshold, is_cosine=is_cosine),
        f'<p class="soft">{"Cosine similarity" if is_cosine else "Euclidean distance"} of each '
        "pair; green passes the threshold. Faces are sorted so that those alike are neighbours; "
        "a frame holds the faces of one person. The small numbers count the faces of the picture "
        "from the left.</p>",
    )


def _draw_table(
    crops: list[np.ndarray], result: FaceMap, threshold: float, *, is_cosine: bool
) -> str:
    values = result.similarities if is_cosine else result.distances
    limit = threshold if is_cosine else to_distance(threshold)
    count, order = len(crops), result.order
    face = max(LEAST_FACE, min(MOST_CELL[1], HEIGHT // (count + 1)))
    cell_h = min(MOST_CELL[1], (HEIGHT - face) / count)
    columns = 1 if cell_h >= face else 2
    left, top = columns * (face + 20), face + 16
    cell_w = min(MOST_CELL[0], (WIDTH - left) / count)
    head = min(face, cell_w)
    font = min(0.8 * cell_h, 0.36 * cell_w, 20)
    parts = []
    for place, index in enumerate(order):
        picture = images.to_data_uri(crops[index][::2, ::2])
        column = (place % columns) * (face + 20)
        x, y = left + (place + 0.5) * cell_w, top + (place + 0.5) * cell_h
        parts += [
            _draw_face(picture, index, (column + 20, y - face / 2), face, (column + 9, y + 4)),
            _draw_face(picture, index, (x - head / 2, 14), head, (x, 11)),
        ]
        for other, column_index in enumerate(order):
            if index != column_index:
                parts.append(
                    _draw_cell(
                        (left + other * cell_w, top + place * cell_h, cell_w, cell_h), font,
                        values[index, column_index], result.similarities[index, column_index],
                        threshold, limit, f"faces {index + 1} and {column_index + 1}",
                    )
                )  # fmt: skip
    frames = [
        f'<rect x="{left + start * cell_w:.1f}" y="{top + start * cell_h:.1f}" '
        f'width="{size * cell_w:.1f}" height="{size * cell_h:.1f}" class="person"/>'
        for start, size in _find_runs(result.groups[order])
        if size > 1
    ]
    width = left + count * cell_w + 2
    height = top + count * cell_h + max(0, face - cell_h) / 2 + 2
    return (
        f"{STYLE}<style>.fv .matrix svg {{ min-width: {width * min(1, LEAST_FONT / font):.0f}px; "
        f"max-width: {1.5 * width:.0f}px; max-height: max(28rem, var(--tall) - 18.5rem); }}</style>"
        f'<div class="matrix"><svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        'preserveAspectRatio="xMinYMin" '
        f'aria-label="{count} faces, every pair">{"".join(parts)}{"".join(frames)}</svg></div>'
    )


def _find_runs(groups: np.ndarray) -> list[tuple[int, int]]:
    """Start and length of each run of equal numbers."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    return list(zip(starts.tolist(), lengths.tolist(), strict=True))


def _draw_face(
    picture: str, index: int, corner: tuple[float, float], side: float, label: tuple[float, float]
) -> str:
    x, y = corner
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" '
        f'href="{picture}"><title>face {index + 1}</title></image>'
        f'<text x="{label[0]:.1f}" y="{label[1]:.1f}" font-size="12">{index + 1}</text>'
    )


def _draw_cell(
    box: tuple[float, float, float, float], font: float, value: float, similarity: float,
    threshold: float, limit: float, title: str,
) -> str:  # fmt: skip
    x, y, width, height = box
    is_same = similarity >= threshold
    strength = float(np.clip(abs(similarity), 0.08, 1) * 0.7)
    digits = 3 if abs(value - limit) < 0.005 else 2  # not rounded to the threshold's other side
    text = number(round(value, digits) + 0.0, digits)  # no -0.00
    if font < 15:
        text = text.replace("0.", ".", 1)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 1:.1f}" height="{height - 1:.1f}" '
        f'fill="{SAME if is_same else OTHER}" fill-opacity="{strength:.2f}">'
        f"<title>{title}: {number(value, 3)}</title></rect>"
        f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 0.35 * font:.1f}" '
        f'font-size="{font:.1f}" font-weight="{700 if is_same else 400}">{text}</text>'
    )

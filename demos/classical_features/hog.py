"""HOG: cells as roses, and one cell before and after its blocks are normalised."""

from dataclasses import dataclass
from typing import Any

import cv2
import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core.errors import UnfitPictureError
from demos import components as ui
from demos import lesson
from demos.classical_features.drawing import draw_circle, draw_polygon, draw_rose, draw_svg, say
from demos.classical_features.parts import (
    Panel,
    Parts,
    build_place,
    prepare,
    say_instead,
)
from demos.components.place import read_place, to_view
from demos.lesson import charts

TITLE = "HOG"
CODE = ("cvcore.classical_features.hog:measure_hog",)
CANVAS = 840  # pixels of the drawing with all roses, at least
SHIFT = 4  # bits of a fraction in OpenCV's drawings
TICKS = [(angle, f"{angle}") for angle in (0, 45, 90, 135, 180)]
ROSE = 150  # pixels
STRONG = 99  # per cent of the cells' directions are not longer than a cell


@dataclass(frozen=True)
class Settings:
    """Cells, blocks, their norm and the light; and the place whose cell is looked at."""

    cell: float = 16
    orientations: float = 9
    block: float = 2
    norm: str = "L2-Hys"
    light: float = 100  # per cent
    place: Any = ""

    def to_hog(self) -> cf.HogSettings:
        return cf.HogSettings(
            self.cell, self.orientations, self.block, self.norm, self.light / 100  # type: ignore[arg-type]
        )  # fmt: skip


def show(image: np.ndarray | None, settings: Settings) -> tuple[dict, dict]:
    """The picture with a rose in each cell, and the cell at the place looked at."""
    image = prepare(image)
    how = settings.to_hog()
    try:
        found = cf.measure_hog(image, how)
    except UnfitPictureError as error:
        return {}, say_instead(str(error)) | {"features": 0}
    rows, columns = found.histograms.shape[:2]
    place = read_place(settings.place, image)
    if place is None:
        strength = found.histograms.sum(axis=2)
        row, column = (int(one) for one in np.unravel_index(strength.argmax(), strength.shape))
    else:
        row, column = min(place[1] // how.cell, rows - 1), min(place[0] // how.cell, columns - 1)
    side = how.cell
    drawing = "".join(
        draw_box(j, i, how.block, side, "block") for i, j in found.find_blocks(row, column)
    ) + draw_box(column, row, 1, side, "square")
    middle = (int((column + 0.5) * side), int((row + 0.5) * side))
    view = to_view(
        draw_roses(image, found.cells, side), drawing, middle,
        alt=f"{rows} x {columns} cells, a rose in each", size_hw=image.shape[:2],
    )  # fmt: skip
    before, after = found.histograms[row, column], found.tell_cell(row, column)
    numbers = {
        "cell": [row, column],
        "before": before.tolist(),
        "after": after.tolist(),
        "features": int(found.features.size),
    }
    return view, {"html": tell(found, row, column), **numbers}


def draw_box(column: int, row: int, cells: int, side: int, kind: str) -> str:
    left, top, wide = column * side, row * side, cells * side
    ends = ((left, top), (left + wide, top), (left + wide, top + wide), (left, top + wide))
    return draw_polygon(ends, kind)


def edge_angles(orientations: int) -> np.ndarray:
    """Degrees clockwise of the edges, across the gradients in the middle of each part."""
    return 180 / orientations * (np.arange(orientations) + 0.5) + 90


def draw_roses(image: np.ndarray, cells: np.ndarray, side: int, size: int = CANVAS) -> np.ndarray:
    """The picture, dark, with a rose in each cell: a line along the edges of each direction, as
    long as its normalised share."""
    scale = max(1.0, size / max(image.shape[:2]))
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    canvas = (large * 0.35).astype(np.uint8)
    greatest = max(float(np.percentile(cells, STRONG)), 1e-9)
    turn = np.deg2rad(edge_angles(cells.shape[2]))
    reach = np.minimum(cells / greatest, 1)[..., None] * (side * scale / 2)
    ways = reach * np.stack([np.cos(turn), np.sin(turn)], axis=1)  # (R, C, O, 2)
    rows, columns = np.indices(cells.shape[:2])
    middles = (np.stack([columns, rows], axis=2) + 0.5)[:, :, None] * (side * scale)
    ends = np.stack([middles - ways, middles + ways], axis=3)[reach[..., 0] > 0.7]
    lines = np.rint(ends * 2**SHIFT).astype(np.int32)
    thick = max(1, round(side * scale / 24))
    cv2.polylines(canvas, list(lines), False, (255, 196, 60), thick, cv2.LINE_AA, SHIFT)
    return canvas


def tell(found: cf.Hog, row: int, column: int) -> str:
    """One cell's rose before and after, and its numbers by direction."""
    how = found.settings
    before, after = found.histograms[row, column], found.tell_cell(row, column)
    greatest = found.histograms.max() / how.light  # as it would be in full light
    angles = edge_angles(how.orientations)
    roses = [("before", before, greatest), ("after", after.mean(axis=0), found.blocks.max())]
    figures = "".join(
        f"<figure>{_draw_large(values, angles, float(most), name)}"
        f"<figcaption>{name}</figcaption></figure>"
        for name, values, most in roses
    )
    middles = 180 / how.orientations * (np.arange(how.orientations) + 0.5)
    wide = 180 / how.orientations
    colours = (charts.BLUE, charts.VERMILION, charts.GREEN, charts.PURPLE)
    bars = [
        charts.Bars(f"block {k + 1}", middles, values, colours[k % 4], width=0.85 * wide)
        for k, values in enumerate(after[:4])
    ]
    chart = charts.draw_chart(
        bars, title="After, in each of its blocks",
        x=charts.Axis("gradient's direction (°)", 0, 180, ticks=TICKS),
        y="share", size=charts.NARROW, legend=False,
    )  # fmt: skip
    count, length = found.features.size, float(before.sum())
    said = (
        f"Gradients add up to {say(length)} a pixel; divided by those of a block "
        f"({how.block} × {how.block} cells), the light falls out."
        if length
        else "There is no gradient in this cell: nothing to be normalised."
    )
    return (
        f'<p class="soft">{found.histograms.shape[0]} × {found.histograms.shape[1]} cells, '
        f"{count:,} numbers. Row {row}, column {column}:</p>"
        f'<div class="roses">{figures}</div>'
        f"<p>{said}</p>{chart}"
    )


def _draw_large(values: np.ndarray, angles: np.ndarray, greatest: float, name: str) -> str:
    half = ROSE / 2
    ring = draw_circle(half, half, half - 2, "ring")
    rose = draw_rose(values, angles, half, half, half - 2, greatest=greatest, both=True)
    return draw_svg(ring + rose, ROSE, ROSE, f"The cell's rose {name}", "rose-large")


def build(parts: Parts) -> None:
    """The picture beside the cell; the settings in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = build_place("hog")
        with gr.Column(min_width=0):
            panel = Panel(label="cell", elem_id="classical-features-cell")
    with tab.stage.controls(TITLE, lesson.LIVE), gr.Column(elem_classes=["of-hog"]):
        hog = {
            "cell": ui.Slider(4, 64, d.cell, step=2, label="Pixels a cell"),
            "orientations": ui.Slider(3, 18, d.orientations, step=1, label="Orientations"),
            "block": ui.Slider(1, 4, d.block, step=1, label="Cells a block"),
            "norm": ui.Dropdown(list(cf.NORMS), value=d.norm, label="Block norm"),
        }
        parts.shared["hog"] = hog
    with tab.stage.controls(TITLE):
        light = ui.Slider(5, 100, d.light, step=5, label="Light (%)")
    settings = lesson.Controls(Settings, **hog, light=light, place=parts.place)
    view.connect(tab, parts.place)
    parts.add(TITLE, section, show, [view, panel], settings, "classical_features_hog")

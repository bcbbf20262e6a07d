"""From a mask to single objects: counted, outlined, measured."""

import csv
import io
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.segmentation_drawing import draw_objects
from demos import ui
from demos.segmentation_kept import Kept, need
from demos.segmentation_views import draw_figure, draw_histogram, draw_page

TITLE = "Count"


def show_count(
    kept: Kept | None, threshold: float = 0.5, split: bool = True, distance: float = 3
) -> tuple[dict, dict | None]:
    """How many objects the mask has, outlined one by one, and how large they are."""
    need(kept)
    mask = kept.mask.above(threshold)
    count = cvcore.segmentation_objects.count_objects
    touching = count(mask, split_touching=False)
    found = count(mask, min_distance=distance) if split else touching
    figure = draw_figure(
        draw_objects(kept.image, found.labels), "every object in a colour of its own", png=True
    )
    words = f'<p class="formula"><b>{found.count}</b> object{"s" * (found.count != 1)}</p>'
    if split:
        words += (
            f"<p>Connected components alone find {touching.count}: touching ones count once.</p>"
        )
    if found.count:
        words += (
            f"<p>Area: median <b>{np.median(found.areas):.0f}</b> px, from {found.areas.min()} to "
            f"{found.areas.max()} px.</p>" + draw_histogram(found.areas, "area of the objects")
        )
    numbers = {
        "count": found.count,
        "components": touching.count,
        "areas": found.areas.tolist(),
        "html": draw_page(
            f'<div class="row">{figure}<div style="flex:1 1 16rem">{words}</div></div>'
        ),
    }
    return numbers, ui.download_value("objects.csv", to_csv(found), "text/csv")


def to_csv(found: Any) -> bytes:
    """The objects as a table: number, area, centre."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("object", "area_px", "x", "y"))
    for number, (area, (x, y)) in enumerate(zip(found.areas, found.centres, strict=True), start=1):
        writer.writerow((number, int(area), f"{x:.1f}", f"{y:.1f}"))
    return text.getvalue().encode()


def build(tab: ui.Tab, connect: Any, kept: gr.State, threshold: Any) -> None:
    """The section that counts."""
    with gr.Tab(TITLE) as section:
        with gr.Row():
            split = gr.Checkbox(True, label="Part objects that touch (watershed)")
            distance = ui.Slider(1, 20, 3, step=1, label="Centres at least so many pixels apart")
        panel = ui.Panel(elem_id="segmentation-count")
        table = ui.Download("Table of objects (CSV)")
    connect(
        TITLE, section, show_count, [kept, threshold, split, distance], [panel, table],
        api_name="segmentation_count", controls=[split.change, distance.change],
    )  # fmt: skip

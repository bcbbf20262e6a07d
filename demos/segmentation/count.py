"""From a mask to single objects: counted, outlined, measured."""

import csv
import io

import gradio as gr
import numpy as np

import cvcore
from cvcore.segmentation import DEFAULT_THRESHOLD
from cvcore.segmentation.drawing import draw_objects
from cvcore.segmentation.objects import DEFAULT_DISTANCE, Objects
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import COUNT
from demos.segmentation.state import LessonState, check_state, for_calls, once_there
from demos.segmentation.views import draw_figure, draw_histogram, draw_page

TITLE = COUNT


def show_count(
    state: LessonState | None,
    threshold: float = DEFAULT_THRESHOLD,
    split: bool = True,
    distance: float = DEFAULT_DISTANCE,
) -> tuple[dict, dict | None]:
    """How many objects the mask has, outlined one by one, and how large they are."""
    check_state(state)
    mask = state.mask.above(threshold)
    count = cvcore.segmentation.objects.count_objects
    touching = count(mask, split_touching=False)
    found = count(mask, min_distance=distance) if split else touching
    figure = draw_figure(
        draw_objects(state.image, found.labels), "every object in a colour of its own", png=True
    )
    words = f'<p class="formula"><b>{found.count}</b> object{"s" * (found.count != 1)}</p>'
    if split:
        words += (
            f"<p>Connected components alone find {touching.count}: touching ones count once.</p>"
        )
    if found.count:
        words += (
            f"<p>Area: median <b>{np.median(found.areas):.0f}</b> px, from {found.areas.min()} to "
            f"{found.areas.max()} px.</p>" + draw_histogram(found.areas)
        )
    numbers = {
        "count": found.count,
        "components": touching.count,
        "areas": found.areas.tolist(),
        "html": draw_page(f'<div class="counted">{figure}<div>{words}</div></div>'),
    }
    return numbers, ui.download_value("objects.csv", to_csv(found), "text/csv")


def to_csv(found: Objects) -> bytes:
    """The objects as a table: number, area, centre."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("object", "area_px", "x", "y"))
    for number, (area, (x, y)) in enumerate(zip(found.areas, found.centres, strict=True), start=1):
        writer.writerow((number, int(area), f"{x:.1f}", f"{y:.1f}"))
    return text.getvalue().encode()


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, threshold: gr.Slider,
    call: lesson.Controls,
) -> None:  # fmt: skip
    """The section that counts."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown(
            "The U-Net says of each pixel whether it is inside, not to which object it belongs. "
            "Counting, and splitting what touches, are steps **after** the network."
        )
        split = gr.Checkbox(True, label="Split objects that touch (watershed)")
        distance = ui.Slider(
            1, 20, DEFAULT_DISTANCE, step=1, label="Least distance between two centres, pixels"
        )
        table = ui.Download("Table of objects (CSV)")
    with tab.stage.view(TITLE) as section:
        panel = ui.Panel(label="objects", elem_id="segmentation-count")
    inputs, outputs = [state, threshold, split, distance], [panel, table]
    lazy.add(
        TITLE, section, once_there(show_count), inputs, outputs, api_name=None, kind="stream",
        follows=[part.change for part in inputs],
    )  # fmt: skip
    tab.endpoint(
        for_calls(show_count), inputs, [*outputs, state], settings=call,
        api_name="segmentation_count",
    )  # fmt: skip

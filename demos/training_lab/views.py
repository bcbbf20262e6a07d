"""What the views of one result show, and in which order the handlers give it."""

from typing import Any

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.components.js_component import read_static
from demos.training_lab.controls import style_networks
from demos.training_lab.curves import draw_train
from demos.training_lab.pictures import draw_filters, draw_mistakes, draw_profile
from demos.training_lab.runs import RunsTable, list_runs
from demos.training_lab.session import Session

TRAIN, GRADIENTS, FILTERS, MISTAKES, RUNS = VIEWS = (
    "Train", "Gradients", "Filters", "Mistakes", "Runs",
)  # fmt: skip
DRAWN = {
    TRAIN: draw_train, GRADIENTS: draw_profile, FILTERS: draw_filters, MISTAKES: draw_mistakes,
    RUNS: list_runs,
}  # fmt: skip


def draw_all(session: Session) -> tuple[dict[str, Any], ...]:
    """The values of all views, in their order."""
    with session.lock:
        return tuple(draw(session) for draw in DRAWN.values())


def build_views(stage: lesson.Stage) -> list[gr.HTML]:
    """A part of the stage for each view of the result."""
    parts: list[gr.HTML] = []
    for title in VIEWS:
        name = title.lower()
        kind = RunsTable if title == RUNS else ui.Panel
        with stage.show(title):
            parts.append(
                kind(label=name, elem_id=f"training-lab-{name}", elem_classes=["fill", "tall"])
            )
    with stage.told(*VIEWS):
        gr.HTML(
            f"<style>{read_static(__name__, 'style.css', 'teach.css')}\n{style_networks()}</style>",
            visible="hidden", elem_id="training-lab-style",
        )  # fmt: skip
    return parts

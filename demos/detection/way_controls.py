"""The steps of the way, and the controls of each, of which only the shown step's are seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from cvcore.detection.region_cnn import POOLINGS
from cvcore.detection.selective_search import MAX_REGIONS, MEASURES, SPACES
from demos import components as ui
from demos import lesson
from demos.detection.way import (
    ANCHORS,
    CROPS,
    MAPS,
    NETWORK,
    OVERVIEW,
    POOLED,
    SEARCH,
    STEPS,
    WaySettings,
)

D = WaySettings()


@dataclass
class Steps:
    """The controls of the view."""

    settings: lesson.Controls
    slow: list[Any]  # events that ask for something slow
    cheap: list[Any]  # events that do not
    windows: list[Any]  # what is said of the sliding window: HTML, numbers
    columns: dict[gr.Column, Sequence[str]] = field(default_factory=dict)  # shown at which steps

    def show_with(self, tab: lesson.Tab, more: Mapping[str, Sequence[gr.Column]]) -> None:
        """Show each step's controls with it, and the columns in ``more``."""
        for step, columns in more.items():
            for column in columns:
                self.columns[column] = [*self.columns.get(column, ()), step]
        shown = list(self.columns.values())

        def choose(step: str) -> list[Any]:
            return [gr.update(visible=step in steps) for steps in shown]

        tab.run(
            self.settings["step"].change, choose, self.settings["step"], list(self.columns),
            api_name=None, queue=False, show_progress="hidden",
        )  # fmt: skip


def build_steps(tab: lesson.Tab) -> Steps:
    """The choice of a step, and all controls."""
    parts: dict[str, Any] = {
        "step": ui.Dropdown(list(STEPS), value=D.step, label="Step", elem_id="detection-step")
    }
    columns: dict[gr.Column, Sequence[str]] = {}
    with gr.Column() as column:
        windows = _build_windows(parts)
    columns[column] = [OVERVIEW]
    with gr.Column(visible=False) as column:
        _build_search(parts)
    columns[column] = [SEARCH]
    with gr.Column(visible=False) as column:
        _build_regions(parts)
    columns[column] = [CROPS, POOLED]
    with gr.Column(visible=False) as column:
        parts["pooling"] = ui.Radio(list(POOLINGS), value=D.pooling, label="Pooling")
    columns[column] = [POOLED]
    with gr.Column(visible=False) as column:
        _build_anchors(parts)
    columns[column] = [NETWORK]
    with gr.Column(visible=False) as column:
        parts["recall_iou"] = ui.Slider(
            0.3, 0.9, D.recall_iou, step=0.05, label="IoU counted as found"
        )
    columns[column] = [SEARCH, NETWORK]
    settings = lesson.Controls(WaySettings, **parts)
    slow = [
        parts["step"].change, parts["scale"].release, parts["space"].input,
        parts["measures"].input, parts["most"].release,
    ]  # fmt: skip
    cheap = [
        parts[name].input
        for name in ("merges", "recall_iou", "score", "nms", "pooling", "grid", "anchor", "shown")
    ]
    return Steps(settings, slow, cheap, windows, columns)


def _build_windows(parts: dict[str, Any]) -> list[Any]:
    parts["side"] = ui.Slider(16, 256, D.side, step=8, label="Smallest window, px")
    parts["stride"] = ui.Slider(0.05, 1, D.stride, step=0.05, label="Step, share of it")
    parts["growth"] = ui.Slider(1.1, 3, D.growth, step=0.1, label="Next one larger by")
    table = gr.HTML(label="table", elem_id="detection-windows")
    return [table, gr.JSON(visible=False, label="numbers")]


def _build_search(parts: dict[str, Any]) -> None:
    parts["merges"] = ui.Slider(
        0, MAX_REGIONS, D.merges, step=1, label="Merges", elem_id="detection-merges"
    )
    parts["scale"] = ui.Slider(20, 500, D.scale, step=10, label="Scale of segmentation")
    parts["space"] = ui.Dropdown(list(SPACES), value=D.space, label="Colours as")
    parts["measures"] = ui.CheckboxGroup(
        list(MEASURES), value=list(MEASURES), label="Similarities that count"
    )


def _build_regions(parts: dict[str, Any]) -> None:
    parts["most"] = ui.Slider(
        10, 300, D.most, step=10, label="Proposals classified",
        elem_id="detection-proposals",
    )  # fmt: skip
    parts["score"] = ui.Slider(
        -1, 1, D.score, step=0.05, label="Score that a box needs", elem_id="detection-score"
    )
    parts["nms"] = ui.Slider(0, 1, D.nms, step=0.05, label="IoU limit of its NMS")


def _build_anchors(parts: dict[str, Any]) -> None:
    parts["grid"] = ui.Radio(list(MAPS), value=D.grid, label="Map")
    parts["anchor"] = ui.Radio(list(ANCHORS), value=D.anchor, label="Anchor")
    parts["shown"] = ui.Slider(1, 60, D.shown, step=1, label="Anchors drawn")

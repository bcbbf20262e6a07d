"""Without anchors: what one cell of NanoDet says, and what YOLOv3-tiny says at the same place."""

from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.images import check_image, shrink
from cvcore.detection import RawPredictions
from cvcore.detection.anchor_free import AnchorAnswer, CellAnswer
from demos import components as ui
from demos import lesson
from demos.components.place import read_place, to_view
from demos.detection.anchor_free_drawing import draw_cell, draw_sides, tell
from demos.detection.canvas import SHOWN_SIDE

TITLE = "Anchor-free"
MODEL, ANCHORED = "nanodet", "yolov3_tiny"
SCALES = ("52 x 52", "26 x 26", "13 x 13")
CODE = (
    "cvcore.detection.anchor_free:mean_distance",
    "cvcore.detection.anchor_free:read_cell",
)


@dataclass(frozen=True)
class AnchorFreeSettings:
    """Which cell is asked, and what is drawn over the picture."""

    scale: str = SCALES[-1]
    heat: float = 60  # per cent
    anchored: bool = False  # whether YOLOv3-tiny's anchor and box are drawn, too
    place: Any = ""  # see ``read_place``; empty: the cell of the greatest score


@dataclass(frozen=True, eq=False)
class AnchorFreeState:
    """A picture and what both networks say of it, once: every control acts on it."""

    image: np.ndarray = field(repr=False)
    free: RawPredictions = field(repr=False)
    anchored: RawPredictions = field(repr=False)


def find_state(state: AnchorFreeState | None, image: np.ndarray | None) -> AnchorFreeState:
    """What is kept if it is this picture's, else what the networks say now."""
    image = check_image(image)
    if state is not None and np.array_equal(state.image, image):
        return state
    predict = cvcore.detection.predict_raw
    return AnchorFreeState(image, predict(image, model=MODEL), predict(image, model=ANCHORED))


def show(
    image: np.ndarray | None, state: AnchorFreeState | None, settings: AnchorFreeSettings
) -> tuple[dict, str, dict, AnchorFreeState]:
    """The picture with the cell's box, its four distributions, and its scores."""
    state = find_state(state, image)
    number = SCALES.index(settings.scale)
    cell = ask_cell(state, number, settings)
    anchors = ask_anchors(state, cell)
    scores = cvcore.detection.anchor_free.best_scores(state.free, number)
    height, width = state.image.shape[:2]
    x, y = state.free.letterbox.to_image(np.array([[*cell.centre, *cell.centre]]))[0, :2]
    middle = min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1)
    shown = max(anchors, key=lambda one: one.score) if settings.anchored else None
    view = to_view(
        shrink(state.image, SHOWN_SIDE), draw_cell(cell, scores, settings.heat / 100, shown),
        middle, alt=f"The picture with the box of one of {settings.scale} cells",
        size_hw=(height, width), step=cell.grid.stride / state.free.letterbox.scale,
    )  # fmt: skip
    labels = state.free.labels
    said = {"html": tell(cell, anchors, labels), **describe(cell, anchors, labels)}
    return view, draw_sides(cell), said, state


def ask_cell(state: AnchorFreeState, number: int, settings: AnchorFreeSettings) -> CellAnswer:
    """The cell at the place that was chosen; without one that of the greatest score."""
    cells, raw = cvcore.detection.anchor_free, state.free
    place = read_place(settings.place, state.image)
    if place is None:
        row, column = cells.find_best_cell(raw, number)
    else:
        x, y = place
        row, column = cells.find_cell(raw.letterbox, raw.grids[number], x + 0.5, y + 0.5)
    return cells.read_cell(raw, number, row, column)


def ask_anchors(state: AnchorFreeState, cell: CellAnswer) -> list[AnchorAnswer]:
    """What YOLOv3-tiny says where the middle of the cell's box lies, as its boxes hang on that."""
    x1, y1, x2, y2 = cell.xyxy
    return cvcore.detection.anchor_free.read_anchors(state.anchored, (x1 + x2) / 2, (y1 + y2) / 2)


def describe(
    cell: CellAnswer, anchors: list[AnchorAnswer], labels: tuple[str, ...]
) -> dict[str, Any]:
    """Plain numbers: distances and their spread in pixels of the network's input."""
    stride = cell.grid.stride
    return {
        "cell": [cell.row, cell.column],
        "stride": stride,
        "best": [[labels[i], round(score, 4)] for i, score in cell.list_best()],
        "distances": np.round(cell.pixels, 1).tolist(),
        "spread": np.round(cell.spread * stride, 1).tolist(),
        "shares": np.round(cell.shares.astype(float), 4).tolist(),
        "box": np.round(cell.xyxy.astype(float), 1).tolist(),
        "anchored": [
            {
                "stride": one.grid.stride, "anchor": list(one.anchor),
                "objectness": round(one.objectness, 4), "label": labels[one.class_id],
                "probability": round(one.probability, 4), "score": round(one.score, 4),
                "box": np.round(one.xyxy.astype(float), 1).tolist(),
            }
            for one in anchors
        ],
    }  # fmt: skip


class CellView(ui.PlaceView):
    """The picture in which a cell is chosen."""

    STYLES = ("cells.css",)


def build(tab: lesson.Tab, picture: gr.Image, lazy: lesson.LazyTabs) -> None:
    """The picture beside the four distributions; the scores in the rail."""
    d = AnchorFreeSettings()
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = CellView(
            label="picture", elem_id="detection-cell",
            elem_classes=["fill", "picture-back", "wider"],
        )  # fmt: skip
        with gr.Column(min_width=0):
            sides = gr.HTML(label="sides", elem_id="detection-sides")
    with tab.stage.controls(TITLE, first=True):
        scale = ui.Radio(list(SCALES), value=d.scale, label="Cells of NanoDet: click one")
        heat = ui.Slider(0, 100, d.heat, step=5, label="Heat map (%)")
        place = ui.Choice(d.place, label="Cell at")
        with gr.Row(elem_classes=["in-twos"]):
            best = gr.Button("Best cell", size="sm", min_width=60, elem_id="detection-best-cell")
            anchored = gr.Checkbox(d.anchored, label="YOLOv3-tiny", container=False, min_width=60)
        said = ui.Panel(label="scores", elem_id="detection-cell-says")
        state = gr.State()
    settings = lesson.Controls(
        AnchorFreeSettings, scale=scale, heat=heat, anchored=anchored, place=place
    )
    view.connect(tab, place)
    tab.run([best.click, picture.change], None, None, place, api_name=None, js="() => ''")
    lazy.add(
        TITLE, section, show, [picture, state], [view, sides, said, state], settings=settings,
        api_name="detection_anchor_free", kind="stream",
        follows=[one.change for one in (picture, *settings)],
    )  # fmt: skip

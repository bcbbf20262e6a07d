"""Why this box? Which parts of the picture a detection depends on."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.drawing import draw_heatmap
from cvcore.core.images import shrink, to_data_uri
from cvcore.detection import Detections
from cvcore.detection.drawing import draw_boxes
from demos import components as ui
from demos import lesson
from demos.detection.controls import Settings, take_all
from demos.detection.views import clear_when_old, draw_page

TITLE = "Why?"
SHOWN_SIDE = 960  # pixels


@dataclass(frozen=True)
class ExplainSettings(Settings):
    """What is looked for, which of the boxes is asked about, and how thoroughly."""

    number: float | None = 1  # the most confident box is 1
    masks: float = 400  # random ones, 100 to 2000


def explain_box(image: np.ndarray | None, settings: ExplainSettings) -> Iterator[tuple[str, dict]]:
    """The map of one box, finer and finer, drawn and as numbers."""
    explain = cvcore.detection.explain
    raw = cvcore.detection.predict_raw(image, **settings.network())
    found = cvcore.detection.suppress(raw, **settings.limits())
    index = explain.find_box(found, settings.number)
    box, label = found.xyxy[index], found.label[index]
    x0, y0, x1, y1 = box.astype(int).tolist()
    for heatmap, share in explain.explain_detection(
        image, box, int(found.class_id[index]), masks=settings.masks, **settings.network()
    ):
        positive = np.clip(heatmap, 0, None)
        inside = float(positive[y0:y1, x0:x1].sum() / max(positive.sum(), 1e-9))
        area = (x1 - x0) * (y1 - y0) / heatmap.size
        numbers = {
            "label": label,
            "box": [x0, y0, x1, y1],
            "share_done": round(share, 3),
            "inside": round(inside, 3),
            "area": round(area, 3),
        }
        yield draw(image, heatmap, found, index, numbers), numbers


def draw(
    image: np.ndarray, heatmap: np.ndarray, found: Detections, index: int, numbers: dict
) -> str:
    """The map over the picture with the box, and what it says."""
    picture = draw_boxes(draw_heatmap(image, heatmap, opacity=0.6, vmin=0), found.take([index]))
    inside, area = numbers["inside"], numbers["area"]
    waiting = "" if numbers["share_done"] == 1 else f" ({numbers['share_done']:.0%} of the masks)"
    return draw_page(
        f'<img class="shown" alt="saliency of the box" src="'
        f'{to_data_uri(shrink(picture, SHOWN_SIDE))}">',
        f'<p class="big"><b>{escape(numbers["label"])}</b>: {inside:.0%} of the map lies '
        f"inside the box, which is {area:.0%} of the picture{waiting}.</p>"
        '<p class="soft">The detector saw random parts of the picture. Yellow: where the box is '
        "found again when it can be seen. What lies outside is context the box relies on "
        "(D-RISE: Petsiuk et al., CVPR 2021).</p>",
    )


def read_choice(event: gr.EventData) -> int:
    """Which box was clicked in the view: 1 is the most confident."""
    return lesson.read_int(event, "number") or 1


def build(
    tab: lesson.Tab, view: gr.HTML, picture: gr.Image, controls: lesson.Controls
) -> None:  # fmt: skip
    """A box's number, which a click in the view sets, a button, and the map."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown(
            "What does the detection depend on? Parts of the picture are hidden at random, again "
            "and again; the map shows where that costs the box its confidence (D-RISE). Click a "
            "box in the view “Result”, or give its number."
        )
        number = ui.Number(
            ExplainSettings.number, precision=0, minimum=1,
            label="Which box (1: the most confident)", elem_id="detection-why-box",
        )  # fmt: skip
        masks = ui.Slider(100, 2000, ExplainSettings.masks, step=100, label="Random masks")
        with gr.Row() as buttons:
            start = gr.Button(
                "Explain the box", variant="primary", size="sm", min_width=80,
                elem_id="detection-why-start",
            )  # fmt: skip
    with tab.stage.view(TITLE, hint="Press “Explain the box”: the map grows over the picture."):
        heatmap = gr.HTML(label="map", elem_id="detection-why", elem_classes=["fill"])
        numbers = gr.JSON(visible=False, label="numbers")
    running = tab.run(
        start.click, explain_box, [picture], [heatmap, numbers],
        settings=lesson.Controls(
            ExplainSettings, number=number, **take_all(controls, masks=masks)
        ),
        api_name="detection_why", kind="heavy",
    )  # fmt: skip
    tab.say_waiting(start, [number, masks, *controls])
    with buttons:
        tab.stop_button(running)
    view.choose(
        lesson.guard(read_choice), None, number, api_visibility="private", queue=False,
        trigger_mode="multiple", show_progress="hidden",
    )  # fmt: skip
    clear_when_old(tab, [picture.change, controls["model"].change], running, [heatmap, numbers])

"""Why this box? Which parts of the picture a detection hangs on."""

from collections.abc import Iterator
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection_drawing import draw_boxes
from cvcore.drawing import draw_heatmap
from cvcore.images import shrink, to_data_uri
from demos import ui
from demos.detection_views import clear_when_old, draw_page

SHOWN_SIDE = 720  # pixels


def explain_box(
    image: np.ndarray | None,
    number: int = 1,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    input_size: int = 416,
    model: str = "yolov3_tiny",
    masks: int = 400,
) -> Iterator[tuple[str, dict]]:
    """The map of one box, finer and finer, drawn and as numbers."""
    from cvcore.saliency import other_answers

    raw = cvcore.detection.predict_raw(image, model=model, input_size=input_size)
    found = cvcore.detection.suppress(raw, confidence=confidence, iou=iou, classes=classes)
    index = other_answers.find_box(found, number)
    box, label = found.xyxy[index], found.label[index]
    x0, y0, x1, y1 = box.astype(int).tolist()
    for heatmap, share in other_answers.explain_detection(
        image, box, int(found.class_id[index]), model=model, input_size=input_size, masks=masks
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


def draw(image: np.ndarray, heatmap: np.ndarray, found, index: int, numbers: dict) -> str:
    """The map over the picture with the box, and what it says."""
    one = type(found)(
        found.xyxy[index : index + 1],
        found.confidence[index : index + 1],
        found.class_id[index : index + 1],
        found.label[index : index + 1],
        found.row[index : index + 1],
    )
    picture = draw_boxes(draw_heatmap(image, heatmap, opacity=0.6, vmin=0), one)
    inside, area = numbers["inside"], numbers["area"]
    waiting = "" if numbers["share_done"] == 1 else f" ({numbers['share_done']:.0%} of the masks)"
    return draw_page(
        f'<img class="shown" alt="saliency of the box" src="'
        f'{to_data_uri(shrink(picture, SHOWN_SIDE))}">',
        f'<p class="big"><b>{escape(numbers["label"])}</b>: {inside:.0%} of the map lies '
        f"inside the box, which is {area:.0%} of the picture{waiting}.</p>"
        '<p class="soft">The detector saw random parts of the picture. Yellow: where the box is '
        "found again when it can be seen. What lies outside is context the box leans on "
        "(D-RISE: Petsiuk et al., CVPR 2021).</p>",
    )


def read_choice(event: gr.EventData) -> int:
    """Which box was clicked in the view: 1 is the most confident."""
    return ui.read_int(event, "number") or 1


def build(
    tab: ui.Tab,
    view: gr.HTML,
    picture: gr.Image,
    confidence: gr.Slider,
    iou: gr.Slider,
    classes: gr.Dropdown,
    input_size: gr.Slider,
    model: gr.Dropdown,
) -> None:
    """A box's number, which a click in the view sets, a button, and the map."""
    gr.Markdown(
        "What does the detection hang on? Parts of the picture are hidden at random, again and "
        "again; the map shows where that costs the box its confidence (D-RISE). Click a box in the "
        "picture above, or give its number."
    )
    with gr.Row():
        number = ui.Number(
            1,
            precision=0,
            minimum=1,
            label="Which box (1: the most confident)",
            min_width=160,
            elem_id="detection-why-box",
        )
        masks = ui.Slider(100, 2000, 400, step=100, label="Random masks", min_width=160)
        with gr.Column(min_width=120):
            start = gr.Button("Explain the box", variant="primary", elem_id="detection-why-start")
            place = gr.Column(min_width=100)
    html, numbers = gr.HTML(elem_id="detection-why"), gr.JSON(visible=False)
    running = tab.run(
        start.click,
        explain_box,
        [picture, number, confidence, iou, classes, input_size, model, masks],
        [html, numbers],
        api_name="detection_why",
        kind="heavy",
    )
    with place:
        tab.stop_button(running)
    view.choose(
        ui.guard(read_choice),
        None,
        number,
        api_visibility="private",
        queue=False,
        trigger_mode="multiple",
        show_progress="hidden",
    )
    clear_when_old(tab, [picture.change, model.change], running, [html, numbers])

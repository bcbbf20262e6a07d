"""Tab: object detection with YOLO. Which objects are where, and how do the boxes come about?"""

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import weights
from cvcore.detection import DEFAULT_MODEL, DEFAULT_SIZE, MAX_BOXES, RawPredictions, Suppression
from cvcore.detection_drawing import draw_boxes
from cvcore.errors import InputError
from cvcore.images import to_jpeg
from cvcore.timing import Stopwatch
from demos import detection_film as film
from demos import detection_live as live
from demos import detection_path as path
from demos import detection_sizes as sizes
from demos import detection_truth as truth
from demos import detection_why as why
from demos import ui
from demos.detection_canvas import DetectionView, to_view
from demos.detection_views import draw_sentence

TITLE = "YOLO detection"
SHORT = "Detection"  # on the tab's button
SUMMARY = "Which objects are where, and how do a network's thousands of boxes become a few?"
NETWORKS = ("yolov3_tiny",)  # made ready

LESSON = r"""
**One look.** YOLO (You Only Look Once) runs one network once over the whole picture. The picture
is cut into grids: YOLOv3-tiny has one with cells of 32 pixels and one with cells of 16, for an
input of 416 pixels that is 13 x 13 and 26 x 26 cells. Each cell has three **anchors**, typical
widths and heights, so there are $3\,(13^2 + 26^2) = 2535$ boxes, always, whatever the picture.

**A box** is five numbers and 80 class logits:
$$x = (\sigma(t_x) + \text{column})\cdot\text{stride},\quad y = (\sigma(t_y) + \text{row})\cdot
\text{stride},\quad w = w_a e^{t_w},\quad h = h_a e^{t_h},\quad \text{objectness} = \sigma(t_o)$$
$$\text{score of a class} = \text{objectness}\cdot\sigma(\text{class logit})$$
The **confidence limit** drops boxes whose best score is lower.

**Non-maximum suppression (NMS).** What is left says most objects several times. Take the surest
box, drop every box of its class that overlaps it by more than the **IoU limit**, and repeat:
$$\mathrm{IoU}(A,B) = \frac{\text{area of } A\cap B}{\text{area of } A\cup B}$$

**Right or wrong?** A box is a **true positive** when its IoU with a truth box of its class is at
least 0.5 and no surer box has taken that one; else it is a false positive. Going down from the
surest box, precision (share of boxes that are right) against recall (share of truths found) draws
a curve; the area under it, averaged over classes, is **mAP**. YOLOv3-tiny reaches an mAP50 of
0.42 on the 128 pictures of COCO128; but it was trained on these, and on COCO's test pictures its
authors give 0.33.

Redmon and Farhadi, "YOLOv3: An Incremental Improvement", 2018. Newer YOLO models have no anchors
and no objectness; the page then shows what they have.
"""


@dataclass(frozen=True, eq=False)
class Kept:
    """One picture's raw predictions: every slider acts on them without the network."""

    image: np.ndarray = field(repr=False)
    raw: RawPredictions = field(repr=False)


def detect(
    image: np.ndarray | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    input_size: int = DEFAULT_SIZE,
    model: str = DEFAULT_MODEL,
) -> tuple[dict, dict, str, dict, dict, dict, Kept]:
    """Run the network once: numbers, view, latency, three files to download, and what to keep."""
    raw = cvcore.detection.predict_raw(image, model=model, input_size=input_size)
    kept = Kept(image, raw)
    results, badge, *files = resuppress(kept, confidence, iou, classes)
    view = to_view(
        image,
        raw,
        confidence=confidence,
        iou=iou,
        classes=classes or [],
        max_boxes=MAX_BOXES,
    )
    return results, view, badge, *files, kept


def resuppress(
    kept: Kept | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
) -> tuple[dict, str, dict, dict, dict]:
    """Numbers, latency and files at other limits, from the stored predictions."""
    if kept is None:
        raise InputError("There is no picture yet: upload one or click a sample.")
    watch = Stopwatch()
    found = cvcore.detection.explain_suppression(
        kept.raw, confidence=confidence, iou=iou, classes=classes
    )
    watch.lap("NMS")
    picture = to_jpeg(draw_boxes(kept.image, found.detections), quality=90)
    watch.lap("drawing")
    results = describe(kept, found)
    return (
        results,
        ui.badge(kept.raw.ms | watch.ms),
        ui.download_value("detections.jpg", picture, "image/jpeg"),
        ui.download_value("detections.csv", to_csv(results["detections"]), "text/csv"),
        ui.download_value(
            "detections.json", json.dumps(results, indent=1).encode(), "application/json"
        ),
    )


def describe(kept: Kept, found: Suppression) -> dict:
    """The result's numbers, as calls through the API get them."""
    return {
        "detections": found.detections.to_rows(),
        "counts": found.detections.counts(),
        "proposed": found.proposed,
        "above_confidence": len(found.candidates),
        "model": kept.raw.model,
        "input_size": max(kept.raw.letterbox.input_hw),
        "ms": {name: round(value, 1) for name, value in kept.raw.ms.items()},
    }


def to_csv(rows: list[dict]) -> bytes:
    """The detections as a table."""
    text = io.StringIO()
    names = ("label", "class_id", "confidence", "x1", "y1", "x2", "y2")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def choose_model(model: str) -> tuple[str, str, Any]:
    """The model, if it is here; else the bundled one goes on, and the other one is wanted."""
    if weights.is_available(model):
        return model, draw_sentence(weights.get_weight(model).score), gr.skip()
    title = weights.get_weight(model).title
    sentence = draw_sentence(f"{title} is downloaded when its turn comes.")
    return DEFAULT_MODEL, sentence, (model, time.monotonic())


def get_model(wanted: tuple[str, float] | None) -> Iterator[tuple[str, str]]:
    """Fetch the model wanted; without a network the bundled one goes on."""
    if wanted is None:
        raise InputError("Choose a model first.")
    model, _ = wanted
    try:
        for sentence in ui.fetch_model(model):
            yield gr.skip(), draw_sentence(sentence)
    except InputError as error:
        yield DEFAULT_MODEL, draw_sentence(str(error))
        return
    yield model, draw_sentence(weights.get_weight(model).score)


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    kept = gr.State()
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picture = tab.picture_input(
                sample=choose_sample(), elem_id="detection-picture", height=220
            )
            confidence = ui.Slider(
                0.01,
                0.99,
                0.25,
                step=0.01,
                label="Confidence limit",
                elem_id="detection-confidence",
            )
            iou = ui.Slider(
                0, 1, 0.45, step=0.01, label="IoU limit of NMS", elem_id="detection-iou"
            )
            classes = ui.Dropdown(
                list(weights.load_labels(DEFAULT_MODEL)),
                multiselect=True,
                label="Only these classes (empty: all 80)",
                elem_id="detection-classes",
            )
            input_size = ui.Slider(
                160,
                640,
                DEFAULT_SIZE,
                step=32,
                label="Input size in pixels",
                elem_id="detection-size",
            )
            model = ui.Dropdown(ui.list_models("detection"), value=DEFAULT_MODEL, label="Model")
            notice = gr.HTML(elem_id="detection-notice")
        with gr.Column(scale=3, min_width=320):
            results = gr.JSON(visible=False)
            view = DetectionView(elem_id="detection-view")
            badge = ui.Badge()
            judged = truth.build(tab, view, kept, confidence, iou, classes)
            with gr.Row():
                files = [
                    ui.Download("Picture with boxes", min_width=150),
                    ui.Download("Table (CSV)", min_width=150),
                    ui.Download("JSON", min_width=150),
                ]
    with gr.Tabs():
        with gr.Tab("Why this box?"):
            why.build(tab, view, picture, confidence, iou, classes, input_size, model)
        with gr.Tab("Size and time"):
            sizes.build(tab, picture, confidence, iou, classes, model, judged)
        with gr.Tab("A whole film"):
            film.build(tab, confidence, iou, classes, input_size, model)
        with gr.Tab("The way to YOLO") as panel:
            path.build(tab, picture, panel)
    live.build(tab, confidence, iou, classes, input_size, model)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.detection:predict_boxes",
        "cvcore.yolo_heads:decode_heads",
        "cvcore.boxes:nms_steps",
        "cvcore.boxes:box_iou",
        "cvcore.detection_truth:match_truth",
        "cvcore.roi_pooling:roi_pool",
        "cvcore.detection_path:cut_out",
        "cvcore.detection_path:pool_region",
        "cvcore.detection_path:list_anchors",
        "cvcore.saliency.other_answers:explain_detection",
    )

    inputs = [picture, confidence, iou, classes, input_size, model]
    outputs = [results, view, badge, *files, kept]
    limits = [confidence, iou, classes]
    wait = {"show_progress_on": badge}  # the view says by itself what is going on
    tab.on_open(detect, inputs, outputs, **wait)
    tab.run(
        [picture.change, input_size.release],
        detect,
        inputs,
        outputs,
        api_name="detection",
        **wait,
    )
    tab.run(
        picture.clear,
        lambda: (None, None, "", None, None, None, None),
        None,
        outputs,
        api_name=None,
    )
    # While a slider moves, the view follows it in the browser; the numbers and files come after.
    gr.on(
        [confidence.change, iou.change, classes.change],
        None,
        [view, *limits],
        view,
        js="(view, confidence, iou, classes) => view && ({...view, confidence, iou, classes})",
        api_visibility="private",
    )
    tab.run(
        [confidence.change, iou.change, classes.change],
        lambda kept, *values: resuppress(kept, *values) if kept else (gr.skip(),) * 5,
        [kept, *limits],
        [results, badge, *files],
        api_name=None,
        kind="stream",
    )
    single = gr.Button(visible=False)
    tab.run(
        single.click,
        resuppress,
        [kept, *limits],
        [results, badge, *files],
        api_name="detection_suppress",
    )
    wanted = gr.State()  # a model to download: only that waits among the long work
    chosen = tab.run(model.input, choose_model, model, [model, notice, wanted], api_name=None)
    fetched = tab.run(
        wanted.change, get_model, wanted, [model, notice], api_name=None, kind="heavy"
    )
    for ready in (chosen, fetched):
        tab.run(ready.then, detect, inputs, outputs, api_name=None, **wait)


def choose_sample() -> str:
    """A picture with several objects, if its package is here."""
    return "street" if "street" in cvcore.samples.index() else "coffee"

"""The same picture at every input size: time against what is found."""

from collections.abc import Iterator
from html import escape
from statistics import median
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection import DEFAULT_MODEL, SIZES, Detections, RawPredictions
from cvcore.detection_drawing import draw_boxes
from cvcore.images import to_jpeg
from cvcore.timing import Stopwatch
from demos import ui
from demos.detection_truth import parse_truths
from demos.detection_views import clear_when_old, draw_page

RUNS = 3


def measure_sizes(
    image: np.ndarray | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    model: str = DEFAULT_MODEL,
    truths: list[dict] | None = None,
) -> Iterator[tuple[str, list[dict]]]:
    """For each input size the time and the objects found; with truth boxes the AP."""
    for sentence in ui.fetch_model(model):
        yield draw_page(f'<p class="big">{escape(sentence)}</p>'), []
    cvcore.detection.predict_raw(image, model=model)  # loads the network
    rows: list[dict] = []
    for size in SIZES:
        rows.append(measure(image, size, confidence, iou, classes, model, truths))
        yield draw_sizes(rows), rows


def measure(
    image: np.ndarray,
    size: int,
    confidence: float,
    iou: float,
    classes: list[str] | None,
    model: str,
    truths: list[dict] | None,
) -> dict[str, Any]:
    """One size: the median time of some runs, and what it finds."""
    runs = [time_once(image, size, confidence, iou, classes, model) for _ in range(RUNS)]
    raw, found, _ = runs[0]
    row = {
        "input_size": size,
        "ms": round(median(ms for *_, ms in runs), 1),
        "boxes": len(raw.xyxy),
        "found": len(found),
        "counts": found.counts(),
    }
    if truths:
        xyxy, class_id = parse_truths(truths, raw.labels)
        every = cvcore.detection.suppress(raw, confidence=0.01, iou=iou, classes=classes)
        match = cvcore.detection_truth.match_truth(every, xyxy, class_id)
        row["average_precision"] = round(match.average_precision, 3)
    return row


def time_once(
    image: np.ndarray,
    size: int,
    confidence: float,
    iou: float,
    classes: list[str] | None,
    model: str,
) -> tuple[RawPredictions, Detections, float]:
    """From picture to drawn picture, and the milliseconds: what the line under the view sums up."""
    raw = cvcore.detection.predict_raw(image, model=model, input_size=size)
    watch = Stopwatch()
    found = cvcore.detection.suppress(raw, confidence=confidence, iou=iou, classes=classes)
    to_jpeg(draw_boxes(image, found), quality=90)
    watch.lap("NMS and drawing")
    return raw, found, sum((raw.ms | watch.ms).values())


def draw_sizes(rows: list[dict]) -> str:
    """Bars of milliseconds; above each, how many objects were found (or the AP)."""
    slowest = max(row["ms"] for row in rows)
    bars = []
    for number, row in enumerate(rows):
        x, high = 80 + 56 * number, 150 * row["ms"] / slowest
        said = (
            f"{row['average_precision']:.2f}" if "average_precision" in row else f"{row['found']}"
        )
        names = ", ".join(f"{label} {count}" for label, count in row["counts"].items())
        bars.append(
            f"<g><title>{escape(names) or 'nothing'}</title>"
            f'<rect x="{x}" y="{200 - high:.1f}" width="44" height="{high:.1f}" rx="4" '
            f'fill="#3f8fcc"/><text x="{x + 22}" y="{194 - high:.1f}" text-anchor="middle">'
            f'{row["ms"]:.0f} ms</text><text x="{x + 22}" y="219" text-anchor="middle" '
            f'font-weight="700">{row["input_size"]}</text>'
            f'<text x="{x + 22}" y="240" text-anchor="middle">{said}</text></g>'
        )
    last = rows[-1]
    sentence = (
        f"{last['input_size']} pixels: {last['boxes']:,} boxes in {last['ms']:.0f} ms, that is "
        f"{1000 / last['ms']:.0f} pictures a second from picture to drawn picture: preprocess, "
        "network, decode, NMS and drawing, as in the line under the picture above, without the way "
        "to the browser. Small objects need a large input; very large ones are found better in a "
        "small one, whose anchors cover more of the picture."
    )
    return draw_page(
        f'<svg viewBox="0 0 980 250" role="img" aria-label="time by input size">'
        '<text x="4" y="194">time</text><text x="4" y="219">pixels</text>'
        f'<text x="4" y="240">{"AP" if "average_precision" in last else "objects"}</text>'
        f'{"".join(bars)}</svg><p class="soft">{sentence}</p>'
    )


def build(
    tab: ui.Tab,
    picture: gr.Image,
    confidence: gr.Slider,
    iou: gr.Slider,
    classes: gr.Dropdown,
    model: gr.Dropdown,
    truths: gr.JSON,
) -> None:
    """A button, and the chart that grows."""
    gr.Markdown("The same picture at every input size: time against what is found.")
    with gr.Row():
        start = gr.Button("Measure all sizes with this picture", variant="primary", size="sm")
        place = gr.Column(min_width=100)
    chart, numbers = gr.HTML(elem_id="detection-sizes"), gr.JSON(visible=False)
    running = tab.run(
        start.click,
        measure_sizes,
        [picture, confidence, iou, classes, model, truths],
        [chart, numbers],
        api_name="detection_sizes",
        kind="heavy",
    )
    with place:
        tab.stop_button(running)
    clear_when_old(tab, [picture.change, model.change], running, [chart, numbers])

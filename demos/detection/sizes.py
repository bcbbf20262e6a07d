"""The same picture at every input size: time against what is found."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.images import to_jpeg
from cvcore.core.timing import Stopwatch
from cvcore.detection import DEFAULT_MODEL, SIZES, Detections, RawPredictions
from cvcore.detection.drawing import draw_boxes
from demos import lesson
from demos.detection.controls import MIN_CONFIDENCE, Limits, take_limits
from demos.detection.ground_truth import parse_ground_truth
from demos.detection.views import clear_when_old, draw_page, draw_sentence
from demos.lesson import charts

TITLE = "Sizes"
RUNS = 3


@dataclass(frozen=True)
class SizesSettings(Limits):
    """The limits, the network, and what there is to be found."""

    model: str = DEFAULT_MODEL
    truths: list[dict] | None = None  # boxes that the visitor has drawn; none: nothing is judged


def measure_sizes(
    image: np.ndarray | None, settings: SizesSettings
) -> Iterator[tuple[str, list[dict]]]:
    """For each input size the time and the objects found; with truth boxes the AP."""
    for sentence in lesson.fetch_model(settings.model):
        yield draw_sentence(sentence), []
    cvcore.detection.predict_raw(image, model=settings.model)  # loads the network
    rows: list[dict] = []
    for size in SIZES:
        rows.append(measure(image, size, settings))
        yield draw_sizes(rows), rows


def measure(image: np.ndarray, size: int, settings: SizesSettings) -> dict[str, Any]:
    """One size: the median time of some runs, and what it finds."""
    runs = [time_once(image, size, settings) for _ in range(RUNS)]
    raw, found, _ = runs[0]
    row = {
        "input_size": size,
        "ms": round(median(ms for *_, ms in runs), 1),
        "boxes": len(raw.xyxy),
        "found": len(found),
        "counts": found.counts(),
    }
    if settings.truths:
        xyxy, class_id = parse_ground_truth(settings.truths, raw.labels)
        every = cvcore.detection.suppress(
            raw, **(settings.limits() | {"confidence": MIN_CONFIDENCE})
        )
        match = cvcore.detection.ground_truth.match_ground_truth(every, xyxy, class_id)
        row["average_precision"] = round(match.average_precision, 3)
    return row


def time_once(
    image: np.ndarray, size: int, settings: SizesSettings
) -> tuple[RawPredictions, Detections, float]:
    """From picture to drawn picture, and the milliseconds: what the line under the view sums up."""
    raw = cvcore.detection.predict_raw(image, model=settings.model, input_size=size)
    watch = Stopwatch()
    found = cvcore.detection.suppress(raw, **settings.limits())
    to_jpeg(draw_boxes(image, found), quality=90)
    watch.lap("NMS and drawing")
    return raw, found, sum((raw.ms | watch.ms).values())


def draw_sizes(rows: list[dict]) -> str:
    """Bars of milliseconds; under each, how many objects were found (or the AP)."""
    last = rows[-1]
    sentence = (
        f"{last['input_size']} pixels: {last['boxes']:,} boxes in {last['ms']:.0f} ms, that is "
        f"{1000 / last['ms']:.0f} pictures a second from picture to drawn picture: preprocess, "
        "network, decode, NMS and drawing, as at the foot of the page, without the way "
        "to the browser. Small objects need a large input; very large ones are found better in a "
        "small one, whose cells cover more of the picture."
    )
    return draw_page(draw_bars(rows), f'<p class="soft">{sentence}</p>')


def draw_bars(rows: list[dict]) -> str:
    """The time at every size so far, with room for the others; pointed at, what was found."""
    is_judged = "average_precision" in rows[-1]
    said = [f"{row['average_precision']:.2f}" if is_judged else str(row["found"]) for row in rows]
    names = [
        f"{row['input_size']} pixels: "
        + (", ".join(f"{label} {count}" for label, count in row["counts"].items()) or "nothing")
        for row in rows
    ]
    ticks = [f"{row['input_size']}\n{words}" for row, words in zip(rows, said, strict=True)]
    under = "the average precision" if is_judged else "the objects found"
    places = charts.slots(
        ticks + [""] * (len(SIZES) - len(rows)), f"input size in pixels; under it, {under}"
    )
    return charts.draw_chart(
        [
            charts.Bars(
                "ms", range(len(rows)), [row["ms"] for row in rows],
                texts=[f"{row['ms']:.0f}" for row in rows],
            )
        ],
        title="Time by input size", x=replace(places, text=lambda at: names[round(at)]),
        y=charts.Axis("time, ms", low=0),
    )  # fmt: skip


def build(
    tab: lesson.Tab, picture: gr.Image, controls: lesson.Controls, truths: gr.JSON
) -> None:  # fmt: skip
    """A button, and the chart that grows."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown("The same picture at every input size: time against what is found.")
        with gr.Row() as buttons:
            start = gr.Button(
                "Measure all sizes", variant="primary", size="sm", elem_id="detection-sizes-start"
            )
    with tab.stage.view(
        TITLE, hint="Press “Measure all sizes”: a bar for each, as it is measured."
    ):
        chart = gr.HTML(label="chart", elem_id="detection-sizes")
        rows = gr.JSON(visible=False, label="sizes")
    settings = lesson.Controls(
        SizesSettings, **take_limits(controls, model=controls["model"], truths=truths)
    )
    running = tab.run(
        start.click, measure_sizes, [picture], [chart, rows], settings=settings,
        api_name="detection_sizes", kind="heavy",
    )  # fmt: skip
    tab.say_waiting(start, [*take_limits(controls).values(), truths])
    with buttons:
        tab.stop_button(running)
    clear_when_old(tab, [picture.change, controls["model"].change], running, [chart, rows])

"""Suppression, step by step: what the limits leave of the network's boxes.

The picture shows it turn by turn: ``static/suppression.js`` does in the browser what
``cvcore.detection.suppression`` does here for the numbers and the files.
"""

import csv
import io
import json
from dataclasses import dataclass, field

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.core.images import to_jpeg
from cvcore.core.timing import Stopwatch
from cvcore.detection import Suppression
from cvcore.detection.drawing import draw_boxes
from demos import components as ui
from demos import lesson
from demos.detection.controls import Limits, Settings, build_source, take_all, take_limits
from demos.detection.state import LessonState, find_state

# While a limit moves, the boxes follow it in the browser.
FOLLOW = """(view, confidence, iou, classes, method) =>
  view && ({...view, confidence, iou, classes, method})"""


@dataclass(frozen=True, eq=False)
class SuppressionCall(Settings):
    """The limits, and of which picture: what a call through the API says."""

    image: np.ndarray | None = field(default=None, repr=False)
    input_size: float | None = None  # these three: none is as in the session's look before
    model: str | None = None


def suppress(state: LessonState | None, limits: Limits) -> tuple[dict, str, dict, dict, dict]:
    """Numbers, latency and files at these limits, from the stored predictions."""
    if state is None:
        raise InputError("There is no picture yet: upload one or click a sample.")
    watch = Stopwatch()
    found = cvcore.detection.explain_suppression(state.raw, **limits.limits())
    watch.lap("NMS")
    picture = to_jpeg(draw_boxes(state.image, found.detections), quality=90)
    watch.lap("drawing")
    results = describe(state, found)
    return (
        results,
        ui.badge(state.raw.ms | watch.ms),
        ui.download_value("detections.jpg", picture, "image/jpeg"),
        ui.download_value("detections.csv", to_csv(results["detections"]), "text/csv"),
        ui.download_value(
            "detections.json", json.dumps(results, indent=1).encode(), "application/json"
        ),
    )


def suppress_again(state: LessonState | None, limits: Limits) -> tuple:
    """``suppress`` while a limit moves; without a picture there is nothing to say."""
    return suppress(state, limits) if state else (gr.skip(),) * 5


def answer_call(state: LessonState | None, call: SuppressionCall) -> tuple:
    """What the limits leave of a picture's boxes; the network runs for another picture only."""
    state = find_state(state, call.image, call)
    return *suppress(state, call), state


def describe(state: LessonState, found: Suppression) -> dict:
    """The result's numbers, as calls through the API get them."""
    return {
        "detections": found.detections.to_rows(),
        "counts": found.detections.counts(),
        "proposed": found.proposed,
        "above_confidence": len(found.candidates),
        "model": state.raw.model,
        "input_size": max(state.raw.letterbox.input_hw),
        "ms": {name: round(value, 1) for name, value in state.raw.ms.items()},
    }


def to_csv(rows: list[dict]) -> bytes:
    """The detections as a table."""
    text = io.StringIO()
    names = ("label", "class_id", "confidence", "x1", "y1", "x2", "y2")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def connect(
    tab: lesson.Tab, state: gr.State, view: gr.HTML, outputs: list, controls: lesson.Controls
) -> None:  # fmt: skip
    """The view follows a limit at once; ``outputs``, the numbers and files, come after."""
    limits = lesson.Controls(Limits, **take_limits(controls))
    moved = [limit.change for limit in limits]
    gr.on(moved, None, [view, *limits], view, js=FOLLOW, api_visibility="private")
    tab.run(moved, suppress_again, [state], outputs, settings=limits, api_name=None, kind="stream")
    call = lesson.Controls(SuppressionCall, **take_all(limits, **build_source()))
    tab.endpoint(
        answer_call, [state], [*outputs, state], settings=call, api_name="detection_suppress"
    )

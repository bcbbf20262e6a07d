"""The webcam's boxes and tracks, frame by frame."""

from collections import Counter
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection_drawing import draw_blurred, draw_boxes
from cvcore.timing import Stopwatch
from demos import ui
from demos.detection_views import draw_page

STYLES = ("boxes", "boxes and tracks", "blur")


def detect_frame(
    frame: np.ndarray,
    confidence: float,
    iou: float,
    classes: list[str] | None,
    input_size: int,
    model: str,
    style: str,
    tracker: Any,
) -> tuple[np.ndarray, str, str, Any]:
    """One frame: drawn, with counts, latency and the tracker to go on with."""
    raw = cvcore.detection.predict_raw(frame, model=model, input_size=input_size, square=False)
    watch = Stopwatch()
    tracks = None
    if style == "boxes and tracks":
        if tracker is None:
            tracker = cvcore.tracking.Tracker(fps=15)
        tracker.set_confidence(confidence)
        low = min(cvcore.tracking.LOW_CONFIDENCE, confidence)
        found = cvcore.detection.suppress(raw, confidence=low, iou=iou, classes=classes)
        tracks = tracker.update(found, frame.shape[:2])
        found = tracks.detections
    else:
        tracker = None
        found = cvcore.detection.suppress(raw, confidence=confidence, iou=iou, classes=classes)
    watch.lap("NMS" if tracks is None else "NMS and tracks")
    if style == "blur":
        picture = draw_blurred(frame, found)
    else:
        picture = draw_boxes(frame, found, track_ids=None if tracks is None else tracks.track_id)
    watch.lap("drawing")
    seen = None if tracks is None else Counter(tracker.seen.values())
    return picture, draw_counts(found.counts(), seen), ui.badge(raw.ms | watch.ms), tracker


def draw_counts(now: dict[str, int], seen: Counter | None) -> str:
    """What is in the frame, and how many different objects have been seen."""

    def name(counts: dict[str, int]) -> str:
        parts = [f"{escape(label)} <b>{count}</b>" for label, count in counts.items()]
        return " &nbsp; ".join(parts[:8]) or "nothing"

    text = f'<p class="big">Now: {name(now)}</p>'
    if seen is not None:
        text += f'<p class="big">Different ones so far: {name(dict(seen.most_common()))}</p>'
    return draw_page(text)


def build(
    tab: ui.Tab,
    confidence: gr.Slider,
    iou: gr.Slider,
    classes: gr.Dropdown,
    input_size: gr.Slider,
    model: gr.Dropdown,
) -> None:
    """The webcam beside its boxes."""
    tracker = gr.State()
    gr.Markdown("## Live on the webcam")
    style = ui.Radio(STYLES, value="boxes", label="Draw")
    place = gr.Column()
    counts = gr.HTML(elem_id="detection-live-counts")
    badge = ui.Badge()
    with place:
        tab.live(
            detect_frame,
            [confidence, iou, classes, input_size, model, style, tracker],
            extra_outputs=[counts, badge, tracker],
        )

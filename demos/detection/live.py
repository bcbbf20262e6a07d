"""The webcam's boxes and tracks, frame by frame."""

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.timing import Stopwatch
from cvcore.detection.drawing import draw_blurred, draw_boxes
from demos import components as ui
from demos import lesson
from demos.detection.controls import Settings
from demos.detection.views import draw_page

TRACKS = "boxes and tracks"
STYLES = ("boxes", TRACKS, "blur")


@dataclass(frozen=True)
class FrameSettings(Settings):
    """What is looked for, and how it is drawn."""

    style: str = STYLES[0]


def detect_frame(
    frame: np.ndarray, tracker: Any, settings: FrameSettings
) -> tuple[np.ndarray, str, str, Any, dict]:
    """One frame: drawn, with counts, latency, the tracker to go on with, and the numbers."""
    raw = cvcore.detection.predict_raw(frame, **settings.network(), square=False)
    watch, limits = Stopwatch(), settings.limits()
    tracks = None
    if settings.style == TRACKS:
        tracker = tracker or cvcore.detection.tracking.Tracker(fps=15)
        tracker.set_confidence(settings.confidence)
        low = min(cvcore.detection.tracking.LOW_CONFIDENCE, settings.confidence)
        found = cvcore.detection.suppress(raw, **(limits | {"confidence": low}))
        tracks = tracker.update(found, frame.shape[:2])
        found = tracks.detections
    else:
        tracker = None
        found = cvcore.detection.suppress(raw, **limits)
    watch.lap("NMS" if tracks is None else "NMS and tracks")
    if settings.style == "blur":
        picture = draw_blurred(frame, found)
    else:
        picture = draw_boxes(frame, found, track_ids=None if tracks is None else tracks.track_id)
    watch.lap("drawing")
    seen, ms = None if tracks is None else Counter(tracker.seen.values()), raw.ms | watch.ms
    numbers = {
        "detections": found.to_rows(),
        "counts": found.counts(),
        "seen": dict(seen or {}),
        "ms": {name: round(value, 1) for name, value in ms.items()},
    }
    return picture, draw_counts(numbers["counts"], seen), ui.badge(ms), tracker, numbers


def draw_counts(now: dict[str, int], seen: Counter | None) -> str:
    """What is in the frame, and how many different objects have been seen."""

    def name(counts: dict[str, int]) -> str:
        parts = [f"{escape(label)} <b>{count}</b>" for label, count in counts.items()]
        return " &nbsp; ".join(parts[:8]) or "nothing"

    text = f'<p class="big">Now: {name(now)}</p>'
    if seen is not None:
        text += f'<p class="big">Different ones so far: {name(dict(seen.most_common()))}</p>'
    return draw_page(text)


def build(tab: lesson.Tab, controls: lesson.Controls) -> None:
    """The webcam, and how its boxes are drawn."""
    stage = tab.stage
    section = stage.live()
    with stage.controls(lesson.LIVE, first=True):
        counts = gr.HTML(label="counts", elem_id="detection-live-counts")
        style = ui.Radio(STYLES, value=STYLES[0], label="Draw")
        badge = ui.Badge(label="timings")
    tracker = gr.State()
    numbers = ui.Panel(visible=False, label="numbers")  # for calls through the API
    settings = lesson.Controls(FrameSettings, **controls.parts, style=style)
    extras = [counts, badge, tracker, numbers]
    with section:
        tab.live(detect_frame, [tracker], settings=settings, extra_outputs=extras)

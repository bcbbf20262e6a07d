"""The webcam's boxes and tracks, frame by frame."""

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.checks import check_whole
from cvcore.core.drawing import measure_label
from cvcore.core.timing import Stopwatch
from cvcore.detection import DEFAULT_MODEL
from cvcore.detection.counting import draw_counting
from cvcore.detection.drawing import draw_blurred, draw_boxes
from cvcore.detection.pose import DEFAULT_THRESHOLD, Square
from cvcore.engine import registry
from demos import components as ui
from demos import lesson
from demos.detection import counting, models, pose_live
from demos.detection.controls import take_all
from demos.detection.counting import CountingSettings
from demos.detection.pose import EACH, ONE
from demos.detection.views import STYLE, draw_page

MODEL = "nanodet"  # of the bundled ones the quicker, and the better one
TRACKS = "boxes and tracks"
SKELETONS = "skeletons"
STYLES = ("boxes", TRACKS, "blur", SKELETONS)
NO_FRAME = (
    "Start the webcam: then draw a line to be crossed, or a zone to be entered, on its picture."
)


@dataclass(frozen=True)
class FrameSettings(CountingSettings):
    """What is looked for, who is counted where, and how it is drawn."""

    model: str = MODEL
    style: str = STYLES[0]
    threshold: float = DEFAULT_THRESHOLD  # of a joint, share, 0 to 1
    people: str = ONE  # whose skeletons


@dataclass(eq=False)
class Following:
    """What goes on from frame to frame: numbers of objects, and who was counted."""

    tracker: Any  # cvcore.detection.tracking.Tracker
    counter: Any  # cvcore.detection.counting.Counter


def detect_frame(
    frame: np.ndarray, following: Following | Square | None, settings: FrameSettings
) -> tuple[np.ndarray, str, str, Following | Square | None, dict]:
    """One frame: drawn, with counts, latency, what goes on to the next one, and the numbers."""
    if settings.style == SKELETONS:
        before = following if isinstance(following, Square) else None
        return pose_live.follow_frame(frame, before, settings)
    return detect_boxes(frame, following if isinstance(following, Following) else None, settings)


def detect_boxes(
    frame: np.ndarray, following: Following | None, settings: FrameSettings
) -> tuple[np.ndarray, str, str, Following | None, dict]:
    """``detect_frame`` of the styles that draw boxes."""
    line, zone = settings.shapes()
    raw = cvcore.detection.predict_raw(frame, **settings.network(), square=False)
    watch, limits = Stopwatch(), settings.limits()
    tracks = None
    if settings.style == TRACKS or line or zone:
        following = following or Following(
            cvcore.detection.tracking.Tracker(fps=15), settings.counter()
        )
        tracker = following.tracker
        tracker.set_confidence(settings.confidence)
        low = min(cvcore.detection.tracking.LOW_CONFIDENCE, settings.confidence)
        found = cvcore.detection.suppress(raw, **(limits | {"confidence": low}))
        tracks = tracker.update(found, frame.shape[:2])
        found = tracks.detections
        following.counter.move(line, zone)
        following.counter.update(tracks, frame.shape[:2])
    else:
        following = None
        found = cvcore.detection.suppress(raw, **limits)
    watch.lap("NMS" if tracks is None else "NMS and tracks")
    if settings.style == "blur":
        picture = draw_blurred(frame, found)
    else:
        numbered = tracks is not None and settings.style == TRACKS
        picture = draw_boxes(frame, found, track_ids=tracks.track_id if numbered else None)
    if following is not None:
        picture = draw_counting(picture, following.counter)
    watch.lap("drawing")
    is_tracked = following is not None and settings.style == TRACKS
    seen, ms = Counter(tracker.seen.values()) if is_tracked else None, raw.ms | watch.ms
    at_shapes = {} if following is None else following.counter.counts()
    numbers = {
        "detections": found.to_rows(),
        "counts": found.counts(),
        "seen": dict(seen or {}),
        **at_shapes,
        "ms": {name: round(value, 1) for name, value in ms.items()},
    }
    words = counting.draw_counts(at_shapes, settings.line, settings.zone) if at_shapes else ""
    drawn = draw_counts(numbers["counts"], seen, words)
    return picture, drawn, ui.badge(ms), following, numbers


def draw_counts(now: dict[str, int], seen: Counter | None, words: str = "") -> str:
    """What is in the frame, and how many different objects have been seen."""

    def name(counts: dict[str, int]) -> str:
        parts = [f"{escape(label)} <b>{count}</b>" for label, count in counts.items()]
        return " &nbsp; ".join(parts[:8]) or "nothing"

    text = f'<p class="big">Now: {name(now)}</p>'
    if seen is not None:
        text += f'<p class="big">Different ones so far: {name(dict(seen.most_common()))}</p>'
    return draw_page(text + words)


def tell_browser(question: dict[str, Any]) -> dict[str, Any]:
    """What a browser needs that draws the frames itself: labels, the page's style, and how large
    words are on a picture whose longer side is ``side`` pixels, 1 to 640.

    All figures are equally wide, so a text's size hangs on how many it has: ``texts`` has a row a
    class, by the figures of its track's number; ``line`` and ``zone`` go by those of both counts.
    """
    side = check_whole("The longer side", question.get("side"), 1, 640)
    labels = registry.load_labels(DEFAULT_MODEL)
    numbers = ["", *(f"{'0' * digits} " for digits in range(1, 6))]
    return {
        "labels": labels,
        "style": STYLE,
        "texts": [[measure_label(f"{n}{label} 0.00", side) for n in numbers] for label in labels],
        # these are as large on every picture as labels are on one of 640 pixels
        "line": [
            measure_label(f"with the arrow: {'0' * digits}, against: ", 640) for digits in range(13)
        ],
        "zone": [measure_label(f"in zone: {'0' * digits}, so far ", 640) for digits in range(13)],
    }


def choose_controls(style: str) -> list[Any]:
    """Which of the controls of skeletons and of those of boxes are seen."""
    return [gr.update(visible=(style == SKELETONS) == wanted) for wanted in (True, False)]


def build(tab: lesson.Tab, controls: lesson.Controls) -> None:
    """The webcam, and how its boxes are drawn."""
    stage = tab.stage
    section = stage.live()
    with stage.controls(lesson.LIVE, first=True):
        counts = gr.HTML(label="counts", elem_id="detection-live-counts")
        style = ui.Radio(STYLES, value=STYLES[0], label="Draw")
        with gr.Column(visible=False) as of_skeletons:
            people = ui.Radio((ONE, EACH), value=ONE, label="Skeletons: of whom")
            threshold = ui.Slider(0, 1, DEFAULT_THRESHOLD, step=0.01, label="Joint threshold, live")
        with gr.Column() as of_boxes:
            _, line, zone = counting.build_editor(
                lesson.LIVE, "#detection-live-view :is(img, canvas):not([hidden])",
                "#detection-live-view", NO_FRAME,
            )  # fmt: skip
        badge = ui.Badge(label="timings")
    with stage.more(lesson.LIVE):
        model = ui.Dropdown(lesson.list_models("detection"), value=MODEL, label="Model, live")
        notice = gr.HTML(elem_id="detection-live-notice")
    models.connect(tab, model, notice)
    tab.run(
        style.change, choose_controls, style, [of_skeletons, of_boxes], api_name=None, queue=False,
        show_progress="hidden",
    )  # fmt: skip
    following = gr.State()
    numbers = ui.Panel(visible=False, label="numbers")  # for calls through the API
    settings = lesson.Controls(
        FrameSettings,
        **take_all(controls, model=model, style=style, zone=zone, line=line),
        threshold=threshold,
        people=people,
    )
    extras = [counts, badge, following, numbers]
    with section:
        tab.live(
            detect_frame, [following], settings=settings, extra_outputs=extras,
            browser=lesson.InBrowser(__name__, tell_browser),
        )  # fmt: skip

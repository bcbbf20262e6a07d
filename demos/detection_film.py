"""A film in, a film with boxes and tracks out."""

import tempfile
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

import gradio as gr

import cvcore
from cvcore import images
from cvcore.detection import DEFAULT_MODEL, DEFAULT_SIZE
from cvcore.detection_video import STYLES, ZONES
from cvcore.errors import InputError
from demos import ui
from demos.detection_views import draw_page, draw_sentence

LIMIT = "At most 60 seconds and 40 MB; worked on at 640 pixels."


def annotate(
    source: str | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    input_size: int = DEFAULT_SIZE,
    model: str = DEFAULT_MODEL,
    style: str = "boxes",
    zone: str = "none",
) -> Iterator[tuple[str, str | None, dict]]:
    """The last frame and the progress twice a second; at the end the film and its counts."""
    if not source:
        raise InputError("There is no film yet: upload one or record one with the webcam.")
    yield draw_sentence("Opening the film …"), None, {}
    for sentence in ui.fetch_model(model):
        yield draw_sentence(sentence), None, {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "detections.mp4"
        started = shown = time.monotonic()
        progress = None
        for progress in cvcore.detection_video.annotate_film(
            source,
            target,
            model=model,
            confidence=confidence,
            iou=iou,
            classes=classes,
            input_size=input_size,
            style=style,
            zone=zone,
        ):
            now = time.monotonic()
            if now - shown > 0.4 or progress.done == 1:
                shown = now
                yield draw_progress(progress, now - started), None, {}
        if progress is None:
            raise InputError("This film has no frames: choose another one.")
        seconds = time.monotonic() - started
        numbers = {
            "frames": progress.done,
            "seconds": round(seconds, 2),
            "tracks": progress.tracks,
            "in_zone": progress.in_zone,
        }
        yield draw_progress(progress, seconds, finished=True), str(target), numbers


def draw_progress(progress, seconds: float, *, finished: bool = False) -> str:
    """The last frame (while it works), a bar, the speed and the objects so far."""
    total = max(progress.total, progress.done)
    rate = progress.done / max(seconds, 1e-6)
    left = "" if finished else f", {(total - progress.done) / rate:.0f} s left"
    seen = ", ".join(f"{escape(name)} {count}" for name, count in progress.tracks.items())
    shown = images.to_data_uri(progress.frame, quality=70)
    return draw_page(
        "" if finished else f'<img class="shown" alt="last frame" src="{shown}">',
        f'<p class="big">Frame {progress.done} of {total}, {rate:.0f} a second{left}</p>',
        f'<div class="track"><i style="width:{100 * progress.done / total:.1f}%"></i></div>',
        f'<p class="big">Different objects: {seen or "none yet"}</p>',
    )


def build(
    tab: ui.Tab,
    confidence: gr.Slider,
    iou: gr.Slider,
    classes: gr.Dropdown,
    input_size: gr.Slider,
    model: gr.Dropdown,
) -> None:
    """Film, settings, Start and Stop; the new film beside them."""
    gr.Markdown("## A whole film")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            source = gr.Video(
                label="Your film",
                sources=["upload", "webcam"],
                height=260,
                elem_id="detection-film",
            )
            gr.Markdown(LIMIT)
            style = ui.Radio(STYLES, value="boxes", label="Draw")
            zone = ui.Dropdown(list(ZONES), value="none", label="Count who enters a zone")
            with gr.Row() as buttons:
                start = gr.Button("Start", variant="primary", size="sm")
        with gr.Column(scale=3, min_width=320):
            progress = gr.HTML(elem_id="detection-film-progress")
            result = gr.Video(
                label="With boxes",
                interactive=False,
                height=360,
                autoplay=True,
                elem_id="detection-film-result",
            )
            numbers = gr.JSON(visible=False)
    running = tab.run(
        start.click,
        annotate,
        [source, confidence, iou, classes, input_size, model, style, zone],
        [progress, result, numbers],
        api_name="detection_video",
        kind="heavy",
    )
    with buttons:
        tab.stop_button(running, elem_id="detection-film-stop")

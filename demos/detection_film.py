"""A film in, a film with boxes and tracks out; a stopped one up to there."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
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

WAIT_SECONDS = 10.0  # for a stopped film's last frame
LIMIT = "At most 60 seconds and 40 MB; worked on at 640 pixels."


@dataclass
class Rest:
    """What a film that is stopped half-way has come to; it lies in memory, gone with the visit."""

    film: bytes = field(default=b"", repr=False)  # MP4
    last: str = ""  # the last progress, drawn
    is_over: bool = False


def annotate(
    source: str | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    input_size: int = DEFAULT_SIZE,
    model: str = DEFAULT_MODEL,
    style: str = "boxes",
    zone: str = "none",
) -> Iterator[tuple[str, str | None, dict, Rest | None]]:
    """The last frame and the progress twice a second; at the end the film and its counts.

    Closed before that, it leaves the film so far in the ``Rest``.
    """
    if not source:
        raise InputError("There is no film yet: upload one or record one with the webcam.")
    rest = Rest()
    yield draw_sentence("Opening the film …"), None, {}, rest
    for sentence in ui.fetch_model(model):
        yield draw_sentence(sentence), None, {}, rest
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "detections.mp4"
        started = shown = time.monotonic()
        progress, is_whole = None, False
        running = cvcore.detection_video.annotate_film(
            source,
            target,
            model=model,
            confidence=confidence,
            iou=iou,
            classes=classes,
            input_size=input_size,
            style=style,
            zone=zone,
        )
        try:
            with contextlib.closing(running):
                for progress in running:
                    now = time.monotonic()
                    if now - shown > 0.4 or progress.done == 1:
                        shown = now
                        yield draw_progress(progress, now - started), None, {}, rest
            if progress is None:
                raise InputError("This film has no frames: choose another one.")
            seconds = time.monotonic() - started
            numbers = {
                "frames": progress.done,
                "seconds": round(seconds, 2),
                "tracks": progress.tracks,
                "in_zone": progress.in_zone,
            }
            is_whole = True
            yield draw_progress(progress, seconds, is_over=True), str(target), numbers, None
        finally:
            if progress is not None and not is_whole:
                rest.film = target.read_bytes()
                rest.last = draw_progress(progress, time.monotonic() - started, is_over=True)
            rest.is_over = True


def offer_rest(rest: Rest | None) -> Iterator[tuple[str, str | None, None]]:
    """After Stop: the film up to there."""
    if rest is None:
        yield gr.skip(), gr.skip(), None
        return
    end = time.monotonic() + WAIT_SECONDS
    while not rest.is_over and time.monotonic() < end:
        time.sleep(0.05)
    if not rest.film:
        yield gr.skip(), gr.skip(), None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "detections.mp4"
        path.write_bytes(rest.film)
        yield draw_sentence("Stopped early: the film up to here.") + rest.last, str(path), None


def draw_progress(progress, seconds: float, *, is_over: bool = False) -> str:
    """The last frame (while it works), a bar, the speed and the objects so far."""
    total = max(progress.total, progress.done)
    rate = progress.done / max(seconds, 1e-6)
    left = "" if is_over else f", {(total - progress.done) / rate:.0f} s left"
    seen = ", ".join(f"{escape(name)} {count}" for name, count in progress.tracks.items())
    shown = images.to_data_uri(progress.frame, quality=70)
    return draw_page(
        "" if is_over else f'<img class="shown" alt="last frame" src="{shown}">',
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
    rest = gr.State()
    running = tab.run(
        start.click,
        annotate,
        [source, confidence, iou, classes, input_size, model, style, zone],
        [progress, result, numbers, rest],
        api_name="detection_video",
        kind="heavy",
    )
    with buttons:
        stop = tab.stop_button(running, elem_id="detection-film-stop")
    for over in (stop.click, running.failure):  # too long a work is ended, too
        tab.run(
            over, offer_rest, rest, [progress, result, rest], api_name=None, show_progress="hidden"
        )

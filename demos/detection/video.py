"""A video in, a video with boxes and tracks out; a stopped one up to there."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

import cvcore
from cvcore.core import images
from cvcore.core import video as films
from cvcore.core.errors import InputError
from cvcore.detection.video import MAX_SIDE, STYLES, VideoProgress
from demos import components as ui
from demos import lesson
from demos.detection import counting
from demos.detection.controls import take_all
from demos.detection.counting import CountingSettings
from demos.detection.views import draw_page, draw_sentence

TITLE = "Video"
WAIT_SECONDS = 10.0  # for a stopped video's last frame
LIMIT = (
    "At most 60 seconds and 40 MB; worked on at 640 pixels. A film that the browser cannot play "
    "(GIF, AVI, WMV) is read all the same."
)


FRAME = "#detection-video-progress img[data-first]"  # over which line and zone are drawn
NO_FRAME = "Line and zone are drawn on a film's first frame."


@dataclass(frozen=True)
class VideoSettings(CountingSettings):
    """What is looked for, who is counted where, and how it is drawn."""

    style: str = STYLES[0]

    def work(self) -> dict[str, Any]:
        """As ``cvcore.detection.video.annotate_video`` takes it."""
        line, zone = self.shapes()
        return self.limits() | self.network() | {"style": self.style, "line": line, "zone": zone}


@dataclass
class Rest:
    """What a video that is stopped half-way has come to; it lies in memory, gone with the visit."""

    video: bytes = field(default=b"", repr=False)  # MP4
    last: str = ""  # the last progress, drawn
    is_over: bool = False


def annotate(
    source: str | None, settings: VideoSettings
) -> Iterator[tuple[str, str | None, dict, Rest | None]]:
    """The last frame and the progress twice a second; at the end the video and its counts.

    Closed before that, it leaves the video so far in the ``Rest``.
    """
    if not source:
        raise InputError("There is no film yet: upload one or record one with the webcam.")
    work, rest = settings.work(), Rest()
    yield draw_sentence("Opening the film …"), None, {}, rest
    for sentence in lesson.fetch_model(settings.model):
        yield draw_sentence(sentence), None, {}, rest
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "detections.mp4"
        started = shown = time.monotonic()
        progress, is_whole = None, False
        running = cvcore.detection.video.annotate_video(source, target, **work)
        try:
            with contextlib.closing(running):
                for progress in running:
                    now = time.monotonic()
                    if now - shown > 0.4 or progress.done == 1:
                        shown = now
                        yield draw_progress(progress, now - started, settings), None, {}, rest
            seconds = time.monotonic() - started
            numbers = {
                "frames": progress.done,
                "left_out": progress.damage.left_out,
                "seconds": round(seconds, 2),
                "tracks": progress.tracks,
                **progress.counts,
            }
            is_whole = True
            yield (
                draw_progress(progress, seconds, settings, is_over=True),
                str(target),
                numbers,
                None,
            )
        finally:
            if progress is not None and not is_whole:
                rest.video = target.read_bytes()
                rest.last = draw_progress(
                    progress, time.monotonic() - started, settings, is_over=True
                )
            rest.is_over = True


def offer_rest(rest: Rest | None) -> Iterator[tuple[str, str | None, None]]:
    """After Stop: the video up to there."""
    if rest is None:
        yield gr.skip(), gr.skip(), None
        return
    end = time.monotonic() + WAIT_SECONDS
    while not rest.is_over and time.monotonic() < end:
        time.sleep(0.05)
    if not rest.video:
        yield gr.skip(), gr.skip(), None
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "detections.mp4"
        path.write_bytes(rest.video)
        yield draw_sentence("Stopped early: the film up to here.") + rest.last, str(path), None


def show_first(source: str | None) -> str:
    """The film's first frame, to draw a line or zone on; nothing where no film can be read."""
    if not source:
        return ""
    running = films.decode_frames(source, max_side=MAX_SIDE, damage=films.Damage())
    try:
        with contextlib.closing(running) as frames:
            _, frame = next(frames)
    except (InputError, StopIteration):
        return ""  # Start says what is wrong
    shown = images.to_data_uri(frame, quality=85)
    return draw_page(f'<img class="shown" data-first alt="first frame" src="{shown}">')


def draw_progress(
    progress: VideoProgress, seconds: float, settings: VideoSettings, *, is_over: bool = False
) -> str:
    """The last frame (while it works), a bar, the speed, the objects and the counts so far."""
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
        counting.draw_counts(progress.counts, settings.line, settings.zone),
        f"<p>{progress.damage.sentence}</p>" if progress.damage.sentence else "",
    )


def build(tab: lesson.Tab, controls: lesson.Controls) -> None:
    """Video, settings, Start and Stop; the new video beside them."""
    with tab.stage.controls(TITLE, first=True):
        source = ui.Video(
            label="Your film", sources=["upload", "webcam"], height=120, elem_id="detection-video"
        )
        gr.Markdown(LIMIT)
        style = ui.Radio(STYLES, value=VideoSettings.style, label="Draw")
        editor, line, zone = counting.build_editor(
            TITLE, FRAME, "#detection-video-progress", NO_FRAME, asks=True
        )
        with gr.Row() as buttons:
            start = gr.Button("Start", variant="primary", size="sm", min_width=80)
    with tab.stage.view(TITLE):
        progress = gr.HTML(label="progress", elem_id="detection-video-progress")
        result = ui.Video(
            label="With boxes", interactive=False, autoplay=True, elem_id="detection-video-result",
            elem_classes=["fill"],
        )  # fmt: skip
        numbers = gr.JSON(visible=False, label="numbers")
    rest = gr.State()
    running = tab.run(
        start.click, annotate, [source], [progress, result, numbers, rest],
        settings=lesson.Controls(
            VideoSettings, **take_all(controls, style=style, zone=zone, line=line)
        ),
        api_name="detection_video", kind="heavy",
    )  # fmt: skip
    tab.run(source.change, show_first, source, progress, api_name=None, show_progress="hidden")
    # after a run its first frame is shown again, so that another line can be drawn
    tab.run(
        editor.frame, lambda source: (show_first(source), None), source, [progress, result],
        api_name=None, show_progress="hidden",
    )  # fmt: skip
    with buttons:
        stop = tab.stop_button(running, elem_id="detection-video-stop")
    for over in (stop.click, running.failure):  # too long a work is ended, too
        tab.run(
            over, offer_rest, rest, [progress, result, rest], api_name=None, show_progress="hidden"
        )

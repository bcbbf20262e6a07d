"""A video that falls into the dream."""

import base64
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from demos import components as ui
from demos import lesson
from demos.deep_dream.controls import Settings

TITLE = "Video"
PREVIEW_SECONDS = 0.5
FPS = 12


@dataclass(frozen=True)
class VideoSettings(Settings):
    """The still's settings, and those of a video: octaves and steps are a frame's."""

    frames: float = 48
    zoom: float = 1.04
    turn: float = 0  # degrees
    frame_octaves: float = 2
    frame_steps: float = 4
    side: float = 448  # pixels: less than the still's, as there are many

    def work(self) -> dict[str, Any]:
        own = {"octaves": self.frame_octaves, "steps": self.frame_steps}
        motion = {name: getattr(self, name) for name in ("frames", "zoom", "turn")}
        return super().work() | own | motion


DEFAULTS = VideoSettings()


def show_video(
    image: np.ndarray | None, settings: VideoSettings
) -> Iterator[tuple[dict, dict | None]]:
    """The last frame and the progress twice a second; at the end the video, in the page itself."""
    options = settings.work() | settings.aimed()
    images.check_image(image)
    yield ui.say_on_stage(lesson.under_way("Starting …", "Stopped.")), None
    started = shown = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dream.mp4"
        with cvcore.core.video.VideoWriter(path, FPS) as writer:
            for frame in cvcore.deep_dream.motion.zoom_video(image, **options):
                writer.write(frame.image)
                now = time.perf_counter()
                if now - shown > PREVIEW_SECONDS or frame.number == 1:
                    shown = now
                    yield draw_progress(frame, now - started), None
        video = path.read_bytes()
    seconds = time.perf_counter() - started
    yield draw_video(video, frame, seconds), ui.download_value("dream.mp4", video, "video/mp4")


def draw_progress(frame, seconds: float) -> dict:
    left = seconds / frame.number * (frame.total - frame.number)
    to_go = lesson.under_way(f"about {left:.0f} s to go", "stopped")
    said = ui.draw_corners(f"Frame {frame.number} of {frame.total}, {to_go}")
    return {
        "html": ui.draw_after(frame.image, "The last frame") + said,
        "ratio": frame.image.shape[1] / frame.image.shape[0],
        "frame": frame.number,
    }


def draw_video(video: bytes, frame, seconds: float) -> dict:
    source = f"data:video/mp4;base64,{base64.b64encode(video).decode()}"
    height, width = frame.image.shape[:2]
    said = ui.draw_corners(
        f"{frame.total} frames in {seconds:.0f} s · {width} × {height} pixels · "
        f"{FPS} frames per second · {len(video) / 1e6:.1f} MB", place="top",
    )  # fmt: skip
    return {
        "html": f'<video src="{source}" controls autoplay loop muted playsinline></video>{said}',
        "ratio": width / height,
        "frame": frame.number,
        "bytes": len(video),
    }


def build_controls(stage: lesson.Stage) -> tuple[dict[str, Any], gr.Button, gr.Column]:
    """A video's own controls, by field of ``VideoSettings``, Start, and the place of Stop."""
    d = DEFAULTS
    with stage.controls(TITLE):
        own = {
            "frames": ui.Slider(12, 240, d.frames, step=12, label=f"Frames ({FPS} per second)"),
            "zoom": ui.Slider(1, 1.1, d.zoom, step=0.005, label="Zoom per frame"),
            "turn": ui.Slider(-5, 5, d.turn, step=0.5, label="Rotation per frame, °"),
            "frame_octaves": ui.Slider(1, 4, d.frame_octaves, step=1, label="Octaves per frame"),
        }
        with gr.Row():
            start = gr.Button(
                "Make the video", variant="primary", size="sm", min_width=80,
                elem_id="deep-dream-film-start",
            )  # fmt: skip
            place = gr.Column(min_width=70, scale=0)
    return own, start, place


def build_more(stage: lesson.Stage) -> dict[str, Any]:
    """Steps and size of a video, by field of ``VideoSettings``, shown in its view alone."""
    d = DEFAULTS
    with stage.part(TITLE):
        steps = ui.Slider(1, 10, d.frame_steps, step=1, label="Steps per frame and octave")
        side = ui.Slider(160, 640, d.side, step=32, label="Video size, pixels")
        gr.Markdown("A video dreams everywhere: what is painted counts for the picture alone.")
    return {"frame_steps": steps, "side": side}


def build(
    tab: lesson.Tab, image: gr.Image, settings: lesson.Controls, start: gr.Button, place: gr.Column
) -> None:  # fmt: skip
    """The video, its run and its file; picture and aim are those of the still."""
    with tab.stage.view(TITLE):
        view = ui.BeforeAfter(
            ui.say_on_stage(
                "Press “Make the video”: the dream is enlarged a little and dreamt on, frame by "
                "frame."
            ),
            elem_id="deep-dream-film", label="video", elem_classes=["fill", "picture-back"],
        )  # fmt: skip
    with tab.stage.told(TITLE):
        saved = ui.Download("Video (MP4)")
    running = tab.run(
        start.click, show_video, [image], [view, saved], settings=settings,
        api_name="deep_dream_film", kind="heavy", show_progress="minimal",
    )  # fmt: skip
    tab.say_waiting(start, [image, *settings])
    with place:
        tab.stop_button(running, shows=[view], elem_id="deep-dream-film-stop")

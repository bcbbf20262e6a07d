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
from demos.deep_dream.views import Dream

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
    starting = lesson.under_way("Starting …", "Stopped.")
    yield {"html": f'<p class="big">{starting}</p>'}, None
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
    to_go = lesson.under_way(f"about {left:.0f} s to go", "Stopped.")
    return {
        "html": f'<img alt="The last frame" src="{images.to_data_uri(frame.image)}"><div>'
        f'<p class="big">Frame {frame.number} of {frame.total}</p>'
        f'<p class="big">{to_go}</p></div>',
        "frame": frame.number,
    }


def draw_video(video: bytes, frame, seconds: float) -> dict:
    source = f"data:video/mp4;base64,{base64.b64encode(video).decode()}"
    height, width = frame.image.shape[:2]
    return {
        "html": f'<video src="{source}" controls autoplay loop muted playsinline></video><div>'
        f'<p class="big">{frame.total} frames in {seconds:.0f} s</p><p>{width} × {height} pixels, '
        f"{FPS} frames a second, {len(video) / 1e6:.1f} MB</p></div>",
        "frame": frame.number,
        "bytes": len(video),
    }


def build(tab: lesson.Tab, image: gr.Image, controls: lesson.Controls) -> None:
    """Start and Stop, and the video beside them; picture and aim are those of the still."""
    d = DEFAULTS
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            gr.Markdown(
                "The picture, what is raised and everything that is not set here come from *Your "
                "picture*. Only what you painted there does not count: a film dreams everywhere."
            )
            own = {
                "frames": ui.Slider(12, 240, d.frames, step=12, label=f"Frames ({FPS} a second)"),
                "zoom": ui.Slider(1, 1.1, d.zoom, step=0.005, label="Zoom a frame"),
                "turn": ui.Slider(-5, 5, d.turn, step=0.5, label="Turn a frame, degrees"),
                "frame_octaves": ui.Slider(1, 4, d.frame_octaves, step=1, label="Octaves a frame"),
                "frame_steps": ui.Slider(
                    1, 10, d.frame_steps, step=1, label="Steps a frame and octave"
                ),
            }
        with gr.Column(scale=4, min_width=320):
            with gr.Row():
                start = gr.Button(
                    "Make the film", variant="primary", size="sm", min_width=80,
                    elem_id="deep-dream-film-start",
                )  # fmt: skip
                place = gr.Column(min_width=80)
                saved = ui.Download("Save the film (MP4)")
            view = Dream(elem_id="deep-dream-film", label="film")
    running = tab.run(
        start.click, show_video, [image], [view, saved],
        settings=lesson.Controls(VideoSettings, **controls.parts, **own),
        api_name="deep_dream_film", kind="heavy", show_progress="minimal",
    )  # fmt: skip
    tab.say_waiting(start, [image, *controls, *own.values()])
    with place:
        tab.stop_button(running, shows=[view], elem_id="deep-dream-film-stop")

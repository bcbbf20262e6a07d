"""A film that falls into the dream."""

import base64
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from demos import ui
from demos.deep_dream_views import Dream

PREVIEW_SECONDS = 0.5
FPS = 12


def show_film(
    read_aim: Callable[..., dict], image: np.ndarray | None, aim: tuple, settings: tuple,
    frames: float, zoom: float, turn: float, octaves: float, steps: float,
) -> Iterator[tuple[dict, dict | None]]:  # fmt: skip
    """The last frame and the progress twice a second; at the end the film, in the page itself."""
    options = read_aim(*aim)
    images.check_image(image)
    _, scale, _, step_size, jitter, smoothing, side, seed = settings
    yield {"html": '<p class="big">Starting …</p>'}, None
    started = shown = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dream.mp4"
        with cvcore.video.FilmWriter(path, FPS) as writer:
            for frame in cvcore.dream_motion.zoom_film(
                image, frames=frames, zoom=zoom, turn=turn, octaves=octaves, steps=steps,
                octave_scale=scale, step_size=step_size, jitter=jitter, smoothing=smoothing,
                side=side, seed=seed, **options,
            ):  # fmt: skip
                writer.write(frame.image)
                now = time.perf_counter()
                if now - shown > PREVIEW_SECONDS or frame.number == 1:
                    shown = now
                    yield draw_progress(frame, now - started), None
        film = path.read_bytes()
    seconds = time.perf_counter() - started
    yield draw_film(film, frame, seconds), ui.download_value("dream.mp4", film, "video/mp4")


def draw_progress(frame, seconds: float) -> dict:
    left = seconds / frame.number * (frame.total - frame.number)
    return {
        "html": f'<img alt="The last frame" src="{images.to_data_uri(frame.image)}"><div>'
        f'<p class="big">Frame {frame.number} of {frame.total}</p>'
        f'<p class="big">about {left:.0f} s to go</p></div>',
        "frame": frame.number,
    }


def draw_film(film: bytes, frame, seconds: float) -> dict:
    source = f"data:video/mp4;base64,{base64.b64encode(film).decode()}"
    height, width = frame.image.shape[:2]
    return {
        "html": f'<video src="{source}" controls autoplay loop muted playsinline></video><div>'
        f'<p class="big">{frame.total} frames in {seconds:.0f} s</p><p>{width} × {height} pixels, '
        f"{FPS} frames a second, {len(film) / 1e6:.1f} MB</p></div>",
        "frame": frame.number,
        "bytes": len(film),
    }


def build(tab: ui.Tab, aims: list, settings: list, read_aim: Callable[..., dict[str, Any]]) -> None:
    """Start and Stop, and the film beside them; picture and aim are those of the still."""
    image, *aim = aims
    count = len(aim)

    def handle(image: np.ndarray | None, *values: Any) -> Iterator[tuple[dict, dict | None]]:
        chosen, how = values[:count], values[count : count + len(settings)]
        yield from show_film(read_aim, image, chosen, how, *values[count + len(settings) :])

    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            gr.Markdown(
                "The picture, what is raised and all that is not set here are as under *Your "
                "picture*; only what is painted there does not count: a film dreams everywhere."
            )
            frames = ui.Slider(12, 240, 48, step=12, label=f"Frames ({FPS} a second)")
            zoom = ui.Slider(1, 1.1, 1.04, step=0.005, label="Zoom a frame")
            turn = ui.Slider(-5, 5, 0, step=0.5, label="Turn a frame, degrees")
            octaves = ui.Slider(1, 4, 2, step=1, label="Octaves a frame")
            steps = ui.Slider(1, 10, 4, step=1, label="Steps a frame and octave")
        with gr.Column(scale=4, min_width=320):
            with gr.Row():
                start = gr.Button("Make the film", variant="primary", size="sm", min_width=80)
                place = gr.Column(min_width=80)
                saved = ui.Download("Save the film (MP4)")
            view = Dream(elem_id="deep-dream-film")
    running = tab.run(
        start.click, handle, [image, *aim, *settings, frames, zoom, turn, octaves, steps],
        [view, saved], api_name="deep_dream_film", kind="heavy", show_progress="minimal",
    )  # fmt: skip
    with place:
        tab.stop_button(running, elem_id="deep-dream-film-stop")

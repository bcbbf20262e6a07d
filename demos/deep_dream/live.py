"""The webcam dreams on from frame to frame."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson

STATE_SECONDS = 600  # of memory for a dream whose browser never said goodbye


def dream_frame(
    frame: np.ndarray, layer: str, steps: int, strength: float, state: Any
) -> tuple[np.ndarray, str, Any]:
    """One frame, dreamt on from the last: the picture, the latency, and what to go on from."""
    watch = Stopwatch()
    picture, state = cvcore.deep_dream.motion.dream_on(
        frame, state, layer=layer, steps=steps, strength=strength
    )
    watch.lap(f"{steps:.0f} steps")
    return picture, ui.badge(watch.ms), state


def build(tab: lesson.Tab, layer: gr.Dropdown) -> None:
    """The webcam's dream."""
    stage = tab.stage
    state = gr.State(None, time_to_live=STATE_SECONDS)
    section = stage.live()
    with stage.controls(lesson.LIVE):
        gr.Markdown("Hold still and the dream grows; what moves wakes up.")
        steps = ui.Slider(1, 8, 2, step=1, label="Steps per frame")
        strength = ui.Slider(0.02, 0.4, 0.15, step=0.01, label="Strength")
        badge = ui.Badge()
    with section:
        tab.live(
            dream_frame,
            [layer, steps, strength, state],
            extra_outputs=[badge, state],
            width=448,
            quality=80,
        )

"""The square between A, B, C and D, to be dragged through."""

import gradio as gr
import numpy as np

import cvcore
from demos import lesson
from demos.latent_space.controls import Choices, Settings
from demos.latent_space.letters import pick
from demos.latent_space.views import Plane, to_sprite

TITLE = "Plane"
SIDE = 11  # pictures


def show_plane(own: dict | None, settings: Settings) -> dict:
    """The square between A, B, C and D, eleven pictures a side."""
    ls = cvcore.latent_space
    chosen = pick(settings, own)
    z = ls.plane(np.stack([ls.average(chosen[key]) for key in "ABCD"]), SIDE)
    rows = z.reshape(-1, z.shape[-1])
    pictures = ls.generate(rows, name=settings.name, classes=settings.digit)
    return {"sprite": to_sprite(pictures, SIDE)}


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The square and the picture in it."""
    stage = lazy.tab.stage
    with stage.view(TITLE) as section:
        plane = Plane(label="plane", elem_id="latent-space-plane", elem_classes=["fill"])
    with stage.controls(TITLE, first=True):
        gr.Markdown("Drag through the square between A, B, C and D.", elem_classes=["question"])
    lazy.add(
        TITLE, section, show_plane, [choices.own], plane, settings=choices.controls,
        api_name="latent_space_plane", follows=choices.changes, trigger_mode="always_last",
    )  # fmt: skip

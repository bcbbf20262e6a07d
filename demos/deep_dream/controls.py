"""The settings of the DeepDream tab and the controls that set them."""

from dataclasses import dataclass, fields
from typing import Any

import gradio as gr
import numpy as np

from cvcore.core.errors import InputError
from cvcore.deep_dream.layers import DEFAULT_LAYER, LAYERS
from cvcore.deep_dream.layers import DEFAULT_MODEL as MODEL
from cvcore.probes.stages import name_layer
from demos import components as ui
from demos import lesson
from demos.deep_dream.pickers import ChannelPicker, build_channels
from demos.lesson import class_names

AIMS = [
    ("the whole layer", "layer"),
    ("one channel", "channel"),
    ("two channels, mixed", "mix"),
    ("a class", "class"),
    ("what a second picture has", "guide"),
]


@dataclass(frozen=True)
class Settings:
    """What is raised, and by which steps: see ``cvcore.deep_dream.dream``."""

    layer: str = DEFAULT_LAYER
    aim: str = "layer"
    channel: float | None = 7
    second: float | None = 20
    mix: float = 0.5
    class_idx: float | None = 207
    guide: np.ndarray | None = None
    octaves: float = 6  # the smallest shows the network the whole picture at once
    octave_scale: float = 1.4
    steps: float = 10
    step_size: float = 0.012
    jitter: float = 32
    smoothing: float = 0.8
    side: float = 640
    seed: float = 0

    def aimed(self) -> dict[str, Any]:
        """What is raised, as ``cvcore.deep_dream.dream`` takes it."""
        options: dict[str, Any] = {"layer": self.layer}
        if self.aim in ("channel", "mix"):
            options["channel"] = -1 if self.channel is None else self.channel
        if self.aim == "mix":
            second = -1 if self.second is None else self.second
            options |= {"second": (self.layer, second), "mix": self.mix}
        if self.aim == "class":
            options["class_idx"] = -1 if self.class_idx is None else self.class_idx
        if self.aim == "guide":
            if self.guide is None:
                raise InputError("There is no second picture yet: upload one to guide the dream.")
            options["guide"] = self.guide
        return options

    def work(self) -> dict[str, Any]:
        """Sizes and steps, as ``cvcore.deep_dream.dream`` takes them."""
        names = ("octaves", "octave_scale", "steps", "step_size", "jitter", "smoothing")
        return {name: getattr(self, name) for name in (*names, "side", "seed")}

    def describe(self) -> str:
        """What is raised, in a few words."""
        if self.aim == "class" and self.class_idx is not None:
            return f"class {class_names.load_shown(MODEL)[int(self.class_idx)]}"
        chosen = {"channel": [self.channel], "mix": [self.channel, self.second]}.get(self.aim, [])
        words = [f"channel {one:g}" for one in chosen if one is not None]
        return ", ".join([name_layer(self.layer), *words])


DEFAULTS = Settings()


@dataclass(frozen=True)
class Aim:
    """The controls of what is raised, and what is shown with some aims only."""

    parts: dict[str, Any]  # by field of ``Settings``
    channels: ChannelPicker
    seconds: ChannelPicker
    fields: list[Any]  # as ``show_fields`` answers


def build_aim(tab: lesson.Tab) -> Aim:
    """What is raised: a layer, one of its channels, a class, another picture."""
    layer = ui.Dropdown(
        [(f"{name_layer(name)}: {words} ({name})", name) for name, words in LAYERS.items()],
        value=DEFAULTS.layer, label="Layer", visible="hidden",
    )  # fmt: skip
    aim = ui.Dropdown(AIMS, value=DEFAULTS.aim, label="What to maximise")
    with gr.Column(visible=False) as first_channel:
        channel = ui.Number(DEFAULTS.channel, label="Channel", precision=0, min_width=90)
        channels = build_channels(tab, channel, "deep-dream-channels")
    with gr.Column(visible=False) as second_channel:
        mix = ui.Slider(0, 1, DEFAULTS.mix, step=0.05, label="Share of the second")
        second = ui.Number(DEFAULTS.second, label="Second channel", precision=0, min_width=90)
        seconds = build_channels(tab, second, "deep-dream-second")
    class_idx = ui.Dropdown(
        [(name, index) for index, name in enumerate(class_names.load_shown(MODEL))],
        value=DEFAULTS.class_idx, label="Class", visible=False,
    )  # fmt: skip
    no_layer = gr.Markdown(
        "A class is the network's last answer: the layer does not count for it.",
        visible=False,
    )
    with gr.Column(visible=False) as second_picture:
        guide = ui.SafeImage(label="Second picture", sources=["upload"], height=150)
    parts = {
        "layer": layer, "aim": aim, "channel": channel, "second": second, "mix": mix,
        "class_idx": class_idx, "guide": guide,
    }  # fmt: skip
    fields = [first_channel, second_channel, class_idx, no_layer, second_picture]
    return Aim(parts, channels, seconds, fields)


def show_fields(aim: str) -> tuple[dict, ...]:
    """Only the fields that the aim needs."""
    return (
        gr.update(visible=aim in ("channel", "mix")),
        gr.update(visible=aim == "mix"),
        gr.update(visible=aim == "class"),
        gr.update(visible=aim == "class"),
        gr.update(visible=aim == "guide"),
    )


def build_more(stage: lesson.Stage, *stills: str) -> dict[str, Any]:
    """Sizes and steps, by field of ``Settings``, some of them in the views ``stills`` alone."""
    d = DEFAULTS
    with stage.part(*stills):
        steps = ui.Slider(1, 60, d.steps, step=1, label="Steps in each octave")
        side = ui.Slider(160, 640, d.side, step=32, label="Longer side, pixels")
    return {
        "steps": steps,
        "side": side,
        "step_size": ui.Slider(0.002, 0.05, d.step_size, step=0.001, label="Step size"),
        "octave_scale": ui.Slider(1.1, 2, d.octave_scale, step=0.05, label="Zoom per octave"),
        "jitter": ui.Slider(0, 64, d.jitter, step=1, label="Jitter, pixels"),
        "smoothing": ui.Slider(0, 4, d.smoothing, step=0.1, label="Smoothing, pixels"),
        "seed": ui.Number(d.seed, minimum=0, maximum=999_999, precision=0, label="Seed"),
    }


def order_parts(parts: dict[str, Any]) -> lesson.Controls:
    """The controls in the order of ``Settings``, in which calls without names give them."""
    return lesson.Controls(Settings, **{one.name: parts[one.name] for one in fields(Settings)})

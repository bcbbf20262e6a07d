"""The settings of the style transfer tab and the controls that set them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr

from cvcore.style_transfer import fast, options
from cvcore.style_transfer.options import StyleWeights
from demos import components as ui
from demos import lesson

MODELS = [
    ("EfficientNet-Lite0", "efficientnet_lite0"),
    ("VGG19, the paper's (download, 548 MB; ten times slower)", "vgg19"),
]
FINEST = ("1, finest", "2", "3", "4", "5, coarsest")


@dataclass(frozen=True)
class FastSettings:
    """One pass: see ``cvcore.style_transfer.mix_numbers``."""

    keep_colours: bool = False
    strength: float = 1  # 0: the photograph's own numbers; 1: the style's; up to 2
    mix: float = 0.5  # share of the second style, 0 to 1
    side: float = 768  # pixels, 128 to 1024
    stroke: float = fast.STROKE  # 1 to 3
    whirls: bool = True  # to begin with where the picture is flat, for a painter of its own


@dataclass(frozen=True)
class Weights:
    """How much each loss counts, and each layer's style, from fine to coarse."""

    content_weight: float = StyleWeights.content  # 0 to 2
    style_weight: float = StyleWeights.style  # 0 to 4
    smoothness_weight: float = StyleWeights.smoothness  # 0 to 30
    layer_weight_1: float = 1  # 0 to 3, as those below
    layer_weight_2: float = 1
    layer_weight_3: float = 1
    layer_weight_4: float = 1
    layer_weight_5: float = 1

    def to_style_weights(self) -> StyleWeights:
        layers = tuple(getattr(self, f"layer_weight_{i + 1}") for i in range(len(FINEST)))
        return StyleWeights(self.content_weight, self.style_weight, self.smoothness_weight, layers)


@dataclass(frozen=True)
class Settings(Weights):
    """Step by step: see ``cvcore.style_transfer.stylise``."""

    keep_colours: bool = False
    model: str = options.DEFAULT_MODEL
    start: str = "content"
    optimiser: str = "adam"
    steps: float = options.DEFAULT_STEPS  # 10 to 600
    side: float = options.DEFAULT_SIDE  # pixels, 128 to 640
    stroke: float = 1  # 0.3 to 2, size of the style picture
    second_layers: Sequence[int] = ()  # those that follow the second style, counted from 0


FAST_DEFAULTS, DEFAULTS = FastSettings(), Settings()


def build_weights() -> dict[str, gr.Slider]:
    """The sliders of the two losses that are weighed against each other, by field."""
    d = DEFAULTS
    return {
        "content_weight": ui.Slider(0, 2, d.content_weight, step=0.05, label="Content"),
        "style_weight": ui.Slider(0, 4, d.style_weight, step=0.05, label="Style"),
    }


def build_more_weights() -> dict[str, gr.Slider]:
    """The sliders of smoothness and of the layers' styles, by field."""
    d = DEFAULTS
    return {
        "smoothness_weight": ui.Slider(
            0, 30, d.smoothness_weight, step=0.5, label="Smoothness"
        ),
        **{
            f"layer_weight_{number}": ui.Slider(
                0, 3, getattr(d, f"layer_weight_{number}"), step=0.1, label=f"Layer {words}",
            )
            for number, words in enumerate(FINEST, start=1)
        },
    }  # fmt: skip


def build_steps() -> dict[str, Any]:
    """The second style's layers, and what a run starts from and takes, by field."""
    d = DEFAULTS
    return {
        "second_layers": ui.CheckboxGroup(
            [(words, index) for index, words in enumerate(FINEST)], value=list(d.second_layers),
            label="Swap Gram matrices: layers that take theirs from the second style",
        ),
        "start": ui.Radio(
            [("photograph", "content"), ("style picture", "style"), ("noise", "noise")],
            value=d.start, label="Start from",
        ),
        "optimiser": ui.Radio(
            [("Adam", "adam"), ("L-BFGS", "lbfgs")], value=d.optimiser, label="Optimiser"
        ),
        "steps": ui.Slider(
            10, 600, d.steps, step=10, label="Steps",
            info="Go on finishes a stopped run first; a finished one gets as many again.",
        ),
        "side": ui.Slider(128, 640, d.side, step=32, label="Size, pixels"),
        "stroke": ui.Slider(0.3, 2, d.stroke, step=0.1, label="Size of the strokes, step by step"),
        "model": ui.Dropdown(MODELS, value=d.model, label="Network"),
    }  # fmt: skip


def build_one_pass() -> dict[str, Any]:
    """Size of a painting in one pass, and how it begins, by field."""
    d = FAST_DEFAULTS
    return {
        "side": ui.Slider(128, 1024, d.side, step=32, label="Size, pixels"),
        "whirls": gr.Checkbox(d.whirls, label="Night: faint whirls first, where all is flat"),
    }


def build_mixture() -> dict[str, gr.Slider]:
    """What else is chosen for one pass and for the webcam, by field."""
    d = FAST_DEFAULTS
    return {
        "mix": ui.Slider(0, 1, d.mix, step=0.05, label="Share of the second style"),
        "stroke": ui.Slider(1, 3, d.stroke, step=0.5, label="Size of the strokes"),
    }


def order_steps(parts: dict[str, Any]) -> lesson.Controls:
    """Those of a painting step by step, in the order in which calls without names give them."""
    first = (
        "keep_colours", "model", "start", "optimiser", "steps", "side", "stroke", "second_layers",
    )  # fmt: skip
    named = {name: parts[name] for name in first} | order_weights(parts).parts
    return lesson.Controls(Settings, **named)


def order_weights(parts: dict[str, Any]) -> lesson.Controls:
    return lesson.Controls(Weights, **{one.name: parts[one.name] for one in fields(Weights)})

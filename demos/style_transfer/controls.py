"""The settings of the style transfer tab and the controls that set them."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    side: float = fast.DEFAULT_SIDE  # pixels, 128 to 768
    stroke: float = fast.STROKE  # 1 to 3


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


def build_weights() -> lesson.Controls:
    """Sliders of the losses, and of the layers' styles."""
    d = DEFAULTS
    with gr.Row():
        losses = {
            "content_weight": ui.Slider(
                0, 2, d.content_weight, step=0.05, label="Content", min_width=120
            ),
            "style_weight": ui.Slider(
                0, 4, d.style_weight, step=0.05, label="Style", min_width=120
            ),
            "smoothness_weight": ui.Slider(
                0, 30, d.smoothness_weight, step=0.5, label="Smoothness", min_width=120
            ),
        }
    with gr.Row():
        layers = {
            f"layer_weight_{number}": ui.Slider(
                0, 3, getattr(d, f"layer_weight_{number}"), step=0.1, label=f"Layer {words}",
                min_width=100,
            )
            for number, words in enumerate(FINEST, start=1)
        }  # fmt: skip
    return lesson.Controls(Weights, **losses, **layers)


def build_steps(keep_colours: gr.Checkbox, weights: lesson.Controls) -> lesson.Controls:
    """The second style's layers, and what a run starts from and takes."""
    d = DEFAULTS
    second_layers = ui.CheckboxGroup(
        [(words, index) for index, words in enumerate(FINEST)], value=list(d.second_layers),
        label="Swap Gram matrices: layers that take theirs from the second style",
    )  # fmt: skip
    with gr.Accordion("Start, steps, size, network", open=False):
        with gr.Row():
            start = ui.Radio(
                [("photograph", "content"), ("style picture", "style"), ("noise", "noise")],
                value=d.start, label="Start from",
            )  # fmt: skip
            optimiser = ui.Radio(
                [("Adam", "adam"), ("L-BFGS", "lbfgs")], value=d.optimiser, label="Optimiser"
            )
        with gr.Row():
            steps = ui.Slider(
                10, 600, d.steps, step=10, label="Steps",
                info="Go on finishes a stopped run first; a finished one gets as many again.",
            )  # fmt: skip
            side = ui.Slider(128, 640, d.side, step=32, label="Size, pixels")
            stroke = ui.Slider(
                0.3, 2, d.stroke, step=0.1, label="Size of the strokes, step by step"
            )
        model = ui.Dropdown(MODELS, value=d.model, label="Network")
    return lesson.Controls(
        Settings, keep_colours=keep_colours, model=model, start=start, optimiser=optimiser,
        steps=steps, side=side, stroke=stroke, second_layers=second_layers, **weights.parts,
    )  # fmt: skip

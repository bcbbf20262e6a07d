"""The settings of the training tab and the controls that set them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import quote

import gradio as gr

from cvcore.training_lab.presets import PRESETS
from demos import components as ui
from demos import lesson
from demos.training_lab.session import DATA, TrainingSettings

OWN = "own"
DEFAULTS = TrainingSettings()
# As the network counts them itself: a test says so.
PARAMETERS = {
    "linear": 7_850, "mlp": 136_074, "simple_cnn": 121_930, "digits_cnn": 104_202,
    "residual": 18_954,
}  # fmt: skip
TITLES = {
    "linear": "linear", "mlp": "MLP", "simple_cnn": "CNN", "digits_cnn": "digits",
    "residual": "residual",
}  # fmt: skip
OPTIMISERS = [
    ("SGD", "sgd"), ("SGD with momentum 0.9", "momentum"), ("RMSprop", "rmsprop"), ("Adam", "adam"),
    ("AdamW", "adamw"),
]  # fmt: skip
LOSSES = [
    ("cross-entropy", "cross_entropy"), ("squared error, one-hot", "mse"),
    ("cross-entropy, labels smoothed", "label_smoothing"),
]  # fmt: skip
NORMS = ["none", "batch", "layer", "group"]
STARTS = [("zeros", "zeros"), ("small", "small"), ("Glorot", "glorot"), ("He", "he")]
SCHEDULES = [
    ("constant", "constant"), ("step: a tenth after each third", "step"), ("cosine", "cosine"),
    ("one cycle", "one_cycle"), ("reduce on plateau", "plateau"),
]  # fmt: skip
AUGMENTATIONS = [("none", "none"), ("shift, turn, zoom", "affine")]


class RateSlider(ui.LogSlider):
    """Moves the rate on a log axis."""

    MARKUP = ui.draw_range("training-lab-rate", "Learning rate", -5, 1)


def _box(x: float, high: float, wide: float = 6) -> str:
    return f'<rect x="{x}" y="{17 - high / 2}" width="{wide}" height="{high}" rx="1.5"/>'


def _draw_networks() -> dict[str, str]:
    """A small picture of each network, left to right as the pictures go through it."""
    maps = "".join(_box(x, high, wide) for x, high, wide in (
        (2, 30, 3), (9, 26, 6), (19, 16, 6), (29, 10, 9), (42, 14, 4)))  # fmt: skip
    three = "".join(_box(x, high, wide) for x, high, wide in (
        (1, 30, 3), (7, 28, 4), (14, 20, 5), (22, 12, 6), (31, 8, 9), (43, 14, 4)))  # fmt: skip
    blocks = "".join(_box(x, 14, 7) for x in (3, 15, 27, 39))
    arcs = "".join(
        f'<path d="M{x} 9q9-10 18 0" fill="none" stroke="#000" stroke-width="2"/>'
        for x in (6.5, 24.5)
    )
    return {
        "linear": _box(8, 30, 5) + _box(35, 16, 5)
        + '<path d="M14 4 34 12M14 17h20M14 30 34 22" stroke="#000" stroke-width="2"/>',
        "mlp": _box(3, 30, 5) + _box(17, 20, 6) + _box(29, 26, 6) + _box(41, 14, 5),
        "simple_cnn": maps, "digits_cnn": three, "residual": blocks + arcs,
    }  # fmt: skip


def style_networks() -> str:
    """The style that puts each network's picture on its button."""
    rules = []
    for place, drawn in enumerate(_draw_networks().values(), start=1):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 34">{drawn}</svg>'
        picture = f'url("data:image/svg+xml,{quote(svg)}")'
        rules.append(f".lab-nets label:nth-of-type({place}) {{ --net: {picture}; }}")
    return "\n".join(rules)


@dataclass(frozen=True)
class Rail:
    """The controls and the buttons."""

    preset: gr.Dropdown
    slider: RateSlider
    note: gr.HTML
    start: gr.Button
    stop: gr.Column  # the button's place
    more: gr.Button
    best: gr.Button
    settings: lesson.Controls


def build_rail(stage: lesson.Stage, titles: Sequence[str], others: Sequence[str] = ()) -> Rail:
    """What is turned, in the order of use; in ``others`` without what trains."""
    d = DEFAULTS
    with stage.controls(*titles, *others):
        with stage.part(*titles):
            preset = ui.Dropdown(
                [("your own settings", OWN), *((one.title, name) for name, one in PRESETS.items())],
                value=OWN, label="Preset", elem_id="training-lab-preset", elem_classes=["lab-line"],
            )  # fmt: skip
        network = ui.Radio(
            [(f"{TITLES[name]}\n{count:,}", name) for name, count in PARAMETERS.items()],
            value=d.network, label="Network", elem_classes=["lab-nets"],
            elem_id="training-lab-network",
        )  # fmt: skip
        parts: dict[str, Any] = {"network": network}
        parts["examples"] = ui.Slider(
            50, 4000, d.examples, step=50, label="Pictures to learn from"
        )  # fmt: skip
        parts["rate"] = ui.Number(d.rate, label="Learning rate", elem_id="training-lab-rate")
        slider = RateSlider(
            {"rate": d.rate}, label="rate", elem_classes=["lab-rate"], elem_id="training-lab-log"
        )  # fmt: skip
        parts["dropout"] = ui.Slider(0, 0.9, d.dropout, step=0.05, label="Dropout")
        parts["weight_decay"] = ui.Slider(0, 0.1, d.weight_decay, step=0.0005, label="Weight decay")
        parts["optimiser"] = ui.Dropdown(
            OPTIMISERS, value=d.optimiser, label="Optimiser", elem_classes=["lab-line"]
        )
        note = gr.HTML("", elem_classes=["lab-note"], elem_id="training-lab-note")
        with stage.part(*titles):
            start, stop, more, best = _build_buttons()
    with stage.more(*titles, *others):
        parts |= _build_more()
    names = [one.name for one in fields(TrainingSettings)]
    settings = lesson.Controls(TrainingSettings, **{name: parts[name] for name in names})
    return Rail(preset, slider, note, start, stop, more, best, settings)


def _build_buttons() -> tuple[gr.Button, gr.Column, gr.Button, gr.Button]:
    with gr.Row(elem_classes=["lab-buttons"]):
        start = gr.Button("Start", variant="primary", size="sm", elem_id="training-lab-start")
        stop = gr.Column(min_width=60)
    with gr.Row(elem_classes=["lab-buttons"]):
        more = gr.Button("Go on", size="sm", elem_id="training-lab-more")
        best = gr.Button("Back to the best", size="sm", elem_id="training-lab-best")
    return start, stop, more, best


def _build_more() -> dict[str, Any]:
    """All other settings."""
    d = DEFAULTS
    return {
        "batch_size": ui.Slider(1, 1024, d.batch_size, step=1, label="Batch size"),
        "epochs": ui.Slider(1, 200, d.epochs, step=1, label="Epochs"),
        "data": ui.Dropdown([(w, n) for n, w in DATA.items()], value=d.data, label="Pictures"),
        "loss": ui.Dropdown(LOSSES, value=d.loss, label="Loss"),
        "smoothing": ui.Slider(0, 0.5, d.smoothing, step=0.05, label="Label smoothing"),
        "initialisation": ui.Dropdown(STARTS, value=d.initialisation, label="Initialisation"),
        "norm": ui.Dropdown(NORMS, value=d.norm, label="Norm"),
        "depth": ui.Slider(8, 32, d.depth, step=2, label="Depth of the residual network"),
        "skips": gr.Checkbox(d.skips, label="Skips of the residual network"),
        "width": ui.Slider(0.25, 4, d.width, step=0.25, label="Width: times as many hidden units"),
        "schedule": ui.Dropdown(SCHEDULES, value=d.schedule, label="Schedule of the rate"),
        "factor": ui.Slider(0.01, 0.99, d.factor, step=0.01, label="Plateau: factor"),
        "patience": ui.Slider(1, 100, d.patience, step=1, label="Plateau: patience, epochs"),
        "min_delta": ui.Number(d.min_delta, label="Least improvement that counts"),
        "early_stopping": gr.Checkbox(d.early_stopping, label="Early stopping"),
        "stop_patience": ui.Slider(
            1, 100, d.stop_patience, step=1, label="Early stopping: patience, epochs"
        ),
        "augmentation": ui.Dropdown(AUGMENTATIONS, value=d.augmentation, label="Augmentation"),
        "shift": ui.Slider(0, 0.5, d.shift, step=0.01, label="Shift, share of the side"),
        "turn": ui.Slider(0, 180, d.turn, step=1, label="Turn, degrees"),
        "zoom": ui.Slider(0, 0.5, d.zoom, step=0.01, label="Zoom, share of the size"),
        "seed": ui.Number(d.seed, label="Seed", precision=0),
    }  # fmt: skip

"""DeepDream: what a layer sees in a picture, amplified step by step."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images, weights
from cvcore.dream_layers import DEFAULT_LAYER, LAYERS
from cvcore.dream_layers import DEFAULT_MODEL as MODEL
from cvcore.errors import InputError
from demos import deep_dream_film as film
from demos import deep_dream_live as live
from demos import ui
from demos.deep_dream_pickers import (
    LayerPicker,
    build_channels,
    draw_channels,
    draw_layers,
    pick_layer,
)
from demos.deep_dream_views import Dream, draw_step

TITLE = "DeepDream"
SUMMARY = "A picture is changed until a layer answers more strongly: you see what it looks for."
NETWORKS = (MODEL,)  # made ready
PREVIEW_SECONDS = 0.4
PAINTED_SIDE = 448  # pixels of the picture to paint on
AIMS = [
    ("the whole layer", "layer"),
    ("one channel", "channel"),
    ("two channels, mixed", "mix"),
    ("a class", "class"),
    ("what a second picture has", "guide"),
]
LESSON = r"""
The network stays as it is; the **picture** learns. For the activations $a$ of the chosen layer

$$L = \frac{1}{N}\sum_i (a_i / s)^2, \qquad x \leftarrow x + \eta\,\frac{g}{\mathrm{mean}|g|},
\quad g = \frac{\partial L}{\partial x}$$

where $s$ is the layer's strength on your photograph, so that layers can be compared, and dividing
by the gradient's mean makes every step equally long. The picture is moved by a few pixels before
each look (**jitter**), the gradient is blurred (**smoothing**: what comes back through the
network's strides is uneven from pixel to pixel, and would leave a stipple), and the dream starts
small and grows by **octaves**, so that large shapes come first and details follow.

Plain steps end in glaring reds and greens, since the network asks for colours that no photograph
has. So each step follows the colours of photographs, $g \leftarrow (CC^\top)^{1/2} g$ with their
covariance $CC^\top$: mostly brightness, little hue. And all changes together are scaled down once
their root mean square passes 0.15, so light and contrast stay the photograph's.

**Where you paint** the step is let through, elsewhere it is multiplied by zero. **Zoom film**: the
dream is enlarged a little and dreamt on, frame by frame. **Webcam**: what the dream changed is laid
on the next frame (*warm start*), so two steps a frame are enough; what moves is forgotten.
"""


class Turn:
    """Counts what calls for new work on a visitor's page: only the newest goes on."""

    number = 0

    def pass_on(self) -> None:
        self.number += 1


def end_earlier(*turns: Turn) -> None:
    """What is at work in these turns ends at its next step."""
    for turn in turns:
        turn.pass_on()


def read_aim(
    layer: str, aim: str, channel: float, second: float, mix: float, class_idx: float,
    guide: np.ndarray | None,
) -> dict[str, Any]:  # fmt: skip
    """What is raised, as ``cvcore.deep_dream.dream`` takes it."""
    options: dict[str, Any] = {"layer": layer}
    if aim in ("channel", "mix"):
        options["channel"] = -1 if channel is None else channel
    if aim == "mix":
        options |= {"second": (layer, -1 if second is None else second), "mix": mix}
    if aim == "class":
        options["class_idx"] = -1 if class_idx is None else class_idx
    if aim == "guide":
        if guide is None:
            raise InputError("There is no second picture yet: upload one to guide the dream.")
        options["guide"] = guide
    return options


def show_dream(
    image: np.ndarray | None, layer: str, aim: str = "layer", channel: float = 0,
    second: float = 1, mix: float = 0.5, class_idx: float = 207, guide: np.ndarray | None = None,
    octaves: float = 4, octave_scale: float = 1.4, steps: float = 10, step_size: float = 0.015,
    jitter: float = 32, smoothing: float = 0.8, side: float = 320, seed: float = 0,
    mask: np.ndarray | None = None, turn: Turn | None = None,
) -> Iterator[tuple[dict, dict | None, str]]:  # fmt: skip
    """Dream, with a preview twice a second; at the end the picture to keep and the timing.

    A dream that the visitor asks for later, in ``turn``, ends this one.
    """
    mine = turn.number if turn else 0
    options = read_aim(layer, aim, channel, second, mix, class_idx, guide)
    images.check_image(image)
    before = classify(image)[0]
    started, shown, drawing = time.perf_counter(), 0.0, 0.0
    curve, octaves_at = [], {}
    for step in cvcore.deep_dream.dream(
        image, octaves=octaves, octave_scale=octave_scale, steps=steps, step_size=step_size,
        jitter=jitter, smoothing=smoothing, side=side, seed=seed, mask=mask, **options,
    ):  # fmt: skip
        if turn and turn.number != mine:
            return
        octaves_at.setdefault(step.octave, step.number - 1)
        curve.append(step.objective)
        now, done = time.perf_counter(), step.number == step.total
        if now - shown < PREVIEW_SECONDS and not done:
            continue
        picture = step.image
        top = classify(picture)
        state = f"octave {step.octave}"
        if done:
            state = f"done in {now - started:.1f} s"
        value = {
            "html": draw_step(
                picture, f"Step {step.number} of {step.total}, {state}", curve, step.total, top,
                before, list(octaves_at.values())[1:],
            ),
            "step": step.number,
            "curve": curve,
            "top5": dict(top),
        }  # fmt: skip
        saved = ui.download_value("dream.png", images.to_png(picture), "image/png")
        shown = time.perf_counter()
        drawing += shown - now
        ms = {
            "one step": 1000 * (shown - started - drawing) / step.number,
            "classes and drawing": 1000 * (shown - now),
            "in all": 1000 * (shown - started),
        }
        yield value, saved if done else None, ui.badge(ms)


def classify(picture: np.ndarray) -> list[tuple[str, float]]:
    """The five most probable classes with their probabilities."""
    classification = cvcore.classification
    logits = classification.predict_logits([picture], model=MODEL)[0]
    top = classification.to_topk(logits, weights.load_labels(MODEL), 5)
    return list(zip(top.labels, top.probabilities.tolist(), strict=True))


def show_layers(
    image: np.ndarray | None, layer: str, asked: int = 0, turn: Turn | None = None
) -> Iterator[tuple[dict, str | None, None, int]]:
    """Each layer's small dream of the picture, the picture to paint on, and nothing painted; at
    the end the large dream is asked for. A cleared picture is no mistake, and another picture, in
    ``turn``, ends this."""
    mine = turn.number if turn else 0
    if image is None:
        yield gr.skip(), None, None, asked
        return
    painted = images.to_data_uri(images.shrink(image, PAINTED_SIDE))
    for value in draw_layers(image, layer):
        if turn and turn.number != mine:
            return
        yield value, painted, None, asked
    yield value, painted, None, asked + 1


def show_channels(layer: str, aim: str, channel: float, second: float) -> tuple[dict, dict]:
    """What the layer's channels like best, where one is to be chosen."""
    first = draw_channels(layer, channel, MODEL) if aim in ("channel", "mix") else gr.skip()
    return first, draw_channels(layer, second, MODEL) if aim == "mix" else gr.skip()


def read_painted(event: gr.EventData) -> np.ndarray | None:
    """Where to dream; nothing painted means everywhere."""
    mask = ui.read_mask(event)
    return mask if mask.any() else None


def build(tab: ui.Tab) -> None:
    """A layer for all: a still, a film, and the webcam."""
    layers = LayerPicker(elem_id="deep-dream-layers")
    with gr.Tabs():
        with gr.Tab("Your picture"):
            inputs, settings = _build_picture(tab, layers)
        with gr.Tab("Zoom film"):
            film.build(tab, inputs, settings, read_aim)
        with gr.Tab("Webcam"):
            live.build(tab, inputs[1])
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.maximisation:maximise",
        "cvcore.maximisation:Pixels",
        "cvcore.deep_dream:build_objective",
        "cvcore.dream_motion:zoom_film",
        "cvcore.dream_motion:dream_on",
    )


def _build_picture(tab: ui.Tab, layers: LayerPicker) -> tuple[list, list]:
    """Picture and choices on the left, the dream on the right; returns its aim and settings."""
    mask, small, large = gr.State(), gr.State(Turn()), gr.State(Turn())
    asked = gr.State(0)  # how many dreams were asked for on the page; each change starts one
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            image = tab.picture_input(height=170, elem_id="deep-dream-picture")
            layer = ui.Dropdown(
                [(f"{words} ({name})", name) for name, words in LAYERS.items()],
                value=DEFAULT_LAYER, label="Layer", visible="hidden",
            )  # fmt: skip
            aim = ui.Dropdown(AIMS, value="layer", label="What is raised")
            with gr.Column(visible=False) as first_channel:
                channel = ui.Number(7, label="Channel", precision=0, min_width=90)
                channels = build_channels(tab, channel, "deep-dream-channels")
            with gr.Column(visible=False) as second_channel:
                mix = ui.Slider(0, 1, 0.5, step=0.05, label="Share of the second")
                second = ui.Number(20, label="Second channel", precision=0, min_width=90)
                seconds = build_channels(tab, second, "deep-dream-second")
            class_idx = ui.Dropdown(
                [(name, index) for index, name in enumerate(weights.load_labels(MODEL))],
                value=207, label="Class", visible=False,
            )  # fmt: skip
            no_layer = gr.Markdown(
                "A class is the network's last answer: the layer above does not count for it.",
                visible=False,
            )
            with gr.Column(visible=False) as second_picture:
                guide = ui.SafeImage(label="Second picture", sources=["upload"], height=180)
            with gr.Accordion("Paint where to dream", open=False):
                painter = ui.Painter(elem_id="deep-dream-painter")
            with gr.Accordion("Octaves, steps, jitter, smoothing, size", open=False):
                octaves = ui.Slider(1, 6, 4, step=1, label="Octaves")
                scale = ui.Slider(1.1, 2, 1.4, step=0.05, label="Octave scale")
                steps = ui.Slider(1, 60, 10, step=1, label="Steps in each octave")
                step_size = ui.Slider(0.002, 0.05, 0.015, step=0.001, label="Step size")
                jitter = ui.Slider(0, 64, 32, step=1, label="Jitter, pixels")
                smoothing = ui.Slider(0, 4, 0.8, step=0.1, label="Smoothing, pixels")
                side = ui.Slider(160, 640, 320, step=32, label="Longer side, pixels")
                seed = ui.Number(0, minimum=0, maximum=999_999, precision=0, label="Seed")
        with gr.Column(scale=5, min_width=320):
            with gr.Row():
                start = gr.Button("Dream", variant="primary", size="sm", min_width=80)
                place = gr.Column(min_width=80)
                saved = ui.Download("Save the dream (PNG)")
            view = Dream(
                {"html": '<p class="big">First a small dream for each layer …</p>'},
                elem_id="deep-dream-view",
            )
            badge = ui.Badge()
    settings = [octaves, scale, steps, step_size, jitter, smoothing, side, seed]
    aims = [image, layer, aim, channel, second, mix, class_idx, guide]
    news = [image.change, tab.opened.change]
    # first the turn is passed on, then the new work begins: never the other way round
    passed = tab.run(asked.change, end_earlier, large, None, api_name=None, queue=False)
    running = tab.run(
        passed.then, show_dream, [*aims, *settings, mask, large], [view, saved, badge],
        api_name="deep_dream", kind="heavy", trigger_mode="always_last",
        show_progress="minimal", show_progress_on=view,
    )  # fmt: skip
    passed = tab.run(news, end_earlier, [small, large], None, api_name=None, queue=False)
    shown = tab.run(
        passed.then, show_layers, [image, layer, asked, small],
        [layers, painter, mask, asked], api_name="deep_dream_layers", kind="steady",
        trigger_mode="always_last", show_progress="hidden",
    )  # fmt: skip
    with place:
        tab.stop_button(shown, running)
    tab.run(start.click, lambda asked: asked + 1, asked, asked, api_name=None)
    tab.run(
        layers.pick, pick_layer, [asked, aim], [layer, asked], api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run(painter.paint, read_painted, None, mask, api_name=None, kind="stream")
    fields = [first_channel, second_channel, class_idx, no_layer, second_picture]
    tab.run(aim.change, show_fields, aim, fields, api_name=None, show_progress="hidden")
    tab.run(
        [aim.change, layer.change], show_channels, [layer, aim, channel, second],
        [channels, seconds], api_name="deep_dream_channels", show_progress="hidden",
    )  # fmt: skip
    return aims, settings


def show_fields(aim: str) -> tuple[dict, ...]:
    """Only the fields that the aim needs."""
    return (
        gr.update(visible=aim in ("channel", "mix")),
        gr.update(visible=aim == "mix"),
        gr.update(visible=aim == "class"),
        gr.update(visible=aim == "class"),
        gr.update(visible=aim == "guide"),
    )

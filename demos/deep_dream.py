"""DeepDream: what a layer sees in a picture, amplified step by step."""

import time
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images, weights
from cvcore.errors import InputError
from demos import ui

TITLE = "DeepDream"
SUMMARY = "A picture is changed until a layer answers more strongly: you see what it looks for."
PREVIEW_SECONDS = 0.4
MODEL = "efficientnet_lite0"
LAYERS = [
    ("edges and meshes (blocks.1.1)", "blocks.1.1"),
    ("ripples and weaves (blocks.2.1)", "blocks.2.1"),
    ("spirals and stripes (blocks.3.2)", "blocks.3.2"),
    ("eyes and faces (blocks.4.2)", "blocks.4.2"),
    ("fur and parts of animals (blocks.5.3)", "blocks.5.3"),
    ("whole things (blocks.6.0)", "blocks.6.0"),
]
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
each look (**jitter**), the gradient is blurred (**smoothing**), and the dream starts small and
grows by **octaves**, so that large shapes come first and details follow.
"""


class Dream(gr.HTML):
    """The dream, its curve and its classes: a dict whose ``html`` is shown."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            {"html": ""},
            html_template='<div class="dream">${(value && value.html) || ""}</div>',
            css_template=""".dream img { width: 100%; max-height: 440px; object-fit: contain;
              display: block; } .dream .big { font-size: 1.15rem; margin: .3rem 0; }
              .dream .pair { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
              .dream .pair > * { flex: 1 1 220px; } .dream ol { margin: 0; padding-left: 1.4rem;
              font-size: 1.1rem; } .dream svg { width: 100%; height: 110px; }""",
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, str]:
        return {"type": "object"}


def show_dream(
    image: np.ndarray | None, layer: str, aim: str = "layer", channel: float = 0,
    second: float = 1, mix: float = 0.5, class_idx: float = 207, guide: np.ndarray | None = None,
    octaves: float = 4, octave_scale: float = 1.4, steps: float = 10, step_size: float = 0.015,
    jitter: float = 24, smoothing: float = 0.8,
) -> Iterator[tuple[dict, dict | None]]:  # fmt: skip
    """Dream, with a preview twice a second; at the end the picture to keep."""
    options: dict[str, Any] = {"layer": layer}
    if aim in ("channel", "mix"):
        options["channel"] = channel
    if aim == "mix":
        options |= {"second": (layer, second), "mix": mix}
    if aim == "class":
        options["class_idx"] = -1 if class_idx is None else class_idx
    if aim == "guide":
        if guide is None:
            raise InputError("There is no second picture yet: upload one to guide the dream.")
        options["guide"] = guide
    images.check_image(image)
    yield {"html": '<p class="big">Loading the network …</p>'}, None
    started, shown, curve = time.perf_counter(), 0.0, []
    for step in cvcore.deep_dream.dream(
        image, octaves=octaves, octave_scale=octave_scale, steps=steps, step_size=step_size,
        jitter=jitter, smoothing=smoothing, **options,
    ):  # fmt: skip
        curve.append(step.objective)
        now = time.perf_counter()
        if now - shown > PREVIEW_SECONDS or step.number == step.total:
            shown = now
            picture = step.image
            saved = None
            if step.number == step.total:
                saved = ui.download_value("dream.png", images.to_png(picture), "image/png")
            yield draw_step(step, picture, curve, now - started), saved


def draw_step(step, picture: np.ndarray, curve: list[float], seconds: float) -> dict:
    """The picture, how far it is, the curve so far and the five most probable classes."""
    classification = cvcore.classification
    logits = classification.predict_logits([picture], model=MODEL)[0]
    top = classification.to_topk(logits, weights.load_labels(MODEL), 5)
    pairs = list(zip(top.labels, top.probabilities.tolist(), strict=True))
    rows = "".join(f"<li>{escape(name)} <b>{share:.0%}</b></li>" for name, share in pairs)
    done = step.number == step.total
    state = f"done in {seconds:.1f} s" if done else f"octave {step.octave}"
    html = (
        f'<img alt="The dream" src="{images.to_data_uri(picture, quality=90)}">'
        f'<p class="big">Step {step.number} of {step.total}, {state}</p><div class="pair"><div>'
        f"{draw_curve(curve, step.total)}<p>What is raised, at each step: now "
        f"<b>{curve[-1]:.2f}</b>, from {curve[0]:.2f}</p></div><ol>{rows}</ol></div>"
    )
    return {"html": html, "step": step.number, "curve": curve, "top5": dict(pairs)}


def draw_curve(curve: list[float], total: int) -> str:
    low, high = min(curve), max(max(curve), min(curve) + 1e-6)
    points = " ".join(
        f"{200 * index / max(total - 1, 1):.1f},{95 - 90 * (value - low) / (high - low):.1f}"
        for index, value in enumerate(curve)
    )
    return (
        '<svg viewBox="0 0 200 100" preserveAspectRatio="none" role="img" '
        'aria-label="What is raised, step by step">'
        f'<polyline points="{points}" fill="none" stroke="var(--color-accent)" '
        'stroke-width="2" vector-effect="non-scaling-stroke"/></svg>'
    )


def dream_frame(frame: np.ndarray, layer: str = "blocks.4.2") -> np.ndarray:
    """A small dream in one octave for one webcam frame."""
    *_, last = cvcore.deep_dream.dream(
        frame, layer=layer, octaves=1, steps=4, step_size=0.03, side=192
    )
    return last.image


def build(tab: ui.Tab) -> None:
    """Picture and choices on the left, the dream on the right."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            image = tab.picture_input(height=220)
            layer = ui.Dropdown(LAYERS, value="blocks.4.2", label="Layer")
            aim = ui.Dropdown(AIMS, value="layer", label="What is raised")
            with gr.Row(visible=False) as channels:
                channel = ui.Number(7, label="Channel", precision=0, min_width=90)
                second = ui.Number(20, label="Second", precision=0, min_width=90)
                mix = ui.Slider(0, 1, 0.5, step=0.05, label="Share of the second")
            class_idx = ui.Dropdown(
                [(name, index) for index, name in enumerate(weights.load_labels(MODEL))],
                value=207, label="Class", visible=False,
            )  # fmt: skip
            with gr.Column(visible=False) as second_picture:
                guide = ui.SafeImage(label="Second picture", sources=["upload"], height=180)
            with gr.Accordion("Octaves, steps, jitter, smoothing", open=False):
                octaves = ui.Slider(1, 6, 4, step=1, label="Octaves")
                scale = ui.Slider(1.1, 2, 1.4, step=0.05, label="Octave scale")
                steps = ui.Slider(1, 60, 10, step=1, label="Steps in each octave")
                step_size = ui.Slider(0.002, 0.05, 0.015, step=0.001, label="Step size")
                jitter = ui.Slider(0, 64, 24, step=1, label="Jitter, pixels")
                smoothing = ui.Slider(0, 4, 0.8, step=0.1, label="Smoothing, pixels")
        with gr.Column(scale=3, min_width=320):
            with gr.Row():
                start = gr.Button("Dream", variant="primary", size="sm")
                place = gr.Column(min_width=80)
            view = Dream(elem_id="deep-dream-view")
            saved = ui.Download("Save the dream (PNG)")
    inputs = [
        image, layer, aim, channel, second, mix, class_idx, guide, octaves, scale, steps,
        step_size, jitter, smoothing,
    ]  # fmt: skip
    running = tab.run(
        start.click, show_dream, inputs, [view, saved], api_name="deep_dream", kind="heavy",
        show_progress="hidden",
    )  # fmt: skip
    with place:
        tab.stop_button(running)
    tab.run(aim.change, show_fields, aim, [channels, class_idx, second_picture], api_name=None)
    tab.on_open(show_dream, inputs, [view, saved])
    with gr.Accordion("Dream on the webcam", open=False):
        tab.live(dream_frame, [layer])
    tab.lesson(LESSON)
    tab.show_code("cvcore.maximisation:maximise", "cvcore.deep_dream:build_objective")


def show_fields(aim: str) -> tuple[dict, dict, dict]:
    """Only the fields that the aim needs."""
    return (
        gr.update(visible=aim in ("channel", "mix")),
        gr.update(visible=aim == "class"),
        gr.update(visible=aim == "guide"),
    )

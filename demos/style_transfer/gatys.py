"""Gatys' way: the picture changes step by step, and its weights may change meanwhile."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import style_transfer
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.style_transfer.controls import Settings, Weights, order_steps, order_weights
from demos.style_transfer.state import LessonState, hash_pictures
from demos.style_transfer.views import (
    RAIL,
    Says,
    draw_curves,
    draw_layers,
    draw_painting,
)

TITLE = "Step by step"
PREVIEW_SECONDS = 0.4
NEW = "The picture, the style, the size or the network changed: a new painting began."
NOT_BEGUN = "No painting has begun yet: call /style_transfer_steps first."
IDLE_STYLE = "The second style plays no part yet: tick the layers that it is to take over."
IDLE_LAYERS = "The ticked layers are waiting for a second style: choose one under “More”."
SLOW = (
    "A step takes longer than a second, and so does each preview: a smaller size, or "
    "EfficientNet-Lite0, is quicker."
)


def set_weights(state: LessonState, weights: Weights) -> None:
    """How much each loss and layer counts, for the next step of a running job."""
    state.weights = weights.to_style_weights()


@lesson.keep_here
def show_painting(
    image: np.ndarray | None, style: np.ndarray | None, second: np.ndarray | None,
    state: LessonState, settings: Settings,
) -> Iterator[tuple[dict, Any]]:  # fmt: skip
    """A new run, with two previews a second; at the end the picture to keep."""
    state.clear()
    yield from go_on(image, style, second, state, settings)


@lesson.keep_here
def go_on(
    image: np.ndarray | None, style: np.ndarray | None, second: np.ndarray | None,
    state: LessonState, settings: Settings,
) -> Iterator[tuple[dict, Any]]:  # fmt: skip
    """From where the last run stopped; from its end, as many steps more."""
    style_transfer.check_pictures(image, style)
    set_weights(state, settings)  # before the first wait: sliders may move from there on
    for sentence in lesson.fetch_model(settings.model):
        yield say_loading(sentence), None
    yield say_loading("Loading the network …"), None
    notes, side = [], int(settings.side)
    now = (hash_pictures(image, style), (side, settings.model))
    if state.step is not None and (state.pictures, state.made_with) != now:
        state.clear()
        notes.append(NEW)
    if not state.curves:
        state.clear()
    state.pictures, state.made_with = now
    ticked = settings.second_layers or ()
    if bool(ticked) != (second is not None):
        notes.append(IDLE_LAYERS if ticked else IDLE_STYLE)
    layers = cvcore.style_transfer.STYLE_LAYERS[settings.model][0]
    chosen = [layers[index] for index in ticked] if second is not None else []
    shown, before = 0.0, state.step.seconds if state.step else 0.0
    for step in cvcore.style_transfer.stylise(
        image, style, weights=lambda: state.weights, second=second, second_layers=chosen,
        side=side, steps=int(settings.steps), stroke=settings.stroke, start=settings.start,
        optimiser=settings.optimiser, keep_colours=settings.keep_colours, model=settings.model,
        resume=state.step,
    ):  # fmt: skip
        state.step = step
        for name, points in state.curves.items():
            points.append((step.step, getattr(step.weights, name) * step.losses[name]))
        pace, before = step.seconds - before, step.seconds
        is_last = step.step == step.total
        if is_last or time.perf_counter() - shown > PREVIEW_SECONDS:
            shown = time.perf_counter()
            slow = [SLOW] if pace > 1 else []
            yield draw_step(state, notes + slow), to_file(step.image) if is_last else gr.skip()


def show_stopped(state: LessonState) -> tuple[Any, Any]:
    """The painting as it stands when the run is stopped, and the file to keep."""
    if state.step is None:
        return gr.skip(), gr.skip()
    return draw_step(state, is_stopped=True), to_file(state.step.image)


def answer_stopped(state: LessonState) -> tuple[Any, Any]:
    """``show_stopped`` for those who call the page."""
    if state.step is None:
        raise InputError(NOT_BEGUN)
    return show_stopped(state)


def answer_weights(state: LessonState, weights: Weights) -> None:
    """``set_weights`` for those who call the page: a run takes its own as it begins."""
    if state.weights is None:
        raise InputError(NOT_BEGUN)
    set_weights(state, weights)


def to_file(picture: np.ndarray) -> dict:
    return ui.download_value("painting.png", images.to_png(picture), "image/png")


def say_loading(sentence: str) -> dict:
    """What is loaded before the work begins."""
    return ui.say_on_stage(lesson.under_way(sentence, "Stopped."))


def draw_step(
    state: LessonState, notes: list[str] | None = None, *, is_stopped: bool = False
) -> dict:
    """The picture, how far it is, each weighted loss so far and each layer's style loss."""
    step = state.step
    done = "done, " if step.step == step.total else "stopped, " if is_stopped else ""
    value = draw_painting(
        step.image, f"Step {step.step} of {step.total}, {done}{step.seconds:.1f} s",
        notes=notes or (),
    )  # fmt: skip
    value["panel"] = draw_curves(
        state.curves, title="Loss × weight", x_max=step.total, x_word="steps", size=RAIL
    ) + draw_layers(step.layer_errors)
    weights = step.weights
    return value | {
        "step": step.step, "total": step.total,
        "losses": dict(step.losses), "layers": dict(step.layer_errors), "seconds": step.seconds,
        "weights": {name: getattr(weights, name) for name in state.curves}, "notes": notes or [],
    }  # fmt: skip


def build(
    tab: lesson.Tab, pictures: list[gr.Image], parts: dict[str, Any], buttons: dict[str, Any]
) -> gr.State:
    """The painting and what makes it go on; ``parts``: its controls by field of ``Settings``."""
    state = gr.State(LessonState())
    with tab.stage.view(TITLE):
        view = ui.BeforeAfter(
            ui.say_on_stage("Press “Paint”: about 20 seconds on two cores, shown as it goes."),
            label="painting", elem_id="style_transfer-gatys",
            elem_classes=["fill", "picture-back"],
        )  # fmt: skip
    with tab.stage.controls(TITLE):
        Says("style_transfer-gatys")
    with tab.stage.told(TITLE):
        saved = ui.Download("Painting (PNG)")
    weights, controls = order_weights(parts), order_steps(parts)
    paint, more = buttons["paint"], buttons["more"]
    running = [
        tab.run(
            event, fn, [*pictures, state], [view, saved], settings=controls, api_name=name,
            kind="heavy", show_progress="minimal", show_progress_on=view,
        )
        for event, fn, name in (
            (paint.click, show_painting, "style_transfer_steps"),
            (more.click, go_on, "style_transfer_go_on"),
        )
    ]  # fmt: skip
    waits = [part for name, part in controls.parts.items() if name not in weights.parts]
    tab.say_waiting(paint, [*pictures, *waits], [more.click])
    with buttons["place"]:
        stop = tab.stop_button(*running, shows=[view])
    tab.run(stop.click, show_stopped, state, [view, saved], api_name=None, show_progress="hidden")
    tab.endpoint(answer_stopped, state, [view, saved], api_name="style_transfer_stopped")
    tab.run(
        [slider.input for slider in weights], set_weights, [state], None, settings=weights,
        api_name=None, kind="stream",
    )  # fmt: skip
    tab.endpoint(answer_weights, [state], None, settings=weights, api_name="style_transfer_weights")
    return state


def build_buttons() -> dict[str, Any]:
    """Paint, the place of Stop, and Go on."""
    with gr.Row():
        return {
            "paint": gr.Button(
                "Paint", variant="primary", size="sm", min_width=70,
                elem_id="style_transfer-gatys-start",
            ),
            "place": gr.Column(min_width=60, scale=0),
            "more": gr.Button("Go on", size="sm", min_width=60, scale=0),
        }  # fmt: skip

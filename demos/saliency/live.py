"""Class activation maps on the webcam."""

import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import METHODS
from demos import components as ui
from demos import lesson
from demos.lesson import class_names
from demos.saliency.classes import NO_CLASS, to_classes
from demos.saliency.controls import DEFAULT_METHOD, FUSED, LAST_LAYER, to_layers
from demos.saliency.results import to_numbers
from demos.saliency.views import Look, find_square, overlay

LIVE_METHODS = FUSED  # class activation maps that need one pass back


def explain_frame(
    frame: np.ndarray,
    method: str,
    layer: int,
    class_idx: int,
    minus_class: int = NO_CLASS,
    model: str = DEFAULT_MODEL,
) -> tuple[np.ndarray, dict]:
    """A webcam picture with a class activation map over the square that the network sees, and the
    numbers."""
    if method not in LIVE_METHODS:
        raise InputError(f"Choose one of {', '.join(LIVE_METHODS)} for the webcam.")
    if not registry.is_available(model):
        raise InputError(f"{registry.get_weight(model).title} is not downloaded yet.")
    result = cvcore.saliency.explain(
        frame,
        method,
        **to_classes(class_idx, minus_class),
        model=model,
        layer=to_layers(layer, model),
        with_scores=False,
    )
    square = find_square(frame.shape[:2], model)
    marked = frame // 3
    marked[square] = overlay(frame[square], result.input_map, Look(0.5), is_signed=False)
    labels = class_names.load_shown(model)
    row = METHODS[method]
    text = f"{row.title}: {labels[result.class_idx] if row.has_class else 'for every class'}"
    if result.minus_class is not None and row.has_class:
        text += f" rather than {labels[result.minus_class]}"
    return cvcore.core.drawing.draw_text(marked, text), to_numbers(result)


def build(tab: lesson.Tab, controls: lesson.Controls) -> None:
    """The webcam with a method and a layer of its own."""
    section = tab.stage.live()
    with tab.stage.controls(lesson.LIVE, first=True):
        method = ui.Radio(
            [(METHODS[name].title, name) for name in LIVE_METHODS],
            value=DEFAULT_METHOD,
            label="Method",
        )
        layer = ui.Slider(
            0, LAST_LAYER, LAST_LAYER, step=1, label="Layer, from early (0) to late (8)"
        )
    shared = [controls[name] for name in ("class_idx", "minus_class", "model")]
    numbers = ui.Panel(visible=False, label="numbers")  # for calls through the API
    with section:
        tab.live(explain_frame, [method, layer, *shared], extra_outputs=[numbers])

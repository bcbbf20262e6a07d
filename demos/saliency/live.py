"""Class activation maps on the webcam."""

from dataclasses import asdict
from typing import Any

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
# What the slider of layers stands for, as the network's own modules are called.
LAYERS = ("act1", *(f"blocks.{stage}" for stage in range(7)), "act2")
OPACITY = 0.5
# They divide by sums of features: where these have both signs, as what a block puts out, a sum may
# be close to 0, and the least rounding of a weight makes another map.
DIVIDING = ("grad_cam_plus_plus", "xgrad_cam")


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
    marked = lay_over(frame, result.input_map, model)
    return cvcore.core.drawing.draw_text(marked, name_map(result)), to_numbers(result)


def lay_over(frame: np.ndarray, input_map: np.ndarray, model: str = DEFAULT_MODEL) -> np.ndarray:
    """The frame, dark where the network does not look, with a map over the rest."""
    square = find_square(frame.shape[:2], model)
    marked = frame // 3
    marked[square] = overlay(frame[square], input_map, Look(OPACITY), is_signed=False)
    return marked


def name_map(result: "cvcore.saliency.Saliency") -> str:
    """What stands above the map: the method, and which class it explains."""
    row, labels = METHODS[result.method], class_names.load_shown(result.model)
    text = f"{row.title}: {labels[result.class_idx] if row.has_class else 'for every class'}"
    if result.minus_class is not None and row.has_class:
        text += f" rather than {labels[result.minus_class]}"
    return text


def tell_browser(_: None) -> dict[str, Any]:
    """What the browser needs for maps of its own."""
    names = cvcore.recognition.classifier.list_models()
    return {
        "model": DEFAULT_MODEL,
        "titles": {name: registry.get_weight(name).title for name in names},
        "recipe": asdict(cvcore.recognition.preprocessing.get_recipe(DEFAULT_MODEL)),
        "labels": registry.load_labels(DEFAULT_MODEL),
        "shown": class_names.load_shown(DEFAULT_MODEL),
        "methods": {
            name: {
                "title": METHODS[name].title,
                "has_class": METHODS[name].has_class,
                "divides": name in DIVIDING,
            }
            for name in LIVE_METHODS
        },
        "layers": LAYERS,
        "colours": cvcore.core.drawing.list_colours().ravel().tolist(),
    }


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
        tab.live(
            explain_frame, [method, layer, *shared], extra_outputs=[numbers],
            browser=lesson.InBrowser(__name__, tell_browser),
        )  # fmt: skip

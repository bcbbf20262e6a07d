"""Tab: saliency. Why does the network answer as it does?"""

import io
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images, weights
from cvcore.classification import DEFAULT_MODEL
from cvcore.errors import InputError
from cvcore.saliency import METHODS, get_method
from cvcore.saliency.perturbation import FILLS
from demos import saliency_compare as compare
from demos import ui
from demos.saliency_views import Look, View, cut_square, draw_map, draw_scores, overlay

TITLE = "Saliency"
SUMMARY = (
    "Which pixels made the network say so? A dozen methods, timed, scored and put to the test."
)
FIRST_CHOICE, NO_CLASS = -1, -1
LAYERS = (
    "stem, 112 x 112",
    "stage 1, 112 x 112",
    "stage 2, 56 x 56",
    "stage 3, 28 x 28",
    "stage 4, 14 x 14",
    "stage 5, 14 x 14",
    "stage 6, 7 x 7",
    "stage 7, 7 x 7",
    "head, 7 x 7",
)
COLORMAPS = ("turbo", "viridis", "magma", "grey")

LESSON = r"""
A network that is right for the wrong reason fails on the next picture: a husky was taken for a
wolf because of the snow behind it (Ribeiro et al., 2016). A **saliency map** shows what an answer
hangs on. There are three families.

**Ask again (occlusion, up and down, RISE, Score-CAM).** Change a part of the picture and look at
the probability $p$. Up and down makes each patch brighter, then darker by $\delta$:
$$D = \frac{p(x+\delta) - p(x-\delta)}{2\,\delta}$$
For small $\delta$ that is the slope; but it asks the network twice for every patch.

**Slopes (gradient and its relatives).** Backpropagation gives all slopes in one pass. They are
noisy; SmoothGrad averages over noisy copies, integrated gradients add the slopes up from black to
the picture: $\;(x-b)\int_0^1 \nabla f\big(b+t(x-b)\big)\,dt$.

**Class activation maps.** Grad-CAM weights each feature map $A^k$ of a layer with its mean slope:
$\;L = \mathrm{ReLU}\big(\sum_k \alpha_k A^k\big)$. Late layers know the object but are coarse
(7 x 7 cells); early ones are sharp but see only edges.

**Which map is right?** *Deletion* turns the most important pixels black first: after a good map
the probability falls at once. *Insertion* brings them back first. The **sanity check** shuffles
the weights: a map that stays the same does not show what the network learned.

**Why occlusion is quick here.** A window of 16 x 16 pixels changes few cells of the early layers.
Only those are computed again; the rest is kept from the whole picture (incremental inference,
Krypton, 2019). The answers are those of the whole network.
"""


def explain(
    image: np.ndarray | None,
    method: str = "grad_cam",
    class_idx: int = FIRST_CHOICE,
    minus_class: int = NO_CLASS,
    layer: int = 8,
    window: int = 16,
    stride: int = 8,
    fill: str = "black",
    cells: int = 56,
    delta: float = 0.2,
    masks: int = 1000,
    samples: int = 32,
    opacity: float = 0.6,
    colormap: str = COLORMAPS[0],
    full_at: float = 1.0,
    view: View | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Coarse to fine: drawing, curves, numbers, badge and the maps to keep."""
    values = {
        "layer": layer,
        "window": window,
        "stride": stride,
        "fill": fill,
        "cells": cells if method == "up_and_down" else 7,
        "delta": delta,
        "masks": masks,
        "samples": samples,
    }
    row, look = get_method(method), Look(opacity, colormap, full_at)
    names = (*row.settings, *(("layer",) if row.has_layer else ()))
    settings = {name: values[name] for name in names if name in values}
    if method == "score_cam" and layer == len(LAYERS) - 1:
        settings["channels"] = 1280
    for result in cvcore.saliency.explain_progressively(
        image, method, **to_classes(class_idx, minus_class), **settings
    ):
        view = start_view(view, image, result).add(result)
        yield (
            draw_map(view, look, row),
            draw_scores(result.scores),
            describe(result),
            ui.badge({row.title: 1000 * result.seconds}),
            view,
        )


def to_classes(class_idx: int, minus_class: int) -> dict[str, int | None]:
    """Menu values as the arguments of ``explain``; -1 means the first choice, or none."""
    return {
        "class_idx": None if class_idx == FIRST_CHOICE else class_idx,
        "minus_class": None if minus_class == NO_CLASS else minus_class,
    }


def start_view(view: View | None, image: np.ndarray, result: Any) -> View:
    """The kept maps if they are of this picture, else a new collection."""
    square = cut_square(image, result.crop_xyxy)
    if view is None or not np.array_equal(view.square, square):
        return View(square, result.method)
    return view


def describe(result: Any) -> dict:
    """The numbers, as calls through the API get them."""
    labels = weights.load_labels(result.model)
    return {
        "method": result.method,
        "class_index": result.class_idx,
        "label": labels[result.class_idx],
        "minus": None if result.minus_class is None else labels[result.minus_class],
        "seconds": result.seconds,
        "share_done": result.share_done,
        "deletion_auc": result.deletion_auc,
        "insertion_auc": result.insertion_auc,
    }


def redraw(view: View | None, opacity: float, colormap: str, full_at: float) -> str:
    """The same map in other colours; no network runs."""
    if view is None or view.shown not in view.maps:
        return gr.skip()
    return draw_map(view, Look(opacity, colormap, full_at), METHODS[view.shown])


def save_files(
    view: View | None, opacity: float, colormap: str, full_at: float
) -> tuple[dict | None, dict | None]:
    """The map as a PNG over the picture, and as a NumPy array float32 (224, 224)."""
    if view is None or view.shown not in view.maps:
        return None, None
    result, look = view.maps[view.shown], Look(opacity, colormap, full_at)
    drawn = overlay(view.square, result.input_map, look, is_signed=METHODS[result.method].is_signed)
    array = io.BytesIO()
    np.save(array, result.input_map)
    return (
        ui.download_value(f"{result.method}.png", images.to_png(drawn), "image/png"),
        ui.download_value(f"{result.method}.npy", array.getvalue(), "application/octet-stream"),
    )


def show_settings(method: str) -> list[Any]:
    """Show the settings that the method takes, hide the others."""
    row = get_method(method)
    shown = {
        "layer": row.has_layer,
        "occlusion": method == "occlusion",
        "up_and_down": method == "up_and_down",
        "rise": method == "rise",
        "smoothgrad": method == "smoothgrad",
    }
    return [gr.update(visible=value) for value in shown.values()]


def explain_frame(frame: np.ndarray, method: str, layer: int, class_idx: int) -> np.ndarray:
    """A webcam picture with a class activation map over the square that the network sees."""
    if method not in LIVE_METHODS:
        raise InputError(f"Choose one of {', '.join(LIVE_METHODS)} for the webcam.")
    result = cvcore.saliency.explain(
        frame, method, **to_classes(class_idx, NO_CLASS), layer=layer, with_scores=False
    )
    left, top, right, bottom = result.crop_xyxy
    marked = frame // 3
    square = frame[top:bottom, left:right]
    marked[top:bottom, left:right] = overlay(square, result.input_map, Look(0.5), is_signed=False)
    label = weights.load_labels(result.model)[result.class_idx]
    return cvcore.drawing.draw_text(marked, f"{METHODS[method].title}: {label}")


LIVE_METHODS = ("grad_cam", "grad_cam_plus_plus", "layer_cam")


class ClassMenu(gr.Dropdown):
    """A menu of a thousand classes, which the API describes as a number."""

    def get_block_name(self) -> str:
        return "dropdown"

    def api_info(self) -> dict[str, str]:
        return {"type": "integer", "description": "class index, 0 to 999; -1: none chosen"}


def list_classes(first: str) -> list[tuple[str, int]]:
    """(name, index) of the thousand classes behind a first entry, for a menu to search in."""
    labels = weights.load_labels(DEFAULT_MODEL)
    return [(first, -1), *((f"{label} ({i})", i) for i, label in enumerate(labels))]


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    view = gr.State()
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picture = tab.picture_input(sample="chelsea", elem_id="saliency-picture", height=240)
            minus = ClassMenu(
                list_classes("no other class"),
                value=NO_CLASS,
                label="Rather than (difference of two classes)",
                filterable=True,
            )
            layer = ui.Slider(
                0, 8, 8, step=1, label="Layer, from early (0) to late (8)", elem_id="saliency-layer"
            )
            with gr.Group(visible=False) as occlusion_group:
                window = ui.Slider(4, 96, 16, step=4, label="Window, pixels")
                stride = ui.Slider(2, 64, 8, step=2, label="Stride, pixels")
                fill = ui.Radio(list(FILLS), value="black", label="Covered with")
            with gr.Group(visible=False) as cells_group:
                cells = ui.Slider(7, 112, 56, step=7, label="Patches a side")
                delta = ui.Slider(0.05, 1, 0.2, step=0.05, label="Change, of a range of 1")
            with gr.Group(visible=False) as masks_group:
                masks = ui.Slider(100, 4000, 1000, step=100, label="Random masks")
            with gr.Group(visible=False) as samples_group:
                samples = ui.Slider(4, 128, 32, step=4, label="Noisy copies")
            with gr.Row():
                button = gr.Button("Explain", variant="primary", elem_id="saliency-explain")
                stop_place = gr.Column(min_width=80)
        with gr.Column(scale=3, min_width=320):
            with gr.Row():
                method = ui.Dropdown(
                    [(row.title, name) for name, row in METHODS.items()],
                    value="grad_cam",
                    label="Method",
                    elem_id="saliency-method",
                )
                class_idx = ClassMenu(
                    list_classes("the network's first choice"),
                    value=FIRST_CHOICE,
                    label="Class to explain (type to search)",
                    filterable=True,
                    elem_id="saliency-class",
                )
            with gr.Tabs():
                with gr.Tab("Map"):
                    drawing = gr.HTML(elem_id="saliency-map")
                    with gr.Row():
                        opacity = ui.Slider(0, 1, 0.6, step=0.05, label="Opacity", min_width=120)
                        full_at = ui.Slider(
                            0.05,
                            1,
                            1,
                            step=0.05,
                            label="Colour range",
                            min_width=120,
                        )
                        colormap = ui.Dropdown(
                            list(COLORMAPS), value=COLORMAPS[0], label="Colours", min_width=120
                        )
                    curves = gr.HTML(elem_id="saliency-curves")
                    with gr.Row():
                        png, array = ui.Download("PNG"), ui.Download("array (.npy)")
                    badge = ui.Badge()
                    numbers = gr.JSON(visible=False)
                look = [opacity, colormap, full_at]
                compare.build(tab, picture, class_idx, minus, layer, look, view)
    gr.Markdown("## Live on the webcam")
    with gr.Row():
        live_method = ui.Radio(
            [(METHODS[name].title, name) for name in LIVE_METHODS],
            value="grad_cam",
            label="Method",
        )
        live_layer = ui.Slider(0, 8, 8, step=1, label="Layer, from early (0) to late (8)")
    tab.live(explain_frame, [live_method, live_layer, class_idx])
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.saliency.perturbation:up_and_down",
        "cvcore.saliency.perturbation:occlusion",
        "cvcore.saliency.incremental:Picture",
        "cvcore.saliency.gradients:smoothgrad",
        "cvcore.saliency.cams:combine_grad_cam",
        "cvcore.saliency.scores:score_map",
    )

    settings = [layer, window, stride, fill, cells, delta, masks, samples]
    inputs = [picture, method, class_idx, minus, *settings, *look, view]
    outputs = [drawing, curves, numbers, badge, view]
    groups = [layer, occlusion_group, cells_group, masks_group, samples_group]
    tab.on_open(explain, inputs, outputs)
    running = tab.run(
        [
            button.click,
            picture.change,
            method.input,
            class_idx.input,
            minus.input,
            layer.release,
        ],
        explain,
        inputs,
        outputs,
        api_name="saliency",
        kind="heavy",
        trigger_mode="always_last",
        show_progress="minimal",
    )
    with stop_place:
        tab.stop_button(running)
    tab.run(method.input, show_settings, method, groups, api_name=None, kind="stream")
    tab.run(
        [opacity.input, full_at.input, colormap.input],
        redraw,
        [view, *look],
        drawing,
        api_name=None,
        kind="stream",
    )
    for event in (numbers.change, opacity.release, full_at.release, colormap.input):
        tab.run(event, save_files, [view, *look], [png, array], api_name=None, kind="stream")

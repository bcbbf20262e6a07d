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
from cvcore.saliency import METHODS
from demos import saliency_compare as compare
from demos import ui
from demos.saliency_classes import (
    FIRST_CHOICE,
    NO_CLASS,
    ClassMenu,
    TopClasses,
    list_classes,
    pick_class,
    rank_classes,
)
from demos.saliency_settings import (
    FUSED,
    LAST_LAYER,
    LOOK,
    build_settings,
    choose_settings,
    describe_layer,
    show_settings,
    to_layers,
    with_controls,
)
from demos.saliency_views import (
    COLORMAPS,
    Look,
    View,
    draw_map,
    draw_scores,
    draw_sentence,
    find_square,
    overlay,
    start_view,
    to_classes,
)

TITLE = "Saliency"
SUMMARY = (
    "Which pixels made the network say so? A dozen methods, timed, scored and put to the test."
)
NETWORKS = ("efficientnet_lite0",)  # made ready
LIVE_METHODS = FUSED  # class activation maps that need one pass back

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
Krypton, 2019). That alone changes no answer. Where the processor multiplies numbers of 16 bits
faster, the later layers of a grid of many windows are also rounded to them (bfloat16, three
digits or so): single answers then differ a little, the map hardly (correlation 0.999 with the
exact one). Up and down moves the answers far less than that, so there only the *difference* between
copy and picture is rounded (correlation 0.9999). On other processors up and down computes the later
layers near the patch alone; what reaches cells further off is small, and counts by its slope
(correlation 0.999).
"""


@with_controls
def explain(
    image: np.ndarray | None,
    method: str = "grad_cam",
    class_idx: int = FIRST_CHOICE,
    minus_class: int = NO_CLASS,
    view: View | None = None,
    model: str = DEFAULT_MODEL,
    *,
    look: Look,
    settings: dict[str, Any],
) -> Iterator[tuple[Any, ...]]:
    """Coarse to fine: drawing, curves, numbers, badge and the maps to keep."""
    chosen, before = choose_settings(method, settings, model), None
    for result in cvcore.saliency.explain_progressively(
        image, method, **to_classes(class_idx, minus_class), model=model, **chosen
    ):
        if result is before:  # its scores are being measured
            yield (gr.skip(),) * 5
            continue
        before = result
        view = start_view(view, image, model, method).add(result)
        yield (
            draw_map(view, look),
            draw_scores(result),
            describe(result),
            ui.badge({METHODS[method].title: 1000 * result.seconds}),
            view,
        )


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
    return draw_map(view, Look(opacity, colormap, full_at))


def save_files(
    view: View | None, opacity: float, colormap: str, full_at: float
) -> tuple[dict | None, dict | None]:
    """A finished map as a PNG over the picture, and as a NumPy array float32 (224, 224)."""
    if view is None or view.shown not in view.maps or view.maps[view.shown].share_done < 1:
        return None, None
    result, look = view.maps[view.shown], Look(opacity, colormap, full_at)
    drawn = overlay(view.square, result.input_map, look, is_signed=METHODS[result.method].is_signed)
    array = io.BytesIO()
    np.save(array, result.input_map)
    return (
        ui.download_value(f"{result.method}.png", images.to_png(drawn), "image/png"),
        ui.download_value(f"{result.method}.npy", array.getvalue(), "application/octet-stream"),
    )


def choose_model(model: str) -> Iterator[tuple[Any, str]]:
    """Fetch the model if need be; without a network the bundled one goes on."""
    try:
        for sentence in ui.fetch_model(model):
            yield gr.skip(), draw_sentence(sentence)
    except InputError as error:
        yield DEFAULT_MODEL, draw_sentence(str(error))
        return
    yield model, ""


def explain_frame(
    frame: np.ndarray,
    method: str,
    layer: int,
    class_idx: int,
    minus_class: int = NO_CLASS,
    model: str = DEFAULT_MODEL,
) -> np.ndarray:
    """A webcam picture with a class activation map over the square that the network sees."""
    if method not in LIVE_METHODS:
        raise InputError(f"Choose one of {', '.join(LIVE_METHODS)} for the webcam.")
    if not weights.is_available(model):
        raise InputError(f"{weights.get_weight(model).title} is not downloaded yet.")
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
    labels = weights.load_labels(model)
    text = f"{METHODS[method].title}: {labels[result.class_idx]}"
    if result.minus_class is not None:
        text += f" rather than {labels[result.minus_class]}"
    return cvcore.drawing.draw_text(marked, text)


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
            model = ui.Dropdown(
                ui.list_models("classification"),
                value=DEFAULT_MODEL,
                label="Model",
                elem_id="saliency-model",
            )
            notice = gr.HTML(elem_id="saliency-notice")
            settings = build_settings("grad_cam")
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
            top = TopClasses(elem_id="saliency-top")
            with gr.Tabs():
                with gr.Tab("Map"):
                    drawing = gr.HTML(elem_id="saliency-map")
                    with gr.Row():
                        opacity = ui.Slider(
                            0, 1, LOOK["opacity"], step=0.05, label="Opacity", min_width=120
                        )
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
                controls = [*look, *settings.controls]
                compare.build(tab, picture, class_idx, minus, model, controls, view, numbers)
    gr.Markdown("## Live on the webcam\nFor the class, the other class and the model chosen above.")
    with gr.Row():
        live_method = ui.Radio(
            [(METHODS[name].title, name) for name in LIVE_METHODS],
            value="grad_cam",
            label="Method",
        )
        live_layer = ui.Slider(
            0, LAST_LAYER, LAST_LAYER, step=1, label="Layer, from early (0) to late (8)"
        )
    tab.live(explain_frame, [live_method, live_layer, class_idx, minus, model])
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.saliency.perturbation:up_and_down",
        "cvcore.saliency.perturbation:occlusion",
        "cvcore.saliency.incremental:Picture",
        "cvcore.saliency.gradients:smoothgrad",
        "cvcore.saliency.cams:combine_grad_cam",
        "cvcore.saliency.scores:score_map",
    )

    inputs = [picture, method, class_idx, minus, view, model, *controls]
    outputs = [drawing, curves, numbers, badge, view]
    newest, moved = gr.State(ui.Newest()), gr.State(ui.Moved())
    following, redrawing = ui.follow(explain, redraw)
    wait = {"kind": "steady", "newest": newest, "show_progress_on": drawing}
    once_more = wait | {"show_progress": "minimal"}
    opening = tab.on_open(following, [*inputs, moved], outputs, **wait)
    running = tab.run(
        [
            button.click,
            picture.change,
            method.input,
            class_idx.input,
            minus.input,
            settings.layer.release,
        ],
        following,
        [*inputs, moved],
        outputs,
        api_name=None,
        **once_more,
    )
    alone = gr.Button(visible=False)  # through the API, maps may be asked for side by side
    tab.run(alone.click, explain, inputs, outputs, api_name="saliency", kind="steady")
    chosen = tab.run(
        model.input,
        choose_model,
        model,
        [model, notice],
        api_name=None,
        kind="heavy",
    )
    picked = tab.run(top.pick, pick_class, None, class_idx, api_name=None)
    again = [
        tab.run(event.then, following, [*inputs, moved], outputs, api_name=None, **once_more)
        for event in (chosen, picked)
    ]
    with stop_place:
        tab.stop_button(opening, running, chosen, picked, *again)
    for event in (tab.opened.change, picture.change, chosen.then):
        tab.run(event, rank_classes, [picture, model], top, api_name=None, kind="stream")
    tab.run(method.change, show_settings, method, settings.groups, api_name=None, kind="stream")
    for event in (settings.layer.change, chosen.then):
        tab.run(
            event,
            describe_layer,
            [settings.layer, model],
            settings.layer_name,
            api_name=None,
            kind="stream",
        )
    tab.run(
        [opacity.input, full_at.input, colormap.input],
        redrawing,
        [view, *look, moved],
        drawing,
        api_name=None,
        kind="stream",
    )
    # the curves change when a map begins and when it is finished, not at each step
    for event in (curves.change, opacity.release, full_at.release, colormap.input):
        tab.run(event, save_files, [view, *look], [png, array], api_name=None, kind="stream")

"""Several maps beside each other, a painted region, and the sanity check."""

from collections.abc import Iterator
from typing import Any

import cv2
import gradio as gr
import numpy as np

import cvcore
from cvcore import images, preprocessing
from cvcore.errors import InputError
from cvcore.saliency import METHODS
from cvcore.saliency.scores import share_inside
from demos import ui
from demos.saliency_paint import Painter, read_mask
from demos.saliency_views import (
    Look,
    View,
    cut_square,
    draw_comparison,
    draw_page,
    draw_region,
    draw_sanity,
)

QUICK = ("gradient", "smoothgrad", "integrated_gradients", "guided_backprop", "grad_cam")
SANE = ("gradient", "gradient_x_input", "guided_backprop", "grad_cam", "layer_cam")
EMPTY = '<p class="soft">Paint over a part of the picture: the animal, or the snow behind it.</p>'


def compare(
    image: np.ndarray | None,
    methods: list[str],
    class_idx: int = -1,
    minus_class: int = -1,
    opacity: float = 0.6,
    colormap: str = "turbo",
    full_at: float = 1.0,
    view: View | None = None,
) -> Iterator[tuple[str, list[dict], View]]:
    """Map after map, each with its time and scores; every step is shown."""
    if not methods:
        raise InputError("Choose at least one method to compare.")
    images.check_image(image)
    look = Look(opacity, colormap, full_at)
    square = cut_square(image, preprocessing.find_crop(image.shape[:2]))
    kept = view.shown if view is not None else methods[0]
    view = View(square, methods[0])
    target = {
        "class_idx": None if class_idx == -1 else class_idx,
        "minus_class": None if minus_class == -1 else minus_class,
    }
    table: list[dict] = []
    for method in dict.fromkeys(methods):
        for result in cvcore.saliency.explain_progressively(image, method, **target):
            view = view.add(result)
            yield draw_comparison(view, METHODS, look), table, view
        table = [
            *table,
            {
                "method": method,
                "seconds": result.seconds,
                "deletion_auc": result.deletion_auc,
                "insertion_auc": result.insertion_auc,
            },
        ]
    shown = kept if kept in view.maps else view.shown
    yield draw_comparison(view, METHODS, look), table, View(view.square, shown, view.maps)


def measure_region(event: gr.EventData, view: View | None) -> str:
    """The share of every map inside the painted region."""
    mask = read_mask(event)
    if not mask.any():
        return draw_page(EMPTY)
    side = preprocessing.get_recipe("efficientnet_lite0").crop
    mask = cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
    if view is None or not view.maps:
        raise InputError("There is no map yet: press Explain first.")
    shares = {name: share_inside(result.input_map, mask) for name, result in view.maps.items()}
    return draw_region(shares, float(mask.mean()), METHODS)


def region_share(
    image: np.ndarray | None, method: str, left: float, top: float, right: float, bottom: float
) -> dict:
    """For the API: the share of a map inside a rectangle, its edges as shares of the square."""
    edges = [
        cvcore.saliency.target.check_setting("An edge", e, 0, 1) for e in (left, top, right, bottom)
    ]
    result = cvcore.saliency.explain(image, method, with_scores=False)
    side = len(result.input_map)
    mask = np.zeros((side, side), bool)
    x0, y0, x1, y1 = (round(edge * side) for edge in edges)
    mask[y0:y1, x0:x1] = True
    return {
        "method": method,
        "inside": share_inside(result.input_map, mask),
        "area": float(mask.mean()),
    }


def check_sanity(
    image: np.ndarray | None, method: str = "guided_backprop", class_idx: int = -1
) -> Iterator[tuple[str, list[dict]]]:
    """The map after each randomised layer, one by one."""
    from cvcore.saliency import sanity  # loads PyTorch

    images.check_image(image)
    square = cut_square(image, preprocessing.find_crop(image.shape[:2]))
    steps = []
    for step in sanity.check_sanity(
        image, method, class_idx=None if class_idx == -1 else class_idx
    ):
        steps.append(step)
        numbers = [
            {
                "layer": one.layer,
                "rank_correlation": one.rank_correlation,
                "probability": one.probability,
            }
            for one in steps
        ]
        yield draw_sanity(square, steps, is_signed=METHODS[method].is_signed), numbers


def show_square(image: np.ndarray | None) -> tuple[str | None, str]:
    """The square that the network sees, to paint on."""
    if image is None:
        return None, draw_page(EMPTY)
    square = cut_square(image, preprocessing.find_crop(image.shape[:2]))
    return images.to_data_uri(square), draw_page(EMPTY)


def build(
    tab: ui.Tab,
    picture: gr.Image,
    class_idx: gr.Dropdown,
    minus: gr.Dropdown,
    layer: gr.Slider,
    look: list[Any],
    view: gr.State,
) -> None:
    """Three more views beside the map."""
    with gr.Tab("Compare", elem_id="saliency-compare-tab"):
        methods = ui.CheckboxGroup(
            [(row.title, name) for name, row in METHODS.items()],
            value=list(QUICK),
            label="Methods (occlusion, RISE, up and down take longer)",
        )
        with gr.Row():
            button = gr.Button("Compare", variant="primary", elem_id="saliency-compare")
            stop_place = gr.Column(min_width=80)
        drawing, table = gr.HTML(elem_id="saliency-comparison"), gr.JSON(visible=False)
    running = tab.run(
        button.click,
        compare,
        [picture, methods, class_idx, minus, *look, view],
        [drawing, table, view],
        api_name="saliency_compare",
        kind="heavy",
        show_progress="minimal",
    )
    with stop_place:
        tab.stop_button(running)

    with gr.Tab("Paint a region", elem_id="saliency-paint-tab") as section:
        gr.Markdown(
            "A husky was taken for a wolf because of the snow behind it. Paint the animal: how "
            "much of each map lies on it? (All maps worked out so far are measured.)"
        )
        with gr.Row():
            painter = Painter(elem_id="saliency-painter", min_width=260)
            shares = gr.HTML(elem_id="saliency-shares", min_width=260)
        corners = [ui.Number(value, visible=False) for value in (0, 0, 1, 1)]
        hidden, result = gr.Textbox("grad_cam", visible=False), gr.JSON(visible=False)
    tab.run(
        [section.select, picture.change],
        show_square,
        picture,
        [painter, shares],
        api_name=None,
        kind="stream",
    )
    painter.paint(ui.guard(measure_region), view, shares, api_visibility="private")
    tab.run(
        hidden.submit,
        region_share,
        [picture, hidden, *corners],
        result,
        api_name="saliency_region",
    )

    with gr.Tab("Sanity check", elem_id="saliency-sanity-tab"):
        gr.Markdown(
            "The weights are shuffled from the class scores down to the pixels. A map that "
            "explains the network has to fall apart with it."
        )
        method = ui.Radio(
            [(METHODS[name].title, name) for name in SANE], value="guided_backprop", label="Method"
        )
        with gr.Row():
            button = gr.Button("Randomise", variant="primary", elem_id="saliency-sanity")
            stop_place = gr.Column(min_width=80)
        steps, numbers = gr.HTML(elem_id="saliency-steps"), gr.JSON(visible=False)
    running = tab.run(
        button.click,
        check_sanity,
        [picture, method, class_idx],
        [steps, numbers],
        api_name="saliency_sanity",
        kind="heavy",
        show_progress="minimal",
    )
    with stop_place:
        tab.stop_button(running)

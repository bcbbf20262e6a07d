"""Several maps beside each other, a painted region, and the sanity check."""

from collections.abc import Iterator
from typing import Any

import cv2
import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.classification import DEFAULT_MODEL
from cvcore.errors import InputError
from cvcore.saliency import METHODS
from cvcore.saliency.scores import share_inside
from demos import ui
from demos.saliency_settings import choose_settings, with_controls
from demos.saliency_views import (
    Look,
    View,
    cut_square,
    draw_comparison,
    draw_page,
    draw_region,
    draw_sanity,
    start_view,
    to_classes,
)

QUICK = ("gradient", "smoothgrad", "integrated_gradients", "guided_backprop", "grad_cam")
SANE = ("gradient", "gradient_x_input", "guided_backprop", "grad_cam", "layer_cam")
EMPTY = '<p class="soft">Paint over a part of the picture: the animal, or the snow behind it.</p>'


@with_controls
def compare(
    image: np.ndarray | None,
    methods: list[str],
    class_idx: int = -1,
    minus_class: int = -1,
    view: View | None = None,
    model: str = DEFAULT_MODEL,
    *,
    look: Look,
    settings: dict[str, Any],
) -> Iterator[tuple[str, list[dict], View]]:
    """Map after map with the settings of each, its time and scores; every step is shown."""
    if not methods:
        raise InputError("Choose at least one method to compare.")
    images.check_image(image)
    view = start_view(view, image, model, methods[0])
    classes, results, table = to_classes(class_idx, minus_class), {}, []
    for method in dict.fromkeys(methods):
        chosen = choose_settings(method, settings, model)
        for result in cvcore.saliency.explain_progressively(
            image, method, **classes, model=model, **chosen
        ):
            if result is results.get(method):  # its scores are being measured
                yield gr.skip(), gr.skip(), gr.skip()
                continue
            results[method] = result
            view = view.add(result, show=False)
            yield draw_comparison(results, view.square, look), table, view
        table = [
            *table,
            {
                "method": method,
                "seconds": result.seconds,
                "deletion_auc": result.deletion_auc,
                "insertion_auc": result.insertion_auc,
            },
        ]
    yield draw_comparison(results, view.square, look), table, view


def measure_region(
    event: gr.EventData, view: View | None, image: np.ndarray | None, model: str = DEFAULT_MODEL
) -> tuple[str, np.ndarray | None]:
    """The share of every map inside the painted region, and the region itself, bool."""
    mask = ui.read_mask(event)
    if not mask.any():
        return draw_page(EMPTY), None
    if view is None or not view.maps:
        raise InputError("There is no map yet: press Explain first.")
    return measure_again(mask, view, image, model), mask


def measure_again(
    mask: np.ndarray | None,
    view: View | None,
    image: np.ndarray | None,
    model: str = DEFAULT_MODEL,
) -> str:
    """The shares of the maps as they are now inside the region that was painted."""
    if mask is None or image is None:
        return draw_page(EMPTY)
    if view is None or not np.array_equal(view.square, cut_square(image, model)):
        return draw_page('<p class="soft">The maps of this picture are not there yet.</p>')
    side = len(next(iter(view.maps.values())).input_map)
    mask = cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
    return draw_region(view.maps, mask)


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
        "inside": share_inside(result.input_map, mask),  # None: no place speaks for the class
        "area": float(mask.mean()),
    }


def check_sanity(
    image: np.ndarray | None,
    method: str = "guided_backprop",
    class_idx: int = -1,
    model: str = DEFAULT_MODEL,
) -> Iterator[tuple[str, list[dict]]]:
    """The map after each randomised layer, one by one."""
    from cvcore.saliency import sanity  # loads PyTorch

    images.check_image(image)
    square = cut_square(image, model)
    steps = []
    for step in sanity.check_sanity(
        image, method, class_idx=to_classes(class_idx)["class_idx"], model=model
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


def show_square(
    image: np.ndarray | None, model: str = DEFAULT_MODEL
) -> tuple[str | None, str, None]:
    """The square that the network sees, to paint on, with nothing painted yet."""
    square = None if image is None else images.to_data_uri(cut_square(image, model))
    return square, draw_page(EMPTY), None


def build(
    tab: ui.Tab,
    picture: gr.Image,
    class_idx: gr.Dropdown,
    minus: gr.Dropdown,
    model: gr.Dropdown,
    controls: list[Any],
    view: gr.State,
    numbers: gr.JSON,
) -> None:
    """Three more views beside the map. ``controls`` are those of ``with_controls``; ``numbers``
    change whenever there is a new map."""
    with gr.Tab("Compare", elem_id="saliency-compare-tab"):
        methods = ui.CheckboxGroup(
            [(row.title, name) for name, row in METHODS.items()],
            value=list(QUICK),
            label="Methods (occlusion, RISE, up and down take longer)",
        )
        with gr.Row():
            button = gr.Button("Compare", variant="primary", elem_id="saliency-compare")
            stop_place = gr.Column(min_width=80)
        gr.Markdown("Each method takes its settings and its layer from the Map's controls.")
        drawing, table = gr.HTML(elem_id="saliency-comparison"), gr.JSON(visible=False)
    running = tab.run(
        button.click,
        compare,
        [picture, methods, class_idx, minus, view, model, *controls],
        [drawing, table, view],
        api_name="saliency_compare",
        kind="heavy",
        show_progress="minimal",
    )
    with stop_place:
        tab.stop_button(running, elem_id="saliency-compare-stop")

    with gr.Tab("Paint a region", elem_id="saliency-paint-tab") as section:
        gr.Markdown(
            "A husky was taken for a wolf because of the snow behind it. Paint the animal: how "
            "much of each map lies on it? (All maps worked out so far are measured.)"
        )
        with gr.Row():
            painter = ui.Painter(elem_id="saliency-painter", min_width=260)
            shares = gr.HTML(elem_id="saliency-shares", min_width=260)
        painted = gr.State()
        corners = [ui.Number(value, visible=False) for value in (0, 0, 1, 1)]
        hidden, result = gr.Textbox("grad_cam", visible=False), gr.JSON(visible=False)
    tab.run(
        [section.select, picture.change, model.change],
        show_square,
        [picture, model],
        [painter, shares, painted],
        api_name=None,
        kind="stream",
    )
    tab.run(
        painter.paint,
        measure_region,
        [view, picture, model],
        [shares, painted],
        api_name=None,
        kind="stream",
    )
    tab.run(
        [numbers.change, table.change],
        measure_again,
        [painted, view, picture, model],
        shares,
        api_name=None,
        kind="stream",
    )
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
        [picture, method, class_idx, model],
        [steps, numbers],
        api_name="saliency_sanity",
        kind="heavy",
        show_progress="minimal",
    )
    with stop_place:
        tab.stop_button(running, elem_id="saliency-sanity-stop")

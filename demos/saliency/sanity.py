"""The sanity check: does a map fall apart with the network that it explains?"""

from collections.abc import Iterator
from html import escape

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import METHODS
from demos import components as ui
from demos import lesson
from demos.saliency.classes import FIRST_CHOICE, to_classes
from demos.saliency.views import (
    SIDE,
    Look,
    cut_square,
    draw_grid,
    draw_page,
    draw_sentence,
    overlay,
)

TITLE = "Sanity check"
EMPTY = "Press “Randomise”: the map is drawn anew after each layer that is spoiled."
SANE = (
    "gradient", "gradient_x_input", "guided_backprop", "grad_cam", "layer_cam", "xgrad_cam",
    "eigen_cam",
)  # fmt: skip


def check_sanity(
    image: np.ndarray | None,
    method: str,
    class_idx: int = FIRST_CHOICE,
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


def build(tab: lesson.Tab, picture: gr.Image, controls: lesson.Controls) -> None:
    """A method, and its map after each layer."""
    with tab.stage.controls(TITLE, first=True):
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
    with tab.stage.view(TITLE):
        steps = gr.HTML(
            draw_sentence(EMPTY),
            elem_id="saliency-steps",
            label="maps",
            elem_classes=["fill", "tall"],
        )
        numbers = gr.JSON(visible=False, label="correlations")
    running = tab.run(
        button.click,
        check_sanity,
        [picture, method, controls["class_idx"], controls["model"]],
        [steps, numbers],
        api_name="saliency_sanity",
        kind="heavy",
        show_progress="minimal",
    )
    tab.say_waiting(button, [picture, method, controls["class_idx"], controls["model"]])
    with stop_place:
        tab.stop_button(running, elem_id="saliency-sanity-stop")


def draw_sanity(square: np.ndarray, steps: list, *, is_signed: bool) -> str:
    """The map after each layer was randomised, with its rank correlation."""
    figures = [
        f'<figure><img alt="map" src="{_sanity_picture(square, step, is_signed)}"><figcaption>'
        f"<b>{escape('down to ' + step.layer if step.layer else 'trained network')}</b>"
        f"rank correlation {step.rank_correlation:.2f}<br>probability {step.probability:.0%}"
        "</figcaption></figure>"
        for step in steps
    ]
    verdict = ""
    if len(steps) > 1:
        kept = [step for step in steps[1:] if abs(step.rank_correlation) > 0.5]
        verdict = (
            f"After {len(kept)} of {len(steps) - 1} spoiled networks the map is still much the "
            "same: it shows the picture more than the network."
            if len(kept) * 3 > len(steps)
            else "The map changes as the network is spoiled: it does depend on what was learned."
        )
    return draw_page(f'<p class="big">{verdict}</p>', draw_grid(figures), kind="sheet")


def _sanity_picture(square: np.ndarray, step, is_signed: bool) -> str:
    look = Look(opacity=0.75, full_at=0.6)
    drawn = overlay(square, step.input_map, look, is_signed=is_signed)
    return images.to_data_uri(images.resize(drawn, (SIDE // 2, SIDE // 2)))

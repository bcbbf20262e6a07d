"""The sanity check: does a map fall apart with the network that it explains?"""

from collections.abc import Iterator

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import METHODS
from demos import components as ui
from demos import lesson
from demos.saliency.classes import FIRST_CHOICE, to_classes
from demos.saliency.views import cut_square, draw_sanity, draw_sentence

TITLE = "Sanity check"
EMPTY = "Press “Randomise”: the map is drawn anew after each layer that is spoiled."
SANE = ("gradient", "gradient_x_input", "guided_backprop", "grad_cam", "layer_cam")


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

"""Tab: segmentation with a U-Net. Which pixels belong to a person, and how does a network know?"""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.segmentation_drawing import cut_out, draw_overlay
from cvcore.timing import Stopwatch
from demos import segmentation_count as count
from demos import segmentation_doubt as doubt
from demos import segmentation_levels as levels
from demos import segmentation_live as live
from demos import segmentation_truth as truth
from demos import segmentation_tune as tune
from demos import ui
from demos.segmentation_kept import MODELS, Kept, only_when_open
from demos.segmentation_view import MaskView, to_view

TITLE = "U-Net segmentation"
SHORT = "Segmentation"  # on the tab's button
SUMMARY = "Which pixels belong to a person, or to a cell's nucleus? A class for every pixel."
NETWORKS = ("unet_person", "unet_nuclei")  # made ready
SAMPLES = ("astronaut", "chelsea", "coffee", "camera", "rocket", "nuclei_light", "nuclei_purple")

LESSON = r"""
**A class for every pixel.** A network for classification ends in one answer for the whole picture.
Here every pixel gets one: the probability $p$ that it belongs to a person (or a nucleus). The
**threshold** turns it into a mask: inside where $p \ge$ threshold.

**The U.** On the way down, convolutions and halvings: each level knows more about *what* there is
and less about *where*. On the way up, the picture doubles at each level. What the halvings threw
away comes back over the **skip connections**: the features of the same level of the way down are
put beside those of the way up (concatenated), and convolutions mix both. Cut one and see the edges
go soft.

**How right?** With the truth $T$ and the prediction $P$ as sets of pixels
$$\mathrm{Dice} = \frac{2\,|T\cap P|}{|T|+|P|},\qquad \mathrm{IoU} = \frac{|T\cap P|}{|T\cup P|} =
\frac{\mathrm{Dice}}{2-\mathrm{Dice}}$$
Counting right pixels instead would praise a network that always says "background".

**Training.** The loss is binary cross-entropy, which judges every pixel, plus $1-\mathrm{Dice}$
with probabilities in place of yes and no, which judges the whole shape. Both networks here were
trained from this project's own command, `python -m cvcore.training.segmentation`.

Ronneberger, Fischer and Brox, "U-Net", MICCAI 2015. The way down of the person network is
EfficientNet-Lite0, trained on ImageNet; the nuclei network started from nothing.
"""


def segment(
    image: np.ndarray | None, model: str = "person", threshold: float = 0.5, opacity: float = 0.5
) -> tuple[dict, dict, str, dict, dict, dict, Kept]:
    """Run the network once: numbers, view, latency, files to download, and what to keep."""
    mask = cvcore.segmentation.predict_mask(image, model=model)
    kept = Kept(image, mask)
    numbers, badge, *files = rethreshold(kept, threshold, opacity)
    return (
        numbers, to_view(image, mask, threshold=threshold, opacity=opacity), badge, *files, kept,
    )  # fmt: skip


def rethreshold(
    kept: Kept | None, threshold: float = 0.5, opacity: float = 0.5
) -> tuple[dict, str, dict, dict, dict]:
    """Numbers, latency and files at another threshold, without the network."""
    images.check_image(kept.image if kept else None)
    watch = Stopwatch()
    inside = kept.mask.above(threshold)
    drawn = images.to_jpeg(draw_overlay(kept.image, inside, opacity=opacity), quality=90)
    mask_file = images.to_png(images.to_rgb(inside))
    cut_file = images.to_png(cut_out(kept.image, inside))
    watch.lap("drawing")
    numbers = {
        "model": kept.mask.model,
        "inside_share": float(inside.mean()),
        "inside_pixels": int(inside.sum()),
        "unsure_share": cvcore.segmentation.unsure_share(kept.mask.probability),
        "network_size": list(kept.mask.size_hw),
        "ms": {name: round(value, 1) for name, value in kept.mask.ms.items()},
    }
    return (
        numbers,
        ui.badge(kept.mask.ms | watch.ms),
        ui.download_value("overlay.jpg", drawn, "image/jpeg"),
        ui.download_value("mask.png", mask_file, "image/png"),
        ui.download_value("cut_out.png", cut_file, "image/png"),
    )


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    kept, open_view = gr.State(), gr.State(truth.TITLE)
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picture = tab.picture_input(
                sample="astronaut", names=choose_samples(), elem_id="segmentation-picture",
                height=220,
            )  # fmt: skip
            model = ui.Radio(MODELS, value="person", label="Find", elem_id="segmentation-model")
            threshold = ui.Slider(
                0, 1, 0.5, step=0.01, label="Threshold", elem_id="segmentation-threshold"
            )
            opacity = ui.Slider(0, 1, 0.5, step=0.05, label="Opacity")
        with gr.Column(scale=3, min_width=320):
            numbers = gr.JSON(visible=False)
            view = MaskView(elem_id="segmentation-view")
            badge = ui.Badge()
            with gr.Row():
                files = [
                    ui.Download(name, min_width=140)
                    for name in ("Picture with mask", "Mask (PNG)", "Cut out (PNG)")
                ]
    with gr.Tabs():

        def connect(
            title: str, section: gr.Tab, fn: Callable, inputs: list, outputs: Any, *,
            api_name: str | None = None, controls: list | None = None,
        ) -> None:  # fmt: skip
            """Run a view when it is opened, and while it is open with all that it follows."""
            section.select(
                lambda: title, None, open_view, api_visibility="private", show_progress="hidden"
            )
            opened = only_when_open(title, fn)
            tab.run(
                section.select, lambda *values: opened(title, *values), inputs, outputs,
                api_name=None,
            )  # fmt: skip
            tab.run(
                [kept.change, threshold.change, *(controls or [])], opened,
                [open_view, *inputs], outputs, api_name=None, kind="stream",
            )  # fmt: skip
            if api_name:
                with section:
                    single = gr.Button(visible=False)
                tab.run(single.click, fn, inputs, outputs, api_name=api_name)

        brushed = truth.build(tab, connect, view, kept, picture, model, threshold)
        levels.build(tab, connect, kept, threshold, model)
        doubt.build(tab, connect, kept, threshold)
        count.build(tab, connect, kept, threshold)
        tune.build(tab, kept, brushed, threshold)
    live.build(tab, threshold, opacity)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.segmentation:predict_mask",
        "cvcore.models.unet:UNet",
        "cvcore.segmentation:Overlap",
        "cvcore.training.losses:loss_bce_dice",
        "cvcore.segmentation_objects:count_objects",
        "cvcore.segmentation_tuning:fine_tune",
    )

    inputs = [picture, model, threshold, opacity]
    outputs = [numbers, view, badge, *files, kept]
    wait = {"show_progress_on": badge}
    tab.on_open(segment, inputs, outputs, **wait)
    tab.run(
        [picture.change, model.input], segment, inputs, outputs, api_name="segmentation", **wait
    )
    tab.run(picture.clear, lambda: (None, None, "", *[None] * 4), None, outputs, api_name=None)
    # While a slider moves, the view follows it in the browser; the numbers and files come after.
    gr.on(
        [threshold.change, opacity.change], None, [view, threshold, opacity], view,
        js="(view, threshold, opacity) => view && ({...view, threshold, opacity})",
        api_visibility="private",
    )  # fmt: skip
    tab.run(
        [threshold.change, opacity.change],
        lambda kept, *values: rethreshold(kept, *values) if kept else (gr.skip(),) * 5,
        [kept, threshold, opacity], [numbers, badge, *files], api_name=None, kind="stream",
    )  # fmt: skip
    tab.run(
        gr.Button(visible=False).click, rethreshold, [kept, threshold, opacity],
        [numbers, badge, *files], api_name="segmentation_threshold",
    )  # fmt: skip


def choose_samples() -> tuple[str, ...]:
    """The samples of this tab that are here."""
    return tuple(name for name in SAMPLES if name in cvcore.samples.index())

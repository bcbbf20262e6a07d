"""Tab: segmentation with a U-Net. Which pixels belong to a person, and how does a network know?"""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.timing import Stopwatch
from cvcore.segmentation import WEIGHTS
from cvcore.segmentation.drawing import cut_out, draw_overlay
from demos import components as ui
from demos import lesson
from demos.segmentation import count, fine_tune, ground_truth, levels, live, uncertainty, upsampling
from demos.segmentation.controls import (
    DEFAULTS,
    FINE_TUNE,
    MASK,
    MODES,
    TRUTH,
    Settings,
    build_controls,
)
from demos.segmentation.mask_view import MaskView, to_view
from demos.segmentation.state import SAMPLE, LessonState, build_call, for_calls

TITLE = "U-Net segmentation"
SHORT = "Segment"  # on the tab's button
SUMMARY = "Which pixels belong to a person, or to a cell's nucleus? A class for every pixel."
NETWORKS = tuple(WEIGHTS.values())  # made ready
FAILS = {"chelsea": "Nobody is here, yet a third of the picture counts as a person."}
SAMPLES = ("astronaut", "chelsea", "coffee", "camera", "rocket", "nuclei_light", "nuclei_purple")
# While a slider moves, the view follows it in the browser.
FOLLOW = "(view, threshold, opacity) => view && ({...view, threshold, opacity})"


def segment(
    image: np.ndarray | None, settings: Settings
) -> tuple[dict, dict, str, dict, dict, dict, LessonState]:
    """Run the network once: numbers, view, latency, files to download, and what to keep."""
    mask = cvcore.segmentation.predict_mask(image, model=settings.model)
    state = LessonState(image, mask)
    threshold, opacity = settings.threshold, settings.opacity
    numbers, *others = rethreshold(state, threshold, opacity)
    return numbers, to_view(image, mask, threshold=threshold, opacity=opacity), *others, state


def rethreshold(
    state: LessonState | None,
    threshold: float = DEFAULTS.threshold,
    opacity: float = DEFAULTS.opacity,
) -> tuple[dict, str, dict, dict, dict]:
    """Numbers, latency and files at another threshold, without the network."""
    images.check_image(state.image if state else None)
    watch = Stopwatch()
    inside = state.mask.above(threshold)
    drawn = images.to_jpeg(draw_overlay(state.image, inside, opacity=opacity), quality=90)
    mask_file = images.to_png(images.to_rgb(inside))
    cut_file = images.to_png(cut_out(state.image, inside))
    watch.lap("drawing")
    numbers = {
        "model": state.mask.model,
        "inside_share": float(inside.mean()),
        "inside_pixels": int(inside.sum()),
        "unsure_share": cvcore.segmentation.unsure_share(state.mask.probability),
        "network_size": list(state.mask.size_hw),
        "ms": {name: round(value, 1) for name, value in state.mask.ms.items()},
    }
    return (
        numbers,
        ui.badge(state.mask.ms | watch.ms),
        ui.download_value("overlay.jpg", drawn, "image/jpeg"),
        ui.download_value("mask.png", mask_file, "image/png"),
        ui.download_value("cut_out.png", cut_file, "image/png"),
    )


def rethreshold_again(state: LessonState | None, threshold: float, opacity: float) -> tuple:
    """``rethreshold`` while a slider moves; without a picture there is nothing to say."""
    return rethreshold(state, threshold, opacity) if state else (gr.skip(),) * 5


def build(tab: lesson.Tab) -> None:
    """The picture and its mask, what each inner view asks of them, and the webcam."""
    stage = lesson.Stage(tab, "Segmentation", SUMMARY)
    state = gr.State()
    lazy = lesson.LazyTabs(
        tab, (MASK, TRUTH, levels.TITLE, upsampling.TITLE, uncertainty.TITLE, count.TITLE)
    )  # fmt: skip
    picture = stage.picture_input(sample=SAMPLE, names=choose_samples(), fails=FAILS)
    with stage.show(*MODES, FINE_TUNE):
        numbers = gr.JSON(visible=False, label="numbers")
        with gr.Row(elem_classes=["side-by-side"]):
            view = MaskView(
                label="mask", elem_id="segmentation-view", min_width=200,
                elem_classes=["fill", "picture-back"],
            )  # fmt: skip
            beside = stage.part(TRUTH, min_width=200)
            tuned = stage.part(FINE_TUNE, min_width=200)
    controls = build_controls(stage)
    call = build_call()
    model, threshold = controls["model"], controls["threshold"]
    with beside:
        truths = ground_truth.build(tab, lazy, state, threshold, view, picture, model)
    levels.build(tab, lazy, state, threshold, model, call)
    upsampling.build(tab, lazy)
    uncertainty.build(tab, lazy, state, threshold, call)
    count.build(tab, lazy, state, threshold, call)
    with tuned:
        fine_tune.build(tab, state, threshold, truths, call)
    live.build(tab, controls)
    lazy.note_others(stage.views)
    with stage.told(*MODES):
        badge = ui.Badge(label="timings")
        files = [ui.Download(name) for name in ("Picture with mask", "Mask (PNG)", "Cut out (PNG)")]
    tab.lesson()
    tab.show_code(
        "cvcore.segmentation:predict_mask",
        "cvcore.models.unet:UNet",
        "cvcore.segmentation:Overlap",
        "cvcore.segmentation.measures:measure_edges",
        "cvcore.segmentation.measures:compare_boundaries",
        "cvcore.segmentation.measures:GeneralisedDice",
        "cvcore.segmentation.enlarging:convolve_transposed",
        "cvcore.segmentation.losses:loss_bce_dice",
        "cvcore.segmentation.objects:count_objects",
        "cvcore.segmentation.fine_tuning:fine_tune",
    )
    _connect(tab, picture, controls, call, [numbers, view, badge, *files, state])


def _connect(
    tab: lesson.Tab, picture: gr.Image, controls: lesson.Controls, call: lesson.Controls,
    outputs: list,
) -> None:  # fmt: skip
    """What makes the network run again, and what only the threshold."""
    numbers, view, badge, *files, state = outputs
    wait = {"settings": controls, "show_progress_on": badge}
    tab.on_open(segment, [picture], outputs, **wait)
    tab.run(
        [picture.change, controls["model"].input], segment, [picture], outputs,
        api_name="segmentation", **wait,
    )  # fmt: skip
    sliders = [controls["threshold"], controls["opacity"]]
    moved = [slider.change for slider in sliders]
    gr.on(moved, None, [view, *sliders], view, js=FOLLOW, api_visibility="private")
    # The numbers and files come after.
    inputs, followers = [state, *sliders], [numbers, badge, *files]
    tab.run(moved, rethreshold_again, inputs, followers, api_name=None, kind="stream")
    tab.endpoint(
        for_calls(rethreshold), inputs, [*followers, state], settings=call,
        api_name="segmentation_threshold",
    )  # fmt: skip


def choose_samples() -> tuple[str, ...]:
    """The samples of this tab that are here."""
    return tuple(name for name in SAMPLES if name in cvcore.core.samples.index())

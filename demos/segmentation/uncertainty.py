"""How sure is the network? Entropy, and the same picture in a mirror."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.drawing import colourise
from cvcore.segmentation import DEFAULT_THRESHOLD
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import MODELS, UNCERTAINTY
from demos.segmentation.state import LessonState, check_state, for_calls, once_there
from demos.segmentation.views import draw_figure, draw_page

TITLE = UNCERTAINTY
NAMES = {model: name for name, model in MODELS}


def show_uncertainty(state: LessonState | None, threshold: float = DEFAULT_THRESHOLD) -> dict:
    """The entropy map and the flip test, with the numbers that sum them up."""
    check_state(state)
    seg = cvcore.segmentation
    bits = seg.entropy(state.mask.probability)
    test = seg.flip_test(state.image, model=state.mask.model)
    threshold = seg.check_threshold(threshold)
    straight, mean = state.mask.above(threshold), test.probability >= threshold
    agreement = seg.compare_masks(straight, mean).dice
    changed = float(np.mean(test.difference > 0.5))
    figures = [
        draw_figure(
            colourise(bits, colormap="inferno", vmin=0, vmax=1),
            f"Entropy: <b>{float(bits.mean()):.3f}</b> bits a pixel; bright is unsure",
        ),
        draw_figure(
            colourise(test.difference, colormap="inferno", vmin=0, vmax=1),
            f"Flip test: in the mirror, <b>{changed:.1%}</b> of the pixels change by more than 0.5",
        ),
        draw_figure(
            colourise(test.probability, colormap="viridis", vmin=0, vmax=1),
            f"Mean of both answers; its mask has Dice <b>{agreement:.3f}</b> with the first one",
        ),
    ]
    words = (
        "Entropy asks the network itself: −p·log₂p − (1−p)·log₂(1−p), most at p = 0.5. "
        f"But a network can be sure and wrong. The flip test asks twice: {NAMES[state.mask.model]} "
        "do not change in a mirror, so where the answers differ, at least one is wrong."
    )
    return {
        "html": draw_page(
            f'<div class="three">{"".join(figures)}</div>', f'<p class="big">{words}</p>'
        ),
        "mean_entropy": float(bits.mean()),
        "changed_share": changed,
        "dice_to_mean": agreement,
    }


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, threshold: gr.Slider,
    call: lesson.Controls,
) -> None:  # fmt: skip
    """The section with the two maps."""
    with tab.stage.view(TITLE) as section:
        panel = ui.Panel(label="uncertainty", elem_id="segmentation-uncertainty")
    inputs = [state, threshold]
    lazy.add(
        TITLE, section, once_there(show_uncertainty), inputs, panel, api_name=None, kind="stream",
        follows=[part.change for part in inputs],
    )  # fmt: skip
    tab.endpoint(
        for_calls(show_uncertainty), inputs, [panel, state], settings=call,
        api_name="segmentation_doubt",
    )  # fmt: skip

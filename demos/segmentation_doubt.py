"""How sure is the network? Entropy, and the same picture in a mirror."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.drawing import colourise
from demos import ui
from demos.segmentation_kept import MODELS, Kept, need
from demos.segmentation_views import draw_figure, draw_page, draw_row

TITLE = "How sure?"
NAMES = {model: name for name, model in MODELS}


def show_doubt(kept: Kept | None, threshold: float = 0.5) -> dict:
    """The entropy map and the flip test, with the numbers that sum them up."""
    need(kept)
    seg = cvcore.segmentation
    bits = seg.entropy(kept.mask.probability)
    test = seg.flip_test(kept.image, model=kept.mask.model)
    threshold = seg.check_threshold(threshold)
    straight, mean = kept.mask.above(threshold), test.probability >= threshold
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
        f"But a network can be sure and wrong. The flip test asks twice: {NAMES[kept.mask.model]} "
        "do not change in a mirror, so where the answers differ, at least one is wrong."
    )
    return {
        "html": draw_page(draw_row(*figures), f'<p class="big">{words}</p>'),
        "mean_entropy": float(bits.mean()),
        "changed_share": changed,
        "dice_to_mean": agreement,
    }


def build(tab: ui.Tab, connect: Any, kept: gr.State, threshold: Any) -> None:
    """The section with the two maps."""
    with gr.Tab(TITLE) as section:
        panel = ui.Panel(elem_id="segmentation-doubt")
    connect(TITLE, section, show_doubt, [kept, threshold], panel, api_name="segmentation_doubt")

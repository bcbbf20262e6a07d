"""The webcam: cut a person out, blur or replace what is behind, or look into the U meanwhile."""

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.errors import InputError
from cvcore.segmentation_drawing import (
    BACKGROUNDS,
    blur_background,
    draw_overlay,
    fit_background,
    replace_background,
)
from cvcore.timing import Stopwatch
from demos import ui
from demos.segmentation_kept import MODELS
from demos.segmentation_levels import UDiagram, draw_u, read_cut

LIVE_SIDE = 256  # pixels: the longer side that the network sees of a frame
BACKGROUND_SIDE = 1024  # pixels: enough behind any frame
OWN, INSIDE = "your own background", "inside the U"
EFFECTS = (
    "mask", "blur the background", *(f"{name} background" for name in BACKGROUNDS), "beach", OWN,
    INSIDE,
)  # fmt: skip
HINT = (
    "Threshold and opacity, above, act on “mask” and “inside the U”. Backgrounds mix by the "
    "probability itself, so that hair and edges stay soft. Steadiness is the share of the frames "
    "before in every frame’s answer: less flicker, more trail."
)
NO_BACKGROUND = "There is no background yet: upload a picture of your own under the choices."


def segment_frame(
    frame: np.ndarray, effect: str, model: str, threshold: float, opacity: float,
    steadiness: float = 0.0, background: np.ndarray | None = None,
    cut: list[int] | None = None, past: np.ndarray | None = None,
) -> tuple[np.ndarray, str, dict | None, np.ndarray]:  # fmt: skip
    """One frame with its background gone, blurred or replaced, and where the time went.

    Also the U with its features (None for other effects), and the probability to mix into the next
    frame's: ``steadiness`` (0 to 0.9) is the share of ``past`` in it.
    """
    seg, diagram = cvcore.segmentation, None
    if effect == OWN and background is None:
        raise InputError(NO_BACKGROUND)
    if effect == INSIDE:
        walk = seg.walk_levels(frame, model=model, longest=LIVE_SIDE, cut=cut or ())
        mask = walk.mask
    else:
        mask = seg.predict_mask(frame, model=model, longest=LIVE_SIDE)
    watch = Stopwatch()
    probability = mask.probability
    if past is not None and past.shape == probability.shape:
        probability = steadiness * past + (1 - steadiness) * probability
    if effect == INSIDE:
        diagram = draw_u(walk)
    if effect == "blur the background":
        picture = blur_background(frame, probability)
    elif effect in ("beach", OWN):
        size_hw = frame.shape[:2]
        behind = draw_beach(size_hw) if effect == "beach" else fit_background(background, size_hw)
        picture = replace_background(frame, probability, behind)
    elif effect.removesuffix(" background") in BACKGROUNDS:
        colour = BACKGROUNDS[effect.removesuffix(" background")]
        picture = replace_background(frame, probability, colour)
    else:
        inside = probability >= seg.check_threshold(threshold)
        picture = draw_overlay(frame, inside, opacity=opacity)
    watch.lap("drawing")
    return picture, ui.badge(mask.ms | watch.ms), diagram, probability


def draw_beach(size_hw: tuple[int, int]) -> np.ndarray:
    """Sky, sea and sand, from three colours and a gradient."""
    heights = np.array([0.0, 0.45, 0.5, 0.68, 0.72, 1.0])
    colours = np.array(
        [(90, 160, 230), (205, 232, 250), (20, 105, 150), (70, 190, 195), (238, 214, 168),
         (214, 178, 120)], np.float64,
    )  # fmt: skip
    rows = np.linspace(0, 1, size_hw[0])
    column = np.stack([np.interp(rows, heights, colours[:, c]) for c in range(3)], axis=1)
    return np.repeat(np.rint(column).astype(np.uint8)[:, None], size_hw[1], axis=1)


def take_background(picture: np.ndarray | None) -> np.ndarray | None:
    """A picture to put behind people, as large as frames need it."""
    return None if picture is None else images.shrink(picture, BACKGROUND_SIDE)


def build(tab: ui.Tab, threshold: gr.Slider, opacity: gr.Slider) -> None:
    """The webcam beside its masks."""
    gr.Markdown("## Live on the webcam")
    background, cut, past = gr.State(), gr.State([]), gr.State()
    with gr.Row():
        effect = ui.Radio(EFFECTS, value="blur the background", label="What to do", scale=4)
        model = ui.Radio(MODELS, value="person", label="Find", scale=1)
        steadiness = ui.Slider(0, 0.9, 0.3, step=0.1, label="Steadiness", scale=1)
    with gr.Row(visible=False) as chooser:
        own = ui.SafeImage(
            label="Your own background", sources=["upload", "clipboard"], height=140,
            elem_id="segmentation-background",
        )  # fmt: skip
    gr.Markdown(HINT)
    place = gr.Column()
    badge = ui.Badge()
    diagram = UDiagram(elem_id="segmentation-live-u")
    with place:
        tab.live(
            segment_frame,
            [effect, model, threshold, opacity, steadiness, background, cut, past],
            extra_outputs=[badge, diagram, past],
        )
    tab.run(
        effect.change, lambda effect: gr.Row(visible=effect == OWN), effect, chooser, api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run([own.upload, own.clear], take_background, own, background, api_name=None)
    tab.run(diagram.cut, read_cut, None, cut, api_name=None, kind="stream")
    tab.run(model.input, lambda: ([], None), None, [cut, past], api_name=None)

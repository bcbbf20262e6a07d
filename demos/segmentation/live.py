"""The webcam: cut a person out, blur or replace what is behind, or look into the U meanwhile."""

from dataclasses import dataclass, field

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from cvcore.engine.cutting import Part
from cvcore.segmentation.drawing import (
    BACKGROUNDS,
    BLUR,
    OVERLAY,
    blur_background,
    draw_overlay,
    fit_background,
    replace_background,
)
from demos import components as ui
from demos import lesson
from demos.components.pictures import DataPicture
from demos.segmentation.background import OwnBackground, read_background
from demos.segmentation.controls import MODELS, Settings
from demos.segmentation.levels import UDiagram, draw_u, read_cut

LIVE_SIDE = 256  # pixels: the longer side that the network sees of a frame
BLURRED, BEACH = "blur the background", "beach"
OWN, INSIDE = "your own background", "inside the U"
EFFECTS = (
    "mask", BLURRED, *(f"{name} background" for name in BACKGROUNDS), BEACH, OWN, INSIDE,
)  # fmt: skip
# Sky, sea and sand: how far down (0 to 1), and in which colour.
SHORE = {
    0.0: (90, 160, 230), 0.45: (205, 232, 250), 0.5: (20, 105, 150), 0.68: (70, 190, 195),
    0.72: (238, 214, 168), 1.0: (214, 178, 120),
}  # fmt: skip
CHOICES = [(name.removesuffix(" background").removesuffix(" the"), name) for name in EFFECTS]
HINT = (
    "Threshold and opacity act on “mask” and “inside the U”; backgrounds are mixed in by the "
    "probability itself, so that hair and edges stay soft."
)
NO_BACKGROUND = "There is no background yet: choose a picture of your own beside it."


@dataclass(frozen=True, eq=False)
class FrameSettings(Settings):
    """What is looked for in a frame, and what is done with it."""

    effect: str = EFFECTS[1]
    steadiness: float = 0.3  # share of the frames before in every frame's answer, 0 to 0.9
    background: np.ndarray | None = field(default=None, repr=False)  # else the visit's own


@dataclass
class LiveState:
    """What one visitor's webcam goes on with; frames and controls change it where it is."""

    background: np.ndarray | None = field(default=None, repr=False)  # the visitor's own
    cut: list[int] = field(default_factory=list)  # skip connections that carry zeros
    past: np.ndarray | None = field(default=None, repr=False)  # the last frame's probability


def segment_frame(
    frame: np.ndarray, state: LiveState, settings: FrameSettings
) -> tuple[np.ndarray, str, dict | None, dict]:
    """One frame with its background gone, blurred or replaced, and where the time went.

    Also the U with its features (None for other effects), and the numbers. The probability is kept
    for the next frame.
    """
    seg, diagram, effect = cvcore.segmentation, None, settings.effect
    own = state.background if settings.background is None else settings.background
    if effect == OWN and own is None:
        raise InputError(NO_BACKGROUND)
    if effect == INSIDE:
        walk = seg.walk_levels(frame, model=settings.model, longest=LIVE_SIDE, cut=state.cut)
        mask = walk.mask
    else:
        mask = seg.predict_mask(frame, model=settings.model, longest=LIVE_SIDE)
    watch = Stopwatch()
    probability = steady(mask.probability, state.past, settings.steadiness)
    state.past = probability
    if effect == INSIDE:
        diagram = draw_u(walk)
    inside = probability >= seg.check_threshold(settings.threshold)
    if effect == BLURRED:
        picture = blur_background(frame, probability)
    elif effect in (BEACH, OWN):
        size_hw = frame.shape[:2]
        behind = draw_beach(size_hw) if effect == BEACH else fit_background(own, size_hw)
        picture = replace_background(frame, probability, behind)
    elif effect.removesuffix(" background") in BACKGROUNDS:
        colour = BACKGROUNDS[effect.removesuffix(" background")]
        picture = replace_background(frame, probability, colour)
    else:
        picture = draw_overlay(frame, inside, opacity=settings.opacity)
    watch.lap("drawing")
    ms = mask.ms | watch.ms
    numbers = {
        "model": mask.model,
        "inside_share": float(inside.mean()),
        "ms": {name: round(value, 1) for name, value in ms.items()},
    }
    return picture, ui.badge(ms), diagram, numbers


def steady(probability: np.ndarray, past: np.ndarray | None, steadiness: float) -> np.ndarray:
    """The probability with a share of the frames before; a webcam of another size starts anew."""
    if past is None or past.shape != probability.shape:
        return probability
    return steadiness * past + (1 - steadiness) * probability


def draw_beach(size_hw: tuple[int, int]) -> np.ndarray:
    """Sky, sea and sand, from three colours and a gradient."""
    colours = np.array(list(SHORE.values()), np.float64)
    rows = np.linspace(0, 1, size_hw[0])
    column = np.stack([np.interp(rows, list(SHORE), colours[:, c]) for c in range(3)], axis=1)
    return np.repeat(np.rint(column).astype(np.uint8)[:, None], size_hw[1], axis=1)


def ask(question: str) -> dict:
    """For the visitor's own browser: how the networks see a frame, and what is drawn how."""
    seg = cvcore.segmentation
    if question != "style":
        raise InputError("The only question here is “style”.")
    networks = {
        model: {
            "name": name,
            "stride": seg.STRIDE[model],
            "grows": model == "person",
            "levels": seg.DOWN[model],
        }
        for model, name in seg.WEIGHTS.items()
    }
    return {
        "networks": networks,
        "longest": LIVE_SIDE,
        "effects": {"blurred": BLURRED, "beach": BEACH, "own": OWN, "inside": INSIDE},
        "backgrounds": {f"{name} background": colour for name, colour in BACKGROUNDS.items()},
        "overlay": OVERLAY,
        "blur": BLUR,
        "shore": {"heights": list(SHORE), "colours": list(SHORE.values())},
        "no_background": NO_BACKGROUND,
        "viridis": colourise(np.arange(256)[None], vmin=0, vmax=255)[0].tolist(),
    }


def list_parts() -> dict[tuple[str, str], Part]:
    """For the visitor's own browser: the way down of each network and, from all its levels, the
    way up."""
    seg = cvcore.segmentation
    parts = {}
    for model, name in seg.WEIGHTS.items():
        parts[name, "down"] = Part(seg.DOWN[model])
        parts[name, "up"] = Part((*seg.UP, ""), seg.DOWN[model])
    return parts


def keep_background(state: LiveState, event: gr.EventData) -> None:
    state.background = read_background(event)


def keep_cut(state: LiveState, event: gr.EventData) -> None:
    state.cut = read_cut(event)


def forget(state: LiveState) -> None:
    """Another network: the frames before and the cuts were the other one's."""
    state.cut, state.past = [], None


def build(tab: lesson.Tab, controls: lesson.Controls) -> None:
    """The webcam beside its masks."""
    state, d, stage = gr.State(LiveState()), FrameSettings(), tab.stage
    with stage.live(), gr.Row(elem_classes=["side-by-side"]):
        place = gr.Column(min_width=200)
        diagram = UDiagram(
            label="levels", elem_id="segmentation-live-u", elem_classes=["fill"], min_width=200
        )
    with stage.controls(lesson.LIVE, first=True):
        effect = ui.Radio(CHOICES, value=d.effect, label="What to do")
        own = OwnBackground(
            label="your own background", elem_id="segmentation-background", visible="hidden"
        )
        model = ui.Radio(MODELS, value=controls["model"].value, label="Find")
        steadiness = ui.Slider(
            0, 0.9, d.steadiness, step=0.1, label="Steadiness (more: less flicker, a longer trail)"
        )
    with stage.controls(lesson.LIVE):
        gr.Markdown(HINT)
        badge = ui.Badge(label="timings")
    # For calls through the API: they have no visit whose background could be kept.
    background = DataPicture(visible=False, label="background")
    numbers = ui.Panel(visible=False, label="numbers")
    settings = lesson.Controls(
        FrameSettings, effect=effect, model=model, threshold=controls["threshold"],
        opacity=controls["opacity"], steadiness=steadiness, background=background,
    )  # fmt: skip
    with place:
        tab.live(
            segment_frame, [state], settings=settings, extra_outputs=[badge, diagram, numbers],
            browser=lesson.InBrowser(__name__, ask, parts=list_parts()),
        )  # fmt: skip
    tab.run(
        effect.change, lambda effect: gr.update(visible=effect == OWN or "hidden"), effect, own,
        api_name=None, show_progress="hidden",
    )  # fmt: skip
    tab.run(own.upload, keep_background, [state], None, api_name=None)
    tab.run(diagram.cut, keep_cut, [state], None, api_name=None, kind="stream")
    tab.run(model.input, forget, [state], None, api_name=None)

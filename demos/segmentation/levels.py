"""Inside the U: what every level shows, and what is lost without a skip connection."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.probes.map_grid import draw_grid
from cvcore.segmentation import DEFAULT_THRESHOLD, Level, Walk
from cvcore.segmentation.drawing import draw_disagreement
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import LEVELS
from demos.segmentation.state import LessonState, check_state, for_calls, once_there
from demos.segmentation.views import draw_figure, draw_page

TITLE = LEVELS


class UDiagram(ui.JsComponent):
    """The U with a picture at every level; fires ``cut`` with ``{cut: [level, ...]}``."""

    MARKUP = '<div class="ushape" role="group" aria-label="The U"></div>'
    SCRIPTS = ("levels.js",)
    STYLES = ("levels.css",)


def show_levels(
    state: LessonState | None, cut: list | None = None, threshold: float = DEFAULT_THRESHOLD
) -> tuple[dict, str]:
    """The U with its features, and the mask with and without the skip connections in ``cut``."""
    check_state(state)
    cut = cut or []
    if not isinstance(cut, list) or not all(type(level) is int for level in cut):
        raise InputError("The skip connections to cut are a list of numbers, 0 is the finest.")
    seg = cvcore.segmentation
    walk = seg.walk_levels(state.image, model=state.mask.model, cut=cut)
    diagram = draw_u(walk) | {
        "unsure": seg.unsure_share(walk.mask.probability),
        "unsure_whole": seg.unsure_share(state.mask.probability),
    }
    whole, now = state.mask.above(threshold), walk.mask.above(threshold)
    overlap = seg.compare_masks(now, whole)
    diagram["dice_to_whole"] = overlap.dice
    figures = [
        draw_figure(
            colourise(probability, colormap="viridis", vmin=0, vmax=1),
            f"{title}: <b>{unsure:.0%}</b> of edge and inside is undecided (0.1 to 0.9)",
        )
        for title, probability, unsure in (
            ("Whole network", state.mask.probability, diagram["unsure_whole"]),
            (name_cut(walk.cut), walk.mask.probability, diagram["unsure"]),
        )
    ]  # fmt: skip
    changed = draw_figure(
        draw_disagreement(state.image, now, whole),
        f"Masks: Dice <b>{overlap.dice:.2f}</b> to the whole network's; red is new, blue is lost",
    )
    return diagram, draw_page(f'<div class="masks">{"".join(figures)}{changed}</div>')


def name_cut(cut: tuple[int, ...]) -> str:
    """What was cut, in words."""
    if not cut:
        return "Nothing cut yet"
    return f"Without skip connection{'s' * (len(cut) > 1)} " + ", ".join(map(str, cut))


def draw_u(walk: Walk) -> dict:
    """What ``UDiagram`` shows of a pass through the U."""
    return {"levels": [draw_level(level) for level in walk.levels], "cut": list(walk.cut)}


def draw_tiles(level: Level) -> np.ndarray:
    """A level's strongest channels side by side."""
    return draw_grid(level.maps, cell_side=64).image


def draw_level(level: Level) -> dict:
    """The picture of a level, and its size."""
    channels, height, width = level.shape
    return {
        "side": level.side,
        "number": level.number,
        "shape": [channels, height, width],
        "words": f"{channels} × {height} × {width}",
        "src": images.to_data_uri(draw_tiles(level), format="png"),
    }


def read_cut(event: gr.EventData) -> list[int]:
    """The skip connections that were switched off in the diagram."""
    cut = getattr(event, "cut", [])
    return sorted({int(level) for level in cut if type(level) is int}) if cut else []


def build(
    tab: lesson.Tab, lazy: lesson.LazyTabs, state: gr.State, threshold: gr.Slider,
    model: gr.Radio, call: lesson.Controls,
) -> None:  # fmt: skip
    """The section with the diagram."""
    with tab.stage.controls(TITLE, first=True):
        cut = gr.JSON([], visible=False)
        gr.Markdown(
            "Down the left side the picture shrinks and channels grow; up the right side it grows "
            "back. **Click a skip connection** to cut it: the way up gets zeros there."
        )
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        diagram = UDiagram(
            label="levels", elem_id="segmentation-u", elem_classes=["fill"], min_width=200
        )
        result = gr.HTML(
            label="masks", elem_id="segmentation-cut", elem_classes=["fill"], min_width=200
        )
    inputs, outputs = [state, cut, threshold], [diagram, result]
    tab.run(diagram.cut, read_cut, None, cut, api_name=None, kind="stream")
    lazy.add(
        TITLE, section, once_there(show_levels), inputs, outputs, api_name=None, kind="stream",
        follows=[part.change for part in inputs],
    )  # fmt: skip
    tab.endpoint(
        for_calls(show_levels), inputs, [*outputs, state], settings=call,
        api_name="segmentation_levels",
    )  # fmt: skip
    tab.run(model.input, lambda: [], None, cut, api_name=None)

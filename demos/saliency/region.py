"""A painted region: how much of each map lies in it?"""

from typing import Any

import cv2
import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency.scores import share_inside
from demos import components as ui
from demos import lesson
from demos.saliency.controls import DEFAULT_METHOD
from demos.saliency.views import View, cut_square, draw_page, draw_region

TITLE = "Paint"
EMPTY = '<p class="soft">Paint over a part of the picture: the thing, or what lies behind it.</p>'


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
        return draw_page('<p class="soft">There are no maps of this picture yet.</p>')
    side = len(next(iter(view.maps.values())).input_map)
    mask = cv2.resize(mask.astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST) > 0
    return draw_region(view.maps, mask)


def region_share(
    image: np.ndarray | None, method: str, left: float, top: float, right: float, bottom: float
) -> dict:
    """For the API: the share of a map inside a rectangle, its edges as shares of the square."""
    edges = [
        cvcore.core.checks.check_setting("An edge", e, 0, 1) for e in (left, top, right, bottom)
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


def show_square(
    image: np.ndarray | None, model: str = DEFAULT_MODEL
) -> tuple[str | None, str, None]:
    """The square that the network sees, to paint on, with nothing painted yet."""
    square = None if image is None else images.to_data_uri(cut_square(image, model))
    return square, draw_page(EMPTY), None


def build(
    tab: lesson.Tab, picture: gr.Image, model: gr.Dropdown, view: gr.State, new_maps: list[Any]
) -> None:  # fmt: skip
    """The square to paint on, and the shares beside it. ``new_maps`` are events."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown(
            "A husky was taken for a wolf because of the snow behind it. Paint what the answer "
            "names: how much of each map lies on it? (All maps worked out so far are measured.)"
        )
        shares = gr.HTML(draw_page(EMPTY), elem_id="saliency-shares")
    section = tab.stage.view(TITLE)
    with section:
        painter = ui.Painter(elem_id="saliency-painter", elem_classes=["fill", "tall"])
    painted = gr.State()
    corners = [ui.Number(value, visible=False) for value in (0, 0, 1, 1)]
    method = gr.Textbox(DEFAULT_METHOD, visible=False)
    share = gr.JSON(visible=False, label="share")
    quiet = {"api_name": None, "kind": "stream"}
    tab.run(
        [section.select, picture.change, model.change], show_square, [picture, model],
        [painter, shares, painted], **quiet,
    )  # fmt: skip
    tab.run(painter.paint, measure_region, [view, picture, model], [shares, painted], **quiet)
    tab.run(new_maps, measure_again, [painted, view, picture, model], shares, **quiet)
    tab.endpoint(region_share, [picture, method, *corners], share, api_name="saliency_region")

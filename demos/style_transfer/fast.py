"""In one pass: the painting, and the 100 numbers it was painted with."""

from dataclasses import fields
from typing import Any

import gradio as gr
import numpy as np

from cvcore import style_transfer
from cvcore.core import images
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.style_transfer.controls import FastSettings
from demos.style_transfer.views import Says, draw_numbers, draw_painting

TITLES = ("One pass", "Before | after")  # of the views that show it

WHAT_TO_LOOK_FOR = (
    "To the network a style is these numbers and nothing else. Move the strength: what it paints "
    "with goes from the photograph’s own row to the style’s."
)


def show_fast(
    image: np.ndarray | None, style: np.ndarray | None, second: np.ndarray | None,
    settings: FastSettings,
) -> tuple[dict, str, dict]:  # fmt: skip
    """One pass: the painting, the numbers it was painted with, and the file to keep."""
    style_transfer.check_pictures(image, style)
    watch, mix, stroke = Stopwatch(), settings.mix, settings.stroke
    numbers = style_transfer.mix_numbers(
        image, style, strength=settings.strength, second=second, mix=mix, stroke=stroke
    )
    watch.lap("style numbers")
    small = style_transfer.fit(image, int(settings.side))
    watch.lap("preprocess")
    painted = style_transfer.paint(small, numbers, whirls=settings.whirls)
    watch.lap("network")
    if settings.keep_colours:
        painted = style_transfer.keep_colours(small, painted)
    rows = {"the style's 100 numbers": style_transfer.style_numbers(style, stroke=stroke)}
    if second is not None and mix:
        rows["the second style's"] = style_transfer.style_numbers(second, stroke=stroke)
    own = style_transfer.read_numbers(image, stroke=1)
    rows |= {"the photograph's own": own, "painted with": numbers}
    height, width = painted.shape[:2]
    value = draw_painting(
        painted, f"one pass: {watch.ms['network']:.0f} ms · {width} × {height} pixels",
        before=small, style=style,
    )  # fmt: skip
    value["panel"] = f"<p>{WHAT_TO_LOOK_FOR}</p>{draw_numbers(rows)}"
    watch.lap("drawing")
    value |= {"numbers": numbers.tolist(), "size": [height, width]}
    saved = ui.download_value("painting.png", images.to_png(painted), "image/png")
    return value, ui.badge(watch.ms), saved


def build(
    tab: lesson.Tab, image: gr.Image, style: gr.Image, second: gr.Image, parts: dict[str, Any]
) -> lesson.Controls:
    """The painting of one pass, and the numbers it was painted with; ``parts``: its controls by
    field of ``FastSettings``."""
    stage = tab.stage
    with stage.show(*TITLES):
        view = ui.BeforeAfter(
            label="painting", elem_id="style_transfer-fast", elem_classes=["fill", "picture-back"]
        )
    with stage.controls(*TITLES):
        Says("style_transfer-fast")
    with stage.told(*TITLES):
        badge, saved = ui.Badge(label="timings"), ui.Download("Painting (PNG)")
    controls = lesson.Controls(
        FastSettings, **{one.name: parts[one.name] for one in fields(FastSettings)}
    )
    inputs, outputs = [image, style, second], [view, badge, saved]
    tab.on_open(show_fast, inputs, outputs, settings=controls, show_progress_on=badge)
    tab.run(
        [image.change, style.change, second.change,
         *(controls[name].input for name in ("keep_colours", "whirls"))], show_fast,
        inputs, outputs, settings=controls, api_name="style_transfer", show_progress="hidden",
    )  # fmt: skip
    moved = [controls[name].input for name in ("strength", "mix", "side", "stroke")]
    tab.run(
        moved, show_fast, inputs, outputs, settings=controls, api_name=None, kind="stream"
    )  # fmt: skip
    return controls

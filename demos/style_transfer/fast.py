"""In one pass: the painting, and the 100 numbers it was painted with."""

import gradio as gr
import numpy as np

from cvcore import style_transfer
from cvcore.core import images
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.style_transfer.controls import FAST_DEFAULTS as DEFAULTS
from demos.style_transfer.controls import FastSettings
from demos.style_transfer.views import draw_numbers, draw_page, draw_picture


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
    painted = style_transfer.paint(small, numbers)
    watch.lap("network")
    if settings.keep_colours:
        painted = style_transfer.keep_colours(small, painted)
    rows = {"the style's 100 numbers": style_transfer.style_numbers(style, stroke=stroke)}
    if second is not None and mix:
        rows["the second style's"] = style_transfer.style_numbers(second, stroke=stroke)
    own = style_transfer.read_numbers(image, stroke=1)
    rows |= {"the photograph's own": own, "painted with": numbers}
    picture = draw_picture(painted, "The painting")
    html = f'<div class="pair"><div>{picture}</div><div>{draw_numbers(rows)}</div></div>'
    watch.lap("drawing")
    height, width = painted.shape[:2]
    value = {"html": draw_page(html), "numbers": numbers.tolist(), "size": [height, width]}
    saved = ui.download_value("painting.png", images.to_png(painted), "image/png")
    return value, ui.badge(watch.ms), saved


def build(
    tab: lesson.Tab, image: gr.Image, style: gr.Image, second: gr.Image, keep_colours: gr.Checkbox
) -> lesson.Controls:
    """The painting of one pass, with strength, mix and size."""
    d = DEFAULTS
    view = ui.Panel(label="painting", elem_id="style_transfer-fast")
    with gr.Row():
        strength = ui.Slider(0, 2, d.strength, step=0.05, label="Strength")
        mix = ui.Slider(0, 1, d.mix, step=0.05, label="Share of the second style")
    with gr.Row():
        side = ui.Slider(128, 768, d.side, step=32, label="Size, pixels")
        stroke = ui.Slider(1, 3, d.stroke, step=0.5, label="Size of the strokes")
        with gr.Column(min_width=200):
            badge = ui.Badge(label="timings")
            saved = ui.Download("Save the painting (PNG)")
    controls = lesson.Controls(
        FastSettings, keep_colours=keep_colours, strength=strength, mix=mix, side=side,
        stroke=stroke,
    )  # fmt: skip
    inputs, outputs = [image, style, second], [view, badge, saved]
    tab.on_open(show_fast, inputs, outputs, settings=controls)
    tab.run(
        [image.change, style.change, second.change, keep_colours.input], show_fast, inputs,
        outputs, settings=controls, api_name="style_transfer", show_progress="hidden",
    )  # fmt: skip
    tab.run(
        [strength.input, mix.input, side.input, stroke.input], show_fast, inputs, outputs,
        settings=controls, api_name=None, kind="stream",
    )  # fmt: skip
    return controls

"""Style transfer: a picture in the manner of another, watched as it forms."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore import images, style_transfer
from cvcore.errors import InputError
from cvcore.timing import Stopwatch
from demos import style_transfer_gatys as gatys
from demos import style_transfer_layers as layers
from demos import style_transfer_race as race
from demos import ui
from demos.style_transfer_views import draw_numbers, draw_page, draw_picture

TITLE = "Style transfer"
SHORT = "Style"  # on the tab's button
SUMMARY = "Your picture in the manner of another: in one pass, or step by step before your eyes."
DEFAULT_STYLE = "glass"  # looks well on the first picture
LESSON = r"""
**Step by step** (Gatys, Ecker and Bethge, 2015). Nothing is trained: the *picture* $x$ is changed
until a network that knows photographs sees the photograph's shapes and the painting's texture in
it. With $F^l$ the maps of layer $l$, one row a channel and one column a place,

$$L(x) = \alpha \underbrace{\frac{\|F^c(x)-F^c(\text{photo})\|^2}{\text{spread}}}_{\text{content}}
+ \beta \underbrace{\frac{1}{5}\sum_l w_l \frac{\|G^l(x)-G^l(\text{painting})\|^2}
{\|G^l(\text{painting})\|^2}}_{\text{style}} + \gamma\, TV(x), \qquad
G^l = \frac{1}{N} F^l F^{l\top}$$

The **Gram matrix** $G$ says how often two channels answer *together*, and forgets *where*: that is
why it holds a manner and no motif. **Total variation** $TV$, the squared difference between
neighbouring pixels, keeps the picture from becoming grainy. Here the channels' means are taken off
before $G$ and compared beside it, so that brightness does not drown texture.

**In one pass** (Ghiasi et al., 2017). A first network reads 100 numbers off the painting; a second
one paints. Its instance norms wipe out each map's own mean and spread and put others there, which
follow from the 100 numbers. It was trained on many thousands of paintings to lower the same loss
at once. Mixing two styles is mixing their numbers. The size of the strokes says how closely the
painting is read: at 2, the numbers are the mean of those of its four quarters.
"""


def show_fast(
    image: np.ndarray | None,
    style: np.ndarray | None,
    second: np.ndarray | None,
    keep_colours: bool,
    strength: float,
    mix: float,
    side: float,
    stroke: float,
) -> tuple[dict, str, dict]:
    """One pass: the painting, the numbers it was painted with, and the file to keep."""
    style_transfer.check_pictures(image, style)
    watch = Stopwatch()
    numbers = style_transfer.mix_numbers(
        image, style, strength=strength, second=second, mix=mix, stroke=stroke
    )
    watch.lap("style numbers")
    small = style_transfer.fit(image, int(side))
    watch.lap("preprocess")
    painted = style_transfer.paint(small, numbers)
    watch.lap("network")
    if keep_colours:
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


def read_numbers(
    style: np.ndarray | None, second: np.ndarray | None, mix: float, stroke: float
) -> np.ndarray | None:
    """What the webcam paints with; read once a style, not once a frame."""
    if style is None:
        return None
    return style_transfer.mix_numbers(style, style, second=second, mix=mix, stroke=stroke)


def stylise_frame(
    frame: np.ndarray,
    numbers: np.ndarray | None,
    strength: float,
    keep_colours: bool,
    side: float,
    name: str | None,
) -> tuple[np.ndarray, str]:
    """One webcam frame, painted, and where the time went.

    ``name`` is one of the bundled styles; without it, ``numbers`` are those of the style above.
    """
    watch = Stopwatch()
    if name:
        numbers = style_transfer.style_numbers(style_transfer.load_style(name))
        watch.lap("style numbers")
    if numbers is None:
        raise InputError("There is no style picture yet: upload one or click a style.")
    small = style_transfer.fit(frame, int(side), resample="bilinear")
    watch.lap("preprocess")
    painted = style_transfer.paint(small, style_transfer.weaken(numbers, small, strength))
    watch.lap("network")
    if keep_colours:
        painted = style_transfer.keep_colours(small, painted)
    watch.lap("colours")
    return painted, ui.badge(watch.ms)


def pick_style(event: gr.EventData) -> str:
    """The file of the style that was clicked."""
    name = str(getattr(event, "name", ""))
    if name not in style_transfer.index():
        raise InputError(f"There is no style called {name!r}.")
    return str(style_transfer.index()[name].path)


def style_input(tab: ui.Tab, label: str, value: str | None, elem_id: str) -> ui.SafeImage:
    """A style picture: an upload, or one of ours with one click."""
    image = ui.SafeImage(
        value=str(style_transfer.index()[value].path) if value else None,
        sources=["upload", "clipboard"],
        label=label,
        height=170,
        format="jpeg",
        buttons=["fullscreen"],
        elem_id=elem_id,
    )
    strip = ui.PictureStrip(list(style_transfer.index().values()), kind="style")
    tab.run(strip.pick, pick_style, None, image, api_name=None, queue=False, kind="stream")
    return image


def build(tab: ui.Tab) -> None:
    """Both pictures on the left, the ways to bring them together on the right."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            with gr.Row():
                with gr.Column(min_width=150):
                    image = tab.picture_input(height=170, elem_id="style_transfer-picture")
                with gr.Column(min_width=150):
                    style = style_input(tab, "Style", DEFAULT_STYLE, "style_transfer-style")
            keep_colours = gr.Checkbox(False, label="Keep the photograph's colours")
            with gr.Accordion("A second style", open=False):
                second = style_input(tab, "Second style", None, "style_transfer-second")
        with gr.Column(scale=3, min_width=320), gr.Tabs() as places:
            with gr.Tab("In one pass"):
                fast = build_fast()
            pictures = [image, style, second, keep_colours]
            with gr.Tab("Step by step"):
                board = gatys.build(tab, pictures)
            with gr.Tab("Race"):
                race.build(tab, image, style)
            with gr.Tab(layers.PLACE) as matrices:
                layers.build_grams(tab, places, matrices, image, style, board)
            with gr.Tab("Rebuild"):
                layers.build_rebuild(tab, image)
    gr.Markdown("## Live on the webcam")
    numbers = gr.State()
    badge = ui.Badge()
    strength, mix, side, stroke = fast["controls"]
    names = [(row.title, row.name) for row in style_transfer.index().values()]
    name = ui.Dropdown([("as chosen above", ""), *names], value="", label="Style on the webcam")
    controls = [numbers, strength, keep_colours, side, name]
    tab.live(stylise_frame, controls, extra_outputs=[badge])
    gr.Markdown("Second style, strength, strokes, colours and size are those chosen above.")
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.style_transfer.losses:gram_matrix",
        "cvcore.style_transfer.losses:style_error",
        "cvcore.style_transfer.losses:content_error",
        "cvcore.style_transfer.losses:total_variation",
        "cvcore.style_transfer.scene:Scene",
        "cvcore.style_transfer.gatys:stylise",
        "cvcore.models.style_network:StyledConv",
        "cvcore.style_transfer.fast:mix_numbers",
    )
    inputs = [*pictures, strength, mix, side, stroke]
    tab.on_open(show_fast, inputs, fast["outputs"])
    tab.run(
        [image.change, style.change, second.change, keep_colours.input],
        show_fast, inputs, fast["outputs"], api_name="style_transfer", show_progress="hidden",
    )  # fmt: skip
    tab.run(
        [strength.input, mix.input, side.input, stroke.input], show_fast, inputs, fast["outputs"],
        api_name=None, kind="stream",
    )  # fmt: skip
    tab.on_open(read_numbers, [style, second, mix, stroke], numbers, show_progress="hidden")
    tab.run(
        [style.change, second.change, mix.input, stroke.input], read_numbers,
        [style, second, mix, stroke], numbers, api_name=None, kind="stream",
    )  # fmt: skip


def build_fast() -> dict[str, Any]:
    """The painting of one pass, with strength, mix and size."""
    view = ui.Panel(elem_id="style_transfer-fast")
    with gr.Row():
        strength = ui.Slider(0, 2, 1, step=0.05, label="Strength")
        mix = ui.Slider(0, 1, 0.5, step=0.05, label="Share of the second style")
    with gr.Row():
        side = ui.Slider(128, 768, 384, step=32, label="Size, pixels")
        stroke = ui.Slider(1, 3, 2, step=0.5, label="Size of the strokes")
        with gr.Column(min_width=200):
            badge = ui.Badge()
            saved = ui.Download("Save the painting (PNG)")
    return {"controls": (strength, mix, side, stroke), "outputs": [view, badge, saved]}

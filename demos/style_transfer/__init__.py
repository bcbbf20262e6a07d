"""Style transfer: a picture in the manner of another, watched as it forms."""

import gradio as gr

from cvcore import style_transfer
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.style_transfer import fast, gatys, layers, live, race
from demos.style_transfer.controls import FAST_DEFAULTS

TITLE = "Style transfer"
SHORT = "Style"  # on the tab's button
SUMMARY = "Your picture in the manner of another: in one pass, or step by step before your eyes."
DEFAULT_STYLE = "glass"  # looks well on the first picture
CODE = (
    "cvcore.style_transfer.losses:gram_matrix",
    "cvcore.style_transfer.losses:style_error",
    "cvcore.style_transfer.losses:content_error",
    "cvcore.style_transfer.losses:total_variation",
    "cvcore.style_transfer.scene:Scene",
    "cvcore.style_transfer.gatys:stylise",
    "cvcore.style_transfer.gatys:paint_steps",
    "cvcore.models.style_network:StyledConv",
    "cvcore.style_transfer.fast:mix_numbers",
)


def pick_style(event: gr.EventData) -> str:
    """The file of the style that was clicked."""
    name = str(getattr(event, "name", ""))
    if name not in style_transfer.index():
        raise InputError(f"There is no style called {name!r}.")
    return str(style_transfer.index()[name].path)


def style_input(tab: lesson.Tab, label: str, value: str | None, elem_id: str) -> ui.SafeImage:
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


def build(tab: lesson.Tab) -> None:
    """Both pictures on the left, the ways to bring them together on the right."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            with gr.Row():
                with gr.Column(min_width=150):
                    image = tab.picture_input(height=170, elem_id="style_transfer-picture")
                with gr.Column(min_width=150):
                    style = style_input(tab, "Style", DEFAULT_STYLE, "style_transfer-style")
            keep_colours = gr.Checkbox(
                FAST_DEFAULTS.keep_colours, label="Keep the photograph's colours"
            )
            with gr.Accordion("A second style", open=False):
                second = style_input(tab, "Second style", None, "style_transfer-second")
        with gr.Column(scale=3, min_width=320):
            controls = _build_ways(tab, image, style, second, keep_colours)
    live.build(tab, style, second, controls, DEFAULT_STYLE)
    tab.lesson()
    tab.show_code(*CODE)


def _build_ways(
    tab: lesson.Tab, image: gr.Image, style: gr.Image, second: gr.Image, keep_colours: gr.Checkbox
) -> lesson.Controls:
    """The inner tabs; returns the controls of one pass, which the webcam takes as well."""
    lazy = lesson.LazyTabs(tab, ["In one pass", "Step by step", "Race", layers.GRAMS, "Rebuild"])
    with gr.Tabs():
        with gr.Tab("In one pass") as section:
            lazy.note("In one pass", section)
            controls = fast.build(tab, image, style, second, keep_colours)
        with gr.Tab("Step by step") as section:
            lazy.note("Step by step", section)
            state = gatys.build(tab, [image, style, second], keep_colours)
        with gr.Tab("Race") as section:
            lazy.note("Race", section)
            race.build(tab, image, style)
        with gr.Tab(layers.GRAMS) as section:
            layers.build_grams(tab, lazy, section, image, style, state)
        with gr.Tab("Rebuild") as section:
            lazy.note("Rebuild", section)
            layers.build_rebuild(tab, image)
    return controls

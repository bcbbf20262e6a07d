"""Style transfer: a picture in the manner of another, watched as it forms."""

import gradio as gr

from cvcore import style_transfer
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.style_transfer import fast, gatys, layers, live, race
from demos.style_transfer.controls import (
    FAST_DEFAULTS,
    build_mixture,
    build_more_weights,
    build_one_pass,
    build_steps,
    build_weights,
)

TITLE = "Style transfer"
SHORT = "Style"  # on the tab's button
SUMMARY = "How does a picture take on the manner of another: in one pass, and step by step?"
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


def style_input(
    tab: lesson.Tab, words: str, label: str, value: str | None, elem_id: str
) -> ui.SafeImage:
    """A style picture: one of ours with one click, or an upload behind the ``words``."""
    strip = ui.PictureStrip(list(style_transfer.index().values()), kind="style")
    with gr.Accordion(words, open=False):
        image = ui.SafeImage(
            value=str(style_transfer.index()[value].path) if value else None,
            sources=["upload", "clipboard"], label=label, height=130, format="jpeg",
            buttons=["fullscreen"], elem_id=elem_id,
        )  # fmt: skip
    tab.run(strip.pick, pick_style, None, image, api_name=None, queue=False, kind="stream")
    return image


def build(tab: lesson.Tab) -> None:
    """The style first in the rail, then what each view asks; the paintings on the stage."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    image = stage.picture_input(sample="chelsea", elem_id="style_transfer-picture")
    one, steps = fast.TITLES, gatys.TITLE
    with stage.controls(*one, steps, race.TITLE, layers.GRAMS, lesson.LIVE):
        style = style_input(
            tab, "Another style picture", "Style", DEFAULT_STYLE, "style_transfer-style"
        )
    with stage.controls(*one, steps, lesson.LIVE):
        keep_colours = gr.Checkbox(
            FAST_DEFAULTS.keep_colours, label="Keep the photograph's colours"
        )
    with stage.controls(*one, lesson.LIVE):
        strength = ui.Slider(0, 2, FAST_DEFAULTS.strength, step=0.05, label="Strength")
    with stage.controls(steps):
        buttons, weights = gatys.build_buttons(), build_weights()
    with stage.more(*one, steps, lesson.LIVE):
        gr.Markdown("**A second style**")
        second = style_input(
            tab, "Another second style", "Second style", None, "style_transfer-second"
        )
        with stage.part(*one, lesson.LIVE):
            mixture = build_mixture()
        with stage.part(*one):
            size = build_one_pass()
        with stage.part(steps):
            weights |= build_more_weights()
            run = build_steps()
    shared = {"keep_colours": keep_colours}
    lazy = lesson.LazyTabs(tab, [one[0], layers.GRAMS])
    controls = fast.build(
        tab, image, style, second, shared | {"strength": strength} | mixture | size
    )
    state = gatys.build(tab, [image, style, second], shared | weights | run, buttons)
    race.build(tab, image, style)
    layers.build_grams(tab, lazy, stage.view(layers.GRAMS), image, style, state)
    layers.build_rebuild(tab, image)
    live.build(tab, style, second, controls, DEFAULT_STYLE)
    lazy.note_others(stage.views)
    tab.lesson()
    tab.show_code(*CODE)

"""The panel "Relatives": with skips a U-Net, the decoder alone a generator."""

import gradio as gr

from demos import lesson
from demos.components.js_component import load_script

BOXES = ((4, 52), (24, 38), (44, 24), (62, 14), (80, 24), (100, 38), (120, 52))  # x, height
KINDS = (
    ("An autoencoder", "all of it", range(7), False, "", ""),
    ("… with skips: a U-Net", "a mask needs to know where, so fine maps go past the bottleneck",
     range(7), True, "segmentation", "Open Segmentation"),
    ("… the decoder alone: a generator", "random numbers in, a picture out", range(3, 7), False,
     "latent_space", "Open GAN"),
)  # fmt: skip


def draw_relative(shown: range, has_skips: bool, words: str) -> str:
    """Its layers as boxes, as high as their maps."""
    boxes = "".join(
        f'<rect x="{x}" y="{42 - high / 2}" width="12" height="{high}" rx="2" '
        f'class="{"code" if i == 3 else "on" if i in shown else "off"}"/>'
        for i, (x, high) in enumerate(BOXES)
    )
    skips = "".join(
        f'<path d="M{BOXES[i][0] + 6} {42 - BOXES[i][1] / 2}C{BOXES[i][0] + 6} {-4 + 6 * i} '
        f'{BOXES[6 - i][0] + 6} {-4 + 6 * i} {BOXES[6 - i][0] + 6} {42 - BOXES[i][1] / 2}"/>'
        for i in range(3)
    )
    return (
        f'<svg viewBox="0 0 136 72" role="img" aria-label="{words}">{boxes}'
        f"{skips if has_skips else ''}</svg>"
    )


def build(stage: lesson.Stage) -> None:
    """Three drawings, with links to the lessons."""
    rows = "".join(
        f"<figure>{draw_relative(shown, has_skips, title)}<figcaption><b>{title}</b><br>{words}. "
        + (f'<a href="?tab={topic}" data-topic="{topic}">{link}</a>' if topic else "")
        + "</figcaption></figure>"
        for title, words, shown, has_skips, topic, link in KINDS
    )
    with stage.panel("Relatives"):
        gr.HTML(
            f'<div class="ae-relatives">{rows}</div>',
            js_on_load=load_script("demos.lesson", "open_lesson.js"),
        )

"""Tab: convolution and pooling. A window slides over numbers, multiplies and adds up."""

from typing import Any

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.convolution import matrix, padding, picture, pooling, stacks
from demos.convolution.controls import build_panel

TITLE = "Convolution and pooling"
SHORT = "Convolution"  # on the tab's button
SUMMARY = "A small window slides over the numbers of a picture, multiplies, and adds up."


VIEWS = (matrix.TITLE, picture.TITLE, picture.WEBCAM, pooling.TITLE, padding.TITLE, stacks.TITLE)


def show_controls(name: str) -> list[Any]:
    """Beside the view of this name, only the controls that it listens to."""
    return [
        gr.Column(visible=name != stacks.TITLE),
        gr.Column(visible=name == matrix.TITLE),
        gr.Column(visible=name in (picture.TITLE, pooling.TITLE, padding.TITLE)),
        gr.Column(visible=name == matrix.TITLE),
        gr.Column(visible=name != matrix.TITLE),
        gr.Column(visible=name != pooling.TITLE),
        gr.Row(visible=name in (picture.TITLE, picture.WEBCAM)),
    ]


def build(tab: lesson.Tab) -> None:
    """The controls on the left, and the views that they act on."""
    lazy = lesson.LazyTabs(tab, VIEWS)
    with gr.Row():
        panel = build_panel(tab)
        with gr.Column(scale=4, min_width=320), gr.Tabs() as opened:
            matrix.build(tab, lazy, panel)
            picture.build(tab, lazy, panel)
            pooling.build(tab, lazy, panel)
            padding.build(tab, lazy, panel)
            stacks.build(tab, lazy)
    tab.lesson()
    tab.show_code(
        "cvcore.convolution:convolve",
        "cvcore.convolution:convolve_transposed",
        "cvcore.convolution:pool",
        "cvcore.convolution.windows:output_size",
        "cvcore.convolution.stack:describe_stack",
    )
    opened.select(None, None, None, js=ui.STOP_CAMERAS, api_visibility="private")
    lazy.shown.change(
        show_controls, lazy.shown, panel.boxes, show_progress="hidden", api_visibility="private"
    )

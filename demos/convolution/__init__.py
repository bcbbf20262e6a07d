"""Tab: convolution and pooling. A window slides over numbers, multiplies and adds up."""

from demos import lesson
from demos.convolution import matrix, padding, picture, pooling, stacks
from demos.convolution.controls import build_panel
from demos.convolution.names import VIEWS

TITLE = "Convolution and pooling"
SHORT = "Convolution"  # on the tab's button
SUMMARY = "A small window slides over the numbers of a picture, multiplies, and adds up."


def build(tab: lesson.Tab) -> None:
    """The controls beside the stage, and the views that they act on."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    for title in VIEWS:
        stage.view(title)
    lazy = lesson.LazyTabs(tab, VIEWS)
    panel = build_panel(tab)
    matrix.build(tab, lazy, panel)
    picture.build(tab, lazy, panel)
    pooling.build(tab, lazy, panel)
    padding.build(tab, lazy, panel)
    stacks.build(tab, lazy)
    lazy.note_others(stage.views)
    tab.lesson()
    tab.show_code(
        "cvcore.convolution:convolve",
        "cvcore.convolution:convolve_transposed",
        "cvcore.convolution:pool",
        "cvcore.convolution.windows:output_size",
        "cvcore.convolution.stack:describe_stack",
    )

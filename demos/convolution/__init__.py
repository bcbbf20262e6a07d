"""Tab: convolution and pooling. A window slides over numbers, multiplies and adds up."""

from demos import lesson
from demos.convolution import architectures, dense, matrix, norms, padding, picture, pooling
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
    dense.build(tab, lazy)
    architectures.build(tab, lazy)
    norms.build(tab, lazy)
    lazy.note_others(stage.views)
    tab.lesson()
    tab.show_code(
        "cvcore.convolution:convolve",
        "cvcore.convolution:convolve_transposed",
        "cvcore.convolution:pool",
        "cvcore.convolution.windows:output_size",
        "cvcore.convolution.stack:describe_stack",
        "cvcore.convolution.stack_programs:write_torch",
        "cvcore.convolution.named_models:describe_model",
        "cvcore.convolution.bill:compare_layers",
        "cvcore.convolution.template:match_template",
        "cvcore.convolution.shifts:recognise_shifted",
        "cvcore.convolution.columns:read_column",
        "cvcore.convolution.normalisation:normalise",
    )

"""Tab: feature maps. What does a network compute inside, layer by layer?"""

import gradio as gr

from demos import lesson
from demos.feature_maps import digits, live, picture
from demos.feature_maps.controls import DEFAULT_MODEL

TITLE = "Feature maps"
SUMMARY = "What does a network compute inside, layer by layer? Pick a stage, a layer, a channel."
NETWORKS = (DEFAULT_MODEL,)  # made ready


def build(tab: lesson.Tab) -> None:
    """A picture's maps, the webcam's, and a digit's."""
    with gr.Tabs() as views:
        with gr.Tab("Your picture", id=picture.ID):
            shared = picture.build(tab)
        with gr.Tab("Webcam") as section:
            live.build(tab, section, views, *shared)
        with gr.Tab("Draw a digit, see every map") as section:
            digits.build(tab, section)
    tab.lesson()
    tab.show_code(
        "cvcore.probes.hooks:record",
        "cvcore.feature_maps:extract",
        "cvcore.feature_maps:unit_gradient",
        "cvcore.feature_maps:channel_effects",
        "cvcore.probes.activation_maximization:maximise",
        "cvcore.probes.receptive_field:_slide",
    )

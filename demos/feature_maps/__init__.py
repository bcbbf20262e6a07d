"""Tab: feature maps. What does a network compute inside, layer by layer?"""

from demos import lesson
from demos.feature_maps import digits, live, picture
from demos.feature_maps.controls import DEFAULT_MODEL

TITLE = "Feature maps"
SHORT = "Maps"  # on the tab's button
SUMMARY = "What does a network compute inside, layer by layer?"
NETWORKS = (DEFAULT_MODEL,)  # made ready


def build(tab: lesson.Tab) -> None:
    """A picture's maps, closer looks at them, a digit's, and the webcam's."""
    lesson.Stage(tab, TITLE, SUMMARY)
    model, layer = picture.build(tab)
    digits.build(tab)
    live.build(tab, model, layer)
    tab.lesson()
    tab.show_code(
        "cvcore.probes.hooks:record",
        "cvcore.feature_maps:extract",
        "cvcore.feature_maps:unit_gradient",
        "cvcore.feature_maps:channel_effects",
        "cvcore.probes.activation_maximization:maximise",
        "cvcore.probes.receptive_field:_slide",
    )

"""The digits beside the maps, and the tab before there is a picture."""

import gradio as gr
import pytest

from cvcore.core.errors import InputError
from demos import components as ui
from demos import feature_maps as tab
from demos import lesson as lesson_demos
from demos.feature_maps import digits, picture
from demos.feature_maps import layer as layer_views
from demos.feature_maps import unit as unit_views
from demos.feature_maps.controls import Settings
from demos.feature_maps.widgets import Panel


def test_what_the_digits_network_likes_best_is_shown():
    html = digits.show_visualizations()["html"]
    for words in ("32 maps of convolution 1", "64 maps of convolution 2", "128 maps of"):
        assert words in html


def test_digit_on_one_screen():
    pad, value, _ = digits.show_example()
    assert value["digit"] == 2
    assert value["shapes"]["conv3"] == [128, 3, 3]
    assert value["html"].count("<img") == 6
    again, _ = digits.show_digit(ui.read_drawing(pad["src"]))
    assert again["probabilities"] == pytest.approx(value["probabilities"])


@pytest.mark.parametrize(
    "source",
    ["", None, 7, "data:image/png;base64,%%%", "data:text/html;base64,PGI+", "x" * 500_000],
)
def test_drawings_that_are_none(source):
    with pytest.raises(InputError, match="nothing drawn"):
        ui.read_drawing(source)


def test_without_a_pass_each_view_asks_for_a_picture():
    for call in (
        lambda: unit_views.show_pixels(None, 0, 0, 0, "gradient"),
        lambda: next(unit_views.draw_visualization(None, 0, 8, "fourier", "map")),
        lambda: unit_views.show_silence(None, 0, "silence", "selected", 1),
        lambda: layer_views.show_activity(None, 0),
        lambda: picture.choose_channel(None, 0, "index", "channel", "all"),
        lambda: picture.look(None, Settings()),
    ):
        with pytest.raises(InputError, match="no picture"):
            call()


def test_views_say_what_they_wait_for():
    with gr.Blocks() as page, gr.Tab("Feature maps") as block:
        tab.build(lesson_demos.Tab("feature_maps", block))
    views = ("pixels", "silence", "reaction", "activity", "norm", "kernel")
    panels = {part.elem_id: part.value for part in page.blocks.values() if isinstance(part, Panel)}
    for name in views:
        assert "Choose a picture" in panels[f"feature-maps-{name}"]["html"]

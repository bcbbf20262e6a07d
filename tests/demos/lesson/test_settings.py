"""Settings travel as one value, and the API names each of its fields."""

import inspect
from dataclasses import dataclass

import gradio as gr
import pytest

from demos import components as ui
from demos import lesson
from demos.lesson.settings import spread_settings, take_settings


@dataclass(frozen=True)
class Settings:
    stride: float = 1
    mode: str = "zero"


def controls() -> lesson.Controls:
    return lesson.Controls(Settings, stride=ui.Slider(1, 4, 1), mode=ui.Radio(["zero", "edge"]))


def test_every_field_has_its_control():
    for parts in ({"stride": ui.Slider(1, 4, 1)}, {"stride": 1, "mode": 2, "more": 3}):
        with pytest.raises(TypeError, match="Settings and its controls"):
            lesson.Controls(Settings, **parts)
    both = controls()
    assert list(both) == [both["stride"], both["mode"]]


def handler(image, settings):
    return image, settings


def generator(image, settings):
    yield image, settings


@pytest.mark.parametrize("one", [handler, generator])
def test_a_handler_gets_them_as_one_value(one):
    taking = take_settings(one, controls())
    assert list(inspect.signature(taking).parameters) == ["image", "stride", "mode"]
    assert inspect.isgeneratorfunction(taking) == inspect.isgeneratorfunction(one)
    given = taking("cat", mode="edge", stride=2)
    (answer,) = given if inspect.isgenerator(given) else (given,)
    assert answer == ("cat", Settings(2, "edge"))


def test_the_api_names_them():
    with gr.Blocks() as page, gr.Tab("Lesson") as block:
        tab = lesson.Tab("lesson", block)
        picture, answer = gr.Image(), gr.JSON()
        tab.endpoint(handler, [picture], [answer], settings=controls(), api_name="lesson")
    (endpoint,) = page.get_api_info()["named_endpoints"].values()
    names = [row["parameter_name"] for row in endpoint["parameters"]]
    assert names == ["image", "stride", "mode"]


def test_a_webcams_values_come_one_by_one():
    """Its own values first, then one value of all fields."""
    spread = spread_settings(handler, controls())
    assert spread("frame", 3, "edge") == ("frame", Settings(3, "edge"))
    with pytest.raises(ValueError, match="zip"):
        spread(3)

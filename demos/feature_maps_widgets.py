"""What is clicked on in the feature maps tab: stages and layers, the grid of maps, one map."""

from pathlib import Path
from typing import Any

import gradio as gr

_STYLE = Path(__file__).with_name("feature_maps.css").read_text(encoding="utf-8")


class _Widget(gr.HTML):
    """Draws a dict in the browser; calls through the API get the dict as it is."""

    SCRIPT, MARKUP = "", ""

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        script = Path(__file__).with_name(self.SCRIPT).read_text(encoding="utf-8")
        super().__init__(
            value, html_template=self.MARKUP, css_template=_STYLE, js_on_load=script, **kwargs
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, str]:
        return {"type": "object"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}


class Stages(_Widget):
    """The network as a row of stages, and the layers of one; fires ``pick`` with a layer's name."""

    SCRIPT = "feature_maps_stages.js"
    MARKUP = """<div class="stages" role="group" aria-label="Stages of the network"></div>
      <div class="layers" role="group" aria-label="Layers of the stage"></div>"""


class MapGrid(_Widget):
    """All maps of a layer as one picture; fires ``pick`` with the channel that is clicked."""

    SCRIPT = "feature_maps_grid.js"
    MARKUP = """<div class="grid" tabindex="0" role="application"
      aria-label="Maps of all channels: arrow keys move, Enter chooses">
      <img alt="Maps of all channels" hidden>
      <i class="chosen" hidden></i><i class="over" hidden></i></div>
      <output class="note"></output>"""


class ChannelView(_Widget):
    """One map, large, beside the picture; fires ``place`` with the row and column clicked."""

    SCRIPT = "feature_maps_channel.js"
    MARKUP = """<div class="channel" hidden><h3></h3><div class="pair">
      <figure><div class="frame map"><img alt="The map of the channel"><i></i></div>
        <figcaption>the map: point at a place</figcaption></figure>
      <figure><div class="frame picture"><img alt="The map over the picture"><i></i></div>
        <figcaption>over the picture, with what the place sees</figcaption></figure></div>
      <output class="note"></output><div class="places"></div><table class="facts"></table></div>"""


class DigitPad(_Widget):
    """A black pad to draw a digit on; fires ``draw`` with the drawing as a data address."""

    SCRIPT = "feature_maps_pad.js"
    MARKUP = """<canvas class="pad" width="280" height="280" tabindex="0"
      aria-label="Draw a digit here"></canvas>
      <button type="button" class="clear">Clear</button>"""


class Panel(gr.HTML):
    """Numbers with their drawing: a dict whose ``html`` is shown; the API gets the whole dict."""

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        super().__init__(
            value or {"html": ""},
            html_template='<div class="panel">${(value && value.html) || ""}</div>',
            css_template=_STYLE,
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, str]:
        return {"type": "object"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}

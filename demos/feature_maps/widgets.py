"""What is clicked on in the feature maps tab: stages and layers, the grid of maps, one map."""

from typing import Any

from demos import components as ui


class _Widget(ui.JsComponent):
    STYLES = ("style.css",)


class Stages(_Widget):
    """The network as a row of stages, and the layers of one; fires ``pick`` with a layer's name."""

    SCRIPTS = ("stages.js",)
    MARKUP = """<div class="stages" role="group" aria-label="Stages of the network"></div>
      <div class="layers" role="group" aria-label="Layers of the stage"></div>"""


class MapGrid(_Widget):
    """All maps of a layer as one picture; fires ``pick`` with the channel that is clicked."""

    SCRIPTS = ("grid.js",)
    MARKUP = """<div class="maps"><div class="place"><div class="grid fit" tabindex="0"
      role="application" aria-label="Maps of all channels: arrow keys move, Enter chooses">
      <img alt="Maps of all channels" hidden>
      <i class="chosen" hidden></i><i class="over" hidden></i></div></div>
      <output class="note"></output></div>"""


class ChannelView(_Widget):
    """One map, large, beside the picture; fires ``place`` with the row and column clicked."""

    SCRIPTS = ("channel.js",)
    MARKUP = """<div class="channel" hidden><h3></h3><div class="pair">
      <figure><div class="place"><div class="fit frame map" tabindex="0" role="application"
        aria-label="The map of the channel: arrow keys move, Enter chooses a place">
        <img alt="The map of the channel"><i></i></div></div>
        <figcaption>the map: point at a place</figcaption></figure>
      <figure><div class="place"><div class="fit frame picture">
        <img alt="The map over the picture"><i></i></div></div>
        <figcaption>over the picture, with what the place sees</figcaption></figure></div>
      <output class="note"></output><div class="places"></div>
      <dl class="facts"></dl></div>"""


class Favourite(_Widget):
    """What the channel in ``ChannelView`` likes best, where that was drawn ahead of time."""

    MARKUP = """<figure class="favourite" data-with="feature-maps-channel">
      <img alt="What the channel likes best" hidden><figcaption></figcaption></figure>"""


class Refusal(_Widget):
    """Why a number that was typed does not count, in a sentence beneath its field."""

    MARKUP = '<p class="refused" role="alert">${value || ""}</p>'

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(value="", **kwargs)  # type: ignore[arg-type]


# In a view of a pass before there is one.
NOT_YET = {
    "html": '<p class="soft">Choose a picture: this view appears as soon as the network has '
    "seen it.</p>"
}


class Panel(ui.Panel):
    """Numbers with their drawing, in this tab's look."""

    MARKUP = '<div class="panel">${(value && value.html) || ""}</div>'
    STYLES = ("style.css",)

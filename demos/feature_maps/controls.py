"""The settings of the feature maps tab: what is looked at, and how it is drawn."""

from dataclasses import dataclass, field

import gradio as gr
import numpy as np

from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import components as ui
from demos import lesson

SAMPLE = "chelsea"  # the picture that the tab opens with
SORTS = [("number", "index"), ("mean", "mean"), ("maximum", "maximum")]
STRONGEST = 36  # maps that a grid opens with: of hundreds each would be a speck
SHOWN = [(f"the {STRONGEST} strongest", "strongest"), ("all maps", "all")]
SCALES = [("each channel", "channel"), ("the layer", "layer"), ("all layers of its kind", "global")]


@dataclass(frozen=True)
class Settings:
    """A layer, the look of its grid, and the unit that is shown large."""

    model: str = DEFAULT_MODEL
    layer: str = "act1"
    sort: str = "index"  # of the grid
    scale: str = "channel"  # what the colours span
    channel: int | None = None  # None: the most active
    row: int | None = None  # of the channel's map; None: its strongest place
    column: int | None = None
    shown: str = "strongest"  # of the maps in the grid, or all


DEFAULTS = Settings()


@dataclass(frozen=True)
class Source:
    """What a call through the API is about. What it leaves out is as in its look before; in a
    first call, as the tab opens."""

    image: np.ndarray | None = field(default=None, repr=False)  # uint8 (H, W, 3)
    model: str | None = None
    layer: str | None = None

    def check_model(self) -> None:
        """``InputError`` for a model that the page does not offer."""
        known = registry.list_names("classification")
        if self.model and self.model not in known:
            raise InputError(f"Model: choose one of {', '.join(known)}.")


def build_source() -> lesson.Controls:
    """Parameters of the API alone: the page's own are never empty."""
    return lesson.Controls(
        Source,
        image=ui.SafeImage(visible=False, label="Picture, if another"),
        model=gr.Textbox(visible=False, label="Model, if another"),
        layer=gr.Textbox(visible=False, label="Layer, if another"),
    )

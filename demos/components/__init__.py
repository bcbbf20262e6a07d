"""Gradio's components as the lessons use them, and our own."""

from demos.components.badge import Badge, badge
from demos.components.download import Download, download_value
from demos.components.fields import (
    CheckboxGroup,
    Choice,
    Dropdown,
    File,
    Number,
    Radio,
    Slider,
    Video,
)
from demos.components.js_component import JsComponent, Panel
from demos.components.live import STOP_CAMERAS
from demos.components.pad import DigitPad, read_drawing
from demos.components.paint import Painter, read_mask
from demos.components.pictures import PictureStrip, SafeImage

__all__ = [
    "STOP_CAMERAS", "Badge", "CheckboxGroup", "Choice", "DigitPad", "Download", "Dropdown", "File",
    "JsComponent", "Number", "Painter", "Panel", "PictureStrip", "Radio", "SafeImage", "Slider",
    "Video", "badge", "download_value", "read_drawing", "read_mask",
]  # fmt: skip

"""Gradio's components as the lessons use them, and our own."""

from demos.components.badge import Badge, badge
from demos.components.before_after import (
    BeforeAfter,
    draw_after,
    draw_before,
    draw_corners,
    publish_picture,
    say_on_stage,
)
from demos.components.brush import Brush, draw_canvas, draw_tools
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
from demos.components.icons import draw_icon
from demos.components.js_component import JsComponent, Panel, call_module
from demos.components.live import STOP_CAMERAS
from demos.components.log_slider import LogSlider, draw_range
from demos.components.pad import DigitPad, read_drawing
from demos.components.paint import Painter, read_mask
from demos.components.pictures import PictureStrip, SafeImage
from demos.components.place import PlaceView
from demos.components.plane import Plane, to_sprite

__all__ = [
    "STOP_CAMERAS", "Badge", "BeforeAfter", "Brush", "CheckboxGroup", "Choice", "DigitPad",
    "Download", "Dropdown", "File", "JsComponent", "LogSlider", "Number", "Painter", "Panel",
    "PictureStrip", "PlaceView", "Plane", "Radio", "SafeImage", "Slider", "Video", "badge",
    "call_module", "download_value", "draw_after", "draw_before", "draw_canvas", "draw_corners",
    "draw_icon", "draw_range", "draw_tools", "publish_picture", "read_drawing", "read_mask",
    "say_on_stage", "to_sprite",
]  # fmt: skip

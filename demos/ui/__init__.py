"""What the tabs share: pictures in, errors, live video, explanations, one look."""

from demos.ui.drawn import Drawn, Panel
from demos.ui.errors import guard, read_int
from demos.ui.fields import CheckboxGroup, Choice, Dropdown, File, Number, Radio, Slider
from demos.ui.gpu import keep_here, prepare
from demos.ui.images import PictureStrip, SafeImage
from demos.ui.limits import MAX_QUEUE
from demos.ui.live import STOP_CAMERAS
from demos.ui.models import fetch_model, list_models
from demos.ui.pad import DigitPad, read_drawing
from demos.ui.page import LOOK, build_page, list_networks
from demos.ui.paint import Painter, read_mask
from demos.ui.parts import Badge, Download, badge, download_value
from demos.ui.serve import build_replica, launch_page
from demos.ui.tab import Tab
from demos.ui.turns import Moved, Newest, follow

__all__ = [
    "LOOK",
    "MAX_QUEUE",
    "STOP_CAMERAS",
    "Badge",
    "CheckboxGroup",
    "Choice",
    "DigitPad",
    "Download",
    "Drawn",
    "Dropdown",
    "File",
    "Moved",
    "Newest",
    "Number",
    "Painter",
    "Panel",
    "PictureStrip",
    "Radio",
    "SafeImage",
    "Slider",
    "Tab",
    "badge",
    "build_page",
    "build_replica",
    "download_value",
    "fetch_model",
    "follow",
    "guard",
    "keep_here",
    "launch_page",
    "list_models",
    "list_networks",
    "prepare",
    "read_drawing",
    "read_int",
    "read_mask",
]

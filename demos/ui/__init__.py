"""What the tabs share: pictures in, errors, live video, explanations, one look."""

from demos.ui.errors import guard
from demos.ui.fields import CheckboxGroup, Dropdown, Number, Radio, Slider
from demos.ui.images import SafeImage
from demos.ui.limits import MAX_QUEUE
from demos.ui.live import STOP_CAMERAS
from demos.ui.models import fetch_model, list_models
from demos.ui.page import build_page, launch_page
from demos.ui.parts import Badge, Download, badge, download_value
from demos.ui.tab import Tab

__all__ = [
    "MAX_QUEUE",
    "STOP_CAMERAS",
    "Badge",
    "CheckboxGroup",
    "Download",
    "Dropdown",
    "Number",
    "Radio",
    "SafeImage",
    "Slider",
    "Tab",
    "badge",
    "build_page",
    "download_value",
    "fetch_model",
    "guard",
    "launch_page",
    "list_models",
]

"""What a lesson is built with: its tab, the order of its work, the panels that all have."""

from demos.components.in_browser import InBrowser
from demos.lesson import charts
from demos.lesson.gpu import keep_here, prepare
from demos.lesson.lazy_tabs import LazyTabs
from demos.lesson.models import fetch_model, list_models
from demos.lesson.opener import Opener
from demos.lesson.progress import under_way
from demos.lesson.scheduling import LatestControls, RunToken, follow, renew
from demos.lesson.settings import Controls
from demos.lesson.stage import LIVE, Stage
from demos.lesson.tab import Tab
from demos.server.errors import guard, read_int

__all__ = [
    "LIVE", "Controls", "InBrowser", "LatestControls", "LazyTabs", "Opener", "RunToken", "Stage",
    "Tab", "charts", "fetch_model", "follow", "guard", "keep_here", "list_models", "prepare",
    "read_int", "renew", "under_way",
]  # fmt: skip

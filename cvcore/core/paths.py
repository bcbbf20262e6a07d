"""Where the program's files lie, and the user's cache folder."""

import os
import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def cache_dir() -> Path:
    """The user's cache folder (``GLASSBOX_CACHE`` overrides it); not created here."""
    if chosen := os.environ.get("GLASSBOX_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "glassbox"

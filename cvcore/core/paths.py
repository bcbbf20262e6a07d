"""Where the program's files lie, and the user's cache folder."""

import atexit
import logging
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# Installed, they are a part of the package; in the repository they stand beside it.
ASSETS = _PACKAGE / "assets"
if not ASSETS.is_dir():
    ASSETS = _PACKAGE.parent / "assets"


def cache_dir() -> Path:
    """The user's cache folder (``GLASSBOX_CACHE`` overrides it); not created here.

    A user without a home has one in the folder for temporary files until the program ends.
    """
    try:
        if chosen := os.environ.get("GLASSBOX_CACHE"):
            return Path(chosen).expanduser()
        return _find_base() / "glassbox"
    except RuntimeError:  # there is no home
        return _make_own()


def _find_base() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home())
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@cache
def _make_own() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="glassbox-cache-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def can_keep(folder: Path) -> bool:
    """Whether files can be written to a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def note_cache() -> None:
    """Say in the log when the cache folder cannot be written to: the program goes on without."""
    if not can_keep(cache_dir()):
        logging.getLogger("glassbox").warning(
            "Nothing can be written to %s: exported networks and downloads are not kept, and "
            "answers take longer. Set GLASSBOX_CACHE to a folder of your own.",
            cache_dir(),
        )

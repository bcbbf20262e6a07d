"""Memory that is no longer needed goes back to the system."""

import ctypes
import gc
import logging
import sys
import threading
from importlib import import_module

from demos.ui.limits import IDLE_SECONDS, MALLOC_ARENAS, TIDY_SECONDS

_M_ARENA_MAX = -8  # of glibc's malloc.h
_log = logging.getLogger("glassbox")


def limit_arenas() -> None:
    """Threads share few heaps: each of its own would keep what its largest task took (Linux)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(_M_ARENA_MAX, MALLOC_ARENAS)


def release_idle(older_than_s: float = IDLE_SECONDS) -> tuple[str, ...]:
    """Let go of networks that nobody asked for of late, and hand free memory back."""
    # A module that nobody imported yet has loaded nothing; where another thread is just importing
    # one, this waits for it.
    names: tuple[str, ...] = ()
    for module in ("cvcore.weights", "cvcore.runtime", "cvcore.latent_training"):
        if module in sys.modules:
            names += tuple(import_module(module).release(older_than_s))
    if names:
        gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)
    return names


def tidy(stopped: threading.Event, every_seconds: float = TIDY_SECONDS) -> None:
    """Release what is idle until ``stopped`` is set."""
    while not stopped.wait(every_seconds):
        try:
            release_idle()
        except Exception:
            _log.exception("Tidying up failed")

"""Memory that is no longer needed goes back to the system."""

import ctypes
import gc
import logging
import sys
import threading

from cvcore.engine import cache
from demos.server.limits import IDLE_SECONDS, MALLOC_ARENAS, TIDY_SECONDS

_M_ARENA_MAX = -8  # of glibc's malloc.h
_log = logging.getLogger("glassbox")


def limit_arenas() -> None:
    """Threads share few heaps: each of its own would keep what its largest task took (Linux)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        mallopt(_M_ARENA_MAX, MALLOC_ARENAS)


def release_idle(older_than_s: float = IDLE_SECONDS) -> tuple[str, ...]:
    """Let go of networks that nobody asked for of late, and hand free memory back."""
    names = cache.release(older_than_s)
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

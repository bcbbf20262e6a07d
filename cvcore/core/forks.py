"""What a forked child may not use any more is made anew there.

``multiprocessing``'s Pool, a DataLoader's workers or ``gunicorn --preload`` copy the process with
``os.fork``: the child has all of its memory and none of its threads but one. A lock that another
thread held would stay locked for ever, and a pool would wait for threads that are not there.
"""

import os
import threading
from collections.abc import Callable
from weakref import WeakSet


def call_in_children(renew: Callable[[], object]) -> None:
    """Call ``renew`` at the start of every forked child; where nothing forks (Windows), never."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


class Lock:
    """A lock for ``with``, re-entrant; a forked child finds it open, whoever held it before."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_locks: WeakSet[Lock] = WeakSet()


def _open_locks() -> None:
    for lock in list(_locks):
        lock._lock = threading.RLock()


call_in_children(_open_locks)

"""What was loaded is kept for whoever asks next, and let go of when nobody does.

Every cache of networks is an ``IdleCache``; ``release`` reaches them all. This module imports
nothing of the package but its lock.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

from cvcore.core.forks import Lock

LOADERS: list[Callable[..., Any]] = []
_caches: "list[IdleCache]" = []
MISSING = object()


class IdleCache:
    """Values by key, the longest unused first; at most ``most`` of them, if that is given."""

    def __init__(self, name: str, *, most: int | None = None) -> None:
        self.name, self.most = name, most
        self._kept: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()
        self._lock = Lock()
        _caches.append(self)

    def find(self, key: Hashable) -> Any:
        """The value kept under ``key``, which counts as used now, or ``MISSING``."""
        with self._lock:
            value, _ = self._kept.pop(key, (MISSING, 0.0))
            if value is not MISSING:
                self._kept[key] = value, time.monotonic()
            return value

    def keep(self, key: Hashable, value: Any, *, first: bool = False) -> Any:
        """Keep a value and return it; with ``first`` what came before it stays and is returned."""
        with self._lock:
            before, _ = self._kept.pop(key, (MISSING, 0.0))
            if first and before is not MISSING:
                value = before
            self._kept[key] = value, time.monotonic()
            while self.most is not None and len(self._kept) > self.most:
                self._kept.popitem(last=False)
            return value

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def keys(self) -> list[Hashable]:
        """All keys, the longest unused first."""
        with self._lock:
            return list(self._kept)

    def release(self, older_than_s: float = 0.0) -> tuple[str, ...]:
        """Let go of what was not asked for in the last ``older_than_s`` seconds; returns names."""
        with self._lock:
            now = time.monotonic()
            keys = [key for key, (_, used) in self._kept.items() if now - used >= older_than_s]
            for key in keys:
                del self._kept[key]
        words = (key if isinstance(key, tuple) else (key,) for key in keys)
        return tuple(f"{self.name}({', '.join(map(str, parts))})" for parts in words)


def keep_models(most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a loader of names and numbers: what it returns is kept and handed to all.

    At most ``most`` results are kept; the longest unused one goes first.
    """

    def decorate(load: Callable[..., Any]) -> Callable[..., Any]:
        cache = IdleCache(f"{load.__module__}.{load.__name__}", most=most)

        @wraps(load)
        def ask(*names: Hashable) -> Any:
            value = cache.find(names)
            if value is MISSING:
                # Others need not wait for it; of two that came at once the first is kept.
                value = cache.keep(names, load(*names), first=True)
            return value

        LOADERS.append(ask)
        return ask

    return decorate


def release(older_than_s: float = 0.0) -> tuple[str, ...]:
    """Let go of all that was not asked for in the last ``older_than_s`` seconds; returns names."""
    return tuple(name for cache in list(_caches) for name in cache.release(older_than_s))

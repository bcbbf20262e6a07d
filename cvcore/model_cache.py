"""Networks made from trained weights, kept for whoever asks next, and let go of when nobody does.

``cvcore.weights.release`` reaches all that is kept here.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

LOADERS: list[Callable[..., Any]] = []
_kept: dict[str, OrderedDict[Hashable, tuple[Any, float]]] = {}  # the longest unused first
_lock = threading.Lock()


def keep_models(most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a loader of names and numbers: what it returns is kept and handed to all.

    At most ``most`` results are kept; the longest unused one goes first.
    """

    def decorate(load: Callable[..., Any]) -> Callable[..., Any]:
        results = _kept.setdefault(f"{load.__module__}.{load.__name__}", OrderedDict())

        @wraps(load)
        def ask(*names: Hashable) -> Any:
            with _lock:
                found = names in results
                value = results.pop(names)[0] if found else None
                if found:
                    results[names] = value, time.monotonic()
            if found:
                return value
            value = load(*names)  # others need not wait for it
            with _lock:
                value, _ = results.pop(names, (value, 0.0))  # the first of two that came at once
                results[names] = value, time.monotonic()
                while len(results) > most:
                    results.popitem(last=False)
            return value

        LOADERS.append(ask)
        return ask

    return decorate


def release(older_than_s: float = 0.0) -> tuple[str, ...]:
    """Let go of what was not asked for in the last ``older_than_s`` seconds; returns names."""
    with _lock:
        now, names = time.monotonic(), []
        for loader, results in _kept.items():
            for key in [key for key, (_, used) in results.items() if now - used >= older_than_s]:
                del results[key]
                names.append(f"{loader}({', '.join(map(str, key))})")
        return tuple(names)

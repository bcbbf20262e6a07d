"""What turns long work while it goes on."""

import threading
from dataclasses import replace
from typing import Any, TypeVar

Settings = TypeVar("Settings")


class BaseSteering:
    """Holds what was asked for until the next step takes it; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, Any] = {}
        self._stop = threading.Event()

    def _ask(self, asked: dict[str, Any]) -> None:
        with self._lock:
            self._asked |= asked

    def stop(self) -> None:
        """End the work after the step that is under way."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def take(self, settings: Settings) -> Settings:
        """The settings, a dataclass, with what has been asked for since the last call."""
        if not self._asked:
            return settings
        with self._lock:
            asked, self._asked = self._asked, {}
        return replace(settings, **asked)  # type: ignore[type-var]

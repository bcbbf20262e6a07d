"""Where the milliseconds go."""

from time import perf_counter


class Stopwatch:
    """Splits a piece of work into named laps.

    >>> watch = Stopwatch()
    >>> watch.lap("preprocess")
    >>> sorted(watch.ms)
    ['preprocess']
    """

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        """Add the milliseconds since the last lap (or the start) to ``name``."""
        now = perf_counter()
        self.ms[name] = self.ms.get(name, 0.0) + (now - self._last) * 1000
        self._last = now

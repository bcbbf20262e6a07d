"""Long work that a test looks at from within: its steps are counted, and it waits to be stopped."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.support.server import PATIENCE_SECONDS

PACE = 0.1  # seconds that each further step takes at least: what goes on is still under way


@dataclass
class Work:
    """What became of a generator's runs: their steps, and whether the last one was whole."""

    wait_after: int = 0  # steps of a run, which then waits for ``leave``; 0: it does not wait
    steps: int = 0
    runs: int = 0
    running: int = 0
    whole: int = 0
    leave: threading.Event = field(default_factory=threading.Event)

    def hold(self, steps: int) -> None:
        """The runs from here on wait after so many steps; those before are forgotten."""
        self.steps, self.runs, self.whole, self.wait_after = 0, 0, 0, steps

    @property
    def ended(self) -> bool:
        return self.runs > 0 and self.running == 0

    @property
    def is_whole(self) -> bool:
        return self.whole == self.runs

    def watch(self, real: Any, *args: Any, **kwargs: Any) -> Any:
        self.runs += 1
        self.running += 1
        number = self.runs
        try:
            for count, step in enumerate(real(*args, **kwargs), start=1):
                self.steps += 1
                yield step
                if self.wait_after and count >= self.wait_after:
                    self.leave.wait(PATIENCE_SECONDS)
                    time.sleep(PACE)
            self.whole = number
        finally:
            self.running -= 1

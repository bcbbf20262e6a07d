"""Long work by turns: after each it gives its place in the queue back, and asks for another."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demos.lesson.gpu import keep_here
from demos.lesson.scheduling import RunToken
from demos.lesson.tab import Tab

TURN_SECONDS = 4.0  # after which work gives its place back, and queues for its next turn


class Work:
    """What a visit is to have done, piece after piece. It changes as it goes: it is never copied.

    A piece has a name, and how its states are begun; each state ends with one that is ``done``.
    """

    def __init__(self) -> None:
        self.plan: list[tuple[str, Callable[[], Iterator[Any]]]] = []  # the first is under way ...
        self.steps: Any = None  # ... once there are steps
        self.token = RunToken()
        self.lock = threading.RLock()

    def __deepcopy__(self, _: Any) -> "Work":
        return type(self)()  # as Gradio makes each visit its own

    def take(self, name: str, state: Any) -> None:
        """A piece has a newer state."""
        raise NotImplementedError

    def draw(self) -> Any:
        """What is shown of it as it stands."""
        raise NotImplementedError

    def begin(self, plan: Sequence[tuple[str, Callable[[], Iterator[Any]]]]) -> None:
        """Do this next; what is under way ends."""
        self.end()
        with self.lock:
            self.token.renew()
            self.plan = list(plan)

    def end(self) -> None:
        """Nothing goes on, and nothing is begun any more; what has come so far stays."""
        with self.lock:
            self.plan = []
            if self.steps is not None:
                self.steps.close()
                self.steps = None

    def step(self) -> bool:
        """One state more of what is planned; False once there is nothing."""
        with self.lock:
            if not self.plan:
                return False
            name, start = self.plan[0]
            if self.steps is None:
                self.steps = start()
            state = next(self.steps)
            self.take(name, state)
            if state.done:
                self.steps.close()
                self.steps, self.plan = None, self.plan[1:]
            return True

    @property
    def waiting(self) -> list[str]:
        """The names of what is not done; without the lock, which a step may hold for long."""
        return [name for name, _ in self.plan]


@keep_here
def run_turn(work: Work, turns: int) -> Iterator[tuple]:
    """One turn of what is planned, drawn as it goes; at its end, whether another is asked for.

    What is not done by then waits where it is, and goes on in its next turn.
    """
    mine, begun = work.token.newest, time.monotonic()
    try:
        yield work.draw(), gr.skip()  # at once: steps may be long
        while work.token.newest is mine and work.step():
            yield work.draw(), gr.skip()
            if time.monotonic() - begun > TURN_SECONDS:
                break
    except BaseException:  # Stop, a browser that is closed, or what could not be
        if work.token.newest is mine:
            work.end()
        raise
    if work.token.newest is mine:
        yield work.draw(), turns + 1 if work.plan else gr.skip()


def show_stopped(work: Work) -> Any:
    """What is there once nothing goes on any more."""
    work.end()
    return work.draw()


def take_turns(
    tab: Tab, run: Callable[..., Iterator[tuple]], state: gr.State,
    counts: Sequence[gr.State], outputs: Sequence[Any],
) -> list:  # fmt: skip
    """Run a turn whenever one of the ``counts`` rises: how often work was asked for, and how many
    turns it has had, which ``run`` raises to have another. Returns the events to be stopped.

    The progress is shown on the first of the ``outputs``.
    """
    asked, turns = counts
    return [
        tab.run(
            event, run, [state, turns], list(outputs), api_name=None, kind="heavy",
            trigger_mode="always_last", show_progress="minimal", show_progress_on=outputs[0],
        )
        for event in (asked.change, turns.change)
    ]  # fmt: skip

"""Long work in a thread of its own, watched as it goes."""

import threading
from collections.abc import Callable, Generator
from typing import Generic, Protocol, TypeVar


class State(Protocol):
    """How work stands: what it shows of itself."""

    @property
    def done(self) -> bool:
        """It is the last one."""


S = TypeVar("S", bound=State)


class Slot(Generic[S]):
    """Where work puts its states: it holds the newest until that is taken."""

    def __init__(self, waits: bool) -> None:
        self._changed = threading.Condition()
        self._waits = waits
        self._newest: S | None = None
        self._error: BaseException | None = None
        self._asked = self._closed = False

    def put(self, state: S) -> None:
        """Show a state; the last one is never replaced."""
        with self._changed:
            self._newest = state
            self._changed.notify_all()
            if self._waits and not state.done:
                self._changed.wait_for(lambda: self._closed or self._is_next_asked_for())

    def _is_next_asked_for(self) -> bool:
        return self._asked and self._newest is None

    def fail(self, error: BaseException) -> None:
        """The work ends with an error, which is raised where the states are taken."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def take(self) -> S:
        """The newest state, once there is one that was not taken."""
        with self._changed:
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._newest is not None or self._error is not None)
            self._asked = False
            state, self._newest = self._newest, None
            if state is not None:
                return state
            assert self._error is not None
            raise self._error

    def close(self) -> None:
        """Nobody takes any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def is_closed(self) -> bool:
        """The work is to end at its next step."""
        return self._closed


def stream(
    work: Callable[[Slot[S]], None], *, name: str, waits: bool = False
) -> Generator[S, None, None]:
    """Have ``work`` done in a thread of that ``name``, and yield the states that it puts, the
    newest each time, the last one ``done``.

    The work goes on between two states; with ``waits`` it waits after each until the next is asked
    for. Closing the iterator closes the slot, which the work looks at after each step, and waits
    for its end. What the work raises is raised here.
    """
    slot: Slot[S] = Slot(waits)

    def run() -> None:
        try:
            work(slot)
        except BaseException as error:
            slot.fail(error)
        else:
            slot.fail(RuntimeError(f"The work of {name} ended without its last state."))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        while True:
            state = slot.take()
            yield state
            if state.done:
                return
    finally:
        slot.close()
        thread.join()

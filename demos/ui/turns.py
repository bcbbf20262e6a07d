"""Long work takes turns: it ends in time, and shares the cores with whatever runs beside it."""

import inspect
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from typing import Any

import gradio as gr

from cvcore.device import cpu_count, limit_threads
from cvcore.errors import InputError
from demos.ui.errors import guard
from demos.ui.gpu import borrow_gpu
from demos.ui.limits import LONGEST_SECONDS

TOO_LONG = (
    f"This was ended after {LONGEST_SECONDS // 60} minutes, so that others get their turn: "
    "take fewer steps or a smaller picture."
)
_running = 0  # long works
_lock = threading.Lock()


@contextmanager
def _running_long():
    global _running
    with _lock:
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1


def share_cores(beside: int = 0) -> None:
    """PyTorch's threads for this thread's next work, with all long works and ``beside`` more.

    PyTorch's threads meet after every layer: where there are more of them than cores, most wait.
    """
    limit_threads(max(1, cpu_count() // max(1, _running + beside)))


class Newest:
    """Which of a visit's runs was asked for last; each visit has its own, in a ``gr.State``."""

    run: object = None


def newest_wins(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A generator that ends at its next step once its visitor has asked for another run.

    The handler gets the visit's ``Newest`` before its own values.
    """

    def replaceable(newest: Newest, *args: Any) -> Any:
        mine = newest.run = object()
        for value in handler(*args):
            if newest.run is not mine:
                return
            yield value

    return replaceable


class Moved:
    """Where a visitor's sliders have been moved to while long work goes on, in a ``gr.State``."""

    values: list | None = None


def follow(work: Callable[..., Any], redraw: Callable[..., Any]) -> tuple[Callable, Callable]:
    """A generator and the handler of sliders that its drawing depends on, which know of each other.

    Of the generator's outputs the first is drawn from the last, which is kept; ``redraw(kept,
    *sliders)`` draws it anew. Both get the visit's ``Moved`` after their own values, and what is
    drawn next is drawn by the sliders as they stand, not by what they were when the work began.
    """

    @wraps(work)
    def following(*args: Any) -> Any:
        *args, moved = args
        moved.values = None
        for drawn, *others, kept in work(*args):
            if moved.values is not None and drawn != gr.skip():
                drawn = redraw(kept, *moved.values)
            yield drawn, *others, kept

    def redrawing(*args: Any) -> Any:
        kept, *values, moved = args
        moved.values = values
        return redraw(kept, *values)

    return following, redrawing


def light_work(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A quick handler; its errors become one sentence."""

    @wraps(handler)
    def shared(*args: Any) -> Any:
        share_cores(beside=1)
        return handler(*args)

    return guard(handler if inspect.isgeneratorfunction(handler) else shared)


def long_work(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A long handler, mostly a generator, ended at its next step when it takes too long."""
    handler = borrow_gpu(handler)
    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def taking_turns(*args: Any) -> Any:
            end = time.monotonic() + LONGEST_SECONDS
            with _running_long():
                share_cores()
                for value in handler(*args):
                    yield value
                    if time.monotonic() > end:
                        raise InputError(TOO_LONG)
                    share_cores()
    else:

        @wraps(handler)
        def taking_turns(*args: Any) -> Any:
            with _running_long():
                share_cores()
                return handler(*args)

    return guard(taking_turns)

"""Long work takes turns: it ends in time, and shares the cores with whatever runs beside it."""

import inspect
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError
from cvcore.engine.device import cpu_count, limit_threads
from demos.lesson.gpu import borrow_gpu
from demos.server.errors import guard
from demos.server.limits import LONGEST_SECONDS

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


class RunToken:
    """Which of a visit's runs was asked for last; each visit has its own, in a ``gr.State``."""

    newest: object = None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asks = 0

    def __deepcopy__(self, _: Any) -> "RunToken":
        return RunToken()  # as Gradio makes each visit its own

    def count(self, asked: int) -> int:
        """How often work has been asked for: more than ``asked``, and never the same number twice.

        Two events of a visit may have read the same number; the second would change nothing.
        """
        with self._lock:
            self._asks = max(self._asks, asked) + 1
            return self._asks

    def renew(self) -> object:
        """End the run under way at its next step; returns what marks the new one."""
        self.newest = object()
        return self.newest


def renew(*tokens: RunToken) -> None:
    """What is at work under these tokens ends at its next step."""
    for token in tokens:
        token.renew()


def answer_whole(handler: Callable[..., Any], count: int) -> Callable[..., Any]:
    """A generator for ``count`` outputs whose last answer holds all that it has given.

    Callers of the API get the last answer alone: there, "as before" (``gr.skip()``) is nothing.
    """

    @wraps(handler)
    def whole(*args: Any, **kwargs: Any) -> Any:
        given, last = [_NOTHING] * count, []
        for values in handler(*args, **kwargs):
            yield values
            last = [values] if count == 1 else list(values)
            given = [
                old if _is_as_before(new) else new for old, new in zip(given, last, strict=True)
            ]
        best = [new if old is _NOTHING else old for old, new in zip(given, last, strict=False)]
        if any(one is not new for one, new in zip(best, last, strict=True)):
            yield best[0] if count == 1 else tuple(best)

    whole.answers_whole = True  # type: ignore[attr-defined]
    return whole


_NOTHING = object()


def _is_as_before(value: Any) -> bool:
    """True for ``gr.skip()``, and for updates of a component that leave its value alone."""
    is_update = isinstance(value, dict) and value.get("__type__") == "update"
    return is_update and "value" not in value


def newest_wins(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A generator that ends at its next step once its visitor has asked for another run.

    The handler gets the visit's ``RunToken`` before its own values.
    """

    @wraps(handler)
    def replaceable(run: RunToken, *args: Any, **kwargs: Any) -> Any:
        mine = run.renew()
        for value in handler(*args, **kwargs):
            if run.newest is not mine:
                return
            yield value

    _name_parameters(replaceable, handler, first="run")
    return replaceable


def _name_parameters(
    wrapper: Callable[..., Any], handler: Callable[..., Any], *, first: str = "", last: str = ""
) -> None:
    """Name a wrapper's parameters as the handler's: the API shows their names."""
    own = list(inspect.signature(handler).parameters.values())
    plain = [one for one in own if one.kind is not one.KEYWORD_ONLY]
    named = [one for one in own if one.kind is one.KEYWORD_ONLY]
    kind = inspect.Parameter.POSITIONAL_ONLY
    before, after = ([inspect.Parameter(n, kind)] if n else [] for n in (first, last))
    plain = [one.replace(kind=kind, default=one.empty) for one in plain]
    wrapper.__signature__ = inspect.Signature([*before, *plain, *after, *named])


class LatestControls:
    """Where a visitor's sliders have been moved to while long work goes on, in a ``gr.State``."""

    values: list | None = None


def follow(work: Callable[..., Any], redraw: Callable[..., Any]) -> tuple[Callable, Callable]:
    """A generator and the handler of sliders that its drawing depends on, which know of each other.

    Of the generator's outputs the first is drawn from the last, which is kept; ``redraw(kept,
    *sliders)`` draws it anew. Both get the visit's ``LatestControls`` after their own values, and
    what is drawn next is drawn by the sliders as they stand, not by what they were when the work
    began.
    """

    @wraps(work)
    def following(*args: Any, **kwargs: Any) -> Any:
        *args, moved = args
        moved.values = None
        for drawn, *others, kept in work(*args, **kwargs):
            if moved.values is not None and drawn != gr.skip():
                drawn = redraw(kept, *moved.values)
            yield drawn, *others, kept

    @wraps(redraw)
    def redrawing(*args: Any) -> Any:
        kept, *values, moved = args
        moved.values = values
        return redraw(kept, *values)

    _name_parameters(following, work, last="moved")
    _name_parameters(redrawing, redraw, last="moved")
    return following, redrawing


def light_work(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A quick handler; its errors become one sentence."""

    @wraps(handler)
    def shared(*args: Any, **kwargs: Any) -> Any:
        share_cores(beside=1)
        return handler(*args, **kwargs)

    return guard(handler if inspect.isgeneratorfunction(handler) else shared)


def long_work(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A long handler, mostly a generator, ended at its next step when it takes too long."""
    handler = borrow_gpu(handler)
    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def taking_turns(*args: Any, **kwargs: Any) -> Any:
            end = time.monotonic() + LONGEST_SECONDS
            with _running_long():
                share_cores()
                for value in handler(*args, **kwargs):
                    yield value
                    if time.monotonic() > end:
                        raise InputError(TOO_LONG)
                    share_cores()
    else:

        @wraps(handler)
        def taking_turns(*args: Any, **kwargs: Any) -> Any:
            with _running_long():
                share_cores()
                return handler(*args, **kwargs)

    return guard(taking_turns)

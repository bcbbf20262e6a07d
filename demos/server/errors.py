"""Errors become one sentence at the border of the page."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio_client.utils import is_http_url_like

from cvcore.core.errors import InputError, SetupError, is_disk_full

UNEXPECTED = "Something went wrong here. Try again, or try another picture."
DISK_FULL = "The server's disk has no room left for this: tell whoever runs this page."
MISFIT = 'These values do not fit what is asked for: see "Use via API" at the foot of the page.'
ADDRESS = "Addresses of other places are not opened here: upload the file itself."
_log = logging.getLogger("glassbox")


def describe_error(error: Exception) -> str:
    """The sentence that a visitor reads; what nobody foresaw goes to the log in full."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, gr.Error):
        return error.message
    if isinstance(error, SetupError):
        _log.error("%s", error)
        return str(error)
    if is_disk_full(error):
        _log.error("%s", error)
        return DISK_FULL
    _log.error("Unexpected error", exc_info=error)
    return UNEXPECTED


def read_int(event: gr.EventData, name: str) -> int:
    """A whole number that a drawing on the page sent, 0 without one.

    Raises ``InputError`` for anything else: not only the page itself can send events.
    """
    try:
        return int(getattr(event, name, 0) or 0)
    except (TypeError, ValueError, OverflowError):
        raise InputError(MISFIT) from None


def guard(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a handler or a generator so that whatever it raises reaches the page as a sentence."""

    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except Exception as error:
                raise gr.Error(describe_error(error), print_exception=False) from None
    else:

        @wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return handler(*args, **kwargs)
            except Exception as error:
                raise gr.Error(describe_error(error), print_exception=False) from None

    return guarded


class Page(gr.Blocks):
    """Blocks that answer values of a wrong kind or number with one sentence, too.

    Gradio checks them before any handler of ours is reached.
    """

    async def process_api(
        self, *args: Any, request: Any = None, event_id: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """As Gradio's, but whose run it is is known while values are read, too, not only to the
        handler: a field may tell its visitor something. It is forgotten afterwards, as the queue
        keeps its last run, and with that the visitor's picture."""
        known = LocalContext.request.set(request), LocalContext.event_id.set(event_id)
        try:
            return await super().process_api(*args, request=request, event_id=event_id, **kwargs)
        finally:
            for part, before in zip(
                (LocalContext.request, LocalContext.event_id), known, strict=True
            ):
                part.reset(before)

    async def preprocess_data(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if _names_address([*args[1:], *kwargs.values()]):
                raise gr.Error(ADDRESS, print_exception=False)
            return await super().preprocess_data(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            _log.info("Refused: %s", error)
            raise gr.Error(MISFIT, print_exception=False) from None

    async def call_function(self, *args: Any, **kwargs: Any) -> Any:
        """As Gradio's, but a run stopped before its first step ends there and then.

        The queue keeps its last task, whose error would keep the run itself through its frames.
        """
        try:
            return await super().call_function(*args, **kwargs)
        except asyncio.CancelledError as error:
            raise error.with_traceback(None) from None


def _names_address(value: Any) -> bool:
    """True when a file is given by an ``http`` address, which Gradio would fetch by itself."""
    if isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and is_http_url_like(path):
            return True
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return any(_names_address(part) for part in value)

"""Errors become one sentence at the border of the page."""

import inspect
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from cvcore.errors import InputError

UNEXPECTED = "Something went wrong here. Try again, or try another picture."
_log = logging.getLogger("glassbox")


def describe_error(error: Exception) -> str:
    """The sentence that a visitor reads; what nobody foresaw goes to the log in full."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, gr.Error):
        return error.message
    _log.error("Unexpected error", exc_info=error)
    return UNEXPECTED


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

"""Errors become one sentence at the border of the page."""

import inspect
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr

from cvcore.core.errors import (
    InputError,
    NoPictureError,
    SetupError,
    UnfitPictureError,
    is_disk_full,
)

UNEXPECTED = "Something went wrong here. Try again, or try another picture."
DISK_FULL = "The server's disk has no room left for this: tell whoever runs this page."
MISFIT = 'These values do not fit what is asked for: see "Use via API" at the foot of the page.'
ADDRESS = "Addresses of other places are not opened here: upload the file itself."
_log = logging.getLogger("glassbox")


class RefusedPictureError(InputError):
    """A visitor's picture that cannot be read; ``address`` is where it lies."""

    def __init__(self, text: str, address: str) -> None:
        super().__init__(text)
        self.address = address


class PictureMessage(gr.Error):
    """Says that a picture is refused, or missing where ``address`` is empty.

    ``field`` is the name, or else the number, of the field that it came in by, where it is known.
    """

    def __init__(self, text: str, address: str = "", field: str | int | None = None) -> None:
        super().__init__(text, print_exception=False)
        self.address, self.field = address, field


class UnfitPictureMessage(gr.Error):
    """Says that nothing can be made of a picture that can be read."""

    def __init__(self, text: str) -> None:
        super().__init__(text, print_exception=False)


def to_message(error: Exception) -> gr.Error:
    """What the page is told of whatever was raised."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, RefusedPictureError):
        return PictureMessage(str(error), error.address)
    if isinstance(error, NoPictureError):
        return PictureMessage(str(error))
    if isinstance(error, UnfitPictureError):
        return UnfitPictureMessage(str(error))
    return gr.Error(describe_error(error), print_exception=False)


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
                raise to_message(error) from None
    else:

        @wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return handler(*args, **kwargs)
            except Exception as error:
                raise to_message(error) from None

    return guarded

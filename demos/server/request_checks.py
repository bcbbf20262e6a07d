"""The server's doors: what no visitor needs stays shut, and no request is larger than it may be."""

import logging
import re
from collections.abc import Callable
from typing import Any

from starlette.responses import PlainTextResponse

from cvcore.core.errors import is_disk_full
from demos.server.errors import DISK_FULL
from demos.server.limits import MAX_REQUEST_BYTES

# Gradio would fetch other addresses for a visitor, keep a session in a file, or cut a recording.
SHUT = re.compile(r"/(file[=/]https?:|proxy=|deep_link|process_recording|vibe-|undo-vibe-)", re.I)
TOO_LARGE = f"This is more than {MAX_REQUEST_BYTES // 1_000_000} MB at once: send less."
MISSHAPEN = "This request could not be understood."
_log = logging.getLogger("glassbox")


class _TooLargeError(Exception):
    pass


class RequestChecks:
    """Middleware that answers such requests itself, before anything is read or kept."""

    def __init__(self, app: Any, max_bytes: int = MAX_REQUEST_BYTES) -> None:
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if SHUT.search(scope["path"]):
            return await PlainTextResponse("There is nothing here.", 404)(scope, receive, send)
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self.max_bytes:
            await self._drain(receive)
            return await PlainTextResponse(TOO_LARGE, 413)(scope, receive, send)
        taken, has_answered = 0, False

        async def count() -> dict:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_bytes:  # sent in pieces, without stating a length
                raise _TooLargeError
            return message

        async def note(message: dict) -> None:
            nonlocal has_answered
            has_answered = True
            await send(message)

        try:
            await self.app(scope, count, note)
        except _TooLargeError:
            if not has_answered:
                await PlainTextResponse(TOO_LARGE, 413)(scope, receive, send)
        except Exception as error:  # of a request's form: what handlers raise is a sentence already
            _log.error("Refused %s: %r", scope["path"], error)
            if not has_answered:
                text, status = (DISK_FULL, 507) if is_disk_full(error) else (MISSHAPEN, 400)
                await PlainTextResponse(text, status)(scope, receive, send)

    async def _drain(self, receive: Callable) -> None:
        """Read a request that is refused, up to the limit: who is still sending hears no answer."""
        taken = 0
        while taken <= self.max_bytes:
            message = await receive()
            taken += len(message.get("body", b""))
            if not message.get("more_body"):
                return

"""A mistake in Gradio's page, mended on its way to the browser.

What happens while a handler of the kind "always_last" runs is to be answered once more when it
ends. Gradio's page (6.31) then starts all handlers of that event again, not this one alone. Where
an event has two such handlers and comes twice in a row, as when a slider moves, they go on starting
each other for as long as the page is open.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.responses import Response

ALL_AGAIN = re.compile(
    r"this\.queue\.has\((\w+)\.id\)&&\(this\.queue\.delete\(\1\.id\),this\.dispatch\((\w+)\)\)"
)
ONE_AGAIN = (
    r"this.queue.has(\1.id)&&(this.queue.delete(\1.id),this.dispatch({type:'fn',fn_index:\1.id,"
    r"event_data:\2.event_data??null,target_id:\2.target_id}))"
)


@cache
def mend() -> tuple[str, str] | None:
    """The name of the script and its text as it should be; None where there is nothing to mend."""
    for path in Path(gr.__file__).parent.glob("templates/frontend/**/Blocks-*.js"):
        text, count = ALL_AGAIN.subn(ONE_AGAIN, path.read_text())
        if count:
            return path.name, text
    return None


class MendedPage:
    """Middleware that answers for that one script."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        found = mend() if scope["type"] == "http" else None
        if found and scope["path"].endswith(f"/{found[0]}"):
            # of another age than Gradio's own, which a browser may have kept
            headers = {"cache-control": "no-cache"}
            answer = Response(found[1], media_type="text/javascript", headers=headers)
            return await answer(scope, receive, send)
        await self.app(scope, receive, send)

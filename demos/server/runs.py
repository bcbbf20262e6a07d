"""The page's runs: whose they are, what they are given, and what becomes of refused pictures."""

import asyncio
import logging
from typing import Any

import gradio as gr
from gradio.context import LocalContext
from gradio_client.utils import is_http_url_like

from demos.server import emptied
from demos.server.errors import ADDRESS, MISFIT

_log = logging.getLogger("glassbox")


class Page(gr.Blocks):
    """Blocks that answer values of a wrong kind or number with one sentence, too.

    Gradio checks them before any handler of ours is reached.
    """

    async def process_api(
        self, block_fn: Any, inputs: list, state: Any = None, request: Any = None,
        iterator: Any = None, *args: Any, event_id: str | None = None, event_data: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """As Gradio's, but whose run it is is known while values are read, too, not only to the
        handler: a field may tell its visitor something. It is forgotten afterwards, as the queue
        keeps its last run, and with that the visitor's picture.

        A run of the page's whose picture is missing or refused empties its answers."""
        fn = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        target = self._find_part(getattr(event_data, "target", None), state)
        known = LocalContext.request.set(request), LocalContext.event_id.set(event_id)
        try:
            return await super().process_api(
                fn, inputs, state, request, iterator, *args, event_id=event_id,
                event_data=event_data, **kwargs,
            )  # fmt: skip
        except gr.Error as error:
            if not emptied.is_about_picture(error, fn, target, inputs):
                raise
            if iterator:  # what it has answered so far is of its own picture: it stays
                self._drop_run_streams(kwargs.get("session_hash"), iterator)
            return await emptied.empty(
                self, error, fn, target, inputs, state, keeps=iterator is not None
            )
        finally:
            for part, before in zip(
                (LocalContext.request, LocalContext.event_id), known, strict=True
            ):
                part.reset(before)

    def _find_part(self, target: Any, state: Any) -> Any:
        """The page's own part that set a run off: once a session has updated it, Gradio names a
        copy, which has a number of its own."""
        blocks = getattr(getattr(state, "blocks_config", None), "blocks", {})
        return next((self.blocks.get(id_) for id_, one in blocks.items() if one is target), target)

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

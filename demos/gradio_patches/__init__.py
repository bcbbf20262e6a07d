"""What we change in Gradio 6.31: one file a patch, with its reason and what is lost without it.

Patches of scripts are made on the scripts' way to the browser. One that finds another script than
it knows says so once in the log, and the page goes on without it. ``GLASSBOX_PLAIN_GRADIO=1`` runs
without any. Gradio itself is imported inside the functions: one patch has to be there before it.
"""

import logging
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from starlette.datastructures import Headers
from starlette.responses import Response

from demos.gradio_patches import (
    answer_events,
    attached_events,
    dropdown_input,
    event_order,
    messages,
    picture_upload,
    status_updates,
    stream_end,
    type_stubs,
    upload_names,
)

SCRIPT_PATCHES = (
    event_order,
    status_updates,
    stream_end,
    dropdown_input,
    attached_events,
    messages,
    upload_names,
    answer_events,
    picture_upload,
)
_log = logging.getLogger("glassbox")


def is_plain() -> bool:
    """Whether Gradio is to run as it comes."""
    return os.environ.get("GLASSBOX_PLAIN_GRADIO", "").lower() in ("1", "true", "yes")


def apply_early() -> None:
    """What is changed before Gradio is imported."""
    if not is_plain():
        type_stubs.apply()


def apply_patches() -> None:
    """What is changed in this process; scripts are patched by ``PatchedScripts``."""
    from demos.gradio_patches import session_start, stopped_runs

    if not is_plain():
        session_start.apply()
        stopped_runs.apply()


@cache
def patch_scripts() -> dict[str, str]:
    """Scripts as they should be, by their files' names."""
    import gradio as gr

    scripts: dict[str, str] = {}
    for patch in SCRIPT_PATCHES:
        known = False
        for path in Path(gr.__file__).parent.glob(f"templates/frontend/**/{patch.SCRIPT}"):
            script = scripts.get(path.name) or path.read_text(encoding="utf-8")
            if patched := patch.patch(script):
                scripts[path.name], known = patched, True
        if not known:
            name = patch.__name__.rpartition(".")[2]
            _log.warning("Gradio %s is not patched by %s: no script fits.", gr.__version__, name)
    return scripts


def tells_scripts() -> bool:
    """Whether a message that is not to be shown reaches the page's own scripts (``messages``)."""
    return not is_plain() and any(messages.EVENT in one for one in patch_scripts().values())


class PatchedScripts:
    """Middleware that answers for these scripts."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        name = scope["path"].rpartition("/")[2] if scope["type"] == "http" else ""
        wanted = name.endswith(".js") and not is_plain()
        script = patch_scripts().get(name) if wanted else None
        if script:
            # of another age than Gradio's own, which a browser may have kept
            mark = f'"{crc32(script.encode()):08x}"'
            headers = {"cache-control": "no-cache", "etag": mark}
            if Headers(scope=scope).get("if-none-match") == mark:
                answer = Response(status_code=304, headers=headers)
            else:
                answer = Response(script, media_type="text/javascript", headers=headers)
            return await answer(scope, receive, send)
        await self.app(scope, receive, send)

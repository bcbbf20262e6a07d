"""How the page is served: limits, password, a class-only link, health."""

import logging
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cvcore.core import samples
from cvcore.core.errors import SetupError
from cvcore.core.images import MAX_FILE_BYTES
from cvcore.core.paths import ASSETS
from cvcore.engine import predictor
from demos.gradio_patches import PatchedScripts, apply_patches
from demos.machine import without_proxies
from demos.server import films, static_files
from demos.server.access import HEALTH, ClassLink
from demos.server.idle_memory import limit_arenas, tidy
from demos.server.limits import MAX_QUEUE, MAX_THREADS, WARM_SECONDS
from demos.server.request_checks import RequestChecks

_log = logging.getLogger("glassbox")
STYLES = ASSETS / "styles"
QUEUE_FULL = (
    f"{MAX_QUEUE} requests of others are waiting already, which is as many as fit: "
    "try again in a minute."
)


async def _answer_health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


class FullQueue:
    """Middleware: a full queue says so in a sentence, which the page shows as it is."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        full = False

        async def send_sentence(message: dict) -> None:
            nonlocal full
            if message["type"] == "http.response.start" and message["status"] == 503:
                full = True  # 429 rather than 503, for which the page has words of Gradio's own
                await JSONResponse({"detail": QUEUE_FULL}, status_code=429)(scope, receive, send)
            elif not full:
                await send(message)

        joins = scope["type"] == "http" and scope["path"].endswith("/queue/join")
        await self.app(scope, receive, send_sentence if joins else send)


class PackedPage:
    """Middleware: the page itself, some 2 MB, travels packed to browsers that can unpack it.

    A class opens it all at once, on one wireless network. What follows are pictures, packed as
    they are.
    """

    def __init__(self, app: Any) -> None:
        self.app, self.packing = app, GZipMiddleware(app, compresslevel=5)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        is_page = path in ("/", "/config") or path.endswith((".js", ".mjs", ".css"))
        await (self.packing if is_page else self.app)(scope, receive, send)


class VisitorCookie:
    """Middleware: a cookie by which a server before several replicas knows a visitor again."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http" or b"cookie" in dict(scope["headers"]):
            return await self.app(scope, receive, send)

        async def send_with_cookie(message: dict) -> None:
            if message["type"] == "http.response.start":
                line = f"glassbox-visitor={uuid.uuid4().hex}; Path=/; HttpOnly; SameSite=Lax"
                message["headers"] = [*message["headers"], (b"set-cookie", line.encode())]
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def _prepare_page(page: gr.Blocks) -> threading.Event:
    """Queue, heaps and tidying up; setting the event that comes back ends the tidying up."""
    # Gradio sums up all events so far after each of them, for a monitor that is switched off.
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    limit_arenas()
    apply_patches()
    stopped = threading.Event()
    threading.Thread(target=tidy, args=(stopped,), daemon=True).start()
    page.queue(max_size=MAX_QUEUE, api_open=False)  # nobody passes the queue by
    # Looked at a thousand times a second, an empty queue took a sixteenth of a processor's core.
    page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free = 0.005, 0.05
    return stopped


def _find_pictures() -> set[Path]:
    """Folders of pictures that may be asked for as they lie there; a sample is a package's own."""
    return {STYLES, *(row.path.parent for row in samples.index().values())}


def _settings(class_word: str, *middleware: Middleware) -> dict[str, Any]:
    """What Gradio is told about serving, alone or in replicas."""
    door = [Middleware(ClassLink, word=class_word)] if class_word else []
    own = [Middleware(FullQueue), Middleware(PackedPage), Middleware(PatchedScripts)]
    return {
        "allowed_paths": sorted(map(str, _find_pictures())),
        "max_file_size": MAX_FILE_BYTES,
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": ["api"],
        "ssr_mode": False,
        "app_kwargs": {
            "routes": [Route(HEALTH, _answer_health), static_files.ROUTE, films.make_route()],
            "middleware": [Middleware(RequestChecks), *middleware, *door, *own],
        },
    }


def _make_ready(networks: Sequence[str], preparations: Sequence[Callable[[], None]]) -> None:
    predictor.prepare(networks)
    for prepare in preparations:
        prepare()


def launch_page(
    page: gr.Blocks,
    *,
    host: str,
    port: int,
    share: bool = False,
    accounts: Sequence[tuple[str, str]] = (),
    class_word: str = "",
    networks: Sequence[str] = (),
    preparations: Sequence[Callable[[], None]] = (),
    certificate: tuple[str, str] = ("", ""),
    prevent_thread_lock: bool = False,
    **look: Any,
) -> None:
    """Serve the page; without a network nothing leaves the machine and nothing is missed.

    ``accounts`` are (user, password) pairs asked for at the door; with ``class_word`` only visitors
    with the link ``/?class=WORD`` come in. ``networks`` are made ready at once, then come the
    lessons' own ``preparations``. With the files of a ``certificate`` and its key it is served
    over https. Returns when the page is stopped, or, with
    ``prevent_thread_lock``, at once. Raises ``SetupError`` where it cannot be served.
    """
    stopped = _prepare_page(page)
    ready = threading.Timer(WARM_SECONDS, _make_ready, (networks, preparations))
    ready.daemon = True
    ready.start()
    file, key = certificate
    try:
        with without_proxies():
            page.launch(
                server_name=f"[{host}]" if ":" in host else host,
                server_port=port,
                share=share,
                auth=list(accounts) or None,
                max_threads=MAX_THREADS,
                ssl_certfile=file or None,
                ssl_keyfile=key or file or None,
                ssl_verify=False,  # of Gradio's own call at the start, by an address of its choice
                # No second look at the page at the start: on a busy machine it takes longer than
                # the three seconds that Gradio waits for it before it gives up.
                _frontend=False,
                prevent_thread_lock=True,
                **_settings(class_word),
                **look,
            )
        if share and not page.share_url:
            _log.warning("--share: no public link could be made; the page is served here alone.")
        if not prevent_thread_lock:
            page.block_thread()
    except OSError as error:
        if page.is_running:
            raise
        raise SetupError(f"--port {port}: the page could not be served there.") from error
    finally:
        stopped.set()


def build_replica(page: gr.Blocks, *, class_word: str = "", **look: Any) -> FastAPI:
    """The page as an ASGI app, one of several behind one address (``demos.replicas``)."""
    _prepare_page(page)
    settings = _settings(class_word, Middleware(VisitorCookie))
    return gr.mount_gradio_app(FastAPI(), page, path="/", **settings, **look)

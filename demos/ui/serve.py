"""How the page is served: limits, password, a class-only link, health."""

import hmac
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from cvcore import runtime, samples, style_transfer
from cvcore.images import MAX_FILE_BYTES
from demos.ui.doors import Doors
from demos.ui.limits import MAX_QUEUE, MAX_THREADS, WARM_SECONDS
from demos.ui.memory import limit_arenas, tidy
from demos.ui.mended import MendedPage

HEALTH = "/healthz"
COOKIE = HEADER = "x-glassbox-class"
CLOSED = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>Glassbox</title><body style="font: 1.4rem/1.5 system-ui; max-width: 34rem; margin: 20vh auto;
padding: 0 1rem"><h1>Glassbox</h1><p>This page is open to one class only. Open it with the whole
link that your teacher gave you.</p></body></html>"""


QUEUE_FULL = (
    f"{MAX_QUEUE} requests of others are waiting already, which is as many as fit: "
    "try again in a minute."
)


class ClassLink:
    """Middleware: only who came once by ``/?class=WORD`` (or sends the header) is let in.

    The word is then kept in a cookie of the session. The health address stays open.
    """

    open_paths = (HEALTH, "/gradio_api/startup-events")

    def __init__(self, app: Any, word: str) -> None:
        self.app = app
        self.word = word.encode()

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http" or scope["path"] in self.open_paths:
            return await self.app(scope, receive, send)
        headers = {key.decode("latin-1"): value for key, value in scope["headers"]}
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("class", [""])[0].encode()
        if self._is_right(asked):
            return await self.app(scope, receive, self._with_cookie(send, scope["scheme"]))
        # Other pages of this host set cookies that SimpleCookie would take offence at.
        cookies = cookie_parser(headers.get("cookie", b"").decode("latin-1"))
        kept = cookies.get(COOKIE, "").encode("latin-1", "replace")
        if self._is_right(headers.get(HEADER, b"")) or self._is_right(kept):
            return await self.app(scope, receive, send)
        # 401 rather than 403: what Gradio itself takes for "a page that wants something first"
        await HTMLResponse(CLOSED, status_code=401)(scope, receive, send)

    def _is_right(self, word: bytes) -> bool:
        return hmac.compare_digest(word, self.word)

    def _with_cookie(self, send: Callable, scheme: str) -> Callable:
        # Inside a Space's frame a cookie is only kept when it is marked so.
        kind = "SameSite=None; Secure" if scheme == "https" else "SameSite=Lax"
        line = f"{COOKIE}={self.word.decode()}; Path=/; HttpOnly; {kind}"

        async def send_with_cookie(message: dict) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"set-cookie", line.encode())]
            await send(message)

        return send_with_cookie


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
    """Middleware: the page itself, some 4 MB, travels packed to browsers that can unpack it.

    A class opens it all at once, on one wireless network. What follows are pictures, packed as
    they are.
    """

    def __init__(self, app: Any) -> None:
        self.app, self.packing = app, GZipMiddleware(app, compresslevel=3)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        is_page = scope["type"] == "http" and scope["path"] in ("/", "/config")
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
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    # Gradio sums up all events so far after each of them, for a monitor that is switched off.
    os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    limit_arenas()
    stopped = threading.Event()
    threading.Thread(target=tidy, args=(stopped,), daemon=True).start()
    page.queue(max_size=MAX_QUEUE, api_open=False)  # nobody passes the queue by
    return stopped


def _settings(class_word: str, *middleware: Middleware) -> dict[str, Any]:
    """What Gradio is told about serving, alone or in replicas."""
    door = [Middleware(ClassLink, word=class_word)] if class_word else []
    own = [Middleware(FullQueue), Middleware(PackedPage), Middleware(MendedPage)]
    pictures = [*samples.index().values(), *style_transfer.index().values()]
    return {
        "allowed_paths": sorted({str(Path(row.path).parent) for row in pictures}),
        "max_file_size": MAX_FILE_BYTES,
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": ["api"],
        "ssr_mode": False,
        "app_kwargs": {
            "routes": [Route(HEALTH, _answer_health)],
            "middleware": [Middleware(Doors), *middleware, *door, *own],
        },
    }


def launch_page(
    page: gr.Blocks,
    *,
    host: str,
    port: int,
    share: bool = False,
    accounts: Sequence[tuple[str, str]] = (),
    class_word: str = "",
    networks: Sequence[str] = (),
    **look: Any,
) -> None:
    """Serve the page; without a network nothing leaves the machine and nothing is missed.

    ``accounts`` are (user, password) pairs asked for at the door; with ``class_word`` only visitors
    with the link ``/?class=WORD`` come in. ``networks`` are made ready at once.
    """
    stopped = _prepare_page(page)
    ready = threading.Timer(WARM_SECONDS, runtime.prepare, (networks,))
    ready.daemon = True
    ready.start()
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=share,
            auth=list(accounts) or None,
            max_threads=MAX_THREADS,
            # No second look at the page at the start: on a busy machine it takes longer than the
            # three seconds that Gradio waits for it before it gives up.
            _frontend=False,
            **_settings(class_word),
            **look,
        )
    finally:
        stopped.set()


def build_replica(page: gr.Blocks, *, class_word: str = "", **look: Any) -> FastAPI:
    """The page as an ASGI app, one of several behind one address (``demos.replicas``)."""
    _prepare_page(page)
    settings = _settings(class_word, Middleware(VisitorCookie))
    return gr.mount_gradio_app(FastAPI(), page, path="/", **settings, **look)

"""Who is let in: a class's link, and accounts."""

import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse

HEALTH = "/healthz"


def is_signed_in(request: Request) -> bool:
    """Whether accounts are not asked for, or the visitor has signed in with one, as Gradio sees it.

    For addresses of our own, which Gradio's own check of accounts does not see.
    """
    app = request.app
    if getattr(app, "auth", None) is None and getattr(app, "auth_dependency", None) is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(app.tokens.get(request.cookies.get(name)) for name in names)


COOKIE = HEADER = "x-glassbox-class"


CLOSED = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
<title>Glassbox</title><body style="font: 1.4rem/1.5 system-ui; max-width: 34rem; margin: 20vh auto;
padding: 0 1rem"><h1>Glassbox</h1><p>This page is open to one class only. Open it with the whole
link that your teacher gave you.</p></body></html>"""


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

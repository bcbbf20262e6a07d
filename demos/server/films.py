"""Films for browsers without H.264: such a browser sends a film that it was given, and gets WebM.

It sends what it could fetch itself, so that no file is asked for by a name, and none is kept here.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cvcore.core import video
from cvcore.core.errors import InputError
from demos.server.limits import FILMS_AT_ONCE, FILMS_WAITING, LONGEST_SECONDS, SENDING_SECONDS

ADDRESS = "/webm"
TAKEN, GIVEN = "video/mp4", "video/webm"
MAX_SIDE = 1280  # pixels: a visitor's own film may be larger, and is only looked at
FRAMES_A_TURN = 8  # between two looks whether the browser still waits
NO_ENTRY = "Sign in first."
OTHER_KIND = f"Only films of the kind {TAKEN} are made anew."
BUSY = "Too many films are being made at the moment: try again in a minute."
TOO_LONG = "This film is too long to be made anew."
TOO_SLOW = "This film took too long to come here: try again where the network is faster."
GONE = 499  # nobody reads the answer


def make_route(
    seconds: float = LONGEST_SECONDS, *, sending_seconds: float = SENDING_SECONDS
) -> Route:
    """Where films are sent to; ``seconds`` is how long one may take once it is here."""
    turn, waiting = asyncio.Semaphore(FILMS_AT_ONCE), 0

    async def answer(request: Request) -> Response:
        nonlocal waiting
        if not _is_let_in(request):
            return PlainTextResponse(NO_ENTRY, 401)
        # a kind for which another website's script would have to ask first
        if request.headers.get("content-type") != TAKEN:
            return PlainTextResponse(OTHER_KIND, 415)
        if waiting >= FILMS_WAITING:
            return PlainTextResponse(BUSY, 429)
        waiting += 1
        try:
            async with turn:
                film = await asyncio.wait_for(request.body(), sending_seconds)
                return await _convert(request, film, seconds)
        except TimeoutError:
            return PlainTextResponse(TOO_SLOW, 408)
        except ClientDisconnect:
            return PlainTextResponse("", GONE)
        finally:
            waiting -= 1

    return Route(ADDRESS, answer, methods=["POST"])


async def _convert(request: Request, film: bytes, seconds: float) -> Response:
    """The film as WebM; who goes away, or sends too long a film, ends it."""
    end = time.monotonic() + seconds
    with contextlib.closing(video.to_webm(film, max_side=MAX_SIDE)) as parts:
        take = _take_several(parts)
        try:
            while (data := await run_in_threadpool(take)) is None:
                if await request.is_disconnected():
                    return PlainTextResponse("", GONE)
                if time.monotonic() > end:
                    return PlainTextResponse(TOO_LONG, 413)
        except InputError as error:
            return PlainTextResponse(str(error), 422)
    return Response(data, media_type=GIVEN, headers={"cache-control": "no-store"})


def _take_several(parts) -> Callable[[], bytes | None]:
    def take() -> bytes | None:
        for _ in range(FRAMES_A_TURN):
            if (data := next(parts)) is not None:
                return data
        return None

    return take


def _is_let_in(request: Request) -> bool:
    """Where the page asks for a name and a password: whether Gradio knows this visitor."""
    app = request.app
    if getattr(app, "auth", None) is None:
        return True
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return any(request.cookies.get(name) in app.tokens for name in names)

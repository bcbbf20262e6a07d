"""Files that a visitor's browser keeps: their address holds a hash of what is in them.

So pictures, scripts and networks are not repeated inside the page, and a second visit asks for none
of them. What is large is packed once, not at each request.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demos.server.access import is_signed_in

FOLDER = "kept"
AGE = "private, max-age=31536000, immutable"
# What a machine says of these differs: its tables, and libraries that add to them.
KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
_PACKS_FROM = 10_000  # bytes; below that the page's own packing is as good


@dataclass(frozen=True)
class _File:
    data: bytes
    is_packed: bool = False  # by gzip
    is_guarded: bool = False  # only for those who have signed in, where that is asked for


_files: dict[str, _File] = {}


def publish(name: str, data: bytes) -> str:
    """Serve a file from now on; returns its address, relative to the page's own."""
    return _keep(name, data, _File(data))


def publish_large(name: str, data: bytes, *, is_packed: bool = False) -> str:
    """The same for a file that is worth packing, and that only visitors who were let in may have.

    ``is_packed`` says that ``data`` is gzip's already; the browser gets what is inside it.
    """
    if is_packed:
        return _keep(name, data, _File(data, is_packed=True, is_guarded=True))
    address = _address(name, data)
    if address not in _files:
        packed = gzip.compress(data, compresslevel=6, mtime=0) if len(data) > _PACKS_FROM else data
        pays = len(packed) < 0.9 * len(data)  # unpacking takes the browser's time at each visit
        _files[address] = _File(packed if pays else data, is_packed=pays, is_guarded=True)
    return address


@cache
def publish_module(path: Path) -> str:
    """Serve a script that is a module, and those that it imports by relative paths, each by its
    hash; returns its address."""
    text = publish_imports(path.read_text(encoding="utf-8"), path.parent)
    return publish(path.name, text.encode())


def publish_imports(script: str, folder: Path) -> str:
    """Serve the modules that a script in this folder imports by relative paths; returns the script
    with their addresses instead."""

    def to_address(found: re.Match) -> str:
        return f"{found[1]}'../../{publish_module((folder / found[2]).resolve())}'"

    return re.sub(r"(from\s+)'(\.[^']+)'", to_address, script)


def _keep(name: str, data: bytes, file: _File) -> str:
    address = _address(name, data)
    _files[address] = file
    return address


def _address(name: str, data: bytes) -> str:
    return f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:16]}/{name}"


async def _answer(request: Request) -> Response:
    params = request.path_params
    file = _files.get(f"{FOLDER}/{params['digest']}/{params['name']}")
    if file is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    if file.is_guarded and not is_signed_in(request):
        return PlainTextResponse("Sign in first.", status_code=401)
    name, data = Path(params["name"]), file.data
    kind = KINDS.get(name.suffix) or mimetypes.guess_type(name.name)[0]
    headers = {"cache-control": AGE}
    if file.is_packed:
        headers["vary"] = "accept-encoding"
        if _takes_gzip(request.headers):
            headers["content-encoding"] = "gzip"
        else:
            data = gzip.decompress(data)
    return Response(data, media_type=kind or "application/octet-stream", headers=headers)


def _takes_gzip(headers: Mapping[str, str]) -> bool:
    return "gzip" in headers.get("accept-encoding", "")


ROUTE = Route(f"/{FOLDER}/{{digest}}/{{name}}", _answer)

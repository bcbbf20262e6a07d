"""Files that a visitor's browser keeps: their address holds a hash of what is in them.

So pictures and scripts are not repeated inside the page, and a second visit asks for none of them.
"""

import hashlib
import mimetypes

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FOLDER = "kept"
AGE = "private, max-age=31536000, immutable"
# What a machine says of scripts differs: its tables, and libraries that add to them.
SCRIPT = "text/javascript"
_files: dict[str, bytes] = {}


def publish(name: str, data: bytes) -> str:
    """Serve a file from now on; returns its address, relative to the page's own."""
    address = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:16]}/{name}"
    _files[address] = data
    return address


async def _answer(request: Request) -> Response:
    params = request.path_params
    data = _files.get(f"{FOLDER}/{params['digest']}/{params['name']}")
    if data is None:
        return PlainTextResponse("There is no such file.", status_code=404)
    name = params["name"]
    kind = SCRIPT if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return Response(
        data, media_type=kind or "application/octet-stream", headers={"cache-control": AGE}
    )


ROUTE = Route(f"/{FOLDER}/{{digest}}/{{name}}", _answer)

"""A webcam's frames answered in the visitor's own browser: what the page's scripts ask the server.

No frame is asked about here. The browser is told which side to choose, and gets the engine, the
networks and small tables; see ``static/worker.mjs`` for its side.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import gradio as gr
import psutil

from cvcore.core.errors import InputError
from cvcore.engine import browser, device, registry
from cvcore.engine.cutting import Part
from demos.server.errors import describe_error
from demos.server.static_files import publish_large, publish_module

_STATIC = Path(__file__).parent / "static"
SERVER, BROWSER = "server", "browser"
CORES_A_CAMERA = 2
SEEN_SECONDS = 5  # a camera whose last frame came longer ago is off


@dataclass(frozen=True)
class InBrowser:
    """How a lesson's frames are answered by the browser itself.

    ``module`` is the lesson's own (``__name__``): its ``static/in_browser.mjs`` answers. ``ask``
    gives what that wants to know, tables or names, as JSON. Where it is ``is_private`` no frame
    goes to the server while the browser makes ready, or instead of it. ``parts`` are those of
    networks that can be opened alone, by the network's name and one of the lesson's own. Where it
    ``has_networks`` the engine is loaded at once.
    """

    module: str
    ask: Callable[[Any], Any] | None = None
    is_private: bool = False
    parts: Mapping[tuple[str, str], Part] = field(default_factory=dict)
    has_networks: bool = True

    @property
    def script(self) -> Path:
        folder = Path(str(sys.modules[self.module].__file__)).parent
        return folder / "static" / "in_browser.mjs"

    def server_functions(self) -> list[Callable[..., Any]]:
        """What the page may call: ``setup``, ``network`` and ``ask``."""

        async def setup(_: Any, request: gr.Request) -> dict[str, Any]:
            """Which side to choose, and where the scripts and the engine lie."""
            return await _answer(lambda: {"place": choose_place(request), **self.describe()})

        async def network(data: dict[str, Any]) -> dict[str, Any]:
            """Where a network's two parts lie, or that it is still being made."""
            return await _answer(lambda: find_network(data, self.parts))

        async def ask(data: Any) -> dict[str, Any]:
            return await _answer(lambda: {"data": self.ask(data) if self.ask else None})

        return [setup, network, ask]

    def describe(self) -> dict[str, Any]:
        """Addresses of the Worker, the lesson's script and the engine."""
        return {
            "worker": publish_module(_STATIC / "worker.mjs"),
            "lesson": publish_module(self.script.resolve()),
            "engine": _publish_engine() if self.has_networks else {},
        }


@cache
def _publish_engine() -> dict[str, str]:
    """Addresses of the engine and, for browsers that have a GPU, of the one that uses it."""
    addresses = {"gpuWorker": publish_module(_STATIC / "webgpu_worker.mjs")}
    for engine, prefix in ((browser.ENGINE, ""), (browser.WEBGPU_ENGINE, "gpu")):
        for kind, path in browser.engine_files(engine).items():
            address = publish_large(
                path.name.removesuffix(".gz"), path.read_bytes(), is_packed=path.suffix == ".gz"
            )
            addresses[f"{prefix}{kind.title()}" if prefix else kind] = address
    return addresses


def find_network(
    data: dict[str, Any], parts: Mapping[tuple[str, str], Part] | None = None
) -> dict[str, Any]:
    """The addresses of a network's graph and weights and the weights' bytes; ``waiting`` while it
    is exported.

    ``data`` holds its ``name``, and may hold the ``layer`` at which it ends, or to which it goes
    back (``slopes``), or one of its ``parts`` by name. Raises ``InputError`` for one that browsers
    cannot have.
    """
    data = data if isinstance(data, dict) else {}
    name, layer = str(data.get("name")), str(data.get("layer") or "")
    part_name = str(data.get("part") or "")
    part = (parts or {}).get((name, part_name))
    if part_name and part is None:
        raise InputError(f"The lesson has no part “{part_name}” of this network.")
    if browser.is_offered(name) and not browser.is_ready(name):
        return {"waiting": f"{registry.get_weight(name).title} is being made ready."}
    return _publish_network(name, layer, part, bool(data.get("slopes")))


@cache
def _publish_network(name: str, layer: str, part: Part | None, with_slopes: bool) -> dict[str, Any]:
    network = browser.load(name, layer, part=part, with_slopes=with_slopes)
    return {
        "graph": publish_large(f"{name}.onnx", network.graph),
        "weights": publish_large(f"{name}.weights", network.weights),
        "bytes": len(network.weights),
    }


@cache
def _get_workers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "networks for browsers")


async def _answer(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a server function returns; a mistake is a sentence under ``said``."""
    try:
        return await asyncio.get_running_loop().run_in_executor(_get_workers(), act)
    except Exception as error:
        return {"said": describe_error(error)}


_seen: dict[str, float] = {}  # when a visit's last frame came


def note_camera(visit: str) -> None:
    """A frame of this visit came to the server."""
    now = time.monotonic()
    _seen[visit] = now
    for other in [one for one, last in _seen.items() if now - last > SEEN_SECONDS]:
        del _seen[other]


def choose_place(request: gr.Request) -> str:
    """Which side answers a camera until its visitor chooses: on one's own computer the server, on a
    Space the browser, elsewhere the browser where fewer than two free cores are left a camera."""
    if os.environ.get("SPACE_ID"):
        return BROWSER
    if _is_own_computer(request):
        return SERVER
    now = time.monotonic()
    cameras = 1 + sum(now - last <= SEEN_SECONDS for last in list(_seen.values()))
    free = device.cpu_count() - psutil.getloadavg()[0]  # over the last minute
    return BROWSER if free < CORES_A_CAMERA * cameras else SERVER


def _is_own_computer(request: gr.Request) -> bool:
    """By the name that the browser asked for: a proxy on the same machine has another one."""
    host = str(request.headers.get("host", "")).rsplit(":", 1)[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

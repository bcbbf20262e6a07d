"""The app for tests and benchmarks: ``python app.py`` in a process of its own, or in this one."""

import asyncio
import importlib.util
import itertools
import os
import resource
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 120
# For a state that must come: long, as it is only waited for in vain.
PATIENCE_SECONDS = int(os.environ.get("GLASSBOX_PATIENCE", "120"))
LOGS: list[Path] = []  # of the apps that run, for the report on a failed test
ADDRESSES: set[str] = set()  # at which this process has served a page or started an app


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def run_alone(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: in this one a browser of other tests may have its loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def wait_until(condition: Callable[[], Any], what: str = "It") -> None:
    """Look until ``condition`` holds; a ``TimeoutError`` names what did not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen.")
        time.sleep(0.02)


def load_app() -> ModuleType:
    """``app.py`` as a module of its own, with the lessons that the environment names."""
    spec = importlib.util.spec_from_file_location("glassbox_app", ROOT / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class App:
    """``python app.py`` as it runs: its address, its process and what it has said."""

    url: str
    process: subprocess.Popen
    log: Path


@contextmanager
def run_app(
    folder: Path, tabs: str = "", *, cwd: Path = ROOT, max_bytes: int = 0, **env: str
) -> Iterator[App]:
    """Start the app, wait until it answers, and end it; a traceback in its log is a failure.

    ``tabs`` are names of lessons with commas between them, all of them by default. No file that
    the app writes can grow beyond ``max_bytes``, if that is given. ``env`` is added to the
    environment.
    """
    port, log = free_port(), folder / "app.log"
    env = {"GLASSBOX_DEVICE": "cpu", "GRADIO_TEMP_DIR": str(folder / "gradio")} | env

    def limit() -> None:
        if max_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, max_bytes))

    command = [sys.executable, "app.py", "--port", str(port), *(["--tabs", tabs] if tabs else [])]
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=os.environ | env, stdout=output, stderr=output, preexec_fn=limit
        )
    app = App(f"http://127.0.0.1:{port}", process, log)
    LOGS.append(log)
    ADDRESSES.add(app.url)
    try:
        _wait_for_answer(app)
        yield app
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        LOGS.remove(log)
    assert "Traceback" not in log.read_text(), log.read_text()


def _wait_for_answer(app: App) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{app.url}/healthz", timeout=2).raise_for_status()
            return
        except httpx.HTTPError:
            if app.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The app did not start:\n{app.log.read_text()}") from None
            time.sleep(0.05)


@dataclass
class Served:
    """A page served by this very process, so that a test can look at the work behind it."""

    url: str
    topics: tuple[str, ...]
    blocks: Any  # gr.Blocks
    faults: list[str] = field(default_factory=list)  # what nobody foresaw, as the log has it
    asked: list[int] = field(default_factory=list)  # handlers, each time that a page asked for one

    @property
    def is_busy(self) -> bool:
        """True while a handler runs or waits for its turn."""
        return bool(self.under_way)

    def find_lessons(self, number: int) -> set[str]:
        """The lessons whose parts a handler is set off by, reads or writes."""
        handler, lessons = self.blocks.fns[number], set()
        parts = [self.blocks.blocks.get(part) for part, _ in handler.targets]  # not: the page
        for part in [*parts, *handler.inputs, *handler.outputs]:
            while part is not None:
                elem_id = (part.elem_id or "") if part.get_block_name() == "tabitem" else ""
                if elem_id.startswith("tab-"):
                    lessons.add(elem_id.removeprefix("tab-"))
                part = part.parent
        return lessons

    @property
    def under_way(self) -> list[str]:
        """The handlers that run, then those that wait for their turn."""
        queue = self.blocks._queue
        waiting = (one.queue for one in queue.event_queue_per_concurrency_id.values())
        events = [event for job in queue.active_jobs for event in job or ()]
        return [str(event.fn.name) for event in (*events, *itertools.chain(*waiting))]


_served: list[Served] = []


def describe_queues() -> str:
    """What the pages of this process have under way: of each place how many runs it counts."""
    found = []
    for page in _served:
        places = page.blocks._queue.event_queue_per_concurrency_id.items()
        counts = {str(name): one.current_concurrency for name, one in places}
        busy = {name: count for name, count in counts.items() if count}
        if busy or page.is_busy:
            found.append(f"{', '.join(page.topics)}: {page.under_way}, counted {busy}")
    return "; ".join(found) or "no run is under way"


def _note_fault(*args: Any, _print: Callable = traceback.print_exc, **kwargs: Any) -> None:
    """Gradio prints what a handler raised and nobody foresaw: it is noted beside."""
    for page in _served:
        page.faults.append(traceback.format_exc())
    _print(*args, **kwargs)


@contextmanager
def serve_page(*topics: str, port: int = 0, room: Any = None, **options: Any) -> Iterator[Served]:
    """The page with these lessons' tabs, served as ``python app.py`` does, without exporting.

    ``options`` are those of ``ui.launch_page``; a class ``room`` brings its word and certificate.
    """
    from demos import server
    from demos.page import LOOK, build_page

    blocks = build_page(topics, room)
    port = port or free_port()
    if room:
        options |= {"certificate": room.files, "class_word": room.word}
    traceback.print_exc = _note_fault
    server.launch_page(
        blocks, host="127.0.0.1", port=port, prevent_thread_lock=True, quiet=True, **options,
        **LOOK,
    )  # fmt: skip
    # Gradio looks a thousand times a second whether there is something to do. Of the twenty pages
    # that are kept, that would take a processor's core.
    blocks._queue.sleep_when_free, blocks._queue.progress_update_sleep_when_free = 0.03, 0.2
    page = Served(f"http{'s' if room else ''}://127.0.0.1:{port}", topics, blocks)
    push = blocks._queue.push

    def note(*, body: Any, **given: Any) -> Any:
        page.asked.append(body.fn_index)
        return push(body=body, **given)

    blocks._queue.push = note
    _served.append(page)
    ADDRESSES.add(page.url)
    try:
        yield page
    finally:
        _served.remove(page)
        blocks.server.config.timeout_graceful_shutdown = 0.1  # for visitors who stay connected
        blocks.close(verbose=False)

"""Work under way: watched, held until a visitor stops it or leaves; and work done once."""

import asyncio
import pickle
import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from gradio import routes

from tests.support.server import wait_until
from tests.support.work import Work

# What a lesson draws each time that it is opened.
DRAWN_AT_OPENING = (
    "latent_space:generate",
    "latent_space:score",
    "dream_sheet:draw_thumbnails",
)


@pytest.fixture(scope="session")
def drawn() -> dict[bytes, Any]:
    """What has been drawn so far, by function and arguments."""
    return {}


def draw_once(drawn: dict[bytes, Any], real: Callable, *args: Any, **kwargs: Any) -> Any:
    """The same arguments give the same pictures: those of the first time.

    Those of a generator are kept once it has been run to its end.
    """
    key = pickle.dumps((real.__qualname__, args, sorted(kwargs.items())))
    if key in drawn:
        kept = drawn[key]
        return iter(kept) if isinstance(kept, tuple) else kept.copy()
    result = real(*args, **kwargs)
    if not isinstance(result, Iterator):
        drawn[key] = result
        return result.copy()

    def note() -> Iterator:
        steps = []
        for step in result:
            steps.append(step)
            yield step
        drawn[key] = tuple(steps)

    return note()


@pytest.fixture(autouse=True)
def quick_openings(monkeypatch, drawn):
    """A lesson that is opened for the twentieth time shows again what it drew the first time."""
    for name in DRAWN_AT_OPENING:
        module, function = name.split(":")
        module = import_module(f"cvcore.{module}")
        monkeypatch.setattr(module, function, partial(draw_once, drawn, getattr(module, function)))


@pytest.fixture
def watch(monkeypatch):
    """Replace a generator function by one that notes its steps and its end."""
    works = []

    def replace(module, name):
        module, seen = import_module(f"cvcore.{module}"), Work()
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *args, **kwargs: seen.watch(real, *args, **kwargs))
        works.append(seen)
        return seen

    yield replace
    for seen in works:
        seen.leave.set()
        wait_until(lambda seen=seen: seen.running == 0, "The end of the work")


@pytest.fixture
def stopped(monkeypatch):
    """Set once the server has been asked to stop what runs, and has passed it on."""
    heard, real = threading.Event(), routes.cancel_tasks

    async def cancel(names):
        task = asyncio.ensure_future(real(names))
        await asyncio.sleep(0)  # it cancels at once, then waits for the step under way
        heard.set()
        return await task

    monkeypatch.setattr(routes, "cancel_tasks", cancel)
    return heard


@pytest.fixture
def held(watch, stopped):
    """Replace a generator function by one whose runs wait after so many steps until the server is
    asked to stop: no machine is so fast that it is done by then."""

    def hold(module: str, name: str, after: int = 3) -> Work:
        seen = watch(module, name)
        seen.leave = stopped
        seen.hold(after)
        return seen

    return hold

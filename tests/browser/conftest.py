"""Work under way: watched, held until a visitor stops it or leaves; and work done once."""

import asyncio
import threading
from dataclasses import replace
from functools import partial
from importlib import import_module

import onnxruntime
import pytest
from _pytest.runner import runtestprotocol
from gradio import routes

from cvcore import deep_dream
from cvcore.deep_dream import grid
from demos.autoencoders import session as autoencoders
from demos.training_lab import session as training_lab
from tests.support.remembered import Answers, step_once
from tests.support.server import describe_queues, wait_until
from tests.support.work import Work


@pytest.fixture(scope="session")
def answers() -> Answers:
    return Answers()


@pytest.fixture(scope="session")
def thumbnails() -> dict[bytes, tuple]:
    return {}


@pytest.fixture(autouse=True)
def quick_openings(monkeypatch, answers, thumbnails):
    """A lesson that is opened for the twentieth time asks its networks the same again, and draws
    the same small dreams: what was worked out the first time is there at once."""
    real = onnxruntime.InferenceSession.run
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", lambda *args: answers.run(real, *args))
    small = partial(step_once, thumbnails, grid.draw_thumbnails)
    monkeypatch.setattr(grid, "draw_thumbnails", small)


@pytest.fixture
def short_work(monkeypatch):
    """For tests to which it is all the same what is learnt or dreamt: what lessons train and dream
    as they are opened takes a few steps."""
    dream, ask, begin = deep_dream.dream, autoencoders.Session.ask, training_lab.Session.begin

    def shorten(settings, examples):
        return replace(settings, epochs=2, examples=examples)

    def ask_for_less(session, name, settings):
        return ask(session, name, shorten(settings, 500))

    def begin_less(session, tasks, *args, **kwargs):
        tasks = [replace(one, settings=shorten(one.settings, 1000)) for one in tasks]
        return begin(session, tasks, *args, **kwargs)

    def dream_less(*args, **kwargs):
        return dream(*args, **kwargs | {"octaves": 2, "steps": 3})

    monkeypatch.setattr(autoencoders.Session, "ask", ask_for_less)
    monkeypatch.setattr(training_lab.Session, "begin", begin_less)
    monkeypatch.setattr(deep_dream, "dream", dream_less)


@pytest.fixture
def asked(traffic) -> list[int]:
    """Which handlers the page asks for, each time that it does."""
    numbers: list[int] = []

    def note(request) -> None:
        if "/queue/join" in request.url:
            numbers.append(request.post_data_json["fn_index"])

    traffic.listen("request", note)
    return numbers


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


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """A test that waited in vain is tried once more, and a warning tells what was under way.

    Until it is known whether the mended end of the stream of answers (docs/UPSTREAM.md) was the one
    cause of such waits.
    """
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(one.failed and "Timeout" in str(one.longrepr) for one in reports):
        item.warn(pytest.PytestWarning(f"tried once more: {item.nodeid}; {describe_queues()}"))
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for one in reports:
        item.ihook.pytest_runtest_logreport(report=one)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True

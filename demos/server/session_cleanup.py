"""When a visit ends nothing of what the visitor sent stays in memory."""

import asyncio
from threading import Lock
from typing import Any
from weakref import WeakSet

import gradio as gr
from gradio.queueing import Event

PATIENCE_SECONDS = 60  # for work that a leaving visitor had under way to come to its end
_events: WeakSet[Event] = WeakSet()  # all that somebody still holds
_lock = Lock()
_come = Event.__init__


def _note_event(event: Event, *args: Any, **kwargs: Any) -> None:
    _come(event, *args, **kwargs)
    with _lock:
        _events.add(event)


Event.__init__ = _note_event


def forget_visits(page: gr.Blocks) -> None:
    """Let go of a session's values as soon as its browser is gone.

    Gradio itself would keep them, pictures included, for an hour or longer.
    """

    async def forget(request: gr.Request) -> None:
        visit = request.session_hash
        await page._queue.clean_events(session_hash=visit)  # what waits is not begun any more
        for _ in range(PATIENCE_SECONDS):
            jobs = [event for job in page._queue.active_jobs for event in job or ()]
            running = [one for one in jobs if one.fn.name != forget.__name__]  # asked for as a call
            page.state_holder.session_data.pop(visit, None)
            page.state_holder.time_last_used.pop(visit, None)
            if all(event.session_hash != visit for event in running):
                break
            await asyncio.sleep(1)
        _empty_events(visit)

    page.unload(forget)


def _empty_events(visit: str) -> None:
    """The queue's loops hold their latest event, with all that came with it, until the next.

    They are not looked for with ``gc.get_objects``: that takes hold of everything, also of what
    other threads are just building, and a tuple that somebody else holds cannot be finished.
    """
    with _lock:
        events = list(_events)
    for event in events:
        if event.session_hash == visit:
            event.data = event.request = None
            event.alive = False  # it came too late to be cleaned away: not even to be begun

"""A webcam, frame by frame, through a lesson and back into the page; no frame touches a disk."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
import numpy as np
from gradio.components import Component
from gradio.context import LocalContext
from gradio.state_holder import SessionState

from cvcore.core.drawing import draw_text
from cvcore.core.images import NO_PICTURE, load_data_uri, shrink, to_data_uri
from cvcore.engine.device import cpu_count
from demos.components.in_browser import InBrowser, note_camera
from demos.components.js_component import load_script
from demos.server.errors import describe_error

MAX_LIVE_SIDE = 640  # pixels
STOP_CAMERAS = """() => document.querySelectorAll('.live-camera button').forEach(
  button => button.textContent === 'Stop' && button.click())"""

# Off the computer that runs the page a browser lends the webcam over https alone.
NO_CAMERA = (
    "No webcam here: a browser lends it to a page only over https, or on the computer that runs "
    "the page. Whoever runs it: start it with --class-room, and open the address that begins with "
    "https."
)

NOT_KEPT = "What the webcam sees is worked on here and not kept."
_TEMPLATE = """<div class="live-pair" id="{name}" data-side="{side}" data-no-camera="{no_camera}"
data-names="{names}" data-private="{is_private}">
<div class="live-view" id="{name}-view"><img alt="Processed webcam picture" hidden>
<canvas role="img" aria-label="Processed webcam picture" hidden></canvas>
<div class="live-said"><p role="status" data-does="why" hidden></p>
<progress aria-label="Loading into this browser" max="1" hidden></progress>
<div><output data-does="say">{note}</output><small data-does="stages" hidden></small></div></div>
</div>
<div class="live-camera" id="{name}-camera"><video muted playsinline hidden></video>
<button type="button" data-does="start">Start webcam</button>
<button type="button" data-does="freeze" aria-pressed="false" hidden>Freeze</button>
<button type="button" data-does="use" hidden>Use as picture</button>
<label hidden><input type="checkbox" data-does="mirror"> Mirror</label>
<select data-does="camera" hidden aria-label="Which webcam"></select>{where}</div></div>"""
_WHERE = """<label class="live-where">Where it runs <select data-does="where">
<option value="">chosen by itself</option><option value="server">this server</option>
<option value="browser">my browser</option></select></label>"""


def build_camera(
    name: str,
    fn: Callable[..., Any],
    controls: Sequence[Component],
    extras: Sequence[Component],
    *,
    side: int = MAX_LIVE_SIDE,
    quality: int = 85,
    note: str = NOT_KEPT,
    names: Sequence[str] = (),
    browser: InBrowser | None = None,
) -> gr.HTML:
    """A webcam beside the pictures that ``fn(frame, *controls)`` makes of its frames.

    ``fn`` returns a picture, or a tuple of it and a value for each of ``extras``. Both lists may
    hold ``gr.State``; other controls give plain values, other extras are ``gr.HTML``. ``side`` is
    the longer side of the frames in pixels, ``quality`` that of the JPEG pictures sent back;
    ``note`` is said before it is started. With ``browser`` the visitor's own browser can answer the
    frames instead, which knows the controls by ``names``, one a control.
    """
    fields, shown = ([c for c in row if not isinstance(c, gr.State)] for row in (controls, extras))
    if not all(isinstance(extra, gr.HTML) for extra in shown):
        raise TypeError("What a webcam shows beside its picture must be gr.HTML or gr.State.")
    if any(getattr(field, "data_model", None) for field in fields):
        raise TypeError("A webcam's controls must give plain values: no files, no tables.")
    camera = gr.HTML(
        label="picture",
        elem_classes=["fill"],
        html_template=_TEMPLATE.format(
            name=name,
            side=side,
            no_camera=NO_CAMERA,
            note=note,
            names=" ".join(_list_plain(names, controls)),
            where=_WHERE if browser else "",
            is_private="yes" if browser and browser.is_private else "",
        ),
        js_on_load=load_script(__name__, "live.js"),
        server_functions=[
            _answer_frames(fn, controls, extras, quality),
            *(browser.server_functions() if browser else ()),
        ],
    )
    camera.exchange(
        None,
        fields,
        shown,
        js=f"(...values) => document.getElementById('{name}').exchange(...values)",
        trigger_mode="multiple",
        api_visibility="private",
    )
    return camera


def _answer_frames(
    fn: Callable[..., Any], controls: Sequence[Component], extras: Sequence[Component], quality: int
) -> Callable[..., Any]:
    """The server function that a page hands its frames to."""
    turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def frame(data: dict[str, Any], request: gr.Request) -> dict[str, Any]:
        """One frame of a visit after the other, in the order in which they arrive."""
        started = perf_counter()
        visit = (await request.json())["session_hash"]
        note_camera(visit)
        session = LocalContext.blocks.get().state_holder[visit]
        turn = turns.setdefault(visit, asyncio.Lock())
        async with turn:
            answer = await asyncio.get_running_loop().run_in_executor(
                _get_workers(), answer_frame, fn, data, controls, extras, session, quality
            )
        # with its turn's wait; what is left of the browser's time is the way there and back
        return answer | {"ms": 1000 * (perf_counter() - started)}

    return frame


def _list_plain(names: Sequence[str], controls: Sequence[Component]) -> list[str]:
    """The names of the controls whose values the page sends."""
    given = zip(names, controls, strict=True) if names else ()
    return [name for name, control in given if not isinstance(control, gr.State)]


@cache
def _get_workers() -> ThreadPoolExecutor:
    """Threads for all webcams: as many as can compute at once, so that frames take turns."""
    return ThreadPoolExecutor(max(2, cpu_count()), "webcam")


def answer_frame(
    fn: Callable[..., Any],
    data: dict[str, Any],
    controls: Sequence[Component],
    extras: Sequence[Component],
    session: SessionState,
    quality: int = 85,
) -> dict[str, Any]:
    """The answer to a frame ``{number, src, values}``; a mistake is written on it, never raised.

    ``number`` and ``src`` come back, with ``extras``, the values to show beside the picture. What
    a ``gr.State`` keeps is read from the visitor's ``session`` and written there.
    """
    number = data.get("number") if isinstance(data, dict) else None
    try:
        frame = load_data_uri(data["src"], max_side=MAX_LIVE_SIDE)
    except Exception as error:
        return {"number": number, "said": describe_error(error)}
    try:
        result = fn(frame, *_read_values(data["values"], controls, session))
        picture, *values = result if isinstance(result, tuple) else (result,)
    except Exception as error:
        return {"number": number, "src": to_data_uri(_write(frame, describe_error(error)))}
    shown = []
    for extra, value in zip(extras, values, strict=True):
        if isinstance(extra, gr.State):
            session[extra._id] = value
        else:
            shown.append(extra.postprocess(value))
    src = to_data_uri(picture, quality=quality)
    return {"number": number, "src": src, "extras": shown}


def _read_values(
    values: list[Any], controls: Sequence[Component], session: SessionState
) -> list[Any]:
    given = iter(values)
    return [
        session[control._id] if isinstance(control, gr.State) else control.preprocess(next(given))
        for control in controls
    ]


def to_twin_handler(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``fn`` for one call through the API, where mistakes may be raised."""

    @wraps(fn)
    def handle(frame: np.ndarray | None, *controls: Any, **named: Any) -> Any:
        if frame is None:
            raise gr.Error(NO_PICTURE, print_exception=False)
        result = fn(shrink(frame, MAX_LIVE_SIDE), *controls, **named)
        picture, *extras = result if isinstance(result, tuple) else (result,)
        view = to_data_uri(picture)
        return (view, *extras) if extras else view

    return handle


def _write(frame: np.ndarray, sentence: str) -> np.ndarray:
    words, lines = sentence.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 44:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return draw_text(frame, "\n".join(lines))

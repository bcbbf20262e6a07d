"""A webcam, frame by frame, through a lesson and back into the page; no frame touches a disk."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

from cvcore.drawing import draw_text
from cvcore.images import NO_PICTURE, shrink, to_data_uri
from demos.ui.errors import describe_error

MAX_LIVE_SIDE = 640  # pixels
STOP_CAMERAS = """() => document.querySelectorAll('.live-camera button').forEach(
  button => button.innerText.trim() === 'Stop' && button.click())"""

_DRAW = """
const image = element.querySelector('img'), text = element.querySelector('output');
const times = [];
const say = words => { text.textContent = words; };
const draw = () => {
  const source = (props.value && props.value.src) || props.value;
  if (typeof source !== 'string' || !source.startsWith('data:image/')) return;
  image.src = source; image.hidden = false;
  const now = performance.now(); times.push(now);
  while (times.length && now - times[0] > 2000) times.shift();
  if (times.length > 2) say(((times.length - 1) * 1000 / (now - times[0])).toFixed(1)
    + ' frames a second');
};
watch('value', draw); draw();
if (!navigator.mediaDevices) say('This browser lends a page the webcam only over https, '
  + 'or when the page runs on this computer: open it that way.');
else window.addEventListener('unhandledrejection', event => {
  const name = event.reason && event.reason.name;
  if (name === 'NotAllowedError') say('The browser did not allow the webcam: '
    + 'allow it with the camera sign beside the address, then try again.');
  if (name === 'NotFoundError' || name === 'NotReadableError') say('No free webcam was found: '
    + 'plug one in, or close the program that uses it, then try again.');
});"""


class LiveView(gr.HTML):
    """Shows the last processed frame (a data address) and how many arrive in a second."""

    def __init__(self, alt: str, **kwargs: Any) -> None:
        super().__init__(
            html_template=f"""<div class="live-view"><img alt="{alt}" hidden><output>
              To start: click to access the webcam, then Record.</output></div>""",
            js_on_load=_DRAW,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}


def build_camera(elem_id: str) -> gr.Image:
    """A webcam that streams 640 x 480; not mirrored, so that writing and geometry stay right."""
    return gr.Image(
        sources=["webcam"],
        streaming=True,
        type="numpy",
        format="jpeg",
        label="Webcam",
        elem_id=elem_id,
        elem_classes=["live-camera"],
        webcam_options=gr.WebcamOptions(
            mirror=False,
            constraints={"video": {"width": {"ideal": 640}, "height": {"ideal": 480}}},
        ),
    )


def to_frame_handler(fn: Callable[..., Any], extra_count: int) -> Callable[..., Any]:
    """Wrap ``fn(frame, *controls)`` for a stream: a mistake is written on the frame, never raised.

    An exception in a stream would make the page join again, and complain, at every frame.
    """

    @wraps(fn)
    def handle(frame: np.ndarray | None, *controls: Any) -> Any:
        if frame is None:
            return gr.skip() if not extra_count else (gr.skip(),) * (1 + extra_count)
        try:
            result = fn(shrink(frame, MAX_LIVE_SIDE), *controls)
            picture, *extras = result if isinstance(result, tuple) else (result,)
        except Exception as error:
            picture, extras = _write(frame, describe_error(error)), [gr.skip()] * extra_count
        # The time makes each frame a new value, so that the page also counts equal ones.
        view = {"src": to_data_uri(picture), "time": time.time()}
        return (view, *extras) if extra_count else view

    return handle


def to_twin_handler(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap ``fn`` for one call through the API, where mistakes may be raised."""

    @wraps(fn)
    def handle(frame: np.ndarray | None, *controls: Any) -> Any:
        if frame is None:
            raise gr.Error(NO_PICTURE, print_exception=False)
        result = fn(shrink(frame, MAX_LIVE_SIDE), *controls)
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

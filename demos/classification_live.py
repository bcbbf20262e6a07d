"""The webcam's answer, frame by frame, with smoothing and a count of the flicker."""

import numpy as np

import cvcore
from cvcore import smoothing
from demos.classification_answers import Answer, to_bars
from demos.classification_views import draw_page


def classify_frame(
    frame: np.ndarray,
    k: int,
    model: str,
    inertia: float,
    limit: float,
    state: smoothing.Smoothing | None,
) -> tuple[np.ndarray, dict, str, smoothing.Smoothing]:
    """One frame: the picture with the crop marked, smoothed bars, flicker count and new state."""
    logits = cvcore.classification.predict_logits([frame], model=model)[0]
    state = smoothing.smooth(state, logits, inertia=inertia)
    answer = Answer(model, state.logits)
    return mark_crop(frame, model), to_bars(answer, k, limit=limit), draw_flicker(state), state


def mark_crop(frame: np.ndarray, model: str) -> np.ndarray:
    """The frame, darkened where the network does not look."""
    left, top, right, bottom = cvcore.preprocessing.find_crop(frame.shape[:2], model)
    marked = frame // 3
    marked[top:bottom, left:right] = frame[top:bottom, left:right]
    return marked


def draw_flicker(state: smoothing.Smoothing) -> str:
    """How often the first place changed, without and with smoothing, over the last frames."""
    frames = len(state.raw_winners)
    return draw_page(
        "<table><thead><tr><th>first place changed</th><th>single frames</th><th>smoothed</th></tr>"
        f"</thead><tbody><tr><td>in the last {frames} frames</td>"
        f"<td><b>{state.raw_flicker}</b></td><td><b>{state.smooth_flicker}</b></td></tr></tbody>"
        "</table>"
    )

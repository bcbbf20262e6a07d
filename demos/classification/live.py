"""The webcam's answer, frame by frame, with smoothing and a count of the flicker."""

from dataclasses import asdict
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.classification import smoothing
from cvcore.engine import registry
from demos import components as ui
from demos import lesson
from demos.classification.answers import Answer, to_bars
from demos.classification.bars import Bars
from demos.classification.controls import DEFAULT_TEMPERATURE
from demos.classification.views import draw_page
from demos.lesson import class_names


def classify_frame(
    frame: np.ndarray,
    k: int,
    model: str,
    inertia: float,
    limit: float,
    state: smoothing.Smoothing | None,
    temperature: float = DEFAULT_TEMPERATURE,
) -> tuple[np.ndarray, dict, str, smoothing.Smoothing, dict]:
    """One frame: the picture with the crop marked, smoothed bars, the flicker drawn and counted,
    and between these two the new state."""
    logits = cvcore.recognition.classifier.predict_logits([frame], model=model)[0]
    now = cvcore.recognition.classifier.softmax(logits, temperature)
    state = smoothing.smooth(state, now, inertia=inertia)
    bars = to_bars(
        Answer(model, logits), k, temperature=temperature, limit=limit,
        roomy=0, probabilities=state.probabilities,
    )  # fmt: skip
    return mark_crop(frame, model), bars, draw_flicker(state), state, count_flicker(state)


def mark_crop(frame: np.ndarray, model: str) -> np.ndarray:
    """The frame, darkened where the network does not look."""
    left, top, right, bottom = cvcore.recognition.preprocessing.find_crop(frame.shape[:2], model)
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


def count_flicker(state: smoothing.Smoothing) -> dict:
    """The same counts, as calls through the API get them."""
    return {
        "frames": len(state.raw_winners),
        "changes_single_frames": state.raw_flicker,
        "changes_smoothed": state.smooth_flicker,
    }


def tell_browser(_: None) -> dict:
    """What the browser needs for its own answers: of bundled models the names and the crop, of all
    the titles, and what stands around the page's HTML."""
    names = cvcore.recognition.classifier.list_models()
    rows = {name: registry.get_weight(name) for name in names}
    models = {
        name: {
            "labels": registry.load_labels(name),
            "shown": class_names.load_shown(name),
            "recipe": asdict(cvcore.recognition.preprocessing.get_recipe(name)),
        }
        for name, row in rows.items()
        if row.is_bundled
    }
    titles = {name: row.title for name, row in rows.items()}
    return {"models": models, "titles": titles, "page": draw_page("|").split("|")}


def build(tab: lesson.Tab, controls: dict[str, Any]) -> None:
    """The webcam beside its smoothed answer."""
    state = gr.State()
    section = tab.stage.live()
    with tab.stage.controls(lesson.LIVE, first=True):
        bars = Bars(elem_id="classification-live-bars", label="answers")
        flicker = gr.HTML(elem_id="classification-flicker", label="flicker")
        inertia = ui.Slider(
            0, 0.98, 0.8, step=0.02, label="Smoothing: how much of the past is kept"
        )
        numbers = ui.Panel(visible=False, label="numbers")
    with section:
        given = [
            controls["k"], controls["model"], inertia, controls["limit"], state,
            controls["temperature"],
        ]  # fmt: skip
        tab.live(
            classify_frame, given, extra_outputs=[bars, flicker, state, numbers],
            browser=lesson.InBrowser(__name__, tell_browser),
        )  # fmt: skip

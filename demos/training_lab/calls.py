"""The lesson through the API: plain numbers, settings by name; and what is loaded again."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError
from cvcore.training_lab.presets import PRESETS
from demos import components as ui
from demos import lesson
from demos.training_lab import runs, work
from demos.training_lab.controls import Rail
from demos.training_lab.session import Session, TrainingSettings, plan_runs


def train(session: Session, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """Train a network with these settings; the states as they come, the last one done."""
    session.begin(*plan_runs("", settings)[:2])
    yield from _follow(session)


def train_preset(session: Session, preset: str) -> Iterator[dict[str, Any]]:
    """Train the runs of a preset one after the other."""
    if preset not in PRESETS:
        raise InputError(f"There is no such preset: choose one of {', '.join(PRESETS)}.")
    first = vars(PRESETS[preset].runs[0][1])
    session.begin(*plan_runs(preset, TrainingSettings(**first))[:2], preset=preset)
    yield from _follow(session)


def go_on(session: Session, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """Go on with the session's newest run, for as many epochs more if it was done."""
    work.go_on(session, settings)
    yield from _follow(session)


def _follow(session: Session) -> Iterator[dict[str, Any]]:
    while session.plan:
        for _ in work.train_a_turn(session):
            yield work.to_numbers(session)


def steer(
    session: Session, rate: float | None, dropout: float | None, weight_decay: float | None
) -> dict[str, Any]:
    """Turn the session's run under way; what is left out stays as it is."""
    session.steer(rate=rate, dropout=dropout, weight_decay=weight_decay)
    return work.to_numbers(session)


def stop(session: Session) -> dict[str, Any]:
    """End the session's run after the step under way."""
    session.stop()
    session.idle.wait(10)
    return work.to_numbers(session)


def back_to_best(session: Session) -> dict[str, Any]:
    """Take the session's newest run back to its best epoch."""
    work.back_to_best(session)
    return work.to_numbers(session)


def load(session: Session, checkpoint: str | None) -> dict[str, Any]:
    """Load a run that was saved; it can be gone on with."""
    work.load_run(session, checkpoint)
    return work.to_numbers(session)


def build(
    tab: lesson.Tab, stage: lesson.Stage, rail: Rail, session: gr.State, views: list,
    load_and_show: Callable, title: str,
) -> None:  # fmt: skip
    """A checkpoint to be loaded, in the view of this ``title``; and what is for callers alone."""
    with stage.controls(title, first=True):
        chosen = gr.UploadButton(
            "Load a checkpoint", file_types=[".safetensors"], size="sm",
            elem_id="training-lab-load",
        )  # fmt: skip
    file = ui.File(label="checkpoint", file_types=[".safetensors"], visible=False)
    tab.run(chosen.upload, load_and_show, [session, chosen], views, api_name=None)
    numbers = gr.JSON(visible=False, label="numbers")
    hidden = {"visible": False}
    preset = gr.Textbox(label="preset", **hidden)
    rate, dropout, decay = (ui.Number(None, label=f"new {one}", **hidden) for one in
                            ("rate", "dropout", "weight decay"))  # fmt: skip
    run = ui.Number(1, label="run", **hidden)
    name, kind = gr.Textbox(label="name", **hidden), gr.Textbox(label="kind", **hidden)
    heavy = {"kind": "heavy"}
    tab.endpoint(
        train, session, numbers, settings=rail.settings, api_name="training_lab", **heavy
    )  # fmt: skip
    tab.endpoint(
        go_on, session, numbers, settings=rail.settings, api_name="training_lab_go_on", **heavy
    )  # fmt: skip
    rows: list[tuple[Callable, str, list, dict]] = [
        (train_preset, "preset", [preset], heavy),
        (steer, "steer", [rate, dropout, decay], {}),
        (stop, "stop", [], {}),
        (back_to_best, "best", [], {}),
        (runs.list_runs, "runs", [], {}),
        (runs.rename, "rename", [run, name], {}),
        (runs.remove, "remove", [run], {}),
        (runs.export, "export", [run, kind], {}),
        (load, "load", [file], {}),
    ]
    for work_, word, inputs, options in rows:
        tab.endpoint(
            work_, [session, *inputs], numbers, api_name=f"training_lab_{word}", **options
        )  # fmt: skip

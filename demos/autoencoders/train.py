"""The view "Train": the network, its curves, and held-back digits as they come back."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from demos import components as ui
from demos.autoencoders.architecture import draw_architecture
from demos.autoencoders.pictures import (
    draw_errors,
    draw_losses,
    draw_rows,
    draw_status,
    say_wait,
)
from demos.autoencoders.session import PLAIN, Session, describe

LOOK_FOR = (
    "<b>Look for:</b> how few numbers a digit needs. Train again with a narrower bottleneck: what "
    "is lost first?"
)


class RunsList(ui.JsComponent):
    """The runs so far, with their errors; fires ``remove`` with a run's number."""

    MARKUP = '<ul class="ae-runs" aria-label="Runs so far"></ul>'
    SCRIPTS = ("runs.js",)


def draw(session: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The panel, and the list of runs."""
    return draw_panel(session), list_runs(session)


def draw_panel(session: Session) -> dict[str, Any]:
    p = session.states.get(PLAIN)
    if p is None:
        return {"html": say_wait(session, PLAIN, "The training begins …")}
    layers = cvcore.autoencoders.describe(p.settings)
    count = sum(one.parameters for one in layers)
    first = 0 if p.settings.only is None else 2
    net = draw_architecture(layers, p.pictures[first], p.outputs[first], count)
    name = next((one.name for one in session.kept if one.last is p), describe(p.settings))
    error = f"error <b>{p.validation_error[-1]:.4f}</b>" if len(p.validation_error) else ""
    rows = draw_rows([("in", p.pictures), ("out", p.outputs)])
    html = (
        f'<div class="ae ae-train">{draw_status(p, name, result=error)}{net}'
        f'<div class="ae-charts">{draw_losses(p, (450, 180))}'
        f"{draw_errors(session.kept, (450, 180), say_title(session))}</div>"
        f'{rows}<p class="ae-words">{LOOK_FOR}</p></div>'
    )
    return {"html": html, **to_numbers(session)}


def say_title(session: Session) -> str:
    return "Error of held-back digits" + (", each run" if len(session.kept) > 1 else "")


def list_runs(session: Session) -> dict[str, Any]:
    """The value of ``RunsList``."""
    rows = []
    for one in session.kept:
        errors = one.last.validation_error
        rows.append(
            {
                "number": one.number, "name": one.name, "colour": one.colour,
                "is_training": not one.last.done,
                "error": f"{errors[-1]:.4f}" if len(errors) and np.isfinite(errors[-1]) else "–",
            }
        )  # fmt: skip
    return {"runs": rows}


def to_numbers(session: Session) -> dict[str, Any]:
    """How the newest run stands, as plain data."""
    p = session.states.get(PLAIN)
    if p is None:
        return {}
    return {
        "step": p.step, "total": p.total, "done": p.done, "stopped": p.stopped,
        "diverged": p.diverged, "bottleneck": p.settings.bottleneck,
        "loss": [float(one) for one in p.loss[-1:]],
        "validation_steps": p.validation_steps.tolist(),
        "validation_error": p.validation_error.tolist(),
        "runs": [one.name for one in session.kept],
    }  # fmt: skip


def remove(session: Session, event: gr.EventData) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take a run out of the list."""
    session.remove(getattr(event, "run", None))
    return draw(session)

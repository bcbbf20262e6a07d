"""The view "Runs": those that are kept, laid over one another, renamed, saved and loaded again."""

import base64
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos.training_lab.curves import find_accuracy, say_spread
from demos.training_lab.session import OTHER_RUN, Kept, Session

KINDS = {
    "csv": (".csv", "text/csv"),
    "events": (".tfevents", "application/octet-stream"),
    "checkpoint": (".safetensors", "application/octet-stream"),
}
NOT_KEPT = "Of several seeds only the last one's weights are kept, and of this run none: train it."
HEAD = ("Shown", "Run", "Steps", "Least loss", "Validation", "Test")


class RunsTable(ui.JsComponent):
    """The runs, a row each; fires ``act`` with what is to be done, to which run."""

    MARKUP = (
        '<div class="lab-runs"><p class="lab-none">No run is kept yet: press Start.</p>'
        '<table class="lab-list" hidden><thead><tr>'
        + "".join(f'<th scope="col">{one}</th>' for one in HEAD)
        + "</tr></thead><tbody></tbody></table></div>"
    )
    SCRIPTS = ("runs.js",)


def list_runs(session: Session) -> dict[str, Any]:
    """The runs with what was measured: the value of ``RunsTable``."""
    rows = [
        {
            "number": one.number, "name": one.name, "colour": one.colour,
            "is_shown": one.is_shown, "is_training": one.is_training,
            "is_current": one is session.current, "cells": _measure(one),
        }
        for one in session.kept if one.members
    ]  # fmt: skip
    return {"runs": rows}


def _measure(one: Kept) -> list[str]:
    """Steps, least validation loss, share right and test; of several seeds means and spreads."""
    p = one.last
    done = [member for member in one.members if member.done] or [p]
    steps = f"{p.step} of {p.total}" + (f", {len(one.members)} seeds" if one.bundle else "")
    losses = [member.best_loss for member in done]
    right = [find_accuracy(member) for member in done]
    tests = [member.test.accuracy for member in done if member.test]
    loss = "–" if not np.isfinite(losses).all() else f"{np.mean(losses):.3f}"
    if p.diverged:
        loss = f"{loss}, diverged"
    return [steps, loss, say_spread(right), say_spread(tests)]


def export(session: Session, run: float, kind: str) -> dict[str, str]:
    """A run as a file that travels inside the page: "csv", "events" or "checkpoint"."""
    if kind not in KINDS:
        raise InputError(f"There is no such file: choose one of {', '.join(KINDS)}.")
    one = session.find(run)
    if one.is_training:
        raise InputError("This run is under way: stop it first.")
    lab, p = cvcore.training_lab, one.last
    if kind == "csv":
        data = lab.logs.to_csv(p).encode()
    elif kind == "events":
        data = lab.logs.to_events(p)
    elif p.run is None:
        raise InputError(NOT_KEPT)
    else:
        data = p.run.to_checkpoint()
    ending, mime = KINDS[kind]
    stem = "".join(c if c.isalnum() else "_" for c in one.name).strip("_") or "run"
    name = f"events.out{ending}.{stem}" if kind == "events" else f"{stem}{ending}"
    return {"filename": name, "href": f"data:{mime};base64,{base64.b64encode(data).decode()}"}


def act(session: Session, event: gr.EventData) -> dict[str, Any]:
    """What a row of the table asks for; returns the table anew."""
    does, number = getattr(event, "does", ""), getattr(event, "run", None)
    if does == "show":
        one = session.find(number)
        one.is_shown = not one.is_shown
    elif does == "rename":
        session.rename(number, getattr(event, "name", ""))
    elif does == "remove":
        session.remove(number)
    elif does == "look":
        look_at(session, number)
    elif does == "save":
        kind = str(getattr(event, "kind", ""))
        file = export(session, session.find(number).number, kind)
        session.saved += 1
        return list_runs(session) | {"file": file | {"key": str(session.saved)}}
    else:
        raise InputError(OTHER_RUN)
    return list_runs(session)


def look_at(session: Session, number: Any) -> None:
    """The run whose filters and mistakes are shown, and which is gone on with."""
    one = session.find(number)
    if session.current is not None and session.current.is_training and one is not session.current:
        raise InputError("Another run is under way: stop it first.")
    session.current = one
    one.is_shown = True


def rename(session: Session, run: float, name: str) -> dict[str, Any]:
    """Give a run another name; returns all runs."""
    session.rename(run, name)
    return list_runs(session)


def remove(session: Session, run: float) -> dict[str, Any]:
    """Take a run out of the list; returns those that are left."""
    session.remove(run)
    return list_runs(session)

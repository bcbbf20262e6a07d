"""Trainings as they go: by turns, streamed, steered, stopped and gone on with."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cvcore
from cvcore.core.errors import InputError
from cvcore.training_lab.progress import Progress
from demos.lesson.turns import TURN_SECONDS
from demos.training_lab.session import (
    OWN_PICTURES,
    Kept,
    Session,
    Task,
    TrainingSettings,
    load_data,
)

OTHERS_PICTURES = (
    "This run was trained on somebody's own pictures, which are not kept in it: teach classes of "
    "the same names in Live first, or load another run."
)


def train_a_turn(session: Session, *, seconds: float = TURN_SECONDS) -> Iterator[bool]:
    """Train what is planned, for one turn; yields as it goes, at its end whether more is planned.

    A run that is not done by then goes on in its next turn exactly where it was. When the iterator
    is closed, the step under way is the last one, and the run is kept as it is.
    """
    if not session.plan:
        yield False
        return
    mine, task, begun = session.token.newest, session.plan[0], time.monotonic()
    if session.working is mine:  # by an earlier event of the same visit
        return
    session.working = mine
    is_over, progress = False, None
    with session.at_work() as steering:
        lab = cvcore.training_lab
        states = lab.train(
            task.settings, session.load(), steering=steering, resume=task.resume,
            callbacks=[lab.Vary(task.vary)] if task.vary else (),
        )  # fmt: skip
        try:
            for progress in states:
                if not session.note(task, progress, mine):
                    return
                if progress.done:
                    break
                if time.monotonic() - begun > seconds:
                    is_over = True
                    steering.stop()
                yield True
        finally:
            _end(session, task, progress, states, mine)
            if session.working is mine:
                session.working = None
        if is_over and progress.stopped and session.plan:
            session.plan[0] = replace(
                task, settings=progress.settings, resume=progress.run,
                seconds=task.seconds + progress.seconds,
            )  # fmt: skip
        else:
            session.plan = session.plan[1:]
            session.finish(task)
    yield bool(session.plan)


def _end(
    session: Session, task: Task, progress: Progress | None, states: Any, mine: object
) -> None:  # fmt: skip
    """Whatever ends the work, nothing goes on; a run that was stopped is kept as it is."""
    is_newest = session.token.newest is mine
    if progress is not None and not progress.done and is_newest:  # stopped, or left
        session.stop()
        for progress in states:
            session.note(task, progress, mine)
        session.finish(task)
    elif progress is None and is_newest:  # it could not begin
        session.plan = []
    states.close()


def go_on(session: Session, settings: TrainingSettings) -> None:
    """Plan to go on with the run that is looked at; if it was done, for as many epochs more."""
    one = session.check_done()
    run, wanted = one.last.run, settings.plain()
    each = one.last.total // one.last.settings.epochs
    if run.step >= each * wanted.epochs:
        wanted = replace(wanted, epochs=run.more(wanted.epochs).epochs)
    cvcore.training_lab.check_resumable(run, wanted, one.load())
    session.plan = [Task(one.name, wanted, one.bundle, run)]
    session.data, session.planned = one.data, one.own
    session.token.renew()


def back_to_best(session: Session) -> Kept:
    """Take the run that is looked at back to its best epoch; what came later is forgotten."""
    one = session.check_done()
    run = one.last.run.back_to_best()
    one.members[-1] = cvcore.training_lab.review(run, one.load())
    return one


def load_run(session: Session, path: str | None) -> Kept:
    """A checkpoint's run, as one more in the list."""
    if path is None:
        raise InputError("There is no checkpoint yet: choose a .safetensors file.")
    run = cvcore.training_lab.load_checkpoint(Path(path).read_bytes())
    names = {("digits", 28): "digits", ("clothes", 28): "clothes", ("clothes", 64): "colour"}
    data, own = names.get((run.kind, run.size[1])), None
    if run.kind == OWN_PICTURES:
        data, own = OWN_PICTURES, session.own
        if own is None or (own.size, own.classes, own.digest) != (
            run.size,
            run.classes,
            run.digest,
        ):
            raise InputError(OTHERS_PICTURES)
    if data is None:
        raise InputError("This run was trained on pictures that are not here: load another one.")
    progress = cvcore.training_lab.review(run, load_data(data, own))
    one = session.add(Path(path).stem[:40] or "loaded", data)
    one.own = own
    one.members.append(progress)
    return one


def to_numbers(session: Session) -> dict[str, Any]:
    """How the run that is looked at stands, as plain data."""
    if session.current is None or not session.current.members:
        return {}
    one, p = session.current, session.current.last
    return {
        "run": one.number, "name": one.name, "step": p.step, "total": p.total, "epoch": p.epoch,
        "rate": p.settings.rate, "dropout": p.settings.dropout,
        "weight_decay": p.settings.weight_decay,
        "training_loss": p.training_loss.tolist(),
        "training_accuracy": p.training_accuracy.tolist(),
        "rates": p.rates.tolist(),
        "validation_steps": p.validation_steps.tolist(),
        "validation_loss": p.validation_loss.tolist(),
        "validation_accuracy": p.validation_accuracy.tolist(),
        "marks": [[mark.step, mark.text] for mark in p.marks],
        "confusion": p.confusion.tolist(),
        "diverged": p.diverged, "stopped": p.stopped, "done": p.done, "best_step": p.best_step,
        "test_accuracy": p.test.accuracy if p.test else None,
        "seconds": round(one.seconds, 3),
    }  # fmt: skip

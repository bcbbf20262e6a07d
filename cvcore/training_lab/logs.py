"""A training's curves as files that other programs read."""

import csv
import io
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cvcore.training_lab.progress import Progress

COLUMNS = (
    "step", "rate", "training_loss", "training_accuracy", "validation_loss", "validation_accuracy",
    "validation_pictures",
)  # fmt: skip


def _layer_tag(layer: str) -> str:
    return f"gradient_norm/{layer.replace(' ', '_')}"


def to_csv(progress: Progress) -> str:
    """A row a number of steps taken, from 0 on: the step's own rate, loss and accuracy, what was
    validated after it, and the gradient norm of each layer where it was noted. Empty where there
    is nothing; numbers with all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *(_layer_tag(layer) for layer in progress.layers)])
    validated = {
        int(step): [
            repr(float(progress.validation_loss[i])),
            repr(float(progress.validation_accuracy[i])),
            int(progress.validation_pictures[i]),
        ]
        for i, step in enumerate(progress.validation_steps)
    }
    norms = {
        int(step) + 1: [repr(float(norm)) for norm in row]
        for step, row in zip(progress.gradient_steps, progress.gradient_norms, strict=True)
    }
    for step in range(progress.step + 1):
        own = ["", "", ""]
        if step:
            curves = (progress.rates, progress.training_loss, progress.training_accuracy)
            own = [repr(float(curve[step - 1])) for curve in curves]
        writer.writerow(
            [
                step,
                *own,
                *validated.get(step, ["", "", ""]),
                *norms.get(step, [""] * len(progress.layers)),
            ]
        )
    return text.getvalue()


def to_events(progress: Progress) -> bytes:
    """A TensorBoard event file, to be put into a folder under a name with ``tfevents`` in it.

    Scalars ``loss/training``, ``accuracy/training``, ``rate``, ``loss/validation``,
    ``accuracy/validation`` and ``gradient_norm/<layer>``, by steps taken; float32.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    steps = range(1, progress.step + 1)
    curves: list[tuple[str, Iterable[int], np.ndarray]] = [
        ("loss/training", steps, progress.training_loss),
        ("accuracy/training", steps, progress.training_accuracy),
        ("rate", steps, progress.rates),
        ("loss/validation", progress.validation_steps, progress.validation_loss),
        ("accuracy/validation", progress.validation_steps, progress.validation_accuracy),
    ]
    curves += [
        (_layer_tag(layer), progress.gradient_steps + 1, progress.gradient_norms[:, i])
        for i, layer in enumerate(progress.layers)
    ]
    now = time.time()
    with tempfile.TemporaryDirectory() as folder:
        writer = EventFileWriter(folder)
        for tag, places, values in curves:
            for step, value in zip(places, values, strict=True):
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=float(value))])
                writer.add_event(Event(step=int(step), wall_time=now, summary=summary))
        writer.close()
        (path,) = Path(folder).iterdir()
        return path.read_bytes()

"""The view "Live": the webcam's pictures teach one's own classes, are varied, or are named."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.training_lab.variety import Augmentation
from demos import components as ui
from demos import lesson
from demos.lesson.turns import run_turn, take_turns
from demos.training_lab import transfer
from demos.training_lab.augment import vary_frame
from demos.training_lab.own import Places
from demos.training_lab.teach import FIRST, ClassRows, Counts, Teaching, draw, settle

TEACH, VARIED, TAUGHT = "teach", "varied", "named by the network taught in Transfer"
USES = [("Teach", TEACH), ("Vary", VARIED), ("Name", TAUGHT)]
KEPT = "Only while you hold a button are pictures kept, and for this visit alone: not on a disk."
RECORDING, BORDER = (213, 94, 0), 6  # colour; pixels


def show_frame(
    frame: np.ndarray, transfers: Any, teaching: Teaching, shows: str, rows: dict[str, Any],
    augmentation: Augmentation,
) -> tuple[np.ndarray, str, dict[str, Any], dict[str, Any]]:  # fmt: skip
    """What the webcam sees, for the class whose button is held, in variations, or as the network
    that was taught in Transfer takes it.

    Returns a picture, what is said below it, the answers beside it, and the counts of pictures.
    """
    if shows == TAUGHT:
        return frame, transfer.name_picture(transfers, frame), {"html": ""}, {}
    if shows == VARIED:
        return vary_frame(frame, augmentation), "", {"html": ""}, {}
    seen = teaching.note(rows)
    teaching.record(frame)
    teaching.answer(frame)
    return mark_square(frame, bool(teaching.held)), "", draw(teaching), teaching.count(seen)


def mark_square(frame: np.ndarray, is_taken: bool) -> np.ndarray:
    """The frame, darkened where the network does not look; framed while pictures are taken."""
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    inside = slice(top, top + side), slice(left, left + side)
    marked = frame // 3
    marked[inside] = frame[inside]
    if is_taken:
        square = marked[inside]
        for edge in (square[:BORDER], square[-BORDER:], square[:, :BORDER], square[:, -BORDER:]):
            edge[:] = RECORDING
    return marked


def build(
    tab: lesson.Tab, stage: lesson.Stage, augmentation: lesson.Controls, places: Places
) -> None:
    """The webcam and the answers beside each other; in the rail what it is for, and the classes."""
    teaching, asked, turns = gr.State(Teaching()), gr.State(0), gr.State(0)
    with stage.controls(lesson.LIVE, first=True):
        shows = ui.Radio(
            USES, value=TEACH, label="Webcam", elem_classes=["beside"],
            elem_id="training-lab-uses",
        )  # fmt: skip
        rows = ClassRows(
            FIRST, camera="training-lab-live", label="classes",
            elem_id="training-lab-classes",
        )  # fmt: skip
        counts = Counts(
            {}, rows="training-lab-classes", visible="hidden", label="pictures of each class"
        )
    with stage.live(), gr.Row(elem_classes=["side-by-side"]):
        place = gr.Column(elem_classes=["wider"], min_width=200)
        answers = ui.Panel(
            draw(Teaching()), label="answers", elem_id="training-lab-answers",
            elem_classes=["fill"], min_width=200,
        )  # fmt: skip
    with place:
        told = gr.HTML("", label="named", elem_classes=["lab-count"], elem_id="training-lab-named")
        tab.live(
            show_frame, [places.transfers, teaching, shows, rows], settings=augmentation,
            extra_outputs=[told, answers, counts], elem_id="training-lab-live", note=KEPT,
        )  # fmt: skip
    tab.run(
        rows.settle, settle, [teaching, places.session, places.transfers, asked, rows],
        [asked, places.chosen, answers, counts], api_name=None, show_progress="hidden",
        trigger_mode="always_last",
    )  # fmt: skip
    take_turns(tab, run_turn, teaching, [asked, turns], [answers, turns])

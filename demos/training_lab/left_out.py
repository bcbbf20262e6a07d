"""The view "Left out": each picture named by a head that has learnt all the others."""

from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.training_lab.transfer import Transfers, load_kinds

TITLE = "Left out"
MOST = 24  # pictures shown of a cell
MOST_CLASSES = 10  # whose matrix can be read
SIDE = 96  # pixels of a picture


class LeftOutPanel(ui.Panel):
    """The matrix, whose cells fire ``act`` with the number of a truth and of an answer."""

    SCRIPTS = ("left_out.js",)


@lesson.keep_here
def leave_one_out(transfers: Transfers) -> dict[str, Any]:
    """Leave each picture out once; the most frequent mistake is opened."""
    data = transfers.get_data()
    if len(data.classes) > MOST_CLASSES:
        raise InputError(
            f"There are {len(data.classes)} classes: the matrix shows at most {MOST_CLASSES}."
        )
    left = cvcore.training_lab.leave_one_out(data)
    if transfers.get_data() is not data:
        raise InputError("The pictures have changed meanwhile: open Left out again.")
    transfers.left_out = left, data
    wrong = left.confusion * (1 - np.eye(len(left.classes), dtype=np.int64))
    most = wrong if wrong.any() else left.confusion
    truth, answer = np.unravel_index(int(most.argmax()), most.shape)
    return draw(transfers, int(truth), int(answer))


def act(transfers: Transfers, event: gr.EventData) -> dict[str, Any]:
    """The pictures behind another cell."""
    return draw(transfers, lesson.read_int(event, "truth"), lesson.read_int(event, "answer"))


# --- drawing -------------------------------------------------------------------------------------
def draw(transfers: Transfers, truth: int, answer: int) -> dict[str, Any]:
    """The matrix, and beside it the pictures behind a cell; InputError for a cell that is none."""
    if transfers.left_out is None:
        raise InputError("No picture is left out yet: open Left out again.")
    left, data = transfers.left_out
    count = len(left.classes)
    if not (0 <= truth < count and 0 <= answer < count):
        raise InputError("There is no such cell: choose one of the matrix.")
    found = left.find(truth, answer)
    wrong = int((left.labels != left.answers).sum())
    head = f"{wrong} of {len(left.labels)} wrong ({charts.percent(1 - left.accuracy)})"
    html = (
        f'<div class="lab lab-pair lab-left-out"><div><h3>{head}</h3>'
        f"{draw_matrix(left, truth, answer)}</div>"
        f"<div><h3>{say_cell(left, truth, answer, len(found))}</h3>"
        f'<div class="lab-behind">{draw_behind(left, data, found[:MOST])}</div></div></div>'
    )
    return {
        "html": html, "accuracy": left.accuracy, "confusion": left.confusion.tolist(),
        "classes": list(left.classes), "cell": [truth, answer], "pictures": found.tolist(),
    }  # fmt: skip


def draw_matrix(left: Any, truth: int, answer: int) -> str:
    """Truth in rows, answer in columns; each cell with pictures is a button."""
    names = [escape(one) for one in left.classes]
    head = "".join(f'<th scope="col"><span>{one}</span></th>' for one in names)
    rows = []
    for i, row in enumerate(left.confusion):
        cells = []
        for j, number in enumerate(row):
            share = number / max(int(row.sum()), 1)
            css = ("hit" if i == j else "miss") + (" full" if share > 0.55 else "")
            is_open = str((i, j) == (truth, answer)).lower()
            inner = "" if not number else (
                f'<button type="button" data-truth="{i}" data-answer="{j}" aria-pressed="{is_open}"'
                f' aria-label="{names[i]} taken for {names[j]}: {number}">{number}</button>'
            )  # fmt: skip
            cells.append(f'<td class="{css}" style="--share:{share:.2f}">{inner}</td>')
        rows.append(f'<tr><th scope="row">{names[i]}</th>{"".join(cells)}</tr>')
    return (
        '<table class="lab-confusion long"><caption>rows: truth · columns: answer · a number shows '
        f"its pictures</caption><thead><tr><td></td>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def say_cell(left: Any, truth: int, answer: int, count: int) -> str:
    """What the pictures beside the matrix have in common."""
    name, other = escape(left.classes[truth]), escape(left.classes[answer])
    more = f", {MOST} of them" if count > MOST else ""
    if truth == answer:
        return f"{name}, and taken for it: {count}{more}"
    return f"{name}, but taken for {other}: {count}{more}"


def draw_behind(left: Any, data: Any, indices: np.ndarray) -> str:
    """Each picture with what its answer scored, and what its truth did."""
    parts = []
    for index in indices.tolist():
        picture = data.training.pictures[index].numpy().transpose(1, 2, 0)
        picture = np.rint(255 * picture).astype(np.uint8)
        picture = np.broadcast_to(picture, (*picture.shape[:2], 3)).copy()
        if len(picture) > SIDE:
            picture = images.resize(picture, (SIDE, SIDE), resample="box")
        truth, answer = int(left.labels[index]), int(left.answers[index])
        said = f"{escape(left.classes[answer])} <b>{left.scores[index, answer]:.2f}</b>"
        if answer != truth:
            said += f"<br>{escape(left.classes[truth])} {left.scores[index, truth]:.2f}"
        source = images.to_data_uri(picture)
        parts.append(
            f'<figure><img src="{source}" alt="Picture {index}"><figcaption>{said}</figcaption>'
            "</figure>"
        )
    return "".join(parts)


# --- through the API -----------------------------------------------------------------------------
def measure() -> dict[str, Any]:
    """The bundled clothes, each left out once, as plain numbers."""
    left = cvcore.training_lab.leave_one_out(load_kinds())
    return {
        "accuracy": left.accuracy, "classes": list(left.classes),
        "confusion": left.confusion.tolist(), "answers": left.answers.tolist(),
    }  # fmt: skip


def build(
    tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs, transfers: gr.State
) -> None:  # fmt: skip
    """The matrix with its pictures on the stage; what it is in the rail."""
    with stage.show(TITLE):
        panel = LeftOutPanel(
            label="left out", elem_id="training-lab-left-out", elem_classes=["fill", "tall"]
        )
    with stage.controls(TITLE):
        gr.HTML(
            "<p>With few pictures, none can be spared for a test. So each is left out once, and "
            "named by a head that has learnt all the others.</p>"
            "<p>The pictures are those of Transfer. What lies behind a wrong cell says which "
            "pictures are missing: take more like these.</p>"
            "<p>The scores are about 1 for what a picture is, 0 for what it is not.</p>"
            "<p>The network looks at every picture once: some seconds the first time, as it is "
            "loaded for it.</p>",
            elem_classes=["lab-told"],
        )
    lazy.add(TITLE, stage.views[TITLE], leave_one_out, [transfers], panel, api_name=None,
             kind="heavy")  # fmt: skip
    tab.run(panel.act, act, [transfers], panel, api_name=None, show_progress="hidden")
    numbers = gr.JSON(visible=False, label="left out")
    tab.endpoint(measure, None, numbers, api_name="training_lab_left_out", kind="heavy")

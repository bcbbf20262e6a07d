"""A set of pictures of one's own: COCO's figures, and which class is taken for which."""

import contextlib
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.detection.labelled_pictures import Judged, LabelledSet
from demos import components as ui
from demos import lesson
from demos.detection.controls import OWN_SET, Settings, take_all
from demos.detection.ground_truth import parse_ground_truth
from demos.detection.state import LessonState

TITLE = OWN_SET
MOST = 24  # cases shown of a cell
SIDE = 220  # pixels, of a case's picture
LEAST = 0.001  # confidence: the whole precision-recall curve counts
NMS_IOU = 0.7  # as benchmarks have it
NO_SET = "There is no set yet: choose a .zip file, or add the picture with its truth boxes."
HINT = (
    "Choose a .zip file with images/NAME.jpg and labels/NAME.txt (YOLO: class x y width height), "
    "or draw truth boxes in the view Truth and add the picture here, one after the other."
)
EMPTY = {"html": f'<p class="empty">{HINT}</p>'}


@dataclass(frozen=True)
class SetSettings(Settings):
    """What looks at the pictures, and which boxes the matrix counts."""

    limit: float = cvcore.detection.confusion.DEFAULT_IOU_LIMIT  # IoU that makes a pair, 0 to 1

    def named(self) -> str:
        """The network, in words."""
        return f"{self.model} at {self.input_size:g} pixels"


class SetView(ui.JsComponent):
    """The figures and the matrix; fires ``act`` with ``{truth, said}``, class indices of a cell."""

    MARKUP = '<div class="own-set"></div>'
    SCRIPTS = ("own_set.js",)
    STYLES = ("own_set.css",)


# --- what changes the set ------------------------------------------------------------------------
@lesson.keep_here
def measure(
    path: str | None, kept: LabelledSet | None, settings: SetSettings
) -> Iterator[tuple[dict, LabelledSet | None]]:
    """The pictures of a zip file, one by one; the figures at the end."""
    if not path:
        raise InputError("There is no set yet: choose a .zip file.")
    for sentence in lesson.fetch_model(settings.model):
        yield tell(sentence), kept

    def predict(image: np.ndarray) -> Any:
        evaluation = cvcore.detection.evaluation
        return evaluation.predict_for_score(image, **settings.network())

    labels = cvcore.engine.registry.load_labels(settings.model)
    running = cvcore.detection.labelled_pictures.measure_zip(path, predict, labels)
    found, shown = None, 0.0
    with contextlib.closing(running):
        for done, total, found in running:
            found.made_by = settings.named()
            if time.monotonic() - shown > 0.4:
                shown = time.monotonic()
                yield tell(f"Picture {done} of {total}"), found
    yield draw(found, settings), found


def add(
    state: LessonState | None, truths: list[dict] | None, kept: LabelledSet | None,
    settings: SetSettings,
) -> tuple[dict, LabelledSet]:  # fmt: skip
    """The picture of the lesson with its truth boxes, as one more of the set."""
    if state is None:
        raise InputError("There is no picture yet: upload one or click a sample.")
    if not truths:
        raise InputError("The picture has no truth box yet: draw some in the view Truth.")
    xyxy, class_id = parse_ground_truth(truths, state.raw.labels)
    found = cvcore.detection.explain_suppression(
        state.raw, confidence=LEAST, iou=NMS_IOU, multi_label=True
    ).detections
    of = f"{state.raw.model} at {max(state.raw.letterbox.input_hw)} pixels"
    if kept is None or kept.made_by != of:
        if kept is not None:
            raise InputError(
                f"The set was measured by {kept.made_by}: choose that again, or begin a new set."
            )
        kept = LabelledSet(state.raw.labels, of)
    if any(np.array_equal(one.truth.xyxy, xyxy) and one.size_hw == state.image.shape[:2]
           for one in kept.pictures):  # fmt: skip
        raise InputError("This picture with these boxes is in the set already: take another one.")
    scored = found.xyxy, found.confidence, found.class_id
    truth = cvcore.detection.labels.GroundTruth(xyxy, class_id)
    kept.add(f"picture {len(kept.pictures) + 1}", state.image, scored, truth)
    return draw(kept, settings), kept


def show(kept: LabelledSet | None, settings: SetSettings) -> dict:
    """The set again, at other limits; nothing where there is none."""
    return draw(kept, settings) if kept and kept.pictures else EMPTY


def show_stopped(kept: LabelledSet | None, view: dict | None, settings: SetSettings) -> dict:
    """After Stop: the figures of the pictures up to there."""
    return draw(kept, settings) if kept and kept.pictures else view or EMPTY


def act(kept: LabelledSet | None, event: gr.EventData, settings: SetSettings) -> dict:
    """What stands behind another cell."""
    return draw(
        kept, settings, (lesson.read_int(event, "truth"), lesson.read_int(event, "said"))
    )  # fmt: skip


# --- drawing -------------------------------------------------------------------------------------
def tell(sentence: str) -> dict:
    """What goes on, until it is stopped."""
    return {"html": f'<p class="big">{lesson.under_way(escape(sentence), "Stopped.")}</p>'}


def draw(
    kept: LabelledSet | None, settings: SetSettings, cell: tuple[int, int] | None = None
) -> dict[str, Any]:
    """The figures, the matrix, and the pictures of a cell: else of the most frequent mistake."""
    if kept is None or not kept.pictures:
        raise InputError(NO_SET)
    score = kept.score()
    matrix = kept.confusions(settings.confidence, settings.limit)
    names = [*kept.labels, cvcore.detection.confusion.BACKGROUND]
    if cell is None:
        wrong = matrix.counts * (1 - np.eye(len(names), dtype=np.int64))
        most = wrong if wrong.any() else matrix.counts
        cell = divmod(int(most.argmax()), len(names))
    if not all(0 <= one < len(names) for one in cell):
        raise InputError("There is no such cell: choose one of the matrix.")
    order = sorted(matrix.occurring(), key=lambda one: -matrix.counts[one].sum())
    shown = [*order, len(names) - 1]
    figures = cvcore.detection.evaluation.list_figures(score)
    cases = matrix.cases.get(cell, [])
    html = (
        f'<div class="own"><div class="figures" role="list">{draw_figures(figures)}</div>'
        f"<div><h3>{score.pictures} picture{'s' * (score.pictures != 1)}, {score.objects} objects"
        f"</h3>{draw_matrix(matrix.counts, names, shown, cell)}"
        '<p class="told">Rows: truth. Columns: what the network says. A number shows its boxes.</p>'
        f"</div><div><h3>{say_cell(names, cell, len(cases))}</h3>"
        f'<div class="behind" tabindex="0">{draw_cases(kept, cases[:MOST])}</div>'
        f"{draw_notes(kept.notes)}</div></div>"
    )
    return {
        "html": html,
        "pictures": score.pictures,
        "objects": score.objects,
        "figures": {name: None if math.isnan(value) else value for name, value in figures},
        "per_class": score.per_class,
        "classes": [names[one] for one in shown],
        "confusion": matrix.counts[np.ix_(shown, shown)].tolist(),
        "cell": [names[one] for one in cell],
        "notes": kept.notes,
    }


def draw_figures(figures: list[tuple[str, float]]) -> str:
    """COCO's figures; a dash where there is no such object."""
    return "".join(
        f'<div role="listitem"><span>{escape(name)}</span>'
        f"<b>{'–' if math.isnan(value) else f'{value:.3f}'}</b></div>"
        for name, value in figures
    )


def draw_matrix(
    counts: np.ndarray, names: list[str], shown: list[int], cell: tuple[int, int]
) -> str:  # fmt: skip
    """Truth in rows, answer in columns, the last ones the background; each number is a button."""
    head = "".join(f'<th scope="col"><span>{escape(names[one])}</span></th>' for one in shown)
    rows = []
    for i in shown:
        cells = []
        for j in shown:
            number = int(counts[i, j])
            share = number / max(int(counts[i].sum()), 1)
            css = ("hit" if i == j else "miss") + (" full" if share > 0.55 else "")
            inner = "" if not number else (
                f'<button type="button" data-truth="{i}" data-said="{j}" '
                f'aria-pressed="{str((i, j) == cell).lower()}" aria-label="'
                f'{escape(names[i])} taken for {escape(names[j])}: {number}">{number}</button>'
            )  # fmt: skip
            cells.append(f'<td class="{css}" style="--share:{share:.2f}">{inner}</td>')
        rows.append(f'<tr><th scope="row">{escape(names[i])}</th>{"".join(cells)}</tr>')
    return (
        '<div class="matrix" tabindex="0"><table><thead><tr><td></td>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def say_cell(names: list[str], cell: tuple[int, int], count: int) -> str:
    """What the boxes of a cell have in common."""
    truth, said = (escape(names[one]) for one in cell)
    last = len(names) - 1
    more = f", {MOST} of them" if count > MOST else ""
    if cell[0] == last:
        return f"{said} found where none is: {count}{more}"
    if cell[1] == last:
        return f"{truth}, not found: {count}{more}"
    if cell[0] == cell[1]:
        return f"{truth}, found as such: {count}{more}"
    return f"{truth}, but taken for {said}: {count}{more}"


def draw_cases(kept: LabelledSet, cases: list[Any]) -> str:
    """Each case cut out of its picture: the truth box white, the network's orange."""
    parts = []
    for case in cases:
        one = kept.pictures[case.picture]
        words = []
        if case.truth >= 0:
            words.append(f"truth {escape(kept.labels[int(one.truth.class_id[case.truth])])}")
        if case.detection >= 0:
            said = escape(kept.labels[int(one.found[2][case.detection])])
            words.append(f"{said} <b>{one.found[1][case.detection]:.2f}</b>")
        if case.iou:
            words.append(f"IoU {case.iou:.2f}")
        source = images.to_data_uri(cut_case(one, case))
        parts.append(
            f'<figure><img src="{source}" alt="{escape(one.name)}">'
            f"<figcaption>{', '.join(words)}<br>{escape(one.name)}</figcaption></figure>"
        )
    return "".join(parts)


def cut_case(one: Judged, case: Any) -> np.ndarray:
    """The part of a picture around a case's boxes, which are drawn."""
    picture = images.load_image(one.jpeg)
    scale = picture.shape[1] / one.size_hw[1]
    boxes = []
    if case.truth >= 0:
        boxes.append((np.asarray(one.truth.xyxy[case.truth]) * scale, (255, 255, 255)))
    if case.detection >= 0:
        boxes.append((np.asarray(one.found[0][case.detection]) * scale, (255, 140, 0)))
    return cvcore.detection.drawing.draw_cut_out(picture, boxes, side=SIDE)


def draw_notes(notes: list[str]) -> str:
    """What was left out, in a few sentences."""
    if not notes:
        return ""
    more = f" And {len(notes) - 3} more." if len(notes) > 3 else ""
    return f'<p class="told">{escape(" ".join(notes[:3]))}{more}</p>'


def build(
    tab: lesson.Tab, state: gr.State, truths: gr.JSON, controls: lesson.Controls
) -> None:  # fmt: skip
    """The zip file and the button in the rail, the matrix on the stage."""
    kept = gr.State()
    with tab.stage.controls(TITLE, first=True):
        with gr.Row():
            file = gr.UploadButton(
                "Choose a .zip", file_types=[".zip"], size="sm", variant="primary", min_width=90,
                elem_id="detection-set-file",
            )  # fmt: skip
            once_more = gr.Button("Add this picture", size="sm", min_width=90)
        with gr.Row() as buttons:
            anew = gr.Button("New set", size="sm", min_width=90)
        limit = ui.Slider(
            0.05, 0.95, SetSettings.limit, step=0.05, label="IoU that makes a pair",
            elem_id="detection-set-iou",
        )  # fmt: skip
        gr.Markdown(
            "Boxes are paired by where they lie, whatever their class; what stays alone is paired "
            "with the background. The figures above the matrix are COCO's: they count every "
            "box down to a confidence of 0.001, whatever the limits here."
        )
    with tab.stage.view(TITLE):
        view = SetView(EMPTY, label="own set", elem_id="detection-set", elem_classes=["fill"])
    settings = lesson.Controls(SetSettings, **take_all(controls, limit=limit))
    path = ui.File(visible=False, label="Pictures and labels", file_types=[".zip"])
    running = tab.run(
        file.upload, measure, [file, kept], [view, kept], settings=settings, api_name=None,
        kind="heavy",
    )  # fmt: skip
    tab.run(
        once_more.click, add, [state, truths, kept], [view, kept], settings=settings, api_name=None
    )  # fmt: skip
    tab.run(
        anew.click, lambda: (EMPTY, None), None, [view, kept], api_name=None,
        cancels=[running],
    )  # fmt: skip
    tab.run(
        [limit.change, controls["confidence"].change], show, [kept], view, settings=settings,
        api_name=None, kind="stream",
    )  # fmt: skip
    tab.run(view.act, act, [kept], view, settings=settings, api_name=None,
            show_progress="hidden")  # fmt: skip
    tab.endpoint(
        measure, [path, kept], [view, kept], settings=settings, api_name="detection_set",
        kind="heavy",
    )  # fmt: skip
    with buttons:
        stop = tab.stop_button(running, shows=[view])
    tab.run(
        stop.click, show_stopped, [kept, view], view, settings=settings, api_name=None,
        kind="stream",
    )  # fmt: skip

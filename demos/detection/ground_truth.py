"""Judging detections by truth boxes that the visitor has drawn."""

from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.detection import Detections
from cvcore.detection.ground_truth import DEFAULT_IOU_LIMIT, GroundTruthMatch
from demos import components as ui
from demos import lesson
from demos.detection.canvas import TRUTH
from demos.detection.controls import (
    MIN_CONFIDENCE,
    Limits,
    Settings,
    build_source,
    take_all,
    take_limits,
)
from demos.detection.state import LessonState, find_state
from demos.detection.views import draw_page, draw_rows
from demos.lesson import charts

MAX_TRUTHS = 50


@dataclass(frozen=True)
class JudgementSettings(Limits):
    """The limits, and when a detection is right."""

    limit: float = DEFAULT_IOU_LIMIT  # IoU that a true positive needs, 0.05 to 0.95


@dataclass(frozen=True, eq=False)
class JudgementCall(JudgementSettings, Settings):
    """The same, and of which picture: what a call through the API says."""

    image: np.ndarray | None = field(default=None, repr=False)
    input_size: float | None = None  # these three: none is as in the session's look before
    model: str | None = None


# In the browser: while no truth is drawn, there is nothing to be judged anew.
DUE = "(truths, due) => truths?.length ? String(Number(due) + 1) : due"


def read_ground_truth(event: gr.EventData) -> list[dict]:
    """What the view sends when a truth box was drawn."""
    return getattr(event, "truths", []) or []


def parse_ground_truth(truths: Any, labels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (T, 4) and classes (T,) of ``[{x1, y1, x2, y2, label}]``; else InputError."""
    if not isinstance(truths, list) or len(truths) > MAX_TRUTHS:
        raise InputError(
            f"The truth is a list of at most {MAX_TRUTHS} boxes: x1, y1, x2, y2, label."
        )
    try:
        xyxy = np.array(
            [[float(one[key]) for key in ("x1", "y1", "x2", "y2")] for one in truths], np.float64
        )
        names = [str(one["label"]) for one in truths]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError("A truth box has five entries: x1, y1, x2, y2 and label.") from error
    class_id = cvcore.detection.find_class_ids(names, labels)
    return xyxy.reshape(-1, 4), np.array(class_id, np.int64)


def judge(
    state: LessonState | None, truths: list[dict] | None, settings: JudgementSettings
) -> tuple[str, dict]:
    """True and false positives and the precision-recall curve, drawn and as numbers."""
    if not truths or state is None:
        return "", {}
    xyxy, class_id = parse_ground_truth(truths, state.raw.labels)
    limits = settings.limits() | {"confidence": MIN_CONFIDENCE}
    every = cvcore.detection.suppress(state.raw, **limits)
    match = cvcore.detection.ground_truth.match_ground_truth(
        every, xyxy, class_id, iou_limit=settings.limit
    )
    shown = int(np.count_nonzero(every.confidence >= settings.confidence))
    return draw_judgement(every, match, shown, settings.limit), describe(every, match, shown)


def answer_call(
    state: LessonState | None, truths: list[dict] | None, call: JudgementCall
) -> tuple[str, dict, LessonState]:
    """A picture's boxes beside the true ones; the network runs for another picture only."""
    state = find_state(state, call.image, call)
    return *judge(state, truths, call), state


def describe(every: Detections, match: GroundTruthMatch, shown: int) -> dict:
    """The judgement's numbers at the confidence limit, as calls through the API get them."""
    hits = int(match.is_true_positive[:shown].sum())
    total = hits + len(match.missed) + int(match.is_true_positive[shown:].sum())
    return {
        "true_positives": hits,
        "false_positives": shown - hits,
        "missed": total - hits,
        "precision": hits / shown if shown else 0.0,
        "recall": hits / total,
        "average_precision": match.average_precision,
        "detections": [
            {
                "label": every.label[i],
                "confidence": round(float(every.confidence[i]), 4),
                "iou": round(float(match.iou[i]), 4),
                "true_positive": bool(match.is_true_positive[i]),
            }
            for i in range(shown)
        ],
    }


def draw_judgement(every: Detections, match: GroundTruthMatch, shown: int, limit: float) -> str:
    """Counts, the detections one by one, and the curve with the point of the confidence limit."""
    numbers = describe(every, match, shown)
    rows = [
        [
            row["label"],
            f"{row['confidence']:.2f}",
            f"{row['iou']:.2f}",
            '<span class="tp">TP</span>' if row["true_positive"] else '<span class="fp">FP</span>',
        ]
        for row in numbers["detections"]
    ]
    sentence = (
        f'<p class="big"><span class="tp">{numbers["true_positives"]} true</span>, '
        f'<span class="fp">{numbers["false_positives"]} false</span>, '
        f"{numbers['missed']} missed. Precision <b>{numbers['precision']:.2f}</b>, "
        f"recall <b>{numbers['recall']:.2f}</b>, average precision over all classes pooled "
        f"<b>{numbers['average_precision']:.2f}</b> at IoU {limit:g}.</p>"
        '<p class="soft">Your boxes are the whole truth here: a detection of something that you '
        "drew no box around counts as false.</p>"
    )
    return draw_page(
        sentence,
        '<div class="side"><div>',
        draw_rows(["detection", "confidence", "IoU", ""], rows),
        f"</div><div>{draw_curve(match, shown)}</div></div>",
    )


def draw_curve(match: GroundTruthMatch, shown: int) -> str:
    """Precision against recall; the point is where the confidence limit stands."""
    last = slice(max(shown - 1, 0), shown)
    return charts.draw_chart(
        [
            charts.Line("from the most confident box down", match.recall, match.precision),
            charts.Points(
                "at the confidence limit", match.recall[last], match.precision[last],
                charts.VERMILION,
            ),
        ],
        title="Precision-recall curve",
        x=charts.Axis(
            "recall", 0, 1, text=lambda at: f"recall {at:.2f}",
            ticks=[(at, f"{at:g}") for at in (0, 0.25, 0.5, 0.75, 1)],
        ),
        y=charts.Axis("precision", 0, 1), size=charts.HALF,
    )  # fmt: skip


def build(
    tab: lesson.Tab, view: gr.HTML, state: gr.State, controls: lesson.Controls
) -> gr.JSON:  # fmt: skip
    """The judgement beside the view; returns the component that holds the truth boxes."""
    with tab.stage.controls(TRUTH):
        truths = gr.JSON(visible=False)
        numbers = gr.JSON(visible=False, label="numbers")
        limit = ui.Slider(
            0.05, 0.95, JudgementSettings.limit, step=0.05, label="IoU that a true positive needs",
            elem_id="detection-truth-iou", visible=False,
        )  # fmt: skip
        judgement = gr.HTML(label="judgement", elem_id="detection-judgement")
    view.truth(
        lesson.guard(read_ground_truth), None, truths, api_visibility="private", queue=False,
        trigger_mode="multiple", show_progress="hidden",
    )  # fmt: skip
    tab.run(
        truths.change, lambda truths: gr.update(visible=bool(truths)), truths, limit,
        api_name=None, queue=False, show_progress="hidden",
    )  # fmt: skip
    settings = lesson.Controls(JudgementSettings, **take_limits(controls, limit=limit))
    due = gr.Textbox("0", visible="hidden", label="due, judgement")
    tab.run(
        [state.change, *(part.change for part in settings)], None, [truths, due], due,
        api_name=None, js=DUE, show_progress="hidden",
    )  # fmt: skip
    tab.run(
        [truths.change, due.change], judge, [state, truths], [judgement, numbers],
        settings=settings, api_name=None, kind="stream",
    )  # fmt: skip
    call = lesson.Controls(JudgementCall, **take_all(settings, **build_source()))
    tab.endpoint(
        answer_call, [state, truths], [judgement, numbers, state], settings=call,
        api_name="detection_truth",
    )  # fmt: skip
    return truths

"""Judging detections by truth boxes that the visitor has drawn."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection_truth import TruthMatch
from cvcore.errors import InputError
from demos import ui
from demos.detection_views import draw_page, draw_rows

MAX_TRUTHS = 50


def read_truths(event: gr.EventData) -> list[dict]:
    """What the view sends when a truth box was drawn."""
    return getattr(event, "truths", []) or []


def parse_truths(truths: Any, labels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
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
    kept: Any,
    truths: list[dict] | None,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: list[str] | None = None,
    limit: float = 0.5,
) -> tuple[str, dict]:
    """True and false positives and the precision-recall curve, drawn and as numbers."""
    if not truths or kept is None:
        return "", {}
    xyxy, class_id = parse_truths(truths, kept.raw.labels)
    every = cvcore.detection.suppress(kept.raw, confidence=0.01, iou=iou, classes=classes)
    match = cvcore.detection_truth.match_truth(every, xyxy, class_id, iou_limit=limit)
    shown = int(np.count_nonzero(every.confidence >= confidence))
    return draw_judgement(every, match, shown, limit), describe(every, match, shown)


def describe(every: Any, match: TruthMatch, shown: int) -> dict:
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


def draw_judgement(every: Any, match: TruthMatch, shown: int, limit: float) -> str:
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
        "</div>",
        draw_curve(match, shown),
        "</div>",
    )


def draw_curve(match: TruthMatch, shown: int) -> str:
    """Precision against recall; the dot is where the confidence limit stands."""

    def place(recall: float, precision: float) -> tuple[float, float]:
        return 45 + 240 * recall, 15 + 150 * (1 - precision)

    points = [place(r, p) for r, p in zip(match.recall, match.precision, strict=True)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dot = ""
    if shown:
        x, y = points[shown - 1]
        dot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#d9762b"/>'
    return (
        '<svg viewBox="0 0 300 200" role="img" aria-label="precision-recall curve">'
        '<path class="axis" d="M45 15V165H285" fill="none"/>'
        '<text x="165" y="195" text-anchor="middle">recall</text>'
        '<text x="12" y="90" transform="rotate(-90 12 90)" text-anchor="middle">precision</text>'
        '<text x="40" y="20" text-anchor="end">1</text>'
        '<text x="40" y="168" text-anchor="end">0</text>'
        '<text x="285" y="180" text-anchor="end">1</text>'
        f'<polyline points="{line}" fill="none" stroke="#4f46e5" stroke-width="3"/>{dot}</svg>'
    )


def build(
    tab: ui.Tab,
    view: gr.HTML,
    kept: gr.State,
    confidence: gr.Slider,
    iou: gr.Slider,
    classes: gr.Dropdown,
) -> gr.JSON:
    """The judgement under the view; returns the component that holds the truth boxes."""
    truths, numbers = gr.JSON(visible=False), gr.JSON(visible=False)
    limit = ui.Slider(
        0.05,
        0.95,
        0.5,
        step=0.05,
        label="IoU that a true positive needs",
        elem_id="detection-truth-iou",
        visible=False,
    )
    judgement = gr.HTML(elem_id="detection-judgement")
    view.truth(
        ui.guard(read_truths),
        None,
        truths,
        api_visibility="private",
        queue=False,
        trigger_mode="multiple",
        show_progress="hidden",
    )
    tab.run(
        truths.change,
        lambda truths: gr.update(visible=bool(truths)),
        truths,
        limit,
        api_name=None,
        queue=False,
        show_progress="hidden",
    )
    inputs = [kept, truths, confidence, iou, classes, limit]
    tab.run(
        [truths.change, confidence.change, iou.change, classes.change, kept.change, limit.change],
        judge,
        inputs,
        [judgement, numbers],
        api_name="detection_truth",
        kind="stream",
    )
    return truths

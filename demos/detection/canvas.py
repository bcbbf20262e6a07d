"""The picture with its boxes, drawn in the browser, so that a slider redraws at once.

``static/suppression.js`` shows the suppression step by step, ``canvas.js`` the five other views.
"""

import base64
from typing import Any

import numpy as np

from cvcore.core.images import shrink, to_data_uri
from cvcore.detection import MAX_BOXES, RawPredictions
from cvcore.detection.drawing import class_colour
from demos import components as ui
from demos.detection.controls import MIN_CONFIDENCE, RESULT, STEPS, Limits

MAX_SENT = 600  # boxes; weaker ones are counted
SHOWN_SIDE = 960  # pixels


TRUTH = "Truth"
MODES = (RESULT, "Before NMS", STEPS, "Grid", "Objectness", TRUTH)


class DetectionView(ui.JsComponent):
    """Boxes on the picture in six views of the lesson; its value comes from ``to_view``.

    Fires ``truth`` with ``{truths: [{x1, y1, x2, y2, label}]}`` when a truth box was drawn, and
    ``choose`` with ``{number}`` when a detection was clicked (1 is the most confident). What it
    says stands in ``DetectionCounts`` and ``DetectionPanel``.
    """

    MARKUP = """<div class="detector"><canvas class="fit" tabindex="0"
aria-label="The picture with its boxes"></canvas></div>"""
    SCRIPTS = ("boxes.js", "suppression.js", "overlaps.js", "canvas.js", "keys.js")
    STYLES = ("canvas.css",)


class DetectionCounts(ui.JsComponent):
    """How many boxes ``DetectionView`` was given, and how many are left."""

    MARKUP = '<p class="funnel" role="status" data-with="detection-view"></p>'
    STYLES = ("panel.css",)


class DetectionPanel(ui.JsComponent):
    """What ``DetectionView`` says of the boxes, in words and as a table."""

    MARKUP = """<div class="says" data-with="detection-view"><div class="tools"></div>
<div class="panel"></div></div>"""
    STYLES = ("panel.css",)


def to_view(image: np.ndarray, raw: RawPredictions, limits: Limits) -> dict[str, Any]:
    """Everything the browser needs to draw and to suppress by itself."""
    scores = raw.class_scores(np.arange(len(raw.xyxy)))
    best = scores.max(axis=1)
    rows = np.argsort(-best, kind="stable")[:MAX_SENT]
    rows = rows[best[rows] >= MIN_CONFIDENCE]
    ranked = np.argsort(-scores[rows], axis=1, kind="stable")[:, :5]
    top = np.take_along_axis(scores[rows], ranked, axis=1)
    letterbox = raw.letterbox
    return {
        "src": to_data_uri(shrink(image, SHOWN_SIDE)),
        "width": image.shape[1],
        "height": image.shape[0],
        "labels": list(raw.labels),
        "colours": ["#%02x%02x%02x" % class_colour(i) for i in range(len(raw.labels))],  # noqa: UP031
        "grids": [
            {
                "stride": grid.stride,
                "rows": grid.rows,
                "columns": grid.columns,
                "anchors": [list(anchor) for anchor in grid.anchors],
            }
            for grid in raw.grids
        ],
        "letterbox": {
            "scale": letterbox.scale,
            "left": letterbox.left,
            "top": letterbox.top,
            "input": list(letterbox.input_hw),
        },
        "proposed": len(raw.xyxy),
        "objectness": _encode(np.rint(raw.objectness * 255).astype(np.uint8)),
        "has_anchors": raw.raw is not None,
        "boxes": _encode(raw.xyxy[rows].astype("<f4")),
        "scores": _encode(top.astype("<f4")),  # (K, 5)
        "classes_top": ranked.tolist(),
        "cells": raw.cells[rows].tolist(),
        "raw": [] if raw.raw is None else np.round(raw.raw[rows].astype(float), 4).tolist(),
        "confidence": limits.confidence,
        "iou": limits.iou,
        "classes": list(limits.classes or []),
        "method": limits.method,
        "max_boxes": MAX_BOXES,
    }


def _encode(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()

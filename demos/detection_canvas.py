"""The picture with its boxes, drawn in the browser, so that a slider redraws at once."""

import base64
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from cvcore.detection import RawPredictions
from cvcore.detection_drawing import class_colour
from cvcore.images import shrink, to_data_uri

MIN_SCORE = 0.01  # weaker boxes are counted, not sent
MAX_SENT = 600
SHOWN_SIDE = 960  # pixels
FOLDER = Path(__file__).parent

TEMPLATE = """<div class="detector">
<div class="modes" role="tablist" aria-label="What the picture shows"></div>
<p class="funnel" role="status"></p>
<div class="stage"><canvas tabindex="0" aria-label="The picture with its boxes"></canvas>
<div class="beside"><div class="tools"></div><div class="panel"></div></div></div></div>"""

STYLE = """
.detector { color: var(--body-text-color); font-size: 1.05rem; }
.modes, .tools { display: flex; flex-wrap: wrap; gap: .3rem; margin: .3rem 0; align-items: center; }
.modes { justify-content: center; }
.tools:empty { display: none; }
button, select { font: inherit; font-size: 1rem; padding: .2rem .6rem; border-radius: .5rem;
  cursor: pointer; border: 1px solid var(--border-color-primary); color: var(--body-text-color);
  background: var(--background-fill-secondary); }
button[aria-selected=true] { background: #4f46e5; border-color: #4f46e5; color: #fff;
  font-weight: 600; }
button:disabled { opacity: .45; cursor: default; }
canvas { display: block; max-width: 100%; max-height: min(30rem, 56vh); align-self: flex-start; border-radius: .5rem;
  outline-offset: 2px; touch-action: none; }
.stage { display: flex; flex-wrap: wrap; gap: .4rem .9rem; justify-content: center; }
.beside { flex: 1 1 17rem; min-width: 0; }
.funnel { margin: .3rem 0; font-size: 1.25rem; text-align: center; }
.funnel b { font-variant-numeric: tabular-nums; }
.panel p { margin: .35rem 0; }
.panel table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.panel th, .panel td { padding: .2rem .5rem; text-align: right; border: 0; background: none;
  border-bottom: 1px solid var(--border-color-primary); color: inherit; }
.panel th:first-child, .panel td:first-child { text-align: left; }
.panel .dot { display: inline-block; width: .9rem; height: .9rem; border-radius: .2rem;
  margin-right: .4rem; }
.panel .chips span { display: inline-block; margin: 0 .9rem .2rem 0; font-size: 1.2rem; }
.panel .bar { display: inline-block; height: .8rem; border-radius: .4rem; background: #3f8fcc;
  vertical-align: middle; }
"""


class DetectionView(gr.HTML):
    """Boxes on the picture in six views; its value comes from ``to_view``.

    Fires ``truth`` with ``{truths: [{x1, y1, x2, y2, label}]}`` when a truth box was drawn.
    """

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        script = "\n".join(
            (FOLDER / name).read_text(encoding="utf-8")
            for name in ("detection_boxes.js", "detection_canvas.js")
        )
        super().__init__(
            value, html_template=TEMPLATE, css_template=STYLE, js_on_load=script, **kwargs
        )

    def api_info(self) -> dict[str, str]:
        return {"type": "object", "description": "the picture and its raw boxes, for the page"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}


def to_view(
    image: np.ndarray,
    raw: RawPredictions,
    *,
    confidence: float,
    iou: float,
    classes: list[str],
    max_boxes: int,
) -> dict[str, Any]:
    """Everything the browser needs to draw and to suppress by itself."""
    scores = raw.class_scores(np.arange(len(raw.xyxy)))
    best = scores.max(axis=1)
    rows = np.argsort(-best, kind="stable")[:MAX_SENT]
    rows = rows[best[rows] >= MIN_SCORE]
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
        "confidence": confidence,
        "iou": iou,
        "classes": list(classes),
        "max_boxes": max_boxes,
    }


def _encode(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()

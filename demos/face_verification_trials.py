"""When do two pictures of one person stop matching? Face B is spoiled step by step."""

from collections.abc import Iterator
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.errors import InputError
from cvcore.face_rates import load_rates
from demos import ui
from demos.face_verification_pair import find_chosen
from demos.face_verification_picture import FacePicture
from demos.face_verification_views import OTHER, SAME, draw_page, number

WIDTH, HEIGHT, LEFT, BOTTOM = 760, 260, 46, 30
KINDS = [
    ("Blur", "blur"),
    ("Darkness", "darkness"),
    ("Rotation", "rotation"),
    ("Covered part", "cover"),
]


def show_trial(
    a: dict | None, b: dict | None, kind: str = "blur", threshold: float = 0.34
) -> Iterator[tuple[str, dict]]:
    """Similarity of A and the spoiled B, level by level, drawn and as numbers."""
    trials = cvcore.face_robustness.TRIALS
    if kind not in trials:
        raise InputError(f"There is no trial called {kind!r}: choose {', '.join(trials)}.")
    threshold = cvcore.face_verification.check_threshold(threshold)
    _, faces_a, chosen_a, _ = find_chosen(a, " in picture A")
    image, faces_b, chosen_b, _ = find_chosen(b, " in picture B")
    reference = faces_a[chosen_a].embedding
    points = []
    for point in cvcore.face_robustness.run_trial(reference, image, faces_b[chosen_b], kind):
        points.append(point)
        yield draw_trial(trials[kind], points, threshold), describe(kind, points)


def describe(kind: str, points: list) -> dict:
    """The curve's numbers, as calls through the API get them; null where no face was found."""
    return {
        "trial": kind,
        "unit": cvcore.face_robustness.TRIALS[kind].unit,
        "levels": [point.level for point in points],
        "similarities": [
            None if point.face is None else round(point.similarity, 4) for point in points
        ],
    }


def draw_trial(trial, points: list, threshold: float) -> str:
    """Similarity against level, above the spoiled pictures; the threshold is a line."""
    step = (WIDTH - LEFT) / len(trial.levels)
    low, high = -0.2, 1.0

    def x(index: int) -> float:
        return LEFT + step * (index + 0.5)

    def y(similarity: float) -> float:
        share = (np.clip(similarity, low, high) - low) / (high - low)
        return 8 + (1 - share) * (HEIGHT - BOTTOM - 8)

    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y(v):.1f}" y2="{y(v):.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y(v) + 5:.1f}" text-anchor="end">{number(v, 1)}</text>'
        for v in (-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1)
    ]
    parts.append(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y(threshold):.1f}" y2="{y(threshold):.1f}" '
        'stroke="currentColor" stroke-width="3" stroke-dasharray="7 5"/>'
        f'<text x="{LEFT + 6}" y="{y(threshold) + 20:.1f}">'
        f"threshold {number(threshold)}: one in "
        f"{round(1 / max(float(load_rates().false_accept(threshold)), 1e-4)):,} strangers pass"
        "</text>"
    )
    found = [(i, p) for i, p in enumerate(points) if p.face is not None]
    line = " ".join(f"{x(i):.1f},{y(p.similarity):.1f}" for i, p in found)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#3f8fcc" stroke-width="3"/>')
    for i, point in found:
        colour = SAME if point.similarity >= threshold else OTHER
        parts.append(
            f'<circle cx="{x(i):.1f}" cy="{y(point.similarity):.1f}" r="8" fill="{colour}"/>'
        )
    for i, level in enumerate(trial.levels):
        parts.append(f'<text x="{x(i):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{level:g}</text>')
    strip = "".join(_cell(points[i] if i < len(points) else None, threshold)
                    for i in range(len(trial.levels)))  # fmt: skip
    return draw_page(
        f'<p class="big">{tell(trial, points, threshold)}</p>',
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="similarity by level">'
        f"{''.join(parts)}</svg>",
        f'<div style="display:flex;margin-left:{100 * LEFT / WIDTH:.2f}%">{strip}</div>',
        f'<p class="soft">{escape(trial.title)}: {escape(trial.unit)}. The face is found, turned '
        "and embedded anew at every level.</p>",
    )


def _cell(point, threshold: float) -> str:
    if point is None:
        return '<div style="flex:1"></div>'
    if point.face is None:
        colour, title = "#888", "no face found"
    else:
        colour = SAME if point.similarity >= threshold else OTHER
        title = number(point.similarity)
    small = images.to_data_uri(images.resize(point.picture, (80, 80)))
    return (
        f'<div style="flex:1;padding:0 1px"><img alt="" title="{title}" src="{small}" '
        f'style="width:100%;display:block;border-bottom:.35rem solid {colour}"></div>'
    )


def tell(trial, points: list, threshold: float) -> str:
    """What the curve says, in a sentence."""
    for point in points:
        if point.face is None:
            return f"{trial.title} {point.level:g}: no face is found any more."
        if point.similarity < threshold:
            return (
                f"{trial.title} {point.level:g}: the similarity ({number(point.similarity)}) falls "
                "below the threshold, taken for a stranger."
            )
    return f"{trial.title} {points[-1].level:g}: still the same person."


def build(tab: ui.Tab, a: FacePicture, b: FacePicture, threshold: gr.Slider) -> tuple:
    """The view's place; returns what connects it: handler, inputs, outputs and triggers."""
    kind = ui.Radio(KINDS, value="blur", label="Spoil picture B by")
    html = gr.HTML(elem_id="face-trial")
    numbers = gr.JSON(visible=False)
    return show_trial, [a, b, kind, threshold], [html, numbers], [kind.input]

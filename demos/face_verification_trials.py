"""When do two pictures of one person stop matching? Face B is spoiled step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.errors import InputError
from cvcore.face_rates import load_rates
from cvcore.face_robustness import TRIALS, Trial, TrialPoint
from cvcore.face_verification import DETECTOR, EMBEDDER
from demos import ui
from demos.face_verification_pair import find_chosen
from demos.face_verification_views import OTHER, SAME, draw_page, number
from demos.ui.private_picture import FacePicture

WIDTH, HEIGHT, LEFT, BOTTOM = 760, 260, 46, 30
KINDS = [
    ("Blur", "blur"),
    ("Darkness", "darkness"),
    ("Rotation", "rotation"),
    ("Covered part", "cover"),
]


@dataclass(frozen=True)
class Point:
    """One level of a trial, as it is drawn."""

    level: float
    similarity: float | None  # None where no face was found
    src: str  # the spoiled picture, small, as a data address


@dataclass(frozen=True)
class Course:
    """What is kept of a trial, to draw it anew at another threshold."""

    kind: str
    embedder: str
    points: tuple[Point, ...] = ()

    @property
    def trial(self) -> Trial:
        return TRIALS[self.kind]


def show_trial(
    a: dict | None,
    b: dict | None,
    kind: str = "blur",
    threshold: float | None = None,
    detector: str = DETECTOR,
    embedder: str = EMBEDDER,
) -> Iterator[tuple[str, dict, Course]]:
    """Similarity of A and the spoiled B, level by level: drawn, as numbers, and to be kept."""
    if kind not in TRIALS:
        raise InputError(f"There is no trial called {kind!r}: choose {', '.join(TRIALS)}.")
    threshold = cvcore.face_verification.check_threshold(threshold, embedder)
    _, faces_a, chosen_a, _ = find_chosen(a, " in picture A", detector=detector)
    image, faces_b, chosen_b, _ = find_chosen(b, " in picture B", detector=detector)
    reference = cvcore.face_verification.embed(faces_a[chosen_a], embedder=embedder)
    points: list[Point] = []
    for point in cvcore.face_robustness.run_trial(
        reference, image, faces_b[chosen_b], kind, detector=detector, embedder=embedder
    ):
        points.append(to_point(point))
        course = Course(kind, embedder, tuple(points))
        yield draw_trial(course, threshold), describe(course), course


def to_point(point: TrialPoint) -> Point:
    """A level's numbers and its picture made small."""
    return Point(
        point.level,
        None if point.face is None else point.similarity,
        images.to_data_uri(images.resize(point.picture, (80, 80))),
    )


def redraw_trial(course: Course | None, threshold: float) -> str:
    """The same trial at another threshold: nothing is spoiled or embedded anew."""
    return gr.skip() if course is None else draw_trial(course, threshold)


def describe(course: Course) -> dict:
    """The curve's numbers, as calls through the API get them; null where no face was found."""
    return {
        "trial": course.kind,
        "unit": course.trial.unit,
        "levels": [point.level for point in course.points],
        "similarities": [
            None if point.similarity is None else round(point.similarity, 4)
            for point in course.points
        ],
    }


def tell_rate(threshold: float, embedder: str) -> str:
    """How many strangers pass a threshold, counted on LFW's pairs; nothing where none were."""
    if embedder != EMBEDDER:
        return ""
    rates = load_rates()
    total, rate = int(rates.different.sum()), float(rates.false_accept(threshold))
    if rate * total < 1:
        return f": none of {total:,} strangers passes"
    return f": one in {round(1 / rate):,} strangers passes"


def draw_trial(course: Course, threshold: float) -> str:
    """Similarity against level, above the spoiled pictures; the threshold is a line."""
    trial, points = course.trial, course.points
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
        f"threshold {number(threshold)}{tell_rate(threshold, course.embedder)}</text>"
    )
    found = [(i, p) for i, p in enumerate(points) if p.similarity is not None]
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
        f'<p class="big">{tell(course, threshold)}</p>',
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="similarity by level">'
        f"{''.join(parts)}</svg>",
        f'<div style="display:flex;margin-left:{100 * LEFT / WIDTH:.2f}%">{strip}</div>',
        f'<p class="soft">{escape(trial.title)}: {escape(trial.unit)}. The face is found, turned '
        "and embedded anew at every level.</p>",
    )


def _cell(point: Point | None, threshold: float) -> str:
    if point is None:
        return '<div style="flex:1"></div>'
    if point.similarity is None:
        colour, title = "#888", "no face found"
    else:
        colour = SAME if point.similarity >= threshold else OTHER
        title = number(point.similarity)
    return (
        f'<div style="flex:1;padding:0 1px"><img alt="" title="{title}" src="{point.src}" '
        f'style="width:100%;display:block;border-bottom:.35rem solid {colour}"></div>'
    )


def tell(course: Course, threshold: float) -> str:
    """What the curve says, in a sentence."""
    trial, points = course.trial, course.points
    first = points[0].similarity
    if first is not None and first < threshold:
        return (
            f"This pair does not match even unspoiled (similarity {number(first)}): choose two "
            "pictures of one person to see where they stop matching, or lower the threshold."
        )
    for point in points:
        if point.similarity is None:
            return f"{trial.title} {point.level:g}: no face is found any more."
        if point.similarity < threshold:
            return (
                f"{trial.title} {point.level:g}: the similarity ({number(point.similarity)}) falls "
                "below the threshold, taken for a stranger."
            )
    return f"{trial.title} {points[-1].level:g}: still the same person."


def build(
    tab: ui.Tab, a: FacePicture, b: FacePicture, threshold: gr.Slider, detector: gr.Dropdown,
    embedder: gr.Dropdown,
) -> tuple:  # fmt: skip
    """The view's place; returns what connects it: handler, inputs, outputs and triggers."""
    kind = ui.Radio(KINDS, value="blur", label="Spoil picture B by")
    html = gr.HTML(elem_id="face-trial")
    numbers = gr.JSON(visible=False)
    kept, moved = gr.State(), gr.State(ui.Moved())
    following, redrawing = ui.follow(show_trial, redraw_trial)
    tab.run(
        [threshold.input, threshold.change], redrawing, [kept, threshold, moved], html,
        api_name=None, kind="stream",
    )  # fmt: skip
    inputs = [a, b, kind, threshold, detector, embedder, moved]
    return following, inputs, [html, numbers, kept], [kind.input]

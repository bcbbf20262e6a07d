"""When do two pictures of one person stop matching? Face B is spoiled step by step."""

from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.face_verification.rates import load_rates
from cvcore.face_verification.robustness import TRIALS, Trial, TrialPoint
from cvcore.recognition.faces import DETECTOR, EMBEDDER
from demos import components as ui
from demos import lesson
from demos.face_verification.controls import LIMITS, Choices
from demos.face_verification.mistakes import add_view
from demos.face_verification.pair import find_chosen
from demos.face_verification.views import draw_page, number
from demos.lesson import charts

TITLE = LIMITS
KINDS = [
    ("Blur", "blur"),
    ("Darkness", "darkness"),
    ("Rotation", "rotation"),
    ("Covered part", "cover"),
]
KIND = "blur"
LOWEST = -0.2  # similarity on the axis


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
    kind: str = KIND,
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
    reference = cvcore.recognition.faces.embed(faces_a[chosen_a], embedder=embedder)
    points: list[Point] = []
    for point in cvcore.face_verification.robustness.run_trial(
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
        return f"At threshold {number(threshold)} none of {total:,} strangers passes."
    return f"At threshold {number(threshold)} one in {round(1 / rate):,} strangers passes."


def draw_trial(course: Course, threshold: float) -> str:
    """Similarity against level, above the spoiled pictures; the threshold is a line."""
    trial = course.trial
    similarities = np.array([point.similarity for point in course.points], np.float64)  # None: NaN
    places = np.arange(len(similarities))
    strip = "".join(_draw_cell(point, threshold) for point in course.points)
    missing = len(trial.levels) - len(course.points)
    chart = charts.draw_chart(
        [
            charts.Line("similarity", places, similarities, charts.BLUE),
            *(
                charts.Points(name, places[chosen], similarities[chosen], colour)
                for name, chosen, colour in (
                    ("passes the threshold", similarities >= threshold, charts.GREEN),
                    ("does not pass", similarities < threshold, charts.VERMILION),
                )
            ),
            charts.Mark(threshold, "threshold", axis="y"),
        ],
        title=f"Similarity by {trial.title.lower()}",
        x=charts.slots(
            [f"{level:g}" for level in trial.levels], f"{trial.title.lower()}, {trial.unit}"
        ),
        y=charts.Axis("cosine similarity", LOWEST, 1),
        under=strip + "<div></div>" * missing,
    )
    return draw_page(
        f'<p class="big">{tell(course, threshold)}</p>{chart}',
        f'<p class="soft">The face is found, turned '
        f"and embedded anew at every level. {tell_rate(threshold, course.embedder)}</p>",
    )


def _draw_cell(point: Point, threshold: float) -> str:
    """A level's picture over its verdict's colour."""
    colour, title = charts.GREY, "no face found"
    if point.similarity is not None:
        colour = charts.GREEN if point.similarity >= threshold else charts.VERMILION
        title = number(point.similarity)
    return (
        f'<div><img alt="" title="{title}" src="{point.src}" '
        f'style="border-color:{charts.colour_of(colour)}"></div>'
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
                "below the threshold: taken for a stranger."
            )
    return f"{trial.title} {points[-1].level:g}: still the same person."


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The kind of trial, and its curve, which follows the threshold while it is drawn."""
    c, tab, stage = choices, lazy.tab, lazy.tab.stage
    following, redrawing = lesson.follow(show_trial, redraw_trial)
    with stage.controls(TITLE, first=True):
        kind = ui.Radio(KINDS, value=KIND, label="Degrade picture B by")
    with stage.view(TITLE) as section:
        html = gr.HTML(label="trial", elem_id="face-trial")
        numbers = gr.JSON(visible=False, label="numbers")
        course, moved = gr.State(), gr.State(lesson.LatestControls())
    running = add_view(
        lazy, TITLE, section, following,
        [c.a, c.b, kind, c.threshold, c.detector, c.embedder, moved], [html, numbers, course],
        api_name="face_verification_trial", follows=c.changes, controls=[kind.input],
    )  # fmt: skip
    with stage.controls(TITLE):
        tab.stop_button(*running)
    tab.run(
        [c.threshold.input, c.threshold.change], redrawing, [course, c.threshold, moved], html,
        api_name=None, kind="stream",
    )  # fmt: skip

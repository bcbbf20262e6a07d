"""Tab: face verification. Do two pictures show the same person, and how sure is that?"""

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.face_verification import group, history, live, parts, stages, trials
from demos.face_verification.controls import Choices, build_choices, build_prior
from demos.face_verification.mistakes import say_mistakes
from demos.face_verification.pair import redraw, verify

TITLE = "Face verification"
SHORT = "Faces"  # on the tab's button
SUMMARY = "The same person or not, and how sure? Pictures stay in memory and go when you leave."
VERDICT, EMBEDDINGS = "Verdict", "Embeddings"
CODE = (
    "cvcore.face_verification:verify",
    "cvcore.recognition.faces.mtcnn:find_faces",
    "cvcore.recognition.faces.alignment:fit_similarity",
    "cvcore.face_verification.rates:ErrorRates",
    "cvcore.face_verification.history:local_binary_patterns",
    "cvcore.face_verification.map:scale_to_plane",
)


def build(tab: lesson.Tab) -> None:
    """Two pictures and the choices on the left, what comes of them on the right."""
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            choices = build_choices(tab)
        with gr.Column(scale=3, min_width=320):
            prior, outputs = _build_views(tab, choices)
    group.build(tab, choices)
    live.build(tab, choices)
    tab.lesson()
    tab.show_code(*CODE)
    _connect(tab, choices, prior, outputs)


def _build_views(tab: lesson.Tab, choices: Choices) -> tuple[gr.Radio, list]:
    """The inner tabs; returns the prior, and what shows verdict, embeddings, timings, numbers."""
    views = (stages, history, parts, trials)
    lazy = lesson.LazyTabs(tab, [VERDICT, EMBEDDINGS, *(one.TITLE for one in views)])
    with gr.Tabs():
        with gr.Tab(VERDICT) as section:
            lazy.note(VERDICT, section)
            prior = build_prior()
            verdict = gr.HTML(label="verdict", elem_id="face-verdict")
            badge = ui.Badge(label="timings")
            numbers = gr.JSON(visible=False, label="numbers")
        with gr.Tab(EMBEDDINGS) as section:
            lazy.note(EMBEDDINGS, section)
            bars = gr.HTML(label="embeddings", elem_id="face-embeddings")
        for view in views:
            view.build(lazy, choices)
    return prior, [verdict, bars, badge, numbers]


def _connect(tab: lesson.Tab, choices: Choices, prior: gr.Radio, outputs: list) -> None:
    """What compares the pair anew, and what only draws the verdict at another threshold."""
    c, score = choices, gr.State()
    verdict, _, badge, _ = outputs
    inputs = [c.a, c.b, c.threshold, c.embedder, c.detector, c.metric, prior]
    outputs = [*outputs, score, c.a, c.b]
    blank = [None, None, None, None, gr.skip(), gr.skip()]
    answer = say_mistakes(verify, blank)
    tab.on_open(answer, inputs, outputs)
    tab.run(
        c.changes, answer, inputs, outputs, api_name="face_verification",
        show_progress_on=badge,  # a mistake must cover neither the pictures nor its own sentence
    )  # fmt: skip
    tab.run(
        [c.threshold.input, c.threshold.change, c.metric.input, prior.input], redraw,
        [score, c.threshold, c.metric, prior], verdict, api_name=None, kind="stream",
    )  # fmt: skip

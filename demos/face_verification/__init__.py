"""Tab: face verification. Do two pictures show the same person, and how sure is that?"""

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.face_verification import (
    group,
    history,
    live,
    one_shot,
    parts,
    siamese,
    stages,
    trials,
)
from demos.face_verification.controls import (
    EMBEDDINGS,
    RATES,
    VERDICT,
    Choices,
    build_choices,
    build_pair,
    build_prior,
)
from demos.face_verification.mistakes import say_mistakes
from demos.face_verification.pair import redraw, verify

TITLE = "Face verification"
SHORT = "Faces"  # on the tab's button
SUMMARY = "The same person or not, and how sure? Pictures stay in memory and go when you leave."
CODE = (
    "cvcore.face_verification:verify",
    "cvcore.recognition.faces.mtcnn:find_faces",
    "cvcore.recognition.faces.alignment:fit_similarity",
    "cvcore.face_verification.rates:ErrorRates",
    "cvcore.face_verification.history:local_binary_patterns",
    "cvcore.face_verification.siamese.losses:contrastive_loss",
    "cvcore.face_verification.siamese.losses:choose_semi_hard",
    "cvcore.face_verification.map:scale_to_plane",
)


def build(tab: lesson.Tab) -> None:
    """The pair and its verdict, what each inner view asks of it, a class photo, the webcam."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    stage.sources(live=True)  # the pair's own fields take its pictures: they never touch a disk
    views = (stages, history, parts, trials)
    lazy = lesson.LazyTabs(tab, [VERDICT, EMBEDDINGS, *(one.TITLE for one in views)])
    with stage.show(VERDICT, RATES):
        with stage.side_by_side(VERDICT):
            pair = build_pair()
        prior = build_prior()
        verdict = gr.HTML(label="verdict", elem_id="face-verdict")
        numbers = gr.JSON(visible=False, label="numbers")
    with stage.show(EMBEDDINGS):
        bars = gr.HTML(label="embeddings", elem_id="face-embeddings")
    choices = build_choices(tab, *pair)
    for view in views:
        view.build(lazy, choices)
    one_shot.build(tab, siamese.build(tab))
    group.build(tab, choices)
    live.build(tab, choices)
    lazy.note_others(stage.views)
    with stage.told(VERDICT, RATES, EMBEDDINGS):
        badge = ui.Badge(label="timings")
    tab.lesson()
    tab.show_code(*CODE)
    _connect(tab, choices, prior, [verdict, bars, badge, numbers])


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

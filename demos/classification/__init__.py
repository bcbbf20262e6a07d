"""Tab: top-k classification. Which classes does a network see, and how sure is it?"""

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import components as ui
from demos import lesson
from demos.classification import inspect, live, ranks, tasks
from demos.classification.answers import Answer, to_bars, to_csv
from demos.classification.bars import Bars
from demos.classification.controls import (
    ANSWER,
    DEFAULT_K,
    DEFAULT_KIND,
    DEFAULT_LIMIT,
    DEFAULT_TEMPERATURE,
    SOFTMAX,
    build_controls,
)
from demos.classification.views import draw_photo, draw_sentence, draw_softmax

TITLE = "Top-k classification"
SHORT = "Classify"  # on the tab's button
SUMMARY = "Which classes does a network see in your picture, how sure is it, and when to doubt it?"
SAMPLE = "coffee"  # one answer, and the right one
FAILS = {"loafer": "A loafer is taken for a sandal."}
UNSURE = {"chelsea": "Three kinds of cat share the answer, and the right one, tabby, is third."}
NETWORKS = ("efficientnet_lite0", "yolov3_tiny", "unet_person")  # made ready
OPENER = lesson.Opener(
    "One picture, five tasks",
    "Classified, localised, detected, segmented: the same picture, answered five times.",
    f"view=tasks&picture={tasks.SAMPLE}",
)


def classify(
    image: np.ndarray | None,
    k: int = DEFAULT_K,
    model: str = DEFAULT_MODEL,
    temperature: float = DEFAULT_TEMPERATURE,
    kind: str = DEFAULT_KIND,
    limit: float = DEFAULT_LIMIT,
) -> tuple[dict, str, str, dict, Answer]:
    """Run the network once: bars, softmax, latency, table to download, and the logits to keep."""
    cvcore.recognition.preprocessing.get_recipe(model)
    cvcore.engine.predictor.load_predictor(model)  # once; the badge tells what each picture takes
    watch = Stopwatch()
    prepared = cvcore.recognition.preprocessing.prepare(image, model)
    watch.lap("preprocess")
    answer = Answer(model, cvcore.recognition.classifier.run_network([prepared], model=model)[0])
    watch.lap("network")
    bars, softmax = redraw(answer, k, temperature, kind, limit)
    watch.lap("drawing")
    return bars, softmax, ui.badge(watch.ms), make_table(answer, temperature), answer


def redraw(
    answer: Answer | None, k: int, temperature: float, kind: str, limit: float
) -> tuple[dict, str]:
    """Bars and softmax from the logits kept: no network runs for a slider."""
    if answer is None:
        return gr.skip(), gr.skip()
    terms = cvcore.classification.softmax_terms(answer.logits, k, temperature=temperature)
    bars = to_bars(answer, k, temperature=temperature, kind=kind, limit=limit)
    return bars, draw_softmax(terms, answer.shown, temperature)


def make_table(answer: Answer | None, temperature: float) -> dict:
    """All 1,000 classes as a CSV file to download."""
    if answer is None:
        return gr.skip()
    return ui.download_value("classes.csv", to_csv(answer, temperature).encode(), "text/csv")


def choose_model(model: str, kind: str) -> Iterator[tuple[str, dict, float]]:
    """Fetch the model if need be, and look for its limit; without a network the bundled goes on."""

    def say(sentence: str) -> dict:
        return gr.update(value=draw_sentence(sentence), visible=bool(sentence))

    try:
        for sentence in lesson.fetch_model(model):
            yield gr.skip(), say(sentence), gr.skip()
    except InputError as error:
        yield DEFAULT_MODEL, say(str(error)), suggest_limit(DEFAULT_MODEL, kind)
        return
    yield model, say(""), suggest_limit(model, kind)


def suggest_limit(model: str, kind: str) -> float:
    """The limit that 95 % of pictures of nothing stay below, for this model."""
    return round(cvcore.classification.out_of_distribution.suggest_threshold(model, kind=kind), 1)


def build(tab: lesson.Tab) -> None:
    """One picture and its answer, looked at from all sides; the webcam; many pictures."""
    stage = lesson.Stage(tab, "Classification", SUMMARY)
    views = lesson.LazyTabs(tab, (ANSWER, SOFTMAX, *inspect.NAMES, tasks.TITLE))
    news = gr.Textbox("0", visible="hidden", label="new pictures and models")
    answer = gr.State()
    picture = stage.picture_input(sample=SAMPLE, fails=FAILS, unsure=UNSURE)
    with stage.show(ANSWER), gr.Row(elem_classes=["side-by-side"]):
        photo = gr.HTML(
            label="picture", elem_id="classification-photo", min_width=200,
            elem_classes=["fill", "picture-back", "wider"],
        )  # fmt: skip
        bars = Bars(
            elem_id="classification-bars", label="answers", min_width=200, elem_classes=["fill"]
        )
    with stage.view(SOFTMAX):
        softmax = gr.HTML(elem_id="classification-softmax", label="softmax")
    controls, notice = build_controls(stage)
    with stage.told(ANSWER, SOFTMAX):
        badge = ui.Badge(label="timings")
        table = ui.Download("All 1,000 classes (CSV)")
    inspect.build(tab, views, news, picture, controls)
    ranks.build(tab, controls["model"])
    tasks.build(tab, views, news, picture, controls["model"])
    live.build(tab, controls)
    views.note_others(stage.views)
    tab.lesson()
    tab.show_code(
        "cvcore.recognition.classifier:predict_topk",
        "cvcore.recognition.classifier:softmax",
        "cvcore.recognition.preprocessing:prepare",
        "cvcore.classification.out_of_distribution:compute_score",
        "cvcore.classification:true_ranks",
    )
    tab.on_open(draw_photo, [picture], photo, show_progress="hidden")
    tab.run(picture.change, draw_photo, [picture], photo, api_name=None, show_progress="hidden")
    _connect_answer(tab, picture, controls, notice, [bars, softmax, badge, table, answer])


def _connect_answer(
    tab: lesson.Tab, picture: gr.Image, controls: dict[str, Any], notice: gr.HTML, outputs: list
) -> None:
    """What asks the network, and what only draws its answer anew."""
    bars, softmax, _, table, answer = outputs
    k, model, temperature, kind, limit = controls.values()
    inputs = [picture, *controls.values()]
    tab.on_open(classify, inputs, outputs)
    tab.run(picture.change, classify, inputs, outputs, api_name="classification")
    tab.run(
        [k.input, temperature.input, limit.input, limit.change], redraw,
        [answer, k, temperature, kind, limit], [bars, softmax], api_name=None, kind="stream",
    )  # fmt: skip
    tab.run(temperature.release, make_table, [answer, temperature], table, api_name=None)
    tab.run(kind.input, suggest_limit, [model, kind], limit, api_name="classification_limit")
    tab.run(
        model.input, choose_model, [model, kind], [model, notice, limit],
        api_name=None, kind="heavy",
    ).then(classify, inputs, outputs, api_visibility="private")  # fmt: skip

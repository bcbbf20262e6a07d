"""The controls that all views of the classification tab share, and their first values."""

from typing import Any

import gradio as gr

from cvcore.classification.out_of_distribution import SCORES
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import components as ui
from demos import lesson

# The inner views.
ANSWER, SOFTMAX, STEPS, TWO_MODELS, CURVE = "Answer", "Softmax", "Its input", "Models", "Robustness"
RANKS, FOLDER = "Ranks", "Folder"
TASKS = "Tasks"
ONE_PICTURE = (ANSWER, SOFTMAX, STEPS, TWO_MODELS, lesson.LIVE)  # with the k most probable classes

SECOND_MODEL = "efficientnet_lite2"  # beside the default one: bundled, too
DEFAULT_K = 5  # classes shown, 1 to 20
DEFAULT_TEMPERATURE = 1  # 0.1 to 5
DEFAULT_KIND = "max_logit"  # of score
DEFAULT_LIMIT = 6.9  # for the score, 0 to 25; the bundled model's, rounded


def list_model_choices() -> list[tuple[str, str]]:
    """(text, name) of every classifier, as a menu shows them."""
    return lesson.list_models("classification")


def build_controls(stage: lesson.Stage) -> tuple[dict[str, Any], gr.HTML]:
    """The controls by name in the order of ``classify``, and where a model's download is told."""
    with stage.controls(*ONE_PICTURE):
        k = ui.Slider(
            1, 20, DEFAULT_K, step=1, label="Classes shown (k)", elem_id="classification-k"
        )
    with stage.controls(*ONE_PICTURE, CURVE):
        temperature = ui.Slider(
            0.1, 5, DEFAULT_TEMPERATURE, step=0.1, label="Temperature T",
            elem_id="classification-temperature",
        )  # fmt: skip
    with stage.controls():
        model = ui.Dropdown(list_model_choices(), value=DEFAULT_MODEL, label="Model")
        notice = gr.HTML(visible=False, elem_id="classification-notice")
    with (
        stage.controls(ANSWER, lesson.LIVE),
        gr.Accordion("None of these: where is the limit?", open=False, elem_classes=["more"]),
    ):
        scores = [(title, name) for name, title in SCORES.items()]
        kind = ui.Radio(scores, value=DEFAULT_KIND, label="Score")
        limit = ui.Slider(0, 25, DEFAULT_LIMIT, step=0.1, label="Limit for the score")
    controls = {
        "k": k, "model": model, "temperature": temperature, "kind": kind, "limit": limit,
    }  # fmt: skip
    return controls, notice

"""Tab: top-k classification. Which classes does a network see, and how sure is it?"""

from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore.errors import InputError
from cvcore.rejection import SCORES
from cvcore.timing import Stopwatch
from demos import classification_inspect as inspect
from demos import classification_live as live
from demos import classification_ranks as ranks
from demos import ui
from demos.classification_answers import (
    DEFAULT_LIMITS,
    DEFAULT_MODEL,
    Answer,
    list_model_choices,
    to_bars,
    to_csv,
)
from demos.classification_bars import Bars
from demos.classification_views import draw_sentence, draw_softmax

TITLE = "Top-k classification"
SHORT = "Classification"  # on the tab's button
SUMMARY = "Which classes does a network see in your picture, how sure is it, and when to doubt it?"
NETWORKS = ("efficientnet_lite0",)  # made ready

LESSON = r"""
The network turns the picture into one number a class, its **logit** $z_i$. **Softmax** turns the
logits into probabilities that sum to 1, and **top-k** lists the $k$ greatest:
$$p_i = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}}
= \frac{e^{(z_i-z_{\max})/T}}{\sum_j e^{(z_j-z_{\max})/T}}$$
The **temperature** $T$ divides the logits first. Above 1 it flattens the answer, below 1 it
sharpens it; the order of the classes never changes, so neither does the accuracy.

**None of these.** The probabilities sum to 1 for any picture, a blank wall too: softmax sees only
differences between logits. Their height says more. When the greatest logit (or the energy score
$\log\sum_j e^{z_j}$) is below the limit, no class stands out. The limit offered is the height that
95 % of forty pictures of nothing (plain colours, noise, stripes) stay below. It is a rule of
thumb. Measured with the bundled model: 78 % of 128 everyday photographs (COCO) pass it; of
pictures that fit none of the 1,000 classes, it stops 47 % of 300 portraits and 39 % of 300
microscope pictures.

**What the network sees** is a square of 224 x 224 pixels: the shorter side is resized, the centre
cut out, each value moved from 0…255 to about -1…1. A wrong step raises no error; the answer is
just worse.
"""


def classify(
    image: np.ndarray | None,
    k: int = 5,
    model: str = DEFAULT_MODEL,
    temperature: float = 1.0,
    kind: str = "max_logit",
    limit: float = DEFAULT_LIMITS["max_logit"],
) -> tuple[dict, str, str, dict, Answer]:
    """Run the network once: bars, softmax, latency, table to download, and the logits to keep."""
    cvcore.preprocessing.get_recipe(model)
    cvcore.runtime.load_predictor(model)  # once; the badge tells what each picture takes
    watch = Stopwatch()
    prepared = cvcore.preprocessing.prepare(image, model)
    watch.lap("preprocess")
    answer = Answer(model, cvcore.classification.run_network([prepared], model=model)[0])
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
    return bars, draw_softmax(terms, answer.labels, temperature)


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
        for sentence in ui.fetch_model(model):
            yield gr.skip(), say(sentence), gr.skip()
    except InputError as error:
        yield DEFAULT_MODEL, say(str(error)), suggest_limit(DEFAULT_MODEL, kind)
        return
    yield model, say(""), suggest_limit(model, kind)


def suggest_limit(model: str, kind: str) -> float:
    """The limit that 95 % of pictures of nothing stay below, for this model."""
    return round(cvcore.rejection.suggest_threshold(model, kind=kind), 1)


def build(tab: ui.Tab) -> None:
    """Lay the tab out and connect it."""
    answer = gr.State()
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            picture = tab.picture_input(elem_id="classification-picture", height=240)
            k = ui.Slider(1, 20, 5, step=1, label="Classes shown (k)", elem_id="classification-k")
            temperature = ui.Slider(
                0.1, 5, 1, step=0.1, label="Temperature T", elem_id="classification-temperature"
            )
            model = ui.Dropdown(list_model_choices(), value=DEFAULT_MODEL, label="Model")
            notice = gr.HTML(visible=False, elem_id="classification-notice")
            with gr.Accordion("None of these: where is the limit?", open=False):
                kind = ui.Radio(
                    [(title, name) for name, title in SCORES.items()],
                    value="max_logit",
                    label="Score",
                )
                limit = ui.Slider(
                    0, 25, DEFAULT_LIMITS["max_logit"], step=0.1, label="Limit for the score"
                )
        with gr.Column(scale=3, min_width=320), gr.Tabs() as tabs:
            with gr.Tab("Answer"):
                bars = Bars(elem_id="classification-bars")
                badge = ui.Badge()
                table = ui.Download("All 1,000 classes as a table")
            with gr.Tab("Softmax"):
                softmax = gr.HTML(elem_id="classification-softmax")
            inspect.build(tab, tabs, picture, model, temperature)
    live.build(tab, k, model, limit)
    ranks.build(tab, model)
    tab.lesson(LESSON + ranks.LESSON)
    tab.show_code(
        "cvcore.classification:predict_topk",
        "cvcore.classification:softmax",
        "cvcore.preprocessing:prepare",
        "cvcore.rejection:compute_score",
        "cvcore.classification:true_ranks",
    )

    inputs = [picture, k, model, temperature, kind, limit]
    outputs = [bars, softmax, badge, table, answer]
    sliders = [answer, k, temperature, kind, limit]
    tab.on_open(classify, inputs, outputs)
    tab.run(picture.change, classify, inputs, outputs, api_name="classification")
    tab.run(picture.clear, lambda: (None, "", "", None, None), None, outputs, api_name=None)
    tab.run(
        [k.input, temperature.input, limit.input, limit.change],
        redraw,
        sliders,
        [bars, softmax],
        api_name=None,
        kind="stream",
    )
    tab.run(temperature.release, make_table, [answer, temperature], table, api_name=None)
    tab.run(kind.input, suggest_limit, [model, kind], limit, api_name="classification_limit")
    tab.run(
        model.input,
        choose_model,
        [model, kind],
        [model, notice, limit],
        api_name=None,
        kind="heavy",
    ).then(classify, inputs, outputs, api_visibility="private")

"""Looking behind an answer: the network's input, a second model, and the answer's curve."""

from collections.abc import Callable, Iterator
from html import escape
from inspect import isgenerator

import gradio as gr
import numpy as np

import cvcore
from cvcore import weights
from cvcore.corruptions import CORRUPTIONS, Curve
from cvcore.preprocessing import FAULTS
from cvcore.variants import VARIANTS
from demos import ui
from demos.classification_answers import (
    DEFAULT_MODEL,
    Answer,
    list_model_choices,
    to_bars,
)
from demos.classification_bars import Bars
from demos.classification_curve import draw_curve
from demos.classification_views import draw_page, draw_sentence, draw_trace, percent

STEPS, TWO_MODELS, CURVE = "Its input", "Two models", "Robustness"
NO_FAULT = "none"
BARS_BESIDE = 5  # more do not fit beside each other
BARS_BELOW = 3  # so that steps and answers fit on one screen


def list_faults() -> list[tuple[str, str]]:
    """(text, name) of every way to break a step."""
    names = [
        (f"{fault.step}: {fault.title[0].lower()}{fault.title[1:]}", name)
        for name, fault in FAULTS.items()
    ]
    return [("nothing: all steps as in training", NO_FAULT), *names]


def list_second_models() -> list[tuple[str, str]]:
    """(text, name) of what can stand in the second place: variants first, they need no network."""
    same = [(f"the same network, {variant.title}", name) for name, variant in VARIANTS.items()]
    return [*same, *list_model_choices()]


def show_steps(
    image: np.ndarray | None, fault: str = "bgr", model: str = DEFAULT_MODEL
) -> tuple[str, dict, dict]:
    """What the network sees, with one step broken, and the answers without and with the fault."""
    name = None if fault == NO_FAULT else fault
    trace = cvcore.preprocessing.trace(image, model, fault=name)
    inputs = [cvcore.preprocessing.prepare(image, model, fault=one) for one in (None, name)]
    right, broken = cvcore.classification.run_network(inputs, model=model)
    step, story = (FAULTS[name].step, FAULTS[name].story) if name else ("", "")
    return (
        draw_trace(trace, broken_step=step, story=story),
        to_bars(Answer(model, right), BARS_BELOW, heading="Steps as in training"),
        to_bars(
            Answer(model, broken),
            BARS_BELOW,
            heading="One step broken" if name else "Nothing broken",
        ),
    )


def compare(
    image: np.ndarray | None,
    second: str = "small",
    model: str = DEFAULT_MODEL,
    temperature: float = 1.0,
) -> Iterator[tuple[str, dict, dict]]:
    """Two answers to one picture: by a model, and by another model or a variant of the same."""
    is_variant = second in VARIANTS
    if not is_variant:
        for sentence in ui.fetch_model(second):
            yield draw_sentence(sentence), gr.skip(), gr.skip()
    first = Answer(model, cvcore.classification.predict_logits([image], model=model)[0])
    if is_variant:
        other = Answer(model, cvcore.variants.predict_variant(image, second, model=model))
        title, story = f"The same, {VARIANTS[second].title}", VARIANTS[second].story
    else:
        logits = cvcore.classification.predict_logits([image], model=second)[0]
        other, row = Answer(second, logits), weights.get_weight(second)
        title, story = row.title, f"{row.score}."
    left = to_bars(
        first, BARS_BESIDE, temperature=temperature, heading=weights.get_weight(model).title
    )
    right = to_bars(other, BARS_BESIDE, temperature=temperature, heading=title)
    yield draw_agreement(left, right, first, other, temperature, story), left, right


def draw_agreement(
    left: dict, right: dict, first: Answer, other: Answer, temperature: float, story: str
) -> str:
    """In a sentence: same first place or not, classes shared, and how far apart the answers are."""
    names = [{row["label"] for row in bars["confidences"]} for bars in (left, right)]
    p, q = (cvcore.classification.softmax(a.logits, temperature) for a in (first, other))
    distance = 0.5 * float(np.abs(p - q).sum())
    same = "agree" if left["label"] == right["label"] else "disagree"
    shared = len(names[0] & names[1])
    return draw_page(
        f'<p class="big">They <b>{same}</b> on the first place, share {shared} of '
        f"{BARS_BESIDE} classes, and {percent(distance)} of the probability lies elsewhere.</p>",
        f'<p class="soft">{escape(story)}</p>',
    )


def show_curve(
    image: np.ndarray | None,
    kind: str = "blur",
    model: str = DEFAULT_MODEL,
    temperature: float = 1.0,
) -> tuple[dict, str, tuple[Curve, np.ndarray]]:
    """The answer under rising blur, noise, rotation or brightness: numbers, drawing and state."""
    curve = cvcore.corruptions.robustness_curve(image, kind, model=model)
    small = cvcore.corruptions.to_working_size(image)
    labels = weights.load_labels(model)
    return (
        describe_curve(curve, labels, temperature),
        draw_curve(curve, small, labels, temperature=temperature),
        (curve, small),
    )


def describe_curve(curve: Curve, labels: tuple[str, ...], temperature: float) -> dict:
    """The curve's numbers, as calls through the API get them."""
    probabilities = cvcore.classification.softmax(curve.logits, temperature)
    first = int(curve.winners[curve.clean])
    return {
        "corruption": curve.kind,
        "unit": CORRUPTIONS[curve.kind].unit,
        "levels": curve.levels.tolist(),
        "label": labels[first],
        "probabilities": probabilities[:, first].tolist(),
        "winners": [labels[index] for index in curve.winners],
        "stays_from_to": list(curve.safe_range),
    }


def redraw_curve(kept: tuple[Curve, np.ndarray] | None, temperature: float, model: str) -> str:
    """The same curve at another temperature; no network runs."""
    if kept is None:
        return gr.skip()
    return draw_curve(*kept, weights.load_labels(model), temperature=temperature)


def build(
    tab: ui.Tab, tabs: gr.Tabs, picture: gr.Image, model: gr.Dropdown, temperature: gr.Slider
) -> None:
    """Three views beside the answer, worked out when they are looked at."""

    def connect(title: str, section: gr.Tab, triggers: list, fn, inputs, outputs, api_name, **more):
        tab.run([section.select, *triggers], fn, inputs, outputs, api_name=api_name, **more)
        # a new picture or model is worked through only by the view that is open
        tab.run(
            [picture.change, model.change],
            only_when_open(title, fn),
            [view, *inputs],
            outputs,
            api_name=None,
            **more,
        )

    with gr.Tab(STEPS) as section:
        view = gr.State("")  # inside a tab: between the tabs it would count as one
        fault = ui.Dropdown(list_faults(), value="bgr", label="Break a step on purpose")
        drawing = gr.HTML(elem_id="classification-steps")
        with gr.Row():
            bars = Bars(min_width=200), Bars(min_width=200)
    tabs.select(note_view, None, view, api_visibility="private", show_progress="hidden")
    connect(
        STEPS,
        section,
        [fault.input],
        show_steps,
        [picture, fault, model],
        [drawing, *bars],
        "classification_steps",
    )

    with gr.Tab(TWO_MODELS) as section:
        second = ui.Dropdown(list_second_models(), value="grey", label="Beside it")
        agreement = gr.HTML(elem_id="classification-agreement")
        with gr.Row():
            bars = Bars(min_width=200), Bars(min_width=200)
    connect(
        TWO_MODELS,
        section,
        [second.input, temperature.release],
        compare,
        [picture, second, model, temperature],
        [agreement, *bars],
        "classification_compare",
        kind="heavy",
    )

    with gr.Tab(CURVE) as section:
        kind = ui.Radio(
            [(corruption.title, name) for name, corruption in CORRUPTIONS.items()],
            value="blur",
            label="Spoil the picture by",
        )
        drawing = gr.HTML(elem_id="classification-curve")
        numbers, kept = gr.JSON(visible=False), gr.State()
    connect(
        CURVE,
        section,
        [kind.input],
        show_curve,
        [picture, kind, model, temperature],
        [numbers, drawing, kept],
        "classification_curve",
        kind="steady",
    )
    tab.run(
        temperature.input,
        redraw_curve,
        [kept, temperature, model],
        drawing,
        api_name=None,
        kind="stream",
    )


def note_view(event: gr.SelectData) -> str:
    """The title of the view that was opened."""
    return event.value


def only_when_open(title: str, fn: Callable) -> Callable:
    """``fn`` behind a first argument, the open view's title; without a picture it rests too."""

    def handler(view: str, image: np.ndarray | None, *values):
        if view != title or image is None:
            yield gr.skip()
            return
        result = fn(image, *values)
        if isgenerator(result):
            yield from result
        else:
            yield result

    return handler

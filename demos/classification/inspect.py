"""Looking behind an answer: the network's input, a second model, and the answer's curve."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.classification import preprocessing_faults as faults
from cvcore.classification.robustness import Curve
from cvcore.classification.variants import VARIANTS
from cvcore.core.corruptions import CORRUPTIONS
from cvcore.engine import registry
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import components as ui
from demos import lesson
from demos.classification.answers import Answer, to_bars
from demos.classification.bars import Bars
from demos.classification.controls import (
    CURVE,
    DEFAULT_K,
    DEFAULT_TEMPERATURE,
    SECOND_MODEL,
    STEPS,
    TWO_MODELS,
    list_model_choices,
)
from demos.classification.curve import draw_curve
from demos.classification.views import draw_page, draw_sentence, draw_trace, percent
from demos.lesson import class_names

NAMES = STEPS, TWO_MODELS, CURVE
NO_FAULT = "none"
ROOMY_BARS = 3  # with the steps above: of more the bars are smaller, so that all is on one screen


@dataclass(frozen=True)
class Pair:
    """Two answers beside each other: k and temperature act on them without the network."""

    first: Answer
    second: Answer
    headings: tuple[str, str]
    story: str = ""  # about the second

    def to_bars(self, k: int, temperature: float, **look: Any) -> tuple[dict, dict]:
        answers = zip((self.first, self.second), self.headings, strict=True)
        left, right = (
            to_bars(answer, k, temperature=temperature, heading=heading, **look)
            for answer, heading in answers
        )
        return left, right


def list_faults() -> list[tuple[str, str]]:
    """(text, name) of every way to break a step."""
    names = [
        (f"{fault.step}: {fault.title[0].lower()}{fault.title[1:]}", name)
        for name, fault in faults.FAULTS.items()
    ]
    return [("nothing: all steps as in training", NO_FAULT), *names]


def list_second_models() -> list[tuple[str, str]]:
    """(text, name) of what can stand in the second place: variants first, they need no network."""
    same = [(f"the same network, {variant.title}", name) for name, variant in VARIANTS.items()]
    return [*same, *list_model_choices()]


def show_steps(
    image: np.ndarray | None,
    fault: str,
    model: str = DEFAULT_MODEL,
    k: int = DEFAULT_K,
    temperature: float = DEFAULT_TEMPERATURE,
) -> tuple[str, dict, dict, dict, Pair]:
    """What the network sees, with one step broken, the answers without and with the fault, the
    steps as numbers, and the answers to keep."""
    name = None if fault == NO_FAULT else fault
    trace = faults.trace(image, model, fault=name)
    inputs = [faults.prepare(image, model, fault=one) for one in (None, name)]
    right, broken = cvcore.recognition.classifier.run_network(inputs, model=model)
    step, story = (faults.FAULTS[name].step, faults.FAULTS[name].story) if name else ("", "")
    headings = "Steps as in training", "One step broken" if name else "Nothing broken: the same"
    pair = Pair(Answer(model, right), Answer(model, broken), headings)
    bars = pair.to_bars(k, temperature, roomy=ROOMY_BARS)
    drawing = draw_trace(trace, broken_step=step, story=story)
    return drawing, *bars, describe_steps(trace, step), pair


def describe_steps(trace: faults.Trace, broken_step: str) -> dict:
    """The steps' numbers, as calls through the API get them."""
    values = trace.normalised
    return {
        "broken_step": broken_step or None,
        "picture_hw": list(trace.source.shape[:2]),
        "resized_hw": list(trace.resized.shape[:2]),
        "crop_xyxy": [int(place) for place in trace.crop_xyxy],
        "input_hw": list(values.shape[-2:]),
        "input_min": float(values.min()),
        "input_max": float(values.max()),
        "input_mean": float(values.mean()),
    }


def compare(
    image: np.ndarray | None,
    second: str,
    model: str = DEFAULT_MODEL,
    temperature: float = DEFAULT_TEMPERATURE,
    k: int = DEFAULT_K,
) -> Iterator[tuple[str, dict, dict, dict, Pair]]:
    """Two answers to one picture, by a model and by another model or a variant of the same: how far
    they agree, the answers, the agreement as numbers, and the answers to keep."""
    is_variant = second in VARIANTS
    if not is_variant:
        for sentence in lesson.fetch_model(second):
            yield draw_sentence(sentence), *[gr.skip()] * 4
    first = Answer(model, cvcore.recognition.classifier.predict_logits([image], model=model)[0])
    if is_variant:
        other = Answer(
            model, cvcore.classification.variants.predict_variant(image, second, model=model)
        )
        title, story = f"The same, {VARIANTS[second].title}", VARIANTS[second].story
    else:
        logits = cvcore.recognition.classifier.predict_logits([image], model=second)[0]
        other, row = Answer(second, logits), registry.get_weight(second)
        title, story = row.title, f"{row.score}."
    pair = Pair(first, other, (registry.get_weight(model).title, title), story)
    yield *show_pair(pair, k, temperature), pair


def show_pair(pair: Pair, k: int, temperature: float) -> tuple[str, dict, dict, dict]:
    """The agreement in a sentence, both answers, and the agreement as numbers."""
    left, right = pair.to_bars(k, temperature)
    agreement = measure_agreement(left, right, pair, temperature)
    return draw_agreement(agreement, pair.story), left, right, agreement


def measure_agreement(left: dict, right: dict, pair: Pair, temperature: float) -> dict:
    """Same first place or not, classes shared, and how far apart the answers are."""
    names = [{row["label"] for row in bars["confidences"]} for bars in (left, right)]
    p, q = (
        cvcore.recognition.classifier.softmax(answer.logits, temperature)
        for answer in (pair.first, pair.second)
    )
    return {
        "same_first_place": left["label"] == right["label"],
        "classes_shared": len(names[0] & names[1]),
        "classes_compared": len(left["confidences"]),
        "probability_elsewhere": 0.5 * float(np.abs(p - q).sum()),
    }


def draw_agreement(agreement: dict, story: str) -> str:
    """The agreement in a sentence."""
    same = "agree" if agreement["same_first_place"] else "disagree"
    elsewhere = percent(agreement["probability_elsewhere"])
    shared, count = agreement["classes_shared"], agreement["classes_compared"]
    return draw_page(
        f'<p class="big">They <b>{same}</b> on the first place, share {shared} of {count} classes, '
        f"and {elsewhere} of the probability lies elsewhere.</p>",
        f'<p class="soft">{escape(story)}</p>',
    )


def show_curve(
    image: np.ndarray | None,
    kind: str,
    model: str = DEFAULT_MODEL,
    temperature: float = DEFAULT_TEMPERATURE,
) -> tuple[dict, str, tuple[Curve, np.ndarray]]:
    """The answer under rising blur, noise, rotation or brightness: numbers, drawing and state."""
    curve = cvcore.classification.robustness.robustness_curve(image, kind, model=model)
    small = cvcore.classification.robustness.to_working_size(image)
    return (
        describe_curve(curve, registry.load_labels(model), temperature),
        draw_curve(curve, small, class_names.load_shown(model), temperature=temperature),
        (curve, small),
    )


def describe_curve(curve: Curve, labels: tuple[str, ...], temperature: float) -> dict:
    """The curve's numbers, as calls through the API get them."""
    probabilities = cvcore.recognition.classifier.softmax(curve.logits, temperature)
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


def redraw(
    view: str,
    steps: Pair | None,
    pair: Pair | None,
    curve: tuple[Curve, np.ndarray] | None,
    k: int,
    temperature: float,
    model: str,
) -> tuple:
    """The open view's answers at another k or temperature; no network runs."""
    same = gr.skip()
    if view == STEPS and steps:
        return *steps.to_bars(k, temperature, roomy=ROOMY_BARS), *[same] * 5
    if view == TWO_MODELS and pair:
        return same, same, *show_pair(pair, k, temperature), same
    if view == CURVE and curve:
        names = class_names.load_shown(model)
        return *[same] * 6, draw_curve(*curve, names, temperature=temperature)
    return (same,) * 7


def build(
    tab: lesson.Tab, views: lesson.LazyTabs, news: gr.Textbox, picture: gr.Image,
    controls: dict[str, Any],
) -> None:  # fmt: skip
    """Three views beside the answer, worked out when they are looked at; ``news`` counts pictures
    and models, as without a picture there is nothing to work out."""
    model, k, temperature = controls["model"], controls["k"], controls["temperature"]
    follows = [news.change]
    tab.run(
        [picture.change, model.change], None, [picture, news], news, api_name=None,
        js="(picture, count) => picture ? String(Number(count) + 1) : count",
    )  # fmt: skip
    stage = tab.stage
    with stage.controls(STEPS, first=True):
        fault = ui.Dropdown(list_faults(), value=NO_FAULT, label="Break a step on purpose")
    with stage.view(STEPS) as section, gr.Row(elem_classes=["side-by-side"]):
        steps = gr.HTML(
            elem_id="classification-steps", label="steps", elem_classes=["fill", "wider"]
        )
        with gr.Column(min_width=200):
            step_bars = _build_bars("as trained", "broken")
        numbers, step_pair = gr.JSON(visible=False, label="numbers"), gr.State()
    views.add(
        STEPS, section, show_steps, [picture, fault, model, k, temperature],
        [steps, *step_bars, numbers, step_pair],
        api_name="classification_steps", controls=[fault.input], follows=follows,
    )  # fmt: skip

    with stage.controls(TWO_MODELS, first=True):
        second = ui.Dropdown(list_second_models(), value=SECOND_MODEL, label="Beside it")
    with stage.view(TWO_MODELS) as section:
        agreement = gr.HTML(elem_id="classification-agreement", label="agreement")
        with gr.Row(elem_classes=["side-by-side"]):
            bars = _build_bars("first", "second")
        agreed, pair = gr.JSON(visible=False, label="numbers"), gr.State()
    views.add(
        TWO_MODELS, section, compare, [picture, second, model, temperature, k],
        [agreement, *bars, agreed, pair], api_name="classification_compare",
        controls=[second.input], follows=follows, kind="heavy",
    )  # fmt: skip

    with stage.controls(CURVE, first=True):
        corruptions = [(corruption.title, name) for name, corruption in CORRUPTIONS.items()]
        kind = ui.Radio(corruptions, value="blur", label="Spoil the picture by")
    with stage.view(CURVE) as section:
        drawing = gr.HTML(elem_id="classification-curve", label="curve")
        numbers, curve = gr.JSON(visible=False, label="numbers"), gr.State()
    views.add(
        CURVE, section, show_curve, [picture, kind, model, temperature], [numbers, drawing, curve],
        api_name="classification_curve", controls=[kind.input], follows=follows, kind="steady",
    )  # fmt: skip
    tab.run(
        [k.input, temperature.input], redraw,
        [views.shown, step_pair, pair, curve, k, temperature, model],
        [*step_bars, agreement, *bars, agreed, drawing], api_name=None, kind="stream",
    )  # fmt: skip


def _build_bars(*labels: str) -> list[Bars]:
    """Answers beside each other."""
    return [Bars(min_width=200, label=label, elem_classes=["fill"]) for label in labels]

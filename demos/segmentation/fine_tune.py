"""Fine-tune the network on a few annotated pictures, while one watches."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.segmentation import DEFAULT_THRESHOLD
from cvcore.segmentation.drawing import MISSED, draw_overlay
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import FINE_TUNE
from demos.segmentation.mask_view import to_mask
from demos.segmentation.state import Call, LessonState, check_state, find_state
from demos.segmentation.views import (
    draw_figure,
    draw_losses,
    draw_page,
    draw_row,
    draw_scores,
    draw_sentence,
    draw_waiting,
)

PREVIEW_SECONDS = 0.4  # of learning between two previews
HELD = 3  # every third pair can be held back
EMPTY = (
    "1. Paint what is to be found on the picture. 2. Keep the pair. 3. Do it again with 5 to 10 "
    "pictures. 4. Fine-tune."
)
FORGETS = (
    "It learns what you painted **and forgets the rest**: tuned to cups, it no longer finds "
    "people. Only your copy changes, and it is gone when you leave."
)
# For calls through the API: what only a session's own work can give.
KEEP_FIRST = "Keep 1 to {} pairs first: call /segmentation_keep with a picture and its mask."
TEACH_FIRST = "Nothing was fine-tuned in this session: call /segmentation_teach first."


@dataclass(frozen=True)
class TuningSettings:
    """How long and how fast it learns, and how it is measured."""

    steps: float = 60  # 10 to 300
    rate: float = 0.001  # learning rate
    hold: bool = True  # every third pair is measured on, never learned from
    threshold: float = DEFAULT_THRESHOLD  # probability from which a pixel is inside, 0 to 1


DEFAULTS = TuningSettings()


@dataclass(frozen=True, eq=False)
class KeepCall(Call):
    """A picture and its ground truth as a picture; none: what was painted in this session."""

    mask: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class TuningCall(TuningSettings, Call):
    """The settings, and the picture that is looked at meanwhile."""


@dataclass
class Tuning:
    """What one visitor's fine-tuning leaves: the network so far, also when it was stopped."""

    model: str = ""
    net: Any = field(default=None, repr=False)
    losses: list[float] = field(default_factory=list, repr=False)


def keep_example(
    state: LessonState | None, ground_truth: np.ndarray | None, examples: list | None
) -> tuple[list, dict]:
    """Put the picture and its ground truth with the others; shows them all."""
    check_state(state)
    if ground_truth is None or ground_truth.shape != state.image.shape[:2]:
        raise InputError("There is no truth for this picture yet: paint it, then keep the pair.")
    fine_tuning = cvcore.segmentation.fine_tuning
    others = [one for one in examples or [] if not np.array_equal(one.image, state.image)]
    if len(others) >= fine_tuning.MAX_EXAMPLES:
        raise InputError(
            f"There is room for {fine_tuning.MAX_EXAMPLES} pairs: fine-tune with these."
        )
    examples = [*others, fine_tuning.Example(state.image, ground_truth)]
    return examples, show_examples(examples)


def show_examples(examples: list) -> dict:
    """The kept pairs, small."""
    figures = [
        draw_figure(draw_overlay(one.image, one.mask, colour=MISSED), f"pair {number}", side=200)
        for number, one in enumerate(examples, start=1)
    ]
    html = draw_page(
        f'<p class="big"><b>{len(examples)}</b> kept</p><div class="row small">'
        + "".join(figures)
        + "</div>"
    )
    return {"html": html, "pairs": len(examples)}


def part_pairs(examples: list, hold: bool) -> tuple[list, list]:
    """The pairs to learn from, and those held back: every third, from three pairs on."""
    held = [number for number in range(len(examples)) if hold and number % HELD == HELD - 1]
    return (
        [one for number, one in enumerate(examples) if number not in held],
        [examples[number] for number in held],
    )


def fine_tune(
    state: LessonState | None, examples: list | None, tuning: Tuning, settings: TuningSettings
) -> Iterator[dict]:
    """Train the way up on the kept pairs: loss, and the mask before and now, as it goes."""
    tuning.model, tuning.net, tuning.losses = "", None, []
    yield from go_on(state, examples, tuning, settings)


def go_on(
    state: LessonState | None, examples: list | None, tuning: Tuning, settings: TuningSettings
) -> Iterator[dict]:
    """As many steps more, from where the last fine-tuning ended or was stopped."""
    check_state(state)
    fine_tuning, model = cvcore.segmentation.fine_tuning, state.mask.model
    fine_tuning.check_examples(examples or [])
    if tuning.net is not None and tuning.model != model:
        raise InputError(
            "You fine-tuned the other network: choose it under “Find”, or press Fine-tune."
        )
    threshold, hold = settings.threshold, settings.hold
    before = draw_overlay(state.image, state.mask.above(threshold))
    began, shown, first = time.perf_counter(), 0.0, len(tuning.losses)
    yield {"html": draw_waiting("Looking at the pictures …")}
    for step in fine_tuning.fine_tune(
        part_pairs(examples, hold)[0], model=model, steps=settings.steps,
        learning_rate=settings.rate, start=tuning.net, seed=first,
    ):  # fmt: skip
        tuning.losses.append(step.loss)
        tuning.model, tuning.net = model, step.net
        if step.number == step.total or time.perf_counter() - shown > PREVIEW_SECONDS:
            mask = fine_tuning.predict_tuned(state.image, step.net, model=model)
            panel = {
                "step": first + step.number,
                "losses": list(tuning.losses),
                "share_before": float(state.mask.above(threshold).mean()),
                "share_now": float(mask.above(threshold).mean()),
            }
            now = draw_overlay(state.image, mask.above(threshold))
            drawn = draw_progress(step, panel, time.perf_counter() - began, before, now)
            yield panel | {"html": drawn}
            shown = time.perf_counter()
    for scores in score_pairs(examples, tuning, hold, threshold):
        words = "" if scores["done"] else draw_waiting("Measuring the pairs …")
        yield panel | scores | {"html": drawn + words + scores["html"]}


def draw_progress(
    step: Any, panel: dict, seconds: float, before: np.ndarray, now: np.ndarray
) -> str:  # fmt: skip
    """How far it is, how long it still takes, and what the mask was and is."""
    done, losses = panel["step"], panel["losses"]
    total = done - step.number + step.total
    left = seconds / step.number * (step.total - step.number)
    when = f"done in {seconds:.0f} s"
    if step.number < step.total:
        when = lesson.under_way(f"about {left:.0f} s to go")
    return draw_page(
        f'<p class="big">Step {done} of {total}, {when}: loss <b>{step.loss:.2f}</b>, '
        f"from {losses[0]:.2f}</p>",
        draw_row(
            draw_figure(before, "before"),
            draw_figure(now, "now"),
            draw_losses(losses, total),
        ),
    )


def score_pairs(examples: list, tuning: Tuning, hold: bool, threshold: float) -> Iterator[dict]:
    """Dice and IoU of every kept pair before and after, pair after pair."""
    seg, rows = cvcore.segmentation, []
    held = {id(one) for one in part_pairs(examples, hold)[1]}
    for number, one in enumerate(examples, start=1):
        before = seg.predict_mask(one.image, model=tuning.model)
        after = cvcore.segmentation.fine_tuning.predict_tuned(
            one.image, tuning.net, model=tuning.model
        )
        pair = [seg.compare_masks(mask.above(threshold), one.mask) for mask in (before, after)]
        rows.append(
            {
                "pair": number,
                "held_back": id(one) in held,
                "dice": [overlap.dice for overlap in pair],
                "iou": [overlap.iou for overlap in pair],
            }
        )
        yield {
            "scores": list(rows),
            "done": number == len(examples),
            "html": draw_page(draw_scores(rows)),
        }


def try_tuned(
    state: LessonState | None,
    tuning: Tuning,
    threshold: float = DEFAULT_THRESHOLD,
    examples: list | None = None,
    hold: bool = DEFAULTS.hold,
) -> dict:
    """The tuned network on the picture that is shown now, beside the bundled one."""
    check_state(state)
    if tuning.net is None:
        raise InputError("Nothing was fine-tuned yet: keep some painted pictures and fine-tune.")
    model, net = tuning.model, tuning.net
    mask = cvcore.segmentation.fine_tuning.predict_tuned(state.image, net, model=model)
    bundled = state.mask
    if bundled.model != model:
        bundled = cvcore.segmentation.predict_mask(state.image, model=model)
    figures = [
        draw_figure(draw_overlay(state.image, one.above(threshold)), title)
        for one, title in (
            (bundled, "as it came"), (mask, f"after {len(tuning.losses)} steps of fine-tuning"),
        )
    ]  # fmt: skip
    *_, scores = [{"html": ""}, *score_pairs(examples or [], tuning, hold, threshold)]
    return scores | {
        "html": draw_page(draw_row(*figures)) + scores["html"],
        "share_before": float(bundled.above(threshold).mean()),
        "share_now": float(mask.above(threshold).mean()),
    }


def keep_for_call(
    state: LessonState | None, ground_truth: np.ndarray | None, examples: list | None,
    call: KeepCall,
) -> tuple[list, dict, LessonState]:  # fmt: skip
    """Put a picture and its mask with the others; without a mask, what was painted on it."""
    state = find_state(state, call.image, call.model)
    if call.mask is not None:
        ground_truth = to_mask(call.mask, state.image.shape[:2])
    return *keep_example(state, ground_truth, examples), state


def for_tuning_calls(work: Callable[..., Any]) -> Callable[..., Any]:
    """``fine_tune`` or ``go_on`` for a call through the API."""

    @wraps(work)
    def answer(
        state: LessonState | None, examples: list | None, tuning: Tuning, call: TuningCall
    ) -> Iterator[dict]:
        if not examples:
            raise InputError(KEEP_FIRST.format(cvcore.segmentation.fine_tuning.MAX_EXAMPLES))
        yield from work(find_state(state, call.image, call.model), examples, tuning, call)

    return answer


def try_for_call(
    state: LessonState | None, tuning: Tuning, threshold: float, examples: list | None, hold: bool,
    call: Call,
) -> tuple[dict, LessonState]:  # fmt: skip
    """The tuned network on a picture, beside the bundled one."""
    if tuning.net is None:
        raise InputError(TEACH_FIRST)
    state = find_state(state, call.image, call.model)
    return try_tuned(state, tuning, threshold, examples, hold), state


def build(
    tab: lesson.Tab, state: gr.State, threshold: gr.Slider,
    truths: tuple[gr.State, gr.Image], call: lesson.Controls,
) -> None:  # fmt: skip
    """Beside the picture: pairs, training, before and after. All is gone when the visit ends."""
    d = DEFAULTS
    examples, tuning = gr.State(), gr.State(Tuning())
    pairs = ui.Panel({"html": draw_sentence(EMPTY)}, label="pairs", elem_id="segmentation-pairs")
    result = ui.Panel(label="training", elem_id="segmentation-taught")
    gr.Markdown(FORGETS)
    with tab.stage.controls(FINE_TUNE, first=True):
        with gr.Row():
            keep = gr.Button("Keep picture and truth", size="sm", min_width=120, scale=2)
            forget = gr.Button("Forget the pairs", size="sm", min_width=80)
        steps = ui.Slider(10, 300, d.steps, step=10, label="Steps")
        rate = ui.Slider(0.0001, 0.01, d.rate, step=0.0001, label="Learning rate")
        hold = gr.Checkbox(
            d.hold, label="Hold every third pair back: it is measured on, never learned from"
        )
        start = gr.Button(
            "Fine-tune", variant="primary", size="sm", elem_id="segmentation-teach"
        )  # fmt: skip
        with gr.Row():
            place = gr.Column(min_width=80)
            more = gr.Button("Go on", size="sm", min_width=80)
            again = gr.Button("Try it on the picture shown", size="sm", min_width=120)
    _connect_pairs(tab, keep, forget, [state, *truths], [examples, pairs], call)
    settings = lesson.Controls(
        TuningSettings, steps=steps, rate=rate, hold=hold, threshold=threshold
    )
    inputs = [state, examples, tuning]
    running = _connect_training(tab, start, more, inputs, result, settings, call)
    tab.say_waiting(start, [steps, rate, hold], [more.click])
    with place:
        tab.stop_button(*running, shows=[result])
    inputs = [state, tuning, threshold, examples, hold]
    tab.run(again.click, try_tuned, inputs, result, api_name=None, kind="steady")
    tab.endpoint(
        try_for_call, inputs, [result, state], settings=call, api_name="segmentation_try",
        kind="steady",
    )  # fmt: skip


def _connect_pairs(
    tab: lesson.Tab, keep: gr.Button, forget: gr.Button, given: list, outputs: list,
    call: lesson.Controls,
) -> None:  # fmt: skip
    """Pairs are kept one by one, and forgotten all at once."""
    state, ground_truth, upload = given
    inputs = [state, ground_truth, outputs[0]]
    tab.run(keep.click, keep_example, inputs, outputs, api_name=None)
    tab.endpoint(
        keep_for_call, inputs, [*outputs, state], api_name="segmentation_keep",
        settings=lesson.Controls(
            KeepCall, image=call["image"], mask=upload, model=call["model"]
        ),
    )  # fmt: skip
    tab.run(
        forget.click, lambda: (None, {"html": draw_sentence(EMPTY)}), None, outputs, api_name=None
    )


def _connect_training(
    tab: lesson.Tab, start: gr.Button, more: gr.Button, inputs: list, result: ui.Panel,
    settings: lesson.Controls, call: lesson.Controls,
) -> list:  # fmt: skip
    """Fine-tune and Go on; returns their runs."""
    running = []
    for button, work, name in (
        (start, fine_tune, "segmentation_teach"),
        (more, go_on, "segmentation_go_on"),
    ):
        running.append(
            tab.run(
                button.click, work, inputs, result, settings=settings, api_name=None, kind="heavy",
                show_progress="minimal",
            )
        )  # fmt: skip
        tab.endpoint(
            for_tuning_calls(work), inputs, result, api_name=name, kind="heavy",
            settings=lesson.Controls(TuningCall, **settings.parts, **call.parts),
        )  # fmt: skip
    return running

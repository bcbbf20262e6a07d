"""Teach the network something new from a few brushed pictures, while one watches."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.errors import InputError
from cvcore.segmentation_drawing import MISSED, draw_overlay
from demos import ui
from demos.segmentation_kept import Kept, need
from demos.segmentation_views import (
    draw_figure,
    draw_line,
    draw_page,
    draw_row,
    draw_scores,
    draw_sentence,
)

TITLE = "Teach it"
PREVIEW_SECONDS = 0.4  # of learning between two previews
HELD = 3  # every third pair can be held back
EMPTY = (
    "1. Choose “Brush a truth” above the picture and paint what is to be found. 2. Keep the pair. "
    "3. Do it again with 5 to 10 pictures. 4. Teach."
)
FORGETS = (
    "It learns what you painted **and forgets the rest**: taught cups, it no longer finds people. "
    "Only your copy changes, and it is gone when you leave."
)


@dataclass
class Board:
    """What one visitor's teaching leaves: the network so far, also when it was stopped."""

    model: str = ""
    net: Any = field(default=None, repr=False)
    losses: list[float] = field(default_factory=list, repr=False)


def keep_example(kept: Kept | None, truth: np.ndarray | None, examples: list | None) -> tuple:
    """Put the picture and its brushed truth with the others; shows them all."""
    need(kept)
    if truth is None or truth.shape != kept.image.shape[:2]:
        raise InputError("There is no truth for this picture yet: brush it, then keep the pair.")
    tuning = cvcore.segmentation_tuning
    others = [one for one in examples or [] if one.image is not kept.image]
    if len(others) >= tuning.MAX_EXAMPLES:
        raise InputError(f"There is room for {tuning.MAX_EXAMPLES} pairs: teach with these.")
    examples = [*others, tuning.Example(kept.image, truth)]
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


def teach(
    kept: Kept | None, examples: list | None, board: Board, steps: float = 60,
    rate: float = 0.001, hold: bool = True, threshold: float = 0.5,
) -> Iterator[dict]:  # fmt: skip
    """Train the way up on the kept pairs: loss, and the mask before and now, as it goes."""
    board.model, board.net, board.losses = "", None, []
    yield from go_on(kept, examples, board, steps, rate, hold, threshold)


def go_on(
    kept: Kept | None, examples: list | None, board: Board, steps: float = 60,
    rate: float = 0.001, hold: bool = True, threshold: float = 0.5,
) -> Iterator[dict]:  # fmt: skip
    """As many steps more, from where the last teaching ended or was stopped."""
    need(kept)
    tuning, model = cvcore.segmentation_tuning, kept.mask.model
    tuning.check_examples(examples or [])
    if board.net is not None and board.model != model:
        raise InputError("What was taught is the other network: choose it under “Find”, or Teach.")
    before = draw_overlay(kept.image, kept.mask.above(threshold))
    began, shown, first = time.perf_counter(), 0.0, len(board.losses)
    yield {"html": draw_sentence("Looking at the pictures …")}
    for step in tuning.fine_tune(
        part_pairs(examples, hold)[0], model=model, steps=steps, learning_rate=rate,
        start=board.net, seed=first,
    ):  # fmt: skip
        board.losses.append(step.loss)
        board.model, board.net = model, step.net
        is_last = step.number == step.total
        if is_last or time.perf_counter() - shown > PREVIEW_SECONDS:
            mask = tuning.predict_tuned(kept.image, step.net, model=model)
            seconds = time.perf_counter() - began
            left = seconds / step.number * (step.total - step.number)
            total = first + step.total
            panel = {
                "step": first + step.number,
                "losses": list(board.losses),
                "share_before": float(kept.mask.above(threshold).mean()),
                "share_now": float(mask.above(threshold).mean()),
            }
            said = f"Step {panel['step']} of {total}, " + (
                f"done in {seconds:.0f} s" if is_last else f"about {left:.0f} s to go"
            )
            drawn = draw_page(
                f'<p class="big">{said}: loss <b>{step.loss:.2f}</b>, '
                f"from {board.losses[0]:.2f}</p>",
                draw_row(
                    draw_figure(before, "before"),
                    draw_figure(draw_overlay(kept.image, mask.above(threshold)), "now"),
                    draw_line(board.losses, total, "loss, step by step"),
                ),
            )
            yield panel | {"html": drawn}
            shown = time.perf_counter()
    for scores in score_pairs(examples, board, hold, threshold):
        words = "" if scores["done"] else draw_sentence("Measuring the pairs …")
        yield panel | scores | {"html": drawn + words + scores["html"]}


def score_pairs(examples: list, board: Board, hold: bool, threshold: float) -> Iterator[dict]:
    """Dice and IoU of every kept pair before and after teaching, pair after pair."""
    seg, rows = cvcore.segmentation, []
    held = {id(one) for one in part_pairs(examples, hold)[1]}
    for number, one in enumerate(examples, start=1):
        before = seg.predict_mask(one.image, model=board.model)
        after = cvcore.segmentation_tuning.predict_tuned(one.image, board.net, model=board.model)
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
    kept: Kept | None, board: Board, threshold: float = 0.5, examples: list | None = None,
    hold: bool = True,
) -> dict:  # fmt: skip
    """The tuned network on the picture that is shown now, beside the bundled one."""
    need(kept)
    if board.net is None:
        raise InputError("Nothing was taught yet: keep some brushed pictures and teach.")
    model, net = board.model, board.net
    mask = cvcore.segmentation_tuning.predict_tuned(kept.image, net, model=model)
    bundled = kept.mask
    if bundled.model != model:
        bundled = cvcore.segmentation.predict_mask(kept.image, model=model)
    figures = [
        draw_figure(draw_overlay(kept.image, one.above(threshold)), title)
        for one, title in (
            (bundled, "as it came"), (mask, f"after {len(board.losses)} steps of teaching"),
        )
    ]  # fmt: skip
    *_, scores = [{"html": ""}, *score_pairs(examples or [], board, hold, threshold)]
    return scores | {
        "html": draw_page(draw_row(*figures)) + scores["html"],
        "share_before": float(bundled.above(threshold).mean()),
        "share_now": float(mask.above(threshold).mean()),
    }


def build(tab: ui.Tab, kept: gr.State, truth: gr.State, threshold: Any) -> None:
    """The section: pairs, training, before and after. All of it is gone when the visit ends."""
    with gr.Tab(TITLE):
        examples, board = gr.State(), gr.State(Board())
        pairs = ui.Panel({"html": draw_sentence(EMPTY)}, elem_id="segmentation-pairs")
        gr.Markdown(FORGETS)
        with gr.Row():
            keep = gr.Button("Keep picture and truth", size="sm", min_width=120)
            forget = gr.Button("Forget the pairs", size="sm", min_width=120)
            start = gr.Button("Teach", variant="primary", size="sm", min_width=80)
            place = gr.Column(min_width=80)
            more = gr.Button("Go on", size="sm", min_width=80)
            again = gr.Button("Try it on the picture shown", size="sm", min_width=120)
        with gr.Row():
            steps = ui.Slider(10, 300, 60, step=10, label="Steps")
            rate = ui.Slider(0.0001, 0.01, 0.001, step=0.0001, label="Learning rate")
            hold = gr.Checkbox(
                True, label="Hold every third pair back: it is measured on, never learned from"
            )
        result = ui.Panel(elem_id="segmentation-taught")
    tab.run(
        keep.click, keep_example, [kept, truth, examples], [examples, pairs],
        api_name="segmentation_keep",
    )  # fmt: skip
    tab.run(
        forget.click, lambda: (None, {"html": draw_sentence(EMPTY)}), None, [examples, pairs],
        api_name=None,
    )  # fmt: skip
    running = [
        tab.run(
            event, fn, [kept, examples, board, steps, rate, hold, threshold], result,
            api_name=name, kind="heavy", show_progress="minimal",
        )
        for event, fn, name in (
            (start.click, teach, "segmentation_teach"), (more.click, go_on, "segmentation_go_on"),
        )
    ]  # fmt: skip
    with place:
        tab.stop_button(*running)
    tab.run(
        again.click, try_tuned, [kept, board, threshold, examples, hold], result,
        api_name="segmentation_try", kind="steady",
    )  # fmt: skip

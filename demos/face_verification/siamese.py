"""The view "Train one": a siamese network learns from pairs of digits while one watches."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.face_verification.siamese.settings import (
    MOST_MARGIN,
    MOST_STEPS,
    SiameseSettings,
    SiameseSteering,
)
from demos import components as ui
from demos import lesson
from demos.components.js_component import read_static
from demos.face_verification.siamese_drawing import draw_training
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns

TITLE = "Train one"
LOSSES = [
    ("contrastive", "contrastive"),
    ("triplet", "triplet"),
    ("cross-entropy", "cross_entropy"),
]
PARTS = {"pairs": "pairs, map", "towers": "towers", "distances": "distances"}
"""Of the view: all are there, the style shows the chosen one."""
DEFAULTS = SiameseSettings()
FIRST = (
    "Press Start: a network learns which digits are the same, and 8 and 9 are never shown to it."
)


class Siamese(Work):
    """A visit's newest training, and the drawings that its network is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: Any = None
        self.steering = SiameseSteering()
        self.drawings: dict[str, np.ndarray] = {}
        """uint8 (H, W) by the name of the pad, in memory alone."""
        self.drawing = threading.RLock()
        """Held while they change and are answered: answers come in the order of the strokes."""

    def take(self, name: str, state: Any) -> None:
        self.progress = state

    def draw(self) -> dict[str, Any]:
        return draw(self)


@lesson.keep_here
def begin(work: Siamese, asked: int, settings: SiameseSettings) -> int:
    """Plan a training; the one before is forgotten."""
    work.steering = SiameseSteering()
    start = partial(cvcore.face_verification.siamese.train, settings, steering=work.steering)
    work.begin([(TITLE, start)])
    work.progress = None
    return work.token.count(asked)


@lesson.keep_here
def begin_first(work: Siamese, asked: int, settings: SiameseSettings) -> int:
    """Train as the view is opened, while nothing is trained."""
    return asked if work.progress or work.waiting else begin(work, asked, settings)


@lesson.keep_here
def steer(work: Siamese, margin: float, rate: float | None) -> None:
    """Turn the training under way, at its next step."""
    work.steering.set(margin=margin, rate=rate)


def draw(work: Siamese) -> dict[str, Any]:
    """The training as it stands, with its main numbers."""
    p, is_going = work.progress, bool(work.plan)
    if p is None:
        words = lesson.under_way("waits for its turn", "stopped") if is_going else FIRST
        return {"html": f'<div class="siam"><p class="siam-hint">{words}</p></div>', "step": 0}
    return {
        "html": draw_training(p, is_going=is_going), "step": p.step, "known_auc": p.known.auc,
        "unseen_auc": p.unseen.auc, "done": not is_going,
    }  # fmt: skip


def to_numbers(settings: SiameseSettings) -> Iterator[dict[str, Any]]:
    """A training as plain numbers, its states as they come."""
    for p in cvcore.face_verification.siamese.train(settings):
        yield {
            "step": p.step, "total": p.total, "losses": p.losses.tolist(),
            "active": p.active.tolist(), "seen_steps": p.seen_steps.tolist(),
            "known_auc": p.known_auc.tolist(), "unseen_auc": p.unseen_auc.tolist(),
            "threshold": p.known.threshold, "equal_error": p.known.equal_error,
            "diverged": p.diverged, "done": p.done,
        }  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """What the view "One shot" hangs on, too."""

    work: gr.State
    asked: gr.State
    turns: gr.State
    view: ui.Panel
    settings: lesson.Controls
    stop: gr.Column  # the button's place


def build(tab: lesson.Tab) -> Parts:
    """The training on the stage; what begins and turns it in the rail."""
    stage, work = tab.stage, gr.State(Siamese())
    asked, turns = gr.State(0), gr.State(0)
    with stage.show(TITLE):
        view = ui.Panel(
            draw(Siamese()), label="siamese", elem_id="face-siamese", elem_classes=["fill", "tall"]
        )
    with stage.told(TITLE):
        style = read_static(__name__, "siamese.css")
        gr.HTML(f"<style>{style}</style>", visible="hidden", elem_id="face-siamese-style")
    with stage.controls(TITLE, first=True):
        ui.Radio(
            [(words, name) for name, words in PARTS.items()], value="pairs", label="Look at",
            elem_id="face-siamese-part",
        )  # fmt: skip
        start, stop, controls = _build_controls(stage)
    quiet = {"api_name": None, "show_progress": "hidden"}
    loss, mining, margin, rate = (controls[n] for n in ("loss", "mining", "margin", "rate"))
    tab.run(
        stage.views[TITLE].select, begin_first, [work, asked], asked, settings=controls, **quiet
    )
    tab.run(
        [start.click, loss.input, mining.input], begin, [work, asked], asked, settings=controls,
        **quiet,
    )  # fmt: skip
    tab.run(
        [margin.input, margin.change, rate.input], steer, [work, margin, rate], None, api_name=None,
        kind="stream",
    )  # fmt: skip
    waits = [controls[name].input for name in ("steps", "pairs", "dimensions", "seed")]
    tab.say_waiting(start, waits, [loss.input, mining.input])
    numbers = gr.JSON(visible=False, label="siamese")
    tab.endpoint(
        to_numbers, None, numbers, settings=controls, api_name="face_verification_siamese",
        kind="heavy",
    )  # fmt: skip
    return Parts(work, asked, turns, view, controls, stop)


def _build_controls(stage: lesson.Stage) -> tuple[gr.Button, gr.Column, lesson.Controls]:
    d = DEFAULTS
    parts: dict[str, Any] = {
        "loss": ui.Radio(LOSSES, value=d.loss, label="Loss", elem_id="face-siamese-loss"),
        "mining": gr.Checkbox(
            d.mining, label="Semi-hard negatives", elem_id="face-siamese-mining"
        ),
        "margin": ui.Slider(
            0.1, MOST_MARGIN, d.margin, step=0.05, label="Margin, acts live",
            elem_id="face-siamese-margin",
        ),
        "rate": ui.Slider(
            0.0005, 0.02, d.rate, step=0.0005, label="Learning rate", elem_id="face-siamese-rate"
        ),
    }  # fmt: skip
    with gr.Row(elem_classes=["siam-buttons"]):
        start = gr.Button("Start", variant="primary", size="sm", elem_id="face-siamese-start")
        stop = gr.Column(min_width=60)
    with stage.more(TITLE):
        parts |= {
            "steps": ui.Slider(1, MOST_STEPS, d.steps, step=1, label="Steps"),
            "pairs": ui.Slider(4, 256, d.pairs, step=2, label="Pairs a step"),
            "dimensions": ui.Slider(2, 32, d.dimensions, step=1, label="Numbers in an embedding"),
            "seed": ui.Number(d.seed, label="Seed of the training", precision=0),
        }
    names = ("loss", "mining", "margin", "rate", "pairs", "steps", "dimensions", "seed")
    return start, stop, lesson.Controls(SiameseSettings, **{name: parts[name] for name in names})


def connect(tab: lesson.Tab, parts: Parts, panel: ui.Panel, draw_other: Any) -> None:
    """Have the training done by turns; ``draw_other`` draws the ``panel`` of the other view."""

    @lesson.keep_here
    def run(work: Siamese, turns: int) -> Iterator[tuple]:
        for view, again in run_turn(work, turns):
            yield view, draw_other(work), again

    def stopped(work: Siamese) -> tuple:
        return show_stopped(work), draw_other(work)

    running = take_turns(
        tab, run, parts.work, [parts.asked, parts.turns], [parts.view, panel, parts.turns]
    )
    with parts.stop:
        tab.stop_button(*running, after=(stopped, parts.work, [parts.view, panel]))

"""The view "Husky or wolf": a network trained where the background gives the class away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.saliency.shortcut.settings import MOST_EPOCHS, MOST_EXAMPLES, PAIRS, ShortcutSettings
from demos import components as ui
from demos import lesson
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns
from demos.saliency import shortcut_drawing as drawing

TITLE = "Husky or wolf"
KINDS = (("Grad-CAM", "grad_cam"), ("Occlusion", "occlusion"))
D = ShortcutSettings()


@dataclass(frozen=True)
class ShortcutChoice:
    """What the experiment is set to in the rail."""

    pair: str = D.pair
    telling: float = 100 * D.bias  # percent, 50 to 100
    examples: int = D.examples
    epochs: int = D.epochs
    rate: float = D.rate
    seed: int = D.seed

    def to_settings(self) -> ShortcutSettings:
        """As the package takes them; InputError for what cannot be."""
        telling, rate = (float("nan") if one is None else one for one in (self.telling, self.rate))
        return ShortcutSettings(
            self.pair, telling / 100, self.examples, self.epochs, rate, self.seed
        )


class Experiment(Work):
    """A visit's newest training, and the digit it has drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = D  # of what is shown before there is a training
        self.progress: Any = None
        self.kind = KINDS[0][1]
        self.digit: np.ndarray | None = None  # float32 (28, 28): what is drawn
        self._occluded: tuple[Any, Any] = (None, None)

    def take(self, name: str, state: Any) -> None:
        self.progress = state

    @property
    def evidence(self) -> tuple[Any, Any]:
        """The maps that are shown, and those that are averaged."""
        p = self.progress
        if self.kind == "grad_cam":
            return p.shown, p.evidence or p.shown
        if self.plan:  # occlusion asks too often for a map on the way
            return p.shown, p.shown
        if self._occluded[0] is not p:
            self._occluded = p, cvcore.saliency.shortcut.occlude(p.net, p.shown.scenes)
        return self._occluded[1], self._occluded[1]

    def draw(self) -> dict[str, Any]:
        with self.lock:
            if self.progress is None:
                waits = bool(self.plan)
                html = drawing.draw_before(self.settings, self.digit, waits=waits)
                return {"html": html, "step": 0}
            p = self.progress
            own = None
            if self.digit is not None:
                own = cvcore.saliency.shortcut.explain_own(p.net, self.digit)
            shown, averaged = self.evidence
            is_late = self.kind != "grad_cam" and bool(self.plan)
            html = drawing.draw_experiment(
                p, shown, averaged, own, kind="Grad-CAM" if is_late else self.title,
                is_going=bool(self.plan),
            )  # fmt: skip
            return {"html": html, "step": p.step}

    @property
    def title(self) -> str:
        """Of the maps that are asked for."""
        return next(words for words, name in KINDS if name == self.kind)


@lesson.keep_here
def begin(work: Experiment, asked: int, choice: ShortcutChoice) -> int:
    """Plan a training; the one before is forgotten."""
    settings = choice.to_settings()
    work.begin(
        [(TITLE, lambda: cvcore.saliency.shortcut.train(settings, waits=True))]
    )  # fmt: skip
    work.settings, work.progress = settings, None
    return work.token.count(asked)


@lesson.keep_here
def show(work: Experiment, choice: ShortcutChoice) -> Any:
    """The pictures of these settings, as long as there is no training of others to look at."""
    if work.progress is not None or work.plan:
        return gr.skip()
    work.settings = choice.to_settings()
    return work.draw()


@lesson.keep_here
def choose_map(work: Experiment, kind: str) -> Any:
    """Other maps of the same network."""
    work.kind = kind
    return work.draw()


@lesson.keep_here
def take_drawing(work: Experiment, event: gr.EventData) -> Any:
    """The visitor's own digit, put on either background."""
    picture = ui.read_drawing(getattr(event, "src", ""))
    try:
        work.digit = cvcore.recognition.digits.to_digit(picture)
    except InputError:  # all of it has been erased
        work.digit = None
    return work.draw()


@lesson.keep_here
def wipe_drawing(work: Experiment) -> Any:
    """Nothing is drawn any more."""
    work.digit = None
    return work.draw()


def to_numbers(choice: ShortcutChoice) -> Iterator[dict[str, Any]]:
    """A training as plain numbers, state by state."""
    for p in cvcore.saliency.shortcut.train(choice.to_settings()):
        yield {
            "step": p.step, "total": p.total, "loss": p.losses.tolist(),
            "checked": p.checked.tolist(), "accuracy_usual": p.usual.tolist(),
            "accuracy_swapped": p.swapped.tolist(),
            "accuracy_like_training": p.like_training.tolist(),
            "on_background": p.evidence and p.evidence.on_background,
            "background_share": p.shown.scenes.background_share, "done": p.done,
        }  # fmt: skip


def build(tab: lesson.Tab) -> None:
    """The experiment on the stage; what sets it in the rail."""
    stage = tab.stage
    work, asked, turns = gr.State(Experiment()), gr.State(0), gr.State(0)
    section = stage.view(TITLE)
    with section:
        view = ui.Panel(
            {"html": drawing.draw_first()}, label="experiment", elem_id="saliency-shortcut",
            elem_classes=["fill", "tall"],
        )  # fmt: skip
    with stage.controls(TITLE, first=True):
        telling = ui.Slider(
            50, 100, 100 * D.bias, step=5, label="Background tells, %",
            elem_id="saliency-telling",
        )  # fmt: skip
        pair = ui.Dropdown(
            [(f"{one.split(' or ')[0]} as wolf, {one.split(' or ')[1]} as husky", one)
             for one in PAIRS], value=D.pair, label="Subjects", elem_classes=["beside"],
        )  # fmt: skip
        with gr.Row():
            start = gr.Button("Train", variant="primary", size="sm", elem_id="saliency-train")
            place = gr.Column(min_width=80)
        kind = ui.Radio(list(KINDS), value=KINDS[0][1], label="Map")
        gr.Markdown("**Draw one**: it is put on snow and grass.")
        pad = ui.DigitPad(elem_id="saliency-pad")
    with stage.more(TITLE):
        examples = ui.Slider(
            40, MOST_EXAMPLES, D.examples, step=20, label="Pictures of the experiment"
        )
        epochs = ui.Slider(1, MOST_EPOCHS, D.epochs, step=1, label="Epochs of the experiment")
        rate = ui.Number(D.rate, label="Learning rate of the experiment")
        seed = ui.Number(D.seed, label="Seed of the experiment", precision=0)
    controls = lesson.Controls(
        ShortcutChoice, pair=pair, telling=telling, examples=examples, epochs=epochs, rate=rate,
        seed=seed,
    )  # fmt: skip
    quiet = {"api_name": None, "show_progress": "hidden"}
    events = [section.select, telling.release, pair.input, examples.release, seed.input]
    tab.run(events, show, work, view, settings=controls, **quiet)
    tab.run(start.click, begin, [work, asked], asked, settings=controls, **quiet)
    running = take_turns(tab, run_turn, work, [asked, turns], [view, turns])
    with place:
        tab.stop_button(
            *running, after=(show_stopped, work, view), elem_id="saliency-shortcut-stop"
        )
    tab.run(kind.input, choose_map, [work, kind], view, **quiet)
    tab.run(pad.draw, take_drawing, work, view, api_name=None, kind="stream")
    tab.run(pad.wipe, wipe_drawing, work, view, **quiet)
    waiting = [one.release for one in (telling, examples, epochs)]
    waiting += [one.input for one in (pair, rate, seed)]
    tab.say_waiting(start, waiting)
    numbers = gr.JSON(visible=False, label="experiment, numbers")
    tab.endpoint(
        to_numbers, None, numbers, settings=controls, api_name="saliency_shortcut", kind="heavy"
    )

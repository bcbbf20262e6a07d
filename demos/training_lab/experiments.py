"""What augmentation is good for, and what it spoils: trainings beside each other."""

from collections.abc import Iterator
from contextlib import closing
from html import escape
from typing import Any

import gradio as gr

import cvcore
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.lesson.turns import take_turns
from demos.training_lab import work
from demos.training_lab.curves import FEW, draw_curves, pick_validated
from demos.training_lab.session import Kept, Session, Task

SIZE = (300, 290)  # pixels
TITLES = {
    "few_digits": "200 digits, with and without", "mirrored": "Wrong: digits mirrored",
    "dark": "Wrong, and right: trained bright, used in the dark",
}  # fmt: skip
LOOK_FOR = {
    "few_digits": "Without, the 200 digits are soon known by heart; varied at each step, none "
    "comes twice. Over three seeds 84 % became 92 %, of all thousand held back.",
    "mirrored": "Nobody writes a mirrored 3: half of the training goes into digits that never "
    "come, and fewer of those held back are right.",
    "dark": "The training pictures were bright, those held back have a third of the light. Moving "
    "them about does not help; varying the brightness does.",
}
FIRST = "few_digits"
TO_RUN = "Press <b>Run the experiment</b>."


class Trial:
    """The visit's newest experiment, with its own runs."""

    def __init__(self) -> None:
        self.session, self.name = Session(), FIRST

    def __deepcopy__(self, _: Any) -> "Trial":
        return Trial()  # as Gradio makes each visit its own


def begin(trial: Trial, asked: int, name: str) -> int:
    """Plan the runs of an experiment; those of the one before are forgotten."""
    experiment = cvcore.training_lab.EXPERIMENTS[name]
    tasks = [Task(label, experiment.settings, vary=vary) for label, vary in experiment.runs]
    trial.session.begin(tasks, experiment.data)
    trial.session.kept.clear()
    trial.session.current, trial.name = None, name
    return trial.session.token.count(asked)


@lesson.keep_here
def run_turn(trial: Trial, turns: int) -> Iterator[tuple]:
    """One turn of what is planned, drawn as it goes; at its end, whether another is asked for."""
    session, has_more = trial.session, False
    mine = session.token.newest
    yield draw(trial), gr.skip()
    with closing(work.train_a_turn(session)) as going:
        for one in going:
            has_more = one
            yield draw(trial), gr.skip()
    if session.token.newest is mine:
        yield draw(trial), turns + 1 if has_more else gr.skip()


def show_stopped(trial: Trial) -> dict[str, Any]:
    """What is there once nothing goes on any more."""
    trial.session.stop()
    trial.session.idle.wait(10)
    return draw(trial)


def draw(trial: Trial) -> dict[str, Any]:
    """The held-back curves of the runs so far, and what was measured."""
    session, name = trial.session, trial.name
    with session.lock:
        shown = [one for one in session.kept if one.members]
        lines = draw_curves(shown, "training_accuracy", "validation_accuracy", FEW)
        more = max(len(session.plan) - sum(one.is_training for one in shown), 0)
        shares = [_get_last(one) for one in shown]
        words = [f"{escape(one.name)} <b>{charts.percent(share)}</b>"
                 for one, share in zip(shown, shares, strict=True)]  # fmt: skip
        is_running = any(one.is_training for one in shown)
        epochs = shown[0].last.settings.epochs if shown else 1
    chart = charts.draw_chart(
        lines, title="Digits right", legend=True, size=SIZE,
        x=charts.Axis("epoch", low=0, high=epochs),
        y=charts.Axis("share right", low=0, high=1, text=charts.percent),
    )  # fmt: skip
    state = ""
    if is_running or more:
        state = lesson.under_way(f" · {more} more to come" if more else " · learning", "")
    elif len(shares) > 1 and not any(one.last.stopped for one in shown):
        state = f" · <b>{100 * (max(shares[1:], key=abs) - shares[0]):+.1f} points</b>"
    key = '<span class="soft">Solid: held back. Dotted: training.</span>' if shown else ""
    html = (
        f'<div class="lab lab-trial"><h3>{escape(TITLES[name])}</h3>{chart if shown else ""}'
        f'<p class="lab-words" role="status">{", ".join(words) or TO_RUN}{state}</p>'
        f'<p class="lab-words">{escape(LOOK_FOR[name])} {key}</p></div>'
    )
    return {"html": html, "experiment": name, "accuracies": shares}


def _get_last(one: Kept) -> float:
    """Share of what is held back, after the last whole epoch: at the end of all thousand."""
    p = one.last
    _, shares = pick_validated(p, p.validation_accuracy)
    share = float(shares[-1]) if len(shares) else 0.0
    return round((share + p.test.accuracy) / 2 if p.test else share, 3)


def choose(trial: Trial, name: str) -> dict[str, Any]:
    """Another experiment, whose question is shown before it runs."""
    trial.session.stop()
    trial.session.token.renew()
    trial.session.kept.clear()
    trial.session.current, trial.name = None, name
    return draw(trial)


def compare(name: str, seed: float) -> Iterator[dict[str, Any]]:
    """An experiment with this seed: share of held-back digits right, of each run."""
    for state in cvcore.training_lab.compare(name, seed=seed):
        labels = [label for label, _ in state.experiment.runs]
        yield {"runs": labels, "accuracies": list(state.accuracies), "done": state.done}


def build(tab: lesson.Tab, stage: lesson.Stage, panel: ui.Panel, title: str) -> None:
    """What chooses, begins and ends an experiment."""
    trial, asked, turns = gr.State(Trial()), gr.State(0), gr.State(0)
    panel.value = draw(Trial())
    with stage.controls(title):
        name = ui.Dropdown(
            [(words, one) for one, words in TITLES.items()], value=FIRST, label="Experiment",
            elem_id="training-lab-experiment-name",
        )  # fmt: skip
        with gr.Row(elem_classes=["lab-buttons"]):
            run = gr.Button(
                "Run the experiment", variant="primary", size="sm", elem_id="training-lab-compare"
            )
            place = gr.Column(min_width=60)
    tab.run(name.input, choose, [trial, name], panel, api_name=None, show_progress="hidden")
    tab.run(run.click, begin, [trial, asked, name], asked, api_name=None, show_progress="hidden")
    running = take_turns(tab, run_turn, trial, [asked, turns], [panel, turns])
    with place:
        tab.stop_button(*running, after=(show_stopped, trial, panel))
    seed, which = ui.Number(0, label="seed", visible=False), gr.Textbox(FIRST, visible=False)
    numbers = gr.JSON(visible=False, label="experiment")
    tab.endpoint(
        compare, [which, seed], numbers, api_name="training_lab_experiment", kind="heavy"
    )  # fmt: skip

"""Tab: Training. A network learns before your eyes; every choice can be turned as it does."""

from collections.abc import Iterator
from contextlib import closing
from html import escape
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError
from cvcore.training_lab.presets import PRESETS
from demos import lesson
from demos.lesson.turns import take_turns
from demos.training_lab import (
    augment,
    calls,
    left_out,
    live,
    program,
    rate,
    replay,
    runs,
    search,
    transfer,
    work,
)
from demos.training_lab.controls import DEFAULTS, OWN, Rail, build_rail
from demos.training_lab.session import Session, TrainingSettings, plan_runs
from demos.training_lab.views import RUNS, VIEWS, build_views, draw_all

TITLE = SHORT = "Training"
SUMMARY = "What happens while a network learns?"
CODE = (
    "cvcore.training_lab.training:train",
    "cvcore.training_lab.learner:Learner",
    "cvcore.training_lab.schedules:share_at",
    "cvcore.training_lab.callbacks:StopEarly",
    "cvcore.training_lab.callbacks:ReduceRate",
    "cvcore.models.lab_networks:build_mlp",
    "cvcore.models.lab_networks:initialise",
    "cvcore.training_lab.rate_finder:find_rate",
    "cvcore.training_lab.variations:change",
    "cvcore.training_lab.search:search_settings",
    "cvcore.training_lab.transfer_learning.training:transfer",
)
OTHERS = (program.TITLE, rate.TITLE)  # views whose rail has the settings, and not what trains
prepare = replay.prepare  # once the page is up
NAMES = tuple(TrainingSettings.__dataclass_fields__)
# In the browser: the run before is grey while a new one waits, over it a stored one.
ASKED = """(view, replay) => {
  const old = (view?.html ?? '').replace(/^<div class="lab-asked">/, '')
    .replace(/<!--asked-->.*$/s, '');
  return {...view, html: `<div class="lab-asked">${old}<!--asked-->${replay}</div>`};
}"""


def begin(session: Session, asked: int, preset: str, *values: Any) -> tuple:
    """Plan the run of these settings, or those of a preset that they are the first of.

    Returns how often a run was asked for, the preset, what is wrong, and the settings.
    """
    same = tuple(gr.skip() for _ in NAMES)
    try:
        settings = TrainingSettings(**dict(zip(NAMES, values, strict=True)))
        if preset in PRESETS and settings == DEFAULTS:  # a link that names a preset alone
            return pick(session, asked, preset)
        tasks, data, chosen = plan_runs(preset, settings)
        session.begin(tasks, data, preset=chosen)
    except InputError as error:
        return asked, gr.skip(), say(str(error)), *same
    return session.token.count(asked), chosen or OWN, "", *same


def pick(session: Session, asked: int, preset: str) -> tuple:
    """Plan the runs of a preset, whose first settings the rail then shows."""
    if preset not in PRESETS:
        return asked, OWN, "", *(gr.skip() for _ in NAMES)
    first = PRESETS[preset].runs[0][1]
    settings = TrainingSettings(**{name: getattr(first, name) for name in NAMES[:-1]})
    tasks, data, chosen = plan_runs(preset, settings)
    session.begin(tasks, data, preset=chosen)
    return session.token.count(asked), chosen, "", *(getattr(settings, name) for name in NAMES)


def resume(session: Session, asked: int, *values: Any) -> tuple[int, str]:
    """Go on with the run that is looked at."""
    try:
        work.go_on(session, TrainingSettings(**dict(zip(NAMES, values, strict=True))))
    except InputError as error:
        return asked, say(str(error))
    return session.token.count(asked), ""


def steer(session: Session, rate: float | None, dropout: float, weight_decay: float) -> str:
    """Turn the run under way; says what cannot be."""
    try:
        session.steer(rate=float("nan") if rate is None else rate, dropout=dropout,
                      weight_decay=weight_decay)  # fmt: skip
    except InputError as error:
        return say(str(error))
    return ""


def say(sentence: str, *, refuses: bool = True) -> str:
    """A sentence in the rail; what is shown is grey where it is not of these settings."""
    return f'<p role="alert"{" class=refused" if refuses else ""}>{escape(sentence)}</p>'


@lesson.keep_here
def run_turn(session: Session, turns: int) -> Iterator[tuple]:
    """One turn of what is planned, drawn as it goes; at its end, whether another is asked for.

    Where it cannot be, what was there before is shown again, with a sentence in the rail.
    """
    mine, has_more = session.token.newest, False
    try:
        with closing(work.train_a_turn(session)) as going:
            for one in going:
                has_more = one
                yield *draw_all(session), gr.skip(), gr.skip()
    except InputError as error:
        yield *draw_all(session), gr.skip(), say(str(error))
        return
    except Exception:
        yield *draw_all(session), gr.skip(), gr.skip()
        raise
    if session.token.newest is not mine:
        return
    if session.current is not None and session.current.members:
        replay.store(session.current.last)
    yield *draw_all(session), turns + 1 if has_more else gr.skip(), gr.skip()


def show_stopped(session: Session) -> tuple:
    """What is there once nothing goes on any more."""
    session.stop()
    session.idle.wait(10)
    return draw_all(session)


def show_best(session: Session) -> tuple:
    """The run that is looked at as it was at its best, and what is wrong."""
    try:
        work.back_to_best(session)
    except InputError as error:
        return *draw_all(session), say(str(error), refuses=False)
    return *draw_all(session), ""


def act(session: Session, event: gr.EventData) -> tuple:
    """What the table of runs asks for, and the views with it."""
    table = runs.act(session, event)
    return *draw_all(session)[:-1], table


def load(session: Session, path: str | None) -> tuple:
    """A checkpoint of the visitor's, shown as one more run."""
    work.load_run(session, path)
    return draw_all(session)


def build(tab: lesson.Tab) -> None:
    """A run, watched in several views; what turns it in the rail; the runs so far."""
    stage = lesson.Stage(tab, TITLE, SUMMARY)
    session, asked, turns = gr.State(Session()), gr.State(0), gr.State(0)
    stored = gr.Textbox("", visible="hidden", label="stored run")
    views = build_views(stage)
    rail = build_rail(stage, VIEWS, OTHERS)
    running = _connect_runs(tab, rail, [session, asked, turns, stored], views)
    with rail.stop:
        tab.stop_button(*running, after=(show_stopped, session, views))
    _connect_rail(tab, rail, session, asked, views)
    calls.build(tab, stage, rail, session, views, load, RUNS)
    others = (search.TITLE, augment.TITLE, transfer.TITLE, left_out.TITLE, lesson.LIVE)
    lazy = lesson.LazyTabs(tab, (*VIEWS, *OTHERS, *others))
    program.build(tab, stage, lazy, rail)
    rate.build(tab, stage, lazy, rail, session)
    search.build(tab, stage, lazy, rail, session, asked)
    controls = augment.build(tab, stage, lazy)
    places = transfer.build(tab, stage, lazy, session)
    left_out.build(tab, stage, lazy, places.transfers)
    live.build(tab, stage, controls, places)
    lazy.note_others(stage.views)
    tab.lesson()
    tab.show_code(*CODE)


def _connect_runs(tab: lesson.Tab, rail: Rail, states: list, views: list) -> list:
    """What plans runs, and what takes them turn by turn; returns the latter."""
    session, asked, turns, stored = states
    quiet = {"api_name": None, "show_progress": "hidden"}
    parts = list(rail.settings)
    said = [asked, rail.preset, rail.note]
    tab.on_open(replay.get_replay, None, stored, show_progress="hidden", queue=False)
    tab.run(
        [rail.start.click, tab.opened.change], begin, [session, asked, rail.preset, *parts],
        [*said, *parts], **quiet,
    )  # fmt: skip
    tab.run(
        rail.preset.input, pick, [session, asked, rail.preset], [*said, *parts], **quiet,
    )  # fmt: skip
    tab.run(
        rail.more.click, resume, [session, asked, *parts], [asked, rail.note], **quiet
    )  # fmt: skip
    tab.run(asked.change, None, [views[0], stored], views[0], js=ASKED, **quiet)
    return take_turns(tab, run_turn, session, [asked, turns], [*views, turns, rail.note])


def _connect_rail(
    tab: lesson.Tab, rail: Rail, session: gr.State, asked: gr.State, views: list
) -> None:  # fmt: skip
    """What acts at once."""
    settings = rail.settings
    steered = [settings[name] for name in ("rate", "dropout", "weight_decay")]
    tab.run(
        [one.input for one in steered], steer, [session, *steered], rail.note, api_name=None,
        kind="stream", queue=False,
    )  # fmt: skip
    tab.run(
        settings["rate"].change, None, settings["rate"], rail.slider, api_name=None,
        js="(rate) => ({rate})", show_progress="hidden",
    )  # fmt: skip
    tab.run(
        rail.best.click, show_best, session, [*views, rail.note], api_name=None,
        show_progress="hidden",
    )  # fmt: skip
    tab.run(views[-1].act, act, session, views, api_name=None, show_progress="hidden")
    waits = [one.input for name, one in settings.parts.items() if one not in steered]
    tab.say_waiting(rail.start, waits, [asked.change])

"""Tab: Autoencoders. How few numbers does a picture need, and what can be done with them?"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.autoencoders import calls, codes, relatives, restoration, train, vae
from demos.autoencoders.controls import (
    CODE,
    PRESET_VALUES,
    RESTORATION,
    TRAIN,
    VAE,
    VIEWS,
    TrainSettings,
    VaeSettings,
)
from demos.autoencoders.rail import STARTED, Rail, build_rail
from demos.autoencoders.session import NEEDED, PLAIN, VARIATIONAL, Session
from demos.autoencoders.views import SET_UP, WITH_DIGIT, Visit, build_views, draw_some, draw_view
from demos.components.js_component import link_styles
from demos.lesson.turns import run_turn, take_turns

TITLE = SHORT = "Autoencoders"
SUMMARY = "How few numbers does a picture need, and what can be done with them?"
CODE_SHOWN = (
    "cvcore.models.autoencoders:Autoencoder",
    "cvcore.autoencoders.training:Learner",
    "cvcore.autoencoders.variational:compute_kl",
    "cvcore.autoencoders.variational:reparameterise",
    "cvcore.autoencoders.compression:rebuild_by_pca",
    "cvcore.autoencoders.anomalies:detect_anomalies",
    "cvcore.autoencoders.retrieval:find_neighbours",
    "cvcore.autoencoders.restoration:fill_hole",
)


PRESET_FIELDS = ("beta", "annealing", "bottleneck", "loss")
WAITS = '() => "Start with these settings"'
BETA_WAITS = """() => {
  const start = document.getElementById('autoencoders-start-vae').textContent.trim();
  return document.querySelector('#autoencoders-vae .under-way') ? start
    : "Start with these settings";
}"""


def prepare() -> None:
    """Once the page is up: load what trainings need."""
    cvcore.autoencoders.prepare()


def begin(session: Session, settings: TrainSettings) -> tuple[Any, str]:
    """Train with these settings; returns a number that was not given before, and what is wrong."""
    try:
        session.again(PLAIN, settings.plain())
    except InputError as error:
        return gr.skip(), f'<p role="alert">{escape(str(error))}</p>'
    return session.count_asks(), ""


def begin_again(view: str) -> Callable[..., int]:
    """For Start of another view: train what it needs anew."""

    def start(session: Session, settings: Any) -> int:
        session.opened.add(view)
        session.forget(*NEEDED[view])
        SET_UP[view](session, settings)
        return session.count_asks()

    return start


def show(view: str) -> Callable[..., tuple]:
    """The handler that draws a view as its controls stand, and has trained what it needs."""

    def draw(session: Session, settings: Any) -> tuple:
        session.opened.add(view)
        is_asked = view in SET_UP and SET_UP[view](session, settings)
        session.settings[view] = settings  # once they are known to be fit
        if view == CODE:
            session.code = None
        return session.count_asks() if is_asked else gr.skip(), *draw_view(session, view)

    return lesson.keep_here(draw)


@lesson.keep_here
def take_drawing(session: Session, shown: str, event: gr.EventData) -> tuple:
    """A drawn digit, in the view that is open; the others are drawn once they are opened."""
    picture = ui.read_drawing(getattr(event, "src", ""))
    return set_digit(session, shown, cvcore.recognition.digits.to_digit(picture))


@lesson.keep_here
def wipe_drawing(session: Session, shown: str) -> tuple:
    """The pad is empty: a held-back digit stands in for a drawing."""
    return set_digit(session, shown, None)


def set_digit(session: Session, shown: str, digit: Any) -> tuple:
    session.digit, session.code = digit, None
    session.changed.update(WITH_DIGIT)
    return draw_some(session, {shown} & set(WITH_DIGIT) & session.opened)


@lesson.keep_here
def run(session: Session, turns: int) -> Iterator[tuple]:
    """A turn of what is planned; where it cannot be, what is there is shown before that is said."""
    try:
        with closing(run_turn(session, turns)) as going:
            for drawn, more in going:
                yield *drawn, more
    except Exception:
        session.changed.update(VIEWS)
        yield *session.draw(), gr.skip()
        raise


def stop_in(view: str) -> Callable[..., tuple]:
    """For Stop of a view: nothing goes on, and what others had waiting is trained anew for them."""

    def stop(session: Session) -> tuple:
        session.end()
        session.drop_stopped(*NEEDED.get(view, ()))
        return session.draw()

    return lesson.keep_here(stop)


def build(tab: lesson.Tab) -> None:
    """The views, their rail, and what connects them."""
    stage = lesson.Stage(tab, TITLE, SUMMARY)
    stage.sources()
    session, asked, turns = gr.State(Visit()), gr.State(0), gr.State(0)
    parts = build_views(stage)
    rail = build_rail(stage)
    parts[TRAIN].append(rail.others["runs"])
    outputs = [one for view in VIEWS for one in parts[view]]
    running = take_turns(tab, run, session, [asked, turns], [*outputs, turns])
    for view in STARTED:
        with rail.stop[view]:
            tab.stop_button(*running, after=(stop_in(view), session, outputs))
    lazy = lesson.LazyTabs(tab, VIEWS)
    _connect_views(tab, lazy, rail, session, asked, parts)
    _connect_pad(tab, lazy, rail, session, outputs)
    _connect_own(tab, rail, session, asked, parts)
    _say_what_waits(tab, rail)
    calls.build(tab, rail, session)
    relatives.build(stage)
    with stage.told(*VIEWS):
        gr.HTML(link_styles(__name__, "style.css"), visible="hidden", elem_id="autoencoders-style")
    tab.lesson()
    tab.show_code(*CODE_SHOWN)


def _connect_views(
    tab: lesson.Tab, lazy: lesson.LazyTabs, rail: Rail, session: gr.State, asked: gr.State,
    parts: dict[str, list],
) -> None:  # fmt: skip
    """Each view when it is opened, at its controls, and at Start."""
    quiet = {"api_name": None, "show_progress": "hidden"}
    tab.run(
        [rail.start[TRAIN].click, tab.opened.change], begin, session, [asked, rail.others["note"]],
        settings=rail.settings[TRAIN], **quiet,
    )  # fmt: skip
    lazy.note(TRAIN, tab.stage.views[TRAIN])
    for view in VIEWS[1:]:
        controls = rail.settings[view]
        lazy.add(
            view, tab.stage.views[view], show(view), session, [asked, *parts[view]],
            settings=controls, controls=list_events(view, controls), trigger_mode="always_last",
            **quiet,
        )  # fmt: skip
        if view in rail.start:
            tab.run(
                rail.start[view].click, lesson.keep_here(begin_again(view)), session, asked,
                settings=controls, **quiet,
            )  # fmt: skip


def _say_what_waits(tab: lesson.Tab, rail: Rail) -> None:
    """Start says that settings wait for it; β only while there is no run that it acts on."""
    quiet = {"api_name": None, "show_progress": "hidden"}
    train_parts = [one.input for one in rail.settings[TRAIN].parts.values()]
    tab.say_waiting(rail.start[TRAIN], train_parts, [tab.opened.change])
    start, preset, parts = rail.start[VAE], rail.others["preset"], rail.settings[VAE].parts
    waiting = [parts[name].input for name in ("annealing", "bottleneck", "epochs", "loss")]
    tab.run(waiting, None, None, start, js=WAITS, **quiet)
    tab.run(parts["beta"].input, None, None, start, js=BETA_WAITS, **quiet)
    tab.run([start.click, preset.input], None, None, start, js='() => "Start"', **quiet)
    own = [parts[name].input for name in PRESET_FIELDS]
    tab.run(own, None, None, preset, js='() => "own"', **quiet)


def list_events(view: str, controls: lesson.Controls) -> list[Any]:
    """The events at which a view is drawn anew; what trains anew waits for a slider's release."""
    waits = {"known", "network", "bottleneck", "epochs", "beta", "annealing"}
    if view == VAE:
        return [controls[name].change for name in ("shows", "number", "draw")]
    return [
        one.release if name in waits and isinstance(one, ui.Slider) else one.change
        for name, one in controls.parts.items()
    ]


def _connect_pad(
    tab: lesson.Tab, lazy: lesson.LazyTabs, rail: Rail, session: gr.State, outputs: list
) -> None:
    pad, inputs = rail.others["pad"], [session, lazy.shown]
    tab.run(pad.draw, take_drawing, inputs, outputs, api_name=None, kind="stream")
    tab.run(pad.wipe, wipe_drawing, inputs, outputs, api_name=None, kind="stream")


def _connect_own(
    tab: lesson.Tab, rail: Rail, session: gr.State, asked: gr.State, parts: dict[str, list]
) -> None:
    """What belongs to one view alone."""
    panel, bars = parts[CODE]
    stream = {"api_name": None, "kind": "stream"}
    tab.run(bars.drag, lesson.keep_here(codes.drag), session, panel, **stream)
    tab.run(bars.restore, lesson.keep_here(codes.restore), session, parts[CODE], **stream)
    tab.run(
        rail.others["face"].upload, lesson.keep_here(codes.take_face),
        [session, rail.others["face"]], parts[CODE], api_name=None,
    )  # fmt: skip
    painter, restored = parts[RESTORATION]
    tab.run(painter.paint, lesson.keep_here(restoration.rub), session, restored, **stream)
    tab.run(
        rail.others["runs"].remove, lesson.keep_here(train.remove), session, parts[TRAIN],
        api_name=None, show_progress="hidden",
    )  # fmt: skip
    controls, preset = rail.settings[VAE], rail.others["preset"]
    tab.run(
        controls["beta"].input, lesson.keep_here(vae.steer), [session, controls["beta"]], None,
        queue=False, **stream,
    )  # fmt: skip
    sliders = [controls[name] for name in PRESET_FIELDS]
    tab.run(
        preset.input, lesson.keep_here(pick_preset), [session, preset], [asked, *sliders],
        settings=controls, api_name=None, show_progress="hidden",
    )  # fmt: skip
    for button, control in ((rail.others["epsilon"], controls["draw"]),
                            (rail.others["fresh"], rail.settings["Sampling"]["seed"])):  # fmt: skip
        tab.run(
            button.click, None, control, control, api_name=None, js="n => (Number(n) + 1) % 1000"
        )


def pick_preset(session: Session, preset: str, settings: VaeSettings) -> tuple:
    """Train a VAE with a preset's β, annealing, code and loss; returns them for the rail."""
    if preset not in PRESET_VALUES:
        return (gr.skip(),) * (1 + len(PRESET_FIELDS))
    values = PRESET_VALUES[preset]
    chosen = replace(settings, **dict(zip(PRESET_FIELDS, values, strict=True)))
    session.again(VARIATIONAL, chosen.plain())
    session.settings[VAE] = chosen
    return session.count_asks(), *values

"""The view "Train one": a generator and a discriminator play against each other, steered live."""

from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from functools import partial
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.latent_space.adversarial.points import MIN_OWN
from cvcore.latent_space.adversarial.presets import PRESETS
from cvcore.latent_space.adversarial.settings import STEERED, Settings
from demos import lesson
from demos.latent_space.game_controls import OWN, Arena, Rail, build_rail
from demos.latent_space.game_drawing import draw_game, from_places
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns

TITLE = "Train one"
SUITED = ("rate_d", "rate_g", "batch_size")  # to the data
HIDDEN = {"show_progress": "hidden"}
MOST_TAKEN = 60_000  # steps, after which a game is not gone on with: each is kept in its curves
NAMES = tuple(one.name for one in fields(Settings))


class Match(Work):
    """A visit's two networks."""

    def __init__(self) -> None:
        super().__init__()
        self.game: Any = None  # None while there are no points to learn from
        self.progress: Any = None
        self.steering: Any = None
        self.points = np.empty((0, 2))  # the visitor's own

    def take(self, name: str, state: Any) -> None:
        self.progress = state

    def draw(self) -> dict[str, Any]:
        return draw(self)

    def prepare(self, settings: Settings) -> None:
        """New networks, at rest; ``InputError``, and all stays as it is, for what cannot be."""
        points = self.points if settings.data == OWN else None
        game = cvcore.latent_space.adversarial.Game(settings, points)
        self.end()
        with self.lock:
            self.token.renew()
            self.game, self.progress = game, game.look()

    def play(self) -> None:
        """Plan as many steps as the settings say, from where it stands."""
        self.steering = cvcore.latent_space.adversarial.Steering()
        self.begin([(TITLE, partial(self.game.run, steering=self.steering, waits=True))])

    def turn(self, settings: Settings) -> None:
        """Change what acts at once; at rest what is seen is looked at anew."""
        values = {name: getattr(settings, name) for name in STEERED}
        steering = self.steering
        if self.plan and steering is not None:
            steering.set(**values)
        elif self.game is not None:
            with self.lock:
                self.game.settings = replace(self.game.settings, **values)
                self.progress = self.game.look()


def draw(match: Match) -> dict[str, Any]:
    """The arena as it stands; one's own plane is empty at first."""
    with match.lock:
        p, is_going = match.progress, bool(match.plan)
    if p is None:
        return draw_empty(match.points)
    own = p.settings.data == OWN
    return draw_game(p, is_going=is_going, own=own)


def draw_empty(points: np.ndarray) -> dict[str, Any]:
    """A plane to draw on, before there are enough points."""
    how = "on the plane, with the mouse, a finger, or arrow keys and Space; then press Start."
    words = f"<b>Draw points</b> {how}"
    if len(points) >= MIN_OWN:
        words = f"<b>{len(points)} points</b>: press Start, or draw more."
    elif len(points):
        words = f"<b>{len(points)} of at least {MIN_OWN} points</b>: draw more {how}"
    return {
        "kind": OWN, "words": f"<p>{words}</p>", "told": "A plane to draw points on.", "html": "",
        "draws": True, "step": 0, "total": 0,
    }  # fmt: skip


def reset(match: Match, settings: Settings) -> dict[str, Any]:
    """New networks at rest, as the settings have them; a plane to draw on without points."""
    if settings.data == OWN and len(match.points) < MIN_OWN:
        match.end()
        match.game = match.progress = None
        return draw(match)
    match.prepare(settings)
    return draw(match)


def choose_data(match: Match, settings: Settings) -> tuple:
    """New networks at rest for other data: what is drawn, and the rates and batch that suit it."""
    usual = PRESETS["digits" if settings.data == "digits" else "healthy"].settings
    fitted = {name: getattr(usual, name) for name in SUITED}
    return reset(match, replace(settings, **fitted)), *fitted.values()


def open_view(match: Match, asked: int, preset: str, settings: Settings) -> tuple:
    """What there is, or new networks as the view is first opened; a link that names a preset alone
    plays it. Returns what is drawn, and what ``pick`` does."""
    if match.game is None and preset in PRESETS and settings == Settings():
        picked = pick(match, asked, preset)
        return draw(match), *picked
    drawn = reset(match, settings) if match.game is None else draw(match)
    return drawn, gr.skip(), gr.skip(), *(gr.skip() for _ in NAMES)


def begin(match: Match, asked: int, settings: Settings) -> int:
    """Plan a game from the start."""
    match.prepare(settings)
    match.play()
    return match.token.count(asked)


def go_on(match: Match, asked: int, settings: Settings) -> int:
    """Plan as many steps more of the game that is there."""
    if match.game is None or match.game.settings.data != settings.data:
        return begin(match, asked, settings)
    if match.game.steps >= MOST_TAKEN:
        raise InputError(f"This game has taken {match.game.steps:,} steps: start a new one.")
    match.end()
    match.turn(settings)
    match.game.settings = replace(match.game.settings, steps=settings.steps)
    match.play()
    return match.token.count(asked)


def pick(match: Match, asked: int, preset: str) -> tuple:
    """Play a preset: how often a game was asked for, what to look for, and the settings, which the
    rail then shows."""
    if preset not in PRESETS:
        return asked, "", *(gr.skip() for _ in NAMES)
    chosen = PRESETS[preset]
    said = f"<p>{chosen.look_for}</p>"
    return begin(match, asked, chosen.settings), said, *astuple(chosen.settings)


def step(player: str, match: Match, count: float, settings: Settings) -> dict[str, Any]:
    """One step, or some, of one network or of both; a game under way ends first."""
    match.end()
    if match.game is None or match.game.settings.data != settings.data:
        match.prepare(settings)
    match.turn(settings)
    with match.lock:
        match.game.step(player, int(count))
        match.game.total = max(match.game.total, match.game.steps)
        match.progress = match.game.look()
    return draw(match)


def steer(match: Match, settings: Settings) -> Any:
    """Turn the game under way, or what it stands at."""
    match.turn(settings)
    return gr.skip() if match.plan else draw(match)


def take_points(match: Match, event: gr.EventData) -> Any:
    """The visitor's points, also while it goes: from the next step on they are learnt from."""
    match.points = from_places(getattr(event, "points", None))
    game = match.game
    if game is not None and game.settings.data != OWN:
        return gr.skip()
    if game is None or len(match.points) < MIN_OWN:  # nothing is left to learn from
        match.end()
        match.game = match.progress = None
        return draw(match)
    game.set_points(match.points)
    if match.plan:
        return gr.skip()
    with match.lock:
        match.progress = game.look()
    return draw(match)


def to_numbers(points: Any, settings: Settings) -> Iterator[dict[str, Any]]:
    """A game from the start, as plain numbers."""
    for p in cvcore.latent_space.adversarial.train(settings, points, waits=True):
        quality = p.quality and {
            "good": p.quality.good, "covered": p.quality.covered, "modes": p.quality.modes,
            "of": p.quality.of,
        }  # fmt: skip
        yield {
            "step": p.step, "total": p.total, "quality": quality, "push": p.push,
            "samples": p.samples.tolist(), "opinions": p.opinions.tolist(),
            "loss_d": p.loss_d.tolist(), "loss_g": p.loss_g.tolist(),
            "d_real": p.d_real.tolist(), "d_made": p.d_made.tolist(),
            "diverged": p.diverged, "done": p.done,
        }  # fmt: skip


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """The arena, and what begins, turns and ends the game."""
    stage = tab.stage
    match, asked, turns = gr.State(Match()), gr.State(0), gr.State(0)
    with stage.view(TITLE) as section:
        arena = Arena(label="game", elem_id="latent-space-arena", elem_classes=["fill", "tall"])
    rail = build_rail(stage, TITLE)
    settings, quiet = rail.settings, {"api_name": None, "show_progress": "hidden"}
    picked = [asked, rail.note, *settings]
    lazy.add(
        TITLE, section, open_view, [match, asked, rail.preset], [arena, *picked],
        settings=settings, **quiet,
    )  # fmt: skip
    fitted = [settings[name] for name in SUITED]
    tab.run(
        settings["data"].input, choose_data, [match], [arena, *fitted], settings=settings, **quiet
    )  # fmt: skip
    tab.run(rail.start.click, begin, [match, asked], asked, settings=settings, **quiet)
    tab.run(rail.more.click, go_on, [match, asked], asked, settings=settings, **quiet)
    tab.run(rail.preset.input, pick, [match, asked, rail.preset], picked, **quiet)
    for player, button in rail.players.items():
        tab.run(
            button.click, partial(step, player), [match, rail.count], arena, settings=settings,
            **quiet,
        )  # fmt: skip
    running = take_turns(tab, run_turn, match, [asked, turns], [arena, turns])
    with rail.stop:
        tab.stop_button(*running, after=(show_stopped, match, arena), min_width=50)
    _connect_steering(tab, rail, match, arena)
    tab.run(
        arena.points, take_points, [match], arena, kind="stream", trigger_mode="always_last",
        **quiet,
    )  # fmt: skip
    own = gr.JSON(visible=False, label="points")
    numbers = gr.JSON(visible=False, label="game")
    tab.endpoint(
        to_numbers, own, numbers, settings=settings, api_name="latent_space_game", kind="heavy"
    )  # fmt: skip


def _connect_steering(tab: lesson.Tab, rail: Rail, match: gr.State, arena: Arena) -> None:
    """What acts at once, and what waits for the next start."""
    settings = rail.settings
    tab.run(
        [settings[name].input for name in STEERED], steer, [match], arena, settings=settings,
        api_name=None, kind="stream", queue=False,
    )  # fmt: skip
    for name, slider in rail.sliders.items():
        tab.run(
            settings[name].change, None, settings[name], slider, api_name=None,
            js="(rate) => ({rate})", **HIDDEN,
        )  # fmt: skip
    turned = [settings[name].input for name in (*STEERED, "data")]
    tab.run(turned, None, None, rail.preset, api_name=None, js=f"() => '{OWN}'", **HIDDEN)
    tab.run(
        settings["data"].input, None, None, rail.note, api_name=None, js="() => ''", **HIDDEN
    )  # fmt: skip
    waits = [settings[name].input for name in ("batch_size", "seed", "steps")]
    tab.say_waiting(rail.start, waits, [rail.preset.input])

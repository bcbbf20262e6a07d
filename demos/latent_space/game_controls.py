"""The rail of the view "Train one", and the arena on its stage."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from cvcore.latent_space.adversarial.presets import PRESETS
from cvcore.latent_space.adversarial.settings import MAX_STEPS, Settings
from demos import components as ui
from demos import lesson
from demos.components.js_component import read_static

OWN = "own"  # settings of no preset
DATA = [
    ("ring of eight", "ring"), ("grid of 25", "grid"), ("two moons", "moons"),
    ("spiral", "spiral"), ("your own points", "own"), ("digits, 14 × 14", "digits"),
]  # fmt: skip
LOSSES = [("minimax", "minimax"), ("non-saturating", "non_saturating"), ("hinge", "hinge")]
PLAYERS = [("D only", "discriminator"), ("G only", "generator"), ("Both", "both")]


class Arena(ui.JsComponent):
    """The plane with D's field, real and generated points and pushes, or digits; beside it charts.

    Fires ``points`` with the visitor's own, 0 to 1000 from the upper left.
    """

    MARKUP = """<div class="arena" hidden><div class="board">
      <canvas tabindex="0" role="img"></canvas>
      <div class="own" hidden><button type="button" data-does="clear">Clear points</button></div>
      </div><div class="legend" role="group" aria-label="What is shown"><span class="scale">D(x)
      0 <i></i> 1</span>
      <button type="button" data-shows="field" aria-pressed="true">field</button>
      <button type="button" data-shows="real" aria-pressed="true"><b class="round"></b>real</button>
      <button type="button" data-shows="samples" aria-pressed="true"><b></b>generated</button>
      <button type="button" data-shows="pushes" aria-pressed="true">→ push</button>
      <button type="button" data-shows="sheet" aria-pressed="false" title="Where G puts a square
      sheet of latents: between neighbouring lines as many samples">G’s sheet</button>
      <span class="rows">top row real, below generated</span></div>
      <div class="beside"><div class="said"></div><div class="plots"></div></div></div>"""
    SCRIPTS = ("arena.js",)
    STYLES = ("arena.css",)


class SliderD(ui.LogSlider):
    MARKUP = ui.draw_range("latent-space-rate-d", "Learning rate of D", -5, -1)


class SliderG(ui.LogSlider):
    MARKUP = ui.draw_range("latent-space-rate-g", "Learning rate of G", -5, -1)


@dataclass(frozen=True, eq=False)
class Rail:
    """The controls and the buttons."""

    preset: gr.Dropdown
    note: gr.HTML  # what to look for in the preset
    settings: lesson.Controls
    sliders: dict[str, ui.LogSlider]  # by the name of the rate
    start: gr.Button
    stop: gr.Column  # the button's place
    more: gr.Button
    players: dict[str, gr.Button]
    count: gr.Slider  # steps of a click


def build_rail(stage: lesson.Stage, title: str) -> Rail:
    """Seven controls, the buttons, and the rest under "More"."""
    d = PRESETS["healthy"].settings
    parts: dict[str, Any] = {}
    sliders: dict[str, ui.LogSlider] = {}
    with stage.controls(title):
        preset = ui.Dropdown(
            [("your own settings", OWN), *((one.title, name) for name, one in PRESETS.items())],
            value=OWN, label="Preset", elem_classes=["beside"], elem_id="latent-space-preset",
        )  # fmt: skip
        note = gr.HTML("", elem_classes=["game-note"], elem_id="latent-space-look-for")
        parts["data"] = ui.Dropdown(DATA, value=d.data, label="Data", elem_classes=["beside"])
        parts["loss"] = ui.Dropdown(LOSSES, value=d.loss, label="Loss", elem_classes=["beside"])
        for name, kind in (("rate_d", SliderD), ("rate_g", SliderG)):
            elem_id = f"latent-space-{name.replace('_', '-')}"
            parts[name] = ui.Number(
                getattr(d, name), label=f"Learning rate of {name[-1].upper()}", elem_id=elem_id,
                elem_classes=["game-rate"],
            )  # fmt: skip
            sliders[name] = kind(
                {"rate": getattr(d, name)}, label=name, elem_classes=["game-slider"]
            )
        parts["d_steps"] = ui.Slider(
            1, 10, d.d_steps, step=1, label="D steps per G step", elem_classes=["game-slide"]
        )  # fmt: skip
        parts["momentum"] = ui.Slider(
            0, 0.99, d.momentum, step=0.01, label="Momentum β₁", elem_classes=["game-slide"]
        )  # fmt: skip
        start, stop, more, players = _build_buttons()
    with stage.more(title):
        count = ui.Slider(
            1,
            100,
            1,
            step=1,
            label="Steps per click on D only, G only or Both",
            elem_classes=["game-slide"],
        )
        parts["batch_size"] = ui.Slider(
            8, 512, d.batch_size, step=1, label="Batch size", elem_classes=["game-slide"]
        )
        parts["steps"] = ui.Slider(
            1, MAX_STEPS, d.steps, step=1, label="Steps per run", elem_classes=["game-slide"]
        )
        parts["seed"] = ui.Number(d.seed, label="Seed of the game", precision=0)
    with stage.told(title):
        style = read_static(__name__, "game.css")
        gr.HTML(f"<style>{style}</style>", visible="hidden", elem_id="latent-space-game-style")
    controls = lesson.Controls(Settings, **parts)
    return Rail(preset, note, controls, sliders, start, stop, more, players, count)


def _build_buttons() -> tuple[gr.Button, gr.Column, gr.Button, dict[str, gr.Button]]:
    with gr.Row(elem_classes=["game-buttons"]):
        start = gr.Button("Start", variant="primary", size="sm", elem_id="latent-space-play")
        stop = gr.Column(min_width=50)
        more = gr.Button("Go on", size="sm", elem_id="latent-space-go-on", min_width=50)
    with gr.Row(elem_classes=["game-buttons"]):
        gr.HTML("<b>Step</b>", min_width=30, elem_classes=["game-step"])
        players = {
            player: gr.Button(title, size="sm", min_width=50, elem_id=f"latent-space-step-{player}")
            for title, player in PLAYERS
        }
    return start, stop, more, players

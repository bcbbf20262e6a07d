"""Sliders along named directions, and what lies along each."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.latent_space import opinion
from demos.latent_space.controls import DIRECTIONS, Choices, MoveSettings, Settings
from demos.latent_space.letters import pick
from demos.latent_space.views import Panel, draw_figure, draw_strip, number

TITLE = "Directions"
STEPS = 7  # pictures along each
FROM_A = {
    "faces": "From A, in standard deviations, as far as faces stay whole:",
    "digits": "From A, in standard deviations:",
}
REACH = 3.0  # standard deviations: no direction leads further


class PlaceSlider(ui.Slider):
    """A place along a direction: from ``REACH`` below to above, as far as is shown of it.

    What is shown is the reach of the generator that was chosen; a link or a call may be of another.
    """

    @property
    def limits(self) -> tuple[float, float]:
        return -REACH, REACH


def show_directions(own: dict | None, settings: Settings) -> dict:
    """Six directions from A, each as far as pictures stay whole, in standard deviations."""
    ls = cvcore.latent_space
    start = ls.average(pick(settings, own)["A"])
    directions = ls.load_directions(settings.name)
    z = [
        ls.move(start, directions, [0] * row + [place])
        for row in range(DIRECTIONS)
        for place in np.linspace(*directions.reach[row], STEPS)
    ]
    pictures = ls.generate(np.array(z), name=settings.name, classes=settings.digit)
    rows = "".join(
        draw_strip(
            pictures[STEPS * row : STEPS * (row + 1)],
            f"<b>{directions.names[row]}</b>: {' → '.join(directions.ends[row])}, "
            f"{' to '.join(number(end, 1) for end in directions.reach[row])}",
        )
        for row in range(DIRECTIONS)
    )
    return {
        "html": f'<p class="soft">{FROM_A[settings.name]}</p><div class="rows">{rows}</div>',
        "directions": list(directions.names),
        "effects": directions.effects.tolist(),
        "reach": directions.reach.tolist(),
    }


def show_moved(own: dict | None, settings: MoveSettings) -> tuple[dict, str]:
    """A beside A moved along the directions.

    ``more_real_than``: the share of real pictures that look less real to the discriminator.
    """
    ls = cvcore.latent_space
    start = ls.average(pick(settings, own)["A"])
    directions = ls.load_directions(settings.name)
    watch = Stopwatch()
    moved = ls.move(start, directions, settings.amounts)
    was, now = ls.measure_lengths(np.stack([start, moved]))
    pictures = ls.generate(np.stack([start, moved]), name=settings.name, classes=settings.digit)
    watch.lap("network")
    logits = ls.score(pictures, name=settings.name, classes=settings.digit)
    real = ls.rank_scores(logits, settings.name)
    watch.lap("discriminator")
    html = (
        f'<div class="moved">{draw_figure(pictures[1], "<b>A, moved</b>", "large")}'
        f"{draw_figure(pictures[0], '<b>A</b>')}"
        f"<p>Length {number(now, 1)} (was {number(was, 1)}). D’s logit "
        f"<b>{number(logits[1])}</b> (was {number(logits[0])}; "
        f"{opinion.describe_others(settings.name)}).</p></div>"
    )
    value = {
        "html": html,
        "length_of_A": float(was),
        "length": float(now),
        "more_real_than": dict(zip(("A", "moved"), real.tolist(), strict=True)),
    }
    return value, ui.badge(watch.ms)


def label_sliders(name: str) -> list[dict[str, Any]]:
    """What stands above each slider, and where it ends."""
    directions = cvcore.latent_space.load_directions(name)
    return [
        {"label": title.capitalize(), "minimum": float(low), "maximum": float(high)}
        for title, (low, high) in zip(directions.names, directions.reach, strict=True)
    ]


def relabel(name: str) -> list[dict]:
    """What stands above the sliders with another generator; a link may have set their places."""
    return [gr.update(**words) for words in label_sliders(name)]


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """A beside A moved by six sliders, and a strip of pictures for each of them."""
    stage = tab.stage
    with stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = Panel(label="moved", elem_id="latent-space-moved", elem_classes=["fill"])
        rows = Panel(label="directions", elem_id="latent-space-directions", elem_classes=["fill"])
    with stage.controls(TITLE, first=True), gr.Column(elem_classes=["in-twos"]):
        sliders = {
            f"direction_{i + 1}": PlaceSlider(
                value=getattr(MoveSettings, f"direction_{i + 1}"), step=0.1, **words
            )
            for i, words in enumerate(label_sliders(choices["name"].value))
        }
    with stage.controls(TITLE, first=True):
        reset = gr.Button("All to 0", size="sm")
    with stage.told(TITLE):
        badge = ui.Badge(label="timings")
    parts = list(sliders.values())
    moving = {
        "settings": lesson.Controls(MoveSettings, **choices.controls.parts, **sliders),
        "trigger_mode": "always_last",
    }
    _, followed = lazy.add(
        TITLE, section, show_moved, [choices.own], [view, badge], api_name=None,
        follows=choices.changes, **moving,
    )  # fmt: skip
    tab.run(
        [slider.change for slider in parts], show_moved, [choices.own], [view, badge],
        api_name="latent_space_move", kind="stream", **moving,
    )  # fmt: skip
    tab.run(choices["name"].change, relabel, choices["name"], parts, api_name=None)
    tab.run(
        [reset.click, choices["name"].input], None, None, parts, api_name=None,
        js=f"() => {[0] * DIRECTIONS}",
    )  # fmt: skip
    strips = {"settings": choices.controls, "trigger_mode": "always_last"}
    lazy.add(
        TITLE, section, show_directions, [choices.own], rows,
        api_name="latent_space_directions", **strips,
    )  # fmt: skip
    tab.run(followed.then, show_directions, [choices.own], rows, api_name=None, **strips)

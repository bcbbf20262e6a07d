"""One pass against many steps, in equal seconds."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import gradio as gr
import numpy as np

import cvcore
from cvcore import style_transfer
from demos import components as ui
from demos import lesson
from demos.style_transfer.gatys import say_loading
from demos.style_transfer.views import Views, draw_curves, draw_figure

TITLE = "Race"
SIDE = 320  # pixels
CURVE = (900, 260)
WHY = (
    "The **loss** of both pictures is the one that the steps bring down: content, style and "
    "smoothness, each times its weight. One pass exists because the steps begin anew with each "
    "picture: its network learnt to lower such a loss on very many pictures, and then paints any "
    "other at once. The clock counts the painting alone, and the reading of the style."
)
PREVIEW_SECONDS = 0.4


@dataclass(eq=False)
class Race:
    """One pass, and the steps so far."""

    seconds: float  # on the clock
    fast: np.ndarray = field(repr=False)  # the painting in one pass
    fast_seconds: float
    level: float  # its loss
    points: list[tuple[float, float]] = field(default_factory=list)  # seconds and loss of the steps
    passed: float | None = None  # the second in which they passed it
    crossing: np.ndarray | None = field(default=None, repr=False)  # what they had painted then

    def note(self, step, loss: float) -> None:
        """The steps' loss as it is judged."""
        self.points.append((step.seconds, loss))
        if self.passed is None and loss < self.level:
            self.passed, self.crossing = step.seconds, step.image


def show_race(image: np.ndarray | None, style: np.ndarray | None, seconds: float) -> Iterator[dict]:
    """Both paint against the clock; both are judged by the loss that the steps bring down.

    The clocks run for the painting alone: they stand while networks are loaded, pictures judged
    and shown.
    """
    style_transfer.check_pictures(image, style)
    paint_once(image, style)  # load what is loaded once
    yield say_loading("Loading the network …")
    meter = cvcore.style_transfer.LossMeter(image, style, side=SIDE)
    began = time.perf_counter()
    fast = paint_once(image, style)
    fast_seconds = time.perf_counter() - began
    race = Race(seconds, fast, fast_seconds, meter.measure(fast)["total"])
    shown = 0.0
    for step in cvcore.style_transfer.stylise(image, style, side=SIDE, seconds=seconds):
        if time.perf_counter() - shown > PREVIEW_SECONDS or step.seconds >= seconds:
            picture = style_transfer.fit(step.image, SIDE)  # half as large at first
            race.note(step, meter.measure(picture)["total"])
            yield draw_race(race, step)
            shown = time.perf_counter()


def paint_once(image: np.ndarray, style: np.ndarray) -> np.ndarray:
    """One pass with all that it takes for a new style: its numbers are read anew."""
    numbers = style_transfer.read_numbers(style)
    return style_transfer.paint(style_transfer.fit(image, SIDE), numbers)


def draw_race(race: Race, step) -> dict:
    """The clock, the pictures with their loss, that of the crossing frozen, and the curve."""
    seconds, fast_seconds, level, passed = race.seconds, race.fast_seconds, race.level, race.passed
    now, own = race.points[-1]
    curve = draw_curves(
        {"total": race.points}, title="Loss by the clock", x_max=seconds, x_word="seconds",
        level=("one pass", level), size=CURVE,
    )  # fmt: skip
    if passed is None:
        verdict, words = "The steps have not passed the one pass yet.", "The crossing: not yet"
    else:
        times = passed / fast_seconds
        verdict = f"The steps passed after <b>{passed:.1f} s</b>: {times:,.0f} times as long."
        words = f"The crossing: <b>{passed:.1f} s</b>"
    figures = (
        (race.fast, "One pass", f"One pass: <b>{fast_seconds * 1000:.0f} ms</b>, loss {level:.2f}"),
        (race.crossing, "Step by step, at the crossing", words),
        (step.image, "Step by step", f"Step by step: {step.step} steps, loss <b>{own:.2f}</b>"),
    )
    stopped = "" if now >= seconds else lesson.under_way("", ", stopped")
    html = (
        f'<p class="line">Clock: <b>{min(now, seconds):.1f} s</b> of {seconds:g} s{stopped}. '
        f"{verdict}</p>"
        f'<div class="row three">{"".join(draw_figure(*one) for one in figures)}</div>'
        f'<div class="curve">{curve}</div>'
    )
    return {
        "html": html, "seconds": now, "steps": step.step, "loss": own,
        "fast_loss": level, "fast_seconds": fast_seconds, "passed": passed,
    }  # fmt: skip


def build(tab: lesson.Tab, image: gr.Image, style: gr.Image) -> None:
    """The starting gun, the clock's length and the pictures."""
    with tab.stage.view(TITLE):
        view = Views(
            ui.say_on_stage(
                "Press “Start the race”: both paint the same picture against the clock."
            ),
            label="race", elem_id="style_transfer-race", elem_classes=["fill"],
        )  # fmt: skip
    with tab.stage.controls(TITLE):
        seconds = ui.Slider(2, 30, 10, step=1, label="Seconds on the clock")
        with gr.Row():
            go = gr.Button(
                "Start the race", variant="primary", size="sm", min_width=80,
                elem_id="style_transfer-race-start",
            )  # fmt: skip
            stop = gr.Column(min_width=70, scale=0)
        gr.Markdown(WHY, elem_classes=["question"])
    running = tab.run(
        go.click, show_race, [image, style, seconds], view, api_name="style_transfer_race",
        kind="heavy", show_progress="minimal",
    )  # fmt: skip
    tab.say_waiting(go, [image, style, seconds])
    with stop:
        tab.stop_button(running, shows=[view])

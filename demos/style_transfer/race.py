"""One pass against many steps, in equal seconds."""

import time
from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore import style_transfer
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.style_transfer.gatys import say_loading
from demos.style_transfer.views import draw_curves, draw_figure, draw_page

SIDE = 320  # pixels
PREVIEW_SECONDS = 0.4


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
    level = meter.measure(fast)["total"]
    shown, points, passed = 0.0, [], None
    for step in cvcore.style_transfer.stylise(image, style, side=SIDE, seconds=seconds):
        if time.perf_counter() - shown > PREVIEW_SECONDS or step.seconds >= seconds:
            picture = style_transfer.fit(step.image, SIDE)  # half as large at first
            points.append((step.seconds, meter.measure(picture)["total"]))
            if passed is None and points[-1][1] < level:
                passed = step.seconds
            yield draw_race(step, fast, fast_seconds, level, points, seconds, passed)
            shown = time.perf_counter()


def paint_once(image: np.ndarray, style: np.ndarray) -> np.ndarray:
    """One pass with all that it takes for a new style: its numbers are read anew."""
    numbers = style_transfer.read_numbers(style)
    return style_transfer.paint(style_transfer.fit(image, SIDE), numbers)


def draw_race(step, fast, fast_seconds, level, points, seconds, passed) -> dict:
    """The clock, both pictures with their loss, the curve and where it passes the other."""
    now, own = points[-1]
    curve = draw_curves(
        {"total": points}, title="Loss by the clock", x_max=seconds, x_word="seconds",
        level=("one pass", level), size=charts.WIDE,
    )  # fmt: skip
    if passed is None:
        verdict = "The steps have not passed the one pass yet."
    else:
        times = passed / fast_seconds
        verdict = f"The steps passed after <b>{passed:.1f} s</b>: {times:,.0f} times as long."
    pair = draw_figure(
        fast, "One pass", f"One pass: <b>{fast_seconds * 1000:.0f} ms</b>, loss {level:.2f}"
    ) + draw_figure(
        step.image, "Step by step", f"Step by step: {step.step} steps, loss <b>{own:.2f}</b>"
    )
    stopped = "" if now >= seconds else lesson.under_way("", ", stopped")
    html = (
        f'<p class="big">Clock: <b>{min(now, seconds):.1f} s</b> of {seconds:g} s{stopped}. '
        f"{verdict}</p>"
        f'<div class="pair short">{pair}</div>{curve}'
        "<p>The loss is what the steps bring down. The one pass learnt to lower such a loss on "
        "other pictures, and never saw it for this one. Its time includes reading the style. The "
        "clock stands still while pictures are judged and shown.</p>"
    )
    return {
        "html": draw_page(html), "seconds": now, "steps": step.step, "loss": own,
        "fast_loss": level, "fast_seconds": fast_seconds, "passed": passed,
    }  # fmt: skip


def build(tab: lesson.Tab, image: gr.Image, style: gr.Image) -> None:
    """The starting gun, the clock's length and the two pictures."""
    with gr.Row():
        seconds = ui.Slider(2, 30, 10, step=1, label="Seconds on the clock")
        with gr.Column(min_width=80):
            go = gr.Button(
                "Start the race", variant="primary", size="sm", elem_id="style_transfer-race-start"
            )
            stop = gr.Column(min_width=80)
    view = ui.Panel(label="race", elem_id="style_transfer-race")
    running = tab.run(
        go.click, show_race, [image, style, seconds], view, api_name="style_transfer_race",
        kind="heavy", show_progress="minimal",
    )  # fmt: skip
    tab.say_waiting(go, [image, style, seconds])
    with stop:
        tab.stop_button(running, shows=[view])

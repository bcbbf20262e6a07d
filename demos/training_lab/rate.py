"""The view "Rate": which learning rate, and how many pictures a step; both found by trying."""

from collections.abc import Callable, Iterator
from functools import wraps
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.training_lab.controls import Rail
from demos.training_lab.session import Session, TrainingSettings, load_data

TITLE = "Rate"
LEFT, RIGHT = (430, 480), (430, 236)  # pixels
LOWEST, HIGHEST = 1e-6, 10.0
EDGE = 1.6  # times the first loss: what is higher stands at the edge
FIRST = "Press <b>Test rates</b>."
FIRST_SIZES = "Press <b>Test batch sizes</b>: each is tried for a quarter of a second."


class Found:
    """A visit's newest tests, and the settings that the rates were tested with."""

    def __init__(self) -> None:
        self.rates: Any = None
        self.sizes: Any = None
        self.settings: TrainingSettings | None = None
        self.pictures: Any = None

    def __deepcopy__(self, _: Any) -> "Found":
        return Found()  # as Gradio makes each visit its own

    def take_rate(self) -> float:
        """The rate that was suggested, as one would type it; InputError while there is none."""
        if self.rates is None or self.rates.suggestion is None:
            raise InputError("No rate is suggested yet: press Test rates.")
        return float(f"{self.rates.suggestion:.2g}")

    def take_size(self) -> int:
        """The batch size that was suggested; InputError while there is none."""
        if self.sizes is None or self.sizes.suggestion is None:
            raise InputError("No batch size is suggested yet: press Test batch sizes.")
        return int(self.sizes.suggestion)


@lesson.keep_here
def raise_rate(
    found: Found, session: Session, settings: TrainingSettings
) -> Iterator[dict[str, Any]]:
    """Raise the rate from step to step, drawn as it goes."""
    pictures = load_data(settings.data, session.own)
    found.settings, found.pictures = settings, pictures
    steps = cvcore.training_lab.find_rate(
        settings.plain(), pictures, lowest=LOWEST, highest=HIGHEST
    )
    for found.rates in steps:
        yield draw(found)


@lesson.keep_here
def open_view(
    found: Found, session: Session, settings: TrainingSettings
) -> Iterator[dict[str, Any]]:
    """Test the rates, unless they are those of these settings and pictures already."""
    pictures = load_data(settings.data, session.own)
    if found.settings == settings and found.pictures is pictures and found.rates.done:
        yield draw(found)
    else:
        yield from raise_rate(found, session, settings)


@lesson.keep_here
def raise_size(
    found: Found, session: Session, settings: TrainingSettings
) -> Iterator[dict[str, Any]]:
    """Measure steps with 1, 2, 4 ... pictures, drawn as it goes."""
    pictures = load_data(settings.data, session.own)
    steps = cvcore.training_lab.find_batch_size(settings.plain(), pictures)
    for found.sizes in steps:
        yield draw(found)


def tell(work: Callable[..., Iterator[dict]]) -> Callable[..., Iterator[dict]]:
    """A test for the page: what cannot be tested is said in the place of what was before."""

    @wraps(work)
    def telling(found: Found, session: Session, settings: TrainingSettings) -> Iterator[dict]:
        try:
            yield from work(found, session, settings)
        except InputError as error:
            found.rates = found.sizes = found.settings = None
            html = f'<p class="lab-hint" role="alert">{escape(str(error))}</p>'
            yield {"html": f'<div class="lab">{html}</div>', "rate": None, "batch_size": None}

    return telling


# --- drawing -------------------------------------------------------------------------------------
def draw(found: Found) -> dict[str, Any]:
    """Both tests beside each other."""
    rates = draw_rates(found.rates) if found.rates else f'<p class="lab-hint">{FIRST}</p>'
    sizes = draw_sizes(found.sizes) if found.sizes else f'<p class="lab-hint">{FIRST_SIZES}</p>'
    html = f'<div class="lab lab-pair"><div>{rates}</div><div>{sizes}</div></div>'
    return {
        "html": html,
        "rate": found.rates and found.rates.suggestion,
        "batch_size": found.sizes and found.sizes.suggestion,
    }


def draw_rates(test: Any) -> str:
    """Loss against rate on a log axis, the suggested point marked, and what it says."""
    parts: list = []
    high = None
    if len(test.losses):
        high = EDGE * float(test.losses[0])
        losses = np.clip(np.nan_to_num(test.losses, nan=high, posinf=high), 0, high)
        parts = [
            charts.Line("smoothed", test.rates, np.clip(test.smoothed, 0, high), charts.VERMILION),
            charts.Points("of each step", test.rates, losses, charts.GREY, size=4),
        ]
    if test.suggestion is not None:
        parts.append(charts.Mark(test.suggestion, f"suggested {test.suggestion:.2g}"))
    chart = charts.draw_chart(
        parts, title="Loss against rate",
        x=charts.Axis("learning rate", is_log=True, low=LOWEST, high=HIGHEST),
        y=charts.Axis("loss", low=0, high=high), size=LEFT, legend=True,
    )  # fmt: skip
    return f'{chart}<p class="lab-words">{say_rates(test)}</p>'


def say_rates(test: Any) -> str:
    """What the curve says."""
    if not test.done:
        step = f"step {len(test.rates)} of {test.total}"
        return lesson.under_way(step, f"stopped at {step}")
    if test.suggestion is None:
        return "The loss falls at no rate: with this network and these pictures nothing is learnt."
    end = (
        f" From about {test.rates[-1]:.2g} on it gets out of hand: there the test ended."
        if test.diverged else ""
    )  # fmt: skip
    return (
        f"The loss falls most steeply at rate <b>{test.suggestion:.2g}</b>. Far to the left "
        f"nothing happens.{end} Where the line is flat or rises, the rate is too large."
    )


def draw_sizes(test: Any) -> str:
    """Pictures a second, and memory, against the batch size."""
    sizes = test.sizes.astype(float)
    largest = float(max([*test.sizes.tolist(), 2]))
    x = charts.Axis("batch size", is_log=True, low=float(min([*test.sizes.tolist(), 1])),
                    high=largest)  # fmt: skip
    marks = []
    if test.suggestion is not None and test.done:
        marks = [charts.Mark(float(test.suggestion), f"suggested {test.suggestion}")]
    speed = charts.draw_chart(
        [charts.Line("pictures a second", sizes, test.images_per_second, charts.BLUE, dots=True),
         *marks],
        title="Pictures a second", x=x, y=charts.Axis("pictures", low=0), size=RIGHT,
    )  # fmt: skip
    memory = charts.draw_chart(
        [charts.Line("MB", sizes, test.memory / 1e6, charts.GREEN, dots=True)],
        title="Memory of a step", x=x, y=charts.Axis("MB", low=0), size=RIGHT,
    )  # fmt: skip
    return f'{speed}{memory}<p class="lab-words">{say_sizes(test)}</p>'


def say_sizes(test: Any) -> str:
    """What the two curves say."""
    if not test.done:
        words = f"{len(test.sizes)} sizes tested"
        return lesson.under_way(words, f"stopped after {words}")
    full = " The next size found no room on the GPU." if test.out_of_memory else ""
    if test.suggestion == test.sizes[-1]:
        words = f"Of those tested <b>{test.suggestion}</b> pictures a step are the fastest."
    else:
        words = f"From <b>{test.suggestion}</b> pictures a step on, more make it hardly faster."
    return f"{words}{full} With fewer steps an epoch each must go further: test the rates again."


# --- through the API -----------------------------------------------------------------------------
def to_rates(session: Session, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """The range test with these settings, as plain numbers."""
    pictures = load_data(settings.data, session.own)
    for test in cvcore.training_lab.find_rate(settings.plain(), pictures):
        yield {
            "rates": test.rates.tolist(),
            "losses": np.nan_to_num(test.losses, nan=1e9, posinf=1e9).tolist(),
            "suggestion": test.suggestion, "diverged": test.diverged, "done": test.done,
        }  # fmt: skip


def to_sizes(session: Session, settings: TrainingSettings) -> Iterator[dict[str, Any]]:
    """How fast, and with how much memory, each batch size learns with these settings."""
    pictures = load_data(settings.data, session.own)
    for test in cvcore.training_lab.find_batch_size(settings.plain(), pictures):
        yield {
            "sizes": test.sizes.tolist(), "images_per_second": test.images_per_second.tolist(),
            "memory": test.memory.tolist(), "suggestion": test.suggestion, "done": test.done,
        }  # fmt: skip


def build(
    tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs, rail: Rail, session: gr.State
) -> None:
    """The tests on the stage; what begins, ends and takes them above the settings."""
    found, newest = gr.State(Found()), gr.State(lesson.RunToken())
    with stage.show(TITLE):
        view = ui.Panel(label="rates", elem_id="training-lab-rates", elem_classes=["fill", "tall"])
    with stage.controls(TITLE):
        with gr.Row(elem_classes=["lab-buttons"]):
            rates = gr.Button(
                "Test rates", variant="primary", size="sm", elem_id="training-lab-test-rates"
            )
            take_rate = gr.Button("Take the rate", size="sm", elem_id="training-lab-take-rate")
        with gr.Row(elem_classes=["lab-buttons"]):
            sizes = gr.Button("Test batch sizes", size="sm", elem_id="training-lab-test-sizes")
            take_size = gr.Button("Take the size", size="sm", elem_id="training-lab-take-size")
        place = gr.Column()
    section = stage.views[TITLE]
    lazy.note(TITLE, section)
    running = [
        tab.run(
            event, tell(work), [found, session], view, api_name=None, kind="heavy", newest=newest,
            settings=rail.settings, show_progress="minimal",
        )
        for event, work in (
            (section.select, open_view), (rates.click, raise_rate), (sizes.click, raise_size),
        )
    ]  # fmt: skip
    with place:
        tab.stop_button(*running, shows=[view])
    tab.run(take_rate.click, Found.take_rate, found, rail.settings["rate"], api_name=None)
    tab.run(take_size.click, Found.take_size, found, rail.settings["batch_size"], api_name=None)
    numbers = gr.JSON(visible=False, label="test")
    for work, name in ((to_rates, "rates"), (to_sizes, "batch_sizes")):
        tab.endpoint(
            work, session, numbers, settings=rail.settings, api_name=f"training_lab_{name}",
            kind="heavy",
        )  # fmt: skip

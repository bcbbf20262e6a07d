"""The view "Transfer": four ways to teach a trained network a few pictures, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns
from demos.training_lab import own
from demos.training_lab.controls import RateSlider
from demos.training_lab.guide import draw_guide

TITLE = "Transfer"
SIZE = (280, 190)  # pixels
KINDS = ("dress", "hat", "pants", "shirt", "shoes")
EACH = 20  # pictures of a kind to learn from, at most
CURVE = "curve"
WAYS = ("frozen", "stages", "everything", "scratch")  # the quick ones first
TITLES = {
    "frozen": "New head, rest frozen", "stages": "Last stages, too",
    "everything": "Everything", "scratch": "From scratch",
}  # fmt: skip
COLOURS = {
    "frozen": charts.BLUE, "stages": charts.VERMILION, "everything": charts.GREEN,
    "scratch": charts.GREY,
}  # fmt: skip
NOT_TAUGHT = "Nothing is taught yet: open Transfer, and press Start."


@cache
def load_kinds() -> Any:
    """Five kinds of clothes: twenty pictures each to learn from, ten and ten held back."""
    data = cvcore.training_lab.load_clothes()
    numbers = [data.classes.index(one) for one in KINDS]

    def pick(part: Any, most: int) -> Any:
        labels = part.labels.numpy()
        rows = [np.flatnonzero(labels == number)[:most] for number in numbers]
        chosen = part.take(part.labels.new_tensor(np.concatenate(rows)))
        new = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        return replace(chosen, labels=part.labels.new_tensor(new))

    return replace(
        data, classes=KINDS, training=pick(data.training, EACH),
        validation=pick(data.validation, EACH), test=pick(data.test, EACH),
    )  # fmt: skip


@dataclass(frozen=True)
class TransferChoice:
    """What is turned for all ways at once."""

    rate: float | None = None
    """None: what suits each way."""
    per_class: int = 10
    freeze_norms: bool = True

    def to_settings(self, way: str) -> Any:
        """Of one way, as the package takes them; InputError for what cannot be."""
        return cvcore.training_lab.TransferSettings(
            way=way, rate=self.rate, per_class=self.per_class, freeze_norms=self.freeze_norms
        )


class TransferRate(RateSlider):
    """Moves the rate of the ways on a log axis."""

    MARKUP = ui.draw_range("training-lab-transfer-rate", "Rate", -5, 0)


class Transfers(Work):
    """A visit's transfers."""

    def __init__(self) -> None:
        super().__init__()
        self.own: Any = None  # the visitor's pictures, where there are any
        self.data: Any = None  # those, if they are what is taught; None: the bundled clothes
        self.progress: dict[str, Any] = {}
        self.curve: Any = None
        self.loaded: Any = None  # a network out of a file, until another one is taught
        self.left_out: Any = None  # each picture once, and of which data
        self.saved = 0  # files

    @property
    def model(self) -> Any:
        """The network that names pictures: one that was loaded, or the best on those held back; of
        equals the first. None while there is none."""
        taught = [one for one in list(self.progress.values()) if one.model is not None]
        if self.loaded is not None or not taught:
            return self.loaded
        return max(taught, key=lambda one: one.validation_accuracy[-1]).model

    def get_data(self) -> Any:
        return load_kinds() if self.data is None else self.data

    def use(self, data: Any) -> None:
        """Teach these from now on, or the bundled clothes; what was taught of others is gone."""
        self.end()
        with self.lock:
            self.data, self.progress, self.curve, self.left_out = data, {}, None, None

    def take(self, name: str, state: Any) -> None:
        if name == CURVE:
            self.curve = state
        else:
            self.progress[name] = state

    def draw(self) -> dict[str, Any]:
        return draw(self)


def begin(transfers: Transfers, asked: int, choice: TransferChoice) -> int:
    """Plan all four ways, the quick ones first; a network out of a file names nothing more."""
    plan(transfers, choice, WAYS)
    transfers.loaded = None
    return transfers.token.count(asked)


def begin_first(transfers: Transfers, asked: int, choice: TransferChoice) -> int:
    """Plan the quickest way as the view is opened, while nothing is taught."""
    if transfers.progress or transfers.waiting or transfers.loaded is not None:
        return asked
    plan(transfers, choice, WAYS[:1])
    return transfers.token.count(asked)


def plan(transfers: Transfers, choice: TransferChoice, ways: Sequence[str]) -> None:
    """Do these ways next; what was taught before is gone."""
    settings, data = [choice.to_settings(way) for way in ways], transfers.get_data()
    transfers.end()  # else its step under way would be put among the new ones
    transfers.progress = {}
    transfers.begin([
        (one.way, partial(cvcore.training_lab.transfer, one, data)) for one in settings
    ])  # fmt: skip


def begin_curve(transfers: Transfers, asked: int) -> int:
    """Plan the learning curve."""
    transfers.end()
    transfers.curve, data = None, transfers.get_data()
    measure = partial(cvcore.training_lab.measure_learning_curve, data, ways=WAYS)
    transfers.begin([(CURVE, measure)])
    return transfers.token.count(asked)


def name_picture(transfers: Transfers, picture: np.ndarray) -> str:
    """What the best network that was taught takes a picture for; as HTML."""
    model = transfers.model
    if model is None:
        return f"<p>{NOT_TAUGHT}</p>"
    shares = model.predict(picture)
    said = [
        f"{escape(model.classes[i])} {charts.percent(round(float(shares[i]), 2))}"
        for i in np.argsort(-shares)[:3]
    ]
    first, names = f"<b>{said[0]}</b>", " · ".join(said[1:])
    return f"<p>{first} · {names}, by: {TITLES[model.settings.way].lower()}</p>"


def save(transfers: Transfers) -> dict[str, str]:
    """What the best network has learnt as a file, which travels inside the page."""
    model = transfers.model
    if model is None:
        raise InputError(NOT_TAUGHT)
    transfers.saved += 1
    name = f"transfer_{model.settings.way}_{len(model.classes)}_classes.safetensors"
    file = ui.download_value(name, model.to_file(), "application/octet-stream")
    return file | {"key": str(transfers.saved)}


def load(transfers: Transfers, path: str | None) -> dict[str, Any]:
    """A network that was saved: from now on it names pictures."""
    if path is None:
        raise InputError("There is no network yet: choose a .safetensors file that was saved here.")
    transfers.loaded = cvcore.training_lab.load_transfer(Path(path).read_bytes())
    return draw(transfers)


# --- drawing -------------------------------------------------------------------------------------
def draw(transfers: Transfers) -> dict[str, Any]:
    """A card a way, the learning curve, and which way when."""
    with transfers.lock:
        progress, curve, loaded = dict(transfers.progress), transfers.curve, transfers.loaded
        waiting = transfers.waiting
    data = transfers.get_data()
    cards = "".join(draw_way(way, progress.get(way), way in waiting) for way in WAYS)
    if transfers.data is None:
        held = len(data.test)
        about = f"Clothes: {', '.join(KINDS)}; {held} pictures held back for the test."
    else:
        about = escape(" ".join((f"Own pictures: {', '.join(data.classes)}.", *data.notes)))
    if loaded is not None:
        about = f"<b>Loaded:</b> {say_loaded(loaded)} {about}"
    html = (
        f'<div class="lab lab-transfer"><div class="ways">{cards}</div>'
        f'<div class="curve">{draw_learning_curve(curve, CURVE in waiting)}</div>'
        f'<div class="which">{draw_guide()}</div>'
        f'<p class="lab-words">{about}</p></div>'
    )
    tests = {way: one.test.accuracy if one.test else None for way, one in progress.items()}
    learns = {way: one.learns for way, one in progress.items()}
    return {"html": html, "test": tests, "learns": learns, "classes": list(data.classes)}


def say_loaded(model: Any) -> str:
    """What a network out of a file knows."""
    names = ", ".join(map(escape, model.classes[:5])) + (" ..." if len(model.classes) > 5 else "")
    return f"{TITLES[model.settings.way].lower()}, it knows {names}: see Live."


def draw_way(way: str, p: Any, is_planned: bool) -> str:
    """Held-back accuracy as it learns, how much learns, and how it stands."""
    if p is None:
        words = lesson.under_way("waits for its turn", "not begun") if is_planned else "press Start"
        return f'<section><h3>{TITLES[way]}</h3><p class="soft">{words}</p></section>'
    line = charts.Line("held back", p.validation_steps, p.validation_accuracy, charts.VERMILION)
    chart = charts.draw_chart(
        [line], title=f"{TITLES[way]}: share right",
        x=charts.Axis("step", low=0, high=max(p.total, 1)),
        y=charts.Axis("share right", low=0, high=1, text=charts.percent), size=SIZE, legend=False,
    )  # fmt: skip
    counts = f"<b>{p.learns:,}</b> of {p.numbers:,} numbers learn"
    state = say(p, is_planned)
    head = f'<h3>{TITLES[way]}</h3><p class="learns">{counts}</p>'
    return f"<section>{head}{chart}<p>{state}</p></section>"


def say(p: Any, is_going: bool) -> str:
    """How a transfer stands; one that was ended between two states says so."""
    rate = f"rate {p.settings.own_rate:g}"
    if p.diverged:
        return f"<b>diverged</b> at step {p.step}: {rate} is too large"
    if p.test is not None:
        return f"test <b>{charts.percent(p.test.accuracy)}</b> · {rate} · {p.seconds:.1f} s"
    step = f"step {p.step} of {p.total}"
    if not is_going:
        return f"stopped at {step}"
    if p.prepared < 1 and not p.step:
        return lesson.under_way(f"features {charts.percent(p.prepared)}", "stopped")
    return lesson.under_way(f"{step} · {rate}", f"stopped at {step}")


def draw_learning_curve(curve: Any, is_planned: bool) -> str:
    """Accuracy against pictures a class."""
    if curve is None:
        words = (
            lesson.under_way("waits for its turn", "stopped") if is_planned
            else "press <b>Learning curve</b>: accuracy with 1, 2, 5, 10, 20 pictures a class"
        )  # fmt: skip
        return f'<h3>Learning curve</h3><p class="soft">{words}</p>'
    lines = [
        charts.Line(TITLES[way], curve.counts, curve.accuracy[row], COLOURS.get(way), dots=True)
        for row, way in enumerate(curve.ways)
    ]
    chart = charts.draw_chart(
        lines, title="Share right", legend=True, size=SIZE,
        x=charts.Axis("pictures a class", is_log=True, low=1, high=max(*curve.counts, 2)),
        y=charts.Axis("share right", low=0, high=1, text=charts.percent),
    )  # fmt: skip
    measured = int(np.isfinite(curve.accuracy).sum())
    words = f"{measured} of {curve.accuracy.size} trainings"
    state = lesson.under_way(words, words) if is_planned else words
    if curve.done:
        state = f"on {curve.held_back} held back"
    return f"<h3>Learning curve</h3>{chart}<p>{state}</p>"


# --- through the API -----------------------------------------------------------------------------
def transfer(way: str, choice: TransferChoice) -> Iterator[dict[str, Any]]:
    """One way on the bundled clothes, as plain numbers."""
    for p in cvcore.training_lab.transfer(choice.to_settings(way), load_kinds()):
        yield {
            "way": way, "learns": p.learns, "numbers": p.numbers, "step": p.step,
            "total": p.total, "validation_accuracy": p.validation_accuracy.tolist(),
            "test_accuracy": p.test.accuracy if p.test else None, "diverged": p.diverged,
            "done": p.done,
        }  # fmt: skip


def build(
    tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs, session: gr.State
) -> own.Places:
    """The four cards and the curve on the stage; what begins and ends them in the rail.

    Returns where the visit's transfers and own pictures are.
    """
    state, asked, turns = gr.State(Transfers()), gr.State(0), gr.State(0)
    with stage.show(TITLE):
        view = ui.Panel(
            label="transfer", elem_id="training-lab-transfer", elem_classes=["fill", "tall"]
        )
    with stage.controls(TITLE):
        rate = ui.Number(
            None, label="Rate", placeholder="usual", elem_id="training-lab-transfer-rate",
            elem_classes=["lab-number"],
        )  # fmt: skip
        TransferRate(label="rate", elem_classes=["lab-rate"])
        each = ui.Slider(1, EACH, 10, step=1, label="Pictures a class")
        norms = gr.Checkbox(True, label="Batch norm stays as it was")
        with gr.Row(elem_classes=["lab-buttons"]):
            start = gr.Button("Start", variant="primary", size="sm", elem_id="training-lab-teach")
            place = gr.Column(min_width=60)
        curve = gr.Button("Learning curve", size="sm", elem_id="training-lab-curve")
        places = own.build(tab, session, state, view)
        with gr.Row(elem_classes=["lab-buttons"]):
            keep = gr.Button("Save network", size="sm", elem_id="training-lab-keep")
            again = gr.UploadButton(
                "Load one", file_types=[".safetensors"], size="sm", elem_id="training-lab-again"
            )
        file = ui.Download("Network", at_once=True)
    controls = lesson.Controls(TransferChoice, rate=rate, per_class=each, freeze_norms=norms)
    quiet = {"api_name": None, "show_progress": "hidden"}
    lazy.add(TITLE, stage.views[TITLE], draw, [state], view, **quiet)
    for event, fn in ((stage.views[TITLE].select, begin_first), (start.click, begin)):
        tab.run(event, fn, [state, asked], asked, settings=controls, **quiet)
    tab.run(curve.click, begin_curve, [state, asked], asked, **quiet)
    tab.run(keep.click, save, state, file, api_name=None)
    tab.run(again.upload, load, [state, again], view, api_name=None)
    running = take_turns(tab, run_turn, state, [asked, turns], [view, turns])
    with place:
        tab.stop_button(*running, after=(show_stopped, state, view))
    numbers, way = gr.JSON(visible=False, label="transfer"), gr.Textbox("frozen", visible=False)
    tab.endpoint(
        transfer, way, numbers, settings=controls, api_name="training_lab_transfer", kind="heavy"
    )  # fmt: skip
    return places

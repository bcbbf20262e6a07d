"""The view "Classifiers": one task by seven of them, side by side, their mistakes and programs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.classical_features.parts import Parts
from demos.classical_features.recognition import TASKS
from demos.classical_features.recognition_drawing import to_source
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns

TITLE = "Classifiers"
CODE = ("cvcore.classical_features:compare",)
MISTAKES = 20  # shown
FEATURES = [("pixels", "pixels"), ("HOG", "hog"), ("visual words", "words")]
TITLES = {**{name: one.title for name, one in cf.CLASSIFIERS.items()}, "convnet": "Small convnet"}
HEAD = ("Classifier", "accuracy", "training, s", "a picture, ms", "lines", "wrong")
HINT = "Press Start: one classifier after the other learns from the same pictures."
WARNING = "Times are this machine's, now: compare them with each other alone."


class Table(ui.JsComponent):
    """The rows; fires ``choose`` with the name of one that was clicked."""

    MARKUP = '<div class="bench">${(value && value.html) || ""}</div>'
    SCRIPTS = ("classifiers.js",)
    STYLES = ("classifiers.css",)


@dataclass(frozen=True)
class Settings:
    """Who is compared on what."""

    task: str = "digits"
    features: str = "hog"
    examples: float = 1000  # 100 to 4,000; at most as many as there are
    names: list[str] = field(default_factory=lambda: list(TITLES))

    def plain(self) -> "cf.ComparisonSettings":
        """As the package takes them: of clothes and faces there are fewer pictures."""
        most = {"digits": 4000, "clothes": 400, "faces": 140}.get(self.task, 4000)
        chosen = tuple(name for name in TITLES if name in self.names)
        return cf.ComparisonSettings(
            self.task, min(int(self.examples), most), self.features, chosen
        )


class Bench(Work):
    """A visit's comparison, and the row that is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.state: cf.Comparison | None = None
        self.chosen = ""

    def take(self, name: str, state: "cf.Comparison") -> None:
        self.state = state

    def draw(self) -> dict[str, Any]:
        with self.lock:
            return draw(self.state, self.chosen, is_going=bool(self.plan))


def draw(state: "cf.Comparison | None", chosen: str, *, is_going: bool = False) -> dict[str, Any]:
    """The table as it stands, and below it the mistakes of one row."""
    if state is None:
        return {"html": f'<p role="status">{HINT}</p>'}
    rows = "".join(draw_row(state, row, row.name == pick(state, chosen)) for row in state.rows)
    for i, name in enumerate(state.waiting):
        note = "not run"
        if is_going:
            note = lesson.under_way(state.note or "under way …") if i == 0 else "waits"
        told = f'<td colspan="{len(HEAD) - 1}">{note}</td>'
        rows += f'<tr class="waits"><td>{TITLES[name]}</td>{told}</tr>'
    head = "".join(f"<th>{one}</th>" for one in HEAD)
    task = state.task
    words = (
        f"{len(task.labels):,} pictures to learn from, {len(task.held_back):,} held back. {WARNING}"
    )
    html = (
        f'<p role="status">{words}</p><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{draw_mistakes(state, pick(state, chosen))}"
    )
    return {"html": html}


def pick(state: "cf.Comparison", chosen: str) -> str:
    """The row that is looked at: the chosen one, else the first."""
    names = [row.name for row in state.rows]
    return chosen if chosen in names else (names[0] if names else "")


def draw_row(state: "cf.Comparison", row: "cf.Row", is_chosen: bool) -> str:
    wrong = len(state.mistakes(row.name))
    pressed = "true" if is_chosen else "false"
    share = lesson.charts.percent(round(row.accuracy, 3))
    return (
        f'<tr class="{"chosen" if is_chosen else ""}"><td><button type="button" '
        f'data-row="{row.name}" aria-pressed="{pressed}">{row.title}</button></td>'
        f'<td><b>{share}</b><i class="bar" style="--share:{row.accuracy:.3f}"></i></td>'
        f"<td>{row.train_seconds:.2f}</td><td>{row.predict_milliseconds:.2f}</td>"
        f"<td>{row.lines}</td><td>{wrong}</td></tr>"
    )


def draw_mistakes(state: "cf.Comparison", name: str) -> str:
    """When this classifier works well, what it confuses, and the pictures."""
    if not name:
        return ""
    row = next(one for one in state.rows if one.name == name)
    task, wrong = state.task, state.mistakes(name)
    when = cf.CLASSIFIERS[name].when if name in cf.CLASSIFIERS else cf.CONVNET_WHEN
    pairs = Counter((int(task.held_back_labels[i]), int(row.answers[i])) for i in wrong)
    told = "No mistake."
    if pairs:
        (true, said), times = pairs.most_common(1)[0]
        told = f"Most often {task.classes[true]} is taken for {task.classes[said]}: {times} time"
        told += "." if times == 1 else "s."
    shown = "".join(
        f'<figure><img src="{to_source(task.held_back[i])}" alt=""><figcaption>'
        f"{escape(task.classes[task.held_back_labels[i]])} → <b>"
        f"{escape(task.classes[row.answers[i]])}</b></figcaption></figure>"
        for i in wrong[:: max(1, len(wrong) // MISTAKES)][:MISTAKES]
    )
    return (
        f'<div class="mistakes"><p><b>{row.title}</b> {when} {told}</p>'
        f'<div class="pictures">{shown}</div></div>'
    )


def begin(bench: Bench, asked: int, settings: Settings) -> int:
    """Plan a comparison from the start."""
    plain = settings.plain()
    bench.begin([(TITLE, partial(cf.compare, plain))])
    bench.state = None
    return bench.token.count(asked)


def open_view(bench: Bench, asked: int, settings: Settings) -> tuple[dict[str, Any], Any]:
    """What there is; the first time a comparison begins."""
    if bench.state is None and not bench.plan:
        return bench.draw(), begin(bench, asked, settings)
    return bench.draw(), gr.skip()


def choose(bench: Bench, event: gr.EventData) -> tuple[dict[str, Any], str]:
    """Look at a row: its mistakes and its program."""
    name = getattr(event, "row", "")
    if name not in TITLES:
        raise InputError("There is no such row: click one of those in the table.")
    bench.chosen = name
    return bench.draw(), read_program(bench)


def read_program(bench: Bench) -> str:
    """The program of the row that is looked at."""
    state = bench.state
    if state is None or not state.rows:
        return "# " + HINT
    name = pick(state, bench.chosen)
    row = next(one for one in state.rows if one.name == name)
    return f"# {row.title}: {row.lines} lines of code\n{row.program}"


def to_numbers(settings: Settings) -> Iterator[dict[str, Any]]:
    """Through the API: the rows as plain numbers."""
    for state in cf.compare(settings.plain()):
        yield {
            "done": state.done,
            "rows": [
                {
                    "name": row.name, "features": row.features, "accuracy": row.accuracy,
                    "train_seconds": row.train_seconds,
                    "predict_milliseconds": row.predict_milliseconds, "lines": row.lines,
                    "mistakes": np.asarray(state.mistakes(row.name)).tolist(),
                }
                for row in state.rows
            ],
        }  # fmt: skip


def build(parts: Parts) -> None:
    """The table, its rail, and what begins and ends the work."""
    tab, d = parts.tab, Settings()
    bench, asked, turns = gr.State(Bench()), gr.State(0), gr.State(0)
    with tab.stage.view(TITLE) as section:
        table = Table({"html": ""}, label="classifiers", elem_id="classical-features-classifiers",
                      elem_classes=["fill", "tall"])  # fmt: skip
    with tab.stage.controls(TITLE):
        task = ui.Radio(TASKS, value=d.task, label="Pictures to tell apart")
        features = ui.Radio(FEATURES, value=d.features, label="Features (not of the convnet)")
        examples = ui.Slider(100, 4000, d.examples, step=100, label="Pictures to learn from")
        with gr.Row():
            start = gr.Button("Start", variant="primary", size="sm", min_width=50,
                              elem_id="classical-features-start")  # fmt: skip
            stop_place = gr.Column(min_width=50)
    with tab.stage.more(TITLE):
        names = ui.CheckboxGroup([(title, name) for name, title in TITLES.items()],
                                 value=list(TITLES), label="Classifiers")  # fmt: skip
    settings = lesson.Controls(
        Settings, task=task, features=features, examples=examples, names=names
    )
    with tab.stage.panel("Program", TITLE) as panel:
        program = gr.Code("# " + HINT, language="python", label="program", interactive=False)
    quiet = {"api_name": None, "show_progress": "hidden"}
    parts.lazy.add(
        TITLE, section, lesson.keep_here(open_view), [bench, asked], [table, asked],
        settings=settings, **quiet,
    )  # fmt: skip
    tab.run(start.click, lesson.keep_here(begin), [bench, asked], asked, settings=settings, **quiet)
    tab.run(table.choose, lesson.keep_here(choose), bench, [table, program], **quiet)
    tab.run(panel.expand, read_program, bench, program, **quiet)
    tab.say_waiting(start, [one.change for one in settings], [section.select])
    running = take_turns(tab, run_turn, bench, [asked, turns], [table, turns])
    with stop_place:
        tab.stop_button(*running, after=(lesson.keep_here(show_stopped), bench, table))
    tab.endpoint(
        to_numbers, None, gr.JSON(visible=False, label="rows"), settings=settings,
        api_name="classical_features_classifiers", kind="heavy",
    )  # fmt: skip

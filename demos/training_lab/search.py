"""The view "Search": rate, optimiser, width and dropout, by three ways to search."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import gradio as gr

import cvcore
from cvcore.core.errors import InputError
from cvcore.training_lab.settings import Settings
from demos import components as ui
from demos import lesson
from demos.components.js_component import read_static
from demos.lesson.turns import Work, run_turn, show_stopped, take_turns
from demos.training_lab.controls import OWN, Rail
from demos.training_lab.search_drawing import NAMES, draw_search, draw_why
from demos.training_lab.session import NETWORKS, Session, Task, TrainingSettings, load_data

TITLE = "Search"
BATCH = 32  # pictures a step: so few pictures take enough steps
MOST_TRIALS, MOST_EPOCHS = 24, 20
FIRST = (
    "Which learning rate, optimiser, width and dropout? Press <b>Search</b>: small trainings try "
    "them on a grid, at random, and by TPE, which learns from its own earlier trials."
)
NO_BEST = "Nothing has been found yet: press Search."
# In the browser.
OPEN_TRAIN = """() => document.getElementById('training_lab-stage')
  .dispatchEvent(new CustomEvent('open-view', {detail: 'train'}))"""


@dataclass(frozen=True)
class SearchChoice:
    """What is searched with."""

    network: str = "mlp"
    examples: int = 500
    epochs: int = 6
    trials: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        check = cvcore.core.checks.check_whole
        trials = check("The number of trials", self.trials, 2, MOST_TRIALS)
        epochs = check("The number of epochs", self.epochs, 1, MOST_EPOCHS)
        object.__setattr__(self, "trials", trials)
        object.__setattr__(self, "epochs", epochs)

    def to_settings(self) -> Settings:
        """What all trials share; InputError for what cannot be."""
        return Settings(
            network=self.network, examples=self.examples, epochs=self.epochs, batch_size=BATCH,
            seed=self.seed,
        )  # fmt: skip

    def search(self) -> Iterator[Any]:
        """The search's states; one layer alone has neither width nor dropout."""
        lab, settings = cvcore.training_lab, self.to_settings()
        space = lab.Space(dropout=(0, 0), widths=()) if self.network == "linear" else lab.Space()
        return lab.search_settings(
            settings, load_data("digits"), space=space, trials=self.trials, seed=self.seed
        )


class Search(Work):
    """A visit's newest search."""

    def __init__(self) -> None:
        super().__init__()
        self.progress: Any = None

    def take(self, name: str, state: Any) -> None:
        self.progress = state

    def draw(self) -> dict[str, Any]:
        return draw(self)


def begin(search: Search, asked: int, choice: SearchChoice) -> int:
    """Plan a search; the one before is forgotten."""
    choice.to_settings()  # said at once where it cannot be
    search.begin([(TITLE, choice.search)])
    search.progress = None
    return search.token.count(asked)


def draw(search: Search) -> dict[str, Any]:
    """The trials so far; what to do where there are none."""
    with search.lock:
        p, is_going = search.progress, bool(search.plan)
    if p is None:
        words = lesson.under_way("waits for its turn", "stopped") if is_going else FIRST
        return {"html": draw_why(words), "trials": 0}
    best = p.best and p.best.value
    return {"html": draw_search(p, is_going=is_going), "trials": len(p.trials), "best": best}


def take_best(search: Search, session: Session, asked: int) -> tuple:
    """Train with the settings of the best trial: how often a run was asked for, the preset, what
    is wrong, and the settings, which the rail then shows."""
    best = search.progress and search.progress.best
    if best is None:
        raise InputError(NO_BEST)
    settings = TrainingSettings(**asdict(best.settings))
    name = f"found by {NAMES[best.sampler]}"
    session.begin([Task(name, settings.plain())], settings.data)
    return search.token.count(asked), OWN, "", *asdict(settings).values()


def to_numbers(choice: SearchChoice) -> Iterator[dict[str, Any]]:
    """A search as plain numbers, a state after each trial."""
    for p in choice.search():
        if p.running:
            continue
        trials = [
            {
                "sampler": one.sampler, "rate": one.settings.rate, "width": one.settings.width,
                "optimiser": one.settings.optimiser, "dropout": one.settings.dropout,
                "accuracies": list(one.accuracies), "pruned": one.pruned, "steps": one.steps,
                "total": one.total,
            }
            for one in p.trials
        ]  # fmt: skip
        yield {
            "trials": trials, "importances": p.importances, "done": p.done,
            "best": p.trials.index(p.best) if p.best else None,
            "best_so_far": {name: p.best_so_far(name).tolist() for name in p.samplers},
        }  # fmt: skip


def build(
    tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs, rail: Rail, session: gr.State,
    asked_to_train: gr.State,
) -> None:  # fmt: skip
    """The trials on the stage; what begins, ends and takes them in the rail."""
    search, asked, turns = gr.State(Search()), gr.State(0), gr.State(0)
    with stage.show(TITLE):
        view = ui.Panel(
            draw(Search()), label="search", elem_id="training-lab-search",
            elem_classes=["fill", "tall"],
        )  # fmt: skip
    with stage.told(TITLE):
        style = read_static(__name__, "search.css")
        gr.HTML(f"<style>{style}</style>", visible="hidden", elem_id="training-lab-search-style")
    d = SearchChoice()
    with stage.controls(TITLE):
        network = ui.Dropdown(
            [(words, name) for name, words in NETWORKS.items()], value=d.network,
            label="Searched network", elem_classes=["lab-line"],
        )  # fmt: skip
        examples = ui.Slider(50, 4000, d.examples, step=50, label="Pictures of a trial")
        epochs = ui.Slider(1, MOST_EPOCHS, d.epochs, step=1, label="Epochs of a trial")
        trials = ui.Slider(2, MOST_TRIALS, d.trials, step=1, label="Trials of each search")
        with gr.Row(elem_classes=["lab-buttons"]):
            start = gr.Button(TITLE, variant="primary", size="sm", elem_id="training-lab-seek")
            place = gr.Column(min_width=60)
        best = gr.Button("Take the best", size="sm", elem_id="training-lab-take-best")
    with stage.more(TITLE):
        seed = ui.Number(d.seed, label="Seed of the search", precision=0)
    controls = lesson.Controls(
        SearchChoice, network=network, examples=examples, epochs=epochs, trials=trials, seed=seed
    )
    lazy.note(TITLE, stage.views[TITLE])
    quiet = {"api_name": None, "show_progress": "hidden"}
    tab.run(start.click, begin, [search, asked], asked, settings=controls, **quiet)
    running = take_turns(tab, run_turn, search, [asked, turns], [view, turns])
    with place:
        tab.stop_button(*running, after=(show_stopped, search, view))
    taken = tab.run(
        best.click, take_best, [search, session, asked_to_train],
        [asked_to_train, rail.preset, rail.note, *rail.settings], **quiet,
    )  # fmt: skip
    tab.run(taken.success, None, None, None, js=OPEN_TRAIN, **quiet)
    numbers = gr.JSON(visible=False, label="search")
    tab.endpoint(
        to_numbers, None, numbers, settings=controls, api_name="training_lab_search", kind="heavy"
    )  # fmt: skip

"""Rank-N accuracy over a zip file or a folder of pictures, by hand, and who led ImageNet by it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import gradio as gr

import cvcore
from cvcore.classification.rank_n import LabelledPicture, LabelledSet, RankReport
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import components as ui
from demos import lesson
from demos.classification.controls import FOLDER, RANKS
from demos.classification.folder import FolderButton
from demos.classification.leaders import draw_leaders
from demos.classification.rank_table import HAND_RANKS, LOOK, draw_hand, draw_ranks
from demos.classification.views import draw_mistakes, draw_page, draw_waiting
from demos.lesson import class_names

FIRST_RANK = 1  # at which mistakes are shown
PICTURES, HAND, LEADERS = "pictures", "hand", "leaders"
PARTS = {PICTURES: "pictures", HAND: "an example by hand", LEADERS: "ImageNet’s leaders"}
# What the sample pictures show, in ImageNet's words.
SAMPLE_CLASSES = {
    "chelsea": "tabby",
    "coffee": "espresso",
    "rocket": "missile",
    "camera": "tripod",
    "loafer": "Loafer",
}


def measure(
    source: str | None, model: str = DEFAULT_MODEL, n: int = FIRST_RANK
) -> Iterator[tuple[dict, str, str, dict, RankReport | None]]:
    """Rank-1 to Rank-5 of a zip file, as numbers and drawn; its mistakes at rank n; the table."""
    if not source:
        raise InputError("There is no zip file yet: choose one, or a folder.")
    check_n(n)
    for sentence in lesson.fetch_model(model):
        yield gr.skip(), draw_waiting(sentence), gr.skip(), gr.skip(), gr.skip()
    yield None, draw_waiting("Reading the table of contents …"), "", None, None
    yield from run(cvcore.classification.rank_n.read_set(source, model=model), model, n)


def measure_samples(
    model: str = DEFAULT_MODEL, n: int = FIRST_RANK
) -> Iterator[tuple[dict, str, str, dict, RankReport | None]]:
    """The same for the sample pictures that come with the project."""
    check_n(n)
    pictures = [
        LabelledPicture(
            f"{folder}/{samples.index()[name].file}",
            cvcore.classification.rank_n.find_class(folder, model=model),
            samples.index()[name].path.read_bytes,
        )
        for name, folder in SAMPLE_CLASSES.items()
    ]
    others = [one.title for name, one in samples.index().items() if name in _find_unnamed()]
    note = (
        f"left out of the {len(samples.list_names())} samples, as no class of ImageNet names what "
        f"they show: {', '.join(others)}"
    )
    yield from run(LabelledSet(tuple(pictures), ()), model, n, note if others else "")


def _find_unnamed() -> list[str]:
    """The samples whose subject is no class."""
    return [name for name in samples.list_names() if name not in SAMPLE_CLASSES]


def run(
    labelled: LabelledSet, model: str, n: int, note: str = ""
) -> Iterator[tuple[dict, str, str, dict, RankReport]]:
    """Classify a set, showing the accuracy so far at least once a second."""
    labels, names = registry.load_labels(model), class_names.load_shown(model)
    shown = time.monotonic()
    try:
        for report in cvcore.classification.rank_n.evaluate(labelled, model=model):
            report = replace(report, note=note)
            if report.seen < report.total and time.monotonic() - shown > 0.4:
                shown = time.monotonic()
                drawn = draw_ranks(report, names, n)
                yield gr.skip(), drawn, gr.skip(), gr.skip(), report
        if not report.pictures:
            raise InputError("None of these pictures could be read: use JPEG or PNG files.")
        table = cvcore.classification.rank_n.to_csv(report, labels).encode()
        link = ui.download_value("rank_n.csv", table, "text/csv")
        mistakes = draw_mistakes(report.mistakes(n), names)
        drawn = draw_ranks(report, names, n)
        yield describe(report), drawn, mistakes, link, report
    finally:
        labelled.close()


def describe(report: RankReport) -> dict:
    """The report's numbers, as calls through the API get them."""
    return {
        "pictures": len(report.pictures),
        **{f"rank_{n}": report.accuracy(n) for n in range(1, 6)},
        "unreadable": list(report.unreadable),
        "unknown_folders": list(report.unknown_folders),
    }


def show_at(report: RankReport | None, n: int, model: str) -> tuple[str, str]:
    """Table and mistakes of a finished or stopped run at another rank; classifies nothing anew."""
    check_n(n)
    if report is None:
        return gr.skip(), gr.skip()
    names = class_names.load_shown(model)
    return draw_ranks(report, names, n), draw_mistakes(report.mistakes(n), names)


def show_lecture(part: str = HAND, ranks: str = HAND_RANKS, n: int = FIRST_RANK) -> str:
    """The example by hand with its truths at the typed ranks, or the leaders."""
    check_n(n)
    if part == LEADERS:
        return draw_leaders()
    if part != HAND:
        return draw_page(LOOK)
    return draw_hand(cvcore.classification.rank_n.read_ranks(ranks), n)


def show_example(part: str, ranks: str, n: int) -> str:
    """The same for the page: ranks that cannot be read leave a sentence, not the sum before."""
    try:
        return show_lecture(part, ranks, n)
    except InputError as error:
        return draw_page(LOOK, f'<p class="big">{escape(str(error))}</p>')


def check_n(n: int) -> int:
    if n not in range(1, 6):
        raise InputError(f"Choose an N from 1 to 5, got {n}.")
    return int(n)


def build(tab: lesson.Tab, model: gr.Dropdown) -> None:
    """A zip file or folder in, Rank-1 to Rank-5, the mistakes and a table out."""
    report, stage = gr.State(), tab.stage
    with stage.show(RANKS, FOLDER):
        accuracy = gr.HTML(
            elem_id="classification-ranks", label="accuracy", elem_classes=["of-pictures"]
        )
        lecture = gr.HTML(
            draw_page(LOOK), elem_id="classification-lecture", label="example or leaders",
            elem_classes=["of-lecture", "fill", "tall"],
        )  # fmt: skip
        with stage.part(FOLDER):
            mistakes = gr.HTML(elem_id="classification-mistakes", label="mistakes")
        numbers = gr.JSON(visible=False, label="numbers")
    with stage.controls(RANKS, first=True):
        part = ui.Radio(
            [(title, name) for name, title in PARTS.items()], value=PICTURES, label="Look at",
            elem_id="classification-ranks-part",
        )  # fmt: skip
    with stage.controls(FOLDER, first=True):
        source = ui.File(
            label="Zip file, one folder a class", file_types=[".zip"], height=130,
            elem_id="classification-zip",
        )  # fmt: skip
        FolderButton("classification-zip", elem_id="classification-folder")
    with stage.controls(RANKS, FOLDER):
        n = ui.Slider(
            1, 5, FIRST_RANK, step=1, label="N: right if the truth is among the first N",
            elem_id="classification-n",
        )  # fmt: skip
    with stage.controls(RANKS):
        ranks = gr.Textbox(
            HAND_RANKS, label="Where the truths stand", elem_id="classification-hand", max_length=40
        )
        try_samples = gr.Button("Use the samples", size="sm", elem_classes=["of-pictures"])
    with stage.controls(FOLDER):
        start = gr.Button("Measure", variant="primary", size="sm")
    with stage.told(RANKS, FOLDER):
        table = ui.Download("Every picture's rank (CSV)")
    tab.run(
        [part.change, ranks.submit, ranks.blur, n.input], show_example, [part, ranks, n], lecture,
        api_name=None, kind="stream",
    )  # fmt: skip
    tab.endpoint(show_lecture, [part, ranks, n], lecture, api_name="classification_rank_example")
    _connect(
        tab, model, source, n, [start, try_samples], [numbers, accuracy, mistakes, table, report]
    )


def _connect(
    tab: lesson.Tab, model: gr.Dropdown, source: gr.File, n: gr.Slider, buttons: list, outputs: list
) -> None:  # fmt: skip
    """What measures, what stops it, and what only draws at another rank."""
    start, try_samples = buttons
    _, accuracy, mistakes, _, report = outputs
    running = tab.run(
        [start.click, source.upload],
        measure,
        [source, model, n],
        outputs,
        api_name="classification_rank_n",
        kind="heavy",
    )
    newest = gr.State(lesson.RunToken())  # who asks for the samples at once ends the opening's run
    sampling = tab.run(
        try_samples.click, measure_samples, [model, n], outputs, api_name=None, kind="heavy",
        newest=newest,
    )  # fmt: skip
    with tab.stage.controls(RANKS, FOLDER):
        tab.stop_button(running, sampling, shows=[accuracy], elem_classes=["of-pictures"])
    tab.on_open(measure_samples, [model, n], outputs, kind="steady", newest=newest)
    tab.run(
        n.input, show_at, [report, n, model], [accuracy, mistakes], api_name=None, kind="stream"
    )

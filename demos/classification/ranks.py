"""Rank-N accuracy over a zip file or a folder of pictures."""

import time
from collections.abc import Iterator

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
from demos.classification.views import draw_mistakes, draw_ranks, draw_waiting
from demos.lesson import class_names

FIRST_RANK = 1  # at which mistakes are shown
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
            if report.seen < report.total and time.monotonic() - shown > 0.4:
                shown = time.monotonic()
                yield gr.skip(), draw_ranks(report, note), gr.skip(), gr.skip(), report
        if not report.pictures:
            raise InputError("None of these pictures could be read: use JPEG or PNG files.")
        table = cvcore.classification.rank_n.to_csv(report, labels).encode()
        link = ui.download_value("rank_n.csv", table, "text/csv")
        mistakes = draw_mistakes(report.mistakes(n), names)
        yield describe(report), draw_ranks(report, note), mistakes, link, report
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


def show_mistakes(report: RankReport | None, n: int, model: str) -> str:
    """The mistakes of a finished or stopped run at another rank; classifies nothing anew."""
    if report is None:
        return gr.skip()
    return draw_mistakes(report.mistakes(check_n(n)), class_names.load_shown(model))


def check_n(n: int) -> int:
    if n not in range(1, 6):
        raise InputError(f"Choose an N from 1 to 5, got {n}.")
    return int(n)


def build(tab: lesson.Tab, model: gr.Dropdown) -> None:
    """A zip file or folder in, Rank-1 to Rank-5, the mistakes and a table out."""
    report, stage = gr.State(), tab.stage
    with stage.show(RANKS, FOLDER), gr.Row(elem_classes=["side-by-side"]):
        accuracy = gr.HTML(elem_id="classification-ranks", label="accuracy", min_width=300)
        mistakes = gr.HTML(elem_id="classification-mistakes", label="mistakes", min_width=300)
        numbers = gr.JSON(visible=False, label="numbers")
    with stage.controls(FOLDER, first=True):
        source = ui.File(
            label="Zip file, one folder a class", file_types=[".zip"], height=130,
            elem_id="classification-zip",
        )  # fmt: skip
        FolderButton("classification-zip", elem_id="classification-folder")
    with stage.controls(RANKS, FOLDER):
        n = ui.Slider(1, 5, FIRST_RANK, step=1, label="Show the mistakes at rank N")
    with stage.controls(RANKS):
        try_samples = gr.Button("Use the samples", size="sm")
    with stage.controls(FOLDER):
        start = gr.Button("Measure", variant="primary", size="sm")
    with stage.told(RANKS, FOLDER):
        table = ui.Download("Every picture's rank (CSV)")
    outputs = [numbers, accuracy, mistakes, table, report]
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
    with stage.controls(RANKS, FOLDER):
        tab.stop_button(running, sampling, shows=[accuracy])
    tab.on_open(measure_samples, [model, n], outputs, kind="steady", newest=newest)
    tab.run(n.input, show_mistakes, [report, n, model], mistakes, api_name=None)

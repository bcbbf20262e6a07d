"""Rank-N accuracy over a zip file or a folder of pictures."""

import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

import cvcore
from cvcore import weights
from cvcore.errors import InputError
from cvcore.evaluation import RankReport
from demos import ui
from demos.classification_answers import DEFAULT_MODEL, fetch_model
from demos.classification_views import draw_mistakes, draw_ranks, draw_sentence

LESSON = r"""
**Rank-N accuracy** counts a picture as right when its true class is among the $N$ most probable:
$$\text{Rank-}N = \frac{1}{M}\sum_{i=1}^{M} \big[\,\mathrm{rank}_i(\text{truth}_i) \le N\,\big]$$

| the picture shows a collie; the network says | p | rank |
|:--|--:|--:|
| Shetland sheepdog | .44 | 1 |
| **collie** | **.31** | **2** |
| chow | .10 | 3 |

Wrong at rank 1, right at rank 2. ImageNet has 120 breeds of dog, and often more than one class in
a picture, which is why Rank-5 is reported beside Rank-1.

Name each folder after a class: its ImageNet name (`Egyptian cat`), its synset id (`n02124075`) or
its index (`285`).
"""


class FolderButton(gr.HTML):
    """Packs a chosen or dropped folder as a zip file for the file field with the id ``target``."""

    def __init__(self, target: str, **kwargs) -> None:
        super().__init__(
            html_template='<button type="button" class="zone">Choose a folder, or drop one here'
            '</button><input type="file" webkitdirectory hidden><p class="note" role="status"></p>',
            css_template=".zone { width: 100%; padding: .9rem; font-size: 1.1rem; cursor: pointer; "
            "color: var(--body-text-color); background: none; border-radius: .5rem; "
            "border: 2px dashed var(--border-color-primary); } "
            ".zone.over, .zone:hover { border-color: #d9762b; } .note { margin: .3rem 0 0; }",
            js_on_load=Path(__file__)
            .with_name("classification_folder.js")
            .read_text(encoding="utf-8"),
            target=target,
            **kwargs,
        )


def measure(
    source: str | None, model: str = DEFAULT_MODEL, n: int = 1
) -> Iterator[tuple[str, str, str, str, RankReport | None]]:
    """Rank-1 to Rank-5 of a zip file, its mistakes at rank n, the table and the report so far."""
    if not source:
        raise InputError("There is no zip file yet: choose one, or a folder.")
    check_n(n)
    for sentence in fetch_model(model):
        yield draw_sentence(sentence), gr.skip(), gr.skip(), gr.skip()
    yield draw_sentence("Reading the table of contents …"), "", gr.skip(), None
    labelled = cvcore.evaluation.read_set(source, model=model)
    labels = weights.load_labels(model)
    try:
        shown = 0.0
        for report in cvcore.evaluation.evaluate(labelled, model=model):
            if report.seen == report.total:
                break
            if time.monotonic() - shown > 0.4:
                shown = time.monotonic()
                yield draw_ranks(report), gr.skip(), gr.skip(), report
        if not report.pictures:
            raise InputError("None of these pictures could be read: use JPEG or PNG files.")
        table = cvcore.evaluation.to_csv(report, labels).encode()
        link = ui.download_value("rank_n.csv", table, "text/csv")
        yield draw_ranks(report), draw_mistakes(report.mistakes(n), labels), link, report
    finally:
        labelled.close()


def show_mistakes(report: RankReport | None, n: int, model: str) -> str:
    """The mistakes of a finished or stopped run at another rank; classifies nothing anew."""
    if report is None:
        return gr.skip()
    return draw_mistakes(report.mistakes(check_n(n)), weights.load_labels(model))


def check_n(n: int) -> int:
    if n not in range(1, 6):
        raise InputError(f"Choose an N from 1 to 5, got {n}.")
    return int(n)

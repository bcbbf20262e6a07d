"""The view "Recognition": pictures told apart by bags of words, or by HOG and a linear SVM."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core.errors import InputError
from cvcore.recognition.digits import EMPTY
from demos import components as ui
from demos import lesson
from demos.classical_features import recognition_drawing as drawing
from demos.classical_features.parts import Parts
from demos.components.js_component import read_static

TITLE = "Recognition"
CODE = (
    "cvcore.classical_features.visual_words:learn_codebook",
    "cvcore.classical_features.visual_words:train_words",
    "cvcore.classical_features.hog_svm:HogModel",
)
WORDS, HOG = "words", "hog"
EXAMPLE, OWN = "example", "own"
TASKS = [("Digits", "digits"), ("Clothes", "clothes"), ("Faces", "faces")]
CELLS = {"small": 0, "medium": 1, "large": 2}
FIRST = '<p class="hint">At first a codebook is learnt from 1,000 digits: a few seconds.</p>'
EXAMPLES = 60  # held-back pictures to choose from
ANSWER, SECOND = "answer", "runner-up"


class Board(ui.JsComponent):
    """Drawn HTML of this view; a word that is clicked is found again in the picture."""

    MARKUP = '<div class="recognition">${(value && value.html) || ""}</div>'
    SCRIPTS = ("recognition.js",)
    STYLES = ("recognition.css",)


@dataclass(frozen=True)
class Settings:
    """How pictures are recognised, and which one is looked at."""

    by: str = WORDS
    task: str = "digits"
    source: str = EXAMPLE
    example: float = 1  # 1 to 60
    words: float = 64  # 8 to 256
    cell: str = "medium"
    explained: str = ANSWER
    kind: str = "patches"
    quarters: bool = False
    cost: float = 1.0  # C of the SVM on HOG


def prepare() -> None:
    """Load the libraries and the digits, and learn the first codebook."""
    cf.train_words()


def choose_picture(
    picture: np.ndarray | None, digit: np.ndarray | None, settings: Settings
) -> tuple[np.ndarray, int | None]:
    """The picture looked at, (S, S), and its true class where that is known."""
    if settings.source == OWN:
        if settings.task == "digits":
            if digit is None:
                raise InputError(EMPTY)
            return digit, None
        return cf.read_picture(settings.task, picture), None
    task = cf.load_task(settings.task)
    order = np.random.default_rng(1).permutation(len(task.held_back))
    chosen = order[(int(settings.example) - 1) % len(order)]
    return task.held_back[chosen], int(task.held_back_labels[chosen])


def show(
    picture: np.ndarray | None, digit: np.ndarray | None, settings: Settings
) -> dict[str, Any]:
    """The picture and why it is taken for what, or a sentence that says why that cannot be."""
    try:
        return recognise(picture, digit, settings)
    except InputError as error:
        return {"html": f'<p role="alert" class="hint">{escape(str(error))}</p>'}


def recognise(
    picture: np.ndarray | None, digit: np.ndarray | None, settings: Settings
) -> dict[str, Any]:
    """What is shown, and plain numbers; ``InputError`` for what cannot be."""
    own, true = choose_picture(picture, digit, settings)
    return (show_words if settings.by == WORDS else show_hog)(own, true, settings)


def say_truth(answer: int, true: int | None, classes: tuple[str, ...]) -> str:
    """A class, and whether it is right."""
    said = f"<b>{escape(classes[answer])}</b>"
    if true is None:
        return said
    return f"{said} {'(right)' if answer == true else f'(it is {escape(classes[true])})'}"


def show_words(own: np.ndarray, true: int | None, settings: Settings) -> dict[str, Any]:
    """Words on the picture, the codebook, both histograms and why."""
    how = cf.WordSettings(int(settings.words), settings.kind, bool(settings.quarters))
    model = cf.train_words(settings.task, how)
    answer, classes, book = model.explain(own), model.task.classes, model.codebook
    ranks = drawing.rank_words(book.pictures)
    histogram, speaks = (fold(one, how.words) for one in (answer.histogram, answer.speaks))
    two = [(classes[i], fold(model.class_means[i], how.words))
           for i in (answer.nearest, answer.second)]  # fmt: skip
    words = drawing.draw_words(answer.words, len(own), book.layout, ranks)
    html = (
        f'<p role="status">{len(model.task.held_back)} held-back pictures: nearest class '
        f"<b>{charts_percent(model.nearest_accuracy)}</b> right, linear SVM "
        f"<b>{charts_percent(model.svm_accuracy)}</b>. This one: nearest class "
        f"{say_truth(answer.nearest, true, classes)}, linear SVM "
        f"{say_truth(answer.svm, true, classes)}.</p>"
        '<div class="two words">'
        + drawing.draw_figure(own, words, "Its words", f"{(answer.words >= 0).sum()} patches")
        + f"<section><h3>Codebook, {how.words} words <span>click one to find it</span></h3>"
        + drawing.draw_codebook(book.pictures, ranks, histogram > 0)
        + "</section>"
        + tell_why(book.pictures, ranks, speaks, histogram, two)
        + "</div>"
        + drawing.draw_histograms(histogram, two, ranks)
    )
    return {
        "html": html, "nearest": classes[answer.nearest], "svm": classes[answer.svm],
        "nearest_accuracy": model.nearest_accuracy, "svm_accuracy": model.svm_accuracy,
        "histogram": histogram.tolist(),
        "distances": dict(zip(classes, answer.distances.tolist(), strict=True)),
        "true": None if true is None else classes[true],
    }  # fmt: skip


def charts_percent(share: float) -> str:
    return lesson.charts.percent(round(share, 3))


def fold(values: np.ndarray, words: int) -> np.ndarray:
    """Histograms of quarters (4 K,) added up (K,)."""
    return values.reshape(-1, words).sum(axis=0)


def tell_why(
    patches: np.ndarray, ranks: np.ndarray, speaks: np.ndarray, histogram: np.ndarray,
    two: list[tuple[str, np.ndarray]],
) -> str:  # fmt: skip
    """The words that most brought the nearest class nearer than the second."""
    (first, mean), (second, other) = two
    rows = []
    for word in np.argsort(-speaks, kind="stable")[: drawing.TOLD]:
        if speaks[word] <= 0:
            break
        patch = drawing.draw_patch(patches[word], drawing.colour_word(ranks[word], len(ranks)))
        shares = "".join(f"<td>{100 * one[word]:.1f} %</td>" for one in (histogram, mean, other))
        rows.append(f"<tr><td>{patch}</td>{shares}</tr>")
    return (
        f'<section><table class="why"><caption>Why {escape(first)} and not {escape(second)}: the '
        "words that decide</caption><thead><tr><th>word</th><th>here</th>"
        f"<th>{escape(first)}, mean</th><th>{escape(second)}, mean</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></section>"
    )


def show_hog(own: np.ndarray, true: int | None, settings: Settings) -> dict[str, Any]:
    """Learnt weights as roses, and which cells spoke for the class."""
    side = len(own)
    cell = cf.CELLS[side][CELLS[settings.cell]]
    model = cf.train_hog_svm(settings.task, cell=cell, cost=settings.cost)
    classes, scores = model.task.classes, model.score(own)
    ranked = np.argsort(-scores, kind="stable")
    label = int(ranked[0 if settings.explained == ANSWER else 1])
    evidence, (_, intercept) = model.explain(own, label), model.weights(label)
    cells = evidence.sum(axis=2)
    extent = float(model.grid * cell)
    spoken = drawing.draw_evidence(cells, extent)
    spoken += drawing.draw_roses(evidence, extent, ("for", "against"))
    roses = drawing.draw_roses(model.roses(label), extent, ("for", "against"))
    name = escape(classes[label])
    html = (
        f'<p role="status">{len(model.task.held_back)} held-back pictures: '
        f"<b>{charts_percent(model.accuracy)}</b> right. This one: "
        f"{say_truth(int(ranked[0]), true, classes)}.</p>"
        '<div class="two">'
        + drawing.draw_figure(own, spoken, f"What spoke for {classes[label]}",
                              '<i class="chip for"></i>for <i class="chip against"></i>against')
        + drawing.draw_figure(np.zeros_like(own), roses, f"Learnt weights of {classes[label]}",
                              f"{model.grid} x {model.grid} cells of {cell} pixels")
        + f"</div><p>{tell_cells(cells)} All cells together {sign(cells.sum())}, the intercept "
        f"{sign(intercept)}: the score of {name} is <b>{sign(scores[label])}</b>.</p>"
        + drawing.draw_scores(scores, classes)
    )  # fmt: skip
    return {
        "html": html, "answer": classes[int(ranked[0])], "accuracy": model.accuracy,
        "scores": dict(zip(classes, scores.tolist(), strict=True)), "cells": cells.tolist(),
        "true": None if true is None else classes[true],
    }  # fmt: skip


def tell_cells(cells: np.ndarray) -> str:
    """Which cells spoke most for the class and against it."""
    most, least = (divmod(int(at), len(cells)) for at in (cells.argmax(), cells.argmin()))
    told = "No cell speaks for it"
    if cells[most] > 0:
        told = f"The cell in {say_place(most)} speaks most for it ({sign(cells[most])})"
    if cells[least] < 0:
        return f"{told}, the one in {say_place(least)} most against it ({sign(cells[least])})."
    return f"{told}, none against it."


def say_place(place: tuple[int, int]) -> str:
    return f"row {place[0] + 1}, column {place[1] + 1}"


def sign(value: float) -> str:
    """With two digits and its sign."""
    return f"{value:+.2f}".replace("-", "−")


@lesson.keep_here
def take_drawing(
    picture: np.ndarray | None, event: gr.EventData, settings: Settings
) -> tuple[np.ndarray, str, dict[str, Any]]:
    """A digit that was drawn, kept by this visit alone, and what is made of it."""
    digit = cf.read_picture("digits", ui.read_drawing(getattr(event, "src", "")))
    return digit, OWN, show(picture, digit, replace(settings, source=OWN, task="digits"))


@lesson.keep_here
def wipe_drawing(picture: np.ndarray | None, settings: Settings) -> tuple[None, Any]:
    """The pad is empty: nothing of what was on it stays."""
    return None, show(picture, None, settings)


def answer(
    picture: np.ndarray | None, digit: np.ndarray | None, settings: Settings
) -> dict[str, Any]:
    """Through the API: ``picture`` is one's own, of a digit, too."""
    if settings.source == OWN and settings.task == "digits" and picture is not None:
        digit = cf.read_picture("digits", picture)
    found = recognise(picture, digit, settings)
    return {name: value for name, value in found.items() if name != "html"}


def build_settings(tab: lesson.Tab) -> tuple[lesson.Controls, ui.DigitPad]:
    """The rail: what is recognised first, then how."""
    d = Settings()
    name = "classical-features"
    with tab.stage.controls(TITLE):
        by = ui.Radio([("Bag of words", WORDS), ("HOG + SVM", HOG)], value=d.by, label="Method",
                      elem_id=f"{name}-by")  # fmt: skip
        task = ui.Radio(TASKS, value=d.task, label="Pictures", elem_id=f"{name}-task")
        source = ui.Radio([("held back", EXAMPLE), ("your own", OWN)], value=d.source,
                          label="Picture", elem_id=f"{name}-source")  # fmt: skip
        example = ui.Slider(1, EXAMPLES, d.example, step=1, label="Held-back picture",
                            elem_classes=["rec-example"])  # fmt: skip
        pad = ui.DigitPad(label="digit pad", elem_id=f"{name}-digit", elem_classes=["rec-pad"])
        gr.HTML("<p>The middle square of the picture chosen above.</p>",
                elem_classes=["rec-picture"])  # fmt: skip
        words = ui.Slider(8, 256, d.words, step=8, label="Words in the codebook",
                          elem_classes=["rec-words"])  # fmt: skip
        cell = ui.Radio(list(CELLS), value=d.cell, label="Cells of HOG", elem_classes=["rec-hog"])
    with tab.stage.more(TITLE):
        explained = ui.Radio([("its answer", ANSWER), (SECOND, SECOND)], value=d.explained,
                             label="Explain", elem_classes=["rec-hog"])  # fmt: skip
        kind = ui.Radio([("grey levels", "patches"), ("SIFT", "sift")], value=d.kind,
                        label="A patch is described by", elem_classes=["rec-words"])  # fmt: skip
        quarters = gr.Checkbox(d.quarters, label="A histogram for each quarter",
                               elem_classes=["rec-words"])  # fmt: skip
        cost = ui.Slider(0.01, 10, d.cost, step=0.01, label="C of the SVM",
                         elem_classes=["rec-hog"])  # fmt: skip
    return lesson.Controls(
        Settings, by=by, task=task, source=source, example=example, words=words, cell=cell,
        explained=explained, kind=kind, quarters=quarters, cost=cost,
    ), pad  # fmt: skip


def build(parts: Parts) -> None:
    """The board, its rail, and one's own drawing."""
    tab = parts.tab
    with tab.stage.view(TITLE) as section:
        board = Board(
            {"html": FIRST}, label="recognition", elem_id="classical-features-recognition",
            elem_classes=["fill", "tall"],
        )  # fmt: skip
    settings, pad = build_settings(tab)
    digit = gr.State(None)
    with tab.stage.told(TITLE):
        gr.HTML(f"<style>{read_static(__name__, 'rail.css')}</style>", visible="hidden",
                elem_id="classical-features-rail")  # fmt: skip
    parts.lazy.add(
        TITLE, section, show, [parts.picture, digit], board, settings=settings, api_name=None,
        kind="stream", controls=[list_event(one) for one in settings],
        follows=[parts.picture.change],
    )  # fmt: skip
    tab.run(
        pad.draw, take_drawing, parts.picture, [digit, settings["source"], board],
        settings=settings, api_name=None, kind="stream",
    )  # fmt: skip
    tab.run(
        pad.wipe, lesson.keep_here(wipe_drawing), parts.picture, [digit, board],
        settings=settings, api_name=None, kind="stream",
    )  # fmt: skip
    tab.endpoint(
        answer, [parts.picture, digit], gr.JSON(visible=False, label="recognised"),
        settings=settings, api_name="classical_features_recognition",
    )  # fmt: skip


def list_event(one: Any) -> Any:
    """What learns anew waits until a slider is let go of."""
    waits = ("Words in the codebook", "C of the SVM")
    return one.release if getattr(one, "label", "") in waits else one.change

"""Several maps beside each other, each with its time and its scores."""

from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.saliency import METHODS
from demos import components as ui
from demos import lesson
from demos.saliency.controls import DEFAULTS, Settings
from demos.saliency.results import to_numbers
from demos.saliency.views import View, draw_comparison, draw_sentence, start_view

TITLE = "Compare"
EMPTY = "Choose the methods and press “Compare”: each map comes with its time and its scores."
AVERAGED = ("chelsea", "coffee", "astronaut", "rocket", "camera", "loafer", "street")
QUICK = ("gradient", "smoothgrad", "integrated_gradients", "guided_backprop", "grad_cam")


def compare(
    image: np.ndarray | None,
    methods: list[str],
    view: View | None = None,
    averaged: bool = False,
    settings: Settings = DEFAULTS,
) -> Iterator[tuple[str, list[dict], View]]:
    """Map after map with the settings of each, its time and scores; every step is shown.

    With ``averaged`` each method's average drop and increase over the sample pictures follow.
    """
    if not methods:
        raise InputError("Choose at least one method to compare.")
    images.check_image(image)
    model, look = settings.model, settings.look
    view = start_view(view, image, model, methods[0])
    results, table = {}, []
    for number, method in enumerate(dict.fromkeys(methods), start=1):
        chosen = settings.work(method)
        now = (
            f"{METHODS[method].title}, {number} of {len(set(methods))}: its map, then its scores …"
        )
        yield draw_comparison(results, view.square, look, now), table, view
        for result in cvcore.saliency.explain_progressively(
            image, method, **settings.classes, model=model, **chosen
        ):
            if result is results.get(method):  # its scores are being measured
                yield gr.skip(), gr.skip(), gr.skip()
                continue
            results[method] = result
            view = view.add(result, show=False)
            yield draw_comparison(results, view.square, look, now), table, view
        table = [*table, to_numbers(result)]
    if not averaged:
        yield draw_comparison(results, view.square, look), table, view
        return
    for words, more in average(table, settings):
        if words is None:
            yield gr.skip(), gr.skip(), gr.skip()
        else:
            table = more
            yield draw_comparison(results, view.square, look, words, table), table, view
    yield draw_comparison(results, view.square, look, table=table), table, view


def average(
    table: list[dict], settings: Settings
) -> Iterator[tuple[str | None, list[dict]]]:  # fmt: skip
    """What is being done, or None between two steps, and the table with the average drop and the
    average increase of each method so far, over the sample pictures."""
    scores = cvcore.saliency.scores
    for at, row in enumerate(table):
        if METHODS[row["method"]].is_partial:
            continue
        changes: list = []
        pictures = (samples.load_sample(name) for name in AVERAGED)
        for change in cvcore.saliency.measure_changes(
            pictures, row["method"], model=settings.model, **settings.work(row["method"])
        ):
            if change is None:
                yield None, table
                continue
            changes.append(change)
            means = {
                "average_drop": scores.average_drop(changes),
                "average_increase": scores.average_increase(changes),
                "pictures": len(changes),
            }
            table = [*table[:at], table[at] | means, *table[at + 1 :]]
            words = f"{METHODS[row['method']].title}: sample {len(changes)} of {len(AVERAGED)} …"
            yield words, table


def build(tab: lesson.Tab, picture: gr.Image, view: gr.State, controls: lesson.Controls) -> gr.JSON:
    """Returns the table of scores, which changes whenever a map is finished."""
    with tab.stage.controls(TITLE, first=True):
        methods = ui.CheckboxGroup(
            [(row.title, name) for name, row in METHODS.items()], value=list(QUICK),
            label="Methods, with the settings and layer", elem_classes=["two-columns"],
            elem_id="saliency-methods",
        )  # fmt: skip
        with gr.Row():
            button = gr.Button("Compare", variant="primary", size="sm", elem_id="saliency-compare")
            stop_place = gr.Column(min_width=80)
    with tab.stage.more(TITLE):
        averaged = gr.Checkbox(
            False, label=f"Then drop and increase, averaged over {len(AVERAGED)} samples",
            elem_id="saliency-averaged",
        )  # fmt: skip
    with tab.stage.view(TITLE):
        drawing = gr.HTML(
            draw_sentence(EMPTY),
            elem_id="saliency-comparison",
            label="maps",
            elem_classes=["fill", "tall"],
        )
        table = gr.JSON(visible=False, label="scores")
    running = tab.run(
        button.click,
        compare,
        [picture, methods, view, averaged],
        [drawing, table, view],
        settings=controls,
        api_name="saliency_compare",
        kind="heavy",
        show_progress="minimal",
    )
    tab.say_waiting(button, [picture, methods, averaged, *controls])
    with stop_place:
        tab.stop_button(running, shows=[drawing], elem_id="saliency-compare-stop")
    return table

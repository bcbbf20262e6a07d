"""Tab: saliency. Why does the network answer as it does?"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency import METHODS
from demos import components as ui
from demos import lesson
from demos.lesson.settings import take_settings
from demos.saliency import compare, live, region, sanity, shortcut, window
from demos.saliency.classes import ClassMenu, TopClasses, list_classes, pick_class, rank_classes
from demos.saliency.controls import (
    DEFAULT_METHOD,
    DEFAULTS,
    MethodControls,
    Settings,
    add_more,
    build_look,
    build_method_controls,
    build_opacity,
    describe_layer,
    show_settings,
)
from demos.saliency.results import to_numbers
from demos.saliency.views import (
    Look,
    View,
    describe_method,
    draw_scores,
    draw_sentence,
    overlay_result,
    start_view,
)

TITLE = "Saliency"
SHORT = "Saliency"  # on the tab's button
SUMMARY = "Which pixels made the network say so?"
MAP, SCORES = "Map", "Scores"
SAMPLE = "camera"  # two things, each with an answer of its own: the map moves between them
FAILS = {"loafer": "A loafer is taken for a sandal: what did the network look at?"}
UNSURE = {"chelsea": "Three kinds of cat share the answer: does the map differ?"}
NETWORKS = ("efficientnet_lite0",)  # made ready
QUIET: dict[str, Any] = {"api_name": None, "kind": "stream"}


def explain(
    image: np.ndarray | None,
    method: str = DEFAULT_METHOD,
    view: View | None = None,
    settings: Settings = DEFAULTS,
) -> Iterator[tuple[Any, ...]]:
    """Coarse to fine: drawing, curves, numbers, badge and the maps to keep."""
    chosen, before = settings.work(method), None
    for result in cvcore.saliency.explain_progressively(
        image, method, **settings.classes, model=settings.model, **chosen
    ):
        if result is before:  # its scores are being measured
            yield (gr.skip(),) * 5
            continue
        before = result
        window.note_seconds(result, settings)
        view = start_view(view, image, settings.model, method).add(result)
        yield (
            window.draw_result(view, settings.look),
            draw_scores(result),
            to_numbers(result),
            ui.badge({METHODS[method].title: 1000 * result.seconds}),
            view,
        )


def stop(view: View | None, opacity: float, colormap: str, full_at: float) -> tuple:
    """What is said of a map that was stopped on its way, or whose scores were: drawing, curves."""
    if view is None or view.shown not in view.maps:
        return gr.skip(), gr.skip(), gr.skip()
    view, look = view.stop(), Look(opacity, colormap, full_at)
    scores = draw_scores(view.maps[view.shown], is_stopped=view.is_stopped)
    return window.draw_result(view, look), scores, view


def redraw(view: View | None, opacity: float, colormap: str, full_at: float) -> str:
    """The same map in other colours; no network runs."""
    if view is None or view.shown not in view.maps:
        return gr.skip()
    return window.draw_result(view, Look(opacity, colormap, full_at))


def save_files(
    view: View | None, opacity: float, colormap: str, full_at: float
) -> tuple[dict | None, dict | None]:
    """A finished map as a PNG over the picture, and as a NumPy array float32 (224, 224)."""
    if view is None or view.shown not in view.maps or view.maps[view.shown].share_done < 1:
        return None, None
    result, look = view.maps[view.shown], Look(opacity, colormap, full_at)
    drawn = overlay_result(view.square, result, look)
    array = io.BytesIO()
    np.save(array, result.input_map)
    return (
        ui.download_value(f"{result.method}.png", images.to_png(drawn), "image/png"),
        ui.download_value(f"{result.method}.npy", array.getvalue(), "application/octet-stream"),
    )


def choose_model(model: str) -> Iterator[tuple[Any, str]]:
    """Fetch the model if need be; without a network the bundled one goes on."""
    try:
        for sentence in lesson.fetch_model(model):
            yield gr.skip(), draw_sentence(sentence)
    except InputError as error:
        yield DEFAULT_MODEL, draw_sentence(str(error))
        return
    yield model, ""


def build(tab: lesson.Tab) -> None:
    """The map over the picture, what follows from it in views of its own, and the webcam."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    view = gr.State()
    picture = stage.picture_input(sample=SAMPLE, fails=FAILS, unsure=UNSURE)
    answer = _build_map(stage)
    question, look = _build_question(stage, picture)
    controls = lesson.Controls(
        Settings, class_idx=question.class_idx, minus_class=question.minus,
        model=question.model, **look, **question.methods.parts,
    )  # fmt: skip
    table = compare.build(tab, picture, view, controls)
    region.build(tab, picture, question.model, view, [answer.numbers.change, table.change])
    sanity.build(tab, picture, controls)
    shortcut.build(tab)
    live.build(tab, controls)
    tab.lesson()
    tab.show_code(
        "cvcore.saliency.perturbation:central_difference",
        "cvcore.saliency.perturbation:occlusion",
        "cvcore.saliency.incremental.network:Picture",
        "cvcore.saliency.gradients:smoothgrad",
        "cvcore.saliency.pixel_differences:pixel_differences",
        "cvcore.saliency.cams:combine_grad_cam",
        "cvcore.saliency.cams:ablation_cam",
        "cvcore.saliency.shortcut.training:Learner",
        "cvcore.saliency.scores:score_map",
    )
    chosen = _connect_map(tab, question, answer, controls, view, list(look.values()))
    _connect_controls(tab, question, answer, chosen)
    _connect_window(tab, question, answer, controls, chosen)


@dataclass(frozen=True)
class Question:
    """The picture, and what is asked about it."""

    picture: gr.Image
    top: TopClasses
    class_idx: ClassMenu
    minus: ClassMenu
    method: gr.Dropdown
    story: gr.HTML
    cost: gr.HTML  # passes and wait, said before they are begun
    model: gr.Dropdown
    notice: gr.HTML
    methods: MethodControls
    button: gr.Button
    stop_place: gr.Column


def _build_question(
    stage: lesson.Stage, picture: gr.Image
) -> tuple[Question, dict[str, Any]]:  # fmt: skip
    """What is asked, and how the map is laid over the picture, by field of ``Settings``."""
    with stage.controls(MAP, SCORES, compare.TITLE, sanity.TITLE, lesson.LIVE):
        top = TopClasses(elem_id="saliency-top")
        class_idx = ClassMenu(
            list_classes("the network's first choice"), value=DEFAULTS.class_idx,
            label="Class to explain (type to search)", filterable=True, elem_id="saliency-class",
        )  # fmt: skip
    with stage.controls(MAP, SCORES):
        method = ui.Dropdown(
            [(row.title, name) for name, row in METHODS.items()], value=DEFAULT_METHOD,
            label="Method", elem_id="saliency-method", elem_classes=["beside"],
        )  # fmt: skip
        methods = build_method_controls()
        cost = gr.HTML(elem_id="saliency-cost")
    with stage.controls(MAP, compare.TITLE):
        opacity = build_opacity()
    with stage.controls(MAP, SCORES):
        with gr.Row():
            button = gr.Button("Explain", variant="primary", size="sm", elem_id="saliency-explain")
            stop_place = gr.Column(min_width=80)
        story = gr.HTML(describe_method(DEFAULT_METHOD))
    with stage.more(MAP, SCORES, compare.TITLE, sanity.TITLE, lesson.LIVE):
        with stage.part(MAP, compare.TITLE):
            look = {"opacity": opacity, **build_look()}
        with stage.part(MAP, SCORES, compare.TITLE):
            methods = add_more(methods)
        with stage.part(MAP, SCORES, compare.TITLE, lesson.LIVE):
            minus = ClassMenu(
                list_classes("no other class"), value=DEFAULTS.minus_class,
                label="Rather than (difference of two classes)", filterable=True,
            )  # fmt: skip
        model = ui.Dropdown(
            lesson.list_models("classification"), value=DEFAULTS.model, label="Model",
            elem_id="saliency-model",
        )  # fmt: skip
        notice = gr.HTML(elem_id="saliency-notice")
    return Question(
        picture, top, class_idx, minus, method, story, cost, model, notice, methods, button,
        stop_place,
    ), look  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The map and what is told about it."""

    drawing: window.MapView
    curves: gr.HTML
    files: tuple[ui.Download, ui.Download]  # as a picture and as an array
    badge: ui.Badge
    numbers: gr.JSON  # they change whenever there is a new map


def _build_map(stage: lesson.Stage) -> Answer:
    with stage.show(MAP):
        drawing = window.MapView(
            elem_id="saliency-map", label="map", elem_classes=["fill", "picture-back"]
        )
        numbers = gr.JSON(visible=False, label="numbers")
    with stage.show(SCORES):
        curves = gr.HTML(elem_id="saliency-curves", label="curves")
    with stage.told(MAP, SCORES):
        badge = ui.Badge(label="timings")
        files = ui.Download("PNG"), ui.Download("array (.npy)")
    return Answer(drawing, curves, files, badge, numbers)


def _connect_map(
    tab: lesson.Tab, question: Question, answer: Answer, controls: lesson.Controls, view: gr.State,
    look: list[Any],
) -> gr.events.Dependency:  # fmt: skip
    """What sets off a map, what draws it anew, and what saves it; returns the model's choice."""
    picture, model, class_idx = question.picture, question.model, question.class_idx
    method, top = question.method, question.top
    inputs = [picture, method, view]
    outputs = [answer.drawing, answer.curves, answer.numbers, answer.badge, view]
    newest, moved = gr.State(lesson.RunToken()), gr.State(lesson.LatestControls())
    # ``follow`` wants the sliders' state last, where ``Tab.run`` would put the settings
    following, redrawing = lesson.follow(take_settings(explain, controls), redraw)
    work = (following, [*inputs, moved], outputs)
    wait = {
        "inputs_kwargs": controls.parts, "kind": "steady", "newest": newest,
        "show_progress_on": answer.drawing,
    }  # fmt: skip
    once_more = wait | {"api_name": None, "show_progress": "minimal"}
    opening = tab.on_open(*work, **wait)
    asked = [
        question.button.click, picture.change, method.input, class_idx.input,
        question.minus.input, *question.methods.list_events(),
    ]  # fmt: skip
    running = tab.run(asked, *work, **once_more)
    # through the API, maps may be asked for side by side
    tab.endpoint(explain, inputs, outputs, settings=controls, api_name="saliency", kind="steady")
    chosen = tab.run(
        model.input, choose_model, model, [model, question.notice], api_name=None, kind="heavy"
    )
    picked = tab.run(top.pick, pick_class, None, class_idx, api_name=None)
    again = [tab.run(event.then, *work, **once_more) for event in (chosen, picked)]
    opacity, colormap, full_at = look
    with question.stop_place:
        said = stop, [view, *look], [answer.drawing, answer.curves, view]
        tab.stop_button(opening, running, chosen, picked, *again, after=said)
    moves = [opacity.input, full_at.input, colormap.input]
    tab.run(moves, redrawing, [view, *look, moved], answer.drawing, **QUIET)
    # the curves change when a map begins and when it is finished, not at each step
    for event in (answer.curves.change, opacity.release, full_at.release, colormap.input):
        tab.run(event, save_files, [view, *look], list(answer.files), **QUIET)
    return chosen


def _connect_controls(
    tab: lesson.Tab, question: Question, answer: Answer, chosen: gr.events.Dependency
) -> None:  # fmt: skip
    """What the controls show by themselves; ``chosen`` is when another model is there."""
    picture, model, methods = question.picture, question.model, question.methods
    # the curves change when a map begins: it may be of another class
    for event in (tab.opened.change, picture.change, chosen.then, answer.curves.change):
        tab.run(event, rank_classes, [picture, model, answer.numbers], question.top, **QUIET)
    method = question.method
    tab.run(method.change, describe_method, method, question.story, **QUIET)
    tab.run(method.change, show_settings, method, methods.groups, **QUIET)
    layer = methods.parts["layer"]
    for event in (layer.change, chosen.then):
        tab.run(event, describe_layer, [layer, model], methods.layer_name, **QUIET)


def _connect_window(
    tab: lesson.Tab, question: Question, answer: Answer, controls: lesson.Controls,
    chosen: gr.events.Dependency,
) -> None:  # fmt: skip
    """What a map pixel by pixel will cost, said before; a click puts its window somewhere else."""
    methods, method = question.methods, question.method
    waits = {"settings": controls, **QUIET}
    asked = [method.change, question.picture.change, *methods.list_window_events()]
    tell = window.foretell, [question.picture, method], question.cost
    tab.run(asked, *tell, **waits)
    places = [methods.parts[name] for name in ("across", "down")]
    moved = tab.run(answer.drawing.place, window.pick_place, None, places, **QUIET)
    # the curves change when a map is finished, too: then it is known what a pass took
    for event in (moved.then, chosen.then, answer.curves.change):
        tab.run(event, *tell, **waits)
    waiting = [*methods.list_window_events(), moved.then]
    tab.say_waiting(question.button, waiting, [tab.opened.change, method.input])

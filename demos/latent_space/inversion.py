"""The visitor's own face or digit: which latent comes nearest to it?"""

import time
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.components.private_picture import FacePicture, read_picture, to_value
from demos.latent_space.controls import SEARCH_DEFAULTS, Choices, SearchSettings
from demos.latent_space.letters import pick, read_letters, write_letters
from demos.latent_space.search_views import TUNED, Course, draw_course
from demos.latent_space.views import OwnPanel, Panel, draw_picture

TITLE = "Your picture"
PREVIEW_SECONDS = 0.4
FACE = "astronaut"  # the sample to begin with
AIMS = [("your picture", "own"), ("picture A", "made")]
SPACES = [
    ("z, before the mapping", "z"), ("w, the inner latent", "w"), ("w+, one for each block", "w+"),
    ("w+, then the generator itself", TUNED),
]  # fmt: skip
WAIT = "Loading the networks; then the nearest of 192 random latents …"


def show_target(picture: dict | None, drawing: np.ndarray | None, name: str) -> dict:
    """What the generator has to hit: the face turned upright and cut, or the digit."""
    if drawing is None and not picture:
        return {"html": ""}
    target = cvcore.latent_space.inversion.read_target(choose(picture, drawing, name), name=name)
    digit = target.digit
    read = "" if digit is None else f", read as a <b>{digit}</b>"
    words = "cut as the training pictures were" + read
    html = f'<div class="row">{draw_picture(target.picture, words, 170)}</div>'
    if target.doubt:
        html += f'<p class="big">{escape(target.doubt)}</p>'
    size_hw = list(target.picture.shape[:2])
    return {"html": html, "digit": digit, "size_hw": size_hw, "doubt": target.doubt}


def show_picked(picture: dict | str | None, name: str) -> tuple[None, dict]:
    """No drawing any more, and what the generator has to hit."""
    return None, show_target(picture, None, name)


def show_drawn(event: gr.EventData) -> tuple[np.ndarray, dict]:
    """The drawing, and the digit read in it."""
    drawing = ui.read_drawing(getattr(event, "src", ""))
    return drawing, show_target(None, drawing, "digits")


def show_kind(kind: str) -> tuple[dict, dict | None, None, dict]:
    """The pad for digits, the sample for faces, and nothing of what was there before."""
    is_digits = kind == "digits"
    return (
        gr.update(visible=is_digits), None if is_digits else to_value(FACE), None, {"html": ""},
    )  # fmt: skip


def choose(picture: dict | str | None, drawing: np.ndarray | None, name: str) -> np.ndarray:
    """The drawing, for digits, where there is one; else the picture, straight out of memory."""
    if name == "digits" and drawing is not None:
        return drawing
    if not picture and name == "digits":
        raise InputError("There is no digit yet: draw one on the pad, or upload a picture of one.")
    return read_picture(picture)[0]


def find(
    picture: dict | str | None, own: dict | None, drawing: np.ndarray | None,
    settings: SearchSettings,
) -> Iterator[tuple[dict, dict | None]]:  # fmt: skip
    """Search step by step, with a preview twice a second; at the end the latent to keep."""
    inversion, s = cvcore.latent_space.inversion, settings
    yield {"html": f'<p class="big">{lesson.under_way(WAIT, "Stopped.")}</p>'}, gr.skip()
    if s.aim == "made":
        z = cvcore.latent_space.average(pick(s, own)["A"])
        generated = cvcore.latent_space.generate(z, name=s.name, classes=s.digit)[0]
        digit = int(s.digit) if s.name == "digits" else None
        target = inversion.Target(generated, s.name, digit)
    else:
        target = inversion.read_target(choose(picture, drawing, s.name), name=s.name)
    started, shown = time.perf_counter(), 0.0
    course = Course(target, s)
    for step in search(target, s):
        searched = course.tuned is None
        course.add(step)
        now, tuning_begins = time.perf_counter(), searched and course.tuned is not None
        if now - shown < PREVIEW_SECONDS and not course.done and not tuning_begins:
            continue
        shown = now
        value = draw_course(course, now - started)
        found = (own or {}) | {s.name: step.latent.tolist(), f"{s.name} digit": target.digit}
        yield value, found if s.aim == "own" else gr.skip()


def search(target: Any, settings: SearchSettings) -> Iterator[Any]:
    """The steps of the search, and after them those of the tuning, if the generator is free."""
    ls, s = cvcore.latent_space, settings
    space = ls.tuning.PIVOT_SPACE if s.space == TUNED else s.space
    for step in ls.inversion.invert(target, steps=s.steps, space=space, seed=s.seed):
        yield step
    if s.space == TUNED:
        tuned = ls.tuning.tune(target, step.latent, steps=s.steps, seed=s.seed)
        next(tuned)  # the picture that was found
        yield from tuned


def put(
    letter: str, name: str, digit: float, letters: dict[str, list[int]], own: dict | None
) -> tuple[dict[str, list[int]], float]:
    """The letters with the latent found at one of them, and the digit that it was found for."""
    if not own or name not in own:
        raise InputError("No latent has been found yet: press “Find the latent” first.")
    found = own.get(f"{name} digit")
    return letters | {letter: [0]}, digit if found is None else found


def put_at(letter: str):
    """A handler that puts the latent found at a letter."""

    def work(
        name: str, digit: float, text: str, own: dict | None, applied: list
    ) -> tuple[str, float, list]:
        letters, digit = put(letter, name, digit, read_letters(text), own)
        text = write_letters(letters)
        return text, digit, [text, applied[1] + 1]  # the same text may stand for a new latent

    return work


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The picture or a pad, the search, and A or B to put the latent at."""
    d, stage = SEARCH_DEFAULTS, tab.stage
    drawing, opened = gr.State(), gr.State(False)
    with stage.view(TITLE) as section:
        panel = OwnPanel(label="search", elem_id="latent-space-own", elem_classes=["fill"])
    lazy.note(TITLE, section)
    with stage.controls(TITLE, first=True):
        picture = FacePicture(to_value(FACE), title="", elem_id="latent-space-picture")
        with gr.Column(visible=False) as drawn:
            gr.Markdown("or **draw a digit**")
            pad = ui.DigitPad(elem_id="latent-space-pad")
        with gr.Row():
            start = gr.Button("Find the latent", variant="primary", size="sm", min_width=130)
            place = gr.Column(min_width=70, scale=0)
        with gr.Row():
            buttons = [gr.Button(f"Put it at {x}", size="sm", min_width=80) for x in "AB"]
    with stage.more(TITLE):
        aim = ui.Radio(AIMS, value=d.aim, label="Search for")
        space = ui.Radio(SPACES, value=d.space, label="What is free")
        steps = ui.Slider(
            10, 400, d.steps, step=10, label="Steps", info="of the search; and of the tuning"
        )  # fmt: skip
    # in the order in which calls through the API give them
    _, *others = choices.controls.parts
    controls = lesson.Controls(
        SearchSettings, name=choices["name"], aim=aim, steps=steps, space=space,
        **{other: choices[other] for other in others},
    )  # fmt: skip
    running = tab.run(
        start.click, find, [picture, choices.own, drawing], [panel, choices.own],
        settings=controls, api_name="latent_space_invert", kind="heavy", show_progress="minimal",
    )  # fmt: skip
    with place:
        tab.stop_button(running, shows=[panel])
    section.select(lambda: True, None, opened, api_visibility="private", show_progress="hidden")
    tab.run(opened.change, show_target, [picture, drawing, choices["name"]], panel, api_name=None)
    _connect_target(tab, choices["name"], picture, pad, drawn, drawing, panel)
    for letter, button in zip("AB", buttons, strict=True):
        tab.run(
            button.click, put_at(letter),
            [choices["name"], choices["digit"], choices["text"], choices.own, choices.applied],
            [choices["text"], choices["digit"], choices.applied], api_name=None,
        )  # fmt: skip


def _connect_target(
    tab: lesson.Tab, name: gr.Radio, picture: FacePicture, pad: ui.DigitPad, drawn: gr.Column,
    drawing: gr.State, panel: Panel,
) -> None:  # fmt: skip
    """Another picture, drawing or generator: what has to be hit is shown anew."""
    tab.run(
        picture.upload, show_picked, [picture, name], [drawing, panel],
        api_name="latent_space_target", trigger_mode="always_last",
    )  # fmt: skip
    tab.run(pad.draw, show_drawn, None, [drawing, panel], api_name=None, kind="stream")
    tab.run(pad.wipe, lambda: (None, {"html": ""}), None, [drawing, panel], api_name=None)
    tab.run(name.change, show_kind, name, [drawn, picture, drawing, panel], api_name=None)

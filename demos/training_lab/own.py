"""The visitor's own pictures, out of a zip file or taken with the webcam, for all views alike."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.training_lab.session import NO_OWN, OWN_PICTURES, Session

CLOTHES = "clothes"
MOST_LARGE = 300  # pictures to learn from that are kept at 128 x 128; more at 64 x 64
NO_FILE = "There are no pictures yet: choose a .zip file with a folder for each class."


@dataclass(frozen=True)
class Places:
    """Where the page keeps what hangs on the visitor's own pictures."""

    session: gr.State
    transfers: gr.State
    chosen: gr.Radio  # which pictures are taught in Transfer


def take(session: Session, transfers: Any, data: Any) -> dict[str, Any]:
    """These are the visitor's own pictures from now on, and what the visit's ``Transfers`` teach;
    with None there are none any more.

    Returns how the choice between them and the clothes then stands.
    """
    session.own = None if data is None else cvcore.training_lab.to_look(data, "grey")
    transfers.own = data
    transfers.use(data)
    is_there = data is not None
    return gr.update(value=OWN_PICTURES if is_there else CLOTHES, visible=is_there)


def load_zip(
    session: Session, transfers: Any, path: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The visitor's own classes out of a zip file of class-named folders."""
    if path is None:
        raise InputError(NO_FILE)
    data = cvcore.training_lab.read_folders(path)
    if len(data.training) <= MOST_LARGE:
        data = cvcore.training_lab.read_folders(path, look="large")
    chosen = take(session, transfers, data)
    return transfers.draw(), chosen


def choose(transfers: Any, chosen: str) -> dict[str, Any]:
    """Teach the visitor's own pictures, or the bundled clothes."""
    if chosen == OWN_PICTURES and transfers.own is None:
        raise InputError(NO_OWN)
    transfers.use(transfers.own if chosen == OWN_PICTURES else None)
    return transfers.draw()


def build(tab: lesson.Tab, session: gr.State, transfers: gr.State, view: ui.Panel) -> Places:
    """In the rail: a zip file to be chosen; once there are own pictures, a way back."""
    chosen = ui.Radio(
        [("clothes", CLOTHES), ("your own", OWN_PICTURES)], value=CLOTHES, label="Pictures",
        visible=False, elem_classes=["beside"], elem_id="training-lab-own",
    )  # fmt: skip
    file = gr.UploadButton(
        "Own classes: a .zip of folders", file_types=[".zip"], size="sm",
        elem_id="training-lab-zip",
    )  # fmt: skip
    tab.run(file.upload, load_zip, [session, transfers, file], [view, chosen], api_name=None)
    tab.run(
        chosen.input, choose, [transfers, chosen], view, api_name=None, show_progress="hidden"
    )  # fmt: skip
    return Places(session, transfers, chosen)

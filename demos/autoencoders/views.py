"""What the views show, and in which order the handlers give it."""

from html import escape
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError, SetupError
from demos import components as ui
from demos import lesson
from demos.autoencoders import (
    anomalies,
    codes,
    compression,
    restoration,
    retrieval,
    sampling,
    train,
    vae,
)
from demos.autoencoders.controls import (
    ANOMALIES,
    CODE,
    COMPRESSION,
    RESTORATION,
    RETRIEVAL,
    SAMPLING,
    TRAIN,
    VAE,
    VIEWS,
)
from demos.autoencoders.pictures import say
from demos.autoencoders.session import Session

DRAWN = {
    TRAIN: train.draw, CODE: codes.draw, COMPRESSION: compression.draw,
    RESTORATION: restoration.draw, ANOMALIES: anomalies.draw, RETRIEVAL: retrieval.draw,
    VAE: vae.draw, SAMPLING: sampling.draw,
}  # fmt: skip
SET_UP = {  # what is to be trained for a view, with its settings
    COMPRESSION: compression.set_up, RESTORATION: restoration.set_up,
    ANOMALIES: anomalies.set_up, VAE: vae.set_up, SAMPLING: sampling.set_up,
}  # fmt: skip
PARTS = {TRAIN: 2, CODE: 2, RESTORATION: 2, VAE: 3}  # components of a view; of others one
FIRST_WORDS = (
    "A network begins to learn to rebuild digits … A server that has just started loads its "
    "libraries first: that takes some seconds."
)
OTHER_WORDS = "One moment …"
WITH_DIGIT = (CODE, RESTORATION, ANOMALIES, RETRIEVAL, VAE)  # views that show what is drawn


class Visit(Session):
    """A session that draws what has changed in it."""

    def draw(self) -> tuple:
        return draw_some(self, self.changed & self.opened)


def draw_view(session: Session, view: str) -> tuple:
    """The values of a view's components; where it cannot be drawn, a sentence says why."""
    try:
        values = DRAWN[view](session)
    except (InputError, SetupError) as error:
        count = PARTS.get(view, 1)
        place = count - 1 if view == RESTORATION else 0  # of the panel
        values = tuple(
            {"html": say(escape(str(error)))} if i == place else gr.skip() for i in range(count)
        )
    session.changed.discard(view)
    return values


def draw_some(session: Session, views: set[str]) -> tuple:
    """The values of all views' components, those of others as they are."""
    values: list[Any] = []
    for view in VIEWS:
        if view in views:
            values += draw_view(session, view)
        else:
            values += [gr.skip()] * PARTS.get(view, 1)
    return tuple(values)


def build_views(stage: lesson.Stage) -> dict[str, list[Any]]:
    """A part of the stage for each view; returns its components."""
    parts: dict[str, list[Any]] = {}
    for view in VIEWS:
        key = view.lower()
        label = f"result, {key}"
        with stage.show(view):
            if view == RESTORATION:
                with gr.Row(elem_classes=["side-by-side"]):
                    painter = ui.Painter(
                        label="digit to rub on", elem_id="autoencoders-painter",
                        elem_classes=["fill", "ae-painter"],
                    )  # fmt: skip
                    panel = ui.Panel(
                        label=label, elem_id=f"autoencoders-{key}", elem_classes=["fill", "wider"]
                    )
                parts[view] = [painter, panel]
                continue
            panel = ui.Panel(
                {"html": say(FIRST_WORDS if view == TRAIN else OTHER_WORDS)}, label=label,
                elem_id=f"autoencoders-{key}", elem_classes=["fill", "tall"],
            )  # fmt: skip
            parts[view] = [panel]
            if view == CODE:
                parts[view].append(
                    codes.CodeBars(
                        {"code": []}, label="bars of the code", elem_id="autoencoders-bars"
                    )
                )
            if view == VAE:
                parts[view].append(ui.Plane(label="plane of latents", elem_id="autoencoders-plane"))
                parts[view].append(
                    ui.Panel(label="reparameterisation", elem_id="autoencoders-drawn")
                )
    return parts

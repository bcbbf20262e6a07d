"""The view "Code": a picture through the bottleneck, and the numbers that are left of it."""

import math
from functools import cache
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos.autoencoders.controls import CODE, DRAWING, FACE, SHOE, CodeSettings, to_whole
from demos.autoencoders.pictures import draw_figure, say_wait, subtract, tell_stopped
from demos.autoencoders.session import PLAIN, Session
from demos.components.private_picture import SAMPLES, load_face_sample, read_picture

SHOES = (3, 1, 26, 19, 20, 22, 33, 14, 17, 4)  # of the photographs, those that are plain to see
NO_MODEL = "Nothing is trained yet: press Start in Train."
NOT_WHOLE = "The code did not arrive whole: drag a bar again."
KEY = (
    "Difference: <i class='chip more'></i>too bright, <i class='chip less'></i>too dark, black "
    "where it is right. "
)
WORDS = {
    DRAWING: "Drag the bars: the decoder makes a picture of any numbers, whether a digit has them "
    "or not.",
    SHOE: "It has seen digits alone, so it can only answer in digits: a code is short because it "
    "leaves out what was never needed.",
    FACE: "A larger network, taught 9,000 faces; its numbers stand in the order of their "
    "importance.",
}


class CodeBars(ui.JsComponent):
    """The numbers of a code as bars; fires ``drag`` with the code as it was dragged, and
    ``restore`` for the picture's own."""

    MARKUP = """<div class="ae-code" hidden><div class="head"><b></b><span>
      <button type="button" data-does="mean">All to the mean</button>
      <button type="button" data-does="restore">The picture's own</button></span></div>
      <div class="bars" role="group" aria-label="The code; arrow keys move a number and the next
      one"></div></div>"""
    SCRIPTS = ("bars.js",)


def check_model(session: Session) -> Any:
    """The newest autoencoder; ``InputError`` before there is one."""
    model = session.model(PLAIN)
    if model is None:
        raise InputError(NO_MODEL)
    return model


def choose_picture(session: Session, settings: CodeSettings) -> tuple[np.ndarray, str]:
    """What goes in, and its name."""
    number = int(settings.number)
    if settings.source == FACE:
        face = session.face
        return (face, "face") if face is not None else (read_sample(), "a sample face")
    if settings.source == SHOE:
        model = check_model(session)
        shoes = session.remember(
            model, "shoes",
            lambda: cvcore.autoencoders.measure_strangers(model).pictures[list(SHOES)],
        )  # fmt: skip
        return shoes[number], "a shoe"
    if settings.source == DRAWING and session.digit is not None:
        return session.digit, "your drawing"
    return session.digits()[number], "a held-back digit"


@cache
def read_sample() -> np.ndarray:
    """The face that stands in until there is one of the visitor's."""
    return cvcore.autoencoders.read_face(load_face_sample(SAMPLES[-1]))[0]


def take_picture(session: Session, picture: np.ndarray) -> None:
    """The largest face of a picture, kept in memory for this visit alone."""
    session.face, session.doubt = cvcore.autoencoders.read_face(picture)


def look_at(session: Session, settings: CodeSettings) -> dict[str, Any]:
    """A picture, its code (or the dragged one), what is decoded from it, and the error."""
    is_face = settings.source == FACE
    model = cvcore.autoencoders.load_faces() if is_face else check_model(session)
    picture, name = choose_picture(session, settings)
    own = model.encode(picture[None])[0]
    code = own if session.code is None or len(session.code) != len(own) else session.code
    keep = {"keep": to_whole(settings.keep)} if is_face else {}
    rebuilt = model.decode(np.asarray(code, np.float32)[None], **keep)[0]
    scale = 255.0 if is_face else 1.0
    error = float(np.mean(((rebuilt.astype(np.float32) - picture) / scale) ** 2))
    if is_face:
        spread = 3 * model.code_deviation
        mean, low, high = model.code_mean, model.code_mean - spread, model.code_mean + spread
    else:
        mean, low, high = model.code_mean, model.code_low, model.code_high
    return {
        "picture": picture, "name": name, "code": code, "rebuilt": rebuilt, "error": error,
        "mean": mean, "low": low, "high": high, "is_dragged": code is not own,
        "doubt": session.doubt if is_face else "",
        "stopped": "" if is_face else tell_stopped(session, PLAIN),
        "known": tell_errors(model, keep["keep"]) if is_face else "",
    }  # fmt: skip


def tell_errors(model: Any, keep: int) -> str:
    """What was measured with so many numbers."""
    return (
        f"On 500 test faces the error with {keep} is {model.errors[keep - 1]:.4f}, that of as many "
        f"principal components {model.component_errors[keep - 1]:.4f}."
    )


def draw(session: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The three pictures, and the bars."""
    settings = session.settings[CODE]
    if settings.source != FACE and session.model(PLAIN) is None:
        words = "The network is still being trained, in <b>Train</b> …"
        return {"html": say_wait(session, PLAIN, words)}, {"code": []}
    seen = look_at(session, settings)
    bars = {
        name: [round(float(one), 4) for one in seen[name]]
        for name in ("code", "mean", "low", "high")
    }  # fmt: skip
    if settings.source == FACE:
        bars["keep"] = int(settings.keep)
    return draw_panel(seen, settings), bars


def draw_panel(seen: dict[str, Any], settings: CodeSettings) -> dict[str, Any]:
    """Original, rebuilt, difference."""
    title = "decoded" if seen["is_dragged"] else "rebuilt"
    own = "your " if seen["is_dragged"] else ""
    numbers = len(seen["code"]) if settings.source != FACE else int(settings.keep)
    size = "64 × 64 × 3" if settings.source == FACE else "28 × 28"
    note = WORDS.get(settings.source, WORDS[DRAWING])
    doubt = f"<b>{escape(seen['doubt'])}</b> " if seen["doubt"] else ""
    html = (
        '<div class="ae ae-code-view"><div class="ae-three">'
        + draw_figure(seen["picture"], seen["name"], size)
        + draw_figure(seen["rebuilt"], title, f"from {own}{numbers} numbers")
        + draw_figure(
            subtract(seen["rebuilt"], seen["picture"]),
            "difference",
            f"squared error {seen['error']:.4f}",
        )
        + f'</div>{seen["stopped"]}<p class="ae-words">{doubt}{KEY}{note} {seen["known"]}</p></div>'
    )
    return {
        "html": html, "error": seen["error"], "code": np.asarray(seen["code"]).tolist(),
        "is_dragged": seen["is_dragged"],
    }  # fmt: skip


def read_code(values: Any) -> np.ndarray:
    """A code as the page sends it; ``InputError`` for anything else."""
    is_list = isinstance(values, list) and 0 < len(values) <= 64
    if not is_list or not all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        for one in values
    ):
        raise InputError(NOT_WHOLE)
    return np.clip(np.array(values, np.float32), -1e4, 1e4)


def drag(session: Session, event: gr.EventData) -> dict[str, Any]:
    """What the decoder makes of the bars as they stand."""
    return decode(session, getattr(event, "code", None))


def decode(session: Session, code: Any) -> dict[str, Any]:
    settings = session.settings[CODE]
    numbers = read_code(code)
    size = 64 if settings.source == FACE else len(check_model(session).code_mean)
    if len(numbers) != size:
        raise InputError(NOT_WHOLE)
    session.code = numbers
    return draw_panel(look_at(session, settings), settings)


def restore(session: Session) -> tuple[dict[str, Any], dict[str, Any]]:
    """The picture's own code again."""
    session.code = None
    return draw(session)


def take_face(session: Session, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The visitor's face, cut out; it is kept in memory, for this visit alone."""
    session.face, session.doubt, session.code = None, "", None  # whatever comes of this one
    picture, _ = read_picture(value)
    take_picture(session, picture)
    return draw(session)


def rebuild(session: Session, picture: np.ndarray | None, settings: CodeSettings) -> dict[str, Any]:
    """A picture of a digit through the newest autoencoder; without one what ``source`` says."""
    session.settings[CODE], session.code = settings, None
    if picture is not None:
        session.digit = cvcore.recognition.digits.to_digit(images.check_image(picture))
    seen = look_at(session, settings)
    return {
        "code": seen["code"].tolist(), "error": seen["error"], "picture": seen["name"],
        "rebuilt": np.asarray(seen["rebuilt"]).round(4).tolist(),
    }  # fmt: skip

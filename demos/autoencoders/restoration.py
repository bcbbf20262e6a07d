"""The view "Restoration": noise and holes in one's own digit, taken out again."""

from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.autoencoders.settings import SIDE
from cvcore.core.errors import InputError
from demos import components as ui
from demos.autoencoders.controls import LARGEST_HOLE, RESTORATION, RESTORING, RestorationSettings
from demos.autoencoders.pictures import (
    draw_figure,
    draw_forming,
    draw_rows,
    say_wait,
    tell_stopped,
    to_source,
)
from demos.autoencoders.session import RESTORER, Session

NO_MODEL = "The network for this is not trained yet: press Start, and wait for its end."
EXAMPLES = 10  # held-back digits that are shown
LARGER = 16  # times: so that its pixels are seen
WORDS = (
    "It was never told what noise is: its input was spoilt, its target was clean, so what it "
    "learnt is what digits look like. In a hole it puts what digits have there, whether yours "
    "had it or not."
)
FORMING = (
    "This view needs a network of its own, taught to turn spoilt digits (noise 0.4, a square of 10 "
    "× 10 rubbed out) into clean ones: it trains now, a few seconds."
)


def reduce_mask(cells: np.ndarray) -> np.ndarray:
    """A painter's cells, bool (112, 112), as pixels of a digit (28, 28): half of them painted."""
    each = cells.shape[0] // SIDE
    return cells.reshape(SIDE, each, SIDE, each).mean(axis=(1, 3)) >= 0.5


def spoil(digit: np.ndarray, mask: np.ndarray | None, settings: RestorationSettings) -> np.ndarray:
    """The digit with noise, and black where it was rubbed out."""
    ae = cvcore.autoencoders
    spoilt = ae.add_noise(digit[None], settings.noise, seed=int(settings.draw))[0]
    return spoilt if mask is None else np.where(mask, np.float32(0), spoilt)


def restore(session: Session, settings: RestorationSettings) -> dict[str, Any]:
    """The digit, spoilt, restored, and the errors; ``InputError`` without a network for it."""
    model = session.model(RESTORER)
    if model is None:
        raise InputError(NO_MODEL)
    digit, mask = session.choose_digit(settings.number), session.mask
    if mask is not None and not mask.any():
        mask = None
    spoilt = spoil(digit, mask, settings)
    restored, seen = model.rebuild(spoilt[None])[0], np.clip(spoilt, 0, 1)
    found = {
        "digit": digit, "spoilt": spoilt, "restored": restored,
        "before": float(np.mean((seen - digit) ** 2)),
        "after": float(np.mean((restored - digit) ** 2)),
    }  # fmt: skip
    if mask is not None:
        found["inside_before"] = float(np.mean((seen - digit)[mask] ** 2))
        found["inside_after"] = float(np.mean((restored - digit)[mask] ** 2))
    return found


def measure(session: Session, settings: RestorationSettings) -> dict[str, float]:
    """Mean errors of 500 held-back digits, before and after, of noise so strong and of holes."""
    model = session.model(RESTORER)

    def measure_noise() -> tuple[dict[str, float], list[np.ndarray]]:
        found = cvcore.autoencoders.measure_denoising(model, settings.noise)
        shown = np.linspace(0, len(found.pictures) - 1, EXAMPLES).astype(int)
        examples = [np.clip(found.inputs[shown], 0, 1), found.outputs[shown].copy()]
        return {"noise_before": found.before, "noise_after": found.after}, examples

    def measure_hole() -> dict[str, float]:
        found = cvcore.autoencoders.measure_inpainting(model, LARGEST_HOLE)
        return {"hole_before": found.before, "hole_after": found.after}

    means, session.examples = measure_noise()
    return means | session.remember(model, "hole", measure_hole)


def draw(session: Session) -> tuple[Any, dict[str, Any]]:
    """What is rubbed on, and what becomes of it."""
    settings = session.settings[RESTORATION]
    digit = session.choose_digit(settings.number)
    source = to_source(digit.repeat(LARGER, axis=0).repeat(LARGER, axis=1))
    painter = gr.skip()
    if session.painted != source:  # what is rubbed on stays while it is the same digit
        painter, session.painted, session.mask = source, source, None
    return painter, draw_panel(session)


def draw_panel(session: Session) -> dict[str, Any]:
    """The digit spoilt and restored, or the network as it forms."""
    settings, p = session.settings[RESTORATION], session.states.get(RESTORER)
    if p is None:
        return {"html": say_wait(session, RESTORER, "A network for this begins to train …")}
    if session.model(RESTORER) is None:
        return {"html": draw_forming(p, "Denoising autoencoder", FORMING)}
    found, means = restore(session, settings), measure(session, settings)
    inside = ""
    if "inside_after" in found:
        before, after = found["inside_before"], found["inside_after"]
        inside = f"In your hole: error {before:.3f} → {after:.3f}. "
    held = ", ".join(
        f"{name} <b>{means[key + '_before']:.3f} → {means[key + '_after']:.3f}</b>"
        for name, key in ((f"noise {settings.noise:g}", "noise"), ("inside 10 × 10 holes", "hole"))
    )
    html = (
        f'<div class="ae ae-restored">{tell_stopped(session, RESTORER)}<div class="ae-two">'
        + draw_figure(
            np.clip(found["spoilt"], 0, 1), "as it is given in", f"error {found['before']:.3f}"
        )
        + draw_figure(found["restored"], "restored", f"error {found['after']:.3f}")
        + "</div>"
        + draw_rows([("in", session.examples[0]), ("out", session.examples[1])])
        + f'<p class="ae-words">{inside}500 held-back digits, error before → after: {held}. '
        f"{WORDS}</p></div>"
    )
    numbers = {name: one for name, one in found.items() if isinstance(one, float)}
    return {"html": html, **numbers, **means}


def rub(session: Session, event: gr.EventData) -> dict[str, Any]:
    """What was rubbed out of the digit."""
    mask = reduce_mask(ui.read_mask(event))
    if mask.all():
        raise InputError("All is rubbed out: leave a part of the digit.")
    session.mask = mask
    return draw_panel(session)


def set_up(session: Session, settings: RestorationSettings) -> bool:
    """Train the network where it is not there; True where it was asked for."""
    session.settings[RESTORATION] = settings
    return session.ask(RESTORER, RESTORING)

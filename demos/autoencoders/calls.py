"""The lesson through the API: plain numbers, settings by name."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
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
    AnomalySettings,
    CodeSettings,
    CompressionSettings,
    RestorationSettings,
    RetrievalSettings,
    SamplingSettings,
    TrainSettings,
    VaeSettings,
)
from demos.autoencoders.rail import Rail
from demos.autoencoders.session import PLAIN, SWEEP, VARIATIONAL, Session


def read_digit(session: Session, picture: np.ndarray | None) -> None:
    """A picture of a digit as the one that is drawn; without one what was drawn before stays."""
    if picture is not None:
        session.digit = cvcore.recognition.digits.to_digit(images.check_image(picture))
        session.code = None


def finish(session: Session) -> Iterator[None]:
    """Do what is planned, step by step; at least once nothing."""
    while session.step():
        yield None


def train_one(session: Session, settings: TrainSettings) -> Iterator[dict[str, Any]]:
    """Train an autoencoder with these settings; the states as they come, the last one done."""
    session.again(PLAIN, settings.plain())
    for _ in finish(session):
        yield train.to_numbers(session)


def rebuild(session: Session, picture: np.ndarray | None, settings: CodeSettings) -> dict[str, Any]:
    """A digit's code, and what is rebuilt from it."""
    return codes.rebuild(session, picture, settings)


def decode(session: Session, code: list[float]) -> dict[str, Any]:
    """What the decoder makes of a code."""
    shown = codes.decode(session, code)
    return {"code": shown["code"], "error": shown["error"]}


def compress(session: Session, settings: CompressionSettings) -> Iterator[dict[str, Any]]:
    """Errors of autoencoders of several sizes, of PCA and of JPEG, size after size."""
    compression.set_up(session, settings)
    state = session.states.get(SWEEP)  # stopped from elsewhere, it is gone at once
    for _ in finish(session):
        state = session.states.get(SWEEP, state)
        if state is not None:
            yield compression.to_numbers(state)
    if state is not None:
        yield compression.to_numbers(state)


def restore(
    session: Session, picture: np.ndarray | None, settings: RestorationSettings
) -> Iterator[dict[str, Any]]:
    """A digit with noise, restored; a network for it is trained first where there is none."""
    read_digit(session, picture)
    restoration.set_up(session, settings)
    for _ in finish(session):
        yield {}
    found = restoration.restore(session, settings)
    numbers = {name: one for name, one in found.items() if isinstance(one, float)}
    yield numbers | restoration.measure(session, settings)


def detect(
    session: Session, picture: np.ndarray | None, settings: AnomalySettings
) -> Iterator[dict[str, Any]]:
    """How well a network that was taught one digit tells the others, and this picture."""
    read_digit(session, picture)
    anomalies.set_up(session, settings)
    for _ in finish(session):
        yield {}
    found = anomalies.find(session, settings)
    yield anomalies.to_numbers(found, anomalies.judge_drawing(session, found))


def retrieve(
    session: Session, picture: np.ndarray | None, settings: RetrievalSettings
) -> dict[str, Any]:
    """The classes of the nearest digits, by code and by pixels."""
    read_digit(session, picture)
    return retrieval.to_numbers(retrieval.search(session, settings))


def train_vae(session: Session, settings: VaeSettings) -> Iterator[dict[str, Any]]:
    """Train a VAE with these settings; both loss terms as they come."""
    session.again(VARIATIONAL, settings.plain())
    session.settings[VAE] = settings
    for _ in finish(session):
        state = session.states.get(VARIATIONAL)
        if state is not None:
            yield vae.to_numbers(state)


def sample_code(
    session: Session, picture: np.ndarray | None, settings: VaeSettings
) -> dict[str, Any]:
    """Mean, deviation, draw and code of a digit, by the newest VAE."""
    read_digit(session, picture)
    seen = vae.sample_code(session, settings)
    names = ("mean", "log_variance", "deviation", "draw", "code", "kl")
    return {name: np.asarray(seen[name], float).tolist() for name in names}


def sample(session: Session, settings: SamplingSettings) -> Iterator[dict[str, Any]]:
    """Codes drawn for a plain autoencoder and a VAE, which are trained first."""
    sampling.set_up(session, settings)
    for _ in finish(session):
        yield {}
    yield sampling.to_numbers(session, settings)


def stop(session: Session) -> dict[str, Any]:
    """End what is under way after its step; what was to come of it is trained anew when asked."""
    session.end()
    session.drop_stopped()
    return train.to_numbers(session)


def build(tab: lesson.Tab, rail: Rail, session: gr.State) -> None:
    """What is for callers alone."""
    numbers = gr.JSON(visible=False, label="numbers")
    picture = ui.SafeImage(visible=False, label="A picture of one digit")
    code = gr.JSON(visible=False, label="numbers of a code")
    rows: list[tuple[Callable, str, list, str | None, bool]] = [
        (train_one, "", [], TRAIN, True), (rebuild, "rebuild", [picture], CODE, False),
        (decode, "decode", [code], None, False),
        (compress, "compression", [], COMPRESSION, True),
        (restore, "restoration", [picture], RESTORATION, True),
        (detect, "anomalies", [picture], ANOMALIES, True),
        (retrieve, "retrieval", [picture], RETRIEVAL, False),
        (train_vae, "vae", [], VAE, True), (sample_code, "sample_code", [picture], VAE, False),
        (sample, "sampling", [], SAMPLING, True), (stop, "stop", [], None, False),
    ]  # fmt: skip
    for work, word, inputs, view, is_long in rows:
        options: dict[str, Any] = {"kind": "heavy"} if is_long else {}
        if view is not None:
            options["settings"] = rail.settings[view]
        tab.endpoint(
            lesson.keep_here(work), [session, *inputs], numbers,
            api_name="_".join(filter(None, ("autoencoders", word))), **options,
        )  # fmt: skip

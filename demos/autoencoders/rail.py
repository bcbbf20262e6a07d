"""The rail: each view's controls, and the pad that several views share."""

from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.autoencoders import controls
from demos.autoencoders.controls import (
    ANOMALIES,
    CODE,
    COMPRESSION,
    RESTORATION,
    RETRIEVAL,
    SAMPLING,
    TRAIN,
    VAE,
)
from demos.autoencoders.session import FIRST
from demos.autoencoders.train import RunsList
from demos.autoencoders.views import WITH_DIGIT
from demos.components.private_picture import FacePicture

STARTED = (TRAIN, COMPRESSION, RESTORATION, ANOMALIES, VAE, SAMPLING)  # views with Start and Stop


SHOWN = [
    ("codes", controls.CODES), ("decoded", controls.PICTURES), ("four digits", controls.BETWEEN),
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rail:
    """The controls and the buttons."""

    settings: dict[str, lesson.Controls]
    start: dict[str, gr.Button]
    stop: dict[str, gr.Row]  # the button's place
    others: dict[str, Any] = field(default_factory=dict)  # what sets no field


def build_rail(stage: lesson.Stage) -> Rail:
    """What is turned in each view, in the order of use."""
    rail = Rail({}, {}, {})
    build_train(stage, rail)
    build_vae(stage, rail)
    for view, build in (
        (CODE, build_code), (COMPRESSION, build_compression), (RESTORATION, build_restoration),
        (ANOMALIES, build_anomalies), (RETRIEVAL, build_retrieval), (SAMPLING, build_sampling),
    ):  # fmt: skip
        with stage.controls(view):
            kind = type(FIRST[view])
            rail.settings[view] = lesson.Controls(kind, **build(FIRST[view], rail))
            if view in STARTED:
                build_buttons(rail, view)
    with stage.controls(*WITH_DIGIT):
        gr.Markdown("**Draw a digit**, with the mouse or a finger:", elem_classes=["ae-pad"])
        rail.others["pad"] = ui.DigitPad(
            label="digit pad", elem_id="autoencoders-pad", elem_classes=["ae-pad"]
        )
    return rail


def build_buttons(rail: Rail, view: str) -> None:
    """Start, and room for Stop beside it."""
    with gr.Row(elem_classes=["ae-buttons"]):
        rail.start[view] = gr.Button(
            "Start", variant="primary", size="sm", elem_id=f"autoencoders-start-{view.lower()}"
        )
        rail.stop[view] = gr.Column(min_width=60)


def build_train(stage: lesson.Stage, rail: Rail) -> None:
    d = controls.TrainSettings()
    with stage.controls(TRAIN):
        parts: dict[str, Any] = {
            "bottleneck": ui.Slider(
                1, 64, d.bottleneck, step=1, label="Bottleneck",
                elem_id="autoencoders-bottleneck",
            ),
            "network": ui.Radio(controls.NETWORKS, value=d.network, label="Network"),
            "loss": ui.Radio(
                controls.LOSSES, value=d.loss, label="Loss", elem_classes=["beside"]
            ),
        }  # fmt: skip
        rail.others["note"] = gr.HTML("", elem_classes=["ae-note"], elem_id="autoencoders-note")
        build_buttons(rail, TRAIN)
        rail.others["runs"] = RunsList({"runs": []}, label="runs", elem_id="autoencoders-runs")
    with stage.more(TRAIN):
        parts |= {
            "epochs": ui.Slider(1, 200, d.epochs, step=1, label="Epochs"),
            "rate": ui.Number(d.rate, label="Learning rate"),
            "examples": ui.Slider(50, 4000, d.examples, step=50, label="Digits to learn from"),
            "batch_size": ui.Slider(2, 1024, d.batch_size, step=1, label="Batch size"),
            "seed": ui.Number(d.seed, label="Seed", precision=0),
        }
    rail.settings[TRAIN] = lesson.Controls(controls.TrainSettings, **parts)


def build_vae(stage: lesson.Stage, rail: Rail) -> None:
    d = FIRST[VAE]
    with stage.controls(VAE):
        rail.others["preset"] = ui.Dropdown(
            [("your own settings", "own"), *controls.VAE_PRESETS], value="own", label="Preset",
            elem_id="autoencoders-preset", elem_classes=["ae-line"],
        )  # fmt: skip
        parts: dict[str, Any] = {
            "beta": ui.Slider(
                0, 20, d.beta, step=0.1, label="Weight of the KL, β",
                elem_id="autoencoders-beta",
            ),
            "annealing": ui.Slider(
                0, 1, d.annealing, step=0.05, label="KL annealing", elem_id="autoencoders-annealing"
            ),
            "shows": ui.Radio(
                SHOWN, value=d.shows, label="Plane", elem_classes=["beside"],
                elem_id="autoencoders-shows",
            ),
        }  # fmt: skip
        build_buttons(rail, VAE)
        rail.others["epsilon"] = gr.Button("Draw another ε", size="sm")
    with stage.more(VAE):
        parts |= {
            "bottleneck": ui.Slider(2, 16, d.bottleneck, step=1, label="Code size"),
            "loss": ui.Radio(
                controls.LOSSES, value=d.loss, label="VAE loss", elem_classes=["beside"]
            ),
            "epochs": ui.Slider(1, 100, d.epochs, step=1, label="VAE epochs"),
            "number": ui.Slider(0, 9, d.number, step=1, label="Held-back digit"),
            "draw": ui.Slider(0, 999, d.draw, step=1, label="Which ε"),
        }
    rail.settings[VAE] = lesson.Controls(controls.VaeSettings, **parts)


def build_code(d: controls.CodeSettings, rail: Rail) -> dict[str, Any]:
    parts = {
        "source": ui.Radio(
            controls.SOURCES, value=d.source, label="Picture", elem_classes=["two-columns"],
            elem_id="autoencoders-source",
        ),
        "number": ui.Slider(
            0, 9, d.number, step=1, label="Which digit, or shoe", elem_classes=["ae-which"]
        ),
        "keep": ui.Slider(
            1, 64, d.keep, step=1, label="Numbers kept of a face", elem_classes=["ae-face"]
        ),
    }  # fmt: skip
    rail.others["face"] = FacePicture(
        title="Face", pickable=False, elem_id="autoencoders-face", elem_classes=["ae-face"]
    )
    return parts


def build_compression(d: controls.CompressionSettings, rail: Rail) -> dict[str, Any]:
    return {
        "size": ui.Radio(
            [(str(one), one) for one in (1, 2, 4, 8, 16, 32, 64)], value=int(d.size),
            label="Show pictures at (bytes)", elem_id="autoencoders-size",
            elem_classes=["ae-sizes"],
        ),
        "network": ui.Radio(controls.NETWORKS, value=d.network, label="Network of the sweep"),
    }  # fmt: skip


def build_restoration(d: controls.RestorationSettings, rail: Rail) -> dict[str, Any]:
    return {
        "noise": ui.Slider(
            0, 1, d.noise, step=0.05, label="Noise, σ", elem_id="autoencoders-noise"
        ),
        "number": ui.Slider(0, 9, d.number, step=1, label="Held-back digit"),
        "draw": ui.Slider(0, 20, d.draw, step=1, label="Which noise"),
    }  # fmt: skip


def build_anomalies(d: controls.AnomalySettings, rail: Rail) -> dict[str, Any]:
    return {
        "known": ui.Slider(
            0, 9, d.known, step=1, label="The digit that is taught", elem_id="autoencoders-known"
        ),
        "threshold": ui.Slider(
            0, 0.15, d.threshold, step=0.001, label="Threshold of the error",
            info="0: 95 % of validation digits pass", elem_id="autoencoders-threshold",
        ),
    }  # fmt: skip


def build_retrieval(d: controls.RetrievalSettings, rail: Rail) -> dict[str, Any]:
    return {
        "count": ui.Slider(3, 10, d.count, step=1, label="Neighbours"),
        "number": ui.Slider(0, 9, d.number, step=1, label="Held-back digit"),
    }


def build_sampling(d: controls.SamplingSettings, rail: Rail) -> dict[str, Any]:
    parts = {
        "prior": ui.Radio(
            [("N(0, 1)", "standard"), ("fitted to the codes", "fitted")], value=d.prior,
            label="Codes are drawn from", elem_id="autoencoders-prior",
        ),
        "bottleneck": ui.Slider(2, 64, d.bottleneck, step=1, label="Code size"),
        "seed": ui.Number(d.seed, label="Seed of the samples", precision=0),
    }  # fmt: skip
    rail.others["fresh"] = gr.Button("New samples", size="sm")
    return parts

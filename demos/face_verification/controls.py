"""The pair of pictures, and how they are compared."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from cvcore.face_verification import METRIC, METRICS, THRESHOLDS
from cvcore.recognition.faces import DETECTOR, DETECTORS, EMBEDDER
from demos import components as ui
from demos import lesson
from demos.components.private_picture import FacePicture, to_value
from demos.face_verification import embedder as embedders
from demos.face_verification.views import PRIOR


@dataclass(frozen=True, eq=False)
class Choices:
    """The left side of the tab, which all that is shown hangs on."""

    a: FacePicture
    b: FacePicture
    threshold: gr.Slider
    metric: gr.Radio
    embedder: gr.Dropdown
    acting: gr.State  # the embedder that acts: another may still be on its way
    detector: gr.Dropdown

    @property
    def anew(self) -> list[Any]:
        """The events after which every picture is looked at anew."""
        return [self.detector.input, self.acting.change]

    @property
    def changes(self) -> list[Any]:
        """The events after which the pair is compared anew."""
        return [self.a.upload, self.b.upload, self.a.select, self.b.select, *self.anew]


def build_choices(tab: lesson.Tab) -> Choices:
    with gr.Row():
        with gr.Column(min_width=150):
            a = FacePicture(to_value("ardern_2018"), title="Picture A", elem_id="face-a")
        with gr.Column(min_width=150):
            b = FacePicture(to_value("ardern_2022"), title="Picture B", elem_id="face-b")
    threshold = ui.Slider(
        -0.2, 0.9, THRESHOLDS[EMBEDDER], step=0.005,
        label="Threshold for the cosine similarity", elem_id="face-threshold",
        info=f"{THRESHOLDS[EMBEDDER]}: strangers let in, and people turned away, about as often. "
        "Higher: fewer strangers.",
    )  # fmt: skip
    metric = ui.Radio(
        [(title, name) for name, title in METRICS.items()], value=METRIC, label="Metric",
        elem_id="face-metric",
    )  # fmt: skip
    embedder, acting = embedders.build(tab, threshold)
    detector = ui.Dropdown(
        [(title, name) for name, title in DETECTORS.items()], value=DETECTOR, label="Detector",
        elem_id="face-detector",
    )  # fmt: skip
    return Choices(a, b, threshold, metric, embedder, acting, detector)


def build_prior() -> gr.Radio:
    """What was to be expected before looking: beside the verdict, which changes with it."""
    return ui.Radio(
        [("one in two", "two"), ("class: one in 30", "class"), ("city: one in 100,000", "city")],
        value=PRIOR, label="How many pairs are one person’s, before looking?",
        elem_id="face-prior",
    )  # fmt: skip

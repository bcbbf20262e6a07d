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

# The inner views.
VERDICT, RATES, EMBEDDINGS = "Verdict", "Error rates", "Embeddings"
DETECTION, HISTORY, PARTS, LIMITS = "Detection", "History", "Parts", "Limits"
CLASS_PHOTO, CLASS_MATRIX = "Class photo", "Class matrix"


@dataclass(frozen=True, eq=False)
class Choices:
    """The pair and how it is compared, which all that is shown hangs on."""

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


def build_pair() -> tuple[FacePicture, FacePicture]:
    """The two pictures, large."""
    a, b = (
        FacePicture(
            to_value(sample), title=f"Picture {letter.upper()}", elem_id=f"face-{letter}",
            elem_classes=["fill"], min_width=150,
        )
        for letter, sample in (("a", "ardern_2018"), ("b", "ardern_2022"))
    )  # fmt: skip
    return a, b


def build_choices(tab: lesson.Tab, a: FacePicture, b: FacePicture) -> Choices:
    """How they are compared: in the rail, where it matters."""
    stage = tab.stage
    with stage.controls(VERDICT, RATES, LIMITS, CLASS_PHOTO, CLASS_MATRIX, lesson.LIVE):
        threshold = ui.Slider(
            -0.2, 0.9, THRESHOLDS[EMBEDDER], step=0.005,
            label="Threshold for the cosine similarity", elem_id="face-threshold",
            elem_classes=["brief-when-live"],  # its view "Error rates" says it
            info=f"At {THRESHOLDS[EMBEDDER]} both kinds of error are about as frequent. Higher: "
            "fewer strangers.",
        )  # fmt: skip
    with stage.controls(VERDICT, RATES, CLASS_MATRIX):
        metric = ui.Radio(
            [(title, name) for name, title in METRICS.items()], value=METRIC, label="Metric",
            elem_id="face-metric",
        )  # fmt: skip
    with stage.controls(VERDICT, RATES, EMBEDDINGS, LIMITS, CLASS_PHOTO, CLASS_MATRIX):
        embedder, acting = embedders.build(tab, threshold)
    with stage.more(
        VERDICT, EMBEDDINGS, HISTORY, PARTS, LIMITS, CLASS_PHOTO, CLASS_MATRIX, lesson.LIVE
    ):
        detector = ui.Dropdown(
            [(title, name) for name, title in DETECTORS.items()], value=DETECTOR,
            label="Detector", elem_id="face-detector",
        )  # fmt: skip
    return Choices(a, b, threshold, metric, embedder, acting, detector)


def build_prior() -> gr.Radio:
    """What was to be expected before looking: beside the verdict, which changes with it."""
    return ui.Radio(
        [("one in two", "two"), ("class: one in 30", "class"), ("city: one in 100,000", "city")],
        value=PRIOR, label="How many pairs are one person’s, before looking?",
        elem_id="face-prior",
    )  # fmt: skip

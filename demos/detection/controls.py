"""The settings of the detection tab and the controls that set them."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from cvcore.core import samples
from cvcore.detection import DEFAULT_CONFIDENCE, DEFAULT_IOU, DEFAULT_MODEL, DEFAULT_SIZE
from cvcore.detection.suppression import METHODS, NMS
from cvcore.engine import registry
from demos import components as ui
from demos import lesson

RESULT, STEPS, OWN_SET = "Result", "NMS steps", "Own set"
MIN_CONFIDENCE = 0.01  # the least that can be asked for


@dataclass(frozen=True)
class Limits:
    """Which of the network's boxes are left: see ``cvcore.detection.suppress``."""

    confidence: float = DEFAULT_CONFIDENCE  # share, 0 to 1
    iou: float = DEFAULT_IOU  # share, 0 to 1
    classes: list[str] | None = None  # labels; none: all
    method: str = NMS  # one of ``cvcore.detection.suppression.METHODS``

    def limits(self) -> dict[str, Any]:
        """As ``cvcore.detection.suppress`` takes them."""
        names = ("confidence", "iou", "classes", "method")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Settings(Limits):
    """The limits, and which network looks at how large a picture."""

    input_size: float = DEFAULT_SIZE  # pixels, a multiple of 32 from 160 to 640
    model: str = DEFAULT_MODEL

    def network(self) -> dict[str, Any]:
        """As ``cvcore.detection.predict_raw`` takes it."""
        return {"model": self.model, "input_size": self.input_size}


DEFAULTS = Settings()


def build_controls(stage: lesson.Stage, *titles: str) -> tuple[lesson.Controls, gr.HTML]:
    """The controls of all that is looked for in the picture, in these views, the rarer ones under
    "More"; and where it is said that a model is not here yet."""
    d = DEFAULTS
    with stage.controls(*titles):
        confidence = ui.Slider(
            MIN_CONFIDENCE, 0.99, d.confidence, step=0.01, label="Confidence limit",
            elem_id="detection-confidence",
        )  # fmt: skip
    with stage.controls(*(title for title in titles if title != OWN_SET)):  # has a limit of its own
        iou = ui.Slider(
            0, 1, d.iou, step=0.01, label="IoU limit of NMS", elem_id="detection-iou"
        )  # fmt: skip
    with stage.controls(*titles):
        notice = gr.HTML(elem_id="detection-notice")
    with stage.controls(RESULT, STEPS):
        method = ui.Dropdown(
            list(METHODS), value=d.method, label="Suppression", elem_id="detection-method"
        )  # fmt: skip
    with stage.more(*titles):
        classes = ui.Dropdown(
            list(registry.load_labels(DEFAULT_MODEL)), multiselect=True,
            label="Only these classes (empty: all 80)", elem_id="detection-classes",
        )  # fmt: skip
        input_size = ui.Slider(
            160, 640, d.input_size, step=32, label="Input size in pixels", elem_id="detection-size"
        )  # fmt: skip
    with stage.more(*(title for title in titles if title != lesson.LIVE)):  # has one of its own
        model = ui.Dropdown(lesson.list_models("detection"), value=d.model, label="Model")
    return lesson.Controls(
        Settings, confidence=confidence, iou=iou, classes=classes, input_size=input_size,
        model=model, method=method,
    ), notice  # fmt: skip


def take_limits(controls: lesson.Controls, **more: Any) -> dict[str, Any]:
    """The controls of the limits alone, by field of ``Limits``, and ``more``: see ``take_all``."""
    names = ("confidence", "iou", "classes", "method")
    return _order({name: controls[name] for name in names} | more)


def take_all(controls: lesson.Controls, **more: Any) -> dict[str, Any]:
    """The controls by field, and ``more``. How boxes are suppressed comes last, so that what is
    given to the API by position keeps its place."""
    return _order(controls.parts | more)


def _order(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if name != "method"} | {
        "method": parts["method"]
    }


def choose_sample() -> str:
    """A picture with several objects, if its package is here."""
    return "street" if "street" in samples.index() else "coffee"


def build_source() -> dict[str, Any]:
    """Parameters of the API alone: what a call is about, if not what its session looked at."""
    return {
        "image": ui.SafeImage(visible=False, label="Picture, if another"),
        "input_size": ui.Number(
            visible=False, label="Input size, if another", elem_classes=["personal"]
        ),
        "model": gr.Textbox(visible=False, label="Model, if another"),
    }

"""The settings of the segmentation tab and the controls that set them."""

from dataclasses import dataclass

from cvcore.segmentation import DEFAULT_MODEL, DEFAULT_THRESHOLD
from cvcore.segmentation.drawing import DEFAULT_OPACITY
from demos import components as ui
from demos import lesson

MODELS = [("people", "person"), ("cell nuclei", "nuclei")]


@dataclass(frozen=True)
class Settings:
    """What is looked for, and how the answer is drawn."""

    model: str = DEFAULT_MODEL
    threshold: float = DEFAULT_THRESHOLD  # probability from which a pixel is inside, 0 to 1
    opacity: float = DEFAULT_OPACITY  # share, 0 to 1


DEFAULTS = Settings()
# The inner views; in those of MODES and in FINE_TUNE the picture is shown.
MASK, PROBABILITY, CUT_OUT, TRUTH = MODES = "Mask", "Probability", "Cut out", "Truth"
LEVELS, UNCERTAINTY, COUNT, FINE_TUNE = "Levels", "Uncertainty", "Count", "Fine-tune"
UPSAMPLING = "Upsampling"  # asks nothing of the picture
ALL = (*MODES, LEVELS, UNCERTAINTY, COUNT, FINE_TUNE)


def build_controls(stage: lesson.Stage) -> lesson.Controls:
    """The controls of all that is looked for in the picture."""
    d = DEFAULTS
    with stage.controls(*ALL):
        model = ui.Radio(MODELS, value=d.model, label="Find", elem_id="segmentation-model")
    with stage.controls(*ALL, lesson.LIVE):
        threshold = ui.Slider(
            0, 1, d.threshold, step=0.01, label="Threshold", elem_id="segmentation-threshold"
        )
    with stage.controls(MASK, lesson.LIVE):
        opacity = ui.Slider(0, 1, d.opacity, step=0.05, label="Opacity")
    return lesson.Controls(Settings, model=model, threshold=threshold, opacity=opacity)

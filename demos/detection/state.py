"""What the tab keeps of a picture: every slider acts on it without the network."""

from dataclasses import dataclass, field, replace

import numpy as np

import cvcore
from cvcore.core import samples
from cvcore.detection import RawPredictions
from demos.detection.controls import DEFAULTS, Settings, choose_sample


@dataclass(frozen=True, eq=False)
class LessonState:
    """A picture and every box that the network proposes for it."""

    image: np.ndarray = field(repr=False)
    raw: RawPredictions = field(repr=False)

    def answers(self, image: np.ndarray, settings: Settings) -> bool:
        """Whether it is this picture's, from this network at this input size."""
        return (
            self.raw.model == settings.model
            and max(self.raw.letterbox.input_hw) == settings.input_size
            and np.array_equal(self.image, image)
        )


def find_state(
    state: LessonState | None, image: np.ndarray | None, settings: Settings
) -> LessonState:
    """What is kept if it is this picture's, else what the network says now.

    What a call through the API leaves out (None) is as in its session's look before; in a
    session's first call, as the tab opens.
    """
    if state is None:
        opening = samples.load_sample(choose_sample())
        model, size = DEFAULTS.model, DEFAULTS.input_size
    else:
        opening, model, size = state.image, state.raw.model, max(state.raw.letterbox.input_hw)
    image = opening if image is None else image
    settings = replace(
        settings, model=settings.model or model, input_size=settings.input_size or size
    )
    if state is not None and state.answers(image, settings):
        return state
    return LessonState(image, cvcore.detection.predict_raw(image, **settings.network()))

"""What the tab keeps of a picture: every view works on it without asking the network again."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images, samples
from cvcore.core.errors import NoPictureError
from cvcore.segmentation import DEFAULT_MODEL, Mask
from demos import components as ui
from demos import lesson

SAMPLE = "astronaut"  # the picture that the tab opens with


@dataclass(frozen=True, eq=False)
class LessonState:
    """A picture and what the network said of it."""

    image: np.ndarray = field(repr=False)
    mask: Mask = field(repr=False)

    def answers(self, image: np.ndarray, model: str) -> bool:
        """Whether it is this picture's, from this network."""
        return self.mask.model == model and np.array_equal(self.image, image)


@dataclass(frozen=True, eq=False)
class Call:
    """What a call through the API is about. What it leaves out is as in its session's look before;
    in a first call, as the tab opens."""

    image: np.ndarray | None = field(default=None, repr=False)
    model: str | None = None


def build_call() -> lesson.Controls:
    """Parameters of the API alone: the page's own are never empty."""
    return lesson.Controls(
        Call,
        image=ui.SafeImage(visible=False, label="Picture, if another"),
        model=gr.Textbox(visible=False, label="Model, if another"),
    )


def find_state(
    state: LessonState | None, image: np.ndarray | None, model: str | None
) -> LessonState:  # fmt: skip
    """What is kept if it is this picture's, else what the network says now; see ``Call``."""
    if state is None:
        opening, usual = samples.load_sample(SAMPLE), DEFAULT_MODEL
    else:
        opening, usual = state.image, state.mask.model
    image, model = opening if image is None else image, model or usual
    if state is not None and state.answers(image, model):
        return state
    return LessonState(image, cvcore.segmentation.predict_mask(image, model=model))


def for_calls(handler: Callable[..., Any]) -> Callable[..., Any]:
    """For the API: ``handler``, whose first value is the state, for the picture of a ``Call``.

    The ``Call`` comes last; the state to go on with is returned after the handler's results.
    """

    @wraps(handler)
    def handle(state: LessonState | None, *inputs: Any) -> tuple:
        *inputs, call = inputs
        state = find_state(state, call.image, call.model)
        results = handler(state, *inputs)
        return (*results, state) if isinstance(results, tuple) else (results, state)

    own = inspect.signature(handler)
    call = inspect.Parameter("call", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    plain = [one.replace(default=one.empty) for one in own.parameters.values()]
    handle.__signature__ = own.replace(parameters=[*plain, call])  # type: ignore[attr-defined]
    return handle


def check_state(state: LessonState | None) -> LessonState:
    """The picture that is kept; NoPictureError if there is none yet."""
    if state is None:
        raise NoPictureError(images.NO_PICTURE)
    return state


def once_there(handler: Callable[..., Any]) -> Callable[..., Any]:
    """For an inner tab: ``handler``, whose answer is empty before there is a picture."""

    @wraps(handler)
    def handle(state: LessonState | None, *inputs: Any) -> Any:
        return handler(check_state(state), *inputs)

    return handle

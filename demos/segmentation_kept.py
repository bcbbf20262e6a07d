"""What the page keeps of a picture: every view works on it without asking the network again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

from cvcore import images
from cvcore.errors import InputError
from cvcore.segmentation import Mask

MODELS = [("people", "person"), ("cell nuclei", "nuclei")]


@dataclass(frozen=True, eq=False)
class Kept:
    """A picture and what the network said of it."""

    image: np.ndarray = field(repr=False)
    mask: Mask = field(repr=False)


def need(kept: Kept | None) -> Kept:
    """The kept picture; InputError if there is none yet."""
    if kept is None:
        raise InputError(images.NO_PICTURE)
    return kept


def only_when_open(title: str, fn: Callable) -> Callable:
    """``fn``, run only while its view is open and once there is a picture (its first input)."""

    def handle(view: str, kept: Kept | None, *inputs: Any) -> Any:
        return fn(kept, *inputs) if view == title and kept is not None else gr.skip()

    return handle

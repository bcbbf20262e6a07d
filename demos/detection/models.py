"""Another model: one that is not here is fetched, and the bundled one goes on meanwhile."""

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError
from cvcore.detection import DEFAULT_MODEL
from cvcore.engine import registry
from demos import lesson
from demos.detection.views import draw_sentence


def choose_model(model: str) -> tuple[str, str, Any]:
    """The model, if it is here; else the bundled one goes on, and the other one is wanted."""
    if registry.is_available(model):
        return model, draw_sentence(registry.get_weight(model).score), gr.skip()
    title = registry.get_weight(model).title
    sentence = draw_sentence(f"{title} will be downloaded when its turn comes.")
    return DEFAULT_MODEL, sentence, (model, time.monotonic())


def get_model(wanted: tuple[str, float] | None) -> Iterator[tuple[str, str]]:
    """Fetch the model wanted; without a network the bundled one goes on."""
    if wanted is None:
        raise InputError("Choose a model first.")
    model, _ = wanted
    try:
        for sentence in lesson.fetch_model(model):
            yield gr.skip(), draw_sentence(sentence)
    except InputError as error:
        yield DEFAULT_MODEL, draw_sentence(str(error))
        return
    yield model, draw_sentence(registry.get_weight(model).score)


def connect(tab: lesson.Tab, model: gr.Dropdown, notice: gr.HTML) -> list[gr.events.Dependency]:
    """What the menu sets off; returns the runs after which the model is another one."""
    wanted = gr.State()  # a model to download: only that waits among the long work
    chosen = tab.run(model.input, choose_model, model, [model, notice, wanted], api_name=None)
    fetched = tab.run(
        wanted.change, get_model, wanted, [model, notice], api_name=None, kind="heavy"
    )
    return [chosen, fetched]

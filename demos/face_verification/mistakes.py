"""A mistake's sentence takes the place of the result that it has made untrue."""

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import isgeneratorfunction
from typing import Any

import gradio as gr

from cvcore.core.errors import InputError
from demos import lesson
from demos.face_verification.views import draw_sentence


def say_mistakes(fn: Callable, others: list, *, raises: bool = True) -> Callable:
    """``fn``, which on a mistake puts the sentence where its first output stood, then raises it.

    ``others`` are the further outputs' values then: a result must not stay beside a picture that
    it is not of. Without ``raises`` that is all, for views beside one that raises it already.
    """

    @wraps(fn)
    def answer(*values):
        try:
            if isgeneratorfunction(fn):
                yield from fn(*values)
            else:
                yield fn(*values)
        except InputError as error:
            # not seen beside a note at the picture that says the same (page/static/style.css)
            yield f'<div class="mistake">{draw_sentence(str(error))}</div>', *others
            if raises:
                raise

    return answer


def add_view(
    lazy: lesson.LazyTabs, title: str, section: gr.Tab, fn: Callable, inputs: list, outputs: list,
    *, api_name: str, follows: Sequence[Any], controls: Sequence[Any] = (),
) -> list[gr.events.Dependency]:  # fmt: skip
    """An inner tab beside the verdict, drawn while it is open; ``outputs`` begins with its HTML.

    On the page the verdict has raised a mistake already, so that the view only says it.
    """
    others = [None] * (len(outputs) - 1)
    # a mistake must not cover its own sentence; most views take seconds
    quiet = {"show_progress_on": outputs[1], "kind": "steady"}
    runs = lazy.add(
        title, section, say_mistakes(fn, others, raises=False), inputs, outputs, api_name=None,
        controls=controls, follows=follows, **quiet,
    )  # fmt: skip
    lazy.tab.endpoint(say_mistakes(fn, others), inputs, outputs, api_name=api_name, **quiet)
    return runs

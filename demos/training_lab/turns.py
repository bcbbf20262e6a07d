"""Long work by turns: after each it gives its place in the queue back, and asks for another."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from demos import lesson


def take_turns(
    tab: lesson.Tab, run_turn: Callable[..., Iterator[tuple]], state: gr.State,
    counts: Sequence[gr.State], outputs: Sequence[Any],
) -> list:  # fmt: skip
    """Run a turn whenever one of the ``counts`` rises: how often work was asked for, and how many
    turns it has had, which ``run_turn`` raises to have another. Returns the events to be stopped.

    The progress is shown on the first of the ``outputs``.
    """
    asked, turns = counts
    return [
        tab.run(
            event, run_turn, [state, turns], list(outputs), api_name=None, kind="heavy",
            trigger_mode="always_last", show_progress="minimal", show_progress_on=outputs[0],
        )
        for event in (asked.change, turns.change)
    ]  # fmt: skip

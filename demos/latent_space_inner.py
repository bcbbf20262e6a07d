"""What the inner tabs of the latent space share: only the one that is shown is computed."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demos import ui

# Both run in the browser, so that the server is asked for nothing but what is shown. A count that
# goes up makes the drawings of an inner tab due.
_OPEN = """(shown, due) => [NAME, shown === NAME ? due : String(Number(due) + 1)]"""
_CHANGE = """(shown, ...dues) =>
  dues.map((due, i) => NAMES[i] === shown ? String(Number(due) + 1) : due)"""


class Inner:
    """The inner tabs called ``names``, the first of which is shown at the start."""

    def __init__(self, tab: ui.Tab, names: Sequence[str]) -> None:
        self.tab = tab
        self._shown = gr.Textbox(names[0], visible="hidden", label="inner tab")
        self._due = {name: gr.Textbox("0", visible="hidden", label=name) for name in names}

    def remember(self, section: gr.Tab) -> None:
        """Note when an inner tab is opened: what it shows is due."""
        parts = [self._shown, self._due[section.id]]
        code = _OPEN.replace("NAME", json.dumps(section.id))
        self.tab.run(section.select, None, parts, parts, api_name=None, js=code)

    def renew(self, changes: Sequence[Any]) -> None:
        """After these events what is shown is due."""
        dues = list(self._due.values())
        code = _CHANGE.replace("NAMES", json.dumps(list(self._due)))
        self.tab.run(changes, None, [self._shown, *dues], dues, api_name=None, js=code)

    def follow(
        self, section: gr.Tab, fn: Callable[..., Any], inputs: Any, outputs: Any, *,
        api_name: str | None, events: Sequence[Any] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        """Compute when an inner tab's drawings are due, and at events of its own."""
        options = {"trigger_mode": "always_last", **kwargs}
        due = [self._due[section.id].change, *events]
        self.tab.run(due, fn, inputs, outputs, api_name=api_name, **options)

"""Inner tabs of which only the one that is shown is computed."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

# Both run in the browser, so that the server is asked for nothing but what is shown.
_OPEN = "() => NAME"
_DUE = "(shown, due) => shown === NAME ? String(Number(due) + 1) : due"


class LazyTabs:
    """The inner tabs called ``names``, the first of which is open at the start.

    Make it before ``with gr.Tabs():``, as what is between the tabs would count as one of them.
    ``shown`` holds the name of the open one, whether a visitor or a link has opened it.
    """

    def __init__(self, tab: Any, names: Sequence[str]) -> None:
        self.tab = tab
        self._noted: set[str] = set()
        self.shown = gr.Textbox(names[0], visible="hidden", label="the view that is open")
        self._due = {
            name: gr.Textbox("0", visible="hidden", label=f"due, {name}") for name in names
        }

    def add(
        self, name: str, section: gr.Tab, fn: Callable[..., Any], inputs: Any, outputs: Any, *,
        api_name: str | None, controls: Sequence[Any] = (), follows: Sequence[Any] = (),
        **kwargs: Any,
    ) -> list[gr.events.Dependency]:  # fmt: skip
        """Compute an inner tab when it is opened and at each event of its ``controls``; at the
        events in ``follows`` only while it is open. ``kwargs`` are those of ``Tab.run``.

        Returns the runs, for a Stop button.
        """
        self.note(name, section)
        due = self._due[name]
        opening = {"show_progress": "full", **kwargs}  # also where what it follows shows none
        opened = self.tab.run(
            [section.select, *controls], fn, inputs, outputs, api_name=api_name, **opening
        )
        if not follows:
            return [opened]
        code = _DUE.replace("NAME", json.dumps(name))
        self.tab.run(list(follows), None, [self.shown, due], due, api_name=None, js=code)
        kwargs = {"trigger_mode": "always_last", **kwargs}
        followed = self.tab.run(due.change, fn, inputs, outputs, api_name=None, **kwargs)
        return [opened, followed]

    def note(self, name: str, section: gr.Tab) -> None:
        """An inner tab that computes by itself: the others rest while it is open."""
        self._noted.add(name)
        code = _OPEN.replace("NAME", json.dumps(name))
        self.tab.run(section.select, None, None, self.shown, api_name=None, js=code)

    def note_others(self, sections: Mapping[str, gr.Tab]) -> None:
        """Those of a stage's views, by name, that are not computed when they are opened."""
        for name, section in sections.items():
            if name not in self._noted:
                self.note(name, section)

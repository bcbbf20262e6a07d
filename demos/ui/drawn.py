"""Components that a script, or a line of HTML, draws from a dict."""

from pathlib import Path
from typing import Any

import gradio as gr

FOLDER = Path(__file__).resolve().parent.parent  # of the tabs' scripts and styles


def read_text(*names: str) -> str:
    """The files of these names in ``demos/``, one after the other."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


class Drawn(gr.HTML):
    """Draws a dict in the browser; calls through the API get the dict as it is.

    A subclass names its markup, and its scripts and style by the names of their files.
    """

    MARKUP = ""
    SCRIPTS: tuple[str, ...] = ()
    STYLES: tuple[str, ...] = ()

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        super().__init__(
            value,
            html_template=self.MARKUP,
            css_template=read_text(*self.STYLES),
            js_on_load=read_text(*self.SCRIPTS) or None,
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, str]:
        return {"type": "object"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}


class Panel(Drawn):
    """Numbers with their drawing: a dict whose ``html`` is shown."""

    MARKUP = '<div>${(value && value.html) || ""}</div>'

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        super().__init__(value or {"html": ""}, **kwargs)

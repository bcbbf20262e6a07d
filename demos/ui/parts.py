"""Small pieces of every tab: the latency badge, downloads, lesson text, source code."""

import base64
import inspect
from collections.abc import Mapping
from html import escape
from importlib import import_module
from typing import Any

import gradio as gr

from cvcore import device

LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def badge(ms: Mapping[str, float]) -> str:
    """Where the milliseconds went, and on which device, as HTML."""
    laps = "".join(
        f"<span>{escape(name)} <b>{value:.{0 if value >= 10 else 1}f} ms</b></span>"
        for name, value in ms.items()
    )
    return f'<div class="badge" role="status">{laps}<span>{escape(device.describe())}</span></div>'


class Badge(gr.HTML):
    """Shows what ``badge`` returns."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"elem_classes": ["badge-box"], **kwargs})

    def get_block_name(self) -> str:
        return "html"


def download_value(filename: str, data: bytes, mime: str) -> dict[str, str]:
    """A file for ``Download``; it travels inside the page and is never written to disk."""
    return {
        "filename": filename,
        "href": f"data:{mime};base64,{base64.b64encode(data).decode()}",
    }


class Download(gr.HTML):
    """A link that saves a result; its value comes from ``download_value`` (None hides it)."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(
            html_template=f'<a class="download" hidden>⤓ {escape(label)}</a>',
            js_on_load="""const draw = () => {
              const link = element.querySelector('a'), file = props.value;
              link.hidden = !(file && /^data:/.test(file.href || ''));
              if (!link.hidden) { link.href = file.href; link.download = file.filename; }
            };
            watch('value', draw); draw();""",
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}


def lesson(markdown: str) -> None:
    """The closed panel "How it works"; formulas between dollar signs."""
    with gr.Accordion("How it works", open=False, elem_classes=["lesson"]):
        gr.Markdown(markdown, latex_delimiters=LATEX)


def read_source(targets: tuple[str, ...]) -> str:
    """The source of ``"module:name"`` targets, as it stands in the files that run."""
    parts = []
    for target in targets:
        module, name = target.split(":")
        code = inspect.getsource(getattr(import_module(module), name))
        parts.append(f"# {module.replace('.', '/')}.py\n{code}")
    return "\n\n".join(parts)


def show_code(targets: tuple[str, ...]) -> None:
    """The closed panel "Show the code", filled when it is opened."""
    with gr.Accordion("Show the code", open=False, elem_classes=["code"]) as panel:
        code = gr.Code(language="python", label="The code that just ran", interactive=False)
    panel.expand(lambda: read_source(targets), None, code, api_visibility="private")

"""Small pieces of every tab: the latency badge, downloads, lesson text, source code."""

import inspect
from importlib import import_module

import gradio as gr

LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


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

"""Components that a script, or a line of HTML, draws from a dict."""

import re
import sys
from pathlib import Path
from typing import Any

import gradio as gr

from demos.server.static_files import publish, publish_imports, publish_module

_IMPORT = re.compile(r"^import .*;$", re.MULTILINE)


def read_static(module: str, *names: str) -> str:
    """The files of these names in the folder ``static`` beside a module, one after the other."""
    folder = _find_static(module)
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def _find_static(module: str) -> Path:
    return Path(str(sys.modules[module].__file__)).parent / "static"


def load_script(module: str, *names: str) -> str:
    """For ``js_on_load``: scripts in ``static`` beside a module, as one file that browsers keep.

    They see what Gradio hands to ``js_on_load``, and may import modules by relative paths.
    """
    script = publish_imports(read_static(module, *names), _find_static(module))
    return _publish_script(names[-1], script)


def link_styles(module: str, *names: str) -> str:
    """For a line of HTML: styles in ``static`` beside a module, as one file that browsers keep."""
    address = publish(names[-1], read_static(module, *names).encode())
    return f'<link rel="stylesheet" href="{address}">'


def call_module(module: str, name: str, function: str) -> str:
    """For an event's ``js``: a function of a module of JavaScript, called with its values.

    The script lies in ``static`` beside a module of Python.
    """
    address = publish_module(_find_static(module) / name)
    return (
        f"async (...values) => (await import(new URL({address!r}, document.baseURI).href))"
        f".{function}(...values)"
    )


def _publish_script(name: str, script: str) -> str:
    names_ = "element, trigger, props, server, upload, watch"
    imports = "\n".join(_IMPORT.findall(script))
    body = _IMPORT.sub("", script)
    text = f"{imports}\nexport default ({names_}) => {{\n{body}\n}};\n"
    address = publish(name, text.encode())
    # Gradio looks for the events' names here
    events = ", ".join(sorted(set(re.findall(r"trigger\(('\w+')", script))))
    return (
        f"/* {events} */ import(new URL({address!r}, document.baseURI))"
        f".then((script) => script.default({names_}));"
    )


class JsComponent(gr.HTML):
    """Draws a dict in the browser; calls through the API get the dict as it is.

    A subclass names its markup, and its scripts and style by the names of their files, which lie
    beside it; those of its bases come before them.
    """

    MARKUP = ""
    SCRIPTS: tuple[str, ...] = ()
    STYLES: tuple[str, ...] = ()

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        script = self._read_all("SCRIPTS")
        super().__init__(
            value,
            html_template=self.MARKUP,
            css_template=self._read_all("STYLES"),
            js_on_load=_publish_script(self.SCRIPTS[-1], script) if script else None,
            **kwargs,
        )

    @classmethod
    def _read_all(cls, kind: str) -> str:
        """The class's own files and its bases', which come first."""
        classes = [one for one in reversed(cls.__mro__) if kind in vars(one)]
        texts = [read_static(one.__module__, *vars(one)[kind]) for one in classes]
        return "\n".join(filter(None, texts))

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, str]:
        return {"type": "object"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}


class Panel(JsComponent):
    """Numbers with their drawing: a dict whose ``html`` is shown."""

    MARKUP = '<div>${(value && value.html) || ""}</div>'

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        super().__init__(value or {"html": ""}, **kwargs)

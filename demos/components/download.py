"""A link that saves a result, which travels inside the page."""

import base64
from html import escape
from typing import Any

import gradio as gr


def download_value(filename: str, data: bytes, mime: str) -> dict[str, str]:
    """A file for ``Download``; it travels inside the page and is never written to disk."""
    return {
        "filename": filename,
        "href": f"data:{mime};base64,{base64.b64encode(data).decode()}",
    }


class Download(gr.HTML):
    """A link that saves a result; its value comes from ``download_value`` (None hides it).

    With ``at_once`` the link is never seen: each value with another ``key`` is saved as it comes.
    """

    def __init__(self, label: str, *, at_once: bool = False, **kwargs: Any) -> None:
        super().__init__(
            html_template=f'<a class="download" hidden data-at-once="{int(at_once)}">'
            f"⤓ {escape(label)}</a>",
            js_on_load="""let saved = null;
            const draw = () => {
              const link = element.querySelector('a'), file = props.value;
              const isThere = Boolean(file && /^data:/.test(file.href || ''));
              const isAtOnce = link.dataset.atOnce === '1';
              link.hidden = !isThere || isAtOnce;
              if (!isThere) return;
              link.href = file.href; link.download = file.filename;
              if (isAtOnce && file.key !== saved) { saved = file.key; link.click(); }
            };
            watch('value', draw); draw();""",
            **{"label": label, **kwargs},
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}

"""The first page: every lesson as a picture that opens it."""

from collections.abc import Sequence
from html import escape

import gradio as gr

from cvcore.core.paths import ASSETS
from demos.server.static_files import publish

TITLE = "Start"
_OPEN = """element.addEventListener('click', event => {
  const card = event.target.closest('a[data-topic]');
  const button = card && document.getElementById(`tab-${card.dataset.topic}-button`);
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); button.click(); window.scrollTo(0, 0);
});"""


def _picture(topic: str) -> str:
    """Of a new lesson there is none yet."""
    file = ASSETS / "lessons" / f"{topic}.jpg"
    return f'<img src="{publish(file.name, file.read_bytes())}" alt="">' if file.is_file() else ""


def build_start(lessons: Sequence[tuple[str, str, str]]) -> None:
    """Cards for (topic, title, summary); without JavaScript's help they are plain links."""
    cards = "".join(
        f'<a href="?tab={topic}" data-topic="{topic}">{_picture(topic)}'
        f"<b>{escape(title)}</b><span>{escape(summary)}</span></a>"
        for topic, title, summary in lessons
    )
    gr.HTML(
        f'<nav class="lessons" aria-label="Lessons">{cards}</nav>',
        js_on_load=_OPEN,
        elem_id="start",
    )

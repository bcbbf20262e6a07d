"""The first page: the chapters, and every lesson in them as a picture that opens it."""

from collections.abc import Mapping
from html import escape
from types import ModuleType

import gradio as gr

from cvcore.core.paths import ASSETS
from demos import CHAPTER_WORDS, CHAPTERS
from demos.components.js_component import load_script
from demos.server.static_files import publish

TITLE = "Start"
ABREAST = 6  # cards, as in style.css; small chapters share a row


def _picture(name: str) -> str:
    """Of a new lesson there is none yet."""
    file = ASSETS / "lessons" / f"{name}.jpg"
    return f'<img src="{publish(file.name, file.read_bytes())}" alt="">' if file.is_file() else ""


def build_start(lessons: Mapping[str, ModuleType]) -> None:
    """The chapters with cards for the lessons by topic; without JavaScript's help they are plain
    links."""
    parts = [
        draw_chapter(name, {topic: lessons[topic] for topic in topics if topic in lessons})
        for name, topics in CHAPTERS.items()
    ]
    gr.HTML(
        f'<nav class="chapters" aria-label="Lessons">{"".join(parts)}</nav>',
        js_on_load=load_script("demos.lesson", "open_lesson.js"),
        elem_id="start",
    )


def draw_chapter(name: str, lessons: Mapping[str, ModuleType]) -> str:
    """Its heading, what opens it, and a card a lesson; nothing where it has none here."""
    if not lessons:
        return ""
    title, sentence = CHAPTER_WORDS[name]
    openers = [
        f'<a class="opener" href="?tab={topic}&amp;{escape(one.OPENER.query)}" '
        f'data-topic="{topic}">{_picture(f"{topic}_opener")}<b>{escape(one.OPENER.title)}</b>'
        f"<span>{escape(one.OPENER.summary)}</span></a>"
        for topic, one in lessons.items()
        if hasattr(one, "OPENER")
    ]
    cards = [
        f'<a href="?tab={topic}" data-topic="{topic}">{_picture(topic)}'
        f"<b>{escape(one.TITLE)}</b><span>{escape(one.SUMMARY)}</span></a>"
        for topic, one in lessons.items()
    ]
    count = min(len(openers) + len(cards), ABREAST)
    return (
        f'<section class="chapter" style="--cards: {count}"><div class="about">'
        f"<h2>{escape(title)}</h2><p>{escape(sentence)}</p></div>"
        f'<div class="lessons">{"".join(openers + cards)}</div></section>'
    )

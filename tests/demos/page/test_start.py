"""The start page: every lesson in its chapter."""

import re
from importlib import import_module
from types import SimpleNamespace

from demos import CHAPTER_WORDS, CHAPTERS, TABS
from demos.page.start import draw_chapter
from tests.support.html import visible


def test_every_lesson_has_a_card_in_its_chapter():
    assert CHAPTERS.keys() == CHAPTER_WORDS.keys()
    cards = []
    for name, topics in CHAPTERS.items():
        html = draw_chapter(name, {topic: import_module(f"demos.{topic}") for topic in topics})
        title, sentence = CHAPTER_WORDS[name]
        assert f"<h2>{title}</h2>" in html
        assert sentence in visible(html)
        cards += re.findall(r'<a href="\?tab=(\w+)" data-topic="\1">', html)
    assert cards == list(TABS)


def test_an_opener_comes_first_and_an_empty_chapter_not_at_all():
    opener = SimpleNamespace(title="<One>", summary="All of it.", query="view=a&picture=b")
    plain = SimpleNamespace(TITLE="Two & three", SUMMARY="More.")
    lessons = {"one": SimpleNamespace(TITLE="One", SUMMARY="", OPENER=opener), "two": plain}
    html = draw_chapter("See", lessons)
    assert html.index('href="?tab=one&amp;view=a&amp;picture=b"') < html.index('href="?tab=one"')
    assert "&lt;One&gt;" in html
    assert "Two &amp; three" in html
    assert "--cards: 3" in html
    assert draw_chapter("See", {}) == ""

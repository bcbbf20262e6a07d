"""Drawings of the detection lesson, as HTML made of numbers and escaped text."""

from html import escape
from typing import Any

from demos import lesson

STYLE = """<style>
.det { color: var(--body-text-color); font-size: 1.05rem; }
.det .big { font-size: 1.25rem; margin: .5rem 0; }
.det .soft { color: var(--body-text-color-subdued); }
.det.det table { width: 100%; border: 0 !important; border-collapse: collapse;
  font-variant-numeric: tabular-nums; }
.det.det th, .det.det td { padding: .25rem .5rem; text-align: right; border: 0; color: inherit;
  border-bottom: 1px solid var(--border-color-primary); background: none; }
.det.det th:first-child, .det.det td:first-child { text-align: left; }
.det .tp { color: #1d7f55; font-weight: 700; } .det .fp { color: #c4391d; font-weight: 700; }
.dark .det .tp { color: #4cc38a; } .dark .det .fp { color: #ff8a73; }
.det .side { display: flex; flex-wrap: wrap; gap: 1rem; } .det .side > * { flex: 1 1 16rem; }
.det .rows { max-height: 16rem; overflow-y: auto; }
.det .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr));
  gap: 1.2rem; }
.det .cards h3 { font-size: 1.25rem; margin: 0 0 .4rem; } .det .cards p { margin: .5rem 0; }
.det .cards .pictures > img { height: 15rem; max-width: 100%; object-fit: contain;
  border-radius: 6px; }
.det .cards .pictures { display: flex; flex-wrap: wrap; gap: .4rem; height: 15rem;
  overflow: hidden; }
.det .cards figure { margin: 0; width: 4rem; font-size: .875rem; line-height: 1.1; }
.det .cards figure img { width: 4rem; height: 4rem; border-radius: 6px; }
.det .shown { max-width: 100%; max-height: 60vh; display: block; border-radius: 6px; }
.fill .det { height: 100%; display: flex; flex-direction: column; }
.fill .det .shown { flex: 1 1 0; min-height: 0; max-height: none; width: 100%;
  object-fit: contain; }
.fill :not(.live-camera) > video { height: 100cqh !important; width: 100cqw; object-fit: contain; }
.det .track { height: .9rem; border-radius: .45rem; overflow: hidden;
  background: var(--border-color-primary); }
.det .track i { display: block; height: 100%; background: #4f46e5; }
.det .pair { display: flex; flex-wrap: wrap; gap: 1.2rem; }
.det .cells { display: inline-grid; gap: 3px; }
.det .cells span { min-width: 3.2rem; padding: .45rem .2rem; text-align: center; font-size: 1.25rem;
  border-radius: 6px; border: 3px solid transparent; color: #111;
  background-origin: border-box !important; }
.det .cells span.won { border-color: #111; font-weight: 800; }
.dark .det .cells span.won { border-color: #fff; }
.lesson-rail .det .big { font-size: 1rem; line-height: 1.35; margin: 0 0 .3rem; }
.lesson-rail .det.det :is(th, td) { padding: 1px .4rem; font-size: .9375rem; line-height: 1.3; }
</style>"""


def draw_page(*parts: str) -> str:
    return f'{STYLE}<div class="det">{"".join(parts)}</div>'


def draw_sentence(text: str) -> str:
    """One sentence, large; nothing for an empty one."""
    return draw_page(f'<p class="big">{escape(text)}</p>') if text else ""


def draw_table(heads: list[str], rows: list[list[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def draw_rows(heads: list[str], rows: list[list[str]]) -> str:
    """A table that scrolls when it is long; the keyboard reaches it."""
    return f'<div class="rows" tabindex="0">{draw_table(heads, rows)}</div>'


def clear_when_old(tab: lesson.Tab, events: list[Any], running: Any, outputs: list[Any]) -> None:
    """End the work on what is no longer on the page, then empty its drawing and its numbers."""
    for event in events:
        tab.run(event, None, None, None, api_name=None, cancels=[running]).then(
            lambda: ("", None), None, outputs, api_visibility="private", show_progress="hidden"
        )

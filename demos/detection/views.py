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
.det.det tr { border: 0; }
.lesson-rail .det.det .joints :is(th, td) { font-size: .875rem; line-height: 1.2;
  padding: 0 .3rem; }
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
.det .pair { display: flex; flex-wrap: wrap; gap: .6rem; }
.det .roi { position: relative; display: inline-grid; align-content: start;
  grid-template-columns: repeat(var(--columns), 2.9rem); grid-auto-rows: 2.2rem; }
.det .roi span { display: grid; place-items: center; font-size: .9375rem; border: 1px solid #777;
  background: #fff; color: #111; position: relative; }
.det .roi.points span { place-items: end start; padding: 0 .2rem; font-size: .875rem; }
.det .roi.points span { border-color: #bbb; }
.det .roi span.won { outline: 3px solid #111; outline-offset: -4px; font-weight: 800; }
.det .roi .bin, .det .roi .at { position: absolute; left: calc(var(--x) * 2.9rem);
  top: calc(var(--y) * 2.2rem); }
.det .roi .bin { width: calc(var(--w) * 2.9rem); height: calc(var(--h) * 2.2rem);
  border: 1px solid #111; mix-blend-mode: multiply; }
.det .roi .at { width: .4rem; height: .4rem; margin: -.2rem; border-radius: 50%;
  background: #c4391d; border: 1px solid #fff; }
.det h3 { font-size: 1.125rem; margin: .3rem 0; }
.det .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: .4rem 1.2rem; }
.det .two > * { min-width: 0; }
.det .two figure:not(.chart) { margin: 0; }
.det .two > figure:not(.chart) > img { display: block; width: 100%;
  height: clamp(10rem, 100dvh - 33.5rem, 24rem); object-fit: contain; }
@media (max-width: 760px) {
  .det .two > figure:not(.chart) > img { height: auto; max-height: 18rem; } }
.det figcaption { font-size: .9375rem; }
.det .crops { display: grid; grid-template-columns: repeat(5, 1fr); gap: .4rem; }
.det .crops figure { margin: 0; }
.det .crops img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; }
.det .step :is(p, .big) { font-size: 1rem; line-height: 1.4; margin: .2rem 0; }
.det .step .big { font-size: 1.125rem; }
.det.det .step :is(th, td) { font-size: .9375rem; padding: 1px .4rem; }
.det .step .track { min-width: 5rem; }
.det .crops figcaption { font-size: .875rem; line-height: 1.25; }
.det .years { overflow: auto; } .det .years td:nth-child(3) { min-width: 11rem; }
.det.det .years :is(th, td) { text-align: left; vertical-align: top; font-size: .9375rem; }
.lesson-rail .det .big { font-size: 1rem; line-height: 1.35; margin: 0 0 .3rem; }
.lesson-rail .det.det :is(th, td) { padding: 1px .4rem; font-size: .9375rem; line-height: 1.3; }
.det .sides .chart.chart { margin: 0 !important; }
.det .sides figcaption { display: none !important; }
.det.det :is(thead, tbody, tr) { border: 0 !important; }
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

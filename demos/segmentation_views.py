"""Drawings of the segmentation lesson, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore import images
from cvcore.segmentation import Overlap
from cvcore.segmentation_drawing import AGREED, EXTRA, MISSED

STYLE = """<style>
.seg { color: var(--body-text-color); font-size: 1.05rem; }
.seg .big { font-size: 1.25rem; margin: .5rem 0; }
.seg .formula { font-size: 1.3rem; margin: .45rem 0; font-variant-numeric: tabular-nums; }
.seg .formula b { font-size: 1.5rem; }
.seg .frac { display: inline-flex; flex-direction: column; vertical-align: middle;
  text-align: center; margin: 0 .35rem; line-height: 1.35; }
.seg .frac span + span { border-top: 2px solid currentColor; }
.seg .row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.seg figure { margin: 0; flex: 1 1 15rem; max-width: 30rem; }
.seg figure img { width: 100%; max-height: 24rem; object-fit: contain; object-position: left top;
  display: block; border-radius: .4rem; }
.seg .small figure { flex: 0 1 8rem; }
.seg table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
.seg th, .seg td { padding: .15rem .9rem .15rem 0; text-align: right; }
.seg th:first-child, .seg td:first-child { text-align: left; }
.seg .sum td { border-top: 1px solid var(--border-color-primary); font-weight: 600; }
.seg figcaption { font-size: 1.1rem; margin-top: .2rem; }
.seg .key i { display: inline-block; width: 1rem; height: 1rem; border-radius: .2rem;
  vertical-align: -.1rem; margin: 0 .3rem 0 .9rem; }
.seg svg { width: 100%; max-height: 12rem; font-size: 14px; }
.seg svg text { fill: var(--body-text-color); }
.seg svg .axis { stroke: var(--body-text-color-subdued); }
</style>"""


def draw_page(*parts: str) -> str:
    return f'{STYLE}<div class="seg">{"".join(parts)}</div>'


def draw_sentence(text: str) -> str:
    """One sentence, large; nothing for an empty one."""
    return draw_page(f'<p class="big">{escape(text)}</p>') if text else ""


def draw_figure(picture: np.ndarray, caption: str, *, png: bool = False, side: int = 640) -> str:
    """A picture with a line under it; the caption is HTML already."""
    source = images.to_data_uri(images.shrink(picture, side), format="png" if png else "jpeg")
    plain = caption.replace("<b>", "").replace("</b>", "")
    return (
        f'<figure><img src="{source}" alt="{escape(plain, quote=True)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def draw_row(*figures: str) -> str:
    return f'<div class="row">{"".join(figures)}</div>'


def draw_formulas(overlap: Overlap) -> str:
    """Dice and IoU with the picture's own numbers in them."""
    both, predicted, truth = overlap.both, overlap.predicted, overlap.truth
    return (
        '<p class="formula">Dice = <span class="frac"><span>2 |T ∩ P|</span><span>|T| + |P|</span>'
        f'</span> = <span class="frac"><span>2 · {both:,}</span><span>{truth:,} + {predicted:,}'
        f"</span></span> = <b>{overlap.dice:.3f}</b></p>"
        '<p class="formula">IoU = <span class="frac"><span>|T ∩ P|</span><span>|T ∪ P|</span>'
        f'</span> = <span class="frac"><span>{both:,}</span>'
        f"<span>{truth + predicted - both:,}</span></span> = <b>{overlap.iou:.3f}</b></p>"
    )


def draw_key(overlap: Overlap) -> str:
    """What the colours of the disagreement mean, with their pixels."""

    def entry(colour: tuple[int, int, int], words: str, pixels: int) -> str:
        return f'<i style="background:rgb{colour}"></i>{words}: <b>{pixels:,}</b> px'

    return (
        '<p class="key">'
        + entry(AGREED, "right", overlap.both)
        + entry(EXTRA, "too much", overlap.predicted - overlap.both)
        + entry(MISSED, "missed", overlap.truth - overlap.both)
        + "</p>"
    )


def draw_scores(rows: list[dict]) -> str:
    """Dice and IoU of every pair before and after, those held back apart, with their means.

    A row has ``pair``, ``held_back``, ``dice`` and ``iou``, the last two (before, after).
    """

    def cells(name: str, dice: Sequence[float], iou: Sequence[float], kind: str = "") -> str:
        numbers = "".join(f"<td>{value:.3f}</td>" for value in (*dice, *iou))
        return f"<tr{kind}><td>{name}</td>{numbers}</tr>"

    html = (
        '<table class="scores"><tr><th></th><th>Dice before</th><th>after</th>'
        "<th>IoU before</th><th>after</th></tr>"
    )
    for is_held, title in (
        (False, "mean, pictures it learned from"),
        (True, "mean, pictures held back"),
    ):
        group = [row for row in rows if row["held_back"] == is_held]
        html += "".join(cells(f"pair {row['pair']}", row["dice"], row["iou"]) for row in group)
        if group:
            means = [np.mean([row[name] for row in group], axis=0) for name in ("dice", "iou")]
            html += cells(title, *means, kind=' class="sum"')
    return html + "</table>"


def draw_line(values: list[float], total: int, title: str) -> str:
    """A curve over steps, on a scale from 0 to its greatest value."""
    most = max(max(values), 1e-6)
    points = " ".join(
        f"{45 + 340 * index / max(total - 1, 1):.1f},{150 - 130 * value / most:.1f}"
        for index, value in enumerate(values)
    )
    return (
        f'<svg viewBox="0 0 400 180" role="img" aria-label="{escape(title, quote=True)}">'
        '<path class="axis" d="M45 15V150H390" fill="none"/>'
        f'<text x="40" y="25" text-anchor="end">{most:.2f}</text>'
        '<text x="40" y="154" text-anchor="end">0</text>'
        f'<text x="215" y="172" text-anchor="middle">{escape(title)}</text>'
        f'<polyline points="{points}" fill="none" stroke="var(--color-accent)" stroke-width="3"/>'
        "</svg>"
    )


def draw_histogram(areas: np.ndarray, title: str, *, bars: int = 16) -> str:
    """How many objects have which size."""
    counts, edges = np.histogram(areas, bins=bars)
    most = max(int(counts.max()), 1)
    width = 340 / bars
    drawn = "".join(
        f'<rect x="{46 + index * width:.1f}" y="{150 - 130 * count / most:.1f}" '
        f'width="{width - 2:.1f}" height="{130 * count / most:.1f}" fill="#4f46e5"/>'
        for index, count in enumerate(counts)
    )
    return (
        f'<svg viewBox="0 0 400 180" role="img" aria-label="{escape(title, quote=True)}">{drawn}'
        '<path class="axis" d="M45 15V150H390" fill="none"/>'
        f'<text x="40" y="25" text-anchor="end">{most}</text>'
        f'<text x="46" y="168">{edges[0]:.0f}</text>'
        f'<text x="388" y="168" text-anchor="end">{edges[-1]:.0f} px</text>'
        f'<text x="215" y="176" text-anchor="middle">{escape(title)}</text></svg>'
    )

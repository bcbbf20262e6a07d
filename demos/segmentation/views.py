"""Drawings of the segmentation lesson, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore.core import images
from cvcore.segmentation import Overlap, compare_masks
from cvcore.segmentation.drawing import AGREED, EXTRA, MISSED
from demos.lesson import charts, under_way

STYLE = """<style>
.seg { color: var(--body-text-color); font-size: 1.05rem; }
.seg .big { font-size: 1.15rem; margin: .3rem 0; }
.seg .formula { font-size: 1.3rem; margin: .45rem 0; font-variant-numeric: tabular-nums; }
.seg .formula b { font-size: 1.5rem; }
.seg .frac { display: inline-flex; flex-direction: column; vertical-align: middle;
  text-align: center; margin: 0 .35rem; line-height: 1.35; }
.seg .frac span + span { border-top: 2px solid currentColor; }
.seg .row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.seg figure { margin: 0; flex: 1 1 10rem; max-width: 40rem; }
.seg figure img { width: 100%; max-height: 60dvh; object-fit: contain; object-position: left top;
  display: block; border-radius: 6px; margin: 0; }
.seg .three { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem; }
.seg .counted { display: grid; grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); gap: 1rem; }
.seg .counted img { max-height: calc(var(--tall) - 12rem); }
.seg .masks { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem 1rem; }
.seg .masks img { max-height: calc(38cqh - 4rem); }
.seg .masks figure:last-child { grid-column: 1 / -1; }
.seg .masks figure:last-child img { max-height: calc(62cqh - 5rem); }
.seg .masks figcaption { font-size: .95rem; }
@media (max-width: 760px) {
  .seg .three, .seg .counted { grid-template-columns: 1fr; }
}
.seg .row figure img { max-height: 22dvh; }
.seg .small { gap: .4rem; } .seg .small figure { flex: 0 1 3.5rem; }
.seg .small figcaption { font-size: .875rem; }
.seg table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
.seg.seg table, .seg.seg tr { border: 0; }
.seg.seg th, .seg.seg td { padding: .15rem .6rem .15rem 0; text-align: right; border: 0;
  font-size: .95rem; }
.seg.seg th:first-child, .seg.seg td:first-child { text-align: left; }
.seg.seg .sum td { border-top: 1px solid var(--border-color-primary); font-weight: 600; }
.seg figcaption { font-size: 1.1rem; margin-top: .2rem; }
.seg .key i { display: inline-block; width: 1rem; height: 1rem; border-radius: .2rem;
  vertical-align: -.1rem; margin: 0 .3rem 0 .9rem; }
.seg .measures td:last-child { font-weight: 600; }
.seg .measures td { line-height: 1.25; }
.seg .soft { color: var(--body-text-color-subdued); font-size: .9375rem; }
.seg .example { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; }
.seg .example-cells { display: grid; grid-template-columns: repeat(9, 1fr); gap: 2px;
  width: min(16rem, 100%); aspect-ratio: 1; touch-action: manipulation; border-radius: 6px; }
.seg .example-cells i { border-radius: 3px; background: var(--border-color-primary);
  cursor: pointer; }
.seg .example-cells i.p { background: rgb(213 94 0); }
.seg .example-cells i.t { background: rgb(86 180 233); }
.seg .example-cells i.t.p { background: rgb(0 158 115); }
.seg .example-cells i.at { outline: 3px solid var(--body-text-color); outline-offset: -1px; }
.seg .beside { flex: 1 1 18rem; }
</style>"""


def draw_page(*parts: str) -> str:
    return f'{STYLE}<div class="seg">{"".join(parts)}</div>'


def draw_waiting(text: str) -> str:
    """What is done now, large, until it is stopped."""
    return draw_page(f'<p class="big">{under_way(escape(text), "Stopped.")}</p>')


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
    """Dice and IoU with the picture's own numbers in them; ``data-is`` tells a script which."""
    both, predicted, truth = overlap.both, overlap.predicted, overlap.ground_truth
    return (
        '<p class="formula">Dice = <span class="frac"><span>2 |T ∩ P|</span><span>|T| + |P|</span>'
        f'</span> = <span class="frac"><span data-is="twice">2 · {both:,}</span>'
        f'<span data-is="sum">{truth:,} + {predicted:,}</span></span> = '
        f'<b data-is="dice">{overlap.dice:.3f}</b></p>'
        '<p class="formula">IoU = <span class="frac"><span>|T ∩ P|</span><span>|T ∪ P|</span>'
        f'</span> = <span class="frac"><span data-is="both">{both:,}</span>'
        f'<span data-is="union">{truth + predicted - both:,}</span></span> = '
        f'<b data-is="iou">{overlap.iou:.3f}</b></p>'
    )


def draw_key(overlap: Overlap) -> str:
    """What the colours of the disagreement mean, with their pixels; see ``draw_formulas``."""

    def entry(colour: tuple[int, int, int], words: str, name: str, pixels: int) -> str:
        return (
            f'<i style="background:rgb{colour}"></i>{words}: <b data-is="{name}">{pixels:,}</b> px'
        )

    return (
        '<p class="key">'
        + entry(AGREED, "right", "both", overlap.both)
        + entry(EXTRA, "too much", "extra", overlap.predicted - overlap.both)
        + entry(MISSED, "missed", "missed", overlap.ground_truth - overlap.both)
        + "</p>"
    )


def draw_edge_key(hausdorff: float) -> str:
    """What the two outlines and the line between them are."""
    return (
        f'<p class="key"><i style="background:rgb{EXTRA}"></i>edge of the mask'
        f'<i style="background:rgb{MISSED}"></i>edge of the truth'
        f'<i style="background:#fff;border:1px solid #000"></i>Hausdorff: <b>{hausdorff:.1f}</b> px'
        "</p>"
    )


def draw_boundary_key(band: Overlap) -> str:
    """What the colours of the two boundaries mean, with their pixels."""
    union = band.predicted + band.ground_truth - band.both
    return (
        f'<p class="key"><i style="background:rgb{AGREED}"></i>in both: <b>{band.both:,}</b>'
        f'<i style="background:rgb{EXTRA}"></i><i style="background:rgb{MISSED}"></i>in one: '
        f"<b>{union - band.both:,}</b>, so {band.both:,} / {union:,} = <b>{band.iou:.3f}</b></p>"
    )


def draw_measures(numbers: dict) -> str:
    """The measures that look at edges, and the one that weights the smaller class more."""
    rows = []
    if "hausdorff" in numbers:
        rows += [
            ("Hausdorff distance, px", f"{numbers['hausdorff']:.1f}"),
            ("without the farthest 5 %", f"{numbers['hausdorff_95']:.1f}"),
            ("mean of both edges, px", f"{numbers['edge_distance']:.1f}"),
        ]
    rows.append(
        (f"Boundary IoU, {numbers['boundary_band']} px wide", f"{numbers['boundary_iou']:.3f}")
    )
    if "generalised_dice" in numbers:
        inside, outside = numbers["weights"]
        rows.append(("Generalised Dice", f"{numbers['generalised_dice']:.3f}"))
        if outside:
            rows.append(("an inside pixel weighs", f"{charts.short(inside / outside)} ×"))
    body = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows)
    said = f"<p>{escape(numbers['sentence'])}</p>" if numbers["sentence"] else ""
    return (
        f'<p class="soft">Other measures, at threshold {numbers["threshold"]:.2f}</p>'
        f'<table class="measures"><tbody>{body}</tbody></table>{said}'
    )


def draw_example(prediction: np.ndarray, ground_truth: np.ndarray) -> str:
    """Two small masks cell by cell, and their Dice as a sum; at each click a script counts anew."""
    cells = "".join(
        f'<i class="{"t" * bool(t)} {"p" * bool(p)}"></i>'
        for t, p in zip(ground_truth.ravel(), prediction.ravel(), strict=True)
    )
    overlap = compare_masks(prediction, ground_truth)
    return (
        '<p class="big">A small example: click a cell to put it into P or take it out.</p>'
        '<div class="example"><div class="example-cells" tabindex="0" role="application" '
        'aria-label="Cells of two masks: arrow keys choose one, Space puts it into P or takes it '
        f'out">{cells}</div><div>{draw_formulas(overlap)}{draw_key(overlap)}</div></div>'
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


def draw_losses(losses: Sequence[float], total: int) -> str:
    """The loss step by step, with room for the steps to come."""
    chart = charts.draw_chart(
        [charts.Line("loss", np.arange(1, len(losses) + 1), losses)],
        title="Loss, step by step", x=charts.Axis("step", 0, total), y=charts.Axis("loss", low=0),
        size=charts.HALF,
    )  # fmt: skip
    return f'<div class="beside">{chart}</div>'


def draw_histogram(areas: np.ndarray, *, bars: int = 16) -> str:
    """How many objects have which size."""
    counts, edges = np.histogram(areas, bins=bars)

    step = edges[1] - edges[0]
    words = [f"{edge:.0f}" if step >= 1 else charts.short(edge) for edge in edges]

    def tell(at: float) -> str:
        number = min(int(np.searchsorted(edges, at, side="right")) - 1, bars - 1)
        return f"{words[number]} to {words[number + 1]} px"

    return charts.draw_chart(
        [charts.Bars("objects", (edges[:-1] + edges[1:]) / 2, counts, width=step)],
        title="Area of the objects",
        x=charts.Axis(
            "area, px", edges[0], edges[-1], text=tell,
            ticks=list(zip(edges, words, strict=True))[:: bars // 2],
        ),
        y=charts.Axis("objects", low=0, is_whole=True), size=charts.NARROW,
    )  # fmt: skip

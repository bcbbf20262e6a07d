"""Drawings of the face verification lesson, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore.core import images
from cvcore.face_verification import METRIC, Verification, to_distance
from cvcore.face_verification.rates import (
    MOST_RATIO,
    ErrorRates,
    likelihood_ratio,
    load_rates,
    probability_same,
)
from demos.lesson import charts

SAME, OTHER, MARK = "#2f9e6e", "#d9762b", "#3f8fcc"  # told apart by the colour-blind
WIDTH = 760  # pixels of a row of numbers
SHOWN = (-0.4, 1.0)  # similarities on the axis
LEAST_SHARE = 1e-4  # on the axis; 0 stands there too
PRIORS = {
    "two": ("one pair in two", 1 / 2),
    "class": ("one pair in 30", 1 / 30),
    "city": ("one pair in 100,000", 1 / 100_000),
}
"""How many pairs are one person's before anybody looks: in words, and as a probability."""
PRIOR = "two"
ROC_SPOTS = 100  # along either side: of thresholds on one spot the last is drawn
ROC_LINES = (  # methods measured on the same pairs
    ("sface", "SFace", charts.BLUE),
    ("lbp", "binary patterns", charts.GREEN),
    ("eigenfaces", "eigenfaces", charts.PURPLE),
)

STYLE = f"""<style>
.fv {{ color: var(--body-text-color); font-size: 1.05rem; }}
.fv .verdict {{ display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 1.2rem;
  padding: .5rem .9rem; border-radius: 6px; border: 3px solid; }}
.fv .verdict strong {{ font-size: 1.7rem; line-height: 1.15; }}
.fv .verdict span {{ font-size: 1.1rem; }}
.fv .verdict .sum {{ font-size: 1rem; }}
.fv .same {{ border-color: {SAME}; background: {SAME}22; }}
.fv .other {{ border-color: {OTHER}; background: {OTHER}22; }}
.fv .big {{ font-size: 1.2rem; margin: .4rem 0; overflow-wrap: anywhere; }}
.fv .soft {{ color: var(--body-text-color-subdued); margin: .3rem 0;
  font-size: .9375rem; line-height: 1.35; }}
.fv .note {{ padding: .1rem .8rem; border-left: .3rem solid {OTHER}; margin: .2rem 0;
  font-size: 1rem; }}
.fv h3 {{ margin: .4rem 0 .2rem; font-size: 1.15rem; }}
.fv svg {{ width: 100%; height: auto; display: block; }}
.fv svg .grid {{ stroke: var(--border-color-primary); }}
.fv .pair {{ display: grid; grid-template-columns: 7rem 1fr; gap: .4rem .8rem;
  align-items: center; }}
.fv .pair img {{ width: 7rem; border-radius: 6px; display: block; }}
.fv.fv table {{ width: 100%; border: 0; border-collapse: collapse;
  font-variant-numeric: tabular-nums; }}
.fv.fv thead, .fv.fv tbody, .fv.fv tr {{ border: 0; }}
.fv.fv th, .fv.fv td {{ padding: .25rem .45rem; text-align: right; color: inherit; border: 0;
  border-bottom: 1px solid var(--border-color-primary); background: none; }}
.fv.fv th:first-child, .fv.fv td:first-child {{ text-align: left; }}
.fv .row {{ display: flex; flex-wrap: wrap; gap: .7rem; align-items: flex-start; }}
.fv .of-eigenfaces .row {{ flex-wrap: nowrap; }}
.fv .of-eigenfaces .small {{ flex: 0 1 calc(min(7.5rem, (100dvh - 23rem) / 3)); }}
.fv .of-lbp figure {{ max-width: calc(100dvh - 27rem); flex: 1 1 0; }}
.fv figure {{ margin: 0; flex: 1 1 7rem; max-width: 15rem; }}
.fv figure img {{ width: 100%; display: block; border-radius: 6px; margin: 0; }}
.fv .cascade figure {{ max-width: none; }}
.fv .cascade svg {{ max-height: calc((var(--tall) - 27.5rem) * .68); }}
.fv .pyramid img {{ max-height: calc((var(--tall) - 27.5rem) * .3); object-fit: contain;
  object-position: left; }}
.fv .two {{ flex-wrap: nowrap; }} .fv .two figure {{ flex: 1 1 0; max-width: 60dvh; }}
.fv .chart.wide {{ max-width: calc((var(--tall) - 27rem) * 2.8) !important; }}
.lesson-grid[data-view=verdict] .fv .curves {{ display: none; }}
.fv .pair-of-charts {{ display: grid; gap: 0 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }}
.fv .pair-of-charts .chart.half {{ max-width: min(40rem, (var(--tall) - 25rem) * 1.6) !important; }}
#face-verdict {{ flex: none; max-height: 50%; overflow: auto; }}
.lesson-grid[data-view=error-rates] #face-verdict {{ max-height: none; }}
.lesson-main > .form:has(#face-prior) {{ flex: none; border: 0; background: none; }}
#face-prior {{ display: flex !important; flex-wrap: wrap; align-items: center; gap: .2rem .8rem;
  padding: 0 10px; background: none; }}
#face-prior > span, #face-prior label {{ font-size: .875rem; }}
#face-prior label {{ padding: 4px 8px; }}
#face-prior > :is(span, .wrap:not([data-testid])) {{ width: auto; margin: 0; }}
#face-map .fv {{ display: grid; grid-template: auto 1fr / auto 1fr; gap: 0 1.2rem; }}
#face-map svg {{ grid-row: 1 / 3; width: auto; height: 32dvh; max-width: 60vw; }}
@media (max-width: 760px) {{
  #face-map .fv {{ display: block; }} #face-map svg {{ height: auto; max-width: 100%; }}
}}
.lesson-rail .fv {{ font-size: .875rem; }} .lesson-rail .fv p {{ margin: 0; }}
.fv figcaption {{ font-size: 1rem; }}
.fv figure:not(.chart) figcaption b {{ display: block; font-size: 1.1rem; }}
.fv .losses {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr));
  gap: 0 1rem; }}
.fv .under div {{ flex: 1; padding: 0 1px; }}
.fv .under img {{ width: 100%; display: block; border-bottom: .35rem solid; }}
</style>"""


def draw_page(*parts: str) -> str:
    return f'{STYLE}<div class="fv">{"".join(parts)}</div>'


def draw_sentence(text: str) -> str:
    """One sentence, large."""
    return draw_page(f'<p class="big">{escape(text)}</p>')


def number(x: float, digits: int = 2) -> str:
    return f"{x:.{digits}f}".replace("-", "−")


def percent(p: float) -> str:
    """A share with as many digits as it needs: 12 %, 0.3 %, 0.004 %."""
    if p <= 0:
        return "0 %"
    digits = 0 if p >= 0.1 and p <= 0.9 else 1 if 0.01 <= p <= 0.99 else 2
    return f"{100 * p:.{digits}f} %"


def one_in(rate: float) -> str:
    """A small share in words: 1 in 250."""
    return "none" if rate <= 0 else f"1 in {round(1 / rate):,}"


def to_img(image: np.ndarray, alt: str = "") -> str:
    return f'<img alt="{escape(alt)}" src="{images.to_data_uri(image)}">'


def draw_verdict(
    similarity: float,
    distance: float,
    threshold: float,
    *,
    measured: bool,
    metric: str = METRIC,
    prior: str = PRIOR,
) -> str:
    """The answer in words, how sure it is, and where the pair stands on the error curves.

    ``threshold`` is a cosine; the metric that decides is written first. ``prior``, one of
    ``PRIORS``, is how many of the pairs that one might have met are one person's.
    """
    is_same = similarity >= threshold
    word = "Same person" if is_same else "Different persons"
    sure = draw_belief(similarity, prior, is_same=is_same) if measured else ""
    scores = [
        f"<span>cosine <b>{number(similarity, 3)}</b> "
        f"{'≥' if is_same else '&lt;'} {number(threshold, 3)}</span>",
        f"<span>Euclidean <b>{number(distance, 3)}</b> "
        f"{'≤' if is_same else '&gt;'} {number(to_distance(threshold), 3)}</span>",
    ]
    if metric != METRIC:
        scores.reverse()
    head = (
        f'<div class="verdict {"same" if is_same else "other"}" role="status">'
        f"<strong>{word}</strong>{''.join(scores)}{sure}</div>"
    )
    if not measured:
        return draw_page(
            head,
            '<p class="soft">Error curves were measured for the bundled SFace only: for this '
            "model none can be shown, and its threshold is the usual one.</p>",
        )
    return draw_page(head, draw_curves(load_rates(), similarity, threshold, metric))


def draw_belief(similarity: float, prior: str, *, is_same: bool) -> str:
    """How sure the verdict is under a prior, or that the prior speaks against it, and the sum."""
    title, before = PRIORS[prior]
    ratio, p = likelihood_ratio(similarity), probability_same(similarity, prior=before)
    is_least = not 1 / MOST_RATIO < ratio < MOST_RATIO  # more cannot be said of so few strangers
    if (p >= 0.5) == is_same:
        words = (
            f"sure: <b>{_held(p if is_same else 1 - p, is_least)}</b>, if {title} is one person’s"
        )
    else:
        words = (
            f"yet if {title} is one person’s, <b>{_held(1 - p if is_same else p, is_least)}</b> of "
            f"those as alike as this are {'of different persons' if is_same else 'one person’s'}"
        )
    most = "" if not is_least else " at least" if ratio > 1 else " at most"
    return (
        f"<span>{words}</span><span class='sum'>Odds before {_odds(before / (1 - before))}, times "
        f"{_ratio(ratio)} for this cosine, are{most} {_odds(ratio * before / (1 - before))}.</span>"
    )


def _held(p: float, is_least: bool) -> str:
    words = f"{100 * p:.1f} %" if p < 0.999 else "more than 99.9 %"
    return f"at least {words}" if is_least and p < 0.999 else words


def _odds(odds: float) -> str:
    """Odds with the smaller side 1: 0.0345 is 1 : 29."""
    return f"{_ratio(odds)} : 1" if odds >= 1 else f"1 : {_ratio(1 / odds)}"


def _ratio(ratio: float) -> str:
    """A ratio in at most two digits behind the point, a small one as a fraction."""
    if ratio < 0.1:
        return f"1/{1 / ratio:,.0f}"
    return f"{ratio:,.0f}" if ratio >= 9.95 else f"{ratio:.1f}".removesuffix(".0")


def draw_curves(
    rates: ErrorRates, similarity: float, threshold: float, metric: str = METRIC
) -> str:
    """False accepts and false rejects by threshold, the slider's place, and this pair's.

    One axis serves both metrics: what is a cosine c is a distance sqrt(2 - 2 c).
    """
    is_cosine = metric == METRIC
    grid = np.linspace(*SHOWN, 141)
    accept, reject = float(rates.false_accept(threshold)), float(rates.false_reject(threshold))
    lines = [
        charts.Line(
            name, grid, find_shares(grid), colour, note=f"{percent(share)} ({one_in(share)})"
        )
        for name, find_shares, share, colour in (
            ("strangers taken for the same person", rates.false_accept, accept, charts.VERMILION),
            ("the same person turned away", rates.false_reject, reject, charts.GREEN),
        )
    ]
    marks = [
        charts.Mark(threshold, "threshold"),
        charts.Mark(similarity, "this pair", colour=charts.BLUE, is_arrow=True),
    ]
    chart = charts.draw_chart(
        [*lines, *marks],
        title="Error rates by threshold",
        x=charts.Axis(
            f"{'cosine similarity' if is_cosine else 'Euclidean distance'} of two faces",
            *SHOWN,
            text=None if is_cosine else lambda cosine: number(to_distance(cosine)),
        ),
        y=charts.Axis("share of pairs", LEAST_SHARE, 1, is_log=True, text=charts.percent),
        size=charts.HALF,
    )
    total = int(rates.same.sum()), int(rates.different.sum())
    below = float(rates.false_reject(similarity))
    above = float(rates.false_accept(similarity))
    return (
        f'<div class="curves"><div class="pair-of-charts">{chart}{draw_roc(threshold)}</div>'
        f'<p class="soft">At this threshold, on {total[0]:,} pairs of '
        f"one person and {total[1]:,} of different persons (LFW). As similar as this pair or more: "
        f"{percent(1 - below)} of one person's pairs, {percent(above)} of strangers'.</p></div>"
    )


def draw_roc(threshold: float) -> str:
    """The receiver operating characteristic of SFace, with the threshold as its point, and of two
    older methods."""
    lines = []
    for method, title, colour in ROC_LINES:
        rates = load_rates(method)
        false_accepts, true_accepts, _ = rates.roc
        along = np.maximum(false_accepts, LEAST_SHARE)  # 0 stands there
        spots = np.round(ROC_SPOTS * np.stack([np.log(along) / np.log(LEAST_SHARE), true_accepts]))
        moves = (np.diff(spots, axis=1, append=np.inf) != 0).any(axis=0)
        kept = np.flatnonzero(moves & (np.append(along[1:], 1) > LEAST_SHARE))  # 0 is one spot
        line = along[kept], true_accepts[kept]
        lines.append(charts.Line(title, *line, colour, note=f"AUC {rates.auc:.4f}"))
    rates = load_rates()
    accept, reject = float(rates.false_accept(threshold)), float(rates.false_reject(threshold))
    point = charts.Points(
        f"threshold {number(threshold, 3)}", [max(accept, LEAST_SHARE)], [1 - reject],
        charts.VERMILION, note=f"{percent(accept)}, {percent(1 - reject)}",
    )  # fmt: skip
    return charts.draw_chart(
        [*lines, point],
        title="ROC: every threshold a point",
        x=charts.Axis("strangers accepted", LEAST_SHARE, 1, is_log=True, text=charts.percent),
        y=charts.Axis("same person accepted", 0, 1, text=charts.percent),
        size=charts.HALF,
    )


def draw_notes(notes: Sequence[str]) -> str:
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def draw_bars(values: np.ndarray, *, limit: float, height: int = 70) -> str:
    """Numbers as bars up (blue) and down (orange) from a line; ``limit`` is the full height."""
    step = WIDTH / len(values)
    middle = height / 2
    bars = []
    for index, value in enumerate(values):
        size = min(abs(float(value)) / limit, 1) * (middle - 1)
        top = middle - size if value > 0 else middle
        bars.append(
            f'<rect x="{index * step:.1f}" y="{top:.1f}" width="{max(step - 0.8, 0.6):.1f}" '
            f'height="{size:.1f}" fill="{MARK if value > 0 else OTHER}"/>'
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{len(values)} numbers">'
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="{middle}" y2="{middle}"/>{"".join(bars)}</svg>'
    )


def draw_embeddings(result: Verification, a: np.ndarray, b: np.ndarray) -> str:
    """Aligned faces, their numbers as bars, and number times number: the terms of the cosine."""
    limit = float(max(np.abs(a).max(), np.abs(b).max()))
    products = a * b
    helping, against = float(products[products > 0].sum()), float(products[products < 0].sum())
    rows = "".join(
        f"{to_img(face.crop, f'aligned face {name}')}<div><b>Face {name}: {len(vector)} numbers"
        f"</b>{draw_bars(vector, limit=limit)}</div>"
        for name, face, vector in (("A", result.faces[0], a), ("B", result.faces[1], b))
    )
    return draw_page(
        '<p class="soft">Each face is turned and scaled until eyes, nose and mouth lie where they '
        "belong in 112 x 112 pixels; the network makes numbers of it.</p>",
        f'<div class="pair">{rows}<div class="big">A x B</div>'
        f"<div>{draw_bars(products, limit=float(np.abs(products).max()), height=90)}</div></div>",
        f'<p class="big">cosine = {number(helping, 3)} (numbers that agree) '
        f"− {abs(against):.3f} (that disagree) = <b>{number(result.similarity, 3)}</b></p>",
        '<p class="soft">Both rows have length 1, so the Euclidean distance is √(2 − 2 · cosine) = '
        f"{number(to_distance(result.similarity), 3)}: two views of one number.</p>",
    )

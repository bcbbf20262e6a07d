"""How a siamese training looks: pairs beside the plane, two towers, distances and ROC; as HTML."""

from html import escape
from typing import Any

import numpy as np

from cvcore.core import drawing, images
from demos import lesson
from demos.face_verification.siamese_plane import draw_plane
from demos.face_verification.views import number, percent
from demos.lesson import charts

SMALL, ROC, HISTOGRAM = (440, 165), (400, 420), (490, 235)  # pixels
TOWERS = {2: "both", 3: "all three"}
ROLES = {
    "first": "picture 1", "second": "picture 2", "anchor": "anchor", "positive": "positive",
    "negative": "negative",
}  # fmt: skip
LOSSES = {
    "contrastive": "contrastive", "triplet": "triplet", "cross_entropy": "cross-entropy",
}  # fmt: skip
TOUCHES = 5e-4  # what is shown as 0


def draw_training(p: Any, *, is_going: bool) -> str:
    """The state and all parts, of which the style shows the chosen one."""
    return (
        f'<div class="siam">{draw_state(p, is_going)}'
        f'<section class="siam-of-pairs">{draw_map(p)}<div class="side">{draw_pairs(p)}'
        f"{draw_course(p)}</div></section>"
        f'<section class="siam-of-towers">{draw_towers(p)}</section>'
        f'<section class="siam-of-distances">{draw_distances(p)}</section></div>'
    )


def draw_state(p: Any, is_going: bool) -> str:
    """How far it is, how fast, and how well it tells pairs apart."""
    place = f"step {p.step} of {p.total}"
    if is_going:
        words = lesson.under_way(f"<b>{place}</b>", f"stopped at {place}")
    elif p.diverged:
        words = f"<b>the loss became no number at step {p.step}: take a smaller rate</b>"
    else:
        words = f"<b>{'done: ' if p.done and p.step == p.total else 'stopped at '}{place}</b>"
    if p.step:
        words += f" in {p.seconds:.1f} s"
    aucs = (
        f'<b class="big">AUC {number(p.known.auc)}</b> known · '
        f'<b class="big">{number(p.unseen.auc)}</b> 8 and 9, never shown'
    )
    return (
        f'<div class="siam-state"><progress max="{p.total}" value="{p.step}" '
        f'aria-label="Steps taken"></progress><p role="status">{words}</p><p>{aucs}</p></div>'
    )


# --- pairs and the plane -------------------------------------------------------------------------
def draw_map(p: Any) -> str:
    two = p.settings.dimensions == 2
    words = (
        "Distances in this plane are the distances that the loss sees."
        if two and p.settings.loss != "cross_entropy"
        else "Across plus up is the distance that the score sees." if two
        else f"A projection of {p.settings.dimensions} numbers on two."
    )  # fmt: skip
    return (
        f'<figure class="map">{draw_plane(p)}<figcaption>{words} '
        '<span class="key"><i class="u8"></i><i class="u9"></i> never shown</span>'
        "</figcaption></figure>"
    )


def draw_pairs(p: Any) -> str:
    """What is brought together beside what is driven apart; or triplets."""
    if p.settings.loss == "triplet":
        rows = "".join(_draw_triplet(one) for one in p.shown)
        return (
            '<div class="siam-pairs triplets"><h3>Triplets: anchor, same digit, another</h3>'
            f"{rows}</div>"
        )
    same = "".join(_draw_pair(p, one) for one in p.shown if one.is_same)
    other = "".join(_draw_pair(p, one) for one in p.shown if not one.is_same)
    return (
        f'<div class="siam-pairs"><div class="same"><h3>Same digit: pull</h3>{same}</div>'
        f'<div class="other"><h3>Different: push</h3>{other}</div></div>{_say_rest(p)}'
    )


def _draw_pair(p: Any, one: Any) -> str:
    return (
        f'<figure class="pair">{"".join(draw_digit(x) for x in one.pictures)}<figcaption>'
        f"<b>{number(one.distances[0])}</b> {say_force(p.settings.loss, one)}</figcaption></figure>"
    )


def _say_rest(p: Any) -> str:
    if p.settings.loss == "cross_entropy":
        return '<p class="siam-note">The score rests on no pair: it only pushes less and less.</p>'
    resting = f", as have {1 - p.active[-1]:.0%} of this step’s pairs" if p.step else ""
    return f'<p class="siam-note">Beyond the margin a pair has loss 0{resting}.</p>'


def say_force(loss: str, one: Any) -> str:
    """What the loss does with a pair or a triplet now."""
    if one.loss <= 0:
        return '<span class="rests">loss 0</span>'
    if one.loss < TOUCHES:
        return '<span class="rests">loss ≈ 0</span>'
    words = "push" if loss == "triplet" else "pull" if one.is_same else "push"
    return f'<span class="{words}">loss {number(one.loss)}</span>'


def _draw_triplet(one: Any) -> str:
    near, far = one.distances
    return (
        f'<figure class="pair">{"".join(draw_digit(x) for x in one.pictures)}<figcaption>'
        f"<b>{number(near)}</b> to the same, <b>{number(far)}</b> to the other<br>"
        f"{say_force('triplet', one)}</figcaption></figure>"
    )


def draw_digit(values: np.ndarray, alt: str = "") -> str:
    """A digit (28, 28) in [0, 1], white on black."""
    grey = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    source = images.to_data_uri(np.repeat(grey[..., None], 3, axis=2), format="png")
    return f'<img alt="{escape(alt)}" src="{source}">'


def draw_course(p: Any) -> str:
    """Both AUCs from the first step on."""
    lines = [
        charts.Line("known", p.seen_steps, p.known_auc, charts.BLUE),
        charts.Line("8 and 9", p.seen_steps, p.unseen_auc, charts.VERMILION),
    ]
    return charts.draw_chart(
        lines, title="AUC, held back", size=SMALL,
        x=charts.Axis("step", low=0, high=p.total, is_whole=True),
        y=charts.Axis("AUC", low=min(0.4, *map(min, (p.known_auc, p.unseen_auc))), high=1),
    )  # fmt: skip


# --- towers --------------------------------------------------------------------------------------
def draw_towers(p: Any) -> str:
    """The newest step's hardest pair through both towers, and the update of their one filter."""
    u = p.update
    if u is None:
        return '<p class="siam-hint">Press Start: the first step is still to be taken.</p>'
    count = {2: "two", 3: "three"}[len(u.towers)]
    limit = max(float(np.abs(one).max()) for one in (u.before, u.after)) or 1.0
    rows = "".join(_draw_tower(one, u, limit) for one in u.towers)
    names = "pair" if len(u.towers) == 2 else "triplet"
    return (
        f"<h3>Step {p.step}, its {names} with the greatest loss: {count} towers, one set of "
        f'weights</h3><div class="siam-towers">{rows}</div>{_draw_way(p, u)}{_draw_sum(u, limit)}'
    )


def _draw_tower(one: Any, u: Any, limit: float) -> str:
    x, y = one.embedding[:2], one.moved[:2]
    more = " …" if len(one.embedding) > 2 else ""
    return (
        f'<div class="tower"><figure>{draw_digit(one.picture)}<figcaption>{ROLES[one.role]}'
        f'</figcaption></figure><i class="to"></i>'
        f"<figure>{_draw_filter(u.before, limit)}<figcaption>filter {u.filter + 1}: "
        f"<b>{number(u.before[2, 2], 4)}</b> → <b>{number(u.after[2, 2], 4)}</b>"
        f'</figcaption></figure><i class="to"></i>'
        f"<figure>{_draw_map(one.map)}<figcaption>what it finds</figcaption></figure>"
        f'<i class="to long"><span>7 more filters, 3 layers</span></i>'
        f"<p>embedding<br><b>({number(x[0])}, {number(x[1])}{more})</b><br>after the step<br>"
        f"<b>({number(y[0])}, {number(y[1])}{more})</b></p></div>"
    )


def _draw_way(p: Any, u: Any) -> str:
    """What became of the distances."""
    now, then = u.distances, u.moved
    if len(u.towers) == 3:
        return (
            f'<p class="siam-way">Anchor to positive: <b>{number(now[0])}</b> → '
            f"<b>{number(then[0])}</b>. To the negative: <b>{number(now[1])}</b> → "
            f"<b>{number(then[1])}</b>. Loss {number(u.loss)}.</p>"
        )
    is_same = u.towers[0].digit == u.towers[1].digit
    kind = "One digit, so it is pulled together" if is_same else "Two digits, so it is pushed apart"
    return (
        f'<p class="siam-way">{kind}: distance <b>{number(now[0])}</b> → <b>{number(then[0])}</b>, '
        f"loss {number(u.loss)}.</p>"
    )


def _draw_sum(u: Any, limit: float) -> str:
    """The towers' gradients, their sum, and the filter before and after the one step."""
    greatest = max(float(np.abs(one.gradient).max()) for one in u.towers)
    greatest = max(greatest, float(np.abs(u.gradient).max())) or 1.0
    parts = " <b>+</b> ".join(
        f"<figure>{_draw_filter(one.gradient, greatest)}<figcaption>by {ROLES[one.role]}<br>"
        f"{number(one.gradient[2, 2], 4)}</figcaption></figure>"
        for one in u.towers
    )
    return (
        '<div class="siam-sum"><h4>Gradient</h4>'
        f"{parts} <b>=</b> <figure>{_draw_filter(u.gradient, greatest)}<figcaption>their sum<br>"
        f'<b>{number(u.gradient[2, 2], 4)}</b></figcaption></figure><h4 class="then">One step</h4>'
        f"<figure>{_draw_filter(u.before, limit)}<figcaption>before<br>"
        f"{number(u.before[2, 2], 4)}</figcaption></figure> <b>→</b> "
        f"<figure>{_draw_filter(u.after, limit)}<figcaption>after, in {TOWERS[len(u.towers)]}<br>"
        f"<b>{number(u.after[2, 2], 4)}</b></figcaption></figure></div>"
        '<p class="siam-note">The numbers are the framed weight’s; red is above 0, blue below. '
        "Adam steps against this sum and the ones before.</p>"
    )


def _draw_filter(values: np.ndarray, limit: float) -> str:
    """A filter (5, 5); the middle weight is framed by the style."""
    picture = drawing.colourise(values, colormap="diverging", vmin=-limit, vmax=limit)
    source = images.to_data_uri(picture, format="png")
    return f'<span class="filter"><img alt="" src="{source}"></span>'


def _draw_map(values: np.ndarray) -> str:
    picture = drawing.colourise(values, colormap="diverging")
    return f'<img alt="" src="{images.to_data_uri(picture, format="png")}">'


# --- distances -----------------------------------------------------------------------------------
def draw_distances(p: Any) -> str:
    """Histograms of known and of unseen digits, and both ROC curves."""
    both = draw_histogram(p, p.known, "Known digits") + draw_histogram(p, p.unseen, "8 and 9")
    return f'<div class="histograms">{both}</div><div class="roc">{draw_roc(p)}{say_rates(p)}</div>'


def draw_histogram(
    p: Any, one: Any, title: str, extra: tuple = (), size: tuple[int, int] = HISTOGRAM
) -> str:
    """Distances of pairs of one digit and of two, the loss's line and the threshold."""
    centres = (one.edges[1:] + one.edges[:-1]) / 2
    lines = [
        charts.Line("same", centres, one.same, charts.GREEN, fills=True),
        charts.Line("different", centres, one.different, charts.VERMILION, fills=True),
    ]
    return charts.draw_chart(
        [*lines, *_list_marks(p, one), *extra],
        title=f"{title}: {sum(one.pairs):,} pairs", size=size, legend=True,
        x=charts.Axis("distance", low=0, high=float(one.edges[-1])),
        y=charts.Axis("share of pairs", low=0, text=charts.percent),
    )  # fmt: skip


def _list_marks(p: Any, one: Any) -> list:
    places = [(p.known.threshold, "threshold", charts.BLUE)]
    if p.mark is not None:
        name = "margin" if p.settings.loss == "contrastive" else "score even"
        places.append((p.mark, name, None))
    places = sorted(
        (place for place in places if 0 <= place[0] <= float(one.edges[-1])),
        key=lambda place: place[0],
    )
    # the last one lowest: words go on to the right, over its line
    return [
        charts.Mark(at, name, colour=colour, row=row)
        for row, (at, name, colour) in reversed(list(enumerate(places)))
    ]


def draw_roc(p: Any) -> str:
    lines = [
        charts.Line(name, one.false_accepts, one.true_accepts, colour, note=number(one.auc))
        for name, one, colour in (
            ("known", p.known, charts.BLUE), ("8 and 9", p.unseen, charts.VERMILION),
        )
    ]  # fmt: skip
    return charts.draw_chart(
        lines, title="ROC, AUC", size=ROC, legend=True,
        x=charts.Axis("different taken for the same", low=0, high=1, text=charts.percent),
        y=charts.Axis("same found", low=0, high=1, text=charts.percent),
    )  # fmt: skip


def say_rates(p: Any) -> str:
    k, u = p.known, p.unseen
    return (
        f'<p class="siam-note">Threshold {number(k.threshold)}: on known digits both errors are '
        f"{percent(k.equal_error)}. Guessing is AUC 0.5. With a threshold of their own, both "
        f"errors of 8 and 9 would be {percent(u.equal_error)}.</p>"
    )

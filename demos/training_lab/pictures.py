"""The views "Gradients", "Filters" and "Mistakes": what is inside, and what it gets wrong."""

from html import escape
from typing import Any

import numpy as np

from cvcore.core import images
from cvcore.training_lab.progress import Progress
from demos.lesson import charts
from demos.training_lab.curves import NOTHING, draw_gradients, list_shown
from demos.training_lab.session import Session

FOR, AGAINST = np.array([213, 94, 0]), np.array([0, 114, 178])  # Okabe and Ito's
DENSE = 9  # pixels: a wider one is of a dense layer
LARGE = (900, 250)


def draw_profile(session: Session) -> dict[str, Any]:
    """Gradient norms from layer to layer, at the first step and now; and as the run goes on."""
    one = session.current
    if one is None or not one.members:
        return NOTHING
    lines, p = [], one.last
    few = len(p.layers) <= 6
    for kept in list_shown(session):
        if kept.last.layers != p.layers or not len(kept.last.gradient_norms):
            continue
        at = np.arange(len(p.layers))
        for words, row, dash in (("first step", 0, 2), ("now", -1, 0)):
            name = f"{kept.name}, {words}"
            norms = kept.last.gradient_norms[row]
            lines.append(charts.Line(name, at, norms, kept.colour, dash=dash, dots=False))
    profile = charts.draw_chart(
        lines, title="Gradient norm of each layer, from the pixels to the answer",
        x=charts.slots([name if few else name.split()[0] for name in p.layers], "layer"),
        y=charts.Axis("norm", is_log=True), size=LARGE, legend=True,
    )  # fmt: skip
    html = (
        f'<div class="lab lab-two">{profile}{draw_gradients(p, LARGE)}<p class="lab-words">'
        "Each layer's gradient is the product of all that come after it: where it shrinks or grows "
        "from layer to layer, the first layers learn too slowly or too wildly.</p></div>"
    )
    first, now = (p.gradient_norms[i].tolist() if len(p.gradient_norms) else [] for i in (0, -1))
    return {"html": html, "layers": list(p.layers), "first": first, "now": now}


# --- filters -------------------------------------------------------------------------------------
def colour_weights(weights: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) of weights (C, h, w): orange above 0, blue below, white at 0; of three
    channels their own colours, grey at 0."""
    most = float(np.abs(weights).max()) or 1.0
    share = weights / most
    if len(share) == 3:
        return np.rint(127.5 + 127.5 * share.transpose(1, 2, 0)).astype(np.uint8)
    share = share.mean(axis=0)[..., None]
    towards = np.where(share > 0, FOR, AGAINST)
    return np.rint(255 + np.abs(share) * (towards - 255)).astype(np.uint8)


def draw_filters(session: Session) -> dict[str, Any]:
    """The first layer's weights as pictures, each on its own scale."""
    one = session.current
    if one is None or not one.members:
        return NOTHING
    p = one.last
    filters, side = np.nan_to_num(p.filters), p.filters.shape[-1]
    is_change = side > DENSE and one.initial is not None and one.initial.shape == filters.shape
    if is_change:
        filters = filters - one.initial
    classes = one.load().classes if p.settings.network == "linear" else ()
    columns = 5 if len(filters) <= 10 else 11 if len(filters) > 40 else 8
    tiles = "".join(
        f'<figure><img src="{_to_source(colour_weights(one_filter))}" alt="">'
        + (f"<figcaption>{escape(classes[i])}</figcaption>" if classes else "")
        + "</figure>"
        for i, one_filter in enumerate(filters)
    )
    rows = -(-len(filters) // columns)
    if is_change:
        what = "what training has changed in the weights of a unit of the first layer"
    elif side > DENSE:
        what = "the weights of a unit of the first layer"
    else:
        what = f"a {side} × {side} filter of the first layer"
    html = (
        f'<div class="lab lab-one"><div class="lab-tiles" style="--columns:{columns};'
        f'--rows:{rows};--label:{1.4 if classes else 0}rem" role="img" '
        f'aria-label="{len(filters)} filters">{tiles}</div>'
        f'<p class="lab-words"><b>{escape(one.name)}</b>, step {p.step}: each picture is {what}, '
        "on its own scale. Orange: above 0, blue: below.</p></div>"
    )
    return {"html": html, "filters": len(filters), "step": p.step}


def _to_source(picture: np.ndarray) -> str:
    return images.to_data_uri(picture, format="png")


# --- mistakes ------------------------------------------------------------------------------------
def draw_mistakes(session: Session) -> dict[str, Any]:
    """The pictures with the largest loss, and who is taken for whom."""
    one = session.current
    if one is None or not one.members:
        return NOTHING
    p, data = one.last, one.load()
    wrong = int(p.confusion.sum() - np.trace(p.confusion))
    long = " long" if max(map(len, data.classes)) > 2 else ""
    html = (
        '<div class="lab lab-pair"><div><h3>Largest loss, of those held back</h3>'
        f'<div class="lab-worst{long}">{draw_worst(p, data)}</div></div>'
        f"<div><h3>{wrong} of {int(p.confusion.sum())} wrong</h3>"
        f"{draw_confusion(p.confusion, data.classes)}</div></div>"
    )
    pairs = zip(p.worst_indices.tolist(), p.worst_answers.tolist(), strict=True)
    worst = [
        [index, data.classes[int(data.validation.labels[index])], data.classes[answer]]
        for index, answer in pairs
    ]
    return {"html": html, "worst": worst, "wrong": wrong, "confusion": p.confusion.tolist()}


def draw_worst(p: Progress, data: Any) -> str:
    """Sixteen pictures with truth, answer and loss."""
    parts = []
    for index, loss, answer in zip(p.worst_indices, p.worst_losses, p.worst_answers, strict=True):
        picture = data.validation.pictures[int(index)].numpy().transpose(1, 2, 0)
        picture = np.rint(255 * picture).astype(np.uint8)
        source = _to_source(np.broadcast_to(picture, (*picture.shape[:2], 3)).copy())
        truth, said = data.classes[int(data.validation.labels[int(index)])], data.classes[answer]
        css = "right" if truth == said else "wrong"
        parts.append(
            f'<figure class="{css}"><img src="{source}" alt="a {escape(truth)}">'
            f"<figcaption>{escape(truth)} → <b>{escape(said)}</b> "
            f"<span>{charts.short(round(float(loss), 1))}</span></figcaption></figure>"
        )
    return "".join(parts)


def draw_confusion(counts: np.ndarray, classes: tuple[str, ...]) -> str:
    """Truth in rows, answer in columns; the darker the more often."""
    head = "".join(f'<th scope="col"><span>{escape(one)}</span></th>' for one in classes)
    rows = []
    for truth, row in zip(classes, counts, strict=True):
        total = max(int(row.sum()), 1)
        cells = []
        for said, count in zip(classes, row, strict=True):
            share = count / total
            css = "hit" if said == truth else "miss"
            cells.append(
                f'<td class="{css}{" full" if share > 0.55 else ""}" style="--share:{share:.2f}">'
                f"{int(count) or ''}</td>"
            )
        rows.append(f'<tr><th scope="row">{escape(truth)}</th>{"".join(cells)}</tr>')
    long = " long" if max(map(len, classes)) > 2 else ""
    return (
        f'<table class="lab-confusion{long}"><caption>rows: truth · columns: answer</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )

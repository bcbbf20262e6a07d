"""Drawings of the classification lesson, as HTML made of numbers and escaped text."""

import base64
from html import escape

import numpy as np

from cvcore.classification import SoftmaxTerms
from cvcore.classification.preprocessing_faults import Trace
from cvcore.classification.rank_n import RankedPicture
from cvcore.core import drawing, images
from demos.lesson import under_way

PHOTO_SIDE, STEP_SIDE = 1280, 640  # pixels
MANY = 9  # rows of a table that are written smaller
STYLE = """<style>
.cls { color: var(--body-text-color); font-size: 1.05rem; }
.cls.cls table { width: 100%; border: 0 !important; border-collapse: collapse;
  font-variant-numeric: tabular-nums; }
.cls.cls tr, .cls.cls thead { border: 0 !important; }
.cls .few { font-size: clamp(.9rem, 1.8vw, 1.25rem); }
.cls.cls th, .cls.cls td { padding: .28rem .5rem; text-align: right; border: 0;
  border-bottom: 1px solid var(--border-color-primary); color: inherit; background: none; }
.cls.cls th:first-child, .cls.cls td:first-child { text-align: left; }
.cls.cls tr.sum td { font-weight: 700; border-top: 2px solid var(--body-text-color); }
.cls.cls tr.rest td { color: var(--body-text-color-subdued); }
.cls .big { font-size: 1.2rem; margin: .3rem 0 .6rem; overflow-wrap: anywhere; }
.cls .soft { color: var(--body-text-color-subdued); }
.cls .steps { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem .9rem; }
.cls figure { margin: 0; }
.cls .steps figure { width: min(100%, (100cqh - 230px) / 2 * var(--ratio)); }
.cls figure img { width: 100%; display: block; border-radius: 6px; margin: 0; }
.cls figure.broken .frame { outline: .25rem solid #c4391d; border-radius: 6px; }
.cls figcaption { font-size: 1rem; line-height: 1.3; }
.cls figcaption b { display: block; font-size: 1.1rem; }
.cls .frame { position: relative; overflow: hidden; }
.cls .frame i { position: absolute; border: 2px solid #fff; outline: 2px solid #c4391d;
  box-shadow: 0 0 0 100rem #0008; }
.cls .planes { display: grid; grid-template-columns: repeat(3, 1fr); gap: .2rem; }
.cls .chart.wide { max-width: calc((var(--tall) - 24rem) * 2.8) !important; }
.lesson-rail .cls { font-size: .875rem; }
.cls .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr));
  gap: .8rem; }
.cls .gallery img { width: 100%; height: 8rem; object-fit: contain; }
</style>"""


def percent(p: float) -> str:
    return f"{100 * p:.1f}\u00a0%"


def number(x: float, digits: int = 2) -> str:
    return f"{x:.{digits}f}".replace("-", "−")


def draw_page(*parts: str) -> str:
    return f'{STYLE}<div class="cls">{"".join(parts)}</div>'


def draw_photo(image: np.ndarray | None) -> str:
    """The picture itself, as large as its place; nothing where there is none."""
    if image is None:
        return ""
    ratio = image.shape[1] / image.shape[0]
    src = _uri(images.shrink(image, PHOTO_SIDE))
    return (
        '<div style="display: flex; align-items: center"><img class="fit" alt="Your picture" '
        f'style="--ratio: {ratio:.4f}; margin: 0 auto" src="{src}"></div>'
    )


def draw_softmax(terms: SoftmaxTerms, labels: tuple[str, ...], temperature: float) -> str:
    """A row per class: its logit, its exponential and its share of the sum."""
    rows = []
    for class_idx, z, e, p in zip(
        terms.class_indices, terms.logits, terms.exponentials, terms.probabilities, strict=True
    ):
        rows.append(
            f"<tr><td>{escape(labels[class_idx])}</td><td>{number(z)}</td>"
            f"<td>{number((z - terms.logits[0]) / temperature)}</td>"
            f"<td>{e:.4f}</td><td>{percent(p)}</td></tr>"
        )
    others = len(labels) - len(rows)
    rest = (
        f'<tr class="rest"><td>the other {others} classes together</td><td></td><td></td>'
        f"<td>{terms.rest:.4f}</td><td>{percent(terms.rest / terms.total)}</td></tr>"
    )
    total = (
        f'<tr class="sum"><td>sum</td><td></td><td></td><td>{terms.total:.4f}</td>'
        "<td>100.0 %</td></tr>"
    )
    shown = " + ".join(f"{e:.3f}" for e in terms.exponentials[:4])
    left = terms.total - float(terms.exponentials[:4].sum())
    name = escape(labels[terms.class_indices[0]])
    return draw_page(
        f'<table class="{"few" if len(rows) < MANY else ""}"><thead><tr><th>class</th>'
        "<th>logit z</th><th>(z − z<sub>max</sub>) / T</th>"
        "<th>e to that</th><th>÷ sum = p</th></tr></thead><tbody>",
        *rows,
        rest,
        total,
        "</tbody></table>",
        f'<p class="big">p({name}) = {terms.exponentials[0]:.3f} / ({shown} + … {left:.3f}) '
        f"= {terms.exponentials[0]:.3f} / {terms.total:.3f} "
        f"= <b>{percent(terms.probabilities[0])}</b> &nbsp; at T = {temperature:g}</p>",
    )


def draw_trace(trace: Trace, *, broken_step: str = "", story: str = "") -> str:
    """The stages from the photo to the numbers, the broken one framed and told."""
    height, width = trace.source.shape[:2]
    resized_h, resized_w = trace.resized.shape[:2]
    left, top, right, bottom = trace.crop_xyxy
    box = (
        f'<i style="left:{100 * left / resized_w:.2f}%;top:{100 * top / resized_h:.2f}%;'
        f"width:{100 * (right - left) / resized_w:.2f}%;"
        f'height:{100 * (bottom - top) / resized_h:.2f}%"></i>'
    )
    side = right - left
    limit = max(map(abs, trace.usual_range))
    planes = "".join(
        f'<img alt="{name} channel" src="{_uri(_plane(plane, limit))}">'
        for name, plane in zip(("first", "second", "third"), trace.normalised, strict=True)
    )
    x = trace.normalised
    spread = f"{number(float(x.min()))} to {number(float(x.max()))}, mean {number(float(x.mean()))}"
    stages = (
        (
            "",
            width / height,
            _picture(images.shrink(trace.source, STEP_SIDE)),
            "1. Picture",
            f"{width} x {height} pixels",
        ),
        (
            "resize",
            resized_w / resized_h,
            _picture(images.shrink(trace.resized, STEP_SIDE), box),
            "2. Resize",
            f"{resized_w} x {resized_h}; the frame is the crop",
        ),
        ("crop", 1, _picture(trace.cropped), "3. Crop", f"{side} x {side} x 3 values, 0 to 255"),
        (
            "normalise",
            3,
            f'<div class="frame planes">{planes}</div>',
            "4. Normalise",
            f"three channels of numbers, {spread}",
        ),
    )
    step = "crop" if broken_step == "colours" else broken_step
    figures = "".join(
        f'<figure class="{"broken" if key and key == step else ""}" '
        f'style="--ratio: {ratio:.4f}">{picture}'
        f"<figcaption><b>{title}</b>{text}</figcaption></figure>"
        for key, ratio, picture, title, text in stages
    )
    told = f'<p class="big"><b>Broken on purpose:</b> {escape(story)}</p>' if story else ""
    return draw_page(told, f'<div class="steps">{figures}</div>')


def draw_mistakes(
    mistakes: tuple[RankedPicture, ...], labels: tuple[str, ...], *, limit: int = 60
) -> str:
    """Wrongly classified pictures, each with its true class, that class's rank and the answer."""
    if not mistakes:
        return draw_page('<p class="big">No mistake here.</p>')
    cells = "".join(
        f'<figure><img alt="" src="{jpeg_uri(one.thumbnail)}"><figcaption>'
        f"<b>{escape(labels[one.class_idx])}</b>rank {one.rank}, {percent(one.probability)}<br>"
        f"said: {escape(labels[one.top_indices[0]])}, {percent(one.top_probabilities[0])}"
        f"</figcaption></figure>"
        for one in mistakes[:limit]
    )
    more = len(mistakes) - limit
    tail = f'<p class="soft">and {more} more; all are in the table file.</p>' if more > 0 else ""
    return draw_page(f'<div class="gallery">{cells}</div>', tail)


def draw_waiting(text: str) -> str:
    """What is done now, large, until it is stopped."""
    return draw_page(f'<p class="big">{under_way(escape(text), "Stopped.")}</p>')


def draw_sentence(text: str) -> str:
    """One sentence, large."""
    return draw_page(f'<p class="big">{escape(text)}</p>')


def _plane(plane: np.ndarray, limit: float) -> np.ndarray:
    """Blue below zero, red above; beyond the usual range the colours are at their end."""
    return drawing.colourise(plane[::2, ::2], colormap="diverging", vmin=-limit, vmax=limit)


def _picture(image: np.ndarray, overlay: str = "") -> str:
    return f'<div class="frame"><img alt="" src="{_uri(image)}">{overlay}</div>'


def _uri(image: np.ndarray) -> str:
    return images.to_data_uri(image)


def jpeg_uri(data: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"

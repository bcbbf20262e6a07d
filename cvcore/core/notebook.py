"""How results show themselves in a notebook: small pieces of HTML that hold their own pictures.

A result's ``_repr_html_`` or ``_repr_png_`` calls these. Nothing here needs IPython, a script or
the network; every text is escaped. Colours are left to the notebook's theme, but for the bars.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from cvcore.core.images import shrink, to_data_uri

MAX_SIDE = 480  # pixels: a larger picture is shown smaller
MIN_SIDE = 96  # pixels: a smaller one larger, pixel by pixel
BAR_COLOUR = "#3b7dd8"


def picture_html(image: np.ndarray, caption: str = "") -> str:
    """A picture uint8 (H, W, 3), or a grey map (H, W), with a line of text below it."""
    factor = max(1, -(-MIN_SIDE // max(image.shape[:2])))
    shown = shrink(image.repeat(factor, axis=0).repeat(factor, axis=1), MAX_SIDE)
    address = to_data_uri(shown, format="png")
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    alt = escape(caption, quote=True)
    return (
        f'<figure style="display:inline-block;margin:4px">'
        f'<img src="{address}" alt="{alt}">{below}</figure>'
    )


def pictures_html(images: Iterable[np.ndarray], captions: Sequence[str] = ()) -> str:
    """Pictures side by side; ``captions`` may be fewer."""
    words = [*captions]
    parts = [
        picture_html(image, words[number] if number < len(words) else "")
        for number, image in enumerate(images)
    ]
    return f"<div>{''.join(parts)}</div>"


def bars_html(
    labels: Sequence[str],
    values: Sequence[float] | np.ndarray,
    *,
    texts: Sequence[str] | None = None,
    limit: float = 1.0,
) -> str:
    """A row a value: its label, a bar, the number. A bar of ``limit`` or more is full.

    ``texts`` replace the numbers, by default per cent of ``limit``.
    """
    rows = []
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        share = float(value) / limit if limit > 0 and math.isfinite(value) else 0.0
        text = texts[number] if texts is not None else f"{share:.1%}"
        bar = (
            f'<div style="background:{BAR_COLOUR};height:0.8em;'
            f'width:{100 * min(max(share, 0.0), 1.0):.1f}%"></div>'
        )
        rows.append(
            f'<tr><td style="text-align:left">{escape(str(label))}</td>'
            f'<td style="width:12em">{bar}</td><td>{escape(text)}</td></tr>'
        )
    return f"<table>{''.join(rows)}</table>"


def table_html(rows: Sequence[dict]) -> str:
    """Dictionaries with the same keys as a table."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"

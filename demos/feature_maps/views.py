"""Small drawings of the feature maps tab, as HTML made of numbers and escaped text."""

from collections.abc import Sequence
from html import escape

import numpy as np

from cvcore.core import images
from demos.lesson import charts

BINS = 24  # of a histogram


def draw_figure(
    image: np.ndarray, caption: str, *, width: int | None = None, smooth: bool = False
) -> str:
    """A picture with a line below it, as wide as its place or ``width`` pixels."""
    kind = "smooth" if smooth else ""
    wide = "" if width is None else f' style="width:{width}px;max-width:100%"'
    return (
        f'<figure{wide}><img class="{kind}" style="width:100%" '
        f'src="{images.to_data_uri(image, format="png")}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def draw_figures(figures: Sequence[str], columns: int) -> str:
    """Figures so many a row, together as large as their place."""
    return f'<div class="figures" style="--columns:{columns}">{"".join(figures)}</div>'


def ink_on(*rgb: int) -> str:
    """Black or white, whichever is the easier to read on a colour of 0 to 255 a channel."""
    light = ((np.array(rgb) / 255) ** 2.2) @ (0.2126, 0.7152, 0.0722)  # as the eye sees it
    return "#000" if light > 0.179 else "#fff"


def draw_bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """Names with shares in [0, 1] as bars, the first in another colour."""
    parts = [f"<h3>{escape(title)}</h3>"]
    for place, (name, share) in enumerate(rows):
        first = " first" if place == 0 else ""
        parts.append(
            f'<span>{escape(str(name))}</span><span class="track{first}">'
            f'<i style="width:{100 * share:.1f}%"></i></span><b>{share:.1%}</b>'
        )
    return f'<div class="bars">{"".join(parts)}</div>'


def draw_histogram(
    values: np.ndarray,
    title: str,
    *,
    what: str = "value",
    count: str = "places",
    value_range: tuple[float, float] | None = None,
    colour: int = charts.BLUE,
    size: tuple[int, int] = charts.HALF,
) -> str:
    """How many values fall where, as columns."""
    counts, edges = np.histogram(values, bins=BINS, range=value_range)
    step = edges[1] - edges[0]
    bars = charts.Bars(count, edges[:-1] + step / 2, counts, colour, width=0.9 * step)
    x = charts.Axis(what, float(edges[0]), float(edges[-1]))
    y = charts.Axis(count, 0, is_whole=True)
    return charts.draw_chart([bars], title=title, x=x, y=y, size=size, legend=False)


def draw_spread(
    mean: np.ndarray, deviation: np.ndarray, title: str, limit: float,
    chart_size: tuple[int, int] = charts.HALF,
) -> str:  # fmt: skip
    """A channel a bar, from mean - deviation to mean + deviation; the scale ends at ±limit."""
    channels = np.arange(len(mean))
    size = min(max(150 / len(mean), 1.5), 4.0)  # pixels
    reach = {"base": mean - deviation, "width": 0.8, "note": "(and as far below)"}
    return charts.draw_chart(
        [
            charts.Points("mean", channels, mean, charts.VERMILION, size=size),
            charts.Bars("mean + deviation", channels, mean + deviation, charts.BLUE, **reach),
        ],
        title=title,
        x="channel",
        y=charts.Axis("value", -limit, limit),
        size=chart_size,
    )

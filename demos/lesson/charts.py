"""Draw a chart: lines, bars, points, marks and bands on one pair of axes, as HTML with SVG.

Matplotlib chooses the ticks; the SVG is written here. Two lines of 20 to 200 points take 2 to 5 ms
and 4 to 18 KB. A whole Matplotlib figure of them takes 50 to 60 ms (26 to 36 with its axes kept)
and 18 to 47 KB, and shows no values under the pointer; pygal takes 7 to 14 ms (with dots up to 59)
and 14 to 123 KB, its own style in each, and has neither marks nor bands; Gradio's Plotly and Vega
plots load 4.6 and 0.7 MB of script and cannot stand inside a line of HTML. Nothing is kept between
charts: threads may draw at once.

Values under the pointer, or by the arrow keys: page/static/charts.js; looks: charts.css.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import count

import numpy as np

from demos.lesson.charts_axis import Axis, fit, percent, short, slots
from demos.lesson.charts_draw import draw_axes, draw_band, draw_mark, draw_series, draw_shape
from demos.lesson.charts_parts import (
    BLUE,
    DASHES,
    GREEN,
    GREY,
    HALF,
    LETTER,
    NARROW,
    ORANGE,
    PURPLE,
    SHAPES,
    SKY,
    SPARK,
    VERMILION,
    WIDE,
    Band,
    Bars,
    Frame,
    Line,
    Mark,
    Points,
    Series,
    colour_of,
)  # fmt: skip

__all__ = [
    "BLUE", "GREEN", "GREY", "HALF", "NARROW", "ORANGE", "PURPLE", "SKY", "SPARK", "VERMILION",
    "WIDE", "Axis", "Band", "Bars", "Line", "Mark", "Points", "colour_of", "draw_chart", "percent",
    "short", "slots",
]  # fmt: skip

TOLD = 12  # points of a series that a screen reader is told at once


def draw_chart(
    parts: Sequence[Series | Mark | Band],
    *,
    title: str,
    x: Axis | str = "",
    y: Axis | str = "",
    size: tuple[int, int] = WIDE,
    legend: bool | None = None,
    under: str = "",
) -> str:
    """A ``<figure>``; ``under`` is trusted HTML, as wide as the plot, below it.

    With the size ``SPARK`` only the lines are drawn. The legend is left out where there is one
    series without a note, unless told.
    """
    x = Axis(x) if isinstance(x, str) else x
    y = Axis(y) if isinstance(y, str) else y
    series = [part for part in parts if isinstance(part, Series)]
    is_bare = size == SPARK
    frame = _lay_out(parts, series, x, y, size)
    order = [
        *([] if is_bare else [draw_axes(frame, x, y)]),
        *(draw_band(frame, part) for part in parts if isinstance(part, Band)),
        *(draw_series(frame, part, series) for part in _stack(series)),
        *(draw_mark(frame, part) for part in parts if isinstance(part, Mark)),
    ]
    if legend is None:
        legend = len(series) > 1 or any(part.note for part in series)
    listed = [part for part in series if part.name and getattr(part, "is_listed", True)]
    key = "".join(_draw_key(frame, part) for part in listed) if legend else ""
    head = "" if is_bare else f"<figcaption><b>{escape(title)}</b>{key}</figcaption>"
    width, height = size
    left, right = 100 * frame.x.start / width, 100 * (width - frame.x.end) / width
    below = f'<div class="under" style="margin:0 {right:.2f}% 0 {left:.2f}%">{under}</div>'
    along = "y" if _lies(series) else "x"
    focus = "" if is_bare else ' tabindex="0"'
    return (
        f'<figure class="chart {_name_width(size)}">{head}'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" '
        f'data-along="{along}" data-span="{frame.y.end:.0f} {frame.y.start:.0f}"'
        f"{focus}>"
        f"<desc>{escape(_tell(frame, series))}</desc>{''.join(order)}</svg>"
        f"{below if under else ''}</figure>"
    )


def _name_width(size: tuple[int, int]) -> str:
    """The style that says how far the chart may grow."""
    if size == SPARK:
        return "spark"
    return "wide" if size[0] > 500 else "half" if size[0] > 350 else "narrow"


def _lay_out(parts: Sequence, series: Sequence[Series], x: Axis, y: Axis, size: tuple) -> Frame:
    """The scales on their pixels, with room for the ticks' words."""
    width, height = size
    xs, ys = _collect(parts, x, y)
    is_flat = _lies(series)
    across = fit(x, xs, count=max(2, width // 90), is_rounded=is_flat)
    up = fit(y, ys, count=max(2, height // 55), is_rounded=not is_flat)
    if size == SPARK:
        left, right, top, bottom = 6.0, 6.0, 6.0, 6.0
    else:
        longest = max((len(text) for _, text in up.ticks), default=0)
        left = min(14 + LETTER * longest, 0.45 * width)
        lines = max((text.count("\n") + 1 for _, text in across.ticks), default=0)
        top = 30.0 if y.label else 14.0
        top += 16 if any(isinstance(part, Bars) and part.texts for part in series) else 0
        bottom = 8.0 + 19 * lines + (22 if x.label else 0)
        right = 6.0 if x.ticks is not None else 18.0
    sides = (top, height - bottom) if is_flat else (height - bottom, top)  # names: downwards
    frame = Frame(
        replace(across, start=left, end=width - right),
        replace(up, start=sides[0], end=sides[1]),
        size,
    )
    taken = count()
    for part in series:
        own = next(taken) if part.colour is None else part.colour
        frame.colours[id(part)] = own if isinstance(own, Sequence) else (own,)
    plain = [part for part in series if isinstance(part, Line) and not part.dots]
    frame.dashes.update(
        (id(part), DASHES[(i if part.dash is None else part.dash) % len(DASHES)])
        for i, part in enumerate(plain)
    )
    return frame


def _lies(series: Sequence[Series]) -> bool:
    """Whether the bars lie: then the places run downwards, and the values to the right."""
    return any(isinstance(part, Bars) and part.is_horizontal for part in series)


def _stack(series: Sequence[Series]) -> list[Series]:
    """Bars lowest, then lines, then points; of its kind the first on top."""
    kinds = (Bars, Line, Points)
    return sorted(reversed(series), key=lambda part: kinds.index(type(part)))


def _collect(parts: Sequence, x: Axis, y: Axis) -> tuple[np.ndarray, np.ndarray]:
    """All values that the axes must hold."""
    xs, ys = [np.empty(0)], [np.empty(0)]
    for part in parts:
        if isinstance(part, Bars):
            at = np.asarray(part.at, np.float64)
            ends = np.concatenate([np.ravel(part.size), np.ravel(part.base)]).astype(np.float64)
            places = np.concatenate([at - part.width / 2, at + part.width / 2])
            xs.append(ends if part.is_horizontal else places)
            ys.append(places if part.is_horizontal else ends)
        elif isinstance(part, Mark):
            (xs if part.axis == "x" else ys).append(np.array([part.at], np.float64))
        elif isinstance(part, Band):
            (xs if part.axis == "x" else ys).append(np.array([part.low, part.high], np.float64))
        else:
            xs.append(np.asarray(part.x, np.float64))
            ys.append(np.asarray(part.y, np.float64))
            if isinstance(part, Line) and part.fills and not y.is_log:
                ys.append(np.zeros(1))
    return np.concatenate(xs), np.concatenate(ys)


def _draw_key(frame: Frame, part: Series) -> str:
    """A series in the legend: how it is drawn, its name, its note."""
    number = frame.colour(part)
    shape = draw_shape(SHAPES[number % len(SHAPES)], 17, 8, 5)
    if isinstance(part, Bars):
        sample = '<rect x="9" y="1" width="16" height="14"/>'
    elif isinstance(part, Points):
        sample = shape
    else:
        sample = f'<path class="way" d="M0 8H34"{frame.dash(part)}/>{shape if part.dots else ""}'
    note = f" <b>{escape(part.note)}</b>" if part.note else ""
    return (
        f'<span><svg class="c{number % 7}" viewBox="0 0 34 16" aria-hidden="true">{sample}</svg>'
        f"{escape(part.name)}{note}</span>"
    )


def _tell(frame: Frame, series: Sequence[Series]) -> str:
    """The values in words: all of a short series, of a long one some, evenly chosen."""
    told = []
    for part in series:
        is_bars = isinstance(part, Bars)
        at, size = (part.at, part.size) if is_bars else (part.x, part.y)
        is_flat = is_bars and part.is_horizontal
        along, across = (frame.y, frame.x) if is_flat else (frame.x, frame.y)
        pairs = [(float(a), float(v)) for a, v in zip(at, size, strict=True)]
        pairs = [(a, v) for a, v in pairs if np.isfinite(a) and np.isfinite(v)]
        chosen = np.unique(np.linspace(0, len(pairs) - 1, min(TOLD, len(pairs))).astype(int))
        words = "; ".join(
            f"{along.text(pairs[i][0])}: {across.text(pairs[i][1])}".replace("\n", ", ")
            for i in chosen
        )
        told.append(f"{part.name}: {words or 'no values'}.")
    return " ".join(told)

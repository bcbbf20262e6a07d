"""The SVG of a chart's parts; see charts.py."""

import json
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from demos.lesson.charts_axis import Axis, Scale
from demos.lesson.charts_parts import LETTER, SHAPES, Band, Bars, Frame, Line, Mark, Points, Series


def draw_axes(frame: Frame, x: Axis, y: Axis) -> str:
    """Grid, ticks and what the axes are called."""
    left, right = frame.x.start, frame.x.end
    low, high = max(frame.y.start, frame.y.end), min(frame.y.start, frame.y.end)
    parts = []
    for at, text in frame.y.ticks:
        p = float(frame.y.place([at])[0])
        parts.append(
            f'<path class="grid" d="M{left:.1f} {p:.1f}H{right:.1f}"/>'
            f'<text x="{left - 8:.1f}" y="{p + 5.5:.1f}" text-anchor="end">'
            f"{escape(_cut(text, int(left / LETTER)))}</text>"
        )
    ticks = frame.x.ticks
    widest = max((len(line) for _, text in ticks for line in text.split("\n")), default=0)
    room = (right - left) / max(len(ticks), 1)
    every = max(1, int(np.ceil((LETTER * widest + 6) / room))) if len(ticks) > 2 else 1
    for at, text in ticks[::every]:
        p = float(frame.x.place([at])[0])
        half = LETTER * max(map(len, text.split("\n"))) / 2
        middle = min(max(p, half), frame.size[0] - half)
        if x.ticks is None:
            parts.append(f'<path class="grid" d="M{p:.1f} {low:.1f}v6"/>')
        for line, words in enumerate(text.split("\n")):
            parts.append(
                f'<text x="{middle:.1f}" y="{low + 21 + 19 * line:.1f}" text-anchor="middle">'
                f"{escape(words)}</text>"
            )
    parts.append(f'<path class="axis" d="M{left:.1f} {high:.1f}V{low:.1f}H{right:.1f}"/>')
    if x.label:
        parts.append(
            f'<text class="label" x="{(left + right) / 2:.1f}" y="{frame.size[1] - 6}" '
            f'text-anchor="middle">{escape(x.label)}</text>'
        )
    if y.label:
        parts.append(f'<text class="label" x="4" y="15">{escape(y.label)}</text>')
    return "".join(parts)


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: max(letters - 1, 1)] + "…"


def draw_series(frame: Frame, part: Series, series: Sequence[Series]) -> str:
    """One series with the points that the pointer finds: ``[[pixel x, pixel y, x, y], ...]``."""
    if isinstance(part, Bars):
        drawn, points = _draw_bars(frame, part, [one for one in series if isinstance(one, Bars)])
    else:
        x = np.asarray(part.x, np.float64)
        y = np.asarray(part.y, np.float64)
        px, py = frame.x.place(x), frame.y.place(y)
        known = np.isfinite(x) & np.isfinite(y)
        drawn = _draw_line(frame, part, px, py, known) if isinstance(part, Line) else ""
        if isinstance(part, Points) or part.dots:
            radius = part.size if isinstance(part, Points) else 4.5
            shape = SHAPES[frame.colour(part) % len(SHAPES)]
            drawn += "".join(
                draw_shape(shape, a, b, radius) for a, b in zip(px[known], py[known], strict=True)
            )
        points = [
            [round(float(a), 1), round(float(b), 1), frame.x.text(float(u)), frame.y.text(float(v))]
            for a, b, u, v in zip(px[known], py[known], x[known], y[known], strict=True)
        ]
    data = escape(json.dumps(points, ensure_ascii=False, separators=(",", ":")), quote=False)
    return (
        f'<g class="series c{frame.colour(part) % 7}" data-name="{escape(part.name)}" '
        f"data-points='{data.replace(chr(39), '&#39;')}'>{drawn}</g>"
    )


def _draw_line(
    frame: Frame, part: Line, px: np.ndarray, py: np.ndarray, known: np.ndarray
) -> str:  # fmt: skip
    """The line, in pieces where values are missing, and the area under it."""
    floor = float(frame.y.place([frame.y.low if frame.y.is_log else 0.0])[0])
    parts = []
    for run in _find_runs(known):
        pairs = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px[run], py[run], strict=True))
        if part.fills:
            first, last = px[run][0], px[run][-1]
            area = f"{first:.1f},{floor:.1f} {pairs} {last:.1f},{floor:.1f}"
            parts.append(f'<polygon points="{area}"/>')
        parts.append(f'<polyline points="{pairs}" fill="none"{frame.dash(part)}/>')
        if run.stop - run.start == 1 and not part.dots:
            parts.append(draw_shape("circle", px[run.start], py[run.start], 4.5))
    return "".join(parts)


def _find_runs(known: np.ndarray) -> Iterator[slice]:
    """Stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.r_[False, known, False].astype(np.int8)))
    return (slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


def draw_shape(shape: str, x: float, y: float, r: float) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}"/>'
    paths = {
        "square": f"M{x - r * 0.9:.1f} {y - r * 0.9:.1f}h{1.8 * r:g}v{1.8 * r:g}h{-1.8 * r:g}z",
        "triangle": f"M{x:.1f} {y - 1.2 * r:.1f}l{1.15 * r:g} {2 * r:g}h{-2.3 * r:g}z",
        "diamond": f"M{x:.1f} {y - 1.3 * r:.1f}l{1.2 * r:g} {1.3 * r:g} {-1.2 * r:g} {1.3 * r:g} "
        f"{-1.2 * r:g} {-1.3 * r:g}z",
        "plus": f"M{x - 0.4 * r:.1f} {y - 1.2 * r:.1f}h{0.8 * r:g}v{0.8 * r:g}h{0.8 * r:g}"
        f"v{0.8 * r:g}h{-0.8 * r:g}v{0.8 * r:g}h{-0.8 * r:g}v{-0.8 * r:g}h{-0.8 * r:g}"
        f"v{-0.8 * r:g}h{0.8 * r:g}z",
    }
    return f'<path d="{paths[shape]}"/>'


def _draw_bars(frame: Frame, part: Bars, group: Sequence[Bars]) -> tuple[str, list]:
    """Rectangles, each with its text at its end."""
    along, across = (frame.y, frame.x) if part.is_horizontal else (frame.x, frame.y)
    at = np.asarray(part.at, np.float64)
    sizes = np.asarray(part.size, np.float64)
    width = part.width / len(group)
    first = at - part.width / 2 + width * next(i for i, one in enumerate(group) if one is part)
    starts, stops = along.place(first), along.place(first + width)
    bases = across.place(np.broadcast_to(np.asarray(part.base, np.float64), sizes.shape))
    tips = across.place(sizes)
    own, parts, points = frame.colours[id(part)], [], []
    for i, (a, b, base, tip) in enumerate(zip(starts, stops, bases, tips, strict=True)):
        if not np.isfinite(tip + base + a):
            continue
        low, thick = min(a, b), max(abs(b - a) - 1, 0.6)
        near, long = min(base, tip), abs(tip - base)
        x, y, w, h = (
            (near, low, long, thick) if part.is_horizontal else (low, near, thick, long)
        )  # fmt: skip
        css = f' class="c{own[i % len(own)] % 7}"' if len(own) > 1 else ""
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"{css}/>')
        centre = (low + thick / 2, tip)
        px, py = centre[::-1] if part.is_horizontal else centre
        if i < len(part.texts):
            place = f'x="{px + 6:.1f}" y="{py + 5.5:.1f}"'
            if not part.is_horizontal:
                place = f'x="{px:.1f}" y="{py - 6:.1f}" text-anchor="middle"'
            parts.append(f"<text {place}>{escape(part.texts[i])}</text>")
        words = along.text(float(at[i])).replace("\n", ", ")
        points.append(
            [round(float(px), 1), round(float(py), 1), words, _tell_size(across, part, sizes[i], i)]
        )
    return "".join(parts), points


def _tell_size(scale: Scale, part: Bars, size: float, index: int) -> str:
    """A bar's value; of a bar with a base of its own both ends."""
    text = scale.text(float(size))
    if np.ndim(part.base) == 0:
        return text
    return f"{scale.text(float(np.asarray(part.base)[index]))} to {text}"


def draw_band(frame: Frame, part: Band) -> str:
    scale = frame.x if part.axis == "x" else frame.y
    a, b = sorted(float(p) for p in scale.place([part.low, part.high]))
    top, low = sorted((frame.y.start, frame.y.end))
    x, y, w, h = (
        (a, top, b - a, low - top) if part.axis == "x"
        else (frame.x.start, a, frame.x.end - frame.x.start, b - a)
    )  # fmt: skip
    words = f'<text x="{x + 6:.1f}" y="{y + 17:.1f}">{escape(part.text)}</text>'
    return (
        f'<g class="band c{part.colour % 7}"><rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" '
        f'height="{h:.1f}"/>{words if part.text else ""}</g>'
    )


def draw_mark(frame: Frame, part: Mark) -> str:
    """The dashed line or the arrow, its words on the side where there is room."""
    scale = frame.x if part.axis == "x" else frame.y
    p = float(scale.place([part.at])[0])
    if not np.isfinite(p):
        return ""
    top, low = sorted((frame.y.start, frame.y.end))
    css = "" if part.colour is None else f" c{part.colour % 7}"
    move = ""
    if part.is_moving:  # drawn at the low end, and moved from there
        way = scale.end - scale.start
        place = f"calc(var(--now,{(p - scale.start) / way:.4f})*{way:.1f}px)"
        move = f' style="transform:translate{part.axis.upper()}({place})"'
        css += " moving"
        p = scale.start
    if part.axis == "y":
        drawn = f'<path d="M{frame.x.start:.1f} {p:.1f}H{frame.x.end:.1f}"/>'
        y = p - 8 if p - top > 24 else p + 19
        words = f'x="{frame.x.end - 4:.1f}" y="{y:.1f}" text-anchor="end"'
    else:
        fits = p + 14 + LETTER * len(part.text) < frame.size[0]
        gap = 14 if part.is_arrow else 7
        shape = f'd="M{p:.1f} {low:.1f}l-11 -20h22z"' if part.is_arrow else (
            f'd="M{p:.1f} {low:.1f}V{top:.1f}"')  # fmt: skip
        drawn = f"<path {shape}/>"
        words = (
            f'x="{p + gap if fits else p - gap:.1f}" '
            f'y="{low - 8 if part.is_arrow else top + 14 + 19 * part.row:.1f}" '
            f'text-anchor="{"start" if fits else "end"}"'
        )
    text = f"<text {words}>{escape(part.text)}</text>" if part.text else ""
    kind = "arrow" if part.is_arrow else "mark"
    return f'<g class="{kind}{css}"{move}>{drawn}{text}</g>'

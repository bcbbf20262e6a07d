"""Small drawings of the lesson as SVG: ellipses, roses of directions, squares and lines."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from cvcore.core import images


def draw_line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x1:.2f} {y1:.2f}L{x2:.2f} {y2:.2f}"/>'


def draw_circle(x: float, y: float, radius: float, kind: str) -> str:
    return f'<circle class="{kind}" cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}"/>'


def draw_polygon(points: Iterable[Sequence[float]], kind: str) -> str:
    text = " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
    return f'<polygon class="{kind}" points="{text}"/>'


def draw_text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def draw_picture(image: np.ndarray, side: float, *, x: float = 0, y: float = 0) -> str:
    """A map (h, w) or picture, its pixels as squares."""
    source = images.to_data_uri(image, format="png")
    return (
        f'<image href="{source}" x="{x}" y="{y}" width="{side}" height="{side}" '
        'preserveAspectRatio="none" style="image-rendering:pixelated"/>'
    )


def draw_svg(
    content: str, width: float, height: float, alt: str, kind: str = "", style: str = ""
) -> str:
    told = f' style="{style}"' if style else ""
    return (
        f'<svg class="drawing {kind}" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(alt)}"{told}>{content}</svg>'
    )


def draw_rose(
    values: np.ndarray, angles: np.ndarray, x: float, y: float, radius: float,
    *, greatest: float, both: bool = False, kind: str = "rose",
) -> str:  # fmt: skip
    """A line for each direction, clockwise degrees on the screen, as long as its value; ``both``
    ways where a direction is a line's, not an arrow's."""
    lines = []
    for value, angle in zip(values, np.deg2rad(angles), strict=True):
        reach = radius * float(value) / greatest if greatest > 0 else 0
        if reach < 0.3:
            continue
        dx, dy = reach * np.cos(angle), reach * np.sin(angle)
        start = (x - dx, y - dy) if both else (x, y)
        lines.append(draw_line(*start, x + dx, y + dy, kind))
    return "".join(lines)


def say(number: float, digits: int = 3) -> str:
    """A number to be read: a true minus, no more digits than are of use."""
    return f"{number:.{digits}g}".replace("-", "−").replace("e−0", "e−")

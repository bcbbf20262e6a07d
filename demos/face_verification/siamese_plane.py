"""The plane of embeddings: held-back digits as glyphs where the network puts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from cvcore.face_verification.siamese.settings import KNOWN, UNSEEN
from demos.face_verification.views import number

SIDE = 560  # of the drawing, about as large as it is shown
LEFT, BOTTOM, TOP, RIGHT = 66, 50, 20, 4
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
AIR = 0.03  # of the widest spread, around the points
MOST_STEPS, MOST_TICKS = 10, 6  # along an axis, and with numbers


@dataclass(frozen=True)
class Pin:
    """A drawing in the plane, with its name; ``is_asked`` for the one that is asked about."""

    name: str
    place: Sequence[float]
    is_asked: bool = False


@dataclass(frozen=True)
class Frame:
    """The square of the plane that is drawn; both axes have one scale."""

    low: tuple[float, float]
    length: float
    step: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        wide, high = SIDE - LEFT - RIGHT, SIDE - TOP - BOTTOM
        a = min(max((x - self.low[0]) / self.length, 0), 1)
        b = min(max((y - self.low[1]) / self.length, 0), 1)
        return LEFT + a * wide, TOP + (1 - b) * high

    @property
    def unit(self) -> float:
        """Pixels of a length of 1."""
        return (SIDE - LEFT - RIGHT) / self.length


def fit_frame(points: np.ndarray) -> Frame:
    """Whole steps around the points, so that it rests while they move a little."""
    if not len(points):
        points = np.zeros((1, 2))
    low, high = points.min(axis=0), points.max(axis=0)
    span = max(float((high - low).max()), 1e-6)
    low, high = low - AIR * span, high + AIR * span
    step = next((one for one in STEPS if span / one <= MOST_STEPS), STEPS[-1])
    while span / step < 1 and step > 1e-6:
        step /= 10
    count = int(max(np.ceil(high / step) - np.floor(low / step)))
    first = np.floor(low / step)
    spare = count - (np.ceil(high / step) - first)  # to both sides
    start = (first - np.floor(spare / 2)) * step
    return Frame((float(start[0]), float(start[1])), count * step, step)


def draw_plane(p: Any, pins: Sequence[Pin] = (), *, is_faint: bool = False) -> str:
    """Known digits in their colours, those never shown in frames of their own; a bar as long as
    the margin; ``pins`` on top."""
    places = [np.asarray(pin.place, np.float64)[None] for pin in pins]
    frame = fit_frame(np.concatenate([p.plane, *places]) if places else p.plane)
    glyphs = [
        _draw_glyph(frame, point, digit)
        for point, digit in sorted(
            zip(p.plane.tolist(), p.digits.tolist(), strict=True), key=lambda one: one[1] in UNSEEN
        )
    ]
    drawn = _draw_axes(frame, p.settings.dimensions) + "".join(glyphs)
    drawn += _draw_margin(frame, p) + "".join(_draw_pin(frame, pin) for pin in pins)
    about = "Embeddings of held-back digits; 8 and 9, framed, were never shown in the training"
    return (
        f'<svg class="siam-plane{" faint" if is_faint else ""}" viewBox="0 0 {SIDE} {SIDE}" '
        f'role="img" aria-label="{about}">{drawn}</svg>'
    )


def _draw_glyph(frame: Frame, point: list[float], digit: int) -> str:
    x, y = frame.place(*point)
    if digit not in UNSEEN:
        return f'<text class="k{KNOWN.index(digit)}" x="{x:.1f}" y="{y + 6:.1f}">{digit}</text>'
    shape = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="12"/>' if digit == UNSEEN[0]
        else f'<rect x="{x - 11:.1f}" y="{y - 11:.1f}" width="22" height="22"/>'
    )  # fmt: skip
    return f'<g class="u{digit}">{shape}<text x="{x:.1f}" y="{y + 6:.1f}">{digit}</text></g>'


def _draw_axes(frame: Frame, dimensions: int) -> str:
    right, floor = SIDE - RIGHT, SIDE - BOTTOM
    parts = [f'<rect class="frame" x="{LEFT}" y="{TOP}" width="{right - LEFT}" '
             f'height="{floor - TOP}"/>']  # fmt: skip
    digits = 0 if frame.step >= 1 else len(f"{frame.step:g}".partition(".")[2])
    count = round(frame.length / frame.step)
    for i in range(0, count + 1, 1 if count <= MOST_TICKS else 2):
        a, b = (low + i * frame.step for low in frame.low)
        x, y = frame.place(a, b)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{floor}M{LEFT} {y:.1f}H{right}"/>')
        if 0 < i < count:
            parts.append(f'<text class="tick" x="{x:.1f}" y="{floor + 20}">'
                         f'{number(round(a, 9) + 0.0, digits)}</text>')  # fmt: skip
            parts.append(f'<text class="tick up" x="{LEFT - 6}" y="{y + 6:.1f}">'
                         f'{number(round(b, 9) + 0.0, digits)}</text>')  # fmt: skip
    names = ("embedding 1", "embedding 2")
    if dimensions > 2:
        names = (f"axis 1 of the widest plane in {dimensions}", "axis 2")
    parts.append(f'<text class="label" x="{(LEFT + right) / 2}" y="{SIDE - 8}">{names[0]}</text>')
    parts.append(f'<text class="label" transform="translate(14 {(TOP + floor) / 2}) rotate(-90)">'
                 f"{names[1]}</text>")  # fmt: skip
    return "".join(parts)


def _draw_margin(frame: Frame, p: Any) -> str:
    """A bar as long as the distance at which the loss draws its line, where there is one."""
    if p.settings.loss != "contrastive":
        return ""
    long = p.settings.margin * frame.unit
    if long > SIDE - LEFT - RIGHT - 30:
        return ""
    x, y = SIDE - RIGHT - 14 - long, SIDE - BOTTOM - 14
    anchor = max(x + long / 2, 0)
    return (
        f'<g class="bar"><path d="M{x:.1f} {y - 7}v14m0 -7h{long:.1f}m0 -7v14"/>'
        f'<text x="{min(anchor, SIDE - RIGHT - 60):.1f}" y="{y - 12}">'
        f"margin {number(p.settings.margin)}</text></g>"
    )


def _draw_pin(frame: Frame, pin: Pin) -> str:
    x, y = frame.place(*map(float, pin.place))
    wide = 13 + 6 * len(pin.name)
    return (
        f'<g class="pin{" asked" if pin.is_asked else ""}"><rect x="{x - wide:.1f}" '
        f'y="{y - 17:.1f}" width="{2 * wide}" height="34" rx="9"/>'
        f'<text x="{x:.1f}" y="{y + 8:.1f}">{escape(pin.name)}</text></g>'
    )

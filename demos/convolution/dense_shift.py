"""A digit dragged about under three networks."""

from html import escape
from typing import Any

import numpy as np

from cvcore.convolution import shifts
from cvcore.core import checks
from demos.components.js_component import JsComponent
from demos.lesson import charts

END = {
    "MLP": "a weight for each pixel",
    "convnet, flattened": "a weight for each place of each map",
    "convnet, pooled": "a weight for each map, for its maximum",
}
COLOURS = dict(zip(END, (charts.VERMILION, charts.ORANGE, charts.BLUE), strict=True))


class ShiftBoard(JsComponent):
    """A digit in its frame, to be dragged; fires ``move`` at each new place, ``drop`` at the last.

    Its value is a dict: ``digit``, 784 numbers from 0 to 1, and its shift ``down`` and ``right``,
    in pixels up to ``limit``.
    """

    MARKUP = """<div class="board" hidden><canvas width="28" height="28" tabindex="0"
      role="application" aria-label="Drag the digit; arrow keys move it by a pixel"></canvas>
      <output></output></div>"""
    SCRIPTS = ("board.js",)
    STYLES = ("board.css",)


def board_value(digit: np.ndarray, down: int, right: int) -> dict[str, Any]:
    """What :class:`ShiftBoard` draws."""
    return {
        "digit": np.round(digit.astype(float), 4).ravel().tolist(),
        "down": int(down), "right": int(right), "limit": shifts.MAX_SHIFT,
    }  # fmt: skip


def show_answers(digit: np.ndarray, down: Any, right: Any) -> tuple[str, dict]:
    """What the three networks say of the digit at its place: HTML, numbers."""
    answer = shifts.recognise_shifted(digit, down, right)
    at_home = shifts.recognise_shifted(digit)
    cards = "".join(
        _draw_card(name, answer.probabilities[name], int(at_home.probabilities[name].argmax()))
        for name in shifts.NETWORKS
    )
    lost = 1 - answer.ink_left
    note = f"<p>{lost:.0%} of the ink has left the frame.</p>" if lost >= 0.005 else ""
    numbers = {
        "answers": {name: int(p.argmax()) for name, p in answer.probabilities.items()},
        "probabilities": {name: p.tolist() for name, p in answer.probabilities.items()},
        "ink_left": answer.ink_left,
    }
    return f'<div class="dense-answers">{cards}{note}</div>', numbers


def _draw_card(name: str, probabilities: np.ndarray, at_home: int) -> str:
    best = int(probabilities.argmax())
    rows = "".join(
        f'<b>{digit}</b><span class="track"><i style="width:{100 * p:.1f}%"></i></span>'
        for digit, p in enumerate(probabilities)
    )
    word = "still" if best == at_home else f"not {at_home}, but"
    return (
        f'<figure class="{"same" if best == at_home else "other"}">'
        f"<figcaption><b>{escape(name)}</b><small>{END[name]}</small></figcaption>"
        f'<p class="big"><small>{word}</small> {best} <small>{probabilities[best]:.0%}</small></p>'
        f'<div class="ten">{rows}</div></figure>'
    )


def show_accuracy(down: Any, right: Any) -> str:
    """Accuracy on the test digits against their shift, and at the place that is chosen."""
    curve = shifts.measure_curve()
    down = checks.check_whole("The shift down", down, -shifts.MAX_SHIFT, shifts.MAX_SHIFT)
    right = checks.check_whole("The shift to the right", right, -shifts.MAX_SHIFT, shifts.MAX_SHIFT)
    here = shifts.measure_at(down, right)
    far = float(np.hypot(down, right))
    parts: list[charts.Line | charts.Points | charts.Mark] = []
    for name, shares in curve.items():
        parts.append(
            charts.Line(
                name.removeprefix("convnet, "), range(len(shares)), shares,
                colour=COLOURS[name], dots=True,
                note=f"{here[name]:.0%}",
            )
        )  # fmt: skip
    if 0 < far <= shifts.FURTHEST:
        parts.append(charts.Mark(far, "your shift", row=2))
    way = f"{abs(right)} {'right' if right >= 0 else 'left'}, "
    way += f"{abs(down)} {'down' if down >= 0 else 'up'}"
    chart = charts.draw_chart(
        parts,
        title=f"500 test digits, {way}",
        x=charts.Axis("shift in pixels: a quarter each to the right, left, down, up", 0, 8),
        y=charts.Axis("answered rightly", 0, 1, text=charts.percent),
        size=(900, 215),
    )
    return f'<div class="scrolls">{chart}</div>'

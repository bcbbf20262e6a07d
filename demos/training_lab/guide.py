"""Which way when, as two by two: few pictures or many, like ImageNet's or unlike them."""

from html import escape

import numpy as np

from cvcore.training_lab.transfer_learning.measured import FEW, MANY, MEASURED
from demos.lesson import charts

SHORT = {
    "frozen": "new head", "stages": "last stages", "everything": "everything",
    "scratch": "scratch",
}  # fmt: skip
COLUMNS = {"clothes": "like ImageNet's: clothes", "digits": "unlike them: digits"}
ROWS = {FEW: f"few: {FEW} each", MANY: f"many: {MANY} each"}


def draw_guide() -> str:
    """In each of the four cells what the ways were measured to be worth, the best first."""
    head = "".join(f'<th scope="col">{escape(words)}</th>' for words in COLUMNS.values())
    rows = "".join(
        f'<tr><th scope="row">{words}</th>{"".join(map(_draw_cell, _find(count)))}</tr>'
        for count, words in ROWS.items()
    )
    return (
        "<h3>Which way when</h3>"
        f'<table class="guide"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>'
        '<p class="soft">Share right, ten classes, three seeds.</p>'
    )


def _find(count: int) -> list[dict[str, tuple[float, ...]]]:
    return [MEASURED[kind, count] for kind in COLUMNS]


def _draw_cell(shares: dict[str, tuple[float, ...]]) -> str:
    means = sorted(((float(np.mean(values)), way) for way, values in shares.items()), reverse=True)
    lines = [f"<b>{charts.percent(round(mean, 2))}</b> {SHORT[way]}" for mean, way in means]
    return f'<td><span class="best">{lines[0]}</span><br>{"<br>".join(lines[1:])}</td>'

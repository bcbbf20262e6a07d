"""A template of the digit 9, laid over a field of cells: one unit of a dense layer."""

from functools import lru_cache
from typing import Any

import numpy as np

from cvcore.convolution import template
from cvcore.convolution.kernels import DIGIT_NINE
from cvcore.core import checks
from demos.lesson import charts

LOW, HIGH = 60, template.CELLS  # of the histogram of sums
FIRST_THRESHOLD = 85
_NINE = np.array(DIGIT_NINE)
FIELDS = {
    "the template's own 9": template.place(_NINE),
    "one cell to the right": template.place(_NINE, left=template.LEFT + 1),
    "one cell down": template.place(_NINE, top=template.TOP + 1),
    "a narrower 9": template.place(
        np.array(
            [[-1, 1, 1, 1, -1], [-1, 1, -1, 1, -1], [-1, 1, 1, 1, -1], *[[-1, -1, -1, 1, -1]] * 4]
        )
    ),
    "draw your own": np.full((template.ROWS, template.COLUMNS), template.PAPER),
}
FIRST_FIELD = "the template's own 9"


def field_value(name: str) -> dict[str, Any]:
    """A named field as the value of a NumberTable."""
    return {"cells": FIELDS[name].tolist(), "paper": template.PAPER, "drawing": True}


def take_test_nine(count: int) -> tuple[dict[str, Any], int]:
    """The next 9 of the test digits, as cells, and how many have been taken."""
    fields, labels = template.list_test_fields()
    nines = fields[labels == 9]
    cells = nines[count % len(nines)].tolist()
    return {"cells": cells, "paper": template.PAPER, "drawing": True}, count + 1


def show_template(cells: Any, threshold: Any) -> tuple[str, dict]:
    """The field, the template, their products and sum, and all test digits' sums: HTML, numbers."""
    threshold = checks.check_setting("The threshold", threshold, -template.CELLS, template.CELLS)
    rows = cells.get("cells") if isinstance(cells, dict) else cells
    answer = template.match_template(rows, threshold)
    sums, labels = template.sum_test_digits()
    fires = sums >= threshold
    hits, alarms = int(fires[labels == 9].sum()), int(fires[labels != 9].sum())
    nines, others = int((labels == 9).sum()), int((labels != 9).sum())
    agree = int((answer.products > 0).sum())
    tables = "".join(
        f"<figure><figcaption>{title}</figcaption>{draw_cells(values, kind)}</figure>"
        for title, values, kind in (
            ("your cells", np.array(rows, dtype=np.float64), "ink"),
            ("× the template", template.TEMPLATE, "ink"),
            ("= products", answer.products, "sign"),
        )
    )
    verdict = "it fires: “this is a 9”" if answer.fires else "it stays silent: “no 9”"
    html = (
        f'<div class="dense-template"><div class="sheets">{tables}<div class="said">'
        f'<p class="big">Sum {charts.short(answer.total)}</p><p>{agree} of {template.CELLS} cells '
        f"agree. Threshold {charts.short(threshold)}: <b>{verdict}</b>.</p>"
        f"<p>Of the {nines} nines among 500 real test digits, each already brought to the "
        f"template's place and size, <b>{hits}</b> reach the threshold; so do <b>{alarms}</b> of "
        f"the {others} other digits.</p></div></div><div class='scrolls'>"
        f"{_draw_sums(threshold, answer.total)}</div></div>"
    )
    numbers = {
        "sum": answer.total, "fires": answer.fires, "products": answer.products.tolist(),
        "nines_found": hits, "others_taken_for_nines": alarms,
    }  # fmt: skip
    return html, numbers


def draw_cells(values: np.ndarray, kind: str) -> str:
    """A table of cells: ``ink`` black on white, ``sign`` green above 0 and red below."""
    cells = "".join(
        f'<i class="{_to_class(value, kind)}">{charts.short(float(value))}</i>'
        for value in values.ravel()
    )
    return f'<div class="cells" style="--columns: {values.shape[1]}">{cells}</div>'


def _to_class(value: float, kind: str) -> str:
    if kind == "ink":
        return "ink" if value > 0 else "paper"
    return "agrees" if value > 0 else "differs"


@lru_cache(maxsize=1)
def _count_sums() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sums from LOW to HIGH in steps of 2, and the share of nines and others with each."""
    sums, labels = template.sum_test_digits()
    at = np.arange(LOW + 1, HIGH + 1, 2)  # an odd number of cells of 1 and -1 has an odd sum
    shares = [
        np.array([(sums[own] == one).mean() for one in at]) for own in (labels == 9, labels != 9)
    ]
    return at, shares[0], shares[1]


def _draw_sums(threshold: float, total: float) -> str:
    at, nines, others = _count_sums()
    marks = [charts.Mark(threshold, "threshold")] if LOW <= threshold <= HIGH else []
    own = [charts.Mark(total, "your cells", row=1, colour=charts.GREEN)] if total >= LOW else []
    return charts.draw_chart(
        [
            charts.Bars("nines", at, nines, colour=charts.BLUE, width=1.6),
            charts.Bars("other digits", at, others, colour=charts.ORANGE, width=1.6),
            *marks,
            *own,
        ],
        title="500 test digits under the template",
        x=charts.Axis("sum of the products", LOW, HIGH + 1),
        y=charts.Axis("share of its kind", 0, text=charts.percent),
        size=(900, 230),
    )

"""Who led ImageNet, and when: published accuracies as a chart and a table."""

from html import escape

from cvcore.classification.leaders import HUMAN_TOP5, LEADERS
from demos.classification.rank_table import LOOK
from demos.classification.views import draw_page
from demos.lesson import charts


def draw_leaders() -> str:
    """Accuracy by year, and each figure with where it was published."""
    lines = [
        charts.Line(
            name, [year for year, _ in points], [value for _, value in points], colour, dots=True
        )
        for name, colour, points in (
            ("top-5 (Rank-5)", charts.BLUE, [(r.year, r.top5) for r in LEADERS if r.top5]),
            ("top-1 (Rank-1)", charts.VERMILION, [(r.year, r.top1) for r in LEADERS if r.top1]),
        )
    ]
    chart = charts.draw_chart(
        [*lines, charts.Mark(HUMAN_TOP5, "a practised person, top-5", axis="y")],
        title="Published accuracy on ImageNet’s 1,000 classes",
        x=charts.Axis("year", text=lambda year: str(int(year + 0.01))),
        y=charts.Axis("accuracy, %", high=100),
    )
    rows = "".join(
        f"<tr><td>{row.date}</td><td>{escape(row.name)}</td><td>{_write(row.top1)}</td>"
        f"<td>{_write(row.top5)}</td><td>{escape(row.setting)}</td><td>{escape(row.source)}</td>"
        "</tr>"
        for row in LEADERS
    )
    return draw_page(
        LOOK,
        f'<div class="leaders">{chart}<div class="rows" tabindex="0" role="region" '
        'aria-label="Leaders on ImageNet"><table><thead><tr><th>date</th><th>network</th>'
        "<th>top-1, %</th><th>top-5, %</th><th>of what</th><th>published in</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="soft">As their authors published them: several networks at once, one network, '
        "test and validation pictures are not the same race. An empty place: no figure was found "
        "at its source. The person: arXiv:1409.0575.</p></div>",
    )


def _write(accuracy: float | None) -> str:
    return "" if accuracy is None else f"{accuracy:.4g}"

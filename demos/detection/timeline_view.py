"""Detectors from 2001 to 2026 as two charts and a table."""

from collections.abc import Callable, Sequence
from html import escape

import cvcore
from cvcore.detection.timeline import Detector
from demos.detection.views import draw_page, draw_table
from demos.lesson import charts

KINDS = ("windows", "proposals", "one stage", "transformer")
SAID = (
    "As their authors published them. COCO: mAP50-95 on val or test-dev; VOC07: mAP50. Speeds are "
    "of different machines, sizes and batches; empty: no source gives it. Point at a mark for its "
    "name."
)


def draw() -> tuple[str, dict]:
    """The charts, the table, and its numbers."""
    detectors = cvcore.detection.timeline.DETECTORS
    html = draw_page(
        f'<div class="two"><div>{draw_years(detectors)}</div>'
        f"<div>{draw_speeds(detectors)}</div></div>",
        f'<p class="soft">{SAID}</p>',
        f'<div class="years" tabindex="0">{draw_list(detectors)}</div>',
    )
    return html, {"detectors": [vars(one) for one in detectors]}


def draw_years(detectors: Sequence[Detector]) -> str:
    """mAP on COCO against the year; those of one year stand beside each other."""
    places = place_years(detectors)
    known = [(place, one) for place, one in zip(places, detectors, strict=True) if one.coco]
    return charts.draw_chart(
        draw_points(known), title="mAP50-95 on COCO by year",
        x=charts.Axis(
            "year of publication", 2014.5, 2027, text=to_name(known),
            ticks=[(year, str(year)) for year in (2015, 2018, 2021, 2024, 2027)],
        ),
        y=charts.Axis("mAP50-95, %", 0, 60), size=charts.HALF,
    )  # fmt: skip


def draw_speeds(detectors: Sequence[Detector]) -> str:
    """mAP on COCO against the published time."""
    known: list[tuple[float, Detector]] = []
    for one in detectors:
        if one.coco and one.ms:  # each place has one name: equals stand a hair apart
            same = sum(one.ms == other.ms for _, other in known)
            known.append((one.ms * 1.004**same, one))
    return charts.draw_chart(
        draw_points(known), title="mAP50-95 on COCO by time",
        x=charts.Axis(
            "published ms a picture", 1, 1000, is_log=True, text=to_name(known),
            ticks=[(at, f"{at:g}") for at in (1, 10, 100, 1000)],
        ),
        y=charts.Axis("mAP50-95, %", 0, 60), size=charts.HALF,
    )  # fmt: skip


def draw_points(known: Sequence[tuple[float, Detector]]) -> list[charts.Points]:
    return [
        charts.Points(kind, [at for at, _ in own], [one.coco or 0.0 for _, one in own], number)
        for number, kind in enumerate(KINDS)
        if (own := [(at, one) for at, one in known if one.kind == kind])
    ]


def place_years(detectors: Sequence[Detector]) -> list[float]:
    """Years, those of one year spread over it, so that each place has one name."""
    places = []
    for number, one in enumerate(detectors):
        same = [i for i, other in enumerate(detectors) if other.year == one.year]
        places.append(one.year + same.index(number) / len(same) * 0.9)
    return places


def to_name(known: Sequence[tuple[float, Detector]]) -> Callable[[float], str]:
    """Which detector stands at a place."""
    return lambda at: min(known, key=lambda pair: abs(pair[0] - at))[1].name


def draw_list(detectors: Sequence[Detector]) -> str:
    rows = [
        [
            str(one.year), f"<b>{escape(one.name)}</b>", escape(one.idea),
            "" if one.voc07 is None else f"{one.voc07:.1f}",
            "" if one.coco is None else f"{one.coco:.1f}",
            tell_speed(one), escape(one.source),
        ]
        for one in detectors
    ]  # fmt: skip
    return draw_table(
        ["year", "detector", "idea", "VOC07, %", "COCO, %", "a picture", "source"], rows
    )


def tell_speed(one: Detector) -> str:
    if one.ms is None:
        return ""
    time = f"{one.ms / 1000:,.3g} s" if one.ms >= 1000 else f"{one.ms:.3g} ms"
    return f"{time}<br>{escape(one.device)}"

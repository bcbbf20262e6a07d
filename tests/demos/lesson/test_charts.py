"""Charts: values stand at their places, can be pointed at, and nothing breaks the page."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from time import process_time
from xml.etree import ElementTree

import numpy as np
import pytest

from demos.lesson import charts
from demos.lesson.charts import Axis, Band, Bars, Line, Mark, Points, draw_chart, slots
from demos.lesson.charts_axis import fit

SVG_SIZE = (400, 200)  # user units


def parse(html: str) -> ElementTree.Element:
    return ElementTree.fromstring(html.replace("\u00a0", " "))


def series_of(html: str) -> list[tuple[str, list]]:
    """Each series' name and what the pointer finds: [pixel x, pixel y, x, y]."""
    return [
        (one.get("data-name"), json.loads(one.get("data-points")))
        for one in parse(html).iter("g")
        if one.get("data-points") is not None
    ]


def plot_of(html: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the plot, from the line of its axes."""
    path = next(p for p in parse(html).iter("path") if p.get("class") == "axis").get("d")
    left, top, bottom, right = map(float, re.findall(r"[\d.]+", path))
    return left, top, right, bottom


def test_values_stand_at_their_places():
    html = draw_chart(
        [Line("a", [0, 5, 10], [0, 0.5, 1])], title="t", x=Axis(low=0, high=10),
        y=Axis(low=0, high=1), size=SVG_SIZE,
    )  # fmt: skip
    left, top, right, bottom = plot_of(html)
    # four letters of "0.00" on the left; one line of ticks below
    assert (top, right, bottom) == (14, 400 - 18, 200 - 27)
    middle = (left + right) / 2
    [(name, points)] = series_of(html)
    assert name == "a"
    assert [x for x, *_ in points] == pytest.approx([left, middle, right], abs=0.11)
    assert [y for _, y, *_ in points] == pytest.approx([bottom, (top + bottom) / 2, top], abs=0.11)
    assert [p[2:] for p in points] == [["0", "0"], ["5", "0.5"], ["10", "1"]]
    drawn = re.search(r'<polyline points="([^"]+)"', html).group(1)
    pairs = [tuple(map(float, pair.split(","))) for pair in drawn.split()]
    assert pairs == [(x, y) for x, y, *_ in points]


def test_a_decade_is_equally_high_everywhere_on_a_log_axis():
    values = [1, 0.1, 0.01, 0]
    html = draw_chart(
        [Line("rate", range(4), values)], title="t", y=Axis(low=0.01, high=1, is_log=True)
    )
    _, top, _, bottom = plot_of(html)
    [(_, points)] = series_of(html)
    heights = [y for _, y, *_ in points]
    assert heights == pytest.approx([top, (top + bottom) / 2, bottom, bottom], abs=0.11)
    assert points[3][3] == "0"  # what it is, though it stands at the edge
    own = fit(Axis(is_log=True), np.array([0.0, 0.03, 4.0]), count=5, is_rounded=True)
    assert (own.low, own.high) == pytest.approx((0.01, 10))
    assert [text for _, text in own.ticks] == ["0.01", "0.1", "1", "10"]


def test_ticks_are_round_and_limits_cover_the_values():
    scale = fit(Axis(), np.array([0.03, 0.97]), count=4, is_rounded=True)
    assert (scale.low, scale.high) == (0, 1)
    assert [text for _, text in scale.ticks] == ["0.00", "0.25", "0.50", "0.75", "1.00"]
    scale = fit(Axis(), np.array([-1200.0, 900.0]), count=4, is_rounded=True)
    assert all("-" not in text for _, text in scale.ticks)
    assert scale.ticks[0][1].startswith("−")
    assert scale.low <= -1200


def test_counts_have_no_ticks_between_them():
    counts = np.array([0.0, 7.0])
    texts = [
        [text for _, text in fit(axis, counts, count=3, is_rounded=True).ticks]
        for axis in (Axis(), Axis(is_whole=True))
    ]
    assert "2.5" in texts[0]
    assert all(text.isdigit() for text in texts[1])
    assert len(texts[1]) > 2


@pytest.mark.parametrize(
    ("size", "name"),
    [(charts.WIDE, "wide"), (charts.HALF, "half"), (charts.NARROW, "narrow"),
     (charts.SPARK, "spark")],
)  # fmt: skip
def test_a_chart_is_named_by_how_far_it_may_grow(size, name):
    html = draw_chart([Line("a", [0, 1], [0, 1])], title="t", size=size)
    assert html.startswith(f'<figure class="chart {name}">')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (12, "12"), (-3, "−3"), (1234567, "1,234,567"), (0.17, "0.17"),
        (2.71828, "2.718"), (12345.6, "12,346"), (0.00002, "2e−05"), (100, "100"),
    ],
)  # fmt: skip
def test_numbers_are_told_short(value, text):
    assert charts.short(value) == text


def test_shares_are_told_as_percentages():
    assert [charts.percent(p) for p in (1, 0.25, 0.0001, 0)] == [
        "100\u00a0%", "25\u00a0%", "0.01\u00a0%", "0\u00a0%"
    ]  # fmt: skip


def test_bars_stand_side_by_side_from_their_base():
    html = draw_chart(
        [Bars("before", [0, 1], [1, 2]), Bars("after", [0, 1], [3, 4], texts=["three", "four"])],
        title="t", x=slots(["a", "b"], "place"), y=Axis(low=0, high=4), size=SVG_SIZE,
    )  # fmt: skip
    left, top, right, bottom = plot_of(html)
    slot = (right - left) / 2
    rects = [
        [float(one.get(key)) for key in ("x", "y", "width", "height")]
        for one in parse(html).iter("rect")
        if one.get("y") != "1"  # the legend's
    ]
    after, before = rects[:2], rects[2:]  # the first series is drawn last
    # at each place 0.8 of a slot, half of it for each series
    assert before[0][0] == pytest.approx(left + 0.1 * slot, abs=0.11)
    assert after[0][0] == pytest.approx(left + 0.5 * slot, abs=0.11)
    assert after[1][1] == pytest.approx(top, abs=0.11)
    assert [one[3] for one in before] == pytest.approx(
        [(bottom - top) / 4, (bottom - top) / 2], abs=0.11
    )
    assert dict(series_of(html))["after"][1][2:] == ["b", "4"]
    assert "three" in html
    assert "four" in html


def test_of_bars_with_their_own_base_both_ends_are_told():
    html = draw_chart([Bars("spread", [0, 1], [2, 3], base=[-1, 1])], title="t")
    assert [point[3] for _, points in series_of(html) for point in points] == ["−1 to 2", "1 to 3"]


def test_lying_bars_run_downwards_and_to_the_right():
    html = draw_chart(
        [Bars("share", [0, 1], [0.5, 1], is_horizontal=True)], title="t",
        x=Axis(low=0, high=1), y=slots(["cat", "dog"]), size=SVG_SIZE,
    )  # fmt: skip
    left, top, right, bottom = plot_of(html)
    [(_, (cat, dog))] = series_of(html)
    assert cat[:2] == pytest.approx([(left + right) / 2, top + (bottom - top) / 4], abs=0.6)
    assert dog[0] == pytest.approx(right, abs=0.11)
    assert dog[1] > cat[1]
    assert cat[2:] == ["cat", "0.5"]
    assert parse(html).find("svg").get("data-along") == "y"


def test_marks_bands_and_points():
    html = draw_chart(
        [
            Line("a", [0, 10], [0, 1]), Points("here", [5], [0.5]), Mark(5, "threshold"),
            Mark(0.5, "level", axis="y"), Mark(2.5, "this pair", is_arrow=True),
            Band(0, 2.5, "safe"),
        ],
        title="t", x=Axis(low=0, high=10), y=Axis(low=0, high=1), size=SVG_SIZE,
    )  # fmt: skip
    left, top, right, bottom = plot_of(html)
    middle, height = (left + right) / 2, (top + bottom) / 2
    assert f"M{middle:.1f} {bottom:.1f}V{top:.1f}" in html
    assert f"M{left:.1f} {height:.1f}H{right:.1f}" in html
    assert f"M{left + (right - left) / 4:.1f} {bottom:.1f}l-11 -20h22z" in html
    band = next(g for g in parse(html).iter("g") if "band" in g.get("class", ""))
    assert float(band.find("rect").get("width")) == pytest.approx((right - left) / 4, abs=0.11)
    for words in ("threshold", "level", "this pair", "safe", "here"):
        assert f">{words}<" in html
    assert [one.get("data-name") for one in parse(html).iter("g") if one.get("data-name")] == [
        "a", "here"
    ]  # fmt: skip


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_moving_mark_goes_from_one_end_of_its_axis_to_the_other(axis):
    html = draw_chart(
        [Line("a", [1, 2, 5], [0, 4, 1]), Mark(2, axis=axis, is_moving=True), Mark(2, axis=axis)],
        title="t", x=Axis(low=1, high=5), y=Axis(low=0, high=4), size=SVG_SIZE,
    )  # fmt: skip
    left, top, right, bottom = plot_of(html)
    start, end = (left, right) if axis == "x" else (bottom, top)
    moving, still = [g for g in parse(html).iter("g") if g.get("class", "").startswith("mark")]
    move = re.fullmatch(
        r"transform:translate([XY])\(calc\(var\(--now,([\d.]+)\)\*(-?[\d.]+)px\)\)",
        moving.get("style"),
    )
    assert move[1] == axis.upper()
    assert float(move[2]) == {"x": 0.25, "y": 0.5}[axis]  # until a script says another
    drawn = f"M{left:.1f} {start:.1f}H{right:.1f}"  # at the low end, to be moved from there
    assert moving[0].get("d") == (f"M{start:.1f} {bottom:.1f}V{top:.1f}" if axis == "x" else drawn)
    assert float(move[3]) == pytest.approx(end - start, abs=0.11)
    place = float(re.search(r"M([\d.]+) ([\d.]+)", still[0].get("d"))[1 if axis == "x" else 2])
    assert start + float(move[2]) * float(move[3]) == pytest.approx(place, abs=0.11)
    assert still.get("style") is None


def test_what_stands_below_is_as_wide_as_the_plot():
    html = draw_chart([], title="t", x=slots("abc"), size=SVG_SIZE, under="<i/>")
    left, _, right, _ = plot_of(html)
    below = next(d for d in parse(html).iter("div") if d.get("class") == "under")
    margins = [float(one) for one in re.findall(r"([\d.]+)%", below.get("style"))]
    assert margins == pytest.approx([100 * (400 - right) / 400, 100 * left / 400], abs=0.01)


def test_gaps_empty_series_and_single_points():
    nan = float("nan")
    html = draw_chart([Line("a", range(5), [1, nan, 3, 4, np.inf])], title="t")
    [(_, points)] = series_of(html)
    assert [p[3] for p in points] == ["1", "3", "4"]
    assert html.count("<polyline") == 2
    assert html.count("<circle") == 1
    for series in (
        [], [Line("a", [], [])], [Line("a", [3], [7])], [Line("a", [nan], [nan])],
        [Bars("b", [], [])], [Bars("b", [0], [nan])], [Points("p", [], [])],
        [Line("a", [0, 1], [5, 5])], [Line("a", [0, 1], [0, 0])],
    ):  # fmt: skip
        for axis in (Axis(), Axis(is_log=True), Axis(low=0), Axis(high=0)):
            if not (axis.is_log and series and isinstance(series[0], Bars)):
                html = draw_chart(series, title="t", y=axis)
                parse(html)
                assert not re.search(r"nan|inf\b", html, re.IGNORECASE)
    parse(draw_chart([Line("a", [0, 1], [1, 2])], title="t", size=charts.SPARK))
    parse(draw_chart([Mark(nan, "m")], title="t", x=slots([])))


def test_text_is_escaped_everywhere():
    bad = """<script>alert("1")</script>'&"""
    html = draw_chart(
        [
            Line(bad, [0, 1], [0, 1], note=bad), Bars(bad, [0], [1], texts=[bad]),
            Points(bad, [0], [1]), Mark(0, bad), Band(0, 1, bad),
        ],
        title=bad, x=slots([bad, bad], bad), y=Axis(bad, text=lambda _: bad),
    )  # fmt: skip
    assert "<script" not in html
    names = [name for name, _ in series_of(html)]
    assert names == [bad] * 3
    assert series_of(html)[0][1][0][2:] == [bad, bad]


def test_series_are_told_apart_without_colour():
    lines = [Line(str(i), [0, 1], [i, i + 1]) for i in range(3)]
    found = re.findall(r"<polyline [^>]*/>", draw_chart(lines, title="t"))
    dashes = [re.search(r'dasharray="([^"]+)"', one) for one in found]
    assert len({one and one.group(1) for one in dashes}) == 3
    dotted = draw_chart([Line("a", [0], [0], dots=True), Line("b", [0], [1], dots=True)], title="t")
    assert "<circle" in dotted
    assert "h-" in dotted


def test_a_line_may_choose_its_dashes_and_leave_the_legend():
    lines = [Line("a", [0, 1], [0, 1], dash=2), Line("b", [0, 1], [1, 2], dash=2, is_listed=False)]
    html = draw_chart(lines, title="t", legend=True)
    assert re.findall(r'<polyline [^>]*dasharray="([^"]+)"', html) == ["3 4", "3 4"]
    key = html.partition("<figcaption>")[2].partition("</figcaption>")[0]
    assert ">a<" in key
    assert ">b<" not in key
    assert 'data-name="b"' in html  # the pointer knows it


def test_words_of_marks_near_by_stand_below_each_other():
    marks = [Mark(5, f"mark {row}", row=row) for row in range(3)]
    html = draw_chart([Line("a", [0, 10], [0, 1]), *marks], title="t")
    heights = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>mark', html)]
    assert np.diff(heights).tolist() == [19, 19]


def test_values_are_told_to_who_cannot_see_them():
    html = draw_chart(
        [Line("loss", [1, 2], [0.5, 0.25]), Line("long", range(100), range(100))], title="Loss"
    )
    svg = parse(html).find("svg")
    assert (svg.get("role"), svg.get("aria-label"), svg.get("tabindex")) == ("img", "Loss", "0")
    told = svg.find("desc").text
    assert "loss: 1: 0.5; 2: 0.25." in told
    assert told.split("long: ")[1].count(";") == 11
    assert told.endswith("99: 99.")


def test_nothing_is_asked_from_elsewhere():
    html = draw_chart([Line("a", [0, 1], [0, 1])], title="t")
    assert not re.search(r"https?:|//|url\(|@import|<style|<script| id=", html)


def test_threads_draw_at_once():
    def draw(number: int) -> str:
        values = np.linspace(0, number + 1, 50)
        return draw_chart([Line("a", values, values**2)], title=str(number))

    alone = [draw(number) for number in range(40)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, range(40))) == alone


def test_a_chart_follows_a_slider():
    x = np.linspace(0, 1, 200)
    took = []
    for number in range(7):
        start = process_time()
        draw_chart([Line("a", x, x**number), Line("b", x, 1 - x)], title="t")
        took.append(process_time() - start)
    assert min(took) < 0.04


def test_matplotlib_waits_for_the_first_chart():
    code = "import sys, demos.lesson.charts; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

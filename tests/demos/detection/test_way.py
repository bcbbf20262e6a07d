"""The steps on the way to YOLO: what is slow is kept, what is cheap is drawn anew."""

import numpy as np
import pytest

from cvcore.core.errors import InputError
from demos.detection import older_detectors
from demos.detection.way import (
    CROPS,
    HISTORY,
    MAPS,
    NETWORK,
    OVERVIEW,
    POOLED,
    SEARCH,
    Course,
    WaySettings,
    WayState,
)
from tests.support.html import visible

CUP = [{"x1": 140, "y1": 20, "x2": 445, "y2": 330, "label": "cup"}]


def run(image, state, **settings):
    """The last view, its numbers, what becomes of the slider of the merges, and what is kept."""
    *_, last = older_detectors.show_step(image, CUP, state, Course(), WaySettings(**settings))
    html, numbers, _, _, slider, state = last
    return html, numbers, slider, state


@pytest.fixture(scope="module")
def searched(coffee):
    return run(coffee, None, step=SEARCH)


def test_merges_are_drawn_from_what_is_kept(coffee, searched):
    html, numbers, slider, state = searched
    assert isinstance(state, WayState)
    assert slider["maximum"] == numbers["of"] == len(state.grouping.merges)
    assert slider["value"] == numbers["merges"] == numbers["of"] - 12
    assert "your truth box" in visible(html)
    assert numbers["recall"] in (0.0, 1.0)
    last = numbers["last"]
    assert last["total"] == pytest.approx(sum(last.values()) - last["total"], abs=1e-3)
    drawn, other, kept = older_detectors.redraw(
        CUP, state, Course(), WaySettings(step=SEARCH, merges=5)
    )
    assert other["merges"] == 5
    assert other["proposals"] < numbers["proposals"]
    assert drawn != html
    assert not isinstance(kept, WayState)  # as before
    _, again, _, same = run(coffee, state, step=SEARCH, merges=7)
    assert same.grouping is state.grouping
    assert again["merges"] == 7
    _, _, _, other = run(coffee, state, step=SEARCH, measures=["size"])
    assert other.grouping is not state.grouping
    html, numbers, _, kept = run(coffee, state, step=SEARCH, measures=[])
    assert "at least one similarity" in visible(html)  # not the answer of before
    assert numbers is kept is None
    with pytest.raises(InputError, match="at least one similarity"):
        older_detectors.answer(coffee, CUP, WaySettings(step=SEARCH, measures=[]))


def test_both_detectors_on_the_same_proposals(coffee, searched):
    state = searched[3]
    settings = {"step": CROPS, "most": 10}
    html, numbers, _, state = run(coffee, state, **settings)
    assert numbers["passes"] == 10
    assert "10 proposals, 10 passes" in visible(html)
    crops = state.crops
    html, numbers, _, state = run(coffee, state, step=POOLED, most=10)
    assert state.crops is crops  # not classified again
    assert numbers["Fast R-CNN"]["passes"] == 1
    assert 0 <= numbers["agreement"]["same_answer"] <= 1
    assert "published" in visible(html)
    none = WaySettings(step=CROPS, most=10, score=1)
    _, numbers, _ = older_detectors.redraw(CUP, state, Course(), none)
    assert numbers["found"] == []
    other = WaySettings(step=POOLED, most=10, pooling="RoI pooling")
    _, _, state = older_detectors.redraw(CUP, state, Course(), other)
    assert set(state.pooled) == {"RoIAlign", "RoI pooling"}
    _, numbers, _, state = run(coffee, state, step=POOLED, most=8)  # others of more go
    assert set(state.pooled) == {"RoIAlign"}
    assert numbers["R-CNN"]["passes"] == 8
    assert "agreement" in numbers


def test_sliders_moved_while_crops_are_classified_are_followed(coffee, searched):
    course, state = Course(), searched[3]
    settings = WaySettings(step=POOLED, most=9)
    steps = older_detectors.show_step(coffee, CUP, state, course, settings)
    html, *_, state = next(steps)
    assert "R-CNN has classified 8 of 9 proposals so far" in visible(html)
    moved = WaySettings(step=POOLED, most=9, score=1, pooling="RoI pooling")
    waits = older_detectors.redraw(CUP, state, course, moved)
    assert not any(isinstance(one, str | WayState) for one in waits)  # the run's next step draws it
    *_, last = steps
    assert last[1]["R-CNN"]["found"] == last[1]["Fast R-CNN"]["found"] == []
    assert set(last[-1].pooled) == {"RoIAlign", "RoI pooling"}
    assert course.at_work is None
    stopped = older_detectors.show_step(coffee, CUP, last[-1], course, settings)
    next(stopped)
    assert course.at_work is not None
    stopped.close()
    assert course.at_work is None


def test_anchors_and_their_arrows(coffee):
    html, numbers, _, state = run(coffee, None, step=NETWORK)
    assert numbers["anchors"] == 13 * 13 * 3
    assert len(numbers["proposals"]) == 8
    assert "stands for" not in visible(html)
    fine = WaySettings(step=NETWORK, grid=list(MAPS)[1], anchor="2", shown=3)
    _, numbers, _ = older_detectors.redraw(CUP, state, Course(), fine)
    assert numbers["anchors"] == 26 * 26
    assert max(row["iou_after"] for row in numbers["proposals"]) <= 1


def test_the_time_line_needs_no_picture():
    html, numbers, *_ = run(None, None, step=HISTORY)
    assert "Viola-Jones" in visible(html)
    assert "YOLO26x" in visible(html)
    assert html.count("<figure") == 2
    assert len(numbers["detectors"]) > 25


def test_steps_without_a_picture_or_without_a_region():
    for step in (SEARCH, CROPS, NETWORK, OVERVIEW):
        html, *_ = run(None, None, step=step)
        assert "no picture" in visible(html)
    with pytest.raises(InputError, match="no picture"):
        older_detectors.answer(None, None, WaySettings(step=SEARCH))
    grey = np.full((60, 60, 3), 90, np.uint8)
    html, numbers, *_ = run(grey, None, step=SEARCH)
    assert numbers["regions"] == 1
    html, *_ = run(np.full((5, 5, 3), 90, np.uint8), None, step=CROPS)
    assert "no proposal" in visible(html)

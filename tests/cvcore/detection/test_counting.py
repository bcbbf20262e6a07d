"""Lines and zones: by hand, and against OpenCV's own points in polygons."""

import cv2
import numpy as np
import pytest

from cvcore.core.errors import InputError
from cvcore.detection import Detections, counting
from cvcore.detection.tracking import Tracks

HW = (100, 200)
LINE = ((0.1, 0.5), (0.9, 0.5))  # from left to right: its right side is below


def stand(**feet):
    """Tracks a1, a2 ... whose feet stand at pixels (x, y) of a frame of 100 x 200."""
    boxes = np.array([[x - 4, y - 10, x + 4, y] for x, y in feet.values()], np.float32)
    boxes = boxes.reshape(-1, 4)
    none = np.zeros(len(feet), np.int64)
    found = Detections(boxes, none.astype(np.float32), none, ("person",) * len(feet), none)
    return Tracks(found, np.array([int(name[1:]) for name in feet]))


def walk(counter, *steps):
    for feet in steps:
        counter.update(stand(**feet), HW)
    return counter


def test_zones_count_feet():
    tracks = stand(a4=(10, 10), a9=(180, 10))
    assert counting.find_in_zone(tracks, "left half", HW) == {4}
    assert counting.find_in_zone(tracks, "lower half", HW) == set()
    assert counting.find_in_zone(tracks, "upper half", HW) == {4, 9}
    assert counting.find_in_zone(tracks, "none", HW) == set()
    counter = walk(counting.Counter(zone="left half"), {"a4": (10, 10)}, {"a5": (20, 10)}, {})
    assert counter.counts() == {"to_right": 0, "to_left": 0, "in_zone_now": 0, "in_zone": 2}


def test_a_zone_of_any_shape_is_opencvs_even_where_its_sides_cross():
    rng = np.random.default_rng(5)
    for corners in ([[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]], rng.random((9, 2)).tolist()):
        mask = np.zeros((400, 400), np.uint8)
        cv2.fillPoly(mask, [np.rint(np.array(corners) * 400).astype(np.int32)], 1)
        near_edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
        for x, y in rng.random((40, 2)):
            if near_edge[int(y * 400), int(x * 400)]:
                continue
            inside = counting.find_in_zone(stand(a1=(x * 200, y * 100)), corners, HW)
            assert bool(inside) == bool(mask[int(y * 400), int(x * 400)])


def test_crossings_are_counted_each_way_by_track():
    down, up = [{"a1": (100, y)} for y in (30, 45, 60)], [{"a2": (50, y)} for y in (80, 60, 20)]
    counter = walk(counting.Counter(LINE), *down, *up, {"a1": (100, 20)})
    assert (counter.to_right, counter.to_left) == (1, 2)
    assert counter.crossed == {1: ["to the right", "to the left"], 2: ["to the left"]}
    turned = walk(counting.Counter(LINE[::-1]), *down)  # drawn the other way round
    assert (turned.to_right, turned.to_left) == (0, 1)


def test_who_trembles_on_the_line_or_walks_round_its_end_is_not_counted():
    counter = walk(
        counting.Counter(LINE), *[{"a1": (100, y)} for y in (30, 49, 51, 50, 49, 51, 30)]
    )
    assert counter.crossed == {}
    counter = walk(counting.Counter(LINE), *[{"a1": (195, y)} for y in (30, 70)])
    assert counter.crossed == {}
    # it stood on the line for a while, then went on: once
    counter = walk(counting.Counter(LINE), *[{"a1": (100, y)} for y in (30, 50, 51, 49, 70)])
    assert counter.to_right == 1


def test_another_line_begins_at_0_while_tracks_go_on():
    counter = walk(counting.Counter(LINE, "left half"), {"a1": (20, 30)}, {"a1": (40, 70)})
    counter.move(LINE, counting.read_zone("right half"))
    assert (counter.to_right, counter.been_inside) == (1, set())
    counter.move((), counter.zone)
    assert counter.to_right == 0
    walk(counter, {"a1": (150, 20)})
    assert counter.inside == {1}


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (counting.read_line, "0.1,0.5", "two ends"),
        (counting.read_line, [(0.1, 0.5), (0.1, 0.5)], "no length"),
        (counting.read_zone, "0.1,0.5 0.9,0.5", "at least three corners"),
        (counting.read_zone, "0.1,0.1 0.5,0.5 0.9,0.9", "lie on one line"),
        (counting.read_zone, "nowhere", "There is no zone 'nowhere'"),
        (counting.read_zone, "0.1,0.1 2,0.5 0.9,0.9", "outside the frame"),
        (counting.read_zone, "0.1,0.1 nan,0.5 0.9,0.9", "outside the frame"),
        (counting.read_zone, [(0.1, 0.1)] * 31, "at most 30"),
        (counting.read_zone, [1, 2, 3], "pairs of numbers"),
        (counting.read_zone, "0.1,0.1,0.3", "pairs of numbers"),
    ],
)
def test_bad_lines_and_zones(read, value, says):
    with pytest.raises(InputError, match=says):
        read(value)


def test_the_drawing_leaves_the_frame_alone_and_has_both():
    frame = np.zeros((100, 200, 3), np.uint8)
    drawn = counting.draw_counting(frame, counting.Counter(LINE, "left half"))
    assert not frame.any()
    assert tuple(drawn[50, 40]) == counting.LINE_COLOUR
    assert drawn[80, 30].min() > 30  # the zone is lighter
    assert not drawn[80, 150].any()

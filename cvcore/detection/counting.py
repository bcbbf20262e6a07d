"""Who crosses a line, and who stands in a zone: counted by the tracks' feet.

A foot is the middle of a box's lower edge: where a person stands, a car touches the road. Lines and
zones are given in shares of the frame, (x, y) from 0 to 1, so that they fit every size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.detection.tracking import Tracks

MAX_CORNERS = 30
# A foot must be so far beyond the line, as a share of the frame's longer side: boxes tremble by
# some pixels from frame to frame, and who stands on the line would be counted over and over.
MARGIN = 0.01
# Parts of the frame, as zones: left, top, right, bottom.
ZONES: dict[str, tuple[float, float, float, float] | None] = {
    "none": None,
    "left half": (0.0, 0.0, 0.5, 1.0),
    "right half": (0.5, 0.0, 1.0, 1.0),
    "upper half": (0.0, 0.0, 1.0, 0.5),
    "lower half": (0.0, 0.5, 1.0, 1.0),
    "middle": (0.25, 0.25, 0.75, 0.75),
}
LINE_COLOUR, ZONE_COLOUR = (255, 214, 10), (255, 255, 255)

Points = tuple[tuple[float, float], ...]


def read_points(value: str | Sequence[Any] | None) -> Points:
    """Points out of "0.1,0.5 0.9,0.5", or pairs of numbers; () for none of either.

    InputError unless all are pairs of numbers from 0 to 1, and at most 30.
    """
    if value is None or (isinstance(value, str) and value.strip() in ("", "none")):
        return ()
    try:
        pairs: Any = value
        if isinstance(value, str):
            pairs = [pair.split(",") for pair in value.split()]
        points = tuple((float(x), float(y)) for x, y in pairs)
    except (TypeError, ValueError):
        raise InputError(
            "Points are pairs of numbers from 0 to 1, as in 0.1,0.5 0.9,0.5: shares of the frame's "
            "width and height."
        ) from None
    if not all(0 <= share <= 1 for point in points for share in point):
        raise InputError("A point lies outside the frame: its numbers are shares, from 0 to 1.")
    if len(points) > MAX_CORNERS:
        raise InputError(f"There are {len(points)} corners: draw at most {MAX_CORNERS}.")
    return points


def read_line(value: str | Sequence[Any] | None) -> Points:
    """The two ends of a line, or () for none; see ``read_points``.

    InputError for a line of no length.
    """
    points = read_points(value)
    if points and len(points) != 2:
        raise InputError(f"A counting line has two ends, not {len(points)}: click where it ends.")
    if points and math.dist(*points) < MARGIN:
        raise InputError("The counting line has no length: drag its ends apart.")
    return points


def read_zone(value: str | Sequence[Any] | None) -> Points:
    """The corners of a zone, or () for none; also the name of a part of the frame (``ZONES``).

    Its sides may cross: inside is then what a ray leaves through an odd number of sides (even-odd).
    InputError for fewer than three corners, or a zone without an area.
    """
    if isinstance(value, str) and value in ZONES:
        part = ZONES[value]
        if part is None:
            return ()
        left, top, right, bottom = part
        return ((left, top), (right, top), (right, bottom), (left, bottom))
    if isinstance(value, str) and value and not any(letter.isdigit() for letter in value):
        raise InputError(f"There is no zone {value!r}: choose {', '.join(ZONES)}, or draw one.")
    points = read_points(value)
    if 0 < len(points) < 3:
        raise InputError(
            f"A zone needs at least three corners, this one has {len(points)}: click another one."
        )
    if points:
        corners = np.asarray(points) - points[0]
        if np.linalg.matrix_rank(corners, tol=1e-3) < 2:
            raise InputError("The corners of the zone lie on one line: drag one of them aside.")
    return points


def find_in_zone(tracks: Tracks, zone: Points | str, image_hw: tuple[int, int]) -> set[int]:
    """Numbers of the tracks whose foot stands in the zone, its edge included."""
    points = read_zone(zone)
    if not points:
        return set()
    contour = np.asarray(points, np.float32).reshape(-1, 1, 2)
    return {
        number
        for number, (x, y) in find_feet(tracks, image_hw).items()
        if cv2.pointPolygonTest(contour, (x, y), False) >= 0
    }


def find_feet(tracks: Tracks, image_hw: tuple[int, int]) -> dict[int, tuple[float, float]]:
    """Each track's foot, in shares of the frame."""
    box, (height, width) = np.asarray(tracks.detections.xyxy, np.float64), image_hw
    x, y = (box[:, 0] + box[:, 2]) / 2 / width, box[:, 3] / height
    feet = zip(np.clip(x, 0, 1).tolist(), np.clip(y, 0, 1).tolist(), strict=True)
    return dict(zip(tracks.track_id.tolist(), feet, strict=True))


@dataclass(eq=False)
class Counter:
    """Counts the tracks of a film, frame by frame, at a line and in a zone.

    A track has crossed once its foot lies clearly on the other side, and the way between both
    places cuts the line: who walks round its end is not counted. Looking from the line's first end
    to its second one, ``to_right`` counts those who went from left to right. Who comes back counts
    again.
    """

    line: Points = ()
    zone: Points = ()
    to_right: int = 0
    to_left: int = 0
    inside: set[int] = field(default_factory=set)  # tracks that stand in the zone now
    been_inside: set[int] = field(default_factory=set)
    crossed: dict[int, list[str]] = field(default_factory=dict)
    """Which way each track has gone, in order: "to the right" or "to the left"."""
    _last: dict[int, tuple[np.ndarray, bool]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.line, self.zone = read_line(self.line), read_zone(self.zone)

    def move(self, line: Points, zone: Points) -> None:
        """Another line or zone from the next frame on; what is counted at a new one begins at 0."""
        line, zone = read_line(line), read_zone(zone)
        if line != self.line:
            self.line, self.to_right, self.to_left = line, 0, 0
            self.crossed, self._last = {}, {}
        if zone != self.zone:
            self.zone, self.inside, self.been_inside = zone, set(), set()

    def update(self, tracks: Tracks, image_hw: tuple[int, int]) -> None:
        """The next frame's tracks; ``image_hw`` is the frame's size in pixels."""
        self.inside = find_in_zone(tracks, self.zone, image_hw)
        self.been_inside |= self.inside
        if not self.line:
            return
        size = np.array(image_hw[::-1], np.float64)
        start, end = np.asarray(self.line) * size
        for number, foot in find_feet(tracks, image_hw).items():
            self._follow(number, np.asarray(foot) * size, start, end, MARGIN * size.max())

    def _follow(
        self, number: int, foot: np.ndarray, start: np.ndarray, end: np.ndarray, margin: float
    ) -> None:
        distance = _cross(end - start, foot - start) / np.hypot(*(end - start))
        if abs(distance) < margin:
            return  # on the line: wait until it is clearly off
        is_right = bool(distance > 0)  # y grows downwards
        before = self._last.get(number)
        self._last[number] = (foot, is_right)
        if before is None or before[1] == is_right or not _cuts(before[0], foot, start, end):
            return
        if is_right:
            self.to_right += 1
        else:
            self.to_left += 1
        self.crossed.setdefault(number, []).append("to the right" if is_right else "to the left")

    def counts(self) -> dict[str, int]:
        """The four counts, by name."""
        return {
            "to_right": self.to_right,
            "to_left": self.to_left,
            "in_zone_now": len(self.inside),
            "in_zone": len(self.been_inside),
        }


def _cross(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def _cuts(before: np.ndarray, now: np.ndarray, start: np.ndarray, end: np.ndarray) -> bool:
    """Whether the way between two places on both sides of a line passes between its ends."""
    way = now - before
    return _cross(way, start - before) * _cross(way, end - before) <= 0


def draw_counting(picture: Picture, counter: Counter) -> np.ndarray:
    """The line with an arrow to its right side, the zone's outline, and the counts, on a copy."""
    picture = as_image(picture).copy()
    size = np.array(picture.shape[1::-1]) - 1
    if counter.zone:
        corners = np.rint(np.asarray(counter.zone) * size).astype(np.int32)
        shade = picture.copy()
        cv2.fillPoly(shade, [corners], ZONE_COLOUR)
        picture = cv2.addWeighted(shade, 0.18, picture, 0.82, 0)
        cv2.polylines(picture, [corners], True, ZONE_COLOUR, 2, cv2.LINE_AA)
        said = f"in zone: {len(counter.inside)}, so far {len(counter.been_inside)}"
        top = corners[corners[:, 1].argmin()]
        _write(picture, said, top + (10, 26), ZONE_COLOUR)
    if counter.line:
        ends = np.rint(np.asarray(counter.line) * size)
        middle, way = ends.mean(axis=0), ends[1] - ends[0]
        right = np.array([-way[1], way[0]]) / max(np.hypot(*way), 1)
        a, b = ends.astype(int).tolist()
        cv2.line(picture, a, b, LINE_COLOUR, 3, cv2.LINE_AA)
        tip = np.rint(middle + 28 * right).astype(int).tolist()
        cv2.arrowedLine(
            picture, np.rint(middle).astype(int).tolist(), tip, LINE_COLOUR, 3, cv2.LINE_AA,
            tipLength=0.4,
        )  # fmt: skip
        said = f"with the arrow: {counter.to_right}, against: {counter.to_left}"
        _write(picture, said, np.minimum(*ends) + (6, -8), LINE_COLOUR)
    return picture


def _write(picture: np.ndarray, text: str, at: np.ndarray, ink: tuple[int, int, int]) -> None:
    """Text at its lower left corner ``at``, moved so that all of it is seen."""
    (wide, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 2)
    high, width = picture.shape[:2]
    x = int(np.clip(at[0], 4, max(4, width - wide - 4)))
    y = int(np.clip(at[1], tall + 4, max(tall + 4, high - 6)))
    for colour, thick in (((0, 0, 0), 4), (ink, 2)):
        cv2.putText(
            picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, thick, cv2.LINE_AA
        )

"""Skeletons, and the steps that led to them, drawn on pictures; each returns a new picture."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.drawing import colourise
from cvcore.core.images import Picture, as_image
from cvcore.detection.pose import BONES, CELLS, DEFAULT_THRESHOLD, KEYPOINTS, Pose, Square

Colour = tuple[int, int, int]
# safe for the colour-blind, and told apart without colour by where they are
LEFT, RIGHT, MIDDLE = (86, 180, 233), (230, 159, 0), (240, 240, 240)
STEPS = ("centre", "regression", "heat map", "weighted heat map", "offset")
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_SHIFT = 4  # binary places of a pixel, for OpenCV
_ZOOM_CELLS = 7  # of the picture around a point
_ZOOM_SIDE = 700  # pixels


def side_colour(*points: int) -> Colour:
    """By the person's own side: left, right, or what joins the two."""
    sides = {KEYPOINTS[point].split()[0] for point in points}
    return LEFT if sides == {"left"} else RIGHT if sides == {"right"} else MIDDLE


def draw_poses(
    image: Picture, poses: Sequence[Pose], *, threshold: float = DEFAULT_THRESHOLD
) -> np.ndarray:
    """Skeletons on a picture (H, W, 3). Points less sure than ``threshold``, 0 to 1, are hollow,
    and the bones that lead to them are dashed."""
    threshold = check_setting("The threshold", threshold, 0, 1)
    picture = as_image(image).copy()
    for pose in poses:
        _draw_pose(picture, pose, threshold)
    return picture


def _draw_pose(picture: np.ndarray, pose: Pose, threshold: float) -> None:
    width = _find_width(picture, pose.square)
    sure = pose.confidence >= threshold
    for first, last in BONES:
        draw = _draw_line if sure[first] and sure[last] else _draw_dashes
        draw(picture, pose.xy[first], pose.xy[last], side_colour(first, last), width)
    for point, (xy, is_sure) in enumerate(zip(pose.xy, sure, strict=True)):
        _draw_point(picture, xy, side_colour(point), 2 * width, is_hollow=not is_sure)


def _find_width(picture: np.ndarray, square: Square) -> int:
    """Of a line, in pixels: thinner on small people."""
    longer = max(picture.shape[:2])
    return max(1, round(min(longer, square.side) / 140), round(longer / 640))


def _to_fixed(xy: np.ndarray) -> tuple[int, int]:
    x, y = np.clip(np.asarray(xy, float), -30000, 30000) * (1 << _SHIFT)
    return round(x), round(y)


def _draw_line(
    picture: np.ndarray, first: np.ndarray, last: np.ndarray, colour: Colour, width: int
) -> None:  # fmt: skip
    ends = _to_fixed(first), _to_fixed(last)
    for ink, thick in ((_BLACK, width + max(2, width // 2)), (colour, width)):
        cv2.line(picture, *ends, ink, thick, cv2.LINE_AA, _SHIFT)


def _draw_dashes(
    picture: np.ndarray, first: np.ndarray, last: np.ndarray, colour: Colour, width: int
) -> None:  # fmt: skip
    length = float(np.hypot(*(last - first)))
    count = min(100, max(1, round(length / (4 * width))))
    ends = np.linspace(first, last, 2 * count + 1)
    for number in range(count):
        _draw_line(picture, ends[2 * number], ends[2 * number + 1], colour, max(1, width // 2))


def _draw_point(
    picture: np.ndarray, xy: np.ndarray, colour: Colour, radius: int, *, is_hollow: bool = False
) -> None:  # fmt: skip
    at, wide = _to_fixed(xy), radius << _SHIFT
    if is_hollow:
        for ink, thick in ((_BLACK, max(3, radius // 2 + 2)), (colour, max(1, radius // 2 - 1))):
            cv2.circle(picture, at, wide, ink, thick, cv2.LINE_AA, _SHIFT)
        return
    cv2.circle(picture, at, wide + (1 << _SHIFT), _BLACK, -1, cv2.LINE_AA, _SHIFT)
    cv2.circle(picture, at, wide, colour, -1, cv2.LINE_AA, _SHIFT)


def draw_map(
    image: Picture, values: np.ndarray, square: Square, *, opacity: float = 0.6
) -> np.ndarray:
    """A map (48, 48) over its square of a picture, from 0 to its greatest value; the rest of the
    picture is darkened."""
    picture = (as_image(image) * 0.35).astype(np.uint8)
    opacity = check_setting("The opacity", opacity, 0, 1)
    colours = colourise(values, colormap="magma", vmin=0, vmax=max(float(values.max()), 1e-9))
    height, width = picture.shape[:2]
    x1, y1 = max(0, round(square.left)), max(0, round(square.top))
    x2 = min(width, round(square.left + square.side))
    y2 = min(height, round(square.top + square.side))
    if x2 <= x1 or y2 <= y1:
        return picture
    columns = np.arange(x1, x2) + 0.5 - square.left
    rows = np.arange(y1, y2) + 0.5 - square.top
    cells = CELLS / square.side
    # a value stands at its cell's corner, where its point would be without an offset
    across = np.clip(columns * cells, 0, CELLS - 1).astype(np.float32)
    down = np.clip(rows * cells, 0, CELLS - 1).astype(np.float32)
    grid = np.meshgrid(across, down)
    fine = cv2.remap(colours, *grid, interpolation=cv2.INTER_LINEAR)
    part = as_image(image)[y1:y2, x1:x2]
    picture[y1:y2, x1:x2] = cv2.addWeighted(part, 1 - opacity, fine, opacity, 0)
    return picture


def _to_pixels(pose: Pose, places: np.ndarray) -> np.ndarray:
    """Cells (N, 2), row and column, as (x, y) in the picture."""
    square = pose.square
    scale = square.side / CELLS
    return np.asarray(places)[..., ::-1] * scale + (square.left, square.top)


def draw_step(image: Picture, pose: Pose, step: str, joint: int) -> np.ndarray:
    """One of ``STEPS`` of one person's decoding, for the point ``joint``, 0 to 16."""
    joint = check_whole("The joint", joint, 0, len(KEYPOINTS) - 1)
    draw: dict[str, Callable[[np.ndarray, Pose, int], np.ndarray]] = dict(
        zip(STEPS, (_draw_centre, _draw_regression, _draw_heat, _draw_weighted, _draw_offset),
            strict=True)
    )  # fmt: skip
    if step not in draw:
        raise ValueError(f"step must be one of {', '.join(STEPS)}; got {step!r}.")
    return draw[step](as_image(image), pose, joint)


def _mark(picture: np.ndarray, pose: Pose, place: np.ndarray, colour: Colour) -> np.ndarray:
    (at,) = _to_pixels(pose, np.asarray(place)[None])
    _draw_point(picture, at, colour, 2 * _find_width(picture, pose.square) + 1)
    return picture


def _draw_centre(image: np.ndarray, pose: Pose, _: int) -> np.ndarray:
    picture = draw_map(image, pose.decoded.centre_weights, pose.square)
    return _mark(picture, pose, np.array(pose.decoded.centre), _WHITE)


def _draw_regression(image: np.ndarray, pose: Pose, joint: int) -> np.ndarray:
    picture = image.copy()
    width = _find_width(picture, pose.square)
    (centre,) = _to_pixels(pose, np.array([pose.decoded.centre]))
    for point, guess in enumerate(_to_pixels(pose, pose.decoded.regressed)):
        thick = 2 * width if point == joint else max(1, width // 2)
        _draw_line(picture, centre, guess, side_colour(point), thick)
        _draw_point(picture, guess, side_colour(point), 2 * width, is_hollow=point != joint)
    return _mark(picture, pose, np.array(pose.decoded.centre), _WHITE)


def _draw_heat(image: np.ndarray, pose: Pose, joint: int) -> np.ndarray:
    return draw_map(image, pose.maps.heatmaps[..., joint], pose.square)


def _draw_weighted(image: np.ndarray, pose: Pose, joint: int) -> np.ndarray:
    picture = draw_map(image, pose.decoded.weights[..., joint], pose.square)
    (guess,) = _to_pixels(pose, pose.decoded.regressed[joint][None])
    radius = 2 * _find_width(picture, pose.square) + 1
    _draw_point(picture, guess, side_colour(joint), radius, is_hollow=True)
    return _mark(picture, pose, pose.decoded.cells[joint], _WHITE)


def _draw_offset(image: np.ndarray, pose: Pose, joint: int) -> np.ndarray:
    """The cells around a point, much enlarged: from the cell's corner to the point."""
    cell = pose.square.side / CELLS
    row, column = pose.decoded.cells[joint]
    low = np.array([column, row]) - _ZOOM_CELLS // 2
    corner = low * cell + (pose.square.left, pose.square.top)
    scale = _ZOOM_SIDE / (_ZOOM_CELLS * cell)
    move = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    picture = cv2.warpAffine(image, move, (_ZOOM_SIDE, _ZOOM_SIDE), flags=cv2.INTER_LINEAR)
    step = _ZOOM_SIDE / _ZOOM_CELLS
    for line in range(1, _ZOOM_CELLS):
        at = round(line * step)
        cv2.line(picture, (at, 0), (at, _ZOOM_SIDE), (128, 128, 128), 1)
        cv2.line(picture, (0, at), (_ZOOM_SIDE, at), (128, 128, 128), 1)
    start = (np.array([column, row]) - low) * step
    end = (pose.decoded.points[joint][::-1] - low) * step
    _draw_line(picture, start, end, _WHITE, 5)
    _draw_point(picture, start, _WHITE, 8, is_hollow=True)
    _draw_point(picture, end, side_colour(joint), 10)
    return picture


def draw_numbers(image: Picture, poses: Sequence[Pose]) -> np.ndarray:
    """The picture with each person's number, from 1 on, beside the topmost point."""
    picture = as_image(image).copy()
    for number, pose in enumerate(poses, start=1):
        height = max(14, round(min(max(picture.shape[:2]) / 22, pose.square.side / 7)))
        size = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, height)
        x, y = pose.xy[int(pose.xy[:, 1].argmin())]
        at = (round(np.clip(x, 0, picture.shape[1] - height)), max(height + 4, round(y - height)))
        for ink, thick in ((_BLACK, max(4, height // 4)), (_WHITE, max(1, height // 10))):
            cv2.putText(
                picture, str(number), at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, thick, cv2.LINE_AA
            )
    return picture

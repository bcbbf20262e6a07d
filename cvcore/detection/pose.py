"""The pose of a person: seventeen points, read from MoveNet's four maps step by step.

MoveNet finds one person in a square of 192 x 192 pixels: the one that is nearest to its middle and
surest. Its maps have 48 x 48 cells: how likely a person's centre is, where each point lies seen
from that centre (regression), how likely each point is anywhere (heat maps), and how far from a
cell's corner it is exactly (offsets). After Google's model card (2021) and Zhou and others,
"Objects as Points", 2019, arXiv:1904.07850. The network was published under the Apache licence 2.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cvcore import detection
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image, resize, to_chw
from cvcore.core.timing import Stopwatch
from cvcore.detection.boxes import check_boxes
from cvcore.engine.isolation import undisturbed
from cvcore.engine.predictor import load_predictor

MODEL = "movenet"
SIDE, CELLS = 192, 48  # pixels of the network's input, cells of its maps
KEYPOINTS = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee",
    "right knee", "left ankle", "right ankle",
)  # fmt: skip
BONES = (
    (0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12),
    (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
ANGLES = {  # at the middle one of three points
    "left elbow": (5, 7, 9), "right elbow": (6, 8, 10),
    "left shoulder": (7, 5, 11), "right shoulder": (8, 6, 12),
    "left hip": (5, 11, 13), "right hip": (6, 12, 14),
    "left knee": (11, 13, 15), "right knee": (12, 14, 16),
}  # fmt: skip
DEFAULT_THRESHOLD = 0.3  # as its authors recommend
MARGIN = 0.2  # of a box's longer side, on each side of it
MOST_PEOPLE = 8
SMALL = 64  # pixels: the longer side of a person, below which the points are hardly right
NEARNESS = 1.8  # cells: what is added to a distance before a map is divided by it
_SURE = 0.2  # of a point that the next frame's square goes by
_TORSO = (5, 6, 11, 12)


@dataclass(frozen=True, eq=False)
class Maps:
    """What the network says, by cell; places are (row, column)."""

    centre: np.ndarray  # (48, 48), 0 to 1
    heatmaps: np.ndarray  # (48, 48, 17), 0 to 1
    regression: np.ndarray  # (48, 48, 17, 2), cells from this one
    offsets: np.ndarray  # (48, 48, 17, 2), cells from this one


@dataclass(frozen=True, eq=False)
class Decoded:
    """How the points come about, each step in cells (row, column)."""

    centre_weights: np.ndarray  # (48, 48): the centre map, the nearer to the middle the more
    centre: tuple[int, int]  # its greatest cell
    regressed: np.ndarray  # (17, 2): a first guess, from the centre's cell alone
    weights: np.ndarray  # (48, 48, 17): the heat maps, the nearer to the guess the more
    cells: np.ndarray  # (17, 2) whole: their greatest cells
    points: np.ndarray  # (17, 2): with the offsets
    confidence: np.ndarray  # (17,): the heat maps there, 0 to 1


@dataclass(frozen=True)
class Square:
    """The part of a picture that the network looks at; it may reach beyond the picture. Pixels."""

    left: float
    top: float
    side: float


@dataclass(frozen=True, eq=False)
class Pose:
    """One person's points in the picture's pixels, and how they were found."""

    xy: np.ndarray  # (17, 2)
    confidence: np.ndarray  # (17,), 0 to 1
    square: Square
    maps: Maps = field(repr=False)
    decoded: Decoded = field(repr=False)
    box: np.ndarray | None = None  # (4,) xyxy, where a detector found the person
    ms: dict[str, float] = field(default_factory=dict, repr=False)

    def angles(self, threshold: float = DEFAULT_THRESHOLD) -> dict[str, float | None]:
        """Degrees, 0 to 180, by joint; None where one of its three points is less sure. They are
        angles in the picture: a limb that points at the camera looks shorter and bent."""
        sure = self.confidence >= check_setting("The threshold", threshold, 0, 1)
        return {
            name: measure_angle(*self.xy[list(three)]) if sure[list(three)].all() else None
            for name, three in ANGLES.items()
        }


def weigh(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """A map (H, W) divided by each cell's distance from ``place`` (row, column) and ``NEARNESS``.

    >>> weigh(np.array([[1.8, 2.8]]), np.array([0, 0])).tolist()
    [[1.0, 1.0]]
    """
    rows, columns = np.mgrid[: values.shape[0], : values.shape[1]]
    return values / (np.hypot(rows - place[0], columns - place[1]) + NEARNESS)


def decode(maps: Maps) -> Decoded:
    """The seventeen points, from the maps: centre, regression, weighted heat map, offset."""
    size = np.array(maps.centre.shape)
    centre_weights = weigh(maps.centre, size // 2)
    row, column = np.unravel_index(int(centre_weights.argmax()), centre_weights.shape)
    regressed = maps.regression[row, column] + (row, column)
    grid = np.indices(maps.centre.shape)[..., None]  # (2, H, W, 1)
    distances = np.hypot(grid[0] - regressed[:, 0], grid[1] - regressed[:, 1])
    weights = maps.heatmaps / (distances + NEARNESS)
    flat = weights.reshape(-1, weights.shape[-1]).argmax(axis=0)
    cells = np.stack(np.unravel_index(flat, weights.shape[:2]), axis=1)
    every = np.arange(len(cells))
    return Decoded(
        centre_weights,
        (int(row), int(column)),
        regressed,
        weights,
        cells,
        cells + maps.offsets[cells[:, 0], cells[:, 1], every],
        maps.heatmaps[cells[:, 0], cells[:, 1], every],
    )


def measure_angle(first: np.ndarray, joint: np.ndarray, last: np.ndarray) -> float | None:
    """Degrees, 0 to 180, between the ways from ``joint`` to two points (2,); None where one of
    them has no length.

    >>> measure_angle(np.array([0, 1]), np.array([0, 0]), np.array([1, 0]))
    90.0
    """
    one, other = np.asarray(first, float) - joint, np.asarray(last, float) - joint
    cross, dot = one[0] * other[1] - one[1] * other[0], float(one @ other)
    if not (one.any() and other.any()):
        return None
    return float(np.degrees(np.arctan2(abs(cross), dot)))


def surround(image_hw: tuple[int, int]) -> Square:
    """The square around a whole picture."""
    height, width = image_hw
    side = max(height, width)
    return Square((width - side) / 2, (height - side) / 2, side)


def widen(box_xyxy: np.ndarray, margin: float = MARGIN) -> Square:
    """The square around a box (4,), with ``margin`` of its longer side, 0 to 2, on each side.

    >>> widen(np.array([10, 0, 20, 40]), 0.25)
    Square(left=-15.0, top=-10.0, side=60.0)
    """
    margin = check_setting("The margin", margin, 0, 2)
    ((x1, y1, x2, y2),) = check_boxes(np.asarray(box_xyxy)[None]).tolist()
    longer = max(x2 - x1, y2 - y1)
    if longer <= 0:
        raise InputError("The box is empty: its right and lower edge must lie beyond the others.")
    side = longer * (1 + 2 * margin)
    return Square((x1 + x2 - side) / 2, (y1 + y2 - side) / 2, side)


def follow(pose: Pose, image_hw: tuple[int, int]) -> Square:
    """The square for the next frame: around the hips, so large that the body fits; the whole
    picture where the torso is not seen. As MoveNet's authors do."""
    sure = pose.confidence >= _SURE
    if not (sure[[5, 6]].any() and sure[[11, 12]].any()):
        return surround(image_hw)
    centre = pose.xy[[11, 12]].mean(axis=0)
    away = np.abs(pose.xy - centre).max(axis=1)
    half = max(1.9 * float(away[list(_TORSO)].max()), 1.2 * float(away[sure].max()))
    height, width = image_hw
    half = min(half, max(*centre, width - centre[0], height - centre[1]))
    if half > max(image_hw) / 2:
        return surround(image_hw)
    return Square(float(centre[0] - half), float(centre[1] - half), float(2 * half))


def cut_out(image: Picture, square: Square) -> np.ndarray:
    """The square as the network's input, uint8 (192, 192, 3): black beyond the picture."""
    image = as_image(image)
    height, width = image.shape[:2]
    scale = SIDE / square.side
    left, right = np.clip([square.left, square.left + square.side], 0, width)
    top, bottom = np.clip([square.top, square.top + square.side], 0, height)
    x1, y1, x2, y2 = (round(edge) for edge in (left, top, right, bottom))
    result = np.zeros((SIDE, SIDE, 3), np.uint8)
    if x2 <= x1 or y2 <= y1:
        return result
    at = [round((edge - start) * scale) for edge, start in
          ((x1, square.left), (x2, square.left), (y1, square.top), (y2, square.top))]  # fmt: skip
    u1, u2, v1, v2 = np.clip(at, 0, SIDE).tolist()
    if u2 > u1 and v2 > v1:
        result[v1:v2, u1:u2] = resize(image[y1:y2, x1:x2], (v2 - v1, u2 - u1), resample="bilinear")
    return result


def predict_pose(image: Picture, square: Square | None = None) -> Pose:
    """The points of one person in a picture, or in a ``square`` of it.

    Every picture has an answer: where nobody is, the confidences are low. Raises InputError for a
    missing picture or an empty square.
    """
    image = as_image(image)
    (pose,) = predict_poses(image, [square or surround(image.shape[:2])])
    return pose


@undisturbed
def predict_poses(image: Picture, squares: Sequence[Square]) -> list[Pose]:
    """The points of one person in each of some squares of a picture; the network runs once."""
    image = as_image(image)
    if not all(square.side > 0 for square in squares):
        raise InputError("The square must be larger than 0 pixels.")
    if not squares:
        return []
    run = load_predictor(MODEL)
    watch = Stopwatch()
    batch = np.stack([to_chw(cut_out(image, square)) for square in squares])
    watch.lap("preprocess")
    outputs = run(batch)
    watch.lap("network")
    return [
        _to_pose(square, *parts, ms=watch.ms)
        for square, *parts in zip(squares, *outputs, strict=True)
    ]


def _to_pose(
    square: Square, centre: np.ndarray, heatmaps: np.ndarray, regression: np.ndarray,
    offsets: np.ndarray, *, ms: dict[str, float],
) -> Pose:  # fmt: skip
    """What the network says of one square, as points in the picture."""
    places = (CELLS, CELLS, len(KEYPOINTS), 2)
    maps = Maps(centre[..., 0], heatmaps, regression.reshape(places), offsets.reshape(places))
    decoded = decode(maps)
    xy = decoded.points[:, ::-1] * (square.side / CELLS) + (square.left, square.top)
    return Pose(xy, decoded.confidence, square, maps, decoded, ms=ms)


def find_people(
    image: Picture, *, most: int = MOST_PEOPLE,
    confidence: float = detection.DEFAULT_CONFIDENCE,
) -> np.ndarray:  # fmt: skip
    """Boxes (N, 4) in pixels of at most ``most`` people, 1 to 50, of at least this ``confidence``,
    0 to 1, the surest first, by the bundled detector."""
    most = check_whole("The number of people", most, 1, 50)
    raw = detection.predict_raw(image, square=False)
    return detection.suppress(raw, confidence=confidence, classes=["person"]).xyxy[:most]


def predict_people(
    image: Picture, *, most: int = MOST_PEOPLE,
    confidence: float = detection.DEFAULT_CONFIDENCE,
) -> list[Pose]:  # fmt: skip
    """The pose of each person that the bundled detector finds, the surest points first; MoveNet
    looks at each by itself. Empty where it finds nobody."""
    image = as_image(image)
    boxes = find_people(image, most=most, confidence=confidence)
    poses = predict_poses(image, [widen(box) for box in boxes])
    people = [replace(pose, box=box) for pose, box in zip(poses, boxes, strict=True)]
    return sorted(people, key=lambda pose: -float(pose.confidence.mean()))

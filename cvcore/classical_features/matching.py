"""Keypoints of two pictures matched: ratio test, RANSAC, and how many matches are right.

D. Lowe, IJCV 2004 (ratio test); M. Fischler and R. Bolles, "Random sample consensus", CACM 1981. By
OpenCV's matcher and its ``findHomography``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from cvcore.classical_features.pixels import to_grey
from cvcore.classical_features.sift import Keypoints, SiftSettings, find_keypoints
from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image

DESCRIPTORS = ("SIFT", "pixels")
PATCH = 16  # pixels: the side of a patch that is compared as it is
NEAR = 3.0  # pixels of the second picture: a match that ends this near to the truth is right
LEAST = 4  # matches that a homography needs
FOCUS = 1.5  # times the longer side: how far away the tilted picture is looked at from
MAX_SIDE = 2000  # pixels of a changed picture
LEVELS = {
    "rotation": (0, 15, 30, 45, 60, 90, 135, 180),
    "scale": (0.3, 0.4, 0.5, 0.7, 1, 1.4, 2),
    "brightness": (0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.3),
    "tilt": (0, 15, 30, 40, 50, 60, 70),
}


@dataclass(frozen=True)
class Change:
    """What is done to a picture, so that it is known where each place goes."""

    rotation: float = 0
    """Degrees, -180 to 180, counter-clockwise."""
    scale: float = 1
    """0.2 to 2."""
    brightness: float = 1
    """0.05 to 1.5: greys are multiplied by this, and end at white."""
    tilt: float = 0
    """0 to 75 degrees, about the vertical axis: the picture as it is seen from the side."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("rotation", -180, 180), ("scale", 0.2, 2), ("brightness", 0.05, 1.5), ("tilt", 0, 75),
        ):  # fmt: skip
            value = check_setting(f"The {name}", getattr(self, name), low, high)
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class MatchSettings:
    """How keypoints are described and matched."""

    descriptor: str = "SIFT"
    """"SIFT", or "pixels": the 16 x 16 greys around the same keypoints, as they are."""
    ratio: float = 0.75
    """0.3 to 1: a match counts whose distance is less than this share of the next best's."""
    ransac: float = 3
    """0.5 to 20 pixels: how far from the homography an inlier may end."""
    sift: SiftSettings = field(default_factory=SiftSettings)

    def __post_init__(self) -> None:
        if self.descriptor not in DESCRIPTORS:
            raise InputError(f"Compare by: choose one of {', '.join(DESCRIPTORS)}.")
        object.__setattr__(self, "ratio", check_setting("The ratio", self.ratio, 0.3, 1))
        object.__setattr__(
            self, "ransac", check_setting("The RANSAC threshold", self.ransac, 0.5, 20)
        )


@dataclass(frozen=True, eq=False)
class Matches:
    """Keypoints of two pictures, and which of them were taken for the same."""

    first: Keypoints = field(repr=False)
    second: Keypoints = field(repr=False)
    pairs: np.ndarray = field(repr=False)
    """int (M, 2): indices of keypoints that passed the ratio test."""
    inliers: np.ndarray = field(repr=False)
    """bool (M,): those that RANSAC's homography agrees with; all False without one."""
    homography: np.ndarray | None = field(repr=False)
    """float (3, 3), from the first picture to the second; None where fewer than four agree."""
    right: np.ndarray | None = field(repr=False)
    """bool (M,): those that end within 3 pixels of the truth; None where it is not known."""
    possible: int | None
    """Keypoints of the first picture whose place has one in the second, too; None as above."""

    @property
    def share(self) -> float | None:
        """Of the keypoints that could be found again, the share that was: ``right`` by
        ``possible``; 0 where none could be, None where the truth is not known."""
        if self.right is None or self.possible is None:
            return None
        return float(self.right.sum()) / self.possible if self.possible else 0.0


def change_picture(image: Picture, change: Change) -> tuple[np.ndarray, np.ndarray]:
    """The picture turned, scaled, darker and seen from the side, uint8 (H', W', 3), as large as it
    needs to be, on its own mean colour; and the homography (3, 3) that brings places there.

    Made smaller it is blurred first, as a camera sees it from afar.
    """
    image = as_image(image)
    height, width = image.shape[:2]
    turn = np.deg2rad(change.rotation)
    away = FOCUS * max(height, width)
    tilt = np.deg2rad(change.tilt)
    centre = np.array([[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, 1]])
    spin = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    lean = np.array([[np.cos(tilt), 0, 0], [0, 1, 0], [np.sin(tilt) / away, 0, 1]])
    matrix = np.diag([change.scale, change.scale, 1]) @ lean @ spin @ centre
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    ends = project(matrix, corners)
    low, high = ends.min(axis=0), ends.max(axis=0)
    size = np.minimum(np.ceil(high - low - 1e-6).astype(int) + 1, MAX_SIDE)
    matrix = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
    if change.scale < 1:
        image = cv2.GaussianBlur(image, (0, 0), 0.5 * np.sqrt(change.scale**-2 - 1) + 1e-3)
    mean = image.reshape(-1, 3).mean(axis=0).tolist()
    there = cv2.warpPerspective(
        image, matrix, size.tolist(), flags=cv2.INTER_LINEAR, borderValue=mean
    )
    lit = np.clip(np.rint(there.astype(np.float32) * change.brightness), 0, 255)
    return lit.astype(np.uint8), matrix / matrix[2, 2]


def project(homography: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Places (N, 2) by a homography (3, 3)."""
    ends = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ homography.T
    return ends[:, :2] / ends[:, 2:]


def match(
    first: Picture,
    second: Picture,
    settings: MatchSettings | None = None,
    truth: np.ndarray | None = None,
) -> Matches:
    """Match two pictures; with the ``truth``, a homography (3, 3), it is told which are right.

    Pictures without keypoints have no matches. InputError for settings out of range.
    """
    settings = settings or MatchSettings()
    one, two = (find_keypoints(image, settings.sift) for image in (first, second))
    if settings.descriptor == "SIFT":
        numbers = one.descriptors, two.descriptors
    else:
        one, two = _keep_apart(one), _keep_apart(two)
        numbers = cut_patches(first, one), cut_patches(second, two)
    pairs = _pair(*numbers, settings.ratio)
    inliers, homography = _agree(one.points[pairs[:, 0]], two.points[pairs[:, 1]], settings.ransac)
    if truth is None:
        return Matches(one, two, pairs, inliers, homography, None, None)
    ends = project(truth, one.points.astype(np.float64))
    right = np.hypot(*(ends[pairs[:, 0]] - two.points[pairs[:, 1]]).T) <= NEAR
    apart = np.full(len(one), np.inf)
    if len(two):
        for i, end in enumerate(ends):
            apart[i] = np.hypot(*(two.points - end).T).min()
    return Matches(one, two, pairs, inliers, homography, right, int((apart <= NEAR).sum()))


def _keep_apart(keypoints: Keypoints) -> Keypoints:
    """One a pixel: those of another size or angle at the same place would have the same patch."""
    _, firsts = np.unique(np.rint(keypoints.points), axis=0, return_index=True)
    return keypoints.take(np.sort(firsts))


def cut_patches(image: Picture, keypoints: Keypoints) -> np.ndarray:
    """float32 (N, 256): the greys around each keypoint, 0 to 255; the rim is stretched."""
    half = PATCH // 2
    grey = cv2.copyMakeBorder(to_grey(image), half, half, half, half, cv2.BORDER_REPLICATE)
    places = np.rint(keypoints.points).astype(int)
    patches = [grey[y : y + PATCH, x : x + PATCH].ravel() for x, y in places]
    return np.array(patches, np.float32).reshape(-1, PATCH**2)


def _pair(one: np.ndarray, two: np.ndarray, ratio: float) -> np.ndarray:
    """Indices (M, 2) of the nearest by Euclidean distance that pass the ratio test."""
    if len(one) < 1 or len(two) < 2:
        return np.zeros((0, 2), np.int64)
    found = cv2.BFMatcher(cv2.NORM_L2).knnMatch(one, two, k=2)
    kept = [(best.queryIdx, best.trainIdx) for best, next_ in found
            if best.distance < ratio * next_.distance]  # fmt: skip
    return np.array(kept, np.int64).reshape(-1, 2)


def _agree(
    starts: np.ndarray, ends: np.ndarray, threshold: float
) -> tuple[np.ndarray, np.ndarray | None]:
    nobody = np.zeros(len(starts), bool)
    if len(starts) < LEAST:
        return nobody, None
    cv2.setRNGSeed(0)  # the same picture has the same answer
    homography, mask = cv2.findHomography(starts, ends, cv2.RANSAC, threshold)
    if homography is None or not np.isfinite(homography).all():
        return nobody, None
    return mask.ravel().astype(bool), homography


@dataclass(frozen=True)
class Point:
    """How many keypoints are found again at one amount of a change."""

    level: float
    shares: dict[str, float]
    """By descriptor: ``Matches.share``."""


def measure_invariance(
    image: Picture,
    kind: str,
    settings: MatchSettings | None = None,
    levels: Sequence[float] | None = None,
) -> Iterator[Point]:
    """A picture matched with itself, changed more and more in one way, by SIFT and by its pixels.

    ``kind`` is one of ``LEVELS``; InputError for another.
    """
    if kind not in LEVELS:
        raise InputError(f"Change: choose one of {', '.join(LEVELS)}.")
    settings = settings or MatchSettings()
    for level in levels or LEVELS[kind]:
        there, truth = change_picture(image, Change(**{kind: level}))
        shares = {}
        for descriptor in DESCRIPTORS:
            found = match(image, there, replace(settings, descriptor=descriptor), truth)
            shares[descriptor] = found.share or 0.0
        yield Point(float(level), shares)

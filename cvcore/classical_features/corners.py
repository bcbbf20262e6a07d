"""Harris corners, and what makes a place one: how its surroundings change as they are moved.

C. Harris and M. Stephens, "A combined corner and edge detector", Alvey Vision Conference 1988.
"""

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from cvcore.classical_features.pixels import to_grey
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.images import Picture

APERTURE = 3  # pixels: the side of Sobel's kernels
MAX_WINDOW, MAX_K = 21, 0.24
MOST = 400  # corners that are told
REACH = 6  # pixels: how far a patch is moved
CHANGE = 0.15  # of white: the change of a patch at which its ellipse is drawn


@dataclass(frozen=True)
class CornerSettings:
    """How Harris's corners are found."""

    window: int = 5
    """Pixels, odd, 3 to 21: the side of the square over which products of gradients are summed."""
    k: float = 0.05
    """0.01 to 0.24: how much the response takes off for two unequal eigenvalues."""
    threshold: float = 0.02
    """0.0001 to 1: the least response of a corner, as a share of the picture's greatest."""

    def __post_init__(self) -> None:
        window = check_whole("The window", self.window, 3, MAX_WINDOW)
        object.__setattr__(self, "window", window if window % 2 else window + 1)
        object.__setattr__(self, "k", check_setting("k", self.k, 0.01, MAX_K))
        threshold = check_setting("The threshold", self.threshold, 0.0001, 1)
        object.__setattr__(self, "threshold", threshold)


@dataclass(frozen=True, eq=False)
class Corners:
    """A picture's Harris response and its corners."""

    response: np.ndarray = field(repr=False)
    """float32 (H, W), det M - k trace(M)^2: ``cv2.cornerHarris`` of greys from 0 to 1."""
    points: np.ndarray = field(repr=False)
    """int (N, 2): x and y in pixels, the strongest first, at most 400."""
    found: int
    """How many there are, also beyond 400."""


def find_corners(image: Picture, settings: CornerSettings | None = None) -> Corners:
    """Harris's response by OpenCV, and the places that exceed the threshold and all neighbours.

    A picture without any contrast has no corners. InputError for settings out of range and for
    what is no picture.
    """
    settings = settings or CornerSettings()
    grey = to_grey(image).astype(np.float32) / 255
    response = cv2.cornerHarris(grey, settings.window, APERTURE, settings.k)
    largest = cv2.dilate(response, np.ones((3, 3), np.uint8))
    limit = max(settings.threshold * float(response.max()), float(np.finfo(np.float32).tiny))
    rows, columns = np.nonzero((response == largest) & (response >= limit))
    order = np.argsort(-response[rows, columns], kind="stable")
    points = np.stack([columns[order], rows[order]], axis=1)
    return Corners(response, points[:MOST], len(points))


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Why a place is flat, an edge or a corner."""

    x: int
    y: int
    window: int
    eigenvalues: tuple[float, float]
    """Of the structure tensor M, the greater first, as ``cv2.cornerEigenValsAndVecs`` has them."""
    direction: tuple[float, float]
    """(x, y) of length 1: the way of the greatest change, the first eigenvector."""
    response: float
    kind: str
    """"flat", "edge" or "corner"."""
    pixels: np.ndarray = field(repr=False)
    """uint8 (window + 12, window + 12): the patch with what lies around it; the picture's rim is
    mirrored."""

    @property
    def patch(self) -> np.ndarray:
        """uint8 (window, window)."""
        return self.pixels[REACH:-REACH, REACH:-REACH]

    @cached_property
    def ssd(self) -> np.ndarray:
        """float (13, 13): the sum of squared differences of the patch and itself moved by -6 to 6
        pixels down (rows) and right (columns), in greys of 0 to 1."""
        pixels = self.pixels.astype(np.float64) / 255
        views = np.lib.stride_tricks.sliding_window_view(pixels, (self.window, self.window))
        return ((views - views[REACH, REACH]) ** 2).sum(axis=(2, 3))

    def predict_ssd(self, dx: float, dy: float) -> float:
        """What the structure tensor says of a small move: its quadratic form, d' M d, in the units
        of ``ssd`` (OpenCV scales M by 4 / window^2)."""
        along = dx * self.direction[0] + dy * self.direction[1]
        across = -dx * self.direction[1] + dy * self.direction[0]
        large, small = self.eigenvalues
        return (large * along**2 + small * across**2) * self.window**2 / 4

    @property
    def radii(self) -> tuple[float, float]:
        """Pixels, along ``direction`` and across it: a move this far changes the patch by 15 %
        of white (root mean square), as M has it. The half axes of the ellipse; inf where nothing
        changes."""
        limit = CHANGE**2 * self.window**2  # the sum over the patch
        large, small = (value * self.window**2 / 4 for value in self.eigenvalues)
        first, second = (float(np.sqrt(limit / v)) if v > 1e-12 else np.inf for v in (large, small))
        return first, second


def examine(
    image: Picture, x: int, y: int, settings: CornerSettings | None = None
) -> Neighbourhood:
    """The structure tensor at column ``x``, row ``y``, and the patch around as it is moved.

    A corner has a response beyond the threshold; an edge a negative one, as strong as that of an
    edge whose greater eigenvalue equals those of the weakest accepted corner with two equal ones:
    beyond -threshold * k / (1 - 4 k) of the greatest. Else it is flat. InputError for a place
    outside of the picture.
    """
    settings = settings or CornerSettings()
    grey = to_grey(image)
    height, width = grey.shape
    x, y = check_whole("x", x, 0, width - 1), check_whole("y", y, 0, height - 1)
    floats = grey.astype(np.float32) / 255
    response = cv2.cornerHarris(floats, settings.window, APERTURE, settings.k)
    values = cv2.cornerEigenValsAndVecs(floats, settings.window, APERTURE)[y, x].astype(np.float64)
    pairs = [(max(float(values[0]), 0.0), values[2:4]), (max(float(values[1]), 0.0), values[4:6])]
    (large, vector), (small, _) = sorted(pairs, key=lambda pair: -pair[0])
    limit, here = settings.threshold * float(response.max()), float(response[y, x])
    if here >= limit > 0:
        kind = "corner"
    elif here < 0 and -here >= limit * settings.k / (1 - 4 * settings.k):
        kind = "edge"
    else:
        kind = "flat"
    half = settings.window // 2 + REACH
    rim = cv2.copyMakeBorder(grey, half, half, half, half, cv2.BORDER_REFLECT_101)
    pixels = rim[y : y + 2 * half + 1, x : x + 2 * half + 1]
    direction = (float(vector[0]), float(vector[1]))
    return Neighbourhood(
        x, y, settings.window, (large, small), direction, here, kind, pixels.copy()
    )

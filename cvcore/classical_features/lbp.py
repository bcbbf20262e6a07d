"""Local binary patterns: each pixel as a code of which neighbours are at least as bright.

T. Ojala, M. Pietikainen and T. Maenpaa, "Multiresolution gray-scale and rotation invariant texture
classification with local binary patterns", PAMI 2002. The codes are those of
``skimage.feature.local_binary_pattern``.
"""

from dataclasses import dataclass, field

import numpy as np
from skimage.feature import local_binary_pattern

from cvcore.classical_features.pixels import to_grey
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.core.images import Picture

METHODS = ("default", "ror", "uniform")


@dataclass(frozen=True)
class LbpSettings:
    """Which neighbours are asked, and what becomes of their answers."""

    points: int = 8
    """4 to 16 neighbours on a circle."""
    radius: float = 1
    """1 to 12 pixels."""
    method: str = "default"
    """"default": a bit a neighbour; "ror": the least of all turned codes; "uniform": the number of
    bright neighbours where they lie together, else one more than all neighbours."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", check_whole("Neighbours", self.points, 4, 16))
        object.__setattr__(self, "radius", check_setting("The radius", self.radius, 1, 12))
        if self.method not in METHODS:
            raise InputError(f"Codes: choose one of {', '.join(METHODS)}.")

    @property
    def codes(self) -> int:
        """How many different codes there can be: they are 0 to one less."""
        return self.points + 2 if self.method == "uniform" else 2**self.points


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The comparisons at one pixel."""

    centre: int
    """Its grey, 0 to 255."""
    places: np.ndarray = field(repr=False)
    """float (P, 2): x and y of each neighbour, the first at the right, then counter-clockwise."""
    greys: np.ndarray = field(repr=False)
    """float (P,): of 0 to 255, between four pixels where a neighbour lies between them; 0 outside
    of the picture."""
    bits: tuple[int, ...]
    """1 where a neighbour is at least as bright; the first counts 1, the next 2, 4, ..."""
    code: int
    """What scikit-image makes of them by the method."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """A picture's codes."""

    settings: LbpSettings
    grey: np.ndarray = field(repr=False)
    """uint8 (H, W)."""
    codes: np.ndarray = field(repr=False)
    """int64 (H, W)."""

    @property
    def histogram(self) -> np.ndarray:
        """float (``settings.codes``,): the share of pixels with each code; together 1."""
        counts = np.bincount(self.codes.ravel(), minlength=self.settings.codes)
        return counts / self.codes.size

    def compare(self, x: int, y: int) -> Neighbours:
        """The comparisons at column ``x``, row ``y``; InputError outside of the picture."""
        height, width = self.grey.shape
        x, y = check_whole("x", x, 0, width - 1), check_whole("y", y, 0, height - 1)
        turn = 2 * np.pi * np.arange(self.settings.points) / self.settings.points
        right = np.round(self.settings.radius * np.cos(turn), 5)
        down = np.round(-self.settings.radius * np.sin(turn), 5)
        places = np.stack([x + right, y + down], axis=1)
        greys = np.array([_interpolate(self.grey, *place) for place in places])
        centre = int(self.grey[y, x])
        bits = tuple(int(one >= centre) for one in greys)
        return Neighbours(centre, places, greys, bits, int(self.codes[y, x]))


def measure_lbp(image: Picture, settings: LbpSettings | None = None) -> Patterns:
    """The codes of a picture's greys; InputError for settings out of range and no picture."""
    settings = settings or LbpSettings()
    grey = to_grey(image)
    codes = local_binary_pattern(grey, settings.points, settings.radius, settings.method)
    return Patterns(settings, grey, codes.astype(np.int64))


def _interpolate(grey: np.ndarray, x: float, y: float) -> float:
    """Bilinear, 0 outside, as scikit-image takes its neighbours."""
    left, top = int(np.floor(x)), int(np.floor(y))
    right, bottom = int(np.ceil(x)), int(np.ceil(y))
    height, width = grey.shape

    def look(row: int, column: int) -> float:
        is_inside = 0 <= row < height and 0 <= column < width
        return float(grey[row, column]) if is_inside else 0.0

    dx, dy = x - left, y - top
    above = (1 - dx) * look(top, left) + dx * look(top, right)
    below = (1 - dx) * look(bottom, left) + dx * look(bottom, right)
    return (1 - dy) * above + dy * below

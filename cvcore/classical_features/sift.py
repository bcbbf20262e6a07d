"""SIFT: places that are found again at another size and angle, and 128 numbers for each.

D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004. All numbers are
those of ``cv2.SIFT``; what stands here says where they belong in the picture.
"""

from dataclasses import dataclass, field, fields

import cv2
import numpy as np

from cvcore.classical_features.pixels import to_grey
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.images import Picture

CELLS, DIRECTIONS = 4, 8  # of a descriptor: 4 x 4 cells, each a histogram of 8
FIRST_BLUR = 0.5  # pixels: what a camera has blurred already, as SIFT assumes
REACH, LEAST_SCALE = 3, 0.6  # times a keypoint's own scale, either way; pixels
PATCH_SIDE = 128  # pixels of a patch that is cut out
FINENESS = 6  # scales an octave, at least, at which differences of Gaussians are told


@dataclass(frozen=True)
class SiftSettings:
    """What becomes a keypoint."""

    layers: int = 3
    """1 to 8 scales an octave; how many octaves there are hangs on the picture's size."""
    contrast: float = 0.04
    """0 to 0.3: the least contrast (OpenCV divides it by ``layers``)."""
    edge: float = 10
    """1.5 to 100: the greatest ratio of the two curvatures. Beyond it lies an edge, along which a
    place cannot be told from its neighbours."""
    most: int = 500
    """1 to 5,000: only so many are kept, those of the greatest contrast."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", check_whole("Layers an octave", self.layers, 1, 8))
        contrast = check_setting("The contrast threshold", self.contrast, 0, 0.3)
        object.__setattr__(self, "contrast", contrast)
        object.__setattr__(self, "edge", check_setting("The edge threshold", self.edge, 1.5, 100))
        object.__setattr__(self, "most", check_whole("Keypoints", self.most, 1, 5000))

    def build(self) -> cv2.SIFT:
        return cv2.SIFT.create(self.most, self.layers, self.contrast, self.edge)


@dataclass(frozen=True, eq=False)
class Keypoints:
    """A picture's keypoints, those of the greatest contrast first."""

    points: np.ndarray = field(repr=False)
    """float32 (N, 2): x and y in pixels; the first pixel's middle is at 0."""
    sizes: np.ndarray = field(repr=False)
    """float32 (N,): diameters in pixels, twice the scale sigma at which each was found."""
    angles: np.ndarray = field(repr=False)
    """float32 (N,): degrees, 0 to 360, clockwise on the screen from the x axis."""
    contrasts: np.ndarray = field(repr=False)
    """float32 (N,): OpenCV's response."""
    octaves: np.ndarray = field(repr=False)
    """int (N,): -1 is the octave of the picture made twice as large."""
    descriptors: np.ndarray = field(repr=False)
    """float32 (N, 128): whole numbers from 0 to 255."""

    def __len__(self) -> int:
        return len(self.points)

    def take(self, indices: np.ndarray) -> "Keypoints":
        """Some of them, in the order of ``indices``."""
        return Keypoints(*(getattr(self, one.name)[indices] for one in fields(self)))

    def cells(self, index: int) -> np.ndarray:
        """float32 (4, 4, 8): the descriptor by row and column of its rotated square, and by
        direction: the k-th is 45 k degrees counter-clockwise from the keypoint's own."""
        return self.descriptors[index].reshape(CELLS, CELLS, DIRECTIONS)

    def corners(self, index: int) -> np.ndarray:
        """float (4, 2): the descriptor's square in the picture, clockwise from the first cell's
        outer corner. Its side is six times the keypoint's size: four cells of 3 sigma."""
        angle, half = np.deg2rad(float(self.angles[index])), 3 * float(self.sizes[index])
        right = np.array([np.cos(angle), np.sin(angle)])
        down = np.array([-np.sin(angle), np.cos(angle)])
        middle = self.points[index].astype(np.float64)
        ways = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return np.array([middle + half * (a * right + b * down) for a, b in ways])

    def find_nearest(self, x: float, y: float) -> int:
        """The index of the keypoint whose middle is nearest; ValueError where there is none."""
        if not len(self):
            raise ValueError("There are no keypoints.")
        return int(np.argmin(((self.points - (x, y)) ** 2).sum(axis=1)))


def find_keypoints(
    image: Picture, settings: SiftSettings | None = None, *, describe: bool = True
) -> Keypoints:
    """Keypoints and descriptors by OpenCV's SIFT; none where the picture has no contrast.

    Without ``describe`` the descriptors are 0, which takes about half the time.

    InputError for settings out of range and for what is no picture.
    """
    sift = (settings or SiftSettings()).build()
    if describe:
        found, descriptors = sift.detectAndCompute(to_grey(image), None)
    else:
        found = sift.detect(to_grey(image), None)
        descriptors = np.zeros((len(found), CELLS * CELLS * DIRECTIONS), np.float32)
    order = sorted(range(len(found)), key=lambda i: -found[i].response)
    kept = [found[i] for i in order]
    octaves = [one.octave & 255 for one in kept]
    return Keypoints(
        np.array([one.pt for one in kept], np.float32).reshape(-1, 2),
        np.array([one.size for one in kept], np.float32),
        np.array([one.angle for one in kept], np.float32),
        np.array([one.response for one in kept], np.float32),
        np.array([one - 256 if one > 127 else one for one in octaves], np.int64),
        descriptors[order] if kept else np.zeros((0, CELLS * CELLS * DIRECTIONS), np.float32),
    )


def cut_patch(image: Picture, keypoints: Keypoints, index: int) -> np.ndarray:
    """uint8 (128, 128): the descriptor's square, turned upright; the picture's rim is stretched."""
    side = PATCH_SIDE
    to = np.array([[0, 0], [side, 0], [side, side]], np.float32) - 0.5
    matrix = cv2.getAffineTransform(keypoints.corners(index)[:3].astype(np.float32), to)
    grey = to_grey(image)
    return cv2.warpAffine(
        grey, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def measure_scales(
    image: Picture, keypoints: Keypoints, index: int, settings: SiftSettings | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Scales sigma in pixels, and at each the difference of Gaussians at the keypoint: that of the
    next scale less that of its own, in greys of 0 to 1.

    A keypoint is found where this is greatest or least, both along the scale and in the picture.
    """
    layers = (settings or SiftSettings()).layers
    apart = max(1, round(FINENESS / layers))  # so many of the scales told make SIFT's own step
    step, own = 2 ** (1 / (layers * apart)), float(keypoints.sizes[index]) / 2
    count = round(np.log(REACH**2) / np.log(step)) + apart
    scales = own / REACH * step ** np.arange(count + 1)
    scales = scales[scales > LEAST_SCALE]
    reach = int(np.ceil(4 * scales[-1])) + 2
    grey = to_grey(image).astype(np.float32) / 255
    x, y = (float(one) for one in keypoints.points[index])
    left, top = max(int(x) - reach, 0), max(int(y) - reach, 0)
    crop = grey[top : int(y) + reach + 1, left : int(x) + reach + 1]
    middle = (x - left, y - top)

    def look(sigma: float) -> float:
        blurred = cv2.GaussianBlur(crop, (0, 0), float(np.sqrt(sigma**2 - FIRST_BLUR**2)))
        return float(cv2.getRectSubPix(blurred, (1, 1), middle)[0, 0])

    blurred = np.array([look(float(one)) for one in scales])
    return scales[:-apart], blurred[apart:] - blurred[:-apart]

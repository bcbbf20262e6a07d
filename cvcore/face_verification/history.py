"""How faces were compared before deep networks, and what the networks learnt from.

Eigenfaces (Turk and Pentland, "Face Recognition Using Eigenfaces", CVPR 1991), local binary
patterns (Ahonen et al., "Face Description with Local Binary Patterns", IEEE TPAMI 2006) and the
losses of siamese networks: contrastive (Hadsell et al., CVPR 2006), triplet (Schroff et al.,
"FaceNet", CVPR 2015) and binary cross-entropy (as in Taigman et al., "DeepFace", CVPR 2014).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from cvcore.core import images
from cvcore.face_verification.rates import load_lesson

EIGEN_SIDE = 48  # pixels
CELLS = 7  # squares along a side of the face, each with a histogram of its own
NEIGHBOURS = 8
PATTERNS = NEIGHBOURS * (NEIGHBOURS - 1) + 3  # 58 uniform ones, and one for all others
CONTRASTIVE_MARGIN = 1.2
TRIPLET_MARGIN = 0.2


@dataclass(frozen=True, eq=False)
class Eigenfaces:
    """The directions in which aligned faces differ most."""

    mean: np.ndarray  # (P,) of P = 48 * 48 pixels
    components: np.ndarray  # (K, P), each of length 1, at right angles
    deviations: np.ndarray  # (K,) standard deviation of faces along each

    def project(self, crop: images.Picture) -> np.ndarray:
        """A face uint8 (112, 112, 3) as K coefficients, in standard deviations."""
        return self.components @ (to_vector(crop) - self.mean) / self.deviations

    def rebuild(self, coefficients: np.ndarray) -> np.ndarray:
        """The face that the first k coefficients (k,) describe, as a grey uint8 (48, 48)."""
        k = len(coefficients)
        vector = self.mean + (coefficients * self.deviations[:k]) @ self.components[:k]
        return to_grey(vector)


@cache
def load_eigenfaces() -> Eigenfaces:
    """The bundled eigenfaces, computed from aligned LFW faces."""
    arrays = load_lesson()
    return Eigenfaces(
        *(arrays[f"eigen_{name}"].astype(np.float64) for name in ("mean", "components", "std"))
    )


def fit_eigenfaces(vectors: np.ndarray, count: int) -> Eigenfaces:
    """Principal components of face vectors (N, P), N at least ``count``."""
    mean = vectors.mean(axis=0)
    _, singular, rows = np.linalg.svd(vectors - mean, full_matrices=False)
    return Eigenfaces(mean, rows[:count], singular[:count] / np.sqrt(len(vectors) - 1))


def to_vector(crop: images.Picture) -> np.ndarray:
    """An aligned face uint8 (112, 112, 3) as grey values (48 * 48,) of mean 0 and deviation 1."""
    grey = images.resize(to_luma(crop), (EIGEN_SIDE, EIGEN_SIDE), resample="box")
    values = grey.astype(np.float64).ravel()
    return (values - values.mean()) / max(values.std(), 1e-6)


def to_grey(vector: np.ndarray) -> np.ndarray:
    """A vector of faces' values (P,), about -2.5 to 2.5, as a grey uint8 (48, 48)."""
    pixels = np.clip(np.rint(127.5 + 51 * vector), 0, 255).astype(np.uint8)
    return pixels.reshape(EIGEN_SIDE, EIGEN_SIDE)


def to_luma(image: images.Picture) -> np.ndarray:
    """Brightness uint8 (H, W) of a picture (H, W, 3): ITU-R BT.601 weights."""
    image = images.as_image(image)
    return np.rint(image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def compare_eigen(coefficients_a: np.ndarray, coefficients_b: np.ndarray) -> float:
    """Cosine of the angle between two faces' coefficients, -1 to 1."""
    a, b = coefficients_a, coefficients_b
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))


@cache
def uniform_codes() -> np.ndarray:
    """int64 (256,): the number of each pattern; those with more than two changes share the last.

    A pattern is eight bits around a circle; uniform ones change between 0 and 1 at most twice, as
    edges, corners and spots do.
    """
    bits = (np.arange(256)[:, None] >> np.arange(NEIGHBOURS)) & 1
    changes = (bits != np.roll(bits, 1, axis=1)).sum(axis=1)
    codes = np.full(256, PATTERNS - 1)
    codes[changes <= 2] = np.arange((changes <= 2).sum())
    return codes


def local_binary_patterns(grey: np.ndarray) -> np.ndarray:
    """uint8 (H - 2, W - 2): for each inner pixel of (H, W), which neighbours are at least as light.

    Bit k stands for the neighbour at k * 45 degrees, anticlockwise from the right, on a circle of
    radius 1; between pixels the value is interpolated.
    """
    values = np.asarray(grey, np.float64)
    height, width = values.shape
    codes = np.zeros((height - 2, width - 2), np.uint8)
    centre = values[1:-1, 1:-1]
    for k in range(NEIGHBOURS):
        angle = 2 * np.pi * k / NEIGHBOURS
        down, right = round(-np.sin(angle), 5), round(np.cos(angle), 5)
        sample = np.zeros_like(centre)
        for row, row_share in _neighbours(down):
            for column, column_share in _neighbours(right):
                part = values[1 + row : height - 1 + row, 1 + column : width - 1 + column]
                sample += row_share * column_share * part
        codes |= (sample >= centre - 1e-9).astype(np.uint8) << np.uint8(k)
    return codes


def _neighbours(offset: float) -> list[tuple[int, float]]:
    low = int(np.floor(offset))
    share = offset - low
    return [(low, 1 - share), (low + 1, share)] if share else [(low, 1.0)]


def lbp_histogram(crop: images.Picture) -> np.ndarray:
    """Shares float64 (7, 7, 59) of the patterns in each cell of an aligned face (112, 112, 3)."""
    codes = uniform_codes()[local_binary_patterns(np.pad(to_luma(crop), 1, mode="edge"))]
    side = codes.shape[0] // CELLS
    cells = codes.reshape(CELLS, side, CELLS, side).swapaxes(1, 2).reshape(CELLS, CELLS, -1)
    numbers = cells + PATTERNS * np.arange(CELLS * CELLS).reshape(CELLS, CELLS, 1)
    counts = np.bincount(numbers.ravel(), minlength=CELLS * CELLS * PATTERNS)
    return counts.reshape(CELLS, CELLS, PATTERNS) / (side * side)


def compare_lbp(histogram_a: np.ndarray, histogram_b: np.ndarray) -> float:
    """1 minus the mean chi-square distance of the cells' histograms: 1 for equal faces, 0 least."""
    total = histogram_a + histogram_b
    difference = (histogram_a - histogram_b) ** 2
    chi = np.divide(difference, total, out=np.zeros_like(total), where=total > 0).sum(axis=-1) / 2
    return 1 - float(chi.mean())


def contrastive_loss(
    distance: ArrayLike, is_same: bool, *, margin: float = CONTRASTIVE_MARGIN
) -> np.ndarray:
    """d² for a pair of one person; for two persons (margin - d)², and 0 beyond the margin."""
    distance = np.asarray(distance, np.float64)
    return distance**2 if is_same else np.maximum(0, margin - distance) ** 2


def triplet_loss(
    to_positive: ArrayLike, to_negative: ArrayLike, *, margin: float = TRIPLET_MARGIN
) -> np.ndarray:
    """max(0, d(anchor, positive)² - d(anchor, negative)² + margin)."""
    positive, negative = np.asarray(to_positive, float), np.asarray(to_negative, float)
    return np.maximum(0, positive**2 - negative**2 + margin)


def cross_entropy_loss(similarity: ArrayLike, is_same: bool) -> np.ndarray:
    """-log p, with p the probability of the truth by the logistic curve of ``face_rates``."""
    slope, middle = load_lesson()["sface_logistic"].astype(float)
    x = slope * (np.asarray(similarity, np.float64) - middle)
    return np.logaddexp(0, -x if is_same else x)

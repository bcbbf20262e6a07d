"""How far apart are two masks? What Dice and IoU do not see: distances, edges, and small classes.

Dice and IoU count pixels: one stray pixel far away hardly changes them, nor does an edge of a large
object that is off by a little. All masks are bool (H, W), all distances in pixels.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.segmentation import Overlap, check_masks, compare_masks

BAND = 0.02  # of the picture's diagonal: how wide the boundary is, as in the paper
EMPTY = "has no pixel, so that there is no distance to it: paint it, or move the threshold."


@dataclass(frozen=True, eq=False)
class EdgeDistances:
    """How far the edges of two masks lie from each other."""

    hausdorff: float  # the greatest distance of a point of one edge to the other edge
    hausdorff_95: float  # the same without the farthest 5 % of each edge
    farthest: tuple[tuple[int, int], tuple[int, int]]
    """Where the greatest is: (x, y) on one edge, and the nearest place of the other."""
    to_truth: np.ndarray = field(repr=False)  # (N,) of each point of the prediction's edge
    to_prediction: np.ndarray = field(repr=False)  # (M,) of each point of the truth's edge

    @property
    def mean(self) -> float:
        """The mean over all points of both edges: the average symmetric surface distance."""
        return float(np.concatenate((self.to_truth, self.to_prediction)).mean())


def find_edge(mask: np.ndarray) -> np.ndarray:
    """The mask's own pixels that have a neighbour (left, right, above, below) outside it.

    Beyond the picture is outside. As torchmetrics' and MONAI's edges.
    """
    mask = mask.astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(mask, cross, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return (mask > inner).astype(bool)


@undisturbed
def measure_edges(prediction: np.ndarray, ground_truth: np.ndarray) -> EdgeDistances:
    """Distances between the edges of two masks, from each point of one to the nearest of the other.

    The Hausdorff distance is the greatest of them; the 95 % one the greater of both edges' 95th
    percentiles, so that a few stray pixels do not decide alone. Huttenlocher, Klanderman and
    Rucklidge, "Comparing Images Using the Hausdorff Distance", PAMI 1993. InputError for a mask
    without a pixel.
    """
    check_masks(prediction, ground_truth)
    for name, mask in (("prediction", prediction), ("truth", ground_truth)):
        if not mask.any():
            raise InputError(f"The {name} {EMPTY}")
    edges = [find_edge(mask) for mask in (prediction, ground_truth)]
    places = [np.argwhere(edge) for edge in edges]
    to_truth, nearest_truth = _measure_to(edges[1], places[0], places[1])
    to_prediction, nearest_prediction = _measure_to(edges[0], places[1], places[0])
    if to_truth.max() >= to_prediction.max():
        at = int(to_truth.argmax())
        pair = places[0][at], nearest_truth[at]
    else:
        at = int(to_prediction.argmax())
        pair = places[1][at], nearest_prediction[at]
    tails = [float(np.percentile(one, 95)) for one in (to_truth, to_prediction)]
    (y1, x1), (y2, x2) = (map(int, place) for place in pair)
    return EdgeDistances(
        float(max(to_truth.max(), to_prediction.max())), max(tails), ((x1, y1), (x2, y2)),
        to_truth, to_prediction,
    )  # fmt: skip


def _measure_to(
    edge: np.ndarray, places: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each place (N, 2), row and column: how far the nearest of the ``others`` on the edge is,
    and which it is."""
    from scipy.spatial import cKDTree

    distance, nearest = cKDTree(others).query(places)
    return distance, others[nearest]


def find_width(size_hw: tuple[int, ...], *, band: float = BAND) -> int:
    """How many pixels wide the boundary is in a picture of ``size_hw`` (height, width)."""
    return max(1, round(check_setting("The band", band, 0, 1) * math.hypot(*size_hw)))


def find_boundary(mask: np.ndarray, *, band: float = BAND) -> np.ndarray:
    """The mask's pixels that lie near its edge, bool (H, W).

    As wide as ``band`` (0 to 1) times the picture's diagonal, at least a pixel. Beyond the picture
    is outside.
    """
    width = find_width(mask.shape, band=band)
    padded = np.pad(mask.astype(np.uint8), 1)
    inner = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width)[1:-1, 1:-1]
    return mask & (inner == 0)


@undisturbed
def compare_boundaries(
    prediction: np.ndarray, ground_truth: np.ndarray, *, band: float = BAND
) -> Overlap:
    """``compare_masks`` of the two boundaries: its ``iou`` is the boundary IoU.

    It is as strict on a large object as on a small one. Cheng, Girshick, Dollár, Berg and Kirillov,
    "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", CVPR 2021,
    arXiv:2103.16562.
    """
    check_masks(prediction, ground_truth)
    return compare_masks(
        find_boundary(prediction, band=band), find_boundary(ground_truth, band=band)
    )


@dataclass(frozen=True)
class GeneralisedDice:
    """Dice over the object and the background, the smaller one weighted more."""

    inside: Overlap
    outside: Overlap

    @property
    def weights(self) -> tuple[float, float]:
        """One over the squared number of true pixels, inside and outside; 0 where there is none."""
        inside, outside = (
            1 / one.ground_truth**2 if one.ground_truth else 0.0
            for one in (self.inside, self.outside)
        )
        return inside, outside

    @property
    def value(self) -> float:
        """0 to 1: twice the weighted shared pixels over the weighted pixels of both masks."""
        parts = list(zip(self.weights, (self.inside, self.outside), strict=True))
        both = sum(weight * one.both for weight, one in parts)
        return 2 * both / sum(w * (one.predicted + one.ground_truth) for w, one in parts)


@undisturbed
def generalise_dice(prediction: np.ndarray, ground_truth: np.ndarray) -> GeneralisedDice:
    """Generalised Dice of two masks. InputError for a truth without a pixel.

    Sudre, Li, Vercauteren, Ourselin and Cardoso, "Generalised Dice Overlap as a Deep Learning Loss
    Function for Highly Unbalanced Segmentations", DLMIA 2017, arXiv:1707.03237.
    """
    overlap = compare_masks(prediction, ground_truth)
    if not overlap.ground_truth:
        raise InputError("The truth has no pixel: paint what belongs to it.")
    return GeneralisedDice(overlap, compare_masks(~prediction, ~ground_truth))


def make_example() -> tuple[np.ndarray, np.ndarray]:
    """A prediction and a truth, bool (9, 9), of 37 cells each that share 31: Dice 62/74 or 0.838.

    A disc, and the same disc a column further, but for one cell at either end of the middle row.
    """
    rows, columns = np.indices((9, 9))
    truth = (rows - 4) ** 2 + (columns - 4) ** 2 <= 12
    prediction = np.roll(truth, 1, axis=1)
    prediction[4, 1], prediction[4, 8] = True, False
    return prediction, truth

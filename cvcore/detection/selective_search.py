"""Selective search: a picture cut into small regions, which are joined two by two.

Uijlings et al., "Selective Search for Object Recognition", IJCV 104, 2013. The regions to begin
with are those of the graph-based segmentation (Felzenszwalb and Huttenlocher, IJCV 59, 2004), by
scikit-image. Then the two neighbours that are most alike become one, until one is left; every
region on the way, small ones and large ones, is a proposal.
"""

import heapq
from dataclasses import dataclass, field

import cv2
import numpy as np
from scipy import ndimage

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image, shrink
from cvcore.detection.boxes import box_iou
from cvcore.engine.isolation import undisturbed

MEASURES = ("colour", "texture", "size", "fill")
SPACES = {"HSV": cv2.COLOR_RGB2HSV_FULL, "Lab": cv2.COLOR_RGB2LAB, "RGB": None}
COLOUR_BINS, TEXTURE_BINS, DIRECTIONS = 25, 10, 8  # a channel; a channel and a direction
WORKING_SIDE = 400  # pixels: the picture's longer side while it is searched
LEAST_SIDE = 8  # of those pixels: a box that is narrower or lower is no proposal
MAX_REGIONS = 4000  # to begin with


@dataclass(frozen=True)
class SearchSettings:
    """How the picture is cut up, and what counts when regions are joined."""

    scale: float = 100.0  # k of the segmentation: the greater, the larger its regions
    sigma: float = 0.8  # pixels: the blur before it
    min_size: int = 50  # pixels: smaller regions are added to a neighbour
    space: str = "HSV"  # of the colours
    measures: tuple[str, ...] = MEASURES  # those summed


@dataclass(frozen=True)
class Merge:
    """Two regions that became one; the numbers are those of ``Grouping.boxes``."""

    first: int
    second: int
    made: int
    colour: float  # the four similarities, each from 0 to 1
    texture: float
    size: float
    fill: float
    total: float  # the sum of those that count


@dataclass(frozen=True, eq=False)
class Grouping:
    """Regions 0 to n - 1 are the segmentation's; each merge adds one.

    Regions that lie apart (none do in a picture of one piece) are never joined.
    """

    labels: np.ndarray = field(repr=False)  # (h, w) int32: the segmentation
    merges: tuple[Merge, ...] = field(repr=False)
    boxes: np.ndarray = field(repr=False)  # (R, 4) int64 xyxy, of ``labels``' pixels
    sizes: np.ndarray = field(repr=False)  # (R,) int64, pixels
    factor: float  # a pixel of ``labels`` is so many of the picture
    settings: SearchSettings

    @property
    def regions(self) -> int:
        """How many the segmentation has."""
        return len(self.boxes) - len(self.merges)

    def labels_after(self, merges: int) -> np.ndarray:
        """(h, w): the number of the region at each pixel after so many merges."""
        merges = check_whole("The number of merges", merges, 0, len(self.merges))
        owner = np.arange(len(self.boxes))
        for merge in reversed(self.merges[:merges]):  # the last one first: it owns what it took in
            owner[merge.first] = owner[merge.second] = owner[merge.made]
        return owner[self.labels]

    def proposals(self, merges: int | None = None, *, seed: int = 0) -> np.ndarray:
        """Boxes (P, 4) float64 xyxy in pixels of the picture, the most promising first.

        Of the regions that there were after so many merges (by default all of them), each box
        once, without the smallest. As in the paper, a region's rank counts from the last merge
        back and is multiplied by a random number from 0 to 1: large regions come early, not first.
        """
        merges = len(self.merges) if merges is None else merges
        merges = check_whole("The number of merges", merges, 0, len(self.merges))
        every = self.boxes[::-1]  # the whole picture first
        rank = np.arange(1, len(every) + 1)
        order = np.argsort(np.random.default_rng(seed).random(len(every)) * rank, kind="stable")
        numbers = len(self.boxes) - 1 - order
        boxes = every[order][numbers < self.regions + merges]
        sides = boxes[:, 2:] - boxes[:, :2]
        boxes = boxes[(sides >= LEAST_SIDE).all(axis=1)]
        _, first = np.unique(boxes, axis=0, return_index=True)
        return boxes[np.sort(first)] * self.factor


def check_settings(settings: SearchSettings) -> SearchSettings:
    """The settings with plain numbers; InputError for one out of range."""
    measures = tuple(settings.measures)
    if not measures or not set(measures) <= set(MEASURES):
        raise InputError(f"Choose at least one similarity: {', '.join(MEASURES)}.")
    if settings.space not in SPACES:
        raise InputError(f"Choose one of the colour spaces {', '.join(SPACES)}.")
    return SearchSettings(
        check_setting("The segmentation's scale", settings.scale, 1, 2000),
        check_setting("The blur", settings.sigma, 0, 5),
        check_whole("The smallest region", settings.min_size, 1, 5000),
        settings.space,
        tuple(one for one in MEASURES if one in measures),
    )


@undisturbed
def search(image: Picture, settings: SearchSettings | None = None) -> Grouping:
    """Cut a picture into regions and join them, the most alike first.

    Raises InputError for settings out of range, and where the segmentation has over 4,000
    regions.
    """
    image, settings = as_image(image), check_settings(settings or SearchSettings())
    small = shrink(image, WORKING_SIDE)
    labels = segment(small, settings)
    return group(small, labels, settings, factor=image.shape[1] / small.shape[1])


def segment(image: Picture, settings: SearchSettings) -> np.ndarray:
    """Labels (h, w) int32 from 0 on, by skimage.segmentation.felzenszwalb."""
    from skimage.segmentation import felzenszwalb

    labels = felzenszwalb(
        as_image(image), scale=settings.scale, sigma=settings.sigma, min_size=settings.min_size
    )
    return labels.astype(np.int32)


def group(
    image: Picture, labels: np.ndarray, settings: SearchSettings, *, factor: float = 1.0
) -> Grouping:
    """The hierarchical grouping of a segmentation (h, w) of a picture (h, w, 3).

    Every two neighbours (that share an edge) have four similarities: how much their histograms of
    colour, and of texture, have in common; how small they are together; how well they fill their
    common box. The pair with the greatest sum is joined, its histograms are averaged by size, and
    its neighbours are compared with the new region.
    """
    count = int(labels.max()) + 1
    if count > MAX_REGIONS:
        raise InputError(
            f"The segmentation has {count:,} regions: raise its scale or its smallest region."
        )
    work = _Regions(as_image(image), labels, settings)
    neighbours = _find_neighbours(labels, count)
    queue = [
        _entry(work.compare(i, np.array([j]))[0], i, j)
        for i in range(count)
        for j in sorted(neighbours[i])
        if i < j
    ]
    heapq.heapify(queue)
    merges = []
    while queue:
        *_, i, j, parts = heapq.heappop(queue)
        if neighbours[i] is None or neighbours[j] is None:  # one of them has been joined
            continue
        made = work.join(i, j)
        around = sorted((neighbours[i] | neighbours[j]) - {i, j})
        neighbours.append(set(around))
        neighbours[i] = neighbours[j] = None
        colour, texture, size, fill = parts
        merges.append(Merge(i, j, made, colour, texture, size, fill, work.total(parts)))
        for other in around:
            neighbours[other] -= {i, j}
            neighbours[other].add(made)
        if around:
            compared = work.compare(made, np.array(around))
            for other, row in zip(around, compared, strict=True):
                heapq.heappush(queue, _entry(row, other, made))
    end = count + len(merges)
    return Grouping(
        labels, tuple(merges), work.boxes[:end], work.sizes[:end].astype(np.int64), factor, settings
    )


def _entry(row: np.ndarray, i: int, j: int) -> tuple:
    """What the queue sorts by: the greatest sum first, of equal ones the oldest regions."""
    *parts, total = row.tolist()
    return (-total, i, j, tuple(parts))


class _Regions:
    """Box, size and histograms of every region, with room for all that will be made."""

    def __init__(self, image: np.ndarray, labels: np.ndarray, settings: SearchSettings) -> None:
        self.count = int(labels.max()) + 1
        self.pixels = labels.size
        room = 2 * self.count - 1
        self.weights = np.array([name in settings.measures for name in MEASURES], np.float64)
        self.boxes = np.zeros((room, 4), np.int64)
        for number, part in enumerate(ndimage.find_objects(labels + 1)):
            if part is None:
                raise ValueError("The labels must count from 0 without a gap.")
            rows, columns = part
            self.boxes[number] = columns.start, rows.start, columns.stop, rows.stop
        self.sizes = np.zeros(room)
        self.sizes[: self.count] = np.bincount(labels.ravel(), minlength=self.count)
        converted = _convert(image, settings.space)
        self.colour = _make_room(colour_histograms(converted, labels), room)
        self.texture = _make_room(texture_histograms(converted, labels), room)

    def compare(self, one: int, others: np.ndarray) -> np.ndarray:
        """(K, 5): the four similarities of a region with each of K others, and what counts."""
        together = self.sizes[one] + self.sizes[others]
        low = np.minimum(self.boxes[one, :2], self.boxes[others, :2])
        high = np.maximum(self.boxes[one, 2:], self.boxes[others, 2:])
        hole = (high - low).prod(axis=1) - together
        parts = np.stack(
            [
                np.minimum(self.colour[one], self.colour[others]).sum(axis=1),
                np.minimum(self.texture[one], self.texture[others]).sum(axis=1),
                1 - together / self.pixels,
                1 - hole / self.pixels,
            ],
            axis=1,
        )
        return np.column_stack([parts, parts @ self.weights])

    def total(self, parts: tuple[float, ...]) -> float:
        return float(np.array(parts) @ self.weights)

    def join(self, i: int, j: int) -> int:
        made, self.count = self.count, self.count + 1
        a, b = self.sizes[i], self.sizes[j]
        self.sizes[made] = a + b
        self.boxes[made, :2] = np.minimum(self.boxes[i, :2], self.boxes[j, :2])
        self.boxes[made, 2:] = np.maximum(self.boxes[i, 2:], self.boxes[j, 2:])
        for histograms in (self.colour, self.texture):
            histograms[made] = (a * histograms[i] + b * histograms[j]) / (a + b)
        return made


def _make_room(rows: np.ndarray, room: int) -> np.ndarray:
    wide = np.zeros((room, rows.shape[1]))
    wide[: len(rows)] = rows
    return wide


def _convert(image: np.ndarray, space: str) -> np.ndarray:
    code = SPACES[space]
    return image if code is None else cv2.cvtColor(image, code)


def colour_histograms(image: Picture, labels: np.ndarray) -> np.ndarray:
    """(n, 75): 25 bins for each channel of uint8 (h, w, 3), of each region; rows sum to 1."""
    bins = as_image(image).reshape(-1, 3).astype(np.int64) * COLOUR_BINS // 256
    return _count(bins, labels, COLOUR_BINS)


def texture_histograms(image: Picture, labels: np.ndarray) -> np.ndarray:
    """(n, 240): for each channel and each of eight directions 10 bins of how steeply it rises.

    Gaussian derivatives with a sigma of 1, as in the paper; a fall is the opposite direction's
    rise. The bins end at the channel's steepest rise in the picture.
    """
    columns = []
    for channel in np.moveaxis(as_image(image).astype(np.float64), 2, 0):
        down = ndimage.gaussian_filter(channel, 1, order=(1, 0))
        right = ndimage.gaussian_filter(channel, 1, order=(0, 1))
        most = max(float(np.hypot(down, right).max()), 1e-9)
        for turn in range(DIRECTIONS):
            angle = 2 * np.pi * turn / DIRECTIONS
            rise = np.clip(right * np.cos(angle) + down * np.sin(angle), 0, None)
            columns.append(np.minimum(rise / most * TEXTURE_BINS, TEXTURE_BINS - 1).ravel())
    return _count(np.array(columns).T.astype(np.int64), labels, TEXTURE_BINS)


def _count(bins: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """Histograms (n, columns x size) of the columns of bins (pixels, columns); rows sum to 1."""
    owner, count = labels.ravel().astype(np.int64), int(labels.max()) + 1
    parts = [
        np.bincount(owner * size + column, minlength=count * size).reshape(count, size)
        for column in bins.T
    ]
    rows = np.concatenate(parts, axis=1).astype(np.float64)
    return rows / rows.sum(axis=1, keepdims=True)


def _find_neighbours(labels: np.ndarray, count: int) -> list:
    """For each region the set of those that share an edge of a pixel with it."""
    pairs = np.concatenate(
        [
            np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], axis=1),
            np.stack([labels[:-1].ravel(), labels[1:].ravel()], axis=1),
        ]
    )
    pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
    neighbours: list = [set() for _ in range(count)]
    for i, j in pairs.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    return neighbours


@undisturbed
def recall_curve(
    proposals: np.ndarray, truths: np.ndarray, *, iou_limit: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """How good the first 1, 2, ... P proposals (P, 4) are for T truth boxes (T, 4).

    Returns recall (P,), the share of truth boxes with an IoU of at least ``iou_limit`` to one of
    them, and the mean best overlap (P,), both from 0 to 1. InputError where there is no truth box.
    """
    iou_limit = check_setting("The IoU limit", iou_limit, 0.05, 1)
    if not len(truths):
        raise InputError("There is no truth box: draw one in the view Truth.")
    if not len(proposals):
        return np.zeros(0), np.zeros(0)
    best = np.maximum.accumulate(box_iou(proposals, truths), axis=0)
    return (best >= iou_limit).mean(axis=1), best.mean(axis=1)

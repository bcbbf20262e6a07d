"""R-CNN and Fast R-CNN on the same proposals, with the same classifier.

R-CNN (Girshick et al., CVPR 2014, arXiv:1311.2524) warps each proposal to a square and sends it
through the whole network. Fast R-CNN (Girshick, ICCV 2015, arXiv:1504.08083) sends the picture
through the network once and pools each proposal from the last feature map. Either way a proposal
becomes 1,280 numbers, and a linear support vector machine a class scores them. The network is the
bundled EfficientNet-Lite0 without its last layer; it was trained on ImageNet and not fine-tuned.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.core.timing import Stopwatch
from cvcore.detection.boxes import box_iou, check_boxes
from cvcore.detection.suppression import check_share, nms_steps
from cvcore.engine import checkpoints, registry
from cvcore.engine.isolation import undisturbed

if TYPE_CHECKING:
    import torch

NETWORK, HEAD = "efficientnet_lite0", "region_svm"
LAST_MAP = "act2"  # of the network: 1,280 channels, a cell every 32 pixels
WARPED_SIDE, CONTEXT = 227, 16  # pixels: R-CNN's input, and what of it shows the surroundings
NETWORK_SIDE = 224  # pixels: what EfficientNet-Lite0 takes, the middle of those
MAP_SIDE, MAP_STRIDE = 1024, 32  # pixels: the picture's longer side in the one pass; a cell
POOLED_HW = (7, 7)
POOLINGS = ("RoI pooling", "RoIAlign")
CHUNK = 8  # crops at a time
FEATURES = 1280
DEFAULT_LIMIT = -0.2  # SVM score: a little beyond the plane, as few examples make SVMs wary
DEFAULT_NMS_IOU = 0.3  # R-CNN's own
GREY = 127  # beyond the picture's edge: what the network takes for 0


@dataclass(frozen=True, eq=False)
class Head:
    """A linear SVM a class: ``score = weight . features / |features| + bias``.

    R-CNN and Fast R-CNN have a set each, trained on the features that they make of the same boxes.
    """

    weight: np.ndarray  # (C, 1280) float32
    bias: np.ndarray  # (C,) float32
    labels: tuple[str, ...]

    def score(self, features: np.ndarray) -> np.ndarray:
        """Scores (N, C) of features (N, 1280); above 0: on the class's side."""
        length = np.linalg.norm(features, axis=1, keepdims=True)
        return (features / np.maximum(length, 1e-9)) @ self.weight.T + self.bias


@dataclass(frozen=True, eq=False)
class RegionScores:
    """What one of the two detectors says of each proposal, so far."""

    boxes: np.ndarray  # (N, 4) float64 xyxy, pixels of the picture: those that are scored
    features: np.ndarray = field(repr=False)  # (N, 1280) float32
    scores: np.ndarray = field(repr=False)  # (N, C) float32
    passes: int  # of the network
    ms: dict[str, float]
    of: int  # proposals in all
    labels: tuple[str, ...] = field(repr=False)

    @property
    def done(self) -> bool:
        return len(self.boxes) == self.of


@dataclass(frozen=True, eq=False)
class RegionDetections:
    """Boxes left after suppression, the surest first."""

    xyxy: np.ndarray  # (K, 4) float64
    score: np.ndarray  # (K,) float32: the SVM's, not a probability
    label: tuple[str, ...]
    row: np.ndarray  # (K,) int64: which proposal


@dataclass(frozen=True)
class Agreement:
    """How far two detectors say the same of the same proposals."""

    proposals: int
    same_class: float  # share of proposals whose best class is the same
    same_answer: float  # the same class, or "nothing" from both, at the limit
    correlation: float  # of all their scores; NaN for fewer than two proposals
    boxes: tuple[int, int]  # left after suppression
    boxes_in_common: int  # of the same class, IoU 0.5 or more


@lru_cache(maxsize=2)
def load_head(kind: str) -> Head:
    """The bundled SVMs: ``"crop"`` for R-CNN's features, ``"map"`` for Fast R-CNN's."""
    from safetensors.numpy import load_file

    registry.check_files(HEAD)
    arrays = load_file(registry.get_weight(HEAD).paths[0])
    names = registry.load_labels(HEAD)
    labels = tuple(names[i] for i in arrays["class_ids"])
    weight, bias = (arrays[f"{kind}_{part}"].astype(np.float32) for part in ("weight", "bias"))
    return Head(weight, bias, labels)


def warp(image: Picture, box_xyxy: Sequence[float] | np.ndarray) -> np.ndarray:
    """A proposal as R-CNN warps it: uint8 (227, 227, 3), whatever its proportions were.

    The box fills all but 16 pixels on each side, which show what is around it; beyond the
    picture's edge there is grey.
    """
    image = as_image(image)
    share = CONTEXT / (WARPED_SIDE - 2 * CONTEXT)
    x1, y1, x2, y2 = (float(value) for value in box_xyxy)
    wide, high = (x2 - x1) * share, (y2 - y1) * share
    left, top = round(x1 - wide), round(y1 - high)
    right, bottom = max(round(x2 + wide), left + 1), max(round(y2 + high), top + 1)
    rows, columns = image.shape[:2]
    crop = np.full((bottom - top, right - left, 3), GREY, np.uint8)
    x, y, to_x, to_y = max(left, 0), max(top, 0), min(right, columns), min(bottom, rows)
    if to_x > x and to_y > y:
        crop[y - top : to_y - top, x - left : to_x - left] = image[y:to_y, x:to_x]
    shrinks = min(crop.shape[:2]) > WARPED_SIDE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(crop, (WARPED_SIDE, WARPED_SIDE), interpolation=method)


@undisturbed
def score_crops(
    image: Picture, boxes: np.ndarray, head: Head | None = None
) -> Iterator[RegionScores]:
    """R-CNN: each proposal (N, 4) warped and sent through the network, eight at a time.

    Yields what is scored so far, after every eight; at last all. InputError without a proposal.
    """
    image, boxes = as_image(image), _check_proposals(boxes)
    head = head or load_head("crop")
    _warm_up()
    features = np.zeros((0, FEATURES), np.float32)
    ms: dict[str, float] = {}
    for start in range(0, len(boxes), CHUNK):
        watch = Stopwatch()
        crops = np.stack([warp(image, box) for box in boxes[start : start + CHUNK]])
        watch.lap("warping")
        features = np.concatenate([features, describe_crops(crops)])
        watch.lap("network")
        scores = head.score(features)
        watch.lap("SVMs")
        ms = {name: ms.get(name, 0.0) + value for name, value in watch.ms.items()}
        count = len(features)
        yield RegionScores(boxes[:count], features, scores, count, ms, len(boxes), head.labels)


@undisturbed
def score_map(
    image: Picture, boxes: np.ndarray, head: Head | None = None, *, pooling: str = POOLINGS[1]
) -> RegionScores:
    """Fast R-CNN: one pass over the picture, and each proposal (N, 4) pooled from the last map.

    RoI pooling or RoIAlign makes 7 x 7 cells of a proposal, as the network's own last map has for
    a crop; as there, their mean is what the SVMs get. InputError without a proposal.
    """
    image, boxes = as_image(image), _check_proposals(boxes)
    if pooling not in POOLINGS:
        raise InputError(f"Choose one of {' and '.join(POOLINGS)}.")
    head = head or load_head("map")
    _warm_up()
    watch = Stopwatch()
    maps, factors = describe_picture(image)
    watch.lap("network")
    features = pool_regions(maps, boxes * factors, pooling)
    watch.lap("pooling")
    scores = head.score(features)
    watch.lap("SVMs")
    return RegionScores(boxes, features, scores, 1, watch.ms, len(boxes), head.labels)


def describe_crops(crops: np.ndarray) -> np.ndarray:
    """Features (N, 1280) of crops uint8 (N, 227, 227, 3): the mean of each last map's cells."""
    edge = (WARPED_SIDE - NETWORK_SIDE) // 2
    middle = slice(edge, edge + NETWORK_SIDE)
    return _run(crops[:, middle, middle]).mean(dim=(2, 3)).cpu().numpy()


def describe_picture(image: Picture) -> tuple["torch.Tensor", np.ndarray]:
    """The last map of one pass over the whole picture, at 1,024 pixels for its longer side.

    Returns it, and (4,) by how much x1, y1, x2, y2 were scaled.
    """
    image = as_image(image)
    factor = MAP_SIDE / max(image.shape[:2])
    wide, high = (max(MAP_STRIDE, round(side * factor)) for side in image.shape[1::-1])
    scaled = cv2.resize(image, (wide, high), interpolation=cv2.INTER_LINEAR)
    return _run(scaled[None]), np.array([wide / image.shape[1], high / image.shape[0]] * 2)


def pool_regions(maps: "torch.Tensor", boxes: np.ndarray, pooling: str) -> np.ndarray:
    """Features (N, 1280) of boxes (N, 4), in pixels of the network's input, from its map."""
    import torch
    from torchvision.ops import roi_align, roi_pool

    rows = torch.from_numpy(boxes.astype(np.float32)).to(maps.device)
    with torch.inference_mode():
        maps = maps.contiguous()
        if pooling == POOLINGS[0]:
            pooled = roi_pool(maps, [rows], POOLED_HW, 1 / MAP_STRIDE)
        else:
            pooled = roi_align(maps, [rows], POOLED_HW, 1 / MAP_STRIDE, 2, aligned=True)
        return pooled.mean(dim=(2, 3)).cpu().numpy()


@lru_cache(maxsize=1)
def _warm_up() -> None:
    """What only the first run waits for, so that times compare: libraries, weights, memory."""
    maps = _run(np.zeros((1, NETWORK_SIDE, NETWORK_SIDE, 3), np.uint8))
    for pooling in POOLINGS:
        pool_regions(maps, np.array([[0.0, 0.0, 64.0, 64.0]]), pooling)


def _run(pictures: np.ndarray) -> "torch.Tensor":
    """The network's last maps (N, 1280, h / 32, w / 32) for uint8 pictures (N, h, w, 3)."""
    import torch

    from cvcore.probes.hooks import record

    network = checkpoints.load_model(NETWORK)
    device = next(network.parameters()).device
    batch = torch.from_numpy(np.ascontiguousarray(pictures)).to(device).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return record(network, batch.float() / 255, [LAST_MAP])[LAST_MAP]


def _check_proposals(boxes: np.ndarray) -> np.ndarray:
    boxes = check_boxes(boxes)
    if not len(boxes):
        raise InputError("There is no proposal to be classified: choose a larger picture.")
    return boxes


@undisturbed
def find_objects(
    scored: RegionScores, *, limit: float = DEFAULT_LIMIT, iou: float = DEFAULT_NMS_IOU
) -> RegionDetections:
    """The proposals whose best class scores at least ``limit``, after NMS within each class."""
    limit = check_setting("The score limit", limit, -10, 10)
    iou = check_share("The IoU limit of NMS", iou)
    best = scored.scores.argmax(axis=1)
    score = scored.scores.max(axis=1)
    rows = np.flatnonzero(score >= limit)
    steps = nms_steps(scored.boxes[rows], score[rows], best[rows], iou)
    kept = rows[[step.kept for step in steps]].astype(np.int64)
    labels = tuple(scored.labels[i] for i in best[kept])
    return RegionDetections(scored.boxes[kept], score[kept], labels, kept)


def compare(
    first: RegionScores, second: RegionScores, *, limit: float = DEFAULT_LIMIT,
    iou: float = DEFAULT_NMS_IOU,
) -> Agreement:  # fmt: skip
    """Two detectors on the same proposals, at the same limits."""
    if len(first.boxes) != len(second.boxes):
        raise ValueError("Both must have scored the same proposals.")
    a, b = first.scores, second.scores
    same = a.argmax(axis=1) == b.argmax(axis=1)
    is_a, is_b = a.max(axis=1) >= limit, b.max(axis=1) >= limit
    answer = np.where(is_a & is_b, same, is_a == is_b)
    found = [find_objects(one, limit=limit, iou=iou) for one in (first, second)]
    correlation = float("nan")
    if len(a) > 1 and a.std() > 0 and b.std() > 0:
        correlation = float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    return Agreement(
        len(a), float(same.mean()), float(answer.mean()), correlation,
        (len(found[0].row), len(found[1].row)), _count_common(*found),
    )  # fmt: skip


def _count_common(first: RegionDetections, second: RegionDetections) -> int:
    """Boxes of the first that have one of the second's to themselves, class and place alike."""
    overlap = box_iou(first.xyxy, second.xyxy)
    free, common = set(range(len(second.label))), 0
    for i, label in enumerate(first.label):
        alike = [j for j in free if second.label[j] == label and overlap[i, j] >= 0.5]
        if alike:
            free.remove(max(alike, key=lambda j: overlap[i, j]))
            common += 1
    return common

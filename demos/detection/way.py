"""What the view of the older detectors keeps of a picture, and what its controls say."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

import cvcore
from cvcore.core.images import check_image
from cvcore.detection import RawPredictions
from cvcore.detection.region_cnn import DEFAULT_LIMIT, DEFAULT_NMS_IOU, POOLINGS, RegionScores
from cvcore.detection.selective_search import MEASURES, Grouping, SearchSettings
from cvcore.detection.sliding_window import DEFAULT_GROWTH, DEFAULT_SIDE, DEFAULT_STRIDE
from demos.detection.ground_truth import parse_ground_truth

OVERVIEW, SEARCH, CROPS, POOLED, NETWORK, HISTORY = STEPS = (
    "Overview", "Selective search", "R-CNN", "Fast R-CNN", "Proposal network", "Time line"
)  # fmt: skip
EVERY = "all"
MAPS = {"coarse, 32 pixels a cell": 0, "fine, 16 pixels a cell": 1}
ANCHORS = (EVERY, "1", "2", "3")


@dataclass(frozen=True)
class WaySettings:
    """The step that is shown, and what it is set by."""

    step: str = OVERVIEW
    side: float = DEFAULT_SIDE  # pixels: the smallest window
    stride: float = DEFAULT_STRIDE
    growth: float = DEFAULT_GROWTH
    merges: float = 0  # of the regions
    scale: float = SearchSettings.scale
    space: str = SearchSettings.space
    measures: list[str] = field(default_factory=lambda: list(MEASURES))
    recall_iou: float = 0.5
    most: float = 40  # proposals that are classified
    score: float = DEFAULT_LIMIT  # SVM score that a box needs
    nms: float = DEFAULT_NMS_IOU
    pooling: str = POOLINGS[1]
    grid: str = next(iter(MAPS))
    anchor: str = EVERY
    shown: float = 8  # anchors whose boxes are drawn

    def search(self) -> SearchSettings:
        """As ``cvcore.detection.selective_search.search`` takes them."""
        return SearchSettings(scale=self.scale, space=self.space, measures=tuple(self.measures))

    def anchor_number(self) -> int | None:
        return None if self.anchor == EVERY else int(self.anchor) - 1


@dataclass(frozen=True, eq=False)
class WayState:
    """A picture, and of each step what takes long: cheap sliders act on it."""

    image: np.ndarray = field(repr=False)
    raw: RawPredictions | None = None
    grouping: Grouping | None = None
    search_ms: float = 0.0
    crops: RegionScores | None = None
    pooled: dict[str, RegionScores] = field(default_factory=dict)  # by pooling

    @cached_property
    def predictions(self) -> RawPredictions:
        return self.raw or cvcore.detection.predict_raw(self.image)

    def proposals(self, settings: WaySettings) -> np.ndarray:
        """Those that are classified."""
        assert self.grouping is not None
        return self.grouping.proposals()[: int(settings.most)]

    def is_scored(self, scores: RegionScores | None, settings: WaySettings) -> bool:
        """Whether these are the scores of the proposals as they are set, all of them."""
        boxes = self.proposals(settings)
        return scores is not None and scores.done and np.array_equal(scores.boxes, boxes)


class Course:
    """What the crops that are being classified are drawn by while sliders move, in a ``gr.State``.

    ``at_work`` names the run under way.
    """

    settings: WaySettings | None = None
    at_work: object = None

    def follow(self, settings: WaySettings) -> WaySettings:
        """Those of a run, with what has been moved since and asks for nothing slow."""
        now = self.settings or settings
        return replace(settings, score=now.score, nms=now.nms, pooling=now.pooling)


def find_way(state: WayState | None, image: np.ndarray | None) -> WayState:
    """What is kept if it is this picture's; else nothing but the picture."""
    image = check_image(image)
    if state is not None and np.array_equal(state.image, image):
        return state
    return WayState(image)


def with_predictions(state: WayState) -> WayState:
    return replace(state, raw=state.predictions)


def find_truths(state: WayState, truths: list[dict] | None) -> tuple[np.ndarray, str]:
    """The visitor's boxes (T, 4); without one the detector's, as a stand-in. And what they are."""
    if truths:
        xyxy, _ = parse_ground_truth(truths, state.predictions.labels)
        return xyxy, "your truth box" if len(truths) == 1 else f"your {len(truths)} truth boxes"
    found = cvcore.detection.suppress(state.predictions)
    count = len(found)
    boxes = "box" if count == 1 else "boxes"
    return found.xyxy.astype(np.float64), f"YOLOv3-tiny's {count} {boxes}, as a stand-in for truth"

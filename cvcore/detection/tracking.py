"""Tracks: the same object keeps its number from frame to frame.

ByteTrack, as ultralytics ships it (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating
Every Detection Box", ECCV 2022, arXiv:2110.06864): a Kalman filter says where each object should
be in the next frame, and boxes are matched with that by IoU, the sure ones first, then the weak.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from cvcore.core.checks import check_setting
from cvcore.detection import DEFAULT_CONFIDENCE, Detections, check_share
from cvcore.engine.isolation import undisturbed

LOW_CONFIDENCE = 0.1  # boxes down to this help a track over weak frames
TRAIL = 40  # frames


@dataclass(frozen=True, eq=False)
class Tracks:
    """The objects of one frame with their numbers."""

    detections: Detections
    track_id: np.ndarray  # (N,) int64, from 1


@dataclass(eq=False)
class Tracker:
    """Feeds detections to ByteTrack, frame by frame, and remembers where objects went."""

    confidence: float = DEFAULT_CONFIDENCE  # a new track needs at least this
    fps: float = 25.0
    seen: dict[int, str] = field(default_factory=dict)  # every track so far and its label
    trails: dict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        from cvcore.engine.ultralytics import import_ultralytics

        self.fps = check_setting("The rate", self.fps, 0.01, 10_000)
        import_ultralytics()
        from ultralytics.trackers.byte_tracker import BYTETracker
        from ultralytics.utils import IterableSimpleNamespace

        self._settings = IterableSimpleNamespace(
            track_buffer=max(1, round(1.2 * self.fps)),  # frames that a lost object is waited for
            match_thresh=0.8,
            fuse_score=True,
        )
        self.set_confidence(self.confidence)
        self._tracker = BYTETracker(self._settings)

    def set_confidence(self, confidence: float) -> None:
        """Another limit from the next frame on; the tracks so far keep their numbers."""
        confidence = check_share("The confidence limit", confidence)
        self.confidence = confidence
        self._settings.track_high_thresh = self._settings.new_track_thresh = confidence
        self._settings.track_low_thresh = min(LOW_CONFIDENCE, confidence)

    @undisturbed
    def update(self, detections: Detections, image_hw: tuple[int, int]) -> Tracks:
        """The next frame's detections, best with a confidence limit of ``LOW_CONFIDENCE``."""
        from ultralytics.engine.results import Boxes

        table = np.column_stack(
            (detections.xyxy, detections.confidence, detections.class_id)
        ).astype(np.float32)
        rows = self._tracker.update(Boxes(table.reshape(-1, 6), image_hw))
        rows = np.asarray(rows, np.float32).reshape(-1, 8)
        index = rows[:, 7].astype(np.int64)
        # the detection's own box, not the filter's: what the network saw is what is shown
        tracked = detections.take(index)
        track_id = rows[:, 4].astype(np.int64)
        for number, label, box in zip(track_id.tolist(), tracked.label, tracked.xyxy, strict=True):
            self.seen[number] = label
            self.trails[number].append((float(box[0] + box[2]) / 2, float(box[3])))
            del self.trails[number][:-TRAIL]
        return Tracks(tracked, track_id)

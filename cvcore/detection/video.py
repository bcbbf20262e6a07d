"""Detections and tracks through a whole video, drawn into a new one."""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from cvcore import detection
from cvcore.core import video
from cvcore.core.drawing import class_colour, draw_heatmap
from cvcore.core.errors import InputError
from cvcore.core.images import Picture
from cvcore.detection import counting
from cvcore.detection.drawing import draw_blurred, draw_boxes
from cvcore.detection.tracking import LOW_CONFIDENCE, Tracker, Tracks
from cvcore.engine.isolation import undisturbed

MAX_SECONDS = 60
MAX_SIDE = 640  # pixels
STYLES = ("boxes", "blur", "heat map")


@dataclass(frozen=True, eq=False)
class VideoProgress:
    """How far the work is, and what has been seen so far."""

    done: int  # frames
    total: int  # frames, those that cannot be read among them
    frame: np.ndarray = field(repr=False)  # (H, W, 3) the last frame, drawn
    tracks: dict[str, int]  # different objects of each class so far
    in_zone: int  # different objects whose foot has stood in the zone
    counts: dict[str, int]  # at the line and in the zone: see ``counting.Counter.counts``
    # what of the film could not be read; it is complete once the work is over
    damage: video.Damage = field(default_factory=video.Damage)


@undisturbed
def annotate_video(
    source: video.Film,
    target: str | Path,
    *,
    model: str = detection.DEFAULT_MODEL,
    confidence: float = detection.DEFAULT_CONFIDENCE,
    iou: float = detection.DEFAULT_IOU,
    classes: Collection[str] | None = None,
    input_size: int = detection.DEFAULT_SIZE,
    style: str = "boxes",
    line: str | counting.Points = "",
    zone: str | counting.Points = "none",
    method: str = detection.suppression.NMS,
) -> Iterator[VideoProgress]:
    """Write ``source`` with detections and track numbers to the MP4 file ``target``.

    Yields after every frame; closing the generator ends the work and leaves the film so far. Each
    frame is shown when it was in ``source``, also where that one's rate varies. Frames that cannot
    be read are left out, and counted.
    ``style``: boxes with tracks, every object blurred, or a heat map of where objects stood.
    ``line``: its two ends, (x, y) in shares of the frame from 0 to 1, as pairs or as
    "0.1,0.5 0.9,0.5": who crosses it is counted, each way apart. ``zone``: three corners or more,
    or a name of ``counting.ZONES``. ``method``: that of ``cvcore.detection.suppress``.
    Raises InputError for a file that is no film, one of more than a minute, unknown settings, or a
    ``target`` that cannot be written.
    """
    if style not in STYLES:
        raise InputError(f"There is no style {style!r}: choose {', '.join(STYLES)}.")
    counter = counting.Counter(counting.read_line(line), counting.read_zone(zone))
    confidence = detection.check_share("The confidence limit", confidence)
    iou = detection.check_share("The IoU limit", iou)
    input_size = detection.check_size(input_size)
    info = video.read_info(source)
    if info.seconds > MAX_SECONDS + 0.5:
        raise InputError(
            f"This film lasts {info.seconds:.0f} seconds: choose one of at most {MAX_SECONDS}."
        )
    video.check_target(target, source)
    tracker, damage = Tracker(confidence=confidence, fps=info.fps), video.Damage()
    heat = None
    frames = video.decode_frames(source, max_side=MAX_SIDE, damage=damage)
    with video.VideoWriter(target, info.fps) as writer, contextlib.closing(frames):
        for done, (seconds, frame) in enumerate(frames, start=1):
            hw = frame.shape[:2]
            raw = detection.predict_raw(frame, model=model, input_size=input_size, square=False)
            found = detection.suppress(
                raw, confidence=min(LOW_CONFIDENCE, confidence), iou=iou, classes=classes,
                method=method,
            )  # fmt: skip
            tracks = tracker.update(found, hw)
            counter.update(tracks, hw)
            heat = add_heat(np.zeros(hw, np.float32) if heat is None else heat, tracks)
            drawn = draw_frame(frame, tracks, tracker, style=style, heat=heat)
            drawn = counting.draw_counting(drawn, counter)
            writer.write(drawn, seconds=seconds)
            seen, counts = dict(Counter(tracker.seen.values()).most_common()), counter.counts()
            yield VideoProgress(
                done, info.frames, drawn, seen, counts["in_zone"], counts, damage
            )  # fmt: skip


def add_heat(heat: np.ndarray, tracks: Tracks) -> np.ndarray:
    """The map (H, W) with one more for every pixel of every box of this frame."""
    heat = heat.copy()
    for x1, y1, x2, y2 in tracks.detections.xyxy.round().astype(int):
        heat[y1:y2, x1:x2] += 1
    return heat


def draw_frame(
    frame: Picture, tracks: Tracks, tracker: Tracker, *, style: str, heat: np.ndarray
) -> np.ndarray:
    """One frame of the new film."""
    if style == "blur":
        return draw_blurred(frame, tracks.detections)
    if style == "heat map":
        return draw_heatmap(frame, heat, opacity=0.55, vmin=0)
    picture = draw_boxes(frame, tracks.detections, track_ids=tracks.track_id)
    for number in tracks.track_id.tolist():
        points = np.round(tracker.trails[number]).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(picture, [points], False, class_colour(number), 2, cv2.LINE_AA)
    return picture

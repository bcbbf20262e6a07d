"""Skeletons on the webcam, frame by frame."""

from typing import Any, Protocol

import numpy as np

import cvcore
from cvcore.core.checks import check_setting
from cvcore.core.timing import Stopwatch
from cvcore.detection.pose import ANGLES, Pose, Square
from demos import components as ui
from demos.detection.pose import EACH, NO_JOINT, ONE, PoseState, check_choice, describe
from demos.detection.views import draw_page, draw_table

NO_ANGLE = (
    "No angle yet: each needs three sure joints. Step back until your elbows and hips are in view."
)


class LiveSettings(Protocol):
    """What a frame's settings say of skeletons."""

    @property
    def confidence(self) -> float: ...

    @property
    def threshold(self) -> float: ...

    @property
    def people(self) -> str: ...


def follow_frame(
    frame: np.ndarray, square: Square | None, settings: LiveSettings
) -> tuple[np.ndarray, str, str, Square | None, dict]:
    """One frame with its skeletons, the angles, latency, where one person is looked for next, and
    the numbers.

    One person is followed: the next frame's square goes by this one's hips. With every person the
    detector looks at each frame first.
    """
    pose = cvcore.detection.pose
    threshold = check_setting("The threshold", settings.threshold, 0, 1)
    check_choice("People", settings.people, (EACH, ONE))
    watch = Stopwatch()
    if settings.people == ONE:
        poses = [pose.predict_pose(frame, square)]
        square = pose.follow(poses[0], frame.shape[:2])
    else:
        poses, square = pose.predict_people(frame, confidence=settings.confidence), None
    watch.lap("networks")
    picture = cvcore.detection.pose_drawing.draw_poses(frame, poses, threshold=threshold)
    watch.lap("drawing")
    numbers = describe(PoseState(frame, poses, bool(poses)), threshold)
    numbers["ms"] = {name: round(value, 1) for name, value in watch.ms.items()}
    return picture, draw_angles(poses, threshold), ui.badge(watch.ms), square, numbers


def draw_angles(poses: list[Pose], threshold: float) -> str:
    """The angles of the surest person; a sentence where there is none."""
    if not poses:
        return draw_page('<p class="big">Nobody is found: step back until you are in view.</p>')
    if not any((pose.confidence >= threshold).any() for pose in poses):
        return draw_page(f'<p class="big">{NO_JOINT}</p>')
    angles = poses[0].angles(threshold)
    if not any(angle is not None for angle in angles.values()):
        return draw_page(f'<p class="big">{NO_ANGLE}</p>')
    rows: list[list[Any]] = []
    for joint in dict.fromkeys(name.split()[1] for name in ANGLES):
        pair = (angles[f"{side} {joint}"] for side in ("left", "right"))
        rows.append([joint, *("–" if angle is None else f"{angle:.0f}°" for angle in pair)])
    who = f"Person 1 of {len(poses)}" if len(poses) > 1 else "Angle"
    return draw_page(draw_table([who, "left", "right"], rows))

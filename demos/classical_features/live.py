"""The webcam with what is measured in it, frame by frame."""

from dataclasses import dataclass, fields

import cv2
import numpy as np

from cvcore import classical_features as cf
from cvcore.core import images
from cvcore.core.errors import UnfitPictureError
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.classical_features.hog import draw_roses
from demos.classical_features.lbp import draw_codes
from demos.classical_features.parts import Parts

TITLE = lesson.LIVE
CODE = ()
WIDTH = 400  # pixels of a frame
SIFT_SIDE = 320  # the longer side of what SIFT is asked about: its time goes with the area
QUALITY = 75
DRAWN = ("Harris", "SIFT", "HOG", "LBP")
ORANGE, GREEN = (255, 176, 0), (60, 230, 120)
LARGER = 1.6  # times, so that thin lines can be seen
HOG_WIDTH = 520  # pixels: a picture full of lines takes the browser longest


@dataclass(frozen=True)
class Settings:
    """What is drawn; and how each of it is measured, as in its own view."""

    drawn: str = DRAWN[0]
    window: float = 5
    k: float = 0.05
    threshold: float = 2
    layers: float = 3
    contrast: float = 0.04
    edge: float = 10
    most: float = 300
    cell: float = 16
    orientations: float = 9
    block: float = 2
    norm: str = "L2-Hys"
    points: float = 8
    radius: float = 1
    method: str = "default"


def show_frame(frame: np.ndarray, settings: Settings) -> tuple[np.ndarray, str]:
    """One frame with what is measured in it, and how long that took."""
    watch = Stopwatch()
    draw = {"Harris": draw_corners, "SIFT": draw_sift, "HOG": draw_hog, "LBP": draw_lbp}
    picture = draw[settings.drawn](frame, settings)
    watch.lap(settings.drawn)
    return picture, ui.badge(watch.ms)


def _enlarge(frame: np.ndarray) -> np.ndarray:
    return cv2.resize(frame, None, fx=LARGER, fy=LARGER, interpolation=cv2.INTER_LINEAR)


def draw_corners(frame: np.ndarray, settings: Settings) -> np.ndarray:
    how = cf.CornerSettings(settings.window, settings.k, settings.threshold / 100)  # type: ignore[arg-type]
    picture = _enlarge(frame)
    for x, y in (cf.find_corners(frame, how).points + 0.5) * LARGER:
        cv2.circle(picture, (round(x), round(y)), 5, ORANGE, 2, cv2.LINE_AA)
    return picture


def draw_sift(frame: np.ndarray, settings: Settings) -> np.ndarray:
    how = cf.SiftSettings(settings.layers, settings.contrast, settings.edge, settings.most)  # type: ignore[arg-type]
    small, picture = images.shrink(frame, SIFT_SIDE), _enlarge(frame)
    found = cf.find_keypoints(small, how, describe=False)
    scale = picture.shape[1] / small.shape[1]
    radii, turns = found.sizes / 2 * scale, np.deg2rad(found.angles)
    starts = (found.points + 0.5) * scale
    ends = starts + radii[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    for start, end, radius in zip(starts, ends, radii.tolist(), strict=True):
        first, last = (tuple(np.rint(one).astype(int).tolist()) for one in (start, end))
        cv2.circle(picture, first, max(1, round(radius)), GREEN, 1, cv2.LINE_AA)
        cv2.line(picture, first, last, GREEN, 1, cv2.LINE_AA)
    return picture


def draw_hog(frame: np.ndarray, settings: Settings) -> np.ndarray:
    how = cf.HogSettings(settings.cell, settings.orientations, settings.block, settings.norm)  # type: ignore[arg-type]
    try:
        found = cf.measure_hog(frame, how)
    except UnfitPictureError:
        return _enlarge(frame)
    return draw_roses(frame, found.cells, how.cell, size=HOG_WIDTH)


def draw_lbp(frame: np.ndarray, settings: Settings) -> np.ndarray:
    how = cf.LbpSettings(settings.points, settings.radius, settings.method)  # type: ignore[arg-type]
    return draw_codes(cf.measure_lbp(frame, how))


def build(parts: Parts) -> None:
    """The webcam; what is drawn above the settings of its kind."""
    stage = parts.tab.stage
    section = stage.live()
    with stage.controls(lesson.LIVE, first=True):
        drawn = ui.Radio(
            list(DRAWN), value=DRAWN[0], label="Draw", elem_id="classical-features-draw"
        )
    with stage.told(lesson.LIVE):
        badge = ui.Badge(label="timings")
    shared = {name: part for group in parts.shared.values() for name, part in group.items()}
    names = [one.name for one in fields(Settings) if one.name != "drawn"]
    settings = lesson.Controls(Settings, drawn=drawn, **{name: shared[name] for name in names})
    with section:
        parts.tab.live(
            show_frame, settings=settings, extra_outputs=[badge], width=WIDTH, quality=QUALITY
        )

"""When does a face stop being the same? Its similarity under blur, darkness, rotation and cover."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from cvcore.core import corruptions, images, notebook
from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.faces import DETECTOR, EMBEDDER, Face, detect_faces, embed, pick_face

WORKING_SIDE = 320  # pixels: side of the square cut out around a face
ROOM = 2.0  # sides of that square, in widths of the face


def cover(image: images.Picture, share: float) -> np.ndarray:
    """Hide the face from its lower edge up to a share of its height, as a scarf would.

    ``image`` is a square uint8 (S, S, 3) with the face in the middle half of it, as ``cut_out``
    makes it.
    """
    image = images.as_image(image)
    share, side = check_setting("The covered part", share, 0, 1), image.shape[0]
    low, high = _face_span(side)
    top = round(high - share * (high - low))
    covered = image.copy()
    covered[top:high, low:high] = 96
    return covered


def _face_span(side: int) -> tuple[int, int]:
    return round(side * (0.5 - 0.5 / ROOM)), round(side * (0.5 + 0.5 / ROOM))


@dataclass(frozen=True)
class Trial:
    """A way to spoil a face, at rising levels; the first changes nothing."""

    title: str
    unit: str
    levels: tuple[float, ...]
    apply: Callable[[np.ndarray, float], np.ndarray] = field(repr=False)


TRIALS = {
    "blur": Trial(
        "Blur",
        "sigma in pixels, for a face 160 pixels wide",
        (0, 1, 2, 3, 4, 5, 6, 8, 10, 12),
        corruptions.blur,
    ),
    "darkness": Trial(
        "Darkness",
        "share of the light left",
        (1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.07, 0.04, 0.02),
        corruptions.change_brightness,
    ),
    "rotation": Trial(
        "Rotation", "degrees", (0, 10, 20, 30, 40, 50, 60, 90, 135, 180), corruptions.rotate
    ),
    "cover": Trial(
        "Covered part",
        "share of the face's height, from below",
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        cover,
    ),
}


@dataclass(frozen=True, eq=False)
class TrialPoint:
    """One level of a trial."""

    level: float
    picture: np.ndarray = field(repr=False)  # uint8 (320, 320, 3), spoiled
    face: Face | None  # what was still found in it
    similarity: float  # to the reference; NaN where no face was found

    def _repr_html_(self) -> str:
        found = f"similarity {self.similarity:.3f}" if self.face else "no face found"
        return notebook.picture_html(self.picture, f"level {self.level:g}: {found}")


def cut_out(image: images.Picture, face: Face) -> np.ndarray:
    """A square uint8 (320, 320, 3) with the face in its middle, half as wide as the square.

    It stands upright there. Beyond the picture's edge it goes on with the picture's own mirror
    image.
    """
    image = images.as_image(image)
    centre = (face.box_xyxy[:2] + face.box_xyxy[2:]) / 2
    half = max(8, round(float(np.max(face.box_xyxy[2:] - face.box_xyxy[:2])) * ROOM / 2))
    x, y = (round(float(value)) for value in centre)
    height, width = image.shape[:2]
    pad = max(0, half - x, half - y, x + half - width, y + half - height)
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="symmetric") if pad else image
    square = padded[y + pad - half : y + pad + half, x + pad - half : x + pad + half]
    square = np.ascontiguousarray(np.rot90(square, face.turned // 90))
    return images.resize(square, (WORKING_SIDE, WORKING_SIDE), resample="lanczos")


@undisturbed
def run_trial(
    reference: np.ndarray,
    image: images.Picture,
    face: Face,
    kind: str,
    *,
    detector: str = DETECTOR,
    embedder: str = EMBEDDER,
) -> Iterator[TrialPoint]:
    """Spoil the face of a picture level by level; detect, align and embed it anew each time.

    ``reference`` is the embedding (128,) it is compared with, (512,) for FaceNet. Raises
    InputError for an unknown kind.
    """
    if kind not in TRIALS:
        raise InputError(f"There is no trial called {kind!r}: choose {', '.join(TRIALS)}.")
    trial = TRIALS[kind]
    square = cut_out(image, face)
    for level in trial.levels:
        picture = trial.apply(square, level)
        faces = detect_faces(picture, min_face=60, detector=detector, turn=False)
        found = faces[pick_face(faces, picture.shape[:2])] if faces else None
        similarity = float(embed(found, embedder=embedder) @ reference) if found else float("nan")
        yield TrialPoint(level, picture, found, similarity)
